package import AWS
import ElasticBeanstalk

/// How the instances of an environment are reached.
package struct BeanstalkShell: Sendable {
  private let host: BeanstalkHost
  private let ec2: EC2Client

  package init(host: BeanstalkHost) {
    self.host = host
    ec2 = EC2Client(host.session)
  }

  /// The environment's instances that run, by their ids. Throws ``InstanceError``.
  package func instances(of name: EnvironmentName) async throws -> [EC2Instance] {
    let service = try await host.locate(name)
    let ids = try await host.client.describeEnvironmentResources(name: service).instances
    let running = try await ec2.describeInstances(ids).filter { $0.state == "running" }
    guard !running.isEmpty else { throw InstanceError.none(name) }
    return running.sorted { $0.id < $1.id }
  }

  /// What has to be changed to let `range` in through `port`; `nil` when one of the instance's
  /// groups lets that very range in already, or everybody.
  package func opening(
    of instance: EC2Instance, port: Int, to range: String
  ) async throws -> PortOpening? {
    let groups = try await ec2.describeSecurityGroups(instance.securityGroups)
    guard let group = groups.first else { throw InstanceError.noSecurityGroup(instance.id) }
    let everybody = ["0.0.0.0/0", "::/0"].first { $0.contains(":") == range.contains(":") }
    let isOpen = groups.flatMap(\.ingress).contains { permission in
      permission.admits(port: port)
        && permission.ranges.contains { $0 == range || $0 == everybody }
    }
    if isOpen { return nil }
    return PortOpening(
      group: group.id,
      rule: IngressRule(port: port, range: range, description: "git eb ssh, while it runs"))
  }

  /// Opens the port. What may have been opened without an answer is closed again.
  package func open(_ opening: PortOpening) async throws {
    do {
      _ = try await ec2.authorizeSecurityGroupIngress(group: opening.group, opening.rule)
    } catch let error as TransportError {
      try? await close(opening)
      throw error
    }
  }

  /// Closes it, whatever signals have come.
  package func close(_ opening: PortOpening) async throws {
    _ = try await ec2.revokeSecurityGroupIngress(group: opening.group, opening.rule)
  }

  /// The address that AWS sees this machine at, with the length of its prefix. It is asked for at
  /// the address that AWS has for this: https://checkip.amazonaws.com.
  package func ownRange() async throws -> String {
    let endpoint = Endpoint(scheme: "https", host: "checkip.amazonaws.com")
    let answer = try await host.transport.send(
      HTTPRequest("GET", endpoint, path: "/", destination: .memory(limit: 1024)))
    let text = String(decoding: answer.body, as: UTF8.self)
    guard answer.status == 200, let range = Self.range(of: text) else {
      throw InstanceError.ownAddressUnknown
    }
    return range
  }

  /// `203.0.113.7/32` for `203.0.113.7`, `/128` for an address of IPv6; `nil` for other text.
  package static func range(of address: String) -> String? {
    let address = address.filter { !$0.isWhitespace }
    let numbers = address.split(separator: ".", omittingEmptySubsequences: false)
    if numbers.count == 4,
      numbers.allSatisfy({ $0.utf8.count <= 3 && $0.utf8.allSatisfy(isDigit) && UInt8($0) != nil })
    {
      return address + "/32"
    }
    let isIPv6 =
      address.split(separator: ":", omittingEmptySubsequences: false).count >= 3
      && address.utf8.count <= 39
      && address.utf8.allSatisfy {
        isDigit($0) || $0 == UInt8(ascii: ":")
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20)
      }
    return isIPv6 ? address + "/128" : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// A rule that lets somebody in for a while.
package struct PortOpening: Sendable, Equatable {
  /// The security group.
  package var group: String
  package var rule: IngressRule
}

/// Why an instance is not reached.
package enum InstanceError: Error, Equatable {
  /// The environment has no instance that runs.
  case none(EnvironmentName)
  case noSuchInstance(String, of: EnvironmentName, known: [String])
  /// There are several, and nothing says which.
  case several(EnvironmentName, known: [String])
  /// It has no public (or no private) address.
  case noAddress(String, isPrivate: Bool)
  case noSecurityGroup(String)
  /// No logs came: from the instance that was asked for, or from any. `known` are those that gave
  /// some.
  case noLogs(String?, of: EnvironmentName, known: [String])
  /// AWS did not say at which address it sees this machine.
  case ownAddressUnknown
  /// The port that was opened could not be closed again.
  case stillOpen(PortOpening, reason: String)
}
