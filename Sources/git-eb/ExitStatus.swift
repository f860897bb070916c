#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Every way that git-eb ends. Source: the table in the manual page.
enum ExitStatus: Int32, Sendable {
  case success = 0
  /// The deployment failed.
  case deploymentFailed = 1
  /// It could not start: configuration, a refusal, something that was not found.
  case refused = 2
  case gaveUpWaiting = 3
  case misuse = 64
  /// The service could not be reached.
  case unavailable = 69
  /// No permission or no credentials.
  case noPermission = 77
  case interrupted = 130
}

func terminate(_ status: ExitStatus) -> Never {
  exit(status.rawValue)
}
