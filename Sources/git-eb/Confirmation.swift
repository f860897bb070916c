import Deployment

/// What a command that takes something away asks before.
enum Confirmation {
  /// Lets the environment's name be typed on a terminal. Throws ``CommandError/notConfirmed``, also
  /// where there is no terminal. `what` follows the environment's name.
  static func ask(_ name: EnvironmentName, _ what: String) throws {
    guard Output.isInputTerminal, Output.isErrorTerminal else { throw CommandError.notConfirmed }
    Output.message("'\(name)' \(what)")
    Output.status("type the environment's name to confirm: ")
    guard readLine() == name.text else { throw CommandError.notConfirmed }
  }

  /// Asks a question that is answered with yes or no, after what it is about. Throws
  /// ``CommandError/notConfirmed`` for anything but a yes, also where there is no terminal.
  static func agree(_ question: String, about lines: [String] = []) throws {
    guard Output.isInputTerminal, Output.isErrorTerminal else { throw CommandError.notConfirmed }
    for line in lines { Output.message(line) }
    Output.status(question + " [y/N] ")
    guard ["y", "yes"].contains(readLine()?.lowercased()) else { throw CommandError.notConfirmed }
  }
}
