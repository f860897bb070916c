import FoundationEssentials

// A program of the user's that prints credentials, as botocore's ProcessProvider.
extension CredentialChain {
  /// What a profile's `credential_process` prints; `nil` for a profile without.
  func process(of name: String) async throws -> Credentials? {
    guard let line = files.profiles[name]?.text("credential_process") else { return nil }
    guard let command = shellWords(line), let program = command.first else {
      throw CredentialError.incompleteProfile(
        profile: name, reason: "its credential_process is not a command")
    }
    let output: [UInt8]
    do {
      output = try await tools.run(command)
    } catch let error as CredentialError {
      throw error
    } catch TransportError.interrupted {
      throw TransportError.interrupted
    } catch is CancellationError {
      throw TransportError.interrupted
    } catch {
      // Whatever it is, arguments can hold secrets and are not repeated.
      throw CredentialError.process(command: program, reason: "it failed")
    }
    return try credentials(printed: output, by: program, profile: name)
  }

  private func credentials(
    printed output: [UInt8], by program: String, profile: String
  ) throws(CredentialError) -> Credentials {
    guard let printed = try? JSONDecoder().decode(PrintedCredentials.self, from: Data(output))
    else { throw .process(command: program, reason: "it did not print JSON with a Version") }
    guard printed.version == 1 else {
      throw .process(command: program, reason: "its Version is not 1")
    }
    guard let id = printed.accessKeyID, let secret = printed.secretAccessKey else {
      throw .process(
        command: program, reason: "it did not print AccessKeyId and SecretAccessKey")
    }
    var expiration: Date?
    if let text = printed.expiration {
      expiration = Self.date(text)
      guard let expiration else {
        throw .process(command: program, reason: "its Expiration is not a date")
      }
      guard expiration > tools.now() else {
        throw .process(command: program, reason: "the credentials that it printed have expired")
      }
    }
    return Credentials(
      accessKeyID: id, secretAccessKey: secret, sessionToken: printed.sessionToken,
      expiration: expiration, origin: "credential_process of profile '\(profile)'")
  }
}

/// The AWS CLI User Guide, "Sourcing credentials with an external process".
private struct PrintedCredentials: Decodable {
  var version: Int
  var accessKeyID: String?
  var secretAccessKey: String?
  var sessionToken: String?
  var expiration: String?

  enum CodingKeys: String, CodingKey {
    case version = "Version"
    case accessKeyID = "AccessKeyId"
    case secretAccessKey = "SecretAccessKey"
    case sessionToken = "SessionToken"
    case expiration = "Expiration"
  }
}
