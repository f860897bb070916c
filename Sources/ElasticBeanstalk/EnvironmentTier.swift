import AWS

/// Whether an environment serves the web or works on a queue.
package struct EnvironmentTier: Shape, Sendable, Hashable {
  /// `WebServer` or `Worker`.
  package var name: String
  /// `Standard` or `SQS/HTTP`.
  package var type: String
  /// `nil` for the newest.
  package var version: String?

  package init(name: String, type: String, version: String? = nil) {
    self.name = name
    self.type = type
    self.version = version
  }

  package static let webServer = EnvironmentTier(name: "WebServer", type: "Standard")
  package static let worker = EnvironmentTier(name: "Worker", type: "SQS/HTTP")

  package var isWorker: Bool { name == Self.worker.name }

  init(_ element: XMLElement) throws(MissingMember) {
    name = try element.required("Name")
    type = element.string("Type") ?? ""
    version = element.string("Version")
  }

  func set(in parameters: inout QueryParameters) {
    parameters.set("Tier.Name", name)
    parameters.set("Tier.Type", type)
    parameters.set("Tier.Version", version)
  }
}
