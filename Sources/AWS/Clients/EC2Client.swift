/// What git-eb asks the Elastic Compute Cloud: how an instance is reached.
package struct EC2Client: Sendable {
  private let query: QueryClient

  package init(_ session: Session) { query = QueryClient(session, .ec2) }

  /// The instances with these ids, in the service's order. An id that does not exist is a
  /// ``ServiceError`` (`InvalidInstanceID.NotFound`).
  package func describeInstances(_ ids: [String]) async throws -> [EC2Instance] {
    // Without an id EC2 would tell of all.
    guard !ids.isEmpty else { return [] }
    var parameters = QueryParameters()
    parameters.list("InstanceId", ids)
    return try await pages("DescribeInstances", parameters) { page in
      page.members("reservationSet").flatMap { $0.members("instancesSet") }
        .compactMap { EC2Instance($0) }
    }
  }

  /// The security groups with these ids. An id that does not exist is a ``ServiceError``
  /// (`InvalidGroup.NotFound`).
  package func describeSecurityGroups(_ ids: [String]) async throws -> [SecurityGroup] {
    guard !ids.isEmpty else { return [] }
    var parameters = QueryParameters()
    parameters.list("GroupId", ids)
    return try await pages("DescribeSecurityGroups", parameters) { page in
      page.members("securityGroupInfo").compactMap { SecurityGroup($0) }
    }
  }

  /// Lets in what the rule says. `false` where exactly this rule was there already, so that
  /// whoever takes it away again knows whose it is.
  package func authorizeSecurityGroupIngress(
    group: String, _ rule: IngressRule
  ) async throws -> Bool {
    try await change("AuthorizeSecurityGroupIngress", group, rule, "InvalidPermission.Duplicate")
  }

  /// No longer lets in what the rule says. `false` where there was no such rule.
  package func revokeSecurityGroupIngress(
    group: String, _ rule: IngressRule
  ) async throws -> Bool {
    try await change("RevokeSecurityGroupIngress", group, rule, "InvalidPermission.NotFound")
  }

  private func change(
    _ operation: String, _ group: String, _ rule: IngressRule, _ noChange: String
  ) async throws -> Bool {
    var parameters = QueryParameters()
    parameters.set("GroupId", group)
    parameters.list("IpPermissions", [rule.parameters])
    // To let in is not repeated: the second answer would tell of our own rule as if it were
    // another's. To shut out is, and is not interrupted: a port would stay open.
    let isShutting = operation == "RevokeSecurityGroupIngress"
    do {
      let answer = try await query.call(
        operation, parameters, isRepeatable: isShutting, isInterruptible: !isShutting)
      return answer.flag("return") ?? true
    } catch let error as ServiceError {
      guard error.code == noChange else { throw error }
      return false
    }
  }

  private func pages<T>(
    _ operation: String, _ parameters: QueryParameters, _ read: (XMLElement) -> [T]
  ) async throws -> [T] {
    var all: [T] = []
    var tokens: Set<String> = []
    var page = parameters
    while true {
      let answer = try await query.call(operation, page)
      all += read(answer)
      guard let token = answer.string("nextToken"), !token.isEmpty else { return all }
      guard tokens.insert(token).inserted else {
        throw InvalidAnswer(
          service: Service.ec2.signingName, operation: operation,
          reason: "its pages lead around in a circle")
      }
      page = parameters
      page.set("NextToken", token)
    }
  }
}

/// A machine.
package struct EC2Instance: Sendable, Equatable {
  /// Such as `i-0123456789abcdef0`.
  package var id: String
  /// `pending`, `running`, `shutting-down`, `terminated`, `stopping` or `stopped`.
  package var state: String?
  /// `nil` where it has none, as in a private subnet.
  package var publicAddress: String?
  package var publicName: String?
  package var privateAddress: String?
  package var privateName: String?
  /// The key pair that its user's key is of; `nil` where none was chosen.
  package var keyName: String?
  /// The ids of its security groups.
  package var securityGroups: [String]
  package var availabilityZone: String?
  package var vpc: String?
  package var subnet: String?

  fileprivate init?(_ element: XMLElement) {
    // An instance without a public name has an empty one.
    func text(_ name: String) -> String? {
      element.string(name).flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let id = text("instanceId") else { return nil }
    self.id = id
    state = element["instanceState"]?.string("name")
    publicAddress = text("ipAddress")
    publicName = text("dnsName")
    privateAddress = text("privateIpAddress")
    privateName = text("privateDnsName")
    keyName = text("keyName")
    securityGroups = element.members("groupSet").compactMap { $0.string("groupId") }
    availabilityZone = element["placement"]?.string("availabilityZone")
    vpc = text("vpcId")
    subnet = text("subnetId")
  }
}

/// What may reach an instance.
package struct SecurityGroup: Sendable, Equatable {
  /// Such as `sg-0123456789abcdef0`.
  package var id: String
  package var name: String?
  package var ingress: [Permission]

  /// What is let in.
  package struct Permission: Sendable, Equatable {
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    package var transport: String
    /// The first and the last port; `nil` for all.
    package var ports: ClosedRange<Int>?
    /// Address ranges, such as `203.0.113.0/24` and `2001:db8::/32`.
    package var ranges: [String]
    /// The ids of security groups whose members are let in.
    package var groups: [String]

    /// Whether TCP connections to `port` are let in from anywhere that the permission names.
    package func admits(port: Int) -> Bool {
      ["tcp", "6", "-1"].contains(transport) && (ports?.contains(port) ?? true)
    }
  }

  fileprivate init?(_ element: XMLElement) {
    guard let id = element.string("groupId") else { return nil }
    self.id = id
    name = element.string("groupName")
    ingress = element.members("ipPermissions").map { permission in
      var ports: ClosedRange<Int>?
      if let from = permission.integer("fromPort"), let to = permission.integer("toPort"),
        from <= to, from >= 0
      {
        ports = from...to
      }
      return Permission(
        transport: permission.string("ipProtocol") ?? "", ports: ports,
        ranges: permission.members("ipRanges").compactMap { $0.string("cidrIp") }
          + permission.members("ipv6Ranges").compactMap { $0.string("cidrIpv6") },
        groups: permission.members("groups").compactMap { $0.string("groupId") })
    }
  }
}

/// One address range that may connect to one TCP port.
package struct IngressRule: Sendable, Equatable {
  package var port: Int
  /// Such as `203.0.113.7/32`, or of IPv6.
  package var range: String
  /// For the list of rules, at most 255 characters; `nil` for none.
  package var description: String?

  package init(port: Int, range: String, description: String?) {
    self.port = port
    self.range = range
    self.description = description
  }

  var parameters: QueryParameters {
    var source = QueryParameters()
    let isIPv6 = range.contains(":")
    source.set(isIPv6 ? "CidrIpv6" : "CidrIp", range)
    source.set("Description", description)
    var parameters = QueryParameters()
    parameters.set("IpProtocol", "tcp")
    parameters.set("FromPort", port)
    parameters.set("ToPort", port)
    parameters.list(isIPv6 ? "Ipv6Ranges" : "IpRanges", [source])
    return parameters
  }
}
