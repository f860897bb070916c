import AWS
import ElasticBeanstalk
import FoundationEssentials

extension BeanstalkHost {
  /// The tags of an environment, by their keys.
  package func tags(of name: EnvironmentName) async throws -> [String: String] {
    let tags = try await client.listTagsForResource(arn: try await arn(of: name))
    return Dictionary(tags.map { ($0.key, $0.value) }) { _, last in last }
  }

  /// Sets tags and takes others away. It is an update of the environment, which is waited for.
  package func setTags(
    _ tags: [String: String], removing keys: [String], of name: EnvironmentName, wait: Duration?,
    timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let environment = try await existing(name)
    let arn = try await arn(of: name)
    let added = tags.sorted { $0.key < $1.key }.map { Tag($0.key, $0.value) }
    // The answer does not name the request: its events are those since now.
    let start = options.now().addingTimeInterval(-1)
    let operation = try await operate(on: name, wait: wait) { _ in
      try await client.updateTagsForResource(arn: arn, adding: added, removing: keys)
      return Operation(environmentID: environment.id, requestID: nil, start: start)
    }
    return try await follow(operation, of: name, to: .ready, timeout: timeout, progress: progress)
  }

  private func arn(of name: EnvironmentName) async throws -> String {
    guard let arn = try await existing(name).arn else {
      throw InvalidAnswer(
        service: Service.elasticBeanstalk.signingName, operation: "DescribeEnvironments",
        reason: "it has no EnvironmentArn")
    }
    return arn
  }
}
