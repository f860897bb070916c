import Testing

@testable import Deployment

@Suite("Local host: Procfile") struct LocalProcfileTests {
  @Test func `Processes are read in the order of the file, without comments and blank lines`()
    throws
  {
    let procfile = try Procfile(
      "# how it runs\n\nworker: ./work --queue a:b\r\n  \nweb:gunicorn app\n"
        + "clock-1_a:\t exec tick \n"
    )
    #expect(
      procfile.processes == [
        .init(name: "worker", command: "./work --queue a:b", line: 3),
        .init(name: "web", command: "gunicorn app", line: 5),
        .init(name: "clock-1_a", command: "exec tick", line: 6),
      ])
    #expect(procfile.hasWeb)
  }

  @Test(arguments: ["", "\n\n", "# nothing\n"])
  func `A file without processes is an empty one`(text: String) throws {
    #expect(try Procfile(text).processes.isEmpty)
  }

  @Test(arguments: [
    ("web: a\nnot a process\n", 2), ("web:\n", 1), ("\n\n: command", 3), ("we b: a", 1),
    ("../web: a", 1), ("web: a\nweb: b", 2), (" web: a", 1), ("web: a\0b", 1),
  ])
  func `A line that is no process is told with its number`(text: String, line: Int) {
    let problem = #expect(throws: Procfile.Problem.self) { try Procfile(text) }
    #expect(problem?.line == line)
  }
}
