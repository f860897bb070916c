import Testing

@testable import Deployment

/// Which of many lines is the cause.
@Suite("Explaining: the first cause") struct ExplainTests {
  private func explain(_ logs: (String, String)...) -> Explanation {
    Explainer().explain(logs.map { LogText($0.0, Array($0.1.utf8)) })
  }

  private func cause(_ logs: (String, String)...) -> String? {
    Explainer().explain(logs.map { LogText($0.0, Array($0.1.utf8)) }).cause?.testLine
  }

  // MARK: - Causes and echoes

  @Test func `A cause comes before what follows from it and before every echo`() {
    let log = """
      2024/05/01 10:00:01.000001 [ERROR] Instance deployment failed. For details, see 'eb-engine.log'.
      2024/05/01 10:00:02.000001 [error] connect() failed (111: Connection refused) while connecting to upstream
      2024/05/01 10:00:03.000001 [INFO] web: Traceback (most recent call last):
      2024/05/01 10:00:04.000001 [ERROR] ModuleNotFoundError: No module named 'flask'
      2024/05/01 10:00:05.000001 [ERROR] No space left on device
      2024/05/01 10:00:06.000001 [ERROR] Failed to deploy application.
      """
    let found = explain(("eb-engine.log", log))
    #expect(found.cause?.testLine == "ES220 eb-engine.log:4")
    #expect(
      found.others.map(\.testLine) == ["ES225 eb-engine.log:5", "EB126 eb-engine.log:2"])
  }

  @Test func `An echo alone is no cause, and its line is shown`() {
    let found = explain(("eb-engine.log", "one\ntwo\nthree\nFailed to deploy application.\nfive"))
    #expect(found.cause == nil)
    #expect(
      found.excerpts.map { $0.lines.map { ($0.isTelling ? ":" : "-") + $0.text } } == [
        ["-two", "-three", ":Failed to deploy application.", "-five"]
      ])
  }

  @Test func `A notice counts only where there is nothing else`() {
    let notice = "You didn't specify a Node.js version in the 'package.json' file"
    #expect(cause(("x.log", notice)) == "EB141 x.log:1")
    #expect(cause(("x.log", "\(notice)\nEACCES: permission denied")) == "ES206 x.log:2")
  }

  @Test func `What is said of a symptom in one line is that which asks for more`() {
    #expect(
      cause(("x.log", "bind() to 0.0.0.0:80 failed (98: Address already in use)"))
        == "EB127 x.log:1")
    #expect(
      cause(
        (
          "x.log",
          "Command .platform/hooks/a failed with error fork/exec .platform/hooks/a: permission denied"
        ))
        == "EB104 x.log:1")
  }

  // MARK: - Deployments

  private func run(_ clock: String, _ command: String, _ lines: String...) -> String {
    ([
      "2024/05/01 \(clock):00.000000 [INFO] Starting...",
      "2024/05/01 \(clock):00.000000 [INFO] Starting EBPlatform-PlatformEngine",
      "2024/05/01 \(clock):01.000000 [INFO] Engine command: (\(command))",
    ] + lines.map { "2024/05/01 \(clock):02.000000 \($0)" }).joined(separator: "\n") + "\n"
  }

  @Test func `Only the last deployment in a log counts, and no asking for logs after it`() {
    let full = "[ERROR] No space left on device"
    let module = "[ERROR] Error: Cannot find module 'express'"
    let logs = run("12:00", "bundle-log", "[INFO] Executing instruction: BundleLogs")
    let log =
      run("09:00", "app-deploy", full) + run("10:00", "app-deploy", module) + logs
      + run("13:00", "tail-log", "[INFO] Executing instruction: TailLogs")
    #expect(cause(("eb-engine.log", log)) == "ES220 eb-engine.log:8")
    // The last deployment went well, and what failed before is over.
    let mended = log + run("14:00", "app-deploy", "[INFO] Executing instruction: StageApplication")
    #expect(explain(("eb-engine.log", mended + logs)).isEmpty)
  }

  @Test func `Without the engine's word for a command, one that does something is a deployment`() {
    let log = """
      2024/05/01 10:00:00.000000 [INFO] Starting...
      2024/05/01 10:00:01.000000 [ERROR] No space left on device
      2024/05/01 11:00:00.000000 [INFO] Starting...
      2024/05/01 11:00:01.000000 [INFO] Executing instruction: StageApplication
      2024/05/01 11:00:02.000000 [ERROR] EACCES: permission denied
      2024/05/01 12:00:00.000000 [INFO] Starting...
      2024/05/01 12:00:01.000000 [INFO] nothing to do
      """
    #expect(cause(("eb-engine.log", log)) == "ES206 eb-engine.log:5")
  }

  @Test func `Other logs count since the deployment began that the engine tells of`() {
    let engine = run("10:00", "app-deploy", "[ERROR] Failed to deploy application.")
    let proxy = """
      2024/04/30 10:00:00 [emerg] 1#1: unknown directive "x" in /etc/nginx/nginx.conf:3
      2024/05/01 10:00:30 [error] 1#1: *1 connect() failed (111: Connection refused) while connecting to upstream
      """
    let web = """
      May  1 09:59:00 ip-10-0-0-1 web[9]: MemoryError
      May  1 10:00:20 ip-10-0-0-1 web[9]: PermissionError: [Errno 13] Permission denied: '/x'
      """
    let found = explain(
      ("i-1/var/log/eb-engine.log", engine), ("i-1/var/log/nginx/error.log", proxy),
      ("i-1/var/log/web.stdout.log", web))
    #expect(found.cause?.testLine == "ES206 i-1/var/log/web.stdout.log:2")
    #expect(found.others.map(\.testLine) == ["EB126 i-1/var/log/nginx/error.log:2"])
    #expect(
      !found.excerpts.contains { $0.lines.contains { $0.isTelling && $0.text.contains("emerg") } })
    // Another instance's deployment is another one.
    let other = explain(
      ("i-1/var/log/eb-engine.log", engine), ("i-2/var/log/nginx/error.log", proxy))
    #expect(other.cause?.testLine == "ES264 i-2/var/log/nginx/error.log:1")
  }

  @Test func `The earliest of all logs comes first, by their times in their own forms`() {
    let found = explain(
      ("eb-ecs-mgr.log", "2024-05-01T12:00:05+02:00 CannotPullContainerError: x"),
      ("cfn-init.log", "2024-05-01 10:00:04,500 [ERROR] Command 01_x (x) failed"),
      ("nginx/error.log", "2024/05/01 10:00:03 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: x)"),
      ("eb-activity.log", "[2024-05-01T10:00:02.900Z] INFO - No space left on device"),
      ("web.stdout.log", "May  1 10:00:06 ip web: MemoryError"))
    #expect(
      ([found.cause] + found.others).compactMap { $0?.symptom.id }
        == ["ES225", "EB127", "ES210", "ES250", "ES224"])
  }

  @Test func `Where no line has a time, what stands long before the last cause is over`() {
    let old =
      "ModuleNotFoundError: No module named 'old'\n" + String(repeating: "well\n", count: 200)
    let new = "OSError: [Errno 98] Address already in use\n"
    #expect(cause(("web.log", old + new)) == "ES223 web.log:202")
    #expect(cause(("web.log", "MemoryError\n" + new)) == "ES224 web.log:1")
  }

  @Test func `eb-activity.log and cfn-init.log are read from the last command on`() {
    let activity = """
      [2016-05-01T10:00:00.1Z] INFO  [1]  - [Application update v1@1] : Starting activity...
      [2016-05-01T10:00:01.1Z] INFO  [1]  - [Application update v1@1/AppDeployStage0] : No space left on device
      [2016-05-01T11:00:00.1Z] INFO  [1]  - [Application update v2@2] : Starting activity...
      [2016-05-01T11:00:01.1Z] INFO  [1]  - [Application update v2@2/AppDeployStage0] : Starting activity...
      [2016-05-01T11:00:02.1Z] INFO  [1]  - [Application update v2@2/AppDeployStage0] : Your requirements.txt is invalid. Snapshot your logs for details.
      [2016-05-01T11:01:00.1Z] INFO  [1]  - [CMD-TailLogs] : Starting activity...
      """
    #expect(cause(("eb-activity.log", activity)) == "EB111 eb-activity.log:5")
    let cfn = """
      2024-05-01 09:00:00,1 [INFO] -----------------------Starting build-----------------------
      2024-05-01 09:00:01,1 [ERROR] Command 01_old (x) failed
      2024-05-01 10:00:00,1 [INFO] -----------------------Starting build-----------------------
      2024-05-01 10:00:01,1 [ERROR] Could not successfully install yum packages
      """
    #expect(cause(("cfn-init.log", cfn)) == "ES211 cfn-init.log:4")
  }

  @Test func `What others wrote into a log of requests is not looked at`() {
    #expect(explain(("nginx/access.log", "GET /?x=No space left on device error failed")).isEmpty)
  }

  // MARK: - Lines in context

  @Test func `Two lines before and after are shown, together where they meet, the same once`() {
    let lines = (1...40).map { number in
      switch number {
      case 10: "12:00:01 it failed"
      case 13: "an Error: 7"
      case 30: "12:00:09 it failed"
      default: "line \(number)"
      }
    }
    let found = explain(("x.log", lines.joined(separator: "\n")))
    #expect(found.excerpts.map { $0.lines.compactMap(\.number) } == [Array(8...15)])
    #expect(found.excerpts[0].lines.filter(\.isTelling).compactMap(\.number) == [10, 13])
  }

  @Test func `What is shown is bounded, and the cause is in it`() {
    let many = (1...5000).map {
      "error of kind \(String($0, radix: 2).map { $0 == "0" ? "a" : "b" })"
    }
    let log = ["EACCES: permission denied, open 'x'"] + Array(repeating: "x", count: 50) + many
    let found = explain(("a.log", "it failed"), ("x.log", log.joined(separator: "\n")))
    #expect(found.excerpts.reduce(0) { $0 + $1.lines.count } <= 60)
    #expect(found.excerpts.first?.log == "x.log")
    #expect(found.excerpts.first?.lines.first?.number == 1)
    let long = explain(("x.log", "error: " + String(repeating: "x", count: 100_000) + "\u{1b}[2J"))
    #expect(long.excerpts[0].lines[0].text.count < 500)
    #expect(
      !explain(("x.log", "error: \u{1b}[2Jx\r\n")).excerpts[0].lines[0].text.contains("\u{1b}"))
  }

  @Test(arguments: ["--on-failure=x", "see error.log", "GET /errors", "0 errors", "error_page 404"])
  func `A name that holds such a word tells nothing`(line: String) {
    #expect(explain(("x.log", "it " + line)).isEmpty)
  }

  // MARK: - Times

  @Test(arguments: [
    ("2024/05/01 10:00:00.5 [ERROR] x", 1_714_557_600.5),
    ("2024/05/01 10:00:00 [error]", 1_714_557_600),
    ("[2024-05-01T10:00:00.250Z] INFO", 1_714_557_600.25),
    ("2024-05-01 10:00:00,750 [INFO]", 1_714_557_600.75),
    ("2024-05-01T12:30:00+02:30 x", 1_714_557_600), ("2024-05-01T09:00:00-0100 x", 1_714_557_600),
    ("May  1 10:00:00 ip web: x", 1_714_557_600), ("May 01 10:00:00 x", 1_714_557_600),
    ("2000-02-29T00:00:00Z", 951_782_400),
  ])
  func `A time at the beginning of a line is read`(line: String, seconds: Double) {
    #expect(LogTime.read(Array(line.utf8)[...], year: 2024) == seconds)
  }

  @Test(arguments: [
    "", "[", "2024", "2024/05/01", "May", "Mayor 1", "at 2024/05/01 10:00:00",
    "2024-05-01T99:00:00",
  ])
  func `What is no time is none`(line: String) {
    #expect(LogTime.read(Array(line.utf8)[...], year: 2024) == nil)
  }
}
