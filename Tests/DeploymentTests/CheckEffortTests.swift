import Testing

@testable import Deployment

/// Bundles come from branches that anybody may have written. Each of these took minutes, or ended in
/// a crash.
@Suite("Checks: effort", .timeLimit(.minutes(1))) struct CheckEffortTests {
  /// A bundle whose files are all read, on a platform.
  private func bundle(on platform: String, _ files: [(path: String, text: String)]) -> CheckedBundle
  {
    var surroundings = CheckSurroundings()
    surroundings.platform = PlatformGuess("\(platform) running on 64bit Amazon Linux 2023")
    let parts = files.map { path, text -> (entry: CheckedBundle.Entry, examined: Examined?) in
      let entry = CheckedBundle.Entry(
        path: Array(path.utf8), mode: 0o100644, size: Int64(text.utf8.count), traits: [],
        isSecret: false)
      return (entry, text.isEmpty ? nil : Examined(traits: [], contents: Array(text.utf8)))
    }
    return CheckedBundle(
      parts.sorted { $0.entry.bytes.lexicographicallyPrecedes($1.entry.bytes) },
      surroundings: surroundings)
  }

  private func repeated(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map { line($0) + "\n" }.joined()
  }

  // MARK: - Python

  @Test func `Requirements that take each other in ten thousand times are looked through`() {
    let count = 10_000
    var files = (0..<count).map { ("requirements\($0).txt", "-r requirements\($0 + 1).txt\n") }
    files.append(("requirements.txt", "-r requirements0.txt\n"))
    files.append(("requirements\(count).txt", "pywin32\n"))
    let found = PythonRules.requirements.look(bundle(on: "Python 3.13", files))
    #expect(found.map(\.path) == ["requirements\(count).txt"])
  }

  @Test(arguments: [true, false])
  func `Each path of requirements.txt is not compared with each file`(isSorted: Bool) {
    let count = 13_000
    var files = (0..<count).map { ("lib/\($0)/a.py", "") }
    // In an archive, files are in any order; a path that is there twice makes it none.
    if !isSorted { files.append(("lib/0/a.py", "")) }
    let lines = repeated(count) { "./lib/\($0)" } + "./zz\n./lib/1/\n./li\n"
    files.append(("requirements.txt", lines))
    let found = PythonRules.requirements.look(bundle(on: "Python 3.13", files))
    #expect(found.map(\.line) == [count + 1, count + 3])
  }

  @Test func `Each cache of Python is not compared with each virtual environment`() {
    let files = (0..<20_000).flatMap {
      [("venv\($0)/pyvenv.cfg", ""), ("venv\($0)/lib/__pycache__/a.pyc", "")]
    }
    let all = files + [("venv/__pycache__/a.pyc", "")]
    let found = PythonRules.virtualEnvironment.look(bundle(on: "Python 3.13", all))
    #expect(found.count == 20_001)
    #expect(found.last?.path == "venv/__pycache__/a.pyc")
  }

  // MARK: - Docker

  @Test(arguments: ["ARG", "ENV"])
  func `Variables that double each other have no value`(instruction: String) {
    let lines = repeated(60) { "\(instruction) A\($0 + 1)=$A\($0)$A\($0)" }
    let docker = Dockerfile(
      "ARG A0=80\n\(lines)FROM $A60\nARG A0=80\n\(lines)EXPOSE $A16\nEXPOSE $A0\n")
    #expect(docker.ports.open.map(\.numbers) == [80...80])
    #expect(docker.ports.empty.map(\.text) == ["$A16"])
    #expect(docker.base(of: docker.stages[0]).isEmpty)
  }

  @Test func `Lines that open thousands of ports each are not read to the end`() {
    let ports = String(repeating: "80 ", count: 10_000)
    let lines = repeated(5000) { _ in "EXPOSE $A" }
    let docker = Dockerfile("FROM a\nENV A=\"\(ports)\"\n\(lines)")
    #expect(docker.ports.open.count == 1000)
  }

  @Test func `Each port of Compose is not compared with each other one`() {
    let ports = (1...20_000).map { "'\($0):1'" }.joined(separator: ", ")
    let text = "services:\n  a: {image: a, ports: [\(ports)]}\n  b: {image: b, ports: ['80:2']}\n"
    let sample = bundle(on: "Docker", [("docker-compose.yml", text)])
    #expect(sample.compose?.services.first?.ports.count == 20_000)
    #expect(ContainerRules.samePort.look(sample).isEmpty)
  }

  // MARK: - Proxies

  @Test func `Not every host of nginx is compared with every container's name`() {
    let services = repeated(3000) { "  service\($0): {image: a}" }
    let hosts = repeated(3000) { "proxy_pass http://servize\($0);" }
    let found = ProxyRules.unknownHost.look(
      bundle(
        on: "Docker", [("docker-compose.yml", "services:\n\(services)"), ("nginx/a.conf", hosts)]))
    #expect(found.count == 3000)
    #expect(found.first?.detail == "'servize0' is no container's name; did you mean 'service0'?")
    #expect(found.last?.detail.contains("which are 'service0', 'service1',") == true)
  }

  @Test func `The lines of a script are not gone through for each call that listens`() {
    let lines = "var y = 3000\n" + repeated(10_000) { _ in "a.listen(y)" }
    let sample = bundle(on: "Node.js 22", [("Procfile", "web: node a.js"), ("a.js", lines)])
    #expect(PortRules.mismatch.look(sample).isEmpty)
  }

  // MARK: - Lines

  @Test func `A word that a long line repeats is found in one pass`() {
    let text = "# cargo build cargo build\n \t" + String(repeating: "cargo build ", count: 20_000)
    let sample = bundle(on: "Docker", [("Dockerfile", text + "\ncargo build")])
    #expect(
      Mention.all(of: ["cargo build"], in: ["Dockerfile"], of: sample) == [
        Mention(word: "cargo build", path: "Dockerfile", line: 2, column: 3)
      ])
  }

  @Test func `The names of a Procfile are not compared with each other`() {
    let procfile = Procfile(reading: repeated(60_000) { "p\($0): a" } + "p7: b\n")
    #expect(procfile.processes.count == 60_000)
    #expect(procfile.problems == [.init(line: 60_001, reason: "'p7' is there already")])
  }
}
