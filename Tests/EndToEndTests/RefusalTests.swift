import Foundation
import TestSupport
import Testing

@Suite("git eb push: what is refused, and what fails") struct RefusalTests {
  // MARK: - Not backwards

  @Test func `Going backwards is refused, and --force does it`() throws {
    let shop = try Workplace.shop()
    let first = try shop.repository.git("rev-parse", "HEAD")
    try shop.repository.write("greeting.txt", "newer\n")
    let second = try shop.repository.commit("Newer")
    try #require(try shop.eb("push").status == 0)
    let running = try shop.page("production")
    let screen = try shop.eb("push", "HEAD~1")
    expect(
      screen,
      """
      ! error: 'production' runs <id>, which is not an ancestor of <id>
      ! hint: git log <id>..<id> shows what would be lost; --force deploys all the same
      [2]
      """)
    #expect(screen.error.contains("runs \(second.prefix(7)), which"))
    #expect(screen.error.contains("ancestor of \(first.prefix(7))\n"))
    #expect(try shop.page("production") == running)
    #expect(shop.published.count == 1)
    let plan = try shop.eb("push", "--dry-run", "HEAD~1", "--json")
    #expect(plan.status == 2)
    #expect(try plan.json(PlanAnswer.self).refusal?.contains("not an ancestor") == true)

    #expect(try shop.eb("push", "--force", "HEAD~1").status == 0)
    #expect(try shop.page("production") == Shop.page(first))
  }

  @Test func `A deployed commit that this clone does not have is refused`() throws {
    let shop = try Workplace.shop()
    let clone = "\(shop.base)/clone"
    try shop.repository.git("clone", "--quiet", shop.path, clone)
    try FileManager.default.copyItem(atPath: "\(shop.path)/.secrets", toPath: "\(clone)/.secrets")
    try shop.repository.write("greeting.txt", "mine\n")
    try shop.repository.commit("Mine")
    try #require(try shop.eb("push").status == 0)
    expect(
      try shop.eb("push", in: clone),
      """
      ! error: 'production' runs <id>, a commit that this clone does not have
      ! hint: git fetch
      [2]
      """)
    #expect(shop.published.count == 1)
  }

  // MARK: - Which environment

  @Test func `A detached HEAD is refused, unless a branch, an environment or CI is named`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--detach")
    expect(
      try shop.eb("push"),
      """
      ! error: HEAD is detached, so no branch says which environment is meant
      ! hint: git eb push --branch <branch>, or --environment <name>
      [2]
      """)
    func environment(_ arguments: String..., with variables: [String: String] = [:]) throws
      -> String
    {
      let words = ["git", "eb", "push", "--dry-run", "--json"] + arguments
      return try shop.command(words, with: variables).json(PlanAnswer.self).environment
    }
    #expect(try environment("--branch", "master") == "production")
    #expect(try environment("--environment", "dev") == "dev")
    #expect(try environment(with: ["GIT_EB_BRANCH": "issue91"]) == "issue91")
    try shop.repository.git("update-ref", "refs/remotes/origin/master", "HEAD")
    #expect(
      try environment(with: [
        "GITHUB_ACTIONS": "true", "GITHUB_HEAD_REF": "issue91", "GITHUB_BASE_REF": "master",
      ]) == "issue91")
    #expect(try environment(with: ["GITLAB_CI": "true", "CI_COMMIT_BRANCH": "dev"]) == "dev")
    #expect(
      try environment(with: [
        "CODEBUILD_BUILD_ID": "1", "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/dev",
      ])
        == "dev")
    #expect(try environment(with: ["CIRCLECI": "true", "CIRCLE_BRANCH": "dev"]) == "dev")
    #expect(
      try environment(with: ["JENKINS_URL": "http://x", "GIT_BRANCH": "origin/dev"]) == "dev")
    #expect(
      try environment(with: ["BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_BRANCH": "dev"]) == "dev")
    expect(
      try shop.eb("push", with: ["GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "tag"]),
      """
      ! error: GitHub Actions does not say which branch is checked out
      ! hint: git eb push --branch <branch>
      [2]
      """)
  }

  @Test func `A branch that no pattern matches is refused`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--create", "feature/login")
    expect(
      try shop.eb("push"),
      """
      ! error: branch 'feature/login' maps to no environment
      ! hint: add it to 'branches' in .git-eb.yml, or: git config \
      branch.feature/login.ebEnvironment <name>
      [2]
      """)
    try shop.repository.git("config", "branch.feature/login.ebEnvironment", "login-trial")
    let plan = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
    #expect(plan.environment == "login-trial")
  }

  @Test func `A branch without a commit is refused`() throws {
    let shop = try Workplace()
    try shop.repository.write(".git-eb.yml", Shop.configuration)
    expect(
      try shop.eb("push"),
      """
      ! error: branch 'master' has no commit yet
      ! hint: git commit
      [2]
      """)
  }

  @Test func `A name that is both branch and tag is refused, and a full name is not`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("branch", "issue91")
    try shop.repository.git("tag", "issue91")
    expect(
      try shop.eb("push", "issue91"),
      """
      ! error: 'issue91' is both a branch and a tag
      ! hint: say heads/issue91 or tags/issue91
      [2]
      """)
    let branch = try shop.eb("push", "--dry-run", "--json", "heads/issue91")
    #expect(try branch.json(PlanAnswer.self).environment == "issue91")
    let tag = try shop.eb("push", "--dry-run", "--json", "tags/issue91")
    #expect(try tag.json(PlanAnswer.self).environment == "production")
    // What is checked out needs no name, so a tag of the same name changes nothing.
    try shop.repository.git("switch", "--quiet", "issue91")
    let head = try shop.eb("push", "--dry-run", "--json").json(PlanAnswer.self)
    #expect(head.environment == "issue91")
    #expect(head.version.reference == "refs/heads/issue91")
  }

  @Test func `A commit that is not there is refused`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("push", "v9"),
      """
      ! error: 'v9' is no commit here
      ! hint: git fetch
      [2]
      """)
    #expect(try shop.eb("push", "HEAD^{tree}").status == 2)
    #expect(try shop.eb("push", "HEAD:app.py").status == 2)
    #expect(shop.published == [])
  }

  @Test func `A protected environment takes its own branch alone`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {production: {protected: true}}\n")
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    expect(
      try shop.eb("push", "-e", "production"),
      """
      ! error: environment 'production' is protected, and branch 'dev' is not the branch that \
      maps to it
      ! hint: git eb which --all
      [2]
      """)
    try shop.repository.git("switch", "--quiet", "--detach", "master")
    #expect(try shop.eb("push", "-e", "production").status == 2)
    try shop.repository.git("switch", "--quiet", "master")
    #expect(try shop.eb("push", "--dry-run").status == 0)
  }

  @Test func `A protected environment takes commits of its own branch alone`() throws {
    let shop = try Workplace.shop(
      configuration: Shop.configuration + "environments: {production: {protected: true}}\n")
    let first = try shop.repository.git("rev-parse", "HEAD")
    try shop.repository.git("switch", "--quiet", "--create", "topic")
    try shop.repository.write("greeting.txt", "not merged\n")
    let topic = try shop.repository.commit("Not merged")
    let refused =
      "error: environment 'production' is protected, and \(topic.prefix(7)) is not on branch 'master'\n"
    #expect(try shop.eb("push", "--branch", "master").error.hasPrefix(refused))
    try shop.repository.git("switch", "--quiet", "master")
    let screen = try shop.eb("push", topic, "--force")
    #expect(screen.status == 2)
    #expect(screen.error.hasPrefix(refused))
    // What the branch has, also only on a remote, is its own.
    #expect(try shop.eb("push", "--dry-run", first).status == 0)
    try shop.repository.git("update-ref", "refs/remotes/origin/master", topic)
    #expect(try shop.eb("push", "--dry-run", topic).status == 0)
    #expect(shop.published == [])
  }

  @Test func `A commit of another branch is told where nothing is protected`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--create", "topic")
    try shop.repository.write("greeting.txt", "not merged\n")
    let topic = try shop.repository.commit("Not merged")
    try shop.repository.git("switch", "--quiet", "master")
    let screen = try shop.eb("push", "--dry-run", topic)
    #expect(screen.status == 0)
    #expect(screen.error.contains("warning: \(topic.prefix(7)) is not on 'master'\n"))
  }

  @Test func `A branch of a remote goes where the branch goes`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("update-ref", "refs/remotes/origin/issue7", "HEAD")
    let plan = try shop.eb("push", "--dry-run", "--json", "origin/issue7")
    #expect(try plan.json(PlanAnswer.self).environment == "issue7")
  }

  @Test func `A pull request from a branch called master is not master`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--detach")
    try shop.repository.git("update-ref", "refs/remotes/origin/master", "HEAD")
    let variables = [
      "GITHUB_ACTIONS": "true", "GITHUB_HEAD_REF": "master", "GITHUB_BASE_REF": "master",
    ]
    let screen = try shop.eb("push", with: variables)
    #expect(screen.status == 2)
    #expect(
      screen.error.hasPrefix(
        "error: this is a pull request from a branch called 'master', which says nothing about "
          + "'production'\n"))
    #expect(try shop.eb("which", with: variables).status == 2)
  }

  @Test func `An environment that nothing names is a slip`() throws {
    let shop = try Workplace.shop()
    expect(
      try shop.eb("push", "-e", "prodcution"),
      """
      ! error: there is no environment 'prodcution', and nothing maps to it
      ! hint: did you mean 'production'?
      [2]
      """)
    expect(
      try shop.eb("push", "production"),
      """
      ! error: 'production' is no commit here, but an environment
      ! hint: git eb push --environment production
      [2]
      """)
    #expect(shop.files(below: "\(shop.host)/environments") == [])
  }

  // MARK: - Misuse

  @Test(arguments: [
    (["--staged", "--worktree"], "'--staged' and '--worktree' cannot be used together"),
    (["--staged", "HEAD"], "'--staged' takes no commit"),
    (["--worktree", "v1"], "'--worktree' takes no commit"),
    (["--timeout"], "missing value for '--timeout <duration>'"),
    (["--nonsense"], "unknown option '--nonsense'"),
    (["one", "two"], "unexpected argument 'two'"),
  ])
  func `What cannot be understood is misuse`(_ arguments: [String], _ message: String) throws {
    let shop = try Workplace.shop()
    let screen = try shop.command(["git", "eb", "push"] + arguments)
    #expect(screen.status == 64)
    #expect(screen.output == "")
    #expect(screen.error.hasPrefix("error: \(message)\n"))
  }

  @Test func `A label or an environment that cannot be is refused`() throws {
    let shop = try Workplace.shop()
    let label = try shop.eb("push", "--label", "a/b")
    #expect(label.error.hasPrefix("error: 'a/b' is not a version label\n"))
    #expect(label.status == 64)
    let environment = try shop.eb("push", "-e", "-no-")
    #expect([2, 64].contains(environment.status))
    let other = try shop.eb("push", "--environment=a_b")
    #expect(other.error.hasPrefix("error: 'a_b' is not an environment name\n"))
    #expect(other.status == 2)
  }

  @Test func `A duration that is none is refused before anything happens`() throws {
    let shop = try Workplace.shop()
    let screen = try shop.eb("push", "--timeout", "soon")
    #expect(screen.status == 64)
    #expect(screen.error.hasPrefix("error: --timeout: 'soon' for 'push.timeout': "))
    #expect(shop.published == [])
  }

  @Test func `A conflict in the index is refused`() throws {
    let shop = try Workplace.shop()
    try shop.repository.git("switch", "--quiet", "--create", "dev")
    try shop.repository.write("greeting.txt", "ours\n")
    try shop.repository.commit("Ours")
    try shop.repository.git("switch", "--quiet", "master")
    try shop.repository.write("greeting.txt", "theirs\n")
    try shop.repository.commit("Theirs")
    #expect(throws: ShellError.self) { try shop.repository.git("merge", "dev") }
    let before = try shop.repository.snapshot()
    expect(
      try shop.eb("push", "--staged"),
      """
      ! error: 1 file in conflict: 'greeting.txt'
      ! hint: git status
      [2]
      """)
    #expect(try shop.repository.snapshot() == before)
  }

  // MARK: - Busy

  /// Holds the environment's lock as a git-eb that deploys does, until it is killed.
  private func hold(_ environment: String, of shop: Workplace) throws -> Background {
    let holder = """
      import fcntl, json, os, sys, time
      file = open(sys.argv[1], "r+")
      fcntl.flock(file, fcntl.LOCK_EX)
      json.dump({"pid": os.getpid(), "work": "deploying v7", "status": "Updating"}, file)
      file.flush()
      print("held", flush=True)
      time.sleep(120)
      """
    let lock = "\(shop.environmentDirectory(environment))/lock"
    let background = try shop.start("python3", "-c", holder, lock)
    try #require(eventually { background.output.contains("held") })
    return background
  }

  @Test func `A busy environment is refused before anything is uploaded`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    try shop.repository.write("greeting.txt", "newer\n")
    try shop.repository.commit("Newer")
    let holder = try hold("production", of: shop)
    let status = try shop.eb("status", "--json").json(EnvironmentAnswer.self)
    #expect(status.status == "Updating")
    expect(
      try shop.eb("push"),
      """
      ! error: environment 'production' is busy: process <pid>, deploying v7
      ! hint: --wait 10m waits for it
      [2]
      """)
    #expect(shop.published.count == 1)
    #expect(shop.leftovers == [])
    #expect(try shop.page("production") == page)
    for command in ["restart", "terminate --yes", "setenv A=1"] {
      let words = command.split(separator: " ").map(String.init)
      let screen = try shop.command(["git", "eb"] + words)
      #expect(screen.status == 2, "\(command): \(screen)")
      #expect(screen.error.contains("error: environment 'production' is busy"), "\(command)")
    }
    let short = try shop.eb("push", "--wait", "1s")
    #expect(short.status == 2 || short.status == 3)
    #expect(shop.published.count == 1)
    holder.interrupt(SIGKILL)
  }

  @Test func `A busy environment is waited for when that is asked for`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    try shop.repository.write("greeting.txt", "newer\n")
    let commit = try shop.repository.commit("Newer")
    let holder = try hold("production", of: shop)
    let push = try shop.start("git", "eb", "push", "--wait", "60s")
    #expect(eventually { push.error.contains("waiting for 'production', which is busy\n") })
    #expect(shop.published.count == 1)
    holder.interrupt(SIGKILL)
    let screen = try #require(push.wait())
    #expect(screen.status == 0, "\(screen)")
    #expect(try shop.page("production") == Shop.page(commit, greeting: "newer"))
  }

  // MARK: - What fails

  @Test func `An application that ends at once fails with its reason, and the old one serves`()
    throws
  {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    try shop.repository.write("broken", "out of stock\n")
    try shop.repository.commit("Break it")
    expect(
      try shop.eb("push"),
      """
      ! bundled 8 entries, <size>
      ! published master-<id>-<digest8>
      ! <time>  INFO   Environment update is starting.
      ! <time>  ERROR  process 'web' exited with status 3
      ! <time>  ERROR  Failed to deploy application.
      ! error: deployment failed on 'production'
      !   process 'web' exited with status 3
      !   the shop is out of stock
      ! note: 'production' runs master-<id>-<digest8>
      ! hint: git eb logs -e production
      [1]
      """)
    #expect(try shop.page("production") == page)
    #expect(try shop.eb("health").status == 0)
    let json = try shop.eb("push", "--json")
    #expect(json.status == 1)
    let answer = try json.json(PushAnswer.self)
    #expect(answer.result.outcome == "failed")
    #expect(answer.result.reasons.contains("the shop is out of stock"))
    #expect(answer.result.runningLabel != answer.version.label)
    #expect(shop.leftovers == [])

    try shop.repository.remove("broken")
    let mended = try shop.repository.commit("Mend it")
    #expect(try shop.eb("push").status == 0)
    #expect(try shop.page("production") == Shop.page(mended))
  }

  @Test func `A first deployment that fails leaves an environment that runs nothing`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("broken", "not open yet\n")
    try shop.repository.commit("Break it")
    let screen = try shop.eb("push")
    #expect(screen.status == 1)
    #expect(screen.error.contains("note: 'production' runs nothing\n"))
    #expect(try shop.eb("health").status == 1)
    try shop.repository.remove("broken")
    let mended = try shop.repository.commit("Mend it")
    let second = try shop.eb("push")
    #expect(second.status == 0, "\(second)")
    #expect(try shop.page("production") == Shop.page(mended))
  }

  @Test func `A Procfile that cannot be understood is told with its line`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("Procfile", "web: python3 app.py\nworker python3 work.py\n")
    try shop.repository.commit("Break the Procfile")
    let screen = try shop.eb("push", "--no-check")
    #expect(screen.status == 1)
    #expect(
      screen.description.contains(
        """
        ! error: deployment failed on 'production'
        !   Procfile, line 2: not of the form 'name: command'
        ! note: 'production' runs nothing
        """))
  }

  @Test func `An application that does not answer in time fails, and the old one serves`() throws {
    let shop = try Workplace.shop()
    try #require(try shop.eb("push").status == 0)
    let page = try shop.page("production")
    let old = Set(shop.processes)
    try shop.repository.write("slow", "60\n")
    try shop.repository.commit("Slow it down")
    // The option wins over the variable, which wins over the file.
    let screen = try shop.eb("push", "--timeout", "1s", with: ["GIT_EB_PUSH_TIMEOUT": "10m"])
    #expect(screen.status == 1)
    #expect(
      screen.error.contains("  GET / did not answer 200 within 1 s; last answer: "), "\(screen)")
    #expect(try shop.page("production") == page)
    #expect(Set(shop.processes) == old)
    #expect(try shop.eb("status", "--json").json(EnvironmentAnswer.self).status == "Ready")
  }

  @Test func `A host that is not part of this version is refused`() throws {
    let shop = try Workplace.shop(configuration: "application: shop\nhost: command\n")
    expect(
      try shop.eb("push"),
      """
      ! error: host 'command' (set by line 2 of .git-eb.yml) is not part of this version
      ! hint: git config eb.host local
      [2]
      """)
  }

  @Test func `AWS without a region is refused before anything is bundled`() throws {
    let shop = try Workplace.shop(configuration: "application: shop\n")
    expect(
      try shop.eb("push"),
      """
      ! error: no region is set
      ! hint: git config eb.region eu-central-1
      ! hint: or AWS_REGION
      [2]
      """)
  }

  @Test func `A place where nothing can be written is told`() throws {
    let shop = try Workplace.shop()
    try Data().write(to: URL(filePath: "\(shop.base)/state/git-eb"))
    let screen = try shop.eb("push")
    #expect(screen.status == 2)
    #expect(screen.error.hasPrefix("error: cannot "))
    try FileManager.default.removeItem(atPath: "\(shop.base)/state/git-eb")
  }
}
