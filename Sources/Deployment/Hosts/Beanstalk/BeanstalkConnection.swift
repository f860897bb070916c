package import AWS
import FoundationEssentials

/// What every request to AWS needs: where to, as whom, and over what.
package struct BeanstalkConnection: Sendable {
  package let settings: AWSSettings
  package let transport: any Transport
  package let credentials: CredentialCache
  package let session: Session

  /// What the world outside gives.
  package struct Surroundings: Sendable {
    package var processEnvironment: [String: String]
    package var home: String?
    package var userAgent: String
    package var isInterrupted: @Sendable () -> Bool
    /// Asks for the code that a device shows; `nil` where nobody can answer.
    package var tokenCode: (@Sendable (_ serial: String) async -> String?)?
    /// What waits and time limits are multiplied by: 1, but in tests of what happens when they pass.
    package var timeFactor = 1.0

    package init(
      processEnvironment: [String: String], home: String?, userAgent: String,
      isInterrupted: @escaping @Sendable () -> Bool,
      tokenCode: (@Sendable (_ serial: String) async -> String?)?
    ) {
      self.processEnvironment = processEnvironment
      self.home = home
      self.userAgent = userAgent
      self.isInterrupted = isInterrupted
      self.tokenCode = tokenCode
    }
  }

  /// Reads what AWS's own tools read; sends nothing yet. Throws ``CredentialError`` and
  /// ``NoRegion``.
  package init(
    profile: Setting<String>?, region: Setting<String>?, _ surroundings: Surroundings
  ) throws {
    let isExplicit =
      switch profile?.origin {
      case .commandLine?, .environmentVariable?: true
      default: false
      }
    settings = try AWSSettings(
      processEnvironment: surroundings.processEnvironment, home: surroundings.home,
      profile: profile?.value, isProfileExplicit: isExplicit, region: region?.value)
    let factor = surroundings.timeFactor
    let curl = CurlTransport(
      caBundle: settings.caBundle, userAgent: surroundings.userAgent,
      isInterrupted: surroundings.isInterrupted)
    let transport: any Transport = factor == 1 ? curl : PacedTransport(curl, factor: factor)
    self.transport = transport
    let sleep = InterruptibleSleep(surroundings.isInterrupted, factor: factor)
    let tools = CredentialTools(
      transport: transport, now: { Date() }, run: { try await Self.output(of: $0) },
      tokenCode: surroundings.tokenCode, sleep: { try await sleep($0) })
    credentials = CredentialCache(settings.credentialSource(tools), now: { Date() })
    session = Session(
      transport: transport, credentials: credentials, region: try settings.region(),
      endpoint: { [settings] in try settings.endpoint(of: $0, in: $1) }, now: { Date() },
      sleep: { try await sleep($0) }, pause: { await Session.uninterrupted($0 * factor) })
  }

  /// What a program of `credential_process` prints: the AWS CLI gives it a minute.
  private static func output(of command: [String]) async throws -> [UInt8] {
    guard let name = command.first else { throw ProgramError.cannotStart(reason: "it is empty") }
    let result = try await Program.run(
      name, Array(command.dropFirst()), directory: ".", outputLimit: 1 << 20,
      timeLimit: .seconds(60))
    guard result.succeeded else { throw ProgramError.cannotStart(reason: result.statusText) }
    return result.output
  }
}
