/// The colour of an environment's or an instance's health.
package struct EnvironmentHealth: Word, Sendable, Hashable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package static let green = EnvironmentHealth(rawValue: "Green")
  package static let yellow = EnvironmentHealth(rawValue: "Yellow")
  package static let red = EnvironmentHealth(rawValue: "Red")
  package static let grey = EnvironmentHealth(rawValue: "Grey")
}
