package import FoundationEssentials

/// An access key, as a request is signed with. Never printed: its description has no secret.
package struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  package var accessKeyID: String
  package var secretAccessKey: String
  package var sessionToken: String?
  /// When they stop working; `nil` for keys that do not expire.
  package var expiration: Date?
  /// Where they come from, for people, such as `profile 'eb' in ~/.aws/config`.
  package var origin: String

  package init(
    accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil,
    expiration: Date? = nil, origin: String
  ) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiration = expiration
    self.origin = origin
  }

  package var description: String { "credentials \(accessKeyID) from \(origin)" }
  package var customMirror: Mirror { Mirror(self, children: ["origin": origin]) }
}

/// Finds credentials, each time anew.
package protocol CredentialSource: Sendable {
  /// Throws a ``CredentialError``, or a ``TransportError`` where a service had to be asked.
  func credentials() async throws -> Credentials
}

/// Keeps what a source gave until shortly before it expires. One lookup at a time.
package actor CredentialCache {
  private let source: any CredentialSource
  private let now: @Sendable () -> Date
  private var kept: Credentials?
  private var lookup: Task<Credentials, any Error>?

  /// Renewed when fewer seconds than this are left, as botocore does.
  static let margin: TimeInterval = 300

  package init(_ source: any CredentialSource, now: @escaping @Sendable () -> Date) {
    self.source = source
    self.now = now
  }

  package func credentials() async throws -> Credentials {
    if let kept, kept.expiration.map({ $0.timeIntervalSince(now()) > Self.margin }) ?? true {
      return kept
    }
    if let lookup { return try await lookup.value }
    // Kept before anybody who waits goes on: a caller that comes back with what is expired already
    // must find it here, and not have it put back afterwards.
    let task = Task {
      defer { lookup = nil }
      let found = try await source.credentials()
      kept = found
      return found
    }
    lookup = task
    return try await task.value
  }

  /// Forgets credentials that a service called expired, so that the next call looks them up anew.
  package func discard(_ credentials: Credentials) {
    if kept == credentials { kept = nil }
  }
}
