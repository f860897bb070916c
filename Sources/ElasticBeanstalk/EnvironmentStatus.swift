/// What an environment is doing.
package struct EnvironmentStatus: Word, Sendable, Hashable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package static let aborting = EnvironmentStatus(rawValue: "Aborting")
  package static let launching = EnvironmentStatus(rawValue: "Launching")
  package static let updating = EnvironmentStatus(rawValue: "Updating")
  package static let linkingFrom = EnvironmentStatus(rawValue: "LinkingFrom")
  package static let linkingTo = EnvironmentStatus(rawValue: "LinkingTo")
  package static let ready = EnvironmentStatus(rawValue: "Ready")
  package static let terminating = EnvironmentStatus(rawValue: "Terminating")
  package static let terminated = EnvironmentStatus(rawValue: "Terminated")
}
