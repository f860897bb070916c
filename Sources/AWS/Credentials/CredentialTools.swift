package import FoundationEssentials

/// What the chain needs of the world outside.
package struct CredentialTools: Sendable {
  package var transport: any Transport
  package var now: @Sendable () -> Date
  /// Runs a program (`credential_process`), first its name and then its arguments, and gives its
  /// standard output. `CancellationError` and ``TransportError/interrupted`` say that it was
  /// stopped; whatever else it throws becomes ``CredentialError/process(command:reason:)``, of which
  /// only a ``CredentialError`` of its own keeps its words.
  package var run: @Sendable (_ command: [String]) async throws -> [UInt8]
  /// Asks for the code that a device shows; `nil` where nobody can answer, and what it gives is
  /// `nil` where nobody did.
  package var tokenCode: (@Sendable (_ serial: String) async -> String?)?
  /// Waits before a request is made again.
  package var sleep: @Sendable (Duration) async throws -> Void

  package init(
    transport: any Transport, now: @escaping @Sendable () -> Date,
    run: @escaping @Sendable (_ command: [String]) async throws -> [UInt8],
    tokenCode: (@Sendable (_ serial: String) async -> String?)? = nil,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.transport = transport
    self.now = now
    self.run = run
    self.tokenCode = tokenCode
    self.sleep = sleep
  }
}
