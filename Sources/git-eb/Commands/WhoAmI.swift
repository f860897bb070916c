import AWS
import ArgumentParser
import Deployment
import Git

/// `git eb whoami`
struct WhoAmI: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "whoami",
    abstract: "Say who you are to AWS, and where that comes from.",
    discussion: """
      Works outside of a repository, too. Secrets are never shown.

      Examples:
        git eb whoami
        git eb whoami --profile production --json
      """)

  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var account: String
    var arn: String
    var userID: String?
    var region: String
    /// Where the credentials come from, for people.
    var credentials: String
    /// By their services' names, those that are not AWS's own.
    var endpoints: [String: String]
  }

  /// Those that git-eb asks.
  private static let services: [Service] = [.elasticBeanstalk, .s3, .sts, .ec2, .iam]

  mutating func execute() async throws -> ExitStatus {
    let view = try await gather()
    if common.json {
      try Output.json(view)
      return .success
    }
    var table = Table()
    table.add(["account:", view.account])
    table.add(["arn:", Format.visible(view.arn)])
    if let id = view.userID { table.add(["user id:", Format.visible(id)]) }
    table.add(["region:", view.region])
    table.add(["credentials:", Format.visible(view.credentials)])
    let byAddress = Dictionary(grouping: view.endpoints.keys.sorted()) { view.endpoints[$0] ?? "" }
    for (address, services) in byAddress.sorted(by: { $0.key < $1.key }) {
      let isAll = services.count == Self.services.count
      table.add(["endpoint:", address + (isAll ? "" : " (\(services.joined(separator: ", ")))")])
    }
    for line in table.lines { Output.line(line) }
    return .success
  }

  private func gather() async throws -> View {
    Interruption.begin()
    let connection = try connection()
    let identity = try await STSClient(connection.session).getCallerIdentity()
    let region = connection.session.region
    var endpoints: [String: String] = [:]
    for service in Self.services {
      let endpoint = try connection.session.endpoint(of: service)
      if !endpoint.isAWSs(region.partition) { endpoints[service.name] = endpoint.address }
    }
    return View(
      account: identity.account, arn: identity.arn, userID: identity.userID, region: region.name,
      credentials: try await connection.credentials.credentials().origin, endpoints: endpoints)
  }

  /// Outside of a repository only options and variables say anything.
  private func connection() throws -> BeanstalkConnection {
    do {
      return try Context(common, flags: place.flags).connection()
    } catch let error as GitError where error.code == .notARepository {
      let processEnvironment = ProcessEnvironment.current()
      let configuration = try ConfigurationLoader.load(
        ConfigurationSources(flags: place.flags, processEnvironment: processEnvironment))
      return try Context.connection(
        profile: configuration.profile, region: configuration.region, processEnvironment)
    }
  }
}

extension Endpoint {
  /// Whether this is a host of AWS's own.
  fileprivate func isAWSs(_ partition: Partition) -> Bool {
    scheme == "https"
      && [partition.dnsSuffix, partition.dualStackSuffix].contains { host.hasSuffix("." + $0) }
  }

  fileprivate var address: String { "\(scheme)://\(authority)\(basePath)" }
}
