import ElasticBeanstalk
import Synchronization

/// Which of two environments is which, after blue/green deployments.
///
/// Environments of Beanstalk cannot be renamed, and a blue/green deployment ends with the address
/// at the other one. So `production` may be `production` or `production-green` on Beanstalk: the
/// one that does not have the idle address. The other one is called `production-idle` here. Since
/// the exchange of addresses is one step, so is the exchange of names, and nothing has to be
/// recorded.
final class BlueGreenPairs: Sendable {
  typealias Environment = ElasticBeanstalk.EnvironmentDescription

  private let state = Mutex(State())

  private struct State {
    var isKnown = false
    /// By the name that people use, the name on Beanstalk.
    var services: [String: String] = [:]
    var logical: [String: String] = [:]
    var templates: Set<String> = []
  }

  /// What the second environment is called, and what its address begins with.
  static let suffix = "-green"
  static let idleSuffix = "-idle"
  static let idlePrefix = "git-eb-idle-"

  /// Whether environments have been described.
  var isKnown: Bool { state.withLock { $0.isKnown } }

  /// Notes all environments of the application.
  func note(_ environments: [Environment]) {
    let byName = Dictionary(environments.map { ($0.name, $0) }) { first, _ in first }
    var services: [String: String] = [:]
    var logical: [String: String] = [:]
    for green in environments where green.name.hasSuffix(Self.suffix) {
      let name = String(green.name.dropLast(Self.suffix.utf8.count))
      let blue = byName[name]
      // Whoever chose such a name by himself has no idle address in the pair.
      guard Self.isIdle(green) || blue.map(Self.isIdle) ?? Self.wasMadeByUs(green) else { continue }
      let (live, idle) = Self.isIdle(green) ? (blue, Optional(green)) : (Optional(green), blue)
      if let live {
        services[name] = live.name
        logical[live.name] = name
      }
      if let idle {
        let idleName = name + Self.idleSuffix
        services[idleName] = idle.name
        logical[idle.name] = idleName
      }
    }
    let others = environments.compactMap(\.description).filter { $0.hasPrefix(Self.mark) }
    let templates = Set(
      environments.compactMap(\.templateName)
        + others.map { BeanstalkCreation.templatePrefix + $0.dropFirst(Self.mark.count) })
    state.withLock {
      $0 = State(isKnown: true, services: services, logical: logical, templates: templates)
    }
  }

  /// Whether an environment was made from the saved configuration, which may be there still.
  func hasMade(from template: String) -> Bool { state.withLock { $0.templates.contains(template) } }

  func serviceName(_ name: String) -> String { state.withLock { $0.services[name] } ?? name }

  func logicalName(_ service: String) -> String {
    state.withLock { $0.logical[service] } ?? service
  }

  private static func isIdle(_ environment: Environment) -> Bool {
    environment.cname?.hasPrefix(idlePrefix) == true
  }

  /// A green one whose blue one is gone serves under the name of both.
  private static func wasMadeByUs(_ environment: Environment) -> Bool {
    environment.description?.hasPrefix(mark) == true
  }

  /// What the description of a second environment begins with.
  static let mark = "git-eb: the other one of "
}
