import CPlatform

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A program of the user's, run with secrets staged. It has git-eb's place: terminal, process
/// group, standard streams, signals.
package struct OutsideCommand {
  package enum Ending: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)
    /// A signal came before it was started.
    case interrupted(Int32)
  }

  private let arguments: [String]
  private let environment: [String: String]
  private let directory: String?

  /// `environment` is all that it sees; `nil` for `directory` is where git-eb is.
  package init(_ arguments: [String], environment: [String: String], directory: String?) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  /// Runs it to its end. `note` is told which process it is before it runs anything.
  package func run(noting note: (ProcessIdentity) throws -> Void) throws -> Ending {
    let name = arguments.first ?? ""
    // From now on git-eb waits, whatever comes.
    platform_pass_signals_to(0)
    var child: platform_child
    do throws(FileError) {
      child = try GatedProgram.start(
        arguments, environment: environment, directory: directory, streams: nil)
    } catch {
      throw SafeguardError.command(name, errno: error.errno)
    }
    do {
      if let identity = ProcessIdentity(of: child.pid) { try note(identity) }
    } catch {
      unsafe platform_close_gate(&child)
      throw error
    }
    if platform_caught_signal() != 0 {
      unsafe platform_close_gate(&child)
      return .interrupted(platform_caught_signal())
    }
    platform_pass_signals_to(child.pid)
    let error = unsafe platform_open_gate(&child)
    if error != 0 {
      platform_pass_signals_to(0)
      throw SafeguardError.command(name, errno: error)
    }
    _ = platform_await(child.pid)
    platform_pass_signals_to(0)
    var exit: Int32 = 0
    var signal: Int32 = 0
    _ = unsafe platform_reap(child.pid, &exit, &signal)
    return signal == 0 ? .exited(exit) : .signalled(signal)
  }
}
