import Foundation
import TestSupport
import Testing

@Suite("git push: an environment as a remote") struct RemoteHelperTests {
  /// A shop with the remote `production`.
  private func shop(_ configuration: String = Shop.configuration) throws -> Workplace {
    let shop = try Workplace.shop(configuration: configuration)
    try shop.repository.git("remote", "add", "production", "eb::production")
    return shop
  }

  /// The same with its first commit deployed.
  private func openShop(_ configuration: String = Shop.configuration) throws -> Workplace {
    let shop = try shop(configuration)
    try #require(try shop.git("push", "-q", "production", "master").status == 0)
    return shop
  }

  private static let protected = Shop.configuration.replacing(
    "secrets:", with: "environments: {production: {protected: true}}\nsecrets:")

  private let rejection = """
    ! error: failed to push some refs to 'eb::production'
    """

  @Test func `A first push makes the environment, and says what it says as the remote`() throws {
    let shop = try shop()
    expect(
      try shop.git("push", "production", "master"),
      """
      ! remote: bundled 7 entries, <size>
      ! remote: published master-<id>-<digest8>
      ! remote: <time>  INFO   createEnvironment is starting.
      ! remote: <time>  INFO   New application version was deployed.
      ! remote: <time>  INFO   Successfully launched environment: production.
      ! remote: 'production' runs master-<id>-<digest8>  (<size>, <duration>)
      ! remote: http://127.0.0.1:<port>/
      ! To eb::production
      !  * [new branch]      master -> master
      """)
    #expect(try shop.page("production") == Shop.page(try shop.repository.git("rev-parse", "HEAD")))
    #expect(try shop.tracked("production/master") == shop.tracked("HEAD"))
    #expect(try shop.tracked("eb/production") == shop.tracked("HEAD"))
    #expect(try shop.repository.git("for-each-ref", "refs/eb/deployments/shop/production") != "")
    #expect(shop.leftovers == [])
  }

  @Test func `The next commit is deployed, and what runs already is not`() throws {
    let shop = try openShop()
    try shop.repository.write("greeting.txt", "welcome back\n")
    let commit = try shop.repository.commit("Greet again")
    expect(
      try shop.git("push", "production", "master"),
      """
      ! remote: bundled 7 entries, <size>
      ! remote: published master-<id>-<digest8>
      ! remote: <time>  INFO   Environment update is starting.
      ! remote: <time>  INFO   New application version was deployed.
      ! remote: <time>  INFO   Environment update completed successfully.
      ! remote: 'production' runs master-<id>-<digest8>  (<size>, <duration>)
      ! remote: http://127.0.0.1:<port>/
      ! To eb::production
      !    <id>..<id>  master -> master
      """)
    #expect(try shop.page("production") == Shop.page(commit, greeting: "welcome back"))
    expect(try shop.git("push", "production", "master"), "! Everything up-to-date")
    #expect(try shop.git("push", "-q", "production", "master").description == "")
  }

  @Test func `Quiet says nothing but errors`() throws {
    let shop = try shop()
    expect(try shop.git("push", "--quiet", "production", "master"), "")
    expect(
      try shop.git("push", "--quiet", "production", "HEAD:refs/heads/issue7"),
      """
      ! remote: error: branch 'issue7' does not map to environment 'production'
      ! remote: hint: git push production issue7:master
      ! To eb::production
      !  ! [remote rejected] HEAD -> issue7 (branch 'issue7' does not map to environment \
      'production')
      \(rejection)
      [1]
      """)
  }

  // MARK: - Backwards

  /// A shop whose environment runs the second of two commits.
  private func twoCommits() throws -> (shop: Workplace, first: String, second: String) {
    let shop = try shop()
    let first = try shop.tracked("HEAD")
    try shop.repository.write("greeting.txt", "second\n")
    let second = try shop.repository.commit("Second")
    try #require(try shop.git("push", "-q", "production", "master").status == 0)
    return (shop, first, second)
  }

  @Test func `What does not descend from what runs is rejected by git itself, unless forced`()
    throws
  {
    let (shop, first, second) = try twoCommits()
    try shop.repository.git("config", "advice.pushUpdateRejected", "false")
    expect(
      try shop.git("push", "production", "HEAD~1:master"),
      """
      ! To eb::production
      !  ! [rejected]        HEAD~1 -> master (non-fast-forward)
      \(rejection)
      [1]
      """)
    #expect(try shop.page("production") == Shop.page(second, greeting: "second"))
    let forced = try shop.git("push", "--force", "production", "HEAD~1:master")
    #expect(forced.status == 0)
    #expect(
      "\(forced)".hasSuffix(
        "! To eb::production\n!  + <id>...<id> HEAD~1 -> master (forced update)"), "\(forced)")
    #expect(try shop.page("production") == Shop.page(first))
    #expect(try shop.tracked("production/master") == first)
  }

  @Test func `A lease overrides the commit that it names, and no other`() throws {
    let (shop, first, second) = try twoCommits()
    try shop.repository.git("update-ref", "refs/remotes/production/master", first)
    expect(
      try shop.git("push", "--force-with-lease", "production", "HEAD~1:master"),
      """
      ! To eb::production
      !  ! [rejected]        HEAD~1 -> master (stale info)
      \(rejection)
      [1]
      """)
    #expect(try shop.page("production") == Shop.page(second, greeting: "second"))
    try #require(try shop.git("fetch", "production").status == 0)
    #expect(try shop.tracked("production/master") == second)
    let held = try shop.git("push", "--force-with-lease", "production", "HEAD~1:master")
    #expect("\(held)".hasSuffix("!  + <id>...<id> HEAD~1 -> master (forced update)"), "\(held)")
    #expect(try shop.page("production") == Shop.page(first))
  }

  @Test func `A lease is compared again right before the deployment`() throws {
    let (shop, first, second) = try twoCommits()
    // As git says it when it has seen what the environment ran before.
    let lines = [
      "option verbosity 1", "option cas refs/heads/master:\(first)",
      "push \(first):refs/heads/master", "", "",
    ]
    expect(
      try shop.command(
        ["git-remote-eb", "production", "production"],
        input: lines.joined(separator: "\n")),
      """
      ok
      ok
      error refs/heads/master stale info

      ! remote: error: 'production' runs <id>, and not <id> as expected
      ! remote: hint: git eb fetch, and look at what it runs now
      """)
    #expect(try shop.page("production") == Shop.page(second, greeting: "second"))
    let none = String(repeating: "0", count: 40)
    expect(
      try shop.command(
        ["git-remote-eb", "production", "production"],
        input: "option cas refs/heads/master:\(none)\npush \(second):refs/heads/master\n\n\n"),
      """
      ok
      error refs/heads/master stale info

      ! remote: error: 'production' runs <id>, and not nothing as expected
      ! remote: hint: git eb status -e production
      """)
  }

  @Test func `Overtaken by another push, git hears the words that it knows`() throws {
    let (shop, first, _) = try twoCommits()
    expect(
      try shop.command(
        ["git-remote-eb", "production", "production"],
        input: "push \(first):refs/heads/master\n\n\n"),
      """
      error refs/heads/master non-fast forward

      ! remote: error: 'production' runs <id>, which is not an ancestor of <id>
      ! remote: hint: git log <id>..<id> shows what would be lost; --force deploys all the same
      """)
  }

  @Test func `A commit that this clone lacks has to be fetched first`() throws {
    let shop = try openShop()
    try shop.repository.git("config", "advice.pushUpdateRejected", "false")
    let other = "\(shop.base)/clone"
    try shop.repository.git("clone", "--quiet", shop.path, other)
    try shop.repository.git(["remote", "add", "production", "eb::production"], in: other)
    try Data("elsewhere\n".utf8).write(to: URL(filePath: "\(other)/greeting.txt"))
    // The secret is not part of a clone.
    try FileManager.default.copyItem(atPath: "\(shop.path)/.secrets", toPath: "\(other)/.secrets")
    try shop.repository.git(["commit", "--quiet", "--all", "--message=Elsewhere"], in: other)
    try #require(try shop.git("push", "-q", "production", "master", in: other).status == 0)
    expect(
      try shop.git("push", "production", "master"),
      """
      ! remote: error: 'production' runs <id>, a commit that this clone does not have
      ! remote: hint: git fetch
      ! To eb::production
      !  ! [rejected]        master -> master (fetch first)
      \(rejection)
      [1]
      """)
    expect(
      try shop.git("fetch", "production"),
      """
      ! remote: error: 'production' runs <id>, a commit that this clone does not have
      ! remote: hint: git fetch <remote>
      [128]
      """)
    for remote in ["a", "origin", "upstream"] {
      try shop.repository.git("remote", "add", remote, other)
      if remote == "upstream" {
        try shop.repository.git("config", "branch.master.remote", remote)
      }
      let screen = try shop.git("fetch", "production")
      #expect(screen.error.hasSuffix("remote: hint: git fetch \(remote)\n"), "\(screen)")
    }
    try shop.repository.git("fetch", "--quiet", "upstream")
    expect(
      try shop.git("fetch", "production"),
      """
      ! From eb::production
      !    <id>..<id>  master     -> production/master
      """)
    #expect(try shop.tracked("production/master") == shop.tracked("upstream/master"))
    #expect(try shop.tracked("eb/production") == shop.tracked("upstream/master"))
  }

  // MARK: - Looking

  @Test func `The remote shows the branch that maps to it, at what runs`() throws {
    let shop = try shop()
    expect(try shop.git("ls-remote", "production"), "")
    try #require(try shop.git("push", "-q", "production", "master").status == 0)
    expect(
      try shop.git("ls-remote", "production"), "<id>\trefs/heads/master\n<id>\tHEAD")
    #expect(
      try shop.git("ls-remote", "eb::production").output
        == "\(try shop.tracked("HEAD"))\trefs/heads/master\n\(try shop.tracked("HEAD"))\tHEAD\n")
    // An environment that no branch maps to shows the one that its version came from.
    try #require(try shop.eb("create", "staging").status == 0)
    try #require(try shop.eb("push", "-q", "-e", "staging").status == 0)
    expect(
      try shop.git("ls-remote", "eb::staging"), "<id>\trefs/heads/master\n<id>\tHEAD")
  }

  @Test func `An environment of a branch's own is pushed to as well`() throws {
    let shop = try shop()
    try shop.repository.git("switch", "--quiet", "--create", "issue91")
    let screen = try shop.git("push", "-q", "eb::issue91", "issue91")
    #expect(screen.description == "")
    expect(
      try shop.git("ls-remote", "eb::issue91"), "<id>\trefs/heads/issue91\n<id>\tHEAD")
    #expect(
      try shop.eb("status", "-e", "issue91", "--json").json(EnvironmentAnswer.self).status
        == "Ready")
  }

  @Test func `A dry run prints the plan, and changes nothing`() throws {
    let shop = try shop()
    let before = try shop.repository.snapshot()
    expect(
      try shop.git("push", "--dry-run", "production", "master"),
      """
      ! remote: environment:  production (git config remote.production.url \
      (file:<base>/repository/.git/config)), would be created
      ! remote: host:         local <base>/state/git-eb/shop
      ! remote: version:      master-<id>-<digest8>
      ! remote: commit:       <id> Open the shop
      ! remote: digest:       <digest>
      ! remote: bundle:       <size>, 7 entries
      ! remote: secrets:      .secrets/key
      ! To eb::production
      !  * [new branch]      master -> master
      """)
    #expect(shop.published == [])
    #expect(try shop.repository.snapshot() == before)
    expect(try shop.git("ls-remote", "production"), "")
  }

  // MARK: - What is pushed

  @Test func `A tag is deployed, and tags beside a branch are left out`() throws {
    let shop = try shop()
    let tagged = try shop.tracked("HEAD")
    try shop.repository.git("tag", "--annotate", "--message=1.4", "v1.4.0")
    let screen = try shop.git("push", "production", "v1.4.0")
    #expect("\(screen)".hasSuffix("!  * [new tag]         v1.4.0 -> v1.4.0"), "\(screen)")
    #expect(shop.published.first?.hasPrefix("v1.4.0-\(tagged.prefix(7))-") == true)
    try shop.repository.write("greeting.txt", "later\n")
    let later = try shop.repository.commit("Later")
    let both = try shop.git("push", "--follow-tags", "production", "master")
    #expect(both.status == 0)
    #expect(
      both.error.hasPrefix("remote: note: an environment keeps no tags: 'v1.4.0' left out\n"))
    #expect("\(both)".hasSuffix("!    <id>..<id>  master -> master"), "\(both)")
    #expect(try shop.page("production") == Shop.page(later, greeting: "later"))
  }

  @Test func `Where tags follow every push, those of the past are left alone`() throws {
    let (shop, first, second) = try twoCommits()
    try shop.repository.git("tag", "--annotate", "--message=1", "v1", first)
    try shop.repository.git("tag", "--annotate", "--message=2", "v2", second)
    try shop.repository.git("config", "push.followTags", "true")
    expect(
      try shop.git("push", "production", "master"),
      """
      ! remote: note: 'production' runs <id>, which has 'v1', 'v2'
      ! remote: hint: git push --force --no-follow-tags production v1 goes back to it
      ! Everything up-to-date
      """)
    #expect(
      try shop.git("push", "-q", "--force", "--no-follow-tags", "production", "v1").status == 0)
    #expect(try shop.page("production") == Shop.page(first))
  }

  @Test func `An environment is not deleted by a push`() throws {
    let shop = try openShop()
    expect(
      try shop.git("push", "production", ":master"),
      """
      ! remote: error: an environment is not taken down by a push
      ! remote: hint: git eb terminate production
      ! To eb::production
      !  ! [remote rejected] master (an environment is not taken down by a push)
      \(rejection)
      [1]
      """)
    #expect(try shop.page("production").hasPrefix("greeting: welcome\n"))
  }

  @Test func `Of all branches only the environment's own is deployed`() throws {
    let shop = try shop()
    try shop.repository.git("branch", "dev")
    try shop.repository.git("branch", "issue7")
    let screen = try shop.git("push", "--all", "production")
    #expect(screen.status == 1)
    #expect(
      "\(screen)".hasSuffix(
        """
        ! To eb::production
        !  * [new branch]      master -> master
        !  ! [remote rejected] dev -> dev (only 'master' is deployed)
        !  ! [remote rejected] issue7 -> issue7 (only 'master' is deployed)
        \(rejection)
        [1]
        """), "\(screen)")
    #expect(try shop.eb("list", "--json").json([EnvironmentAnswer].self).count == 1)
    // git leaves out what is there: this used to be the way for another branch to take its place.
    expect(
      try shop.git("push", "--quiet", "production", "master", "issue7"),
      """
      ! remote: error: branch 'issue7' does not map to environment 'production'
      ! remote: hint: git push production issue7:master
      ! To eb::production
      !  ! [remote rejected] issue7 -> issue7 (branch 'issue7' does not map to environment \
      'production')
      \(rejection)
      [1]
      """)
  }

  @Test func `Branches of which none is the environment's are refused together`() throws {
    let shop = try shop()
    try shop.repository.git("branch", "issue7")
    try shop.repository.git("branch", "issue8")
    expect(
      try shop.git("push", "production", "issue7", "issue8"),
      """
      ! remote: error: a push deploys one commit, and here are 2 references
      ! remote: hint: git push production issue7
      ! To eb::production
      !  ! [remote rejected] issue7 -> issue7 (a push deploys one commit, and here are 2 references)
      !  ! [remote rejected] issue8 -> issue8 (a push deploys one commit, and here are 2 references)
      \(rejection)
      [1]
      """)
    #expect(shop.published == [])
  }

  @Test func `All or nothing is nothing where one is refused`() throws {
    let shop = try shop()
    try shop.repository.git("branch", "issue7")
    expect(
      try shop.git("push", "--atomic", "production", "master", "issue7"),
      """
      ! To eb::production
      !  ! [remote rejected] master -> master (atomic push failed)
      !  ! [remote rejected] issue7 -> issue7 (only 'master' is deployed)
      \(rejection)
      [1]
      """)
    #expect(shop.published == [])
    #expect(try shop.git("push", "-q", "--atomic", "production", "master").status == 0)
    #expect(shop.published.count == 1)
  }

  @Test func `A mirror deploys the environment's branch, and nothing else goes there`() throws {
    let shop = try shop()
    try shop.repository.git("tag", "v1")
    try shop.repository.git("update-ref", "refs/remotes/origin/master", "HEAD")
    let screen = try shop.git("push", "--mirror", "production")
    #expect(
      "\(screen)".hasSuffix(
        """
        ! To eb::production
        !  * [new branch]      master -> master
        !  ! [remote rejected] origin/master -> origin/master ('refs/remotes/origin/master' is \
        neither a branch nor a tag)
        \(rejection)
        [1]
        """), "\(screen)")
    let again = try shop.git("push", "--mirror", "production")
    #expect(!again.error.contains("taken down"), "\(again)")
    #expect(try shop.page("production").hasPrefix("greeting: welcome\n"))
  }

  @Test func `A protected environment takes only its own branch and what is on it`() throws {
    let shop = try openShop(Self.protected)
    try shop.repository.git("switch", "--quiet", "--create", "topic")
    try shop.repository.write("greeting.txt", "topic\n")
    try shop.repository.commit("Topic")
    expect(
      try shop.git("push", "production", "topic"),
      """
      ! remote: error: environment 'production' is protected, and branch 'topic' is not the branch \
      that maps to it
      ! remote: hint: git eb which --all
      ! To eb::production
      !  ! [remote rejected] topic -> topic (environment 'production' is protected, and branch \
      'topic' is not the branch that maps to it)
      \(rejection)
      [1]
      """)
    let other = try shop.git("push", "production", "topic:master")
    #expect(
      other.error.contains(
        "remote: error: environment 'production' is protected, and "
          + "\(try shop.tracked("topic").prefix(7)) is not on branch 'master'\n"), "\(other)")
    #expect(try shop.page("production").hasPrefix("greeting: welcome\n"))
  }

  // MARK: - Failures

  @Test func `A deployment that fails is rejected by the remote, and may be tried again`() throws {
    let shop = try openShop()
    let page = try shop.page("production")
    try shop.repository.write("broken", "out of order\n")
    try shop.repository.commit("Break")
    for _ in 1...2 {
      let screen = try shop.git("push", "production", "master")
      #expect(
        screen.error.contains("\nremote: error: deployment failed on 'production'\n"), "\(screen)")
      #expect(screen.error.contains("\nremote: hint: git eb logs -e production\n"))
      #expect(
        "\(screen)".hasSuffix(
          """
          ! To eb::production
          !  ! [remote rejected] master -> master (deployment failed)
          \(rejection)
          [1]
          """), "\(screen)")
      #expect(try shop.page("production") == page)
      #expect(try shop.tracked("production/master") == shop.tracked("HEAD~1"))
    }
  }

  @Test func `What was staged over the commit is not what a push of the commit means`() throws {
    let shop = try openShop()
    try shop.repository.write("greeting.txt", "staged\n")
    try shop.repository.git("add", "greeting.txt")
    try #require(try shop.eb("push", "-q", "--staged").status == 0)
    try shop.repository.git("reset", "--quiet", "--hard")
    // The remote has this commit, and yet it runs something else.
    let screen = try shop.git("push", "production", "master")
    #expect(screen.status == 0)
    #expect(screen.error.contains("New application version was deployed"), "\(screen)")
    #expect(try shop.page("production") == Shop.page(try shop.tracked("HEAD")))
  }

  @Test func `Interrupted while it deploys it stops as git eb push does`() throws {
    let shop = try openShop()
    let page = try shop.page("production")
    try shop.repository.write("slow", "30\n")
    try shop.repository.commit("Slow down")
    let push = try shop.start("git", "push", "production", "master")
    try #require(eventually { push.error.contains("Environment update is starting") })
    push.interrupt()
    let screen = try #require(push.wait())
    #expect(screen.status == 128 + SIGINT, "\(screen)")
    // git does not wait for what it has started.
    #expect(eventually { push.error.contains("remote: error: interrupted\n") }, "\(push.error)")
    #expect(try shop.page("production") == page)
    #expect(
      eventually {
        (try? shop.eb("status", "--json").json(EnvironmentAnswer.self).status) == "Ready"
      })
    #expect(shop.leftovers == [])
  }

  @Test func `An environment that is busy is refused, or waited for as configured`() throws {
    let shop = try openShop()
    try shop.repository.write("slow", "3\n")
    try shop.repository.commit("Slow down")
    let first = try shop.start("git", "eb", "push")
    try #require(eventually { first.error.contains("Environment update is starting") })
    try shop.repository.remove("slow")
    let commit = try shop.repository.commit("Hurry up")
    let screen = try shop.git("push", "-q", "production", "master")
    #expect(screen.error.hasPrefix("remote: error: environment 'production' is busy"), "\(screen)")
    #expect(
      screen.error.contains("\nremote: hint: git config eb.push.wait 10m waits for it\n"))
    #expect(
      screen.error.contains(
        "\n ! [remote rejected] master -> master (environment 'production' is busy"))
    try shop.repository.git("config", "eb.push.wait", "10m")
    #expect(try shop.git("push", "-q", "production", "master").description == "")
    #expect(first.wait()?.status == 0)
    #expect(try shop.page("production") == Shop.page(commit))
  }

  @Test func `An address that names no environment is refused with what to type`() throws {
    let shop = try shop()
    try shop.repository.git("remote", "add", "odd", "eb::")
    expect(
      try shop.git("push", "odd", "master"),
      """
      ! remote: error: 'eb::' names no environment
      ! remote: hint: git remote set-url odd eb::<environment>
      [128]
      """)
    expect(
      try shop.git("ls-remote", "eb::no such"),
      """
      ! remote: error: 'eb::no such' names no environment
      ! remote: hint: git remote add <environment> eb::<environment>
      [128]
      """)
    expect(
      try shop.command(["git-remote-eb"]),
      """
      ! error: this is for git to run
      ! hint: git remote add production eb::production
      [64]
      """)
    try shop.repository.git("remote", "add", "slip", "eb::prodution")
    let screen = try shop.git("push", "slip", "master")
    #expect(screen.error.contains("remote: hint: did you mean 'production'?\n"), "\(screen)")
  }

  // MARK: - Places

  @Test func `A linked work tree, a subdirectory and a named git directory all lead there`() throws
  {
    let shop = try openShop()
    let linked = "\(shop.base)/linked"
    try shop.repository.git("worktree", "add", "--quiet", "-b", "dev", linked)
    try FileManager.default.copyItem(atPath: "\(shop.path)/.secrets", toPath: "\(linked)/.secrets")
    try shop.repository.git("remote", "add", "dev", "eb::dev")
    #expect(try shop.git("push", "-q", "dev", "dev", in: linked).description == "")
    #expect(try shop.page("dev") == shop.page("production"))
    let below = "\(shop.path)/sub/directory"
    try FileManager.default.createDirectory(atPath: below, withIntermediateDirectories: true)
    let expected = try shop.git("ls-remote", "production").output
    #expect(expected.hasSuffix("\tHEAD\n"))
    #expect(try shop.git("ls-remote", "production", in: below).output == expected)
    #expect(try shop.git("-C", "sub", "ls-remote", "production").output == expected)
    #expect(
      try shop.git(
        "--git-dir=../../.git", "--work-tree=../..", "ls-remote", "production", in: below
      ).output == expected)
    #expect(
      try shop.git(
        "--git-dir=repository/.git", "--work-tree=repository", "ls-remote", "production",
        in: shop.base
      ).output == expected)
    try shop.repository.write("greeting.txt", "from below\n")
    let commit = try shop.repository.commit("From below")
    #expect(try shop.git("push", "-q", "production", "master", in: below).description == "")
    #expect(try shop.page("production") == Shop.page(commit, greeting: "from below"))
  }

  @Test func `A bare repository deploys with the configuration of what is pushed`() throws {
    let configuration = Shop.configuration.replacing("secrets:\n  - .secrets/\n", with: "")
    let shop = try Workplace.shop(configuration: configuration)
    let bare = "\(shop.base)/shop.git"
    try shop.repository.git("clone", "--quiet", "--bare", shop.path, bare)
    try shop.repository.git(["remote", "add", "production", "eb::production"], in: bare)
    #expect(try shop.git("push", "-q", "production", "master", in: bare).description == "")
    let commit = try shop.tracked("HEAD")
    #expect(try shop.page("production") == Shop.page(commit, secret: "none"))
    expect(
      try shop.git("ls-remote", "production", in: bare), "<id>\trefs/heads/master\n<id>\tHEAD")
  }

  @Test func `A repository without configuration pushes to what its branches map to`() throws {
    let shop = try Workplace()
    try shop.repository.write("index.html", "hello\n")
    try shop.repository.commit("Begin")
    try shop.repository.git("config", "eb.host", "local")
    expect(try shop.git("ls-remote", "eb::production"), "")
    #expect(try shop.git("push", "-q", "eb::production", "master").description == "")
    expect(
      try shop.git("ls-remote", "eb::production"), "<id>\trefs/heads/master\n<id>\tHEAD")
    expect(
      try shop.git(
        "clone", "--quiet", "-c", "eb.host=local", "-c", "eb.application=repository",
        "eb::production", "\(shop.base)/clone"),
      """
      ! remote: error: environment 'production' keeps no history to clone
      ! remote: hint: clone the repository, and there: git remote add production eb::production
      [128]
      """)
  }

  @Test func `An artifact is deployed with the commit that is checked out, and no other`() throws {
    let shop = try shop(
      Shop.configuration.replacing("secrets:\n  - .secrets/\n", with: "")
        + "bundle: {artifact: build/app.zip}\n")
    try FileManager.default.createDirectory(
      atPath: "\(shop.path)/build", withIntermediateDirectories: true)
    try shop.repository.write(".gitignore", ".secrets/\nbuild/\n")
    let commit = try shop.repository.commit("Build")
    try shop.repository.git(
      "archive", "--format=zip", "--output=build/app.zip", "HEAD")
    #expect(try shop.git("push", "-q", "production", "master").description == "")
    #expect(try shop.page("production") == Shop.page(commit, secret: "none"))
    #expect(
      try shop.eb("status", "--json").output.contains(#""source" : "artifact""#))
    let other = try shop.git("push", "--force", "production", "HEAD~1:master")
    #expect(
      other.error.contains(
        "is not checked out, and 'build/app.zip' was built of what is\n"), "\(other)")
  }

  // MARK: - Beanstalk

  @Test func `On Beanstalk it is the same`() async throws {
    try await Tenant.open { shop in
      try shop.repository.git("remote", "add", "production", "eb::production")
      let first = try shop.repository.git("rev-parse", "HEAD")
      let screen = try shop.shop.git("push", "production", "master")
      shop.checkSecrecy(screen)
      #expect(screen.status == 0, "\(screen)")
      #expect("\(screen)".hasSuffix("!  * [new branch]      master -> master"), "\(screen)")
      #expect(screen.error.contains("\nremote: http://production."), "\(screen)")
      let environment = try #require(try await shop.environment("production"))
      #expect(environment.summary.hasPrefix("Ready Green master-\(first.prefix(7))-"))
      #expect(environment.tags["git-eb:branch"] == "master")
      let second = try shop.commit("Second", ["greeting.txt": "second\n"])
      #expect(try shop.shop.git("push", "-q", "production", "master").description == "")
      #expect(
        try shop.shop.git("ls-remote", "production").output
          == "\(second)\trefs/heads/master\n\(second)\tHEAD\n")
      #expect(try shop.shop.git("push", "production", "HEAD~1:master").status == 1)
      // What the EB CLI deployed has no commit that is known here.
      try shop.boto(
        """
        client = boto3.client("elasticbeanstalk")
        client.create_application_version(ApplicationName="shop", VersionLabel="app-1", Description="x")
        client.update_environment(EnvironmentName="production", VersionLabel="app-1")
        """)
      try await shop.settle()
      expect(
        try shop.shop.git("ls-remote", "production"),
        "! remote: note: 'production' runs app-1, and no commit is known for it")
      // Its own labels tell.
      try shop.boto(
        """
        client = boto3.client("elasticbeanstalk")
        label = f"app-{sys.argv[1][:7]}-251121_180801123456"
        client.create_application_version(
            ApplicationName="shop", VersionLabel=label, Description="Second")
        client.update_environment(EnvironmentName="production", VersionLabel=label)
        """, second)
      try await shop.settle()
      try shop.commit("Third", ["greeting.txt": "third\n"])
      expect(
        try shop.shop.git("ls-remote", "production"), "<id>\trefs/heads/master\n<id>\tHEAD")
      #expect(
        try shop.shop.git("push", "-q", "--force-with-lease", "production", "\(first):master")
          .description == "")
      #expect(try await shop.environment("production")?.version?.contains(first.prefix(7)) == true)
    }
  }
}

extension Workplace {
  /// Runs git itself.
  fileprivate func git(_ arguments: String..., in directory: String? = nil) throws -> Screen {
    try command(["git"] + arguments, in: directory)
  }

  /// The id that a reference has.
  fileprivate func tracked(_ reference: String) throws -> String {
    try repository.git("rev-parse", "--verify", reference)
  }
}
