import Testing

@testable import Deployment

@Suite("Checks: the Dockerfile") struct CheckDockerfileTests {
  private func opened(_ text: String) -> [String] {
    Dockerfile(text).ports.open.map { port in
      let numbers = port.numbers
      let ends =
        numbers.count == 1 ? [numbers.lowerBound] : [numbers.lowerBound, numbers.upperBound]
      return ends.map(String.init).joined(separator: "-") + "/\(port.transport):\(port.line)"
    }
  }

  @Test func `Directives are read at the top, and nowhere else`() {
    let file = Dockerfile("# syntax=docker/dockerfile:1\n# Escape = `\nFROM a\nRUN dir `\n  c:\\\n")
    #expect(file.directives == ["syntax": "docker/dockerfile:1", "escape": "`"])
    #expect(file.final?.instructions.map(\.text) == ["dir   c:\\"])
    let late = Dockerfile("# a comment\n# escape=`\nFROM a\nRUN b \\\n c\n")
    #expect(late.directives.isEmpty)
    #expect(late.final?.instructions.map(\.text) == ["b  c"])
  }

  @Test func `Lines go on over comments and empty lines`() {
    let file = Dockerfile("FROM a\nRUN one && \\\n  # why\n\n   two \\  \r\n && three\nexpose 80\n")
    let instructions = file.final?.instructions ?? []
    #expect(instructions.map(\.name) == ["RUN", "EXPOSE"])
    #expect(instructions.map(\.line) == [2, 7])
    #expect(instructions.first?.text == "one &&    two  && three")
    #expect(Dockerfile("FROM a\nRUN a\\\\\nEXPOSE 1\n").ports.open.count == 1)
  }

  @Test func `Heredocs are text, and no instructions`() {
    let file = Dockerfile(
      """
      FROM a
      RUN <<EOF cat && <<-'END' sh
      EXPOSE 1
      EOF
      \tEXPOSE 2
      \tEND
      COPY <<"a.txt" /a
      $x
      a.txt
      EXPOSE 3
      """)
    #expect(opened("FROM a\nRUN <<EOF\nEXPOSE 1\nEOF\nEXPOSE 2\n") == ["2/tcp:5"])
    #expect(file.ports.open.map(\.line) == [10])
    #expect(
      file.final?.instructions.flatMap(\.heredocs) == [
        .init(name: "EOF", text: "EXPOSE 1\n", isExpanded: true),
        .init(name: "END", text: "EXPOSE 2\n", isExpanded: false),
        .init(name: "a.txt", text: "$x\n", isExpanded: false),
      ])
  }

  @Test(arguments: [
    "RUN echo \"a <<EOF\"", "RUN cat <<<EOF", "RUN echo $((1 << 2))", "RUN [\"cat\", \"<<EOF\"]",
    "RUN cat <<EOF", "CMD cat <<EOF",
  ])
  func `What is no heredoc, or has no end, hides nothing`(line: String) {
    #expect(opened("FROM a\n\(line)\nEXPOSE 80\n") == ["80/tcp:3"])
  }

  @Test func `Both forms of a command are told apart`() {
    let file = Dockerfile(
      "FROM a\nENTRYPOINT [ \"run\", \"it\" ]\nCMD ['no']\nCMD [\"a\",]\nHEALTHCHECK --interval=5s CMD x"
    )
    #expect(file.last("ENTRYPOINT")?.words == ["run", "it"])
    #expect(file.last("CMD")?.words == nil)
    #expect(file.last("CMD")?.line == 4)
    #expect(file.last("HEALTHCHECK")?.flags == ["--interval=5s"])
  }

  @Test func `Stages inherit what they are FROM`() {
    let file = Dockerfile(
      """
      ARG BASE=run
      ARG TAG=3
      FROM --platform=linux/amd64 node:${TAG} AS Build
      EXPOSE 1
      FROM scratch as run
      ENV PORT=80
      EXPOSE $PORT
      CMD ["one"]
      FROM $BASE
      COPY --from=build /a /a
      EXPOSE $PORT/udp
      """)
    #expect(file.stages.map(\.name) == ["build", "run", nil])
    #expect(file.base(of: file.stages[0]) == "node:3")
    #expect(file.stages[0].line == 3)
    #expect(file.ports.open.map(\.transport) == ["tcp", "udp"])
    #expect(file.ports.open.map(\.numbers) == [80...80, 80...80])
    #expect(file.last("CMD")?.words == ["one"])
    #expect(file.copied.map(\.source) == ["build"])
    #expect(file.problems.isEmpty)
  }

  @Test(arguments: [
    ("ARG P=80\nFROM a\nARG P\nEXPOSE $P", ["80/tcp:4"]),
    ("ARG P=80\nFROM a\nEXPOSE $P", []),
    ("FROM a\nARG P=1\nENV P=2\nARG P=3\nEXPOSE ${P}", ["2/tcp:5"]),
    ("FROM a\nENV A=1 B=\"2\"\nEXPOSE $A$B 443/TCP", ["12/tcp:3", "443/tcp:3"]),
    ("FROM a\nENV P 8080\nEXPOSE ${P:-80} ${Q:-${P}} ${Q:+1}", ["8080/tcp:3", "8080/tcp:3"]),
    ("FROM a\nEXPOSE 8000-8010/tcp 127:81", ["8000-8010/tcp:2", "81/tcp:2"]),
    ("FROM a\nEXPOSE '80' \\\n  \"81\"", ["80/tcp:2", "81/tcp:2"]),
    ("FROM a\nONBUILD EXPOSE 80", []),
    ("FROM a\nEXPOSE 0 65536 10-1 80/http 8o", []),
  ])
  func `Ports are read through variables and ranges`(text: String, ports: [String]) {
    #expect(opened(text) == ports)
  }

  @Test func `What is no instruction is told with its line`() {
    let file = Dockerfile("RUN a\nFROM\nFROM a b\n\nEXPOS 80\nENV\nRUN <<E\n")
    #expect(
      Set(file.problems.map { "\($0.line) \($0.reason)" }) == [
        "1 'RUN' stands before 'FROM'", "2 'FROM' has no argument", "2 'FROM' names no image",
        "3 'FROM' names no image", "5 'EXPOS' is no instruction", "6 'ENV' has no argument",
        "7 the text up to 'E' does not end",
      ])
    #expect(Dockerfile("").final == nil)
    #expect(Dockerfile("\u{feff}FROM a").final?.base == "a")
  }

  private static let sample = """
    # syntax=docker/dockerfile:1
    # escape=`
    ARG TAG=3
    FROM --platform=x node:${TAG:-1} AS build
    ENV A=1 B="two words" C='$A'
    RUN <<EOF cat && `
      # why
      true
    text
    EOF
    FROM build
    ARG P
    COPY --from=build ["a", "b"]
    EXPOSE ${P:-80}/tcp 8000-8010 $A
    CMD ["run"]
    """

  @Test(arguments: 0..<8)
  func `No damage to files makes their readers crash`(seed: UInt64) {
    var damage = Damage(seed: seed)
    for _ in 0..<500 {
      let docker = Dockerfile(damage.of(Self.sample))
      _ = (docker.ports, docker.copied.count, docker.last("CMD"))
      let lines = docker.stages.flatMap(\.instructions).map(\.line)
      #expect(lines == lines.sorted())
      let nginx = NginxConfiguration(damage.of(CheckNginxTests.sample))
      _ = (nginx.targets, nginx.includes, nginx.swallowed.count)
      let run = Dockerrun(damage.of(CheckContainerTests.dockerrun))
      _ = run.containers.count
      _ = ComposeFile("c", damage.of(CheckContainerTests.compose)).services.count
    }
  }
}

/// Damages texts, the same way for the same seed.
struct Damage {
  /// SplitMix64.
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

  private var generator: Generator

  init(seed: UInt64) { generator = Generator(state: seed) }

  private static let pieces = [
    "\\", "`", "\n", "\r\n", "\t", "<<", "<<-A", "${", "}", "$", "\"", "'", "[", "]", "{", ";", "#",
    ":", "-", "/", ",", "0", "99999999999999999999", "FROM ", "EXPOSE ", "é", "\u{0}", "\u{301}",
  ].map { Array($0.utf8) }

  mutating func of(_ text: String) -> [UInt8] {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      let length = min(Int.random(in: 0...20, using: &generator), bytes.count - place)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes.removeSubrange(place..<(place + length))
      case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      case 2: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
      case 3 where place > 0: bytes.removeSubrange(place...)
      default:
        bytes.insert(contentsOf: Self.pieces.randomElement(using: &generator) ?? [], at: place)
      }
    }
    return bytes
  }
}
