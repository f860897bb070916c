import Deployment

/// A run of git-eb as one of the hooks that stand guard over secrets for an outside program.
enum HookRun {
  static func run(_ hook: OutsideHook) -> ExitStatus {
    do {
      return ExitStatus(rawValue: try hook.run(Array(CommandLine.arguments.dropFirst())))
    } catch {
      _ = Failure(error).report()
      return .deploymentFailed
    }
  }
}
