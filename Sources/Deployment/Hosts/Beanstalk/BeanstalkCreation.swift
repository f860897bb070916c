import AWS
import ElasticBeanstalk
import FoundationEssentials

/// Makes an environment.
struct BeanstalkCreation {
  let host: BeanstalkHost
  let request: CreationRequest

  private var client: ElasticBeanstalkClient { host.client }
  private var settings: CreationSettings { request.settings }

  /// Throws what would keep the environment from being made.
  func check() async throws {
    if let like = settings.like {
      guard let model = try await model(like) else { throw HostError.noModel(like) }
      _ = try await traits(of: model, like)
    } else {
      _ = try await platform()
      try await checkRoles()
    }
    _ = try await cnamePrefix(isWorker: settings.isWorker)
  }

  /// Asks for the environment and gives the operation that makes it. Throws
  /// ``HostError/environmentExists(_:)``.
  func begin() async throws -> Operation {
    guard let template = try await template() else {
      return try await create(try await wanted(nil))
    }
    guard case .temporary(let name, _) = template else {
      return try await create(try await wanted(template))
    }
    return try await discarding(name) {
      var attempts = 0
      while true {
        attempts += 1
        do {
          return try await create(try await wanted(template))
        } catch let error as ServiceError
          where error.beanstalkFailure == .noSuchTemplate && attempts < 4
        {
          // Another push makes the same environment, and has taken away what both had saved.
          if try await host.describe(request.environment).first != nil {
            throw HostError.environmentExists(request.environment)
          }
          _ = try await self.template()
        }
      }
    }
  }

  // MARK: - What it is like

  /// A saved configuration to make it from.
  private enum Template {
    /// One that somebody saved.
    case saved(String)
    /// One that was saved from an environment for this purpose, and goes afterwards.
    case temporary(String, of: ElasticBeanstalk.EnvironmentDescription)

    var name: String {
      switch self {
      case .saved(let name), .temporary(let name, _): name
      }
    }

    /// A worker's configuration makes nothing but a worker.
    var isWorker: Bool {
      if case .temporary(_, let model) = self { model.tier?.isWorker ?? false } else { false }
    }
  }

  /// What is called like that: an environment, or a saved configuration.
  private enum Model {
    case environment(ElasticBeanstalk.EnvironmentDescription)
    case saved

    /// One that sleeps has no instances, and so nobody knows how it does.
    var mayBeAsleep: Bool {
      if case .environment(let environment) = self { environment.mayBeAsleep } else { false }
    }
  }

  private func model(_ like: String) async throws -> Model? {
    if let name = EnvironmentName(like), let model = try await host.describe(name).first {
      return .environment(model)
    }
    do {
      let saved = try await client.describeConfigurationSettings(
        application: host.application.text, template: like)
      return saved.isEmpty ? nil : .saved
    } catch let error as ServiceError {
      switch error.beanstalkFailure {
      case .noSuchTemplate?, .noSuchApplication?: return nil
      default: throw error
      }
    }
  }

  /// What a new environment does not take over from its model as it is.
  private struct Traits {
    var options: [EnvironmentOption] = []
    var removed: [OptionSpecification] = []
  }

  private static let scaling = "aws:autoscaling:asg"
  private static let database = "aws:rds:dbinstance"
  private static let secrets = "aws:elasticbeanstalk:application:environmentsecrets"

  /// Throws ``HostError/databaseTied(_:)``. Only asked for where something may not be taken over:
  /// by a preview, and from an environment that may be asleep.
  private func traits(of model: Model, _ like: String) async throws -> Traits {
    guard settings.isPreview || model.mayBeAsleep else { return Traits() }
    let found =
      switch model {
      case .environment(let environment):
        try await client.describeConfigurationSettings(
          application: host.application.text, environment: environment.name)
      case .saved:
        try await client.describeConfigurationSettings(
          application: host.application.text, template: like)
      }
    let all = found.flatMap(\.optionSettings)
    func value(_ namespace: String, _ name: String) -> String? {
      all.first { $0.namespace == namespace && $0.name == name }?.value
    }
    var traits = Traits()
    // Beanstalk creates no environment without instances: aws/aws-elastic-beanstalk-cli#74.
    if case .environment(let environment) = model, value(Self.scaling, "MaxSize") == "0" {
      traits.options = try await host.awake(environment).options
    }
    guard settings.isPreview else { return traits }
    // Older environments have no HasCoupledDatabase, but then an engine.
    let isTied = value(Self.database, "HasCoupledDatabase").map { $0.lowercased() == "true" }
    if isTied ?? !(value(Self.database, "DBEngine") ?? "").isEmpty {
      throw HostError.databaseTied(like)
    }
    traits.removed = all.filter { option in
      option.namespace == Self.secrets
        || option.namespace == EnvironmentOption.variables
          && settings.ownVariables.contains(option.name) && request.variables[option.name] == nil
    }.map { OptionSpecification(namespace: $0.namespace, name: $0.name) }
    return traits
  }

  private func template() async throws -> Template? {
    guard let like = settings.like else { return nil }
    switch try await model(like) {
    case .saved: return .saved(like)
    case .environment(let model):
      return .temporary(try await saveTemplate(ofEnvironment: model.id), of: model)
    case nil: throw HostError.noModel(like)
    }
  }

  /// Saves the configuration of an environment under a name of ours, for a moment.
  func saveTemplate(ofEnvironment id: String) async throws -> String {
    let template = Self.templateName(request.environment)
    let source = CreateConfigurationTemplateRequest(
      application: host.application.text, name: template, source: .environment(id: id),
      description: "what '\(request.environment)' is made like")
    do {
      try await client.createConfigurationTemplate(source)
    } catch let error as ServiceError where error.beanstalkFailure == .templateExists {
      // Left by a push that was killed.
      try await client.deleteConfigurationTemplate(
        application: host.application.text, name: template)
      do {
        try await client.createConfigurationTemplate(source)
      } catch let error as ServiceError where error.beanstalkFailure == .templateExists {
        // Another push of the branch was quicker, and has saved the same. Should it take that away
        // before this one has used it, it is saved once more.
      }
    }
    return template
  }

  /// What a configuration is called that is saved for a moment, to make an environment from.
  static func templateName(_ name: EnvironmentName) -> String { templatePrefix + name.text }

  static let templatePrefix = "git-eb-"

  /// Takes away what was saved for a moment, whatever comes of `body`.
  func discarding(
    _ template: String, after body: () async throws -> Operation
  ) async throws -> Operation {
    func discard() async {
      try? await client.deleteConfigurationTemplate(
        application: host.application.text, name: template)
    }
    do {
      let operation = try await body()
      await discard()
      return operation
    } catch {
      await discard()
      throw error
    }
  }

  // MARK: - The request

  private func wanted(_ template: Template?) async throws -> CreateEnvironmentRequest {
    var wanted = CreateEnvironmentRequest(
      application: host.application.text,
      name: settings.serviceName ?? host.names.serviceName(request.environment))
    wanted.description = settings.description
    wanted.versionLabel = request.label?.text
    let isWorker = settings.isWorker || template?.isWorker ?? false
    wanted.tier = isWorker ? .worker : .webServer
    wanted.templateName = template?.name
    // A template has a platform, and takes no other.
    if template == nil {
      switch try await platform() {
      case .arn(let arn): wanted.platformARN = arn
      case .solutionStack(let name): wanted.solutionStackName = name
      }
    }
    let traits = try await traits(of: template)
    wanted.optionSettings = options(isLike: template != nil, traits.options)
      .map(ConfigurationOptionSetting.init)
    wanted.optionsToRemove = traits.removed
    wanted.tags = settings.tags.sorted { $0.key < $1.key }.map {
      Tag($0.key, TagValue.text($0.value))
    }
    wanted.cnamePrefix = try await cnamePrefix(isWorker: isWorker)
    return wanted
  }

  private func traits(of template: Template?) async throws -> Traits {
    switch template {
    case .temporary(_, let model): try await traits(of: .environment(model), model.name)
    case .saved(let name): try await traits(of: .saved, name)
    case nil: Traits()
    }
  }

  private func platform() async throws -> BeanstalkPlatform.Found {
    guard let platform = settings.platform else { throw HostError.noPlatform(request.environment) }
    if platform.hasPrefix("arn:") { return .arn(platform) }
    return try await BeanstalkPlatform(client: client).find(platform)
  }

  private static let autoscaling = "aws:autoscaling:launchconfiguration"
  private static let environment = "aws:elasticbeanstalk:environment"

  /// What is asked for, over what an environment needs to work at all.
  private func options(
    isLike: Bool, _ inherited: [EnvironmentOption] = []
  ) -> [EnvironmentOption] {
    var options = inherited
    if !isLike {
      // Accounts since 2024 have no profile by default, and instances without one cannot run.
      options.append(.init(Self.autoscaling, "IamInstanceProfile", Self.instanceProfile))
      options.append(.init(Self.environment, "ServiceRole", Self.serviceRole))
      options.append(
        .init("aws:elasticbeanstalk:healthreporting:system", "SystemType", "enhanced"))
    }
    if let isSingle = settings.isSingleInstance {
      options.append(
        .init(Self.environment, "EnvironmentType", isSingle ? "SingleInstance" : "LoadBalanced"))
    }
    options += settings.options
    options += EnvironmentOption.setting(request.variables)
    // The last one that names an option counts.
    var seen: Set<String> = []
    return options.reversed().filter { seen.insert("\($0.namespace) \($0.name)").inserted }
      .reversed()
  }

  /// The names that Elastic Beanstalk's console and command line give them.
  private static let instanceProfile = "aws-elasticbeanstalk-ec2-role"
  private static let serviceRole = "aws-elasticbeanstalk-service-role"

  private func cnamePrefix(isWorker: Bool) async throws -> String? {
    guard let prefix = settings.cnamePrefix, !isWorker else { return nil }
    if try await client.checkDNSAvailability(prefix: prefix).isAvailable { return prefix }
    guard let other = settings.otherCNAMEPrefix else { throw HostError.addressTaken(prefix) }
    return try await client.checkDNSAvailability(prefix: other).isAvailable ? other : nil
  }

  /// An environment without its roles fails after minutes, and one that is made like another has
  /// that one's: so they are looked for first.
  private func checkRoles() async throws {
    let options = options(isLike: false)
    func value(_ namespace: String, _ name: String) -> String? {
      options.first { $0.namespace == namespace && $0.name == name }?.value
    }
    let iam = IAMClient(host.session)
    var missing: [String] = []
    do {
      if let profile = value(Self.autoscaling, "IamInstanceProfile"), !profile.hasPrefix("arn:"),
        try await iam.getInstanceProfile(profile) == nil
      {
        missing.append(profile)
      }
      if let role = value(Self.environment, "ServiceRole"), !role.hasPrefix("arn:"),
        try await iam.getRole(role) == nil
      {
        missing.append(role)
      }
    } catch let error as ServiceError where error.status == 403 {
      // Who may not look at roles may still use them.
      return
    }
    if !missing.isEmpty { throw HostError.missingRoles(missing) }
  }

  // MARK: - Asking

  private func create(_ asked: CreateEnvironmentRequest) async throws -> Operation {
    var wanted = asked
    let start = host.options.now().addingTimeInterval(-60)
    var attempts = 0
    while true {
      attempts += 1
      do {
        return Operation(environment: try await client.createEnvironment(wanted))
      } catch let error as ServiceError where error.beanstalkFailure == .environmentExists {
        // Also the answer to an attempt whose first answer was lost.
        if attempts > 1, let ours = try await ours(since: start) { return ours }
        throw HostError.environmentExists(request.environment)
      } catch let error as ServiceError
        where error.beanstalkFailure == .dnsTaken && wanted.cnamePrefix != nil
        && settings.otherCNAMEPrefix != nil
      {
        // Somebody took it since it was looked at.
        wanted.cnamePrefix = nil
      } catch let error as ServiceError where error.beanstalkFailure == .noSuchVersion {
        guard let label = request.label else { throw error }
        throw HostError.noSuchVersion(label)
      } catch let error as ServiceError where error.beanstalkFailure == .noSuchApplication {
        throw HostError.noSuchApplication(host.application)
      } catch  where attempts < 4 && BeanstalkRetry.mayHaveHappened(error) {
        try await host.options.sleep(.seconds(attempts))
        if let ours = try await ours(since: start) { return ours }
      }
    }
  }

  /// The environment, if it has come to be since then.
  private func ours(since start: Date) async throws -> Operation? {
    let name = settings.serviceName ?? host.names.serviceName(request.environment)
    guard let found = try await host.describe(nil).first(where: { $0.name == name }),
      found.created.map({ $0 > start }) ?? true
    else { return nil }
    return Operation(environmentID: found.id, requestID: nil)
  }
}

/// Finds a platform by what people call it.
struct BeanstalkPlatform {
  let client: ElasticBeanstalkClient

  enum Found {
    case arn(String)
    case solutionStack(String)
  }

  /// By the name of a platform's branch (`Python 3.13 running on 64bit Amazon Linux 2023`), of a
  /// solution stack, or by the start of a branch's name where one supported branch alone has it.
  func find(_ text: String) async throws -> Found {
    // A solution stack's name has its version in it: `64bit Amazon Linux 2023 v4.3.0 running …`.
    if text.contains(" running "), text.contains(" v") { return .solutionStack(text) }
    let branches = try await client.listPlatformBranches()
    let folded = text.lowercased()
    let exact = branches.first { $0.name.lowercased() == folded }
    let supported = branches.filter { $0.lifecycleState?.lowercased() == "supported" }
    let near = supported.filter { $0.name.lowercased().hasPrefix(folded) }
    guard let branch = exact ?? (near.count == 1 ? near.first : nil) else {
      throw HostError.noSuchPlatform(
        text, known: (near.isEmpty ? supported : near).map(\.name).sorted())
    }
    let versions = try await client.listPlatformVersions([
      PlatformFilter("PlatformBranchName", "=", [branch.name]),
      PlatformFilter("PlatformStatus", "=", ["Ready"]),
    ])
    let newest = versions.max {
      Self.numbers($0.version).lexicographicallyPrecedes(Self.numbers($1.version))
    }
    guard let arn = newest?.arn else {
      throw HostError.noSuchPlatform(text, known: supported.map(\.name).sorted())
    }
    return .arn(arn)
  }

  private static func numbers(_ version: String?) -> [Int] {
    (version ?? "").split(separator: ".").map { Int($0) ?? 0 }
  }
}
