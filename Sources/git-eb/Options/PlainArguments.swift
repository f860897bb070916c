import ArgumentParser

/// Arguments that need no parser: options that stand by themselves, each value in a word of its own.
///
/// The argument parser finds out by reflection what a command takes, which takes longer than what
/// the commands do that people run all day. So these read plain arguments themselves, and leave to
/// the parser whatever else there is: help, errors, combined options, `--`.
struct PlainArguments {
  private let words: [String]
  private var isTaken: [Bool]
  private var isPlain: Bool

  init(_ words: ArraySlice<String>) {
    self.words = Array(words)
    isTaken = Array(repeating: false, count: words.count)
    isPlain = !words.contains("")
  }

  /// Whether the flag is there, under any of its names.
  mutating func flag(_ names: String...) -> Bool { take(names) != nil }

  /// The value behind the option.
  mutating func value(_ names: String...) -> String? { value(of: names) }

  /// The same as a number.
  mutating func number(_ names: String...) -> Int? {
    guard let text = value(of: names) else { return nil }
    let number = Int(text)
    if number == nil { isPlain = false }
    return number
  }

  /// What no option has taken; `nil` where not all arguments are plain and known.
  func operands() -> [String]? {
    guard isPlain else { return nil }
    let rest = words.indices.filter { !isTaken[$0] }.map { words[$0] }
    return rest.contains(where: Self.isOption) ? nil : rest
  }

  private mutating func value(of names: [String]) -> String? {
    guard let option = take(names) else { return nil }
    let index = option + 1
    guard index < words.count, !Self.isOption(words[index]) else {
      isPlain = false
      return nil
    }
    isTaken[index] = true
    return words[index]
  }

  /// Takes the option, and answers where it stands. No plain value begins as an option does: a word
  /// that is the option's name is the option.
  private mutating func take(_ names: [String]) -> Int? {
    guard let index = words.firstIndex(where: names.contains) else { return nil }
    isTaken[index] = true
    // Which of two counts is for the parser to say.
    if words[(index + 1)...].contains(where: names.contains) { isPlain = false }
    return index
  }

  private static func isOption(_ word: String) -> Bool { word.utf8.first == UInt8(ascii: "-") }
}

/// Options that are read from plain arguments without the argument parser.
protocol PlainOptions: ParsableArguments {
  /// Sets all that is declared.
  mutating func read(_ arguments: inout PlainArguments)
}

extension PlainOptions {
  init(_ arguments: inout PlainArguments) {
    self.init()
    read(&arguments)
  }
}

/// A command that reads plain arguments without the argument parser.
protocol PlainCommand: ParsableCommand {
  /// Sets all that the command declares; `false` where that is for the parser.
  mutating func read(_ arguments: inout PlainArguments) -> Bool

  var ready: ReadyCommand { get }
}

extension PlainCommand {
  /// The command that the arguments behind its name ask for; `nil` where that is for the parser.
  static func plain(_ words: ArraySlice<String>) -> Self? {
    var arguments = PlainArguments(words)
    var command = Self()
    guard command.read(&arguments), (try? command.validate()) != nil else { return nil }
    return command
  }
}

extension PlainCommand where Self: GitEBCommand {
  var ready: ReadyCommand { .prompt(self) }
}

extension PlainCommand where Self: WaitingCommand {
  var ready: ReadyCommand { .waiting(self) }
}
