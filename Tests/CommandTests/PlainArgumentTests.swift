import ArgumentParser
import Foundation
import Testing

@testable import git_eb

@Suite("Plain arguments: read without the argument parser") struct PlainArgumentTests {
  /// What the command is asked for, by all that it declares; one that was not set says so.
  private func text(_ command: (any ParsableCommand)?) -> String {
    command.map { String(describing: $0) } ?? "none"
  }

  private func expectSame(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let parsed = try GitEB.parsedCommand(from: arguments)
    #expect(
      text(GitEB.plainCommand(from: arguments)) == text(parsed), "\(arguments)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    "status", "status --json", "status -q -e production", "status --environment production --quiet",
    "status --branch feature/x -C /srv/shop", "status --profile eb --region eu-west-1 --json",
    "list", "list --json -q -C ..", "list --region eu-west-1 --profile eb",
    "which", "which master", "which a b c --json", "which a --quiet b", "which --all -C dir",
    "which --config-from v1 -e production", "which --branch é --json",
    "log", "log -n 20", "log production", "log -n 5 production", "log v1.4.0 -n 1 --json",
    "log --graph -n 7", "log --push origin -q", "log --fetch origin --json -C dir", "log --expire",
    "log --dry-run --expire", "log -n +5", "log -n 007",
  ]) func `both ways give the same`(words: String) throws {
    try expectSame(words.split(separator: " ").map(String.init))
  }

  @Test(arguments: [
    "", "version", "ls", "log -h", "status --help", "status --environment=production", "log -n20",
    "status -qe production", "status -e", "status -e --json", "status -e --json production",
    "status --json --json", "status -q --quiet", "status -e a --environment b", "status extra",
    "status -- production", "status --unknown", "status -json", "log a b", "log -n x", "log -n 0",
    "log -n -1", "log --graph --json", "log --dry-run", "log --push a --fetch b", "log -", "list x",
    "which --branch x --all", "log -n 99999999999999999999", "log --version",
  ]) func `the parser gets what is not plain`(words: String) {
    #expect(GitEB.plainCommand(from: words.split(separator: " ").map(String.init)) == nil)
  }

  @Test(arguments: [
    ["log", ""], ["status", "-e", ""], ["log", "--push", ""], ["which", "a", ""],
  ])
  func `empty words are for the parser`(arguments: [String]) {
    #expect(GitEB.plainCommand(from: arguments) == nil)
  }

  /// As `--experimental-dump-help` has it.
  private struct Help: Decodable {
    struct Command: Decodable { var arguments: [Argument] }

    struct Argument: Decodable {
      struct Name: Decodable {
        var kind: String
        var name: String
      }

      var kind: String
      var names: [Name]?
    }

    var command: Command
  }

  @Test func `every declared option is known`() throws {
    // What an option does not go without.
    let company = ["--dry-run": ["--expire"]]
    for type in GitEB.plainCommands {
      let name = try #require(type.configuration.commandName)
      let help = try JSONDecoder().decode(Help.self, from: Data(type._dumpHelp().utf8))
      #expect(help.command.arguments.count > 3)
      for argument in help.command.arguments where argument.kind != "positional" {
        for written in argument.names ?? [] where !["h", "help", "version"].contains(written.name) {
          let option = (written.kind == "long" ? "--" : "-") + written.name
          let value = argument.kind == "option" ? ["7"] : []
          try expectSame([name, option] + value + (company[option] ?? []))
        }
      }
    }
  }

  @Test func `words at random give the same or are left alone`() throws {
    var chance = SystemRandomNumberGenerator()
    let pool = [
      "-e", "--environment", "--branch", "-C", "--json", "-q", "--quiet", "--profile", "--region",
      "-n", "--graph", "--push", "--fetch", "--expire", "--dry-run", "--all", "--config-from",
      "production", "7", "a", "-", "--", "-x", "--json=1", "-qn", "",
    ]
    var plain = 0
    for _ in 0..<4_000 {
      let name = ["status", "log", "list", "which"].randomElement(using: &chance) ?? ""
      let count = Int.random(in: 0...4, using: &chance)
      let arguments = [name] + (0..<count).map { _ in pool.randomElement(using: &chance) ?? "" }
      guard GitEB.plainCommand(from: arguments) != nil else { continue }
      plain += 1
      try expectSame(arguments)
    }
    #expect(plain > 100)
  }
}
