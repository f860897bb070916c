import Testing

@testable import Deployment

@Suite("Checks: hostile files") struct CheckHostileFilesTests {
  private let files: [(path: String, text: String)] = [
    (
      ".ebextensions/a.config",
      """
      option_settings:
        - {namespace: "aws:elasticbeanstalk:container:python", option_name: WSGIPath, value: a/b.py}
        - {option_name: PYTHONPATH, value: "/var/app/current/src:$PYTHONPATH"}
      container_commands:
        a: {command: "cd /opt/python/current && collectstatic", leader_only: true}
      packages: {yum: {mysql: []}}
      Resources: {Db: {Type: "AWS::RDS::DBInstance"}}
      """
    ),
    (".ebextensions/b.config", #"{"option_settings": {"aws:x": {"a": ["\u00e9", -1.5e3]}}}"#),
    ("requirements.txt", "-r b.txt\n-e ../x\na[b] ~ 1 ; os_name == 'nt'\nc @ file:///C:/x\n# é\n"),
    ("cron.yaml", "version: 1\ncron:\n  - {name: a, url: /a, schedule: '*/5 0-3,7 1 JAN MON'}\n"),
    ("package.json", #"{"engines": {"node": ">=18.1 <21 || 22.x - 23"}, "scripts": {"a": "b"}}"#),
  ]

  @Test(arguments: ["Python 3.13", "Node.js 20"])
  func `whatever the bytes of a file are, it is looked through to the end`(platform: String) {
    for seed in 1...150 {
      var generator = SeededGenerator(seed: UInt64(seed))
      var sample = CheckSample(on: "\(platform) running on 64bit Amazon Linux 2023", [:])
      sample.surroundings.isWorker = true
      sample.files = files.map { ($0.path, SampleFile(mutated($0.text, with: &generator))) }
      // What is found does not matter; that it is, every time the same, does.
      #expect(sample.findings == sample.findings, "seed \(seed)")
    }
  }

  private func mutated(_ text: String, with generator: inout SeededGenerator) -> [UInt8] {
    var bytes = Array(text.utf8)
    let pieces = Array("\0\t\n\r\"'\\:;,-[]{}#&*!|>%@`~^=<. ".utf8) + [0x80, 0xc3, 0xef, 0xff]
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let place = Int.random(in: 0..<max(bytes.count, 1), using: &generator)
      let piece = pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes.insert(piece, at: min(place, bytes.count))
      case 1 where !bytes.isEmpty: bytes[place] = piece
      case 2 where !bytes.isEmpty: bytes.remove(at: place)
      default: bytes.removeLast(min(bytes.count, Int.random(in: 0...3, using: &generator)))
      }
    }
    return bytes
  }
}
