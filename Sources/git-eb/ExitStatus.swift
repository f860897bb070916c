import Deployment

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Every way that git-eb ends. Source: the table in the manual page.
struct ExitStatus: Equatable, Sendable {
  let rawValue: Int32

  static let success = ExitStatus(rawValue: 0)
  /// The deployment failed.
  static let deploymentFailed = ExitStatus(rawValue: 1)
  /// It could not start: configuration, a refusal, something that was not found.
  static let refused = ExitStatus(rawValue: 2)
  static let gaveUpWaiting = ExitStatus(rawValue: 3)
  static let misuse = ExitStatus(rawValue: 64)
  /// The service could not be reached.
  static let unavailable = ExitStatus(rawValue: 69)
  /// No permission or no credentials.
  static let noPermission = ExitStatus(rawValue: 77)
  /// An outside command was found and cannot be run, as shells have it.
  static let notExecutable = ExitStatus(rawValue: 126)
  /// There is no such outside command, as shells have it.
  static let commandNotFound = ExitStatus(rawValue: 127)
  static let interrupted = ExitStatus(rawValue: 130)

  /// That of an outside command.
  static func command(_ ending: OutsideCommand.Ending) -> ExitStatus {
    switch ending {
    case .exited(let status): ExitStatus(rawValue: status)
    case .signalled(let signal): ExitStatus(rawValue: 128 + signal)
    case .interrupted: .interrupted
    }
  }
}

func terminate(_ status: ExitStatus) -> Never {
  exit(status.rawValue)
}
