import AWS
import ElasticBeanstalk
import FoundationEssentials

extension BeanstalkHost {
  package func tags(of name: EnvironmentName) async throws -> [String: String] {
    try await tags(at: try arn(of: try await existing(name)))
  }

  package func taggedEnvironments() async throws -> [EnvironmentDescription] {
    let found = try await describe(nil)
    let tags = try await tags(of: found)
    return try await descriptions(of: found).map { description in
      var description = description
      description.tags = tags[serviceName(description.name)] ?? [:]
      return description
    }.sorted { $0.name < $1.name }
  }

  /// How many environments are asked for their tags at once: requests of an account are counted.
  private static let requestsAtOnce = 8

  /// By the environments' names on Beanstalk.
  private func tags(
    of environments: [ElasticBeanstalk.EnvironmentDescription]
  ) async throws -> [String: [String: String]] {
    var tags: [String: [String: String]] = [:]
    var rest = environments[...]
    typealias Answer = (name: String, tags: [String: String])
    return try await withThrowingTaskGroup(of: Answer.self) { group in
      func next() {
        guard let environment = rest.popFirst() else { return }
        group.addTask { (environment.name, try await self.tags(of: environment)) }
      }
      for _ in 0..<Self.requestsAtOnce { next() }
      for try await answer in group {
        tags[answer.name] = answer.tags
        next()
      }
      return tags
    }
  }

  /// None where the environment has gone meanwhile.
  func tags(
    of environment: ElasticBeanstalk.EnvironmentDescription
  ) async throws -> [String: String] {
    do {
      return try await tags(at: try arn(of: environment))
    } catch let error as ServiceError where error.code.hasPrefix("ResourceNotFound") {
      return [:]
    }
  }

  private func tags(at arn: String) async throws -> [String: String] {
    let tags = try await client.listTagsForResource(arn: arn)
    return Dictionary(
      tags.map { tag in
        // What people give is kept as they wrote it.
        (tag.key, tag.key.hasPrefix("git-eb:") ? TagValue.value(tag.value) : tag.value)
      }
    ) { _, last in last }
  }

  package func setTags(
    _ tags: [String: String], removing keys: [String], of name: EnvironmentName, wait: Duration?,
    timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = try await existing(name)
    let arn = try arn(of: environment)
    let added = tags.sorted { $0.key < $1.key }.map { tag in
      Tag(tag.key, tag.key.hasPrefix("git-eb:") ? TagValue.text(tag.value) : tag.value)
    }
    // The answer does not name the request: its events are those since now.
    let start = options.now().addingTimeInterval(-1)
    let operation = try await operate(on: name, wait: wait) { _ in
      try await client.updateTagsForResource(arn: arn, adding: added, removing: keys)
      return Operation(environmentID: environment.id, requestID: nil, start: start)
    }
    return try await follow(operation, of: name, to: .ready, timeout: timeout, progress: progress)
  }

  private func arn(of environment: ElasticBeanstalk.EnvironmentDescription) throws -> String {
    guard let arn = environment.arn else {
      throw InvalidAnswer(
        service: Service.elasticBeanstalk.signingName, operation: "DescribeEnvironments",
        reason: "it has no EnvironmentArn")
    }
    return arn
  }
}
