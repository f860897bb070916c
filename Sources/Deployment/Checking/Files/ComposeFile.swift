/// A file of Docker Compose: the services in it.
///
/// Source: github.com/compose-spec/compose-spec/blob/main/05-services.md
package struct ComposeFile: Sendable {
  /// A port that a service publishes, or would.
  package struct Port: Sendable {
    /// `nil` where Docker chooses one, or a variable says.
    package let host: ClosedRange<Int>?
    package let container: ClosedRange<Int>?
    /// The address of the instance; `nil` for all of them.
    package let address: String?
    /// `tcp` or `udp`.
    package let transport: String
    package let place: YAMLNode
  }

  package struct Service: Sendable {
    package let name: String
    package let image: String?
    package let isBuilt: Bool
    package let ports: [Port]
    /// What it may take, in bytes.
    package let memoryLimit: Int64?
    /// What is kept for it, in bytes.
    package let memoryReservation: Int64?
    /// How other services may call it, its name first.
    package let names: [String]
    /// Whether it is started only when asked for.
    package let hasProfile: Bool
    package let place: YAMLNode
  }

  package let path: String
  package let root: YAMLNode?
  /// Why it cannot be read.
  package let error: YAMLError?
  package let services: [Service]

  package init(_ path: String, _ bytes: [UInt8]) {
    self.path = path
    do throws(YAMLError) {
      root = try YAMLNode.parse(bytes, name: path)
      error = nil
    } catch {
      root = nil
      self.error = error
    }
    services = (root?["services"]?.mapping ?? []).compactMap { name, node in
      name.string.map { Self.service($0, node, place: name) }
    }
  }

  private static func service(_ name: String, _ node: YAMLNode, place: YAMLNode) -> Service {
    let resources = node["deploy"]?["resources"]
    let limit = node["mem_limit"] ?? resources?["limits"]?["memory"]
    let reservation = node["mem_reservation"] ?? resources?["reservations"]?["memory"]
    return Service(
      name: name, image: node["image"]?.string, isBuilt: node["build"] != nil,
      ports: (node["ports"]?.sequence ?? []).compactMap(port),
      memoryLimit: limit?.string.flatMap(bytes),
      memoryReservation: reservation?.string.flatMap(bytes),
      names: [name] + aliases(of: node), hasProfile: node["profiles"]?.sequence?.isEmpty == false,
      place: place)
  }

  private static func aliases(of node: YAMLNode) -> [String] {
    let own = [node["container_name"]?.string, node["hostname"]?.string].compactMap(\.self)
    let inNetworks = (node["networks"]?.mapping ?? []).flatMap { _, network in
      (network["aliases"]?.sequence ?? []).compactMap(\.string)
    }
    // Both `name:alias` and, of what is no service, `name:address`.
    let links = texts(node["links"]) + texts(node["external_links"])
    let hosts =
      texts(node["extra_hosts"]) + (node["extra_hosts"]?.mapping ?? []).compactMap(\.key.string)
    return own + inNetworks + links.compactMap { $0.split(separator: ":").last.map(String.init) }
      + hosts.compactMap { $0.split(whereSeparator: { ":=".contains($0) }).first.map(String.init) }
  }

  private static func texts(_ node: YAMLNode?) -> [String] {
    (node?.sequence ?? []).compactMap(\.string)
  }

  // MARK: - Ports

  /// The long form with its names, or `[[address:]host:]container[/protocol]`.
  private static func port(_ node: YAMLNode) -> Port? {
    if node.mapping != nil {
      return Port(
        host: node["published"]?.string.flatMap { PortNumbers.range($0) },
        container: node["target"]?.string.flatMap { PortNumbers.range($0) },
        address: node["host_ip"]?.string,
        transport: node["protocol"]?.string?.lowercased() ?? "tcp",
        place: node["published"] ?? node)
    }
    guard let text = node.string else { return nil }
    // A variable's value is the environment's, and its own `:` would be taken for ours.
    if text.contains("$") {
      return Port(host: nil, container: nil, address: nil, transport: "tcp", place: node)
    }
    let halves = text.split(separator: "/", maxSplits: 1)
    var parts = (halves.first ?? "").split(separator: ":", omittingEmptySubsequences: false)
    let container = parts.popLast()
    let host = parts.popLast()
    let address = parts.isEmpty ? nil : parts.joined(separator: ":")
    return Port(
      host: host.flatMap { PortNumbers.range($0) },
      container: container.flatMap { PortNumbers.range($0) }, address: address,
      transport: halves.count > 1 ? halves[1].lowercased() : "tcp", place: node)
  }

  // MARK: - Sizes

  /// `512m`, `1.5gb` or a number of bytes.
  static func bytes(_ text: String) -> Int64? {
    let lower = text.lowercased().trimmingPrefix { $0 == " " }
    let digits = lower.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits) else { return nil }
    let factor: Double? =
      switch lower.dropFirst(digits.count) {
      case "", "b": 1
      case "k", "kb": 1024
      case "m", "mb": 1_048_576
      case "g", "gb": 1_073_741_824
      default: nil
      }
    return factor.flatMap { Int64(exactly: (number * $0).rounded()) }
  }
}

extension CheckedBundle {
  /// The file that Beanstalk gives to Docker Compose. Source: "Docker Compose" in
  /// docs.aws.amazon.com/elasticbeanstalk/latest/dg/single-container-docker-configuration.html
  var composePath: String? { ["docker-compose.yml", "docker-compose.yaml"].first(where: has) }

  var compose: ComposeFile? {
    composePath.flatMap { path in contents(of: path).map { ComposeFile(path, $0) } }
  }
}
