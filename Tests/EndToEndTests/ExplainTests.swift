import Foundation
import TestSupport
import Testing

@Suite("git eb explain") struct ExplainTests {
  struct ExplanationAnswer: Decodable {
    struct Sighting: Decodable {
      var id: String
      var log: String
      var line: Int?
      var text: String
      var meaning: String
      var remedy: String
    }

    var environment: String?
    var cause: Sighting?
    var others: [Sighting]
    var omitted: [String]
  }

  private func commit(_ program: String, in shop: Workplace) throws {
    try shop.repository.write("app.py", program)
    try shop.repository.commit("Change the shop")
  }

  @Test
  func `A push that fails of a missing module ends with what to do, and explain says it again`()
    throws
  {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("explain"),
      """
      ! error: there is no environment 'production'
      ! hint: git eb list
      [2]
      """)
    try #require(try shop.eb("push").status == 0)
    expect(try shop.eb("explain"), "! nothing tells of a failure in 1 log")
    try commit("import no_such_module\n", in: shop)
    let mend = """
      name it in requirements.txt, Pipfile or package.json (not among devDependencies), and see \
      that the file itself is in git
      """
    let push = try shop.eb("push", "-q")
    expect(
      push,
      """
      ! error: deployment failed on 'production'
      !   process 'web' exited with status 1
      !   Traceback (most recent call last):
      !     File "<base>/state/git-eb/shop/environments/production/releases/2/app.py", line 1, in <module>
      !       import no_such_module
      ! ModuleNotFoundError: No module named 'no_such_module'
      ! note: 'production' runs master-<id>-<digest8>
      ! hint: \(mend) (ES220)
      ! hint: git eb logs -e production
      [1]
      """.replacing("! ModuleNotFound", with: "!   ModuleNotFound"))
    let explained = try shop.eb("explain")
    #expect(explained.status == 0)
    let lines = explained.output.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(3) == [
        "web.log:5: ModuleNotFoundError: No module named 'no_such_module'",
        "  means:  a module that the application imports is not installed (ES220)",
        "  mend:   \(mend)",
      ], "\(explained)")
    #expect(lines.contains("==> web.log <=="))
    #expect(lines.contains("5: ModuleNotFoundError: No module named 'no_such_module'"))
    #expect(explained.error == "hint: git eb logs -e production\n")
    let answer = try shop.eb("explain", "--json").json(ExplanationAnswer.self)
    #expect(answer.environment == "production")
    #expect(answer.cause?.id == "ES220")
    #expect(answer.cause?.log == "web.log")
    #expect(answer.cause?.line == 5)
    // Once it is mended there is nothing to explain, whatever the logs hold.
    try shop.repository.git("revert", "--no-edit", "HEAD")
    try #require(try shop.eb("push").status == 0)
    expect(try shop.eb("explain"), "! nothing tells of a failure in 1 log")
  }

  @Test func `A push that fails of a port in use ends with what to do`() throws {
    let shop = try Workplace.shop()
    try commit(
      """
      import socket

      taken = socket.create_server(("127.0.0.1", 0))
      socket.create_server(taken.getsockname())

      """, in: shop)
    let push = try shop.eb("push", "-q")
    #expect(push.status == 1, "\(push)")
    let hint =
      "listen on the port in the variable PORT, and start one server only (ES223)"
    #expect(push.error.contains("\nhint: \(hint)\nhint: git eb logs -e production\n"), "\(push)")
    let answer = try shop.eb("explain", "--json").json(ExplanationAnswer.self)
    #expect(answer.cause?.id == "ES223")
    #expect(answer.cause?.text.contains("Address already in use") == true)
  }

  @Test func `What is not recognised gets no advice, nor that of the failure before`() throws {
    let shop = try Workplace.shop()
    try commit("import no_such_module\n", in: shop)
    try #require(try shop.eb("push", "-q").status == 1)
    try shop.repository.git("revert", "--no-edit", "HEAD")
    try shop.repository.write("broken", "closed\n")
    try shop.repository.commit("Close the shop")
    expect(
      try shop.eb("push", "-q"),
      """
      ! error: deployment failed on 'production'
      !   process 'web' exited with status 3
      !   the shop is closed
      ! note: 'production' runs nothing
      ! hint: git eb logs -e production
      [1]
      """)
    let answer = try shop.eb("explain", "--json").json(ExplanationAnswer.self)
    #expect(answer.cause?.id == "ES230")
    #expect(answer.cause?.log == "events")
  }

  @Test func `Downloaded logs are explained without a repository`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try commit("import no_such_module\n", in: shop)
    try #require(try shop.eb("push").status == 1)
    let bundle = "\(shop.base)/logs.zip"
    try #require(try shop.eb("logs", "--all", "-o", bundle).status == 0)
    let outside = "\(shop.base)/outside"
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
    func explain(_ words: String...) throws -> Screen {
      try shop.command(["git-eb", "explain"] + words, in: outside)
    }
    let found = try explain("--logs", bundle, "--json").json(ExplanationAnswer.self)
    #expect(found.environment == nil)
    #expect(found.cause?.id == "ES220")
    #expect(found.cause?.log == "web.log")
    let text = try explain("--logs", "logs.zip", "-C", "..")
    #expect(text.output.hasPrefix("web.log:5: ModuleNotFoundError: "), "\(text)")
    #expect(text.error.isEmpty, "\(text)")
    let directory = try explain("--logs", shop.environmentDirectory("production") + "/logs")
    #expect(directory.output.contains("(ES220)\n"), "\(directory)")
    expect(
      try explain("--logs", "nothing"),
      """
      ! error: cannot open 'nothing': No such file or directory
      [2]
      """)
    let misuse = try explain("--logs", bundle, "-e", "dev")
    #expect(misuse.status == 64)
    #expect(misuse.error.hasPrefix("error: '--logs' cannot be used with '--environment'\n"))
    try "all is well\n".write(toFile: "\(outside)/well.log", atomically: true, encoding: .utf8)
    expect(try explain("--logs", "well.log"), "! nothing tells of a failure in 1 log")
  }
}
