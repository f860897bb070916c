extension Dockerfile {
  /// What an `EXPOSE` opens.
  package struct Port: Sendable, Equatable {
    package let numbers: ClosedRange<Int>
    /// In lower case: `tcp`, `udp` or `sctp`.
    package let transport: String
    package let line: Int
  }

  /// What the instructions of an image open.
  package struct Ports: Sendable, Equatable {
    package var open: [Port] = []
    /// Words that are no port, as they are written.
    package var unreadable: [(text: String, line: Int)] = []
    /// Words that come to nothing, because their variables have no value here.
    package var empty: [(text: String, line: Int)] = []

    package static func == (left: Ports, right: Ports) -> Bool {
      left.open == right.open && left.unreadable.elementsEqual(right.unreadable, by: ==)
        && left.empty.elementsEqual(right.empty, by: ==)
    }
  }

  /// What the image that is run opens; its base may open more.
  package var ports: Ports { ports(of: stages.count - 1) }

  /// What the image of a stage opens, with what it has from the stages that it is `FROM`.
  package func ports(of index: Int) -> Ports {
    var ports = Ports()
    let globals = self.globals
    var environment: [String: String] = [:]
    for stage in lineage(of: index) {
      // `ARG`s end with their stage, what `ENV` sets goes on; and an `ENV` wins over an `ARG`.
      var variables = environment
      for instruction in stage.instructions {
        switch instruction.name {
        case "ARG":
          for (name, value) in Self.pairs(instruction, escape: escape)
          where environment[name] == nil {
            variables[name] = value.map { expand($0, with: variables).text } ?? globals[name]
          }
        case "ENV":
          for (name, value) in Self.pairs(instruction, escape: escape) {
            environment[name] = expand(value ?? "", with: variables).text
            variables[name] = environment[name]
          }
        case "EXPOSE": ports.add(instruction, expand(instruction.text, with: variables))
        default: break
        }
      }
    }
    return ports
  }
}

extension Dockerfile.Ports {
  fileprivate mutating func add(
    _ instruction: Dockerfile.Instruction, _ expanded: (text: String, missing: [String])
  ) {
    let words = expanded.text.split(whereSeparator: \.isWhitespace).map(String.init)
    if words.isEmpty, !expanded.missing.isEmpty {
      empty.append((instruction.text, instruction.line))
    }
    for word in words {
      if let port = Self.port(word, line: instruction.line) {
        open.append(port)
      } else if expanded.missing.isEmpty {
        unreadable.append((word, instruction.line))
      } else {
        empty.append((instruction.text, instruction.line))
      }
    }
  }

  /// Reads `80`, `80/udp`, `8000-8010/tcp`; of `80:8080`, which Docker takes with a warning, the
  /// latter.
  private static func port(_ word: String, line: Int) -> Dockerfile.Port? {
    let parts = word.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let own = parts[0].split(separator: ":").last,
      let numbers = PortNumbers.range(own)
    else { return nil }
    let transport = parts.count == 2 ? parts[1].lowercased() : "tcp"
    guard ["tcp", "udp", "sctp"].contains(transport) else { return nil }
    return Dockerfile.Port(numbers: numbers, transport: transport, line: line)
  }
}

/// Numbers of ports, as Docker's files write them.
enum PortNumbers {
  static let all = 1...65_535

  /// `80` or `8000-8010`.
  static func range(_ text: some StringProtocol) -> ClosedRange<Int>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { number($0) }
    switch ends.count {
    case 1: return ends[0].map { $0...$0 }
    case 2:
      guard let first = ends[0], let last = ends[1], first <= last else { return nil }
      return first...last
    default: return nil
    }
  }

  static func number(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.count <= 5, text.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(text), all.contains(number)
    else { return nil }
    return number
  }
}
