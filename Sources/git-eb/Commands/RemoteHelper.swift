import ArgumentParser
import Deployment

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `git-remote-eb`, which git runs for a remote with the address `eb::<environment>`: the same
/// program under another name.
struct RemoteHelper: WaitingCommand {
  static let command = "remote-helper"

  static let configuration = CommandConfiguration(
    commandName: command, abstract: "Be the remote eb::<environment> for git.",
    shouldDisplay: false)

  /// Whether git-eb was started under the name that git looks for. Source: gitremote-helpers(7).
  static func isMeant(by program: String) -> Bool {
    program.split(separator: "/").last == "git-remote-eb"
  }

  @Argument(
    parsing: .captureForPassthrough, help: "The remote's name, and what follows 'eb::'.")
  var words: [String] = []

  mutating func execute() async throws -> ExitStatus {
    guard let name = words.first else { throw RemoteRefusal.notFromGit }
    Output.prefix.update { $0 = "remote: " }
    Self.correctWorkTree()
    var conversation = RemoteConversation(
      try RemoteEnvironment(remote: name, address: words.dropFirst().first ?? ""))
    return try await conversation.run()
  }

  /// git has gone to the top of the work tree, from the directory below it that `GIT_PREFIX` names,
  /// and left a `GIT_WORK_TREE` that is relative to that directory as it was.
  private static func correctWorkTree() {
    let environment = ProcessEnvironment.current()
    guard let prefix = environment["GIT_PREFIX"], !prefix.isEmpty,
      let workTree = environment["GIT_WORK_TREE"], !workTree.isEmpty, !workTree.hasPrefix("/")
    else { return }
    unsafe setenv("GIT_WORK_TREE", ".", 1)
  }
}
