package import Git

extension EnvironmentName {
  /// The name that `template` gives for a branch: `{branch}` is replaced by the branch's name.
  ///
  /// When the result is a lower-case name of at least four characters it is used as it stands.
  /// Otherwise it is a slug of it and a hash over template and branch, so that two branches never
  /// share a name, also on a host that does not tell upper from lower case. A name that already
  /// looks like slug and hash gets a hash of its own, which keeps the two kinds apart; so does one
  /// of the `reserved` names, so that a branch called `production` is only a name.
  package init(template: String, branch: BranchName, reserved: Set<EnvironmentName>) {
    let wanted = template.replacing("{branch}", with: branch.description)
    if wanted.utf8.count >= Self.minimumDerivedLength, !Self.endsInHash(wanted),
      wanted.utf8.allSatisfy({ !Self.isUpperCase($0) }), let name = EnvironmentName(wanted),
      !reserved.contains(name)
    {
      self = name
      return
    }
    let hash = Self.hash(of: template + "\n" + branch.description)
    let slug = Self.slug(of: wanted, limit: Self.maximumLength - hash.utf8.count - 1)
    self.init(trusted: slug.isEmpty ? hash : slug + "-" + hash)
  }

  private static let minimumDerivedLength = 4
  /// 48 bits: among a million branches with one slug, a collision has odds of 1 in 500.
  private static let hashLength = 12

  private static func isUpperCase(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func endsInHash(_ text: String) -> Bool {
    let tail = text.utf8.suffix(hashLength)
    guard tail.count == hashLength, tail.allSatisfy(Hexadecimal.isDigit) else { return false }
    let before = text.utf8.dropLast(hashLength).last
    return before == nil || before == UInt8(ascii: "-")
  }

  private static func hash(of text: String) -> String {
    NameHash.text(of: text, count: hashLength)
  }

  /// Lower-case letters and digits of `text`, everything else as single hyphens between them.
  static func slug(of text: String, limit: Int) -> String {
    var slug: [UInt8] = []
    for byte in text.utf8 {
      if isUpperCase(byte) {
        slug.append(byte | 0x20)
      } else if byte != UInt8(ascii: "-"), isAllowed(byte) {
        slug.append(byte)
      } else if !slug.isEmpty, slug.last != UInt8(ascii: "-") {
        slug.append(UInt8(ascii: "-"))
      }
      if slug.count == limit { break }
    }
    while slug.last == UInt8(ascii: "-") { slug.removeLast() }
    return String(decoding: slug, as: UTF8.self)
  }
}
