/// `Dockerrun.aws.json`, of any of its three versions.
///
/// Source: docs.aws.amazon.com/elasticbeanstalk/latest/dg/single-container-docker-configuration.html
/// for the first and third, and create_deploy_docker_v2config.html for the second.
package struct Dockerrun: Sendable {
  /// A port of a container, and of the instance where one is given.
  package struct Mapping: Sendable {
    package let container: Int?
    package let host: Int?
    /// `tcp` or `udp`.
    package let transport: String
    package let place: YAMLNode
  }

  /// A container of the second version.
  package struct Container: Sendable {
    package let name: String?
    package let image: String?
    /// What it may take, in MiB.
    package let memory: Int?
    /// What is kept for it, in MiB.
    package let reservation: Int?
    package let mappings: [Mapping]
    /// Other containers that it knows by name: the name, and how it calls it.
    package let links: [(name: String, alias: String)]
    package let place: YAMLNode

    /// What an instance must have left for ECS to place it there, in MiB. Source: "memory" and
    /// "memoryReservation" of ECS's ContainerDefinition.
    package var needed: Int? { reservation ?? memory }
  }

  package static let path = "Dockerrun.aws.json"

  /// Why it is no JSON.
  let problem: JSONSyntax.Problem?
  /// `nil` for what cannot be read.
  package let root: YAMLNode?
  /// As written.
  package let version: String?
  /// The image of the first version.
  package let image: String?
  /// Ports of the first version.
  package let ports: [Mapping]
  /// Containers of the second version.
  package let containers: [Container]
  /// Names of volumes of the second version, directories of instances in the first.
  package let volumes: [String]
  /// Where the file with the credentials of the image's registry is: a bucket, and a name in it.
  package let authentication: (bucket: String, key: String)?

  package init(_ bytes: [UInt8]) {
    problem = JSONSyntax.problem(in: bytes, allowsMark: false)
    root = try? YAMLNode.parse(bytes, name: Self.path)
    version = root?[Self.versionKey]?.string
    image = root?["Image"]?["Name"]?.string
    ports = Self.list(root?["Ports"]).map { Self.mapping($0, "ContainerPort", "HostPort") }
    containers = Self.list(root?["containerDefinitions"]).map(Self.container)
    volumes =
      Self.list(root?["volumes"]).compactMap { $0["name"]?.string }
      + Self.list(root?["Volumes"]).compactMap { $0["HostDirectory"]?.string }
    let place = root?["Authentication"] ?? root?["authentication"]
    let bucket = place?["Bucket"]?.string ?? place?["bucket"]?.string
    let key = place?["Key"]?.string ?? place?["key"]?.string
    if let bucket, let key { authentication = (bucket, key) } else { authentication = nil }
  }

  static let versionKey = "AWSEBDockerrunVersion"

  /// Where the version is written, or the file begins.
  package var versionPlace: YAMLNode? { root?[Self.versionKey] ?? root }

  private static func container(_ node: YAMLNode) -> Container {
    Container(
      name: node["name"]?.string, image: node["image"]?.string, memory: number(node["memory"]),
      reservation: number(node["memoryReservation"]),
      mappings: list(node["portMappings"]).map { mapping($0, "containerPort", "hostPort") },
      links: list(node["links"]).compactMap(\.string).map { link in
        let parts = link.split(separator: ":", maxSplits: 1).map(String.init)
        return (parts.first ?? link, parts.last ?? link)
      },
      place: node["name"] ?? node)
  }

  private static func mapping(_ node: YAMLNode, _ container: String, _ host: String) -> Mapping {
    Mapping(
      container: number(node[container]), host: number(node[host]),
      transport: node["protocol"]?.string?.lowercased() ?? "tcp", place: node[host] ?? node)
  }

  private static func list(_ node: YAMLNode?) -> [YAMLNode] { node?.sequence ?? [] }

  /// Numbers are written as such or as texts.
  private static func number(_ node: YAMLNode?) -> Int? { node?.string.flatMap { Int($0) } }
}

extension CheckedBundle {
  /// The bundle's own, if it has one. What a link leads to is not looked for.
  var dockerrun: Dockerrun? {
    guard entry(Dockerrun.path)?.isFile == true else { return nil }
    return contents(of: Dockerrun.path).map { Dockerrun($0) }
  }
}
