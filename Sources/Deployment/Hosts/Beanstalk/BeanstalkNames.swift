/// How environments are called on Beanstalk, where a name has at least four characters and is the
/// account's only one in a region (docs of CreateEnvironment).
package struct BeanstalkNames: Sendable {
  private let application: ApplicationName
  /// By their names on Beanstalk, the short names that somebody chose.
  private let short: [String: EnvironmentName]

  /// `known` are the names that the configuration speaks of.
  package init(application: ApplicationName, known: some Sequence<EnvironmentName>) {
    self.application = application
    var short: [String: EnvironmentName] = [:]
    for name in known where name.text.utf8.count < Self.minimumLength {
      short[Self.long(name, application)] = name
    }
    self.short = short
  }

  private static let minimumLength = 4

  /// `dev` of application `shop` is `shop-dev` there; a name that is long enough is itself.
  package func serviceName(_ name: EnvironmentName) -> String {
    name.text.utf8.count < Self.minimumLength ? Self.long(name, application) : name.text
  }

  /// The name as git-eb's user knows it; `nil` for what is no name.
  package func name(_ serviceName: String) -> EnvironmentName? {
    short[serviceName] ?? EnvironmentName(serviceName)
  }

  private static func long(_ name: EnvironmentName, _ application: ApplicationName) -> String {
    let most = EnvironmentName.maximumLength - name.text.utf8.count - 1
    var slug: [UInt8] = []
    for byte in application.text.utf8 where slug.count < most {
      if EnvironmentName.isAllowed(byte), byte != UInt8(ascii: "-") {
        slug.append(byte)
      } else if let last = slug.last, last != UInt8(ascii: "-") {
        slug.append(UInt8(ascii: "-"))
      }
    }
    while slug.last == UInt8(ascii: "-") { slug.removeLast() }
    let prefix = slug.isEmpty ? "env" : String(decoding: slug, as: UTF8.self)
    return "\(prefix)-\(name)"
  }
}
