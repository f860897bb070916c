import Foundation
import TestSupport
import Testing

@Suite("git eb config, which and init") struct ConfigurationTests {
  // MARK: - Precedence

  @Test
  func `The command line wins over variables, git, .git-eb.yml and the EB CLI, in this order`()
    throws
  {
    let shop = try Workplace(environment: ["GIT_EB_REGION": "variable-1"])
    let repository = shop.repository
    func region(_ before: [String] = [], with variables: [String: String] = [:]) throws
      -> SettingAnswer?
    {
      let screen = try shop.command(
        ["git"] + before + ["eb", "config", "--json"], with: variables)
      #expect(screen.status == 0, "\(screen)")
      return try screen.json([SettingAnswer].self).first { $0.name == "region" }
    }
    let unset = ["GIT_EB_REGION": ""]

    #expect(try region(with: unset) == nil)
    try repository.write(
      ".elasticbeanstalk/config.yml", "global:\n  application_name: a\n  default_region: ebcli-1\n")
    #expect(
      try region(with: unset)
        == .init(
          name: "region", value: "ebcli-1", origin: "line 3 of .elasticbeanstalk/config.yml"))
    try repository.write(".git-eb.yml", "application: shop\nhost: local\nregion: file-1\n")
    #expect(
      try region(with: unset)
        == .init(name: "region", value: "file-1", origin: "line 3 of .git-eb.yml"))
    try repository.git("config", "--global", "eb.region", "global-1")
    #expect(try region(with: unset)?.value == "global-1")
    try repository.git("config", "eb.region", "local-1")
    #expect(try region(with: unset)?.value == "local-1")
    #expect(try region(with: unset)?.origin.hasPrefix("git config eb.region (") == true)
    #expect(try region(["-c", "eb.region=option-1"], with: unset)?.value == "option-1")
    #expect(
      try region(["-c", "eb.region=option-1"])
        == .init(name: "region", value: "variable-1", origin: "GIT_EB_REGION"))
  }

  @Test func `git -c eb.host chooses the host of one command`() throws {
    let shop = try Workplace.shop(configuration: "application: shop\n")
    #expect(try shop.eb("push").status == 2)
    let screen = try shop.command(["git", "-c", "eb.host=local", "eb", "push", "-q", "--no-wait"])
    #expect(screen.status == 0, "\(screen)")
    #expect(try shop.eb("list", with: ["GIT_EB_HOST": "local"]).output.hasPrefix("production "))
    let beaten = try shop.command(
      ["git", "-c", "eb.host=local", "eb", "list"], with: ["GIT_EB_HOST": "command"])
    #expect(beaten.status == 2)
    #expect(beaten.error.contains("host 'command' (set by GIT_EB_HOST)"))
  }

  @Test func `An environment is named by the option, then by the variable, then by the branch`()
    throws
  {
    let shop = try Workplace.shop()
    let variable = ["GIT_EB_ENVIRONMENT": "dev"]
    expect(try shop.eb("which"), "production  (branches.master, .git-eb.yml:4)")
    expect(try shop.eb("which", with: variable), "dev  (GIT_EB_ENVIRONMENT)")
    expect(try shop.eb("which", "-e", "issue91", with: variable), "issue91  (--environment)")
    try shop.repository.git("config", "branch.master.ebEnvironment", "mine")
    let screen = try shop.eb("which")
    #expect(screen.output.hasPrefix("mine  (git config branch.master.ebenvironment"), "\(screen)")
  }

  @Test func `In a bare repository the commit's own configuration is read`() throws {
    let shop = try Workplace.shop(
      configuration: "application: shop\nhost: local\nbranches: {master: production}\n")
    let bare = "\(shop.base)/bare.git"
    try shop.repository.git("clone", "--quiet", "--bare", shop.path, bare)
    let screen = try shop.eb("which", in: bare)
    expect(screen, "production  (branches.master, <id>:.git-eb.yml:3)")
    #expect(try shop.eb("push", "-q", "--dry-run", in: bare).status == 0)
  }

  // MARK: - Mistakes

  @Test func `An unknown key is told with its line and the nearest one`() throws {
    let shop = try Workplace.shop(
      configuration: "application: shop\nhost: local\nbranchs:\n  master: production\n")
    for command in [["push"], ["config"], ["which"], ["list"], ["archive", "-o", "x.zip"]] {
      expect(
        try shop.command(["git", "eb"] + command),
        """
        ! error: .git-eb.yml:3:1: unknown key 'branchs'
        ! hint: did you mean 'branches'?
        [2]
        """)
    }
  }

  @Test func `Every mistake of the file is told at once`() throws {
    let shop = try Workplace.shop(
      configuration: """
        application: shop
        host: lokal
        push:
          timout: 3m
        application: other
        secrets: .secrets/

        """)
    let screen = try shop.eb("config")
    #expect(screen.status == 2)
    for part in [
      ".git-eb.yml:2:7: 'lokal' for 'host': ",
      ".git-eb.yml:4:3: unknown key 'push.timout'",
      ".git-eb.yml:5:1: 'application' is set twice, first on line 1",
      ".git-eb.yml:6:10: 'secrets' must be ",
      "did you mean 'push.timeout'?",
    ] {
      #expect(screen.error.contains(part), "\(part): \(screen)")
    }
  }

  @Test func `A key that git's configuration does not know is told`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("config", "eb.hots", "local")
    let screen = try shop.eb("config")
    #expect(screen.status == 2)
    #expect(screen.error.contains("unknown key 'eb.hots'"), "\(screen)")
    #expect(screen.error.contains("hint: did you mean 'eb.host'?"), "\(screen)")
  }

  @Test func `A file that is not YAML is told with its place`() throws {
    let shop = try Workplace.shop(configuration: "application: [shop\nhost: local\n")
    let screen = try shop.eb("which")
    #expect(screen.status == 2)
    #expect(screen.error.hasPrefix("error: .git-eb.yml:2:"), "\(screen)")
  }

  @Test func `What is in force is shown with where it comes from`() throws {
    let shop = try Workplace.shop()
    let screen = try shop.eb("config")
    for line in [
      "application=shop", "host=local", "branches.master=production", "push.timeout=1m",
      "bundle.submodules=true",
    ] {
      #expect(screen.output.split(separator: "\n").contains(Substring(line)), "\(line): \(screen)")
    }
    let origins = try shop.eb("config", "--origin").output.split(separator: "\n")
    #expect(
      origins.contains { $0.hasPrefix("line 1 of .git-eb.yml") && $0.hasSuffix("application=shop") }
    )
    #expect(origins.contains { $0.hasPrefix("default ") && $0.hasSuffix("bundle.submodules=true") })
    try shop.repository.write(
      ".git-eb.yml",
      Shop.configuration + "environments: {production: {variables: {PASSWORD: hunter2}}}\n")
    #expect(!(try shop.eb("config").output.contains("hunter2")))
  }

  // MARK: - which

  @Test func `which --all says it for every branch`() throws {
    let shop = try Workplace.shop()
    for branch in ["dev", "issue91", "issue/92", "other"] {
      try shop.repository.git("branch", branch)
    }
    let screen = try shop.eb("which", "--all")
    #expect(screen.status == 0)
    let lines = screen.output.split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
    #expect(lines.map { $0[0] } == ["dev", "issue/92", "issue91", "master", "other"])
    #expect(lines[0][1] == "dev")
    #expect(lines[2][1] == "issue91")
    #expect(lines[3][1] == "production")
    #expect(lines[4][1] == "-")
    let all = try shop.eb("which", "--all", "--json").json([MappingAnswer].self)
    #expect(all.map(\.branch) == lines.map { $0[0] })
    #expect(all.map(\.ephemeral) == [false, all[1].environment != nil, true, false, false])
    #expect(try shop.eb("which", "issue91").output.hasPrefix("issue91 "))
    let unmapped = try shop.eb("which", "other")
    #expect(unmapped.status == 2)
  }

  @Test func `Two branches never share an environment`() throws {
    let place = try Workplace()
    try place.repository.write(".git-eb.yml", "application: shop\nhost: local\n")
    try place.repository.commit()
    let branches = [
      "feature/login", "feature-login", "feature_login", "Feature-Login", "x", "production",
      "feature/" + String(repeating: "long", count: 30), "ünïcode", "shop-x",
    ]
    for branch in branches { try place.repository.git("branch", branch) }
    let all = try place.eb("which", "--all", "--json").json([MappingAnswer].self)
    #expect(all.count == branches.count + 1)
    let names = all.compactMap(\.environment)
    // `production` is mapped to what is its name for `master` as well, and by itself.
    #expect(Set(names).count == names.count, "\(names)")
    for name in names {
      #expect(name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9-]{2,38}[A-Za-z0-9]/) != nil, "\(name)")
    }
  }

  // MARK: - init

  @Test func `init goes on from what the EB CLI knows`() throws {
    let place = try Workplace()
    try place.repository.write(
      ".elasticbeanstalk/config.yml",
      """
      branch-defaults:
        develop: {environment: legacy-dev}
        master: {environment: legacy-prod}
      global: {application_name: legacy, default_region: eu-west-1, profile: eb}
      """)
    let screen = try place.eb("init", "--host", "local")
    #expect(screen.status == 0)
    #expect(screen.error.contains("note: branches taken from the EB CLI's configuration\n"))
    let settings = try place.eb("config", "--json").json([SettingAnswer].self)
    let values = Dictionary(settings.map { ($0.name, $0.value) }) { first, _ in first }
    #expect(values["application"] == "legacy")
    #expect(values["profile"] == "eb")
    #expect(values["branches.master"] == "legacy-prod")
    #expect(values["branches.develop"] == "legacy-dev")
  }

  @Test func `After init every branch has an environment, also one with a slash`() throws {
    let place = try Workplace()
    try #require(try place.eb("init", "--host", "local").status == 0)
    for branch in ["master", "issue91", "feature/login/form"] {
      let screen = try place.eb("which", branch)
      #expect(screen.status == 0, "\(screen)")
    }
  }

  @Test func `which with an environment needs no branch`() throws {
    let place = try Workplace()
    try place.repository.write("a.txt", "a\n")
    try place.repository.commit()
    try place.repository.git("switch", "--quiet", "--detach")
    #expect(try place.eb("which", "-e", "staging").output.hasPrefix("staging  "))
    #expect(try place.eb("which").status == 2)
  }

  @Test func `init writes a file that says what was asked for, and nothing over an older one`()
    throws
  {
    let place = try Workplace()
    let first = try place.eb(
      "init", "--host", "local", "--application", "till", "--secret", ".secrets/", "--map",
      "master=production", "--map", "issue*={branch}")
    expect(
      first,
      """
      wrote .git-eb.yml
      ! hint: git add .git-eb.yml; git commit; git eb push
      """)
    let written = FileManager.default.contents(atPath: "\(place.path)/.git-eb.yml")
    expect(try place.eb("which"), "production  (branches.master, .git-eb.yml:16)")
    let settings = try place.eb("config", "--json").json([SettingAnswer].self)
    let values = Dictionary(settings.map { ($0.name, $0.value) }) { first, _ in first }
    #expect(values["application"] == "till")
    #expect(values["host"] == "local")
    #expect(values["branches.issue*"] == "{branch}")
    expect(
      try place.eb("init", "--application", "other"),
      """
      ! error: '.git-eb.yml' exists already
      ! hint: --force writes it anew
      [2]
      """)
    #expect(FileManager.default.contents(atPath: "\(place.path)/.git-eb.yml") == written)
    let forced = try place.eb("init", "--force", "--host", "local", "--application", "other")
    #expect(forced.status == 0)
    #expect(try place.eb("config").output.contains("application=other\n"))
    #expect(
      place.files(below: place.path).filter { !$0.hasPrefix(".git/") } == [".git", ".git-eb.yml"])
  }

  @Test func `init goes without questions where nobody can answer`() throws {
    let place = try Workplace()
    #expect(try place.eb("init", input: "till\nlocal\n").status == 0)
    let screen = try place.eb("config")
    #expect(screen.output.contains("application=repository\n"), "\(screen)")
    #expect(screen.output.contains("host=beanstalk\n"))
  }

  @Test func `init asks on a terminal, and takes what is between brackets for nothing`() throws {
    let place = try Workplace()
    let screen = try place.terminal("init", typing: "till\nlocal\n")
    #expect(screen.status == 0, "\(screen)")
    #expect(screen.output.contains("application [repository]: "))
    #expect(screen.output.contains("host (beanstalk, local or command) [beanstalk]: "))
    #expect(try place.eb("config").output.contains("application=till\n"))
    #expect(try place.eb("config").output.contains("host=local\n"))
    let again = try place.terminal("init", "--force", typing: "\n\n\n")
    #expect(again.status == 0, "\(again)")
    #expect(try place.eb("config").output.contains("host=beanstalk\n"))
  }

  @Test func `init refuses what it could not read again`() throws {
    let place = try Workplace()
    for arguments in [
      ["--host", "lokal"], ["--application", "a/b"], ["--map", "master"],
      ["--map", "master=not a name"],
    ] {
      let screen = try place.command(["git", "eb", "init"] + arguments)
      #expect(screen.status == 2, "\(arguments): \(screen)")
      #expect(!FileManager.default.fileExists(atPath: "\(place.path)/.git-eb.yml"))
    }
    try place.repository.git("init", "--quiet", "--bare", "\(place.base)/bare.git")
    #expect(try place.eb("init", in: "\(place.base)/bare.git").status == 2)
  }

  // MARK: - EB CLI

  @Test func `What eb init wrote is understood, and is never written`() throws {
    let place = try Workplace()
    try place.repository.write(
      ".elasticbeanstalk/config.yml",
      """
      branch-defaults:
        master:
          environment: shop-live
      global:
        application_name: shop
        default_region: ap-northeast-2
      """)
    try place.repository.write("index.html", "hello\n")
    try place.repository.commit()
    let before = try place.repository.snapshot(of: ".elasticbeanstalk")
    expect(try place.eb("which"), "shop-live  (branch-defaults, .elasticbeanstalk/config.yml:3)")
    let push = try place.eb("push", "-q", with: ["GIT_EB_HOST": "local"])
    #expect(push.status == 0, "\(push)")
    #expect(try place.eb("list", with: ["GIT_EB_HOST": "local"]).output.hasPrefix("shop-live "))
    #expect(try place.repository.snapshot(of: ".elasticbeanstalk") == before)
  }

  private static let ebCLI = """
    branch-defaults:
      master:
        environment: shop-live
      next:
        environment: shop-next
    global:
      application_name: shop
      default_ec2_keyname: ann
      default_region: ap-northeast-2
      sc: git
    """

  @Test func `A project of the EB CLI is pushed as it is, and the same after import`() throws {
    let place = try Workplace()
    try place.repository.write(".elasticbeanstalk/config.yml", Self.ebCLI)
    try place.repository.write("index.html", "hello\n")
    try place.repository.commit()
    for branch in ["next", "other"] { try place.repository.git("branch", branch) }
    try place.repository.git("config", "eb.host", "local")
    let before = try place.repository.snapshot(of: ".elasticbeanstalk")
    let mapped = try place.eb("which", "--all", "--json").json([MappingAnswer].self)
    #expect(mapped.map(\.environment) == ["shop-live", "shop-next", nil])
    let push = try place.eb("push", "-q")
    #expect(push.status == 0, "\(push)")
    expect(
      try place.eb("import"),
      """
      wrote .git-eb.yml
      ! note: .elasticbeanstalk/config.yml:8: 'global.default_ec2_keyname' has no counterpart in \
      .git-eb.yml
      ! hint: git add .git-eb.yml; git commit; git eb push
      """)
    #expect(try place.repository.snapshot(of: ".elasticbeanstalk") == before)
    let after = try place.eb("which", "--all", "--json").json([MappingAnswer].self)
    #expect(after.map(\.environment) == mapped.map(\.environment))
    #expect(after.first?.reason.hasPrefix("branches.master, .git-eb.yml:") == true)
    let again = try place.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
    #expect(again.environment == "shop-live")
    #expect(again.running != nil)
  }

  @Test func `import prints, answers in JSON, and writes over nothing unasked`() throws {
    let place = try Workplace()
    expect(
      try place.eb("import"),
      """
      ! error: there is no .elasticbeanstalk/config.yml here to import
      ! hint: git eb init writes .git-eb.yml anew
      [2]
      """)
    try place.repository.write(".elasticbeanstalk/config.yml", Self.ebCLI)
    let printed = try place.eb("import", "--print", "-q")
    #expect(printed.status == 0, "\(printed)")
    #expect(printed.error == "")
    let path = "\(place.path)/.git-eb.yml"
    #expect(!FileManager.default.fileExists(atPath: path))
    let answer = try place.eb("import", "--json", "--print").json(ImportAnswer.self)
    #expect(answer.text == printed.output)
    #expect(answer.path == nil)
    #expect(answer.settings["region"] == "ap-northeast-2")
    #expect(answer.branches.map(\.branch) == ["master", "next"])
    #expect(answer.notImported.map(\.key) == ["global.default_ec2_keyname"])
    try place.repository.write(".git-eb.yml", "application: mine\n")
    expect(
      try place.eb("import"),
      """
      ! error: '.git-eb.yml' exists already
      ! hint: --force writes it anew
      [2]
      """)
    #expect(try place.eb("import", "--force").status == 0)
    #expect(
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        == printed.output)
  }
}
