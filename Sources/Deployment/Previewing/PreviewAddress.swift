/// What the address of an ephemeral environment begins with: 4 to 63 lower-case letters, digits and
/// hyphens.
///
/// Source: `CNAMEPrefix` of CreateEnvironment in Elastic Beanstalk's API reference.
enum PreviewAddress {
  private static let length = 4...63
  /// All accounts share the addresses of a region, and only few of them are alike.
  private static let hashLength = 8

  /// `wanted` as it stands where it can be an address; else a slug of it and a hash, so that two
  /// texts never have the same.
  static func prefix(_ wanted: String) -> String {
    let slug = EnvironmentName.slug(of: wanted, limit: length.upperBound)
    return slug == wanted && length.contains(slug.utf8.count) ? slug : hashed(wanted, wanted)
  }

  /// Another address, where somebody else has the first: `seed` is what he has not.
  static func other(_ prefix: String, seed: String) -> String {
    hashed(prefix, prefix + "\n" + seed)
  }

  private static func hashed(_ text: String, _ seed: String) -> String {
    let slug = EnvironmentName.slug(of: text, limit: length.upperBound - hashLength - 1)
    let hash = NameHash.text(of: seed, count: hashLength)
    return slug.isEmpty ? hash : slug + "-" + hash
  }
}
