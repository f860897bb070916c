/// The user's own ssh, as it is called for an instance.
package struct SecureShell: Sendable, Equatable {
  package var user: String
  /// A file with the private key; `nil` leaves it to ssh's own configuration.
  package var identity: String?
  /// `user@host` to go through; `nil` goes directly.
  package var jumpHost: String?

  package init(user: String, identity: String?, jumpHost: String?) {
    self.user = user
    self.identity = identity
    self.jumpHost = jumpHost
  }

  /// The program and its arguments.
  ///
  /// ssh puts its arguments together with blanks and has a shell at the other end take them apart
  /// again (ssh(1)). So several words are quoted, to arrive as they were given; one alone is a line
  /// for that shell.
  package func arguments(to address: String, command: [String]) -> [String] {
    var arguments = ["ssh"]
    if let identity { arguments += ["-i", identity] }
    if let jumpHost { arguments += ["-J", jumpHost] }
    arguments += ["-l", user, "--", address]
    if command.count == 1 { return arguments + command }
    return command.isEmpty
      ? arguments : arguments + [command.map(ShellWords.quoted).joined(separator: " ")]
  }
}
