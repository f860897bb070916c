/// What git-eb asks Identity and Access Management: whether what an environment needs is there.
package struct IAMClient: Sendable {
  private let query: QueryClient

  package init(_ session: Session) { query = QueryClient(session, .iam) }

  /// The instance profile of that name; `nil` where there is none.
  package func getInstanceProfile(_ name: String) async throws -> InstanceProfile? {
    let found = try await get("InstanceProfile", name)
    return found.map { profile in
      InstanceProfile(
        name: profile.string("InstanceProfileName") ?? name, arn: profile.string("Arn"),
        roles: profile.members("Roles").compactMap { $0.string("RoleName") })
    }
  }

  /// The role of that name; `nil` where there is none.
  package func getRole(_ name: String) async throws -> IAMRole? {
    let found = try await get("Role", name)
    return found.map { IAMRole(name: $0.string("RoleName") ?? name, arn: $0.string("Arn")) }
  }

  private func get(_ noun: String, _ name: String) async throws -> XMLElement? {
    let operation = "Get" + noun
    var parameters = QueryParameters()
    parameters.set(noun + "Name", name)
    let result: XMLElement
    do {
      result = try await query.call(operation, parameters)
    } catch let error as ServiceError {
      guard error.code == "NoSuchEntity" else { throw error }
      return nil
    }
    guard let found = result[noun] else {
      throw InvalidAnswer(
        service: Service.iam.signingName, operation: operation, reason: "it has no \(noun)")
    }
    return found
  }
}

/// What gives an instance a role.
package struct InstanceProfile: Sendable, Equatable {
  package var name: String
  package var arn: String?
  /// The names of its roles: one, or none yet.
  package var roles: [String]
}

/// A role of IAM's.
package struct IAMRole: Sendable, Equatable {
  package var name: String
  package var arn: String?
}
