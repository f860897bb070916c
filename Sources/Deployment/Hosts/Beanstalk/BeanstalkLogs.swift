import AWS
package import ElasticBeanstalk
import FoundationEssentials
import SystemPackage

/// The logs that Beanstalk collects from an environment's instances when it is asked.
package struct BeanstalkLogs: Sendable {
  let host: BeanstalkHost

  package init(host: BeanstalkHost) {
    self.host = host
  }

  /// Collecting takes the instances some seconds.
  private static let patience: Duration = .seconds(60)

  /// The tails of the instances' logs, a file for each instance.
  package func tails(of name: EnvironmentName) async throws -> [LogFile] {
    var files: [LogFile] = []
    for found in try await collect(
      .tail, of: try await host.locate(name), patience: Self.patience)
    {
      var file = LogFile(name: (found.instance ?? "instance") + ".log", path: "")
      file.contents = try await download(found.message, limit: 16 << 20)
      files.append(file)
    }
    return files.sorted { $0.name < $1.name }
  }

  /// Has logs of the environment that Beanstalk calls `service` collected, and gives where they are
  /// once every instance that answers has answered; the newest of each instance.
  package func collect(
    _ kind: InfoKind, of service: String, patience: Duration
  ) async throws -> [EnvironmentInfoDescription] {
    let before = try await newest(kind, service)
    try await host.client.requestEnvironmentInfo(name: service, kind: kind)
    let resources = try? await host.client.describeEnvironmentResources(name: service)
    let start = ContinuousClock().now
    var wait = min(Duration.seconds(1), host.options.pace.longest)
    while true {
      try await host.options.sleep(wait)
      wait = min(wait * 3 / 2, host.options.pace.longest)
      // What an earlier request collected is still told.
      let fresh = try await newest(kind, service).filter { instance, found in
        guard let old = before[instance]?.sampled, let new = found.sampled else { return true }
        return new > old
      }
      let wanted = resources?.instances.count ?? 1
      let isOver = host.options.elapsed(since: start) >= patience
      if !fresh.isEmpty, fresh.count >= wanted || isOver {
        return fresh.values.sorted { ($0.instance ?? "") < ($1.instance ?? "") }
      }
      if isOver { return [] }
    }
  }

  private func newest(
    _ kind: InfoKind, _ service: String
  ) async throws -> [String: EnvironmentInfoDescription] {
    let all = try await host.client.retrieveEnvironmentInfo(name: service, kind: kind)
    return Dictionary(all.map { ($0.instance ?? "", $0) }) { first, second in
      (first.sampled ?? .distantPast) < (second.sampled ?? .distantPast) ? second : first
    }
  }

  /// What lies at an address that is signed already.
  package func download(_ url: String, limit: Int) async throws -> [UInt8] {
    guard let request = HTTPRequest(getting: url, limit: limit) else {
      throw HostError.badLogAddress
    }
    let answer = try await host.transport.send(request)
    guard answer.status == 200 else { throw HostError.badLogAddress }
    return answer.body
  }

  /// The lines of the logs that tell of a failure, at most eight: the first cause, where it is known
  /// by sight, and the last lines. Logs that cannot be had are no reason to say less of the failure
  /// itself.
  func tellingLines(_ service: String) async -> [String] {
    guard let found = try? await collect(.tail, of: service, patience: .seconds(20)) else {
      return []
    }
    for instance in found {
      guard let bytes = try? await download(instance.message, limit: 4 << 20) else { continue }
      let lines = Self.telling(bytes)
      if !lines.isEmpty { return lines }
    }
    return []
  }

  static func telling(_ bytes: [UInt8]) -> [String] {
    let lines = TellingLines.last(8, of: LogText("", bytes, kind: .other))
    let logs = LogSections.texts(of: bytes, "", firstNumber: 1)
    guard let cause = Explainer().explain(logs).cause, cause.symptom.bearing > .ending else {
      return lines
    }
    let text = String(cause.text.drop { $0.isWhitespace })
    return lines.contains(text) ? lines : [text] + lines.suffix(7)
  }
}
