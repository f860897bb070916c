/// A line of a script that an instance runs, as far as rules look at it: which servers it starts.
///
/// It is read word for word: what is put together from variables is not seen, and not guessed.
struct HostCommand {
  /// The commands of the line, each as its words.
  private let commands: [[Substring]]

  init(_ line: Substring) {
    let line = line.drop(while: \.isWhitespace)
    if line.first == "#" {
      commands = []
    } else {
      commands = line.split { ";&|".contains($0) }
        .map { Self.withoutPrefix($0.split(whereSeparator: \.isWhitespace)) }
    }
  }

  /// Without `sudo` and what else only stands before a command.
  private static func withoutPrefix(_ words: [Substring]) -> [Substring] {
    Array(words.drop { ["sudo", "-E", "then", "do", "exec", "nohup", "-"].contains($0) })
  }

  /// Whether it starts a service now or at the next start, with systemd or by its own program.
  func starts(_ service: String) -> Bool {
    commands.contains { words in
      if words.first == "caddy", service == "caddy" {
        return words.dropFirst().first == "run" || words.dropFirst().first == "start"
      }
      return Self.asks(words, for: service, ["start", "restart", "enable"])
    }
  }

  /// Whether it takes a service away.
  func stops(_ service: String) -> Bool {
    commands.contains { Self.asks($0, for: service, ["stop", "disable", "mask"]) }
  }

  private static func asks(_ words: [Substring], for service: String, _ verbs: [Substring]) -> Bool
  {
    let own = [Substring(service), Substring(service + ".service")]
    switch words.first?.split(separator: "/").last {
    case "systemctl":
      return words.contains(where: verbs.contains) && words.contains(where: own.contains)
    case "service":
      return words.count > 2 && own.contains(words[1]) && verbs.contains(words[2])
    case "chkconfig":
      return words.count > 2 && own.contains(words[1]) && words[2] == "on"
        && verbs.contains("enable")
    default: return false
    }
  }

  /// `docker run … -p 80:8080`.
  var runsContainerOnPort80: Bool {
    commands.contains { words in
      guard words.first == "docker", words.dropFirst().first == "run" else { return false }
      return zip(words, words.dropFirst()).contains { option, value in
        (option == "-p" || option == "--publish") && Self.isPort80(value)
      } || words.contains { $0.hasPrefix("--publish=") && Self.isPort80($0.dropFirst(10)) }
    }
  }

  private static func isPort80(_ value: Substring) -> Bool {
    value.hasPrefix("80:") || value.hasPrefix("0.0.0.0:80:")
  }

  /// `docker compose up`, of the bundle's own file as far as one can see.
  var runsCompose: Bool {
    commands.contains { words in
      let isCompose =
        words.first == "docker-compose"
        || words.first == "docker" && words.dropFirst().first == "compose"
      return isCompose && words.contains("up") && !words.contains("-f")
    }
  }
}

extension ExtensionsFile {
  /// What it runs on an instance: `commands` and `container_commands`, and the contents of files.
  var commands: [YAMLNode] {
    let sections = ["commands", "container_commands"].compactMap { root?[$0]?.mapping }
    let commands = sections.flatMap(\.self).compactMap { $0.value["command"] }
    return commands.filter { $0.string != nil }
  }
}
