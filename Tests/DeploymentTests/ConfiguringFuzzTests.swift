import Testing

@testable import Deployment

@Suite("Configuring: mutated files") struct ConfiguringFuzzTests {
  /// SplitMix64: the same sequence on every machine.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var value = state
      value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
      return value ^ (value >> 31)
    }
  }

  private static let pieces = [
    ":", "- ", "[", "]", "{", "}", "*a", "&a ", "<<: *a", "!!str ", "\n", "  ", "\t", "'", "\"",
    "#", "|\n", "---\n", "...\n", "~", "null", "é", "\u{0}", "? ", "{branch}", "../",
    "environments", "secrets", "branches", "1", "-1s", "\\", "%", "@",
  ].map { Array($0.utf8) }

  private func mutate(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      let length = min(Int.random(in: 0...12, using: &generator), bytes.count - place)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes.removeSubrange(place..<(place + length))
      case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      case 2: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
      case 3: bytes.removeSubrange(place...)
      default:
        bytes.insert(contentsOf: Self.pieces.randomElement(using: &generator) ?? [], at: place)
      }
      if bytes.isEmpty { break }
    }
    return bytes
  }

  @Test(arguments: 0..<8)
  func `A damaged file is loaded or refused with a place inside it, never a crash`(seed: UInt64) {
    var generator = Generator(state: seed)
    let original = Array(ConfiguringLoaderTests.full.utf8)
    var refused = 0
    for _ in 0..<250 {
      let bytes = mutate(original, &generator)
      let file = ConfigurationSources.File(name: "x", bytes: bytes)
      do {
        let configuration = try ConfigurationLoader.load(
          ConfigurationSources(gitEB: file, ebCLI: [file]))
        _ = configuration.allSettings
      } catch {
        refused += 1
        #expect(!error.problems.isEmpty)
        let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 2
        for problem in error.problems {
          guard case .file("x", let line) = problem.origin, let column = problem.column else {
            Issue.record("a problem without a place: \(problem)")
            continue
          }
          // NEL, LS and PS end lines too, but a mutation hardly makes them.
          #expect((1...lines + 4).contains(line) && column >= 1, "\(problem)")
        }
      }
    }
    #expect(refused > 0)
  }
}
