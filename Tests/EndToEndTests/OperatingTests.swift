import Foundation
import TestSupport
import Testing

@Suite("git eb: looking and operating") struct OperatingTests {
  // MARK: - Looking

  @Test func `list, status, events, versions and health show what runs`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("list"),
      """
      ! 'shop' has no environments
      ! hint: git eb push
      """)
    expect(
      try shop.eb("status"),
      """
      ! error: there is no environment 'production'
      ! hint: git eb list
      [2]
      """)
    try #require(try shop.eb("push").status == 0)
    try #require(try shop.eb("push", "-e", "dev").status == 0)
    expect(
      try shop.eb("list"),
      """
      dev         Green  <id> Open the shop (<age>)  -           just now by C O Mitter  \
      http://127.0.0.1:<port>/
      production  Green  <id> Open the shop (<age>)  up to date  just now by C O Mitter  \
      http://127.0.0.1:<port>/
      """)
    expect(
      try shop.eb("status"),
      """
      environment:  production
      branch:       master (up to date)
      host:         local <base>/state/git-eb/shop
      status:       Ready
      health:       Green
      version:      master-<id>-<digest8>
      commit:       <id> Open the shop (<age>)
      source:       commit
      secrets:      .secrets/key
      deployed:     <time> (just now) by C O Mitter
      url:          http://127.0.0.1:<port>/
      updated:      <time> (just now)
      """)
    expect(
      try shop.eb("events"),
      """
      <time>  INFO   createEnvironment is starting.
      <time>  INFO   New application version was deployed.
      <time>  INFO   Successfully launched environment: production.
      """)
    expect(
      try shop.eb("events", "-n", "1", "-e", "dev"),
      "<time>  INFO   Successfully launched environment: dev.")
    expect(
      try shop.eb("versions"),
      "master-<id>-<digest8>  <id>  <size>  just now  dev, production")
    expect(try shop.eb("health"), "Green")
    expect(try shop.eb("logs"), "the shop opens: welcome")
    #expect(try shop.eb("open", "--print").output.hasPrefix("http://127.0.0.1:"))
    expect(
      try shop.eb("status", "-e", "nothing"),
      """
      ! error: there is no environment 'nothing'
      ! hint: git eb list
      [2]
      """)
    for command in ["events", "logs", "health", "open", "printenv", "restart", "terminate --yes"] {
      let words = command.split(separator: " ").map(String.init)
      let screen = try shop.command(["git", "eb"] + words + ["-e", "nothing"])
      #expect(screen.status == 2, "\(command): \(screen)")
      #expect(screen.error.hasPrefix("error: there is no environment 'nothing'\n"), "\(command)")
    }
  }

  @Test func `Every command answers in JSON`() throws {
    let shop = try Workplace.shop()
    func eb(_ words: String...) throws -> Screen {
      let screen = try shop.command(["git", "eb"] + words + ["--json"])
      #expect(screen.status == 0, "\(words): \(screen)")
      return screen
    }
    #expect(try eb("version").json([String: String].self).keys.sorted() == ["version"])
    #expect(try eb("which").json([MappingAnswer].self).map(\.environment) == ["production"])
    #expect(try !eb("config").json([SettingAnswer].self).isEmpty)
    #expect(try eb("list").json([EnvironmentAnswer].self).isEmpty)
    #expect(try eb("versions").json([PublishedAnswer].self).isEmpty)
    #expect(try eb("push", "--dry-run").json(PlanAnswer.self).creates)
    let push = try eb("push").json(PushAnswer.self)
    #expect(push.published)
    #expect(push.result.outcome == "deployed")
    #expect(push.version.secrets == [".secrets/key"])
    #expect(push.seconds > 0)
    let status = try eb("status").json(EnvironmentAnswer.self)
    #expect(status.version?.label == push.version.label)
    #expect(status.url == push.url)
    #expect(status.tags["git-eb:branch"] == "master")
    #expect(abs(status.updated.timeIntervalSinceNow) < 600)
    #expect(try eb("list").json([EnvironmentAnswer].self).map(\.name) == ["production"])
    #expect(try eb("health").json(HealthAnswer.self).health == "Green")
    let events = try eb("events").json([EventAnswer].self)
    #expect(events.last?.message == "Successfully launched environment: production.")
    #expect(events.last?.versionLabel == push.version.label)
    let versions = try eb("versions").json([PublishedAnswer].self)
    #expect(versions.map(\.environments) == [["production"]])
    #expect(try eb("logs").json([LogAnswer].self).map(\.lines) == [["the shop opens: welcome"]])
    #expect(try eb("open").json([String: String].self) == ["url": push.url ?? ""])
    #expect(try eb("setenv", "MODE=x").json(OutcomeAnswer.self).outcome == "deployed")
    #expect(try eb("printenv").json([String: String?].self) == ["MODE": nil])
    #expect(try eb("printenv", "--values").json([String: String?].self) == ["MODE": "x"])
    #expect(try eb("printenv", "MODE").json([String: String].self) == ["MODE": "x"])
    #expect(try eb("restart").json(OutcomeAnswer.self).outcome == "deployed")
    #expect(try eb("archive", "--list").json(ListAnswer.self).entries.count == 7)
    let file = "\(shop.base)/x.zip"
    #expect(try eb("archive", "-o", file).json(SummaryAnswer.self).entries == 7)
    #expect(
      try eb("terminate", "--yes").json([String: String].self) == ["terminated": "production"])
    #expect(
      try eb("init", "--force").json([String: String].self)
        == ["path": "\(shop.path)/.git-eb.yml"])
  }

  @Test func `An ephemeral environment carries its branch`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--create", "issue91")
    try #require(try shop.eb("push").status == 0)
    let tags = try shop.eb("status", "--json").json(EnvironmentAnswer.self).tags
    #expect(tags["git-eb:branch"] == "issue91")
    #expect(tags["git-eb:ephemeral"] == "true")
  }

  @Test func `Health is the exit status, and a restart heals`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    expect(try shop.eb("health"), "Green")
    for process in shop.processes {
      let arguments = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      if String(decoding: arguments, as: UTF8.self).contains("app.py") { kill(process, SIGKILL) }
    }
    #expect(try eventually { try shop.eb("health").status == 1 })
    expect(
      try shop.eb("health"),
      """
      Red
        process 'web' is not running
      [1]
      """)
    #expect(try shop.eb("health", "--json").json(HealthAnswer.self).health == "Red")
    #expect(try shop.eb("status").status == 0)
    expect(
      try shop.eb("restart"),
      """
      ! <time>  INFO   restartAppServer is starting.
      ! <time>  INFO   restartAppServer completed successfully.
      """)
    expect(try shop.eb("health"), "Green")
    #expect(try shop.page("production") == page)
  }

  @Test func `A push of what runs already starts again what does not run`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    for process in shop.processes { kill(process, SIGKILL) }
    #expect(try eventually { try shop.eb("health").status == 1 })
    let screen = try shop.eb("push")
    #expect(screen.status == 0, "\(screen)")
    #expect(!screen.output.contains("up to date"))
    #expect(try shop.page("production") == page)
  }

  // MARK: - Following

  @Test func `events -f shows what happens until it is interrupted`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let follow = try shop.start("git", "eb", "events", "-f")
    #expect(eventually { follow.output.contains("Successfully launched environment") })
    try #require(try shop.eb("restart").status == 0)
    #expect(eventually { follow.output.contains("restartAppServer completed successfully.") })
    #expect(follow.isRunning)
    follow.interrupt()
    let screen = try #require(follow.wait(seconds: 20))
    expect(
      screen,
      """
      <time>  INFO   createEnvironment is starting.
      <time>  INFO   New application version was deployed.
      <time>  INFO   Successfully launched environment: production.
      <time>  INFO   restartAppServer is starting.
      <time>  INFO   restartAppServer completed successfully.
      [130]
      """)
  }

  @Test func `events -f ends when the environment does`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let follow = try shop.start("git", "eb", "events", "-f")
    #expect(eventually { follow.output.contains("Successfully launched environment") })
    try #require(try shop.eb("terminate", "--yes").status == 0)
    let screen = try #require(follow.wait(seconds: 20))
    #expect(screen.status == 0, "\(screen)")
  }

  @Test func `logs -f shows new lines until it is interrupted`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let follow = try shop.start("git", "eb", "logs", "-f", "web.log")
    #expect(eventually { follow.output.contains("the shop opens: welcome\n") })
    try shop.repository.write("greeting.txt", "again\n")
    try shop.repository.commit("Again")
    try #require(try shop.eb("push").status == 0)
    #expect(eventually { follow.output.contains("the shop opens: again\n") })
    follow.interrupt()
    let screen = try #require(follow.wait(seconds: 20))
    #expect(screen.status == 130)
    #expect(screen.error == "")
    #expect(
      try shop.eb("logs", "web.log", "-n", "1").output == "the shop opens: again\n")
    let unknown = try shop.eb("logs", "nothing.log")
    #expect(unknown.status == 2)
    #expect(unknown.error.hasPrefix("error: there is no log 'nothing.log'\nhint: known: "))
  }

  @Test func `logs --all saves every log, whole and for its owner alone`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    // Larger than what is compressed at a time, and than what the end of a log shows.
    let large = String(repeating: "0123456789abcde\n", count: 150_000)
    let directory = "\(shop.environmentDirectory("production"))/logs"
    try Data(large.utf8).write(to: URL(filePath: "\(directory)/large.log"))
    try Data().write(to: URL(filePath: "\(directory)/empty.log"))
    let file = "\(shop.base)/logs.zip"
    expect(
      try shop.eb("logs", "--all", "-o", file),
      """
      <base>/logs.zip
      ! saved 3 logs
      """)
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    #expect(try shop.command(["unzip", "-t", "-qq", file]).status == 0)
    #expect(
      try shop.command(["unzip", "-Z1", file]).output == "empty.log\nlarge.log\nweb.log\n")
    #expect(
      try shop.command(["unzip", "-p", file, "web.log"]).output == "the shop opens: welcome\n")
    #expect(try shop.command(["unzip", "-p", file, "large.log"]).output == large)
    let one = try shop.eb("logs", "web.log", "--all", "--json").json(LogArchiveAnswer.self)
    #expect(one.files.map(\.name) == ["web.log"])
    #expect(one.path.wholeMatch(of: /production-logs-\d{8}-\d{6}\.zip/) != nil)
    #expect(FileManager.default.fileExists(atPath: "\(shop.path)/\(one.path)"))
    #expect(try shop.eb("logs", "--all", "--follow").status == 64)
    #expect(try shop.eb("logs", "-o", file).status == 64)
    #expect(try shop.eb("logs", "--tail", "-n", "1", "web.log").output.hasPrefix("the shop"))
  }

  @Test func `events are picked by how grave they are`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try shop.repository.write("broken", "broken\n")
    try shop.repository.commit("Break it")
    try #require(try shop.eb("push").status == 1)
    let all = try shop.eb("events", "--json").json([EventAnswer].self)
    let grave = try shop.eb("events", "--severity", "warn", "--json").json([EventAnswer].self)
    #expect(!grave.isEmpty)
    #expect(grave.map(\.message) == all.filter { $0.severity != "INFO" }.map(\.message))
    #expect(
      try shop.eb("events", "--severity", "ERROR", "-n", "1", "--json").json([EventAnswer].self)
        .count == 1)
    #expect(try shop.eb("events", "--severity", "loud").status == 64)
  }

  @Test func `health -f shows what changes until it is interrupted`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let follow = try shop.start("git", "eb", "health", "-f")
    #expect(eventually { follow.output.contains("Green\n") })
    for process in shop.processes {
      let arguments = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      if String(decoding: arguments, as: UTF8.self).contains("app.py") { kill(process, SIGKILL) }
    }
    #expect(eventually { follow.output.contains("Red\n  process 'web' is not running\n") })
    follow.interrupt()
    let screen = try #require(follow.wait(seconds: 20))
    #expect(screen.status == 130, "\(screen)")
    #expect(screen.output.components(separatedBy: "Green\n").count == 2, "\(screen)")
  }

  // MARK: - Variables

  @Test func `Variables reach the processes, and their values are hidden`() throws {
    let shop = try Workplace.shop()
    let commit = try shop.repository.git("rev-parse", "HEAD")
    try #require(try shop.eb("push").status == 0)
    expect(
      try shop.eb("setenv", "MODE=a, b = \"c\"", "TOKEN=hidden-token"),
      """
      ! <time>  INFO   Environment update is starting.
      ! <time>  INFO   Environment update completed successfully.
      """)
    #expect(try shop.page("production") == Shop.page(commit, mode: "a, b = \"c\""))
    expect(
      try shop.eb("printenv"),
      """
      MODE=…
      TOKEN=…
      """)
    expect(
      try shop.eb("printenv", "--values"),
      """
      MODE=a, b = "c"
      TOKEN=hidden-token
      """)
    expect(try shop.eb("printenv", "TOKEN"), "hidden-token")
    expect(
      try shop.eb("printenv", "TOKEN", "OTHER"),
      """
      hidden-token
      ! error: 'production' has no variable 'OTHER'
      [1]
      """)
    // They stay with the next push, and go when they are set to nothing.
    try shop.repository.write("greeting.txt", "next\n")
    try shop.repository.commit("Next")
    try #require(try shop.eb("push").status == 0)
    #expect(try shop.page("production").contains("mode: a, b = \"c\"\n"))
    try #require(try shop.eb("setenv", "MODE=").status == 0)
    #expect(try shop.page("production").contains("mode: none\n"))
    expect(try shop.eb("printenv"), "TOKEN=…")
    for command in ["events", "logs", "status", "list"] {
      let screen = try shop.eb(command)
      #expect(!(screen.output + screen.error).contains("hidden-token"), "\(command)")
    }
  }

  @Test func `What sets no variable is refused`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    expect(
      try shop.eb("setenv", "MODE"),
      """
      ! error: 'MODE' sets no variable
      ! hint: git eb setenv NAME=value
      [64]
      """)
    let secret = try shop.eb("setenv", "DB-PASS=hunter2")
    #expect(secret.status == 64)
    #expect(!secret.description.contains("hunter2"))
    #expect(try shop.eb("setenv", "2X=1").status == 64)
    #expect(try shop.eb("setenv", "=1").status == 64)
    #expect(try shop.eb("setenv").status == 64)
  }

  // MARK: - The end

  @Test func `An environment is terminated when that is confirmed, and nothing of it goes on`()
    throws
  {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let address = try shop.eb("open", "--print").output
    expect(
      try shop.eb("terminate"),
      """
      ! error: not confirmed
      ! hint: --yes goes ahead without asking
      [2]
      """)
    let mistyped = try shop.terminal("terminate", typing: "prod\n")
    #expect(mistyped.status == 2, "\(mistyped)")
    #expect(mistyped.output.contains("type the environment's name to confirm: "))
    #expect(try shop.eb("health").status == 0)
    let typed = try shop.terminal("terminate", typing: "production\n")
    #expect(typed.status == 0, "\(typed)")
    #expect(shop.files(below: "\(shop.host)/environments").filter { !$0.hasPrefix(".") } == [])
    #expect(eventually { shop.processes.isEmpty })
    #expect(
      try Workplace.page(at: address.trimmingCharacters(in: .newlines)).hasPrefix("no answer"))
    #expect(shop.published.count == 1)
    #expect(try shop.eb("terminate", "--yes").status == 2)
    #expect(try shop.eb("push").status == 0)
  }

  @Test func `A protected environment is not terminated`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {production: {protected: true}}\n")
    try #require(try shop.eb("push").status == 0)
    expect(
      try shop.eb("terminate", "--yes"),
      """
      ! error: environment 'production' is protected
      ! hint: take 'protected' out of .git-eb.yml first
      [2]
      """)
    #expect(try shop.eb("health").status == 0)
  }

  // MARK: - The program itself

  @Test func `The program says its version, its help, and what it does not understand`() throws {
    let shop = try Workplace.shop()
    #expect(try shop.eb("version").output.wholeMatch(of: /git-eb version \d+\.\d+\.\d+\n/) != nil)
    #expect(try shop.command(["git-eb", "--version"]).status == 0)
    let help = try shop.eb("-h")
    #expect(help.status == 0)
    #expect(help.error == "")
    #expect(help.output.contains("git eb push"))
    for command in ["push", "archive", "which", "config", "init", "status", "terminate"] {
      let help = try shop.eb(command, "-h")
      #expect(help.status == 0)
      #expect(help.output.contains("USAGE: git eb \(command)"), "\(help)")
    }
    let unknown = try shop.eb("frobnicate")
    #expect(unknown.status == 64)
    #expect(unknown.output == "")
    #expect(
      unknown.error.hasPrefix("error: 'frobnicate' is not a command of git eb\n"), "\(unknown)")
    let close = try shop.eb("pusj")
    #expect(close.status == 64)
  }

  @Test func `Outside of a repository it says so`() throws {
    let shop = try Workplace.shop()
    for command in ["push", "which", "config", "status", "list", "init", "archive --list"] {
      let words = command.split(separator: " ").map(String.init)
      let screen = try shop.command(["git", "eb"] + words, in: shop.base)
      #expect(screen.status == 2, "\(command): \(screen)")
      #expect(screen.error.hasPrefix("error: not a git repository"), "\(command): \(screen)")
    }
    #expect(try shop.eb("version", in: shop.base).status == 0)
    #expect(try shop.eb("-h", in: shop.base).status == 0)
  }

  @Test func `A reader that goes away is a quiet end`() throws {
    let shop = try Workplace.shop()
    expect(try shop.command(["bash", "-c", "git eb config --origin | true"]), "")
    expect(try shop.command(["bash", "-c", "git eb push -h | head -1 >/dev/null"]), "")
  }
}
