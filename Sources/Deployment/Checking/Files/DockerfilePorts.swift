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

    /// Whether there are more than anybody writes: each line may name thousands of them.
    fileprivate var isFull: Bool { open.count + unreadable.count + empty.count >= 1000 }

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
            // One that is too long has no value.
            variables[name] = value.map { expand($0, with: variables)?.text } ?? globals[name]
          }
        case "ENV":
          for (name, value) in Self.pairs(instruction, escape: escape) {
            environment[name] = expand(value ?? "", with: variables)?.text
            variables[name] = environment[name]
          }
        case "EXPOSE" where !ports.isFull:
          ports.add(
            instruction,
            DockerfileWords.split(instruction.text, escape: escape).map {
              ($0, expand($0, with: variables))
            })
        default: break
        }
      }
    }
    return ports
  }
}

extension Dockerfile.Ports {
  fileprivate mutating func add(
    _ instruction: Dockerfile.Instruction,
    _ words: [(written: String, expanded: (text: String, missing: [String])?)]
  ) {
    var (isNothing, lacksValue) = (true, false)
    for (written, expanded) in words where !isFull {
      // Of one that is too long, nothing is known.
      let parts = (expanded?.text ?? "").split(whereSeparator: \.isWhitespace)
      let isKnown = expanded?.missing.isEmpty == true
      if !parts.isEmpty { isNothing = false }
      if parts.isEmpty, !isKnown { lacksValue = true }
      for part in parts where !isFull {
        if let port = Self.port(String(part), line: instruction.line) {
          open.append(port)
          continue
        }
        // What a variable holds is nobody's to show: it may be a password.
        if isKnown {
          unreadable.append((written, instruction.line))
        } else {
          empty.append((instruction.text, instruction.line))
        }
        break
      }
    }
    if isNothing, lacksValue { empty.append((instruction.text, instruction.line)) }
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
