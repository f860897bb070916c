/// A Dockerfile: its stages with their instructions, each with the line at which it begins.
///
/// Source: docs.docker.com/reference/dockerfile, and where that is silent, BuildKit's parser.
package struct Dockerfile: Sendable, Equatable {
  /// A text that stands below an instruction, as in a shell.
  package struct Heredoc: Sendable, Equatable {
    package let name: String
    /// Without the tabs that `<<-` takes away.
    package let text: String
    /// Whether variables in it are replaced: not if the name is in quotes.
    package let isExpanded: Bool
  }

  package struct Instruction: Sendable, Equatable {
    /// In upper case, such as `RUN`.
    package let name: String
    /// What follows the name and the flags, in one line.
    package let text: String
    /// Such as `--from=build`.
    package let flags: [String]
    /// The words of the JSON form; `nil` for the shell form.
    package let words: [String]?
    package let heredocs: [Heredoc]
    /// Counted from 1.
    package let line: Int

    /// The value of a flag that is written without its dashes.
    package func flag(_ name: String) -> String? {
      flags.first { $0.hasPrefix("--\(name)=") }.map { String($0.dropFirst(name.count + 3)) }
    }
  }

  package struct Stage: Sendable, Equatable {
    /// As written, which may hold variables.
    package let base: String
    /// In lower case, as stages are looked up.
    package let name: String?
    package let line: Int
    package var instructions: [Instruction] = []
  }

  /// A line that is no instruction.
  package struct Problem: Error, Sendable, Equatable {
    /// Lower case, no full stop.
    package let reason: String
    package let line: Int
  }

  /// The directives at its top, such as `syntax`, by their names in lower case.
  package let directives: [String: String]
  /// What stands before the first `FROM`: `ARG`s, if all is well.
  package private(set) var preamble: [Instruction] = []
  package private(set) var stages: [Stage] = []
  package private(set) var problems: [Problem]

  package init(_ bytes: [UInt8]) {
    let parser = DockerfileParser(String(decoding: bytes, as: UTF8.self))
    directives = parser.directives
    problems = parser.problems
    for instruction in parser.instructions { add(instruction) }
  }

  package init(_ text: String) { self.init(Array(text.utf8)) }

  /// What ends lines early and keeps variables from being replaced.
  package var escape: Character { directives["escape"] == "`" ? "`" : "\\" }

  private mutating func add(_ instruction: Instruction) {
    guard instruction.name == "FROM" else {
      if stages.isEmpty {
        preamble.append(instruction)
        if instruction.name != "ARG" {
          problems.append(
            Problem(reason: "'\(instruction.name)' stands before 'FROM'", line: instruction.line))
        }
      } else {
        stages[stages.count - 1].instructions.append(instruction)
      }
      return
    }
    let words = instruction.text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let base = words.first, words.count == 1 || words.count == 3 else {
      problems.append(Problem(reason: "'FROM' names no image", line: instruction.line))
      // What follows belongs to no stage before it.
      stages.append(Stage(base: words.first ?? "", name: nil, line: instruction.line))
      return
    }
    let name = words.count == 3 && words[1].uppercased() == "AS" ? words[2].lowercased() : nil
    stages.append(Stage(base: base, name: name, line: instruction.line))
  }

  // MARK: - Stages

  /// The stage whose image is run; `nil` where there is no `FROM`.
  package var final: Stage? { stages.last }

  /// The variables that `FROM` may use, which are those declared before the first.
  package var globals: [String: String] {
    preamble.filter { $0.name == "ARG" }.reduce(into: [:]) { variables, instruction in
      for (name, value) in Self.pairs(instruction, escape: escape) {
        variables[name] = value.flatMap { expand($0, with: variables)?.text }
      }
    }
  }

  /// What an image is made from: the stage's own base with its variables replaced.
  package func base(of stage: Stage) -> String { base(of: stage, globals) }

  private func base(of stage: Stage, _ globals: [String: String]) -> String {
    expand(stage.base, with: globals)?.text ?? stage.base
  }

  /// The stages that make up an image, the first base first: of a stage that is `FROM` another one
  /// of the file, that one too.
  package func lineage(of index: Int) -> [Stage] {
    var chain: [Stage] = []
    var index = index
    let globals = self.globals
    while stages.indices.contains(index) {
      chain.append(stages[index])
      let name = base(of: stages[index], globals).lowercased()
      guard let earlier = stages[..<index].lastIndex(where: { $0.name == name }) else { break }
      index = earlier
    }
    return chain.reversed()
  }

  /// The last instruction of this name in the final image, such as `CMD`.
  package func last(_ name: String) -> Instruction? {
    lineage(of: stages.count - 1).flatMap(\.instructions).last { $0.name == name }
  }

  /// What `COPY --from` names: stages, images or numbers of stages.
  package var copied: [(source: String, line: Int)] {
    stages.flatMap(\.instructions).filter { $0.name == "COPY" }
      .compactMap { copy in copy.flag("from").map { ($0, copy.line) } }
  }

  // MARK: - Variables

  /// `nil` for what comes to more than anybody means.
  func expand(
    _ text: String, with variables: [String: String]
  ) -> (text: String, missing: [String])? {
    DockerfileWords.expand(text, with: variables, escape: escape)
  }

  /// The names and values of an `ARG` or `ENV`; a value of `nil` is one that is not given.
  static func pairs(
    _ instruction: Instruction, escape: Character
  ) -> [(name: String, value: String?)] {
    let words = DockerfileWords.split(instruction.text, escape: escape)
    // The older form `ENV name the value` sets one variable.
    if instruction.name == "ENV", let name = words.first, !name.contains("=") {
      let rest = instruction.text.dropFirst(name.count).trimming(while: \.isWhitespace)
      return [(name, String(rest))]
    }
    return words.map { word in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
    }
  }
}
