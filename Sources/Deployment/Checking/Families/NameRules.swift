/// Names that the service refuses, and limits on how many there may be.
enum NameRules {
  static let all = [names, quota]

  static let names = Rule(
    "EB140", "bad-name", .error, "A name or a text is not one that Beanstalk takes",
    server: "Environment name must be 4-40 characters long, contain only letters, numbers, and "
      + "hyphens, and not start or end with a hyphen",
    remedy: "choose another one",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/api/API_CreateEnvironment.html"
  ) { bundle in
    var sightings: [Sighting] = []
    let target = bundle.surroundings
    if let prefix = target.cnamePrefix, !isAddress(prefix) {
      sightings.append(
        Sighting(
          "the address '\(prefix)' is not 4 to 63 letters, digits and hyphens",
          remedy: "set environments.<name>.cname or previews.cname to one that is"))
    }
    if let label = target.label, label.isEmpty || label.count > 100 || label.contains("/") {
      sightings.append(
        Sighting(
          "the label '\(label)' is not 1 to 100 characters without '/'",
          remedy: "git eb push --label <label>"))
    }
    return sightings
  }

  private static func isAddress(_ text: String) -> Bool {
    (4...63).contains(text.utf8.count) && !text.hasPrefix("-") && !text.hasSuffix("-")
      && text.utf8.allSatisfy {
        LeakPattern.Alphabet.base62.contains($0) || $0 == UInt8(ascii: "-")
      }
  }

  /// "You cannot have more than 1000 Application Versions", a quota of an account and region.
  private static let versionQuota = 1000
  /// From how many on it is said.
  static let versionWarning = 900

  static let quota = Rule(
    "EB142", "version-quota", .warning, "The account is about to run out of application versions",
    server: "TooManyApplicationVersionsException: You cannot have more than 1000 Application "
      + "Versions.",
    remedy: "git eb versions --prune",
    source: "github.com/boto/boto3/issues/920; "
      + "docs.aws.amazon.com/general/latest/gr/elasticbeanstalk.html"
  ) { bundle in
    let count = bundle.surroundings.versionCount
    guard count >= versionWarning else { return [] }
    return [
      Sighting(
        "this application's records know of \(count) versions; an account may have "
          + "\(versionQuota) in a region")
    ]
  }
}
