import FoundationEssentials
import SystemPackage

/// What the local host takes from a release's `.ebextensions/*.config`: the `option_settings`.
///
/// Source: Elastic Beanstalk's "Option settings", which has a list form and a mapping form.
struct LocalExtensions: Sendable {
  private(set) var options: [String: [String: String]] = [:]

  init() {}

  /// Reads the files of a release in the order of their names; a later one wins.
  init(release: FilePath) throws {
    let directory = release.appending(".ebextensions")
    for name in try LocalStorage.names(in: directory) where name.hasSuffix(".config") {
      guard let bytes = try LocalStorage.read(directory.appending(name)) else { continue }
      try add(bytes, name: ".ebextensions/" + name)
    }
  }

  /// Adds the settings of one file, YAML or JSON.
  mutating func add(_ bytes: [UInt8], name: String) throws {
    let document: YAMLNode?
    do {
      document = try YAMLNode.parse(bytes, name: name)
    } catch {
      throw LocalFailure("\(name), line \(error.line): \(error.problem)")
    }
    guard let settings = document?["option_settings"], !settings.isNull else { return }
    switch settings.content {
    case .sequence(let items):
      for item in items {
        guard let option = item["option_name"]?.string else {
          throw LocalFailure("\(name), line \(item.line): an option setting has no 'option_name'")
        }
        let namespace = item["namespace"]?.string ?? EnvironmentOption.variables
        try set(namespace, option, to: item["value"] ?? item, in: name)
      }
    case .mapping(let namespaces):
      for (namespace, values) in namespaces {
        guard let namespace = namespace.string, case .mapping(let pairs) = values.content else {
          throw LocalFailure("\(name), line \(values.line): not a mapping of options")
        }
        for (option, value) in pairs {
          guard let option = option.string else { continue }
          try set(namespace, option, to: value, in: name)
        }
      }
    case .scalar:
      throw LocalFailure("\(name), line \(settings.line): 'option_settings' is no list and no map")
    }
  }

  /// The variables that the application asks for.
  var variables: [String: String] { options[EnvironmentOption.variables] ?? [:] }

  /// The path whose answer tells the health; "/" unless something is set.
  var healthPath: String {
    let url = options["aws:elasticbeanstalk:application"]?["Application Healthcheck URL"]
    // An application behind an application load balancer sets this one instead.
    let process = options["aws:elasticbeanstalk:environment:process:default"]?["HealthCheckPath"]
    return Self.path(of: url ?? "") ?? Self.path(of: process ?? "") ?? "/"
  }

  /// The path in `/path`, `HTTP:80/path` or `http://name/path`; `nil` when there is none.
  static func path(of setting: String) -> String? {
    var rest = Substring(setting).trimming(while: \.isWhitespace)
    if rest.hasPrefix("/") { return String(rest) }
    if let scheme = rest.firstRange(of: "://") {
      rest = rest[scheme.upperBound...]
    } else if !rest.contains(":") {
      return rest.isEmpty ? nil : "/" + rest
    }
    return rest.firstIndex(of: "/").map { String(rest[$0...]) }
  }

  private mutating func set(
    _ namespace: String, _ option: String, to value: YAMLNode, in file: String
  ) throws {
    guard case .scalar(let text, _) = value.content else {
      throw LocalFailure("\(file), line \(value.line): the value of '\(option)' is not a text")
    }
    options[namespace, default: [:]][option] = value.isNull ? "" : text
  }
}

/// Why a deployment failed, for people: the first cause first.
struct LocalFailure: Error, Equatable {
  var reasons: [String]

  init(_ reasons: String...) { self.reasons = reasons }
  init(reasons: [String]) { self.reasons = reasons }
}
