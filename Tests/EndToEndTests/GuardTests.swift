import Foundation
import TestSupport
import Testing

/// The answer of `git eb guard scan --json`.
private struct ScanAnswer: Decodable {
  struct Finding: Decodable {
    var commit: String?
    var subject: String?
    var path: String
    var secret: String
    var match: String
    var published: Bool
  }

  var commits: Int
  var findings: [Finding]
}

/// A shop whose guard is installed, with a remote that has its first commit.
private func guarded(_ secrets: String = "secrets: [.secrets/]") throws -> Workplace {
  let shop = try Workplace.shop(configuration: "application: shop\nhost: local\n\(secrets)\n")
  try shop.repository.git("init", "--quiet", "--bare", "\(shop.base)/origin.git")
  try shop.repository.git("remote", "add", "origin", "\(shop.base)/origin.git")
  try shop.repository.git("push", "--quiet", "origin", "master")
  let screen = try shop.eb("guard", "install")
  #expect(screen.status == 0, "\(screen)")
  return shop
}

extension Workplace {
  fileprivate func git(_ arguments: String..., in directory: String? = nil) throws -> Screen {
    try command(["git"] + arguments, in: directory)
  }

  /// The first commit of HEAD, to see whether one was made.
  fileprivate func head(in directory: String? = nil) throws -> String {
    try git("rev-parse", "HEAD", in: directory).output
  }
}

@Suite("The guard before commits, end to end") struct GuardCommitTests {
  @Test func `A secret at its place and a copy of it are refused, with how to take them out`()
    throws
  {
    let shop = try guarded()
    let before = try shop.head()
    try shop.repository.write("conf/copy.env", Shop.secret + "\n")
    try shop.repository.git("add", "--force", ".secrets/key", "conf")
    expect(
      try shop.git("commit", "--message", "Oh no"),
      """
      ! error: 2 files with secrets would be committed
      !   .secrets/key   (listed on line 3 of .git-eb.yml)
      !   conf/copy.env  (contents of '.secrets/key', line 3 of .git-eb.yml)
      ! hint: git rm --cached -- '.secrets/key'
      ! hint: git restore --staged -- 'conf/copy.env'
      ! hint: git commit --no-verify commits all the same
      [1]
      """)
    #expect(try shop.head() == before)
    // What it says to type helps.
    try shop.repository.git("rm", "--quiet", "--cached", "--", ".secrets/key")
    try shop.repository.git("restore", "--staged", "--", "conf/copy.env")
    try shop.repository.write("greeting.txt", "hello\n")
    try shop.repository.git("add", "greeting.txt")
    let screen = try shop.git("commit", "--quiet", "--message", "Greet")
    #expect(screen.status == 0 && screen.error == "", "\(screen)")
  }

  @Test func `--no-verify passes by the guard`() throws {
    let shop = try guarded()
    try shop.repository.git("add", "--force", ".secrets/key")
    #expect(try shop.git("commit", "--quiet", "--no-verify", "--message", "Oh no").status == 0)
    #expect(try shop.git("push", "--quiet", "origin", "master").status == 1)
    #expect(try shop.git("push", "--quiet", "--no-verify", "origin", "master").status == 0)
  }

  @Test func `The contents are known with other ends of lines, and moved`() throws {
    let shop = try guarded("secrets: [.secrets/, .env]")
    try shop.repository.write(".env", "A=canary-one\r\nB=canary-two\r\n")
    for contents in ["A=canary-one\nB=canary-two\n", "A=canary-one\r\nB=canary-two\r\n"] {
      try shop.repository.write("copy", contents)
      try shop.repository.git("add", "copy")
      let screen = try shop.git("commit", "--message", "Copy")
      #expect(screen.error.contains("copy  (contents of '.env', line 3 of .git-eb.yml)"))
      #expect(screen.status == 1)
      #expect(!screen.description.contains("canary-one"))
    }
    // Moved from one place to another, where the first is committed already.
    try shop.repository.git("commit", "--quiet", "--no-verify", "--message", "Copy")
    try shop.repository.git("mv", "copy", "moved")
    let screen = try shop.git("commit", "--message", "Move")
    #expect(screen.error.contains("moved  (contents of '.env', line 3 of .git-eb.yml)"))
  }

  @Test func `Every way of listing is known, of every environment`() throws {
    let shop = try guarded(
      """
      secrets:
        - {from: ~/keys/prod.env, to: conf/app.env, environments: [production]}
        - {run: [cat, /dev/null], to: conf/token}
      environments:
        dev: {secrets: [./.env.dev]}
      """)
    try FileManager.default.createDirectory(
      atPath: "\(shop.repository.home)/keys", withIntermediateDirectories: true)
    try Data("PASSWORD=canary-of-home\n".utf8).write(
      to: URL(filePath: "\(shop.repository.home)/keys/prod.env"))
    for (path, contents, line) in [
      ("conf/app.env", "anything at all", 4), ("conf/token", "anything", 5), (".env.dev", "A=1", 7),
    ] {
      try shop.repository.write(path, contents)
      try shop.repository.git("add", path)
      let screen = try shop.git("commit", "--message", "Add")
      #expect(screen.error.contains("  \(path)  (listed on line \(line) of .git-eb.yml)\n"))
      try shop.repository.git("rm", "--quiet", "--cached", path)
    }
    try shop.repository.write("copy", "PASSWORD=canary-of-home\n")
    try shop.repository.git("add", "copy")
    let screen = try shop.git("commit", "--message", "Add")
    #expect(
      screen.error.contains("  copy  (contents of '~/keys/prod.env', line 4 of .git-eb.yml)\n"))
    #expect(screen.status == 1)
  }

  @Test func `What is no secret passes`() throws {
    let shop = try guarded("secrets: [.secrets/, .env]")
    try shop.repository.write(".env", "A=1\n")
    // A placeholder, contents that are too short to tell, names that only begin alike.
    try shop.repository.write(".secrets/.gitignore", "*\n")
    try shop.repository.write(".secrets/empty", "")
    try shop.repository.write("copy", "A=1\n")
    try shop.repository.write("empty", "")
    try shop.repository.write(".env.example", "A=\n")
    try shop.repository.write(".secretsx", "x\n")
    try shop.repository.git(
      "add", "--force", ".secrets/.gitignore", "copy", "empty", ".env.example")
    try shop.repository.git("add", "--force", ".secretsx")
    // Told to git, but without contents.
    try shop.repository.git("add", "--force", "--intent-to-add", ".secrets/key")
    let screen = try shop.git("commit", "--quiet", "--message", "Fine")
    #expect(screen.status == 0 && screen.error == "", "\(screen)")
    #expect(try shop.git("ls-tree", "-r", "--name-only", "HEAD").output.contains(".env.example"))
  }

  @Test func `A commit of some files, and of all that changed, is looked at as it will be`() throws
  {
    let shop = try guarded()
    try shop.repository.write("greeting.txt", Shop.secret + "\n")
    let words = "greeting.txt  (contents of '.secrets/key', line 3 of .git-eb.yml)"
    for arguments in [
      ["--all"], ["--", "greeting.txt"], ["--only", "greeting.txt"], ["--include", "greeting.txt"],
    ] {
      let screen = try shop.command(["git", "commit", "--message", "Oh no"] + arguments)
      #expect(screen.error.contains(words), "\(arguments): \(screen)")
      #expect(screen.status == 1)
    }
    // Beside what is staged a part is committed, which holds no secret.
    try shop.repository.git("add", "greeting.txt")
    try shop.repository.write("app.py", "print()\n")
    #expect(try shop.git("commit", "--quiet", "-m", "Print", "--", "app.py").status == 0)
    #expect(try shop.git("commit", "--message", "Oh no").status == 1)
    // In a directory below, too.
    try shop.repository.write("below/x", "x\n")
    try shop.repository.git("add", "below")
    #expect(
      try shop.git("commit", "-m", "Oh no", in: "\(shop.path)/below").error.contains(words))
  }

  @Test func `The first commit of all is looked at`() throws {
    let workplace = try Workplace()
    try workplace.repository.write(".git-eb.yml", "application: shop\nsecrets: [key]\n")
    try workplace.repository.write("key", "canary-of-the-first\n")
    #expect(try workplace.eb("guard", "install").status == 0)
    try workplace.repository.git("add", "--all")
    expect(
      try workplace.git("commit", "--message", "First"),
      """
      ! error: 1 file with a secret would be committed
      !   key  (listed on line 2 of .git-eb.yml)
      ! hint: git rm --cached -- 'key'
      ! hint: git commit --no-verify commits all the same
      [1]
      """)
    #expect(try workplace.eb("guard", "scan").output == "no secret in 0 commits\n")
  }

  @Test func `An amended commit without the secret passes, and a merge that only brings it too`()
    throws
  {
    let shop = try guarded()
    try shop.repository.git("switch", "--quiet", "--create", "topic")
    try shop.repository.git("add", "--force", ".secrets/key")
    try shop.repository.write("greeting.txt", "topic\n")
    try shop.repository.git("commit", "--quiet", "--no-verify", "-a", "-m", "Topic")
    try shop.repository.git("rm", "--quiet", "--cached", ".secrets/key")
    #expect(try shop.git("commit", "--quiet", "--amend", "--no-edit").status == 0)
    try shop.repository.git("add", "--force", ".secrets/key")
    #expect(try shop.git("commit", "--quiet", "--amend", "--no-edit").status == 1)
    try shop.repository.git("commit", "--quiet", "--no-verify", "--amend", "--no-edit")
    // Theirs is there already: a merge in conflict adds only what it resolves to.
    try shop.repository.git("switch", "--quiet", "--force", "master")
    try shop.repository.write(".secrets/key", Shop.secret + "\n")
    try shop.repository.write("greeting.txt", "master\n")
    #expect(try shop.git("commit", "--quiet", "-a", "-m", "Master").status == 0)
    try shop.repository.remove(".secrets/key")
    #expect(try shop.git("merge", "topic").status == 1)
    try shop.repository.write("greeting.txt", "both\n")
    try shop.repository.git("add", "greeting.txt")
    try shop.repository.write("copy", Shop.secret + "\n")
    try shop.repository.git("add", "copy")
    let screen = try shop.git("commit", "--no-edit")
    #expect(screen.error.contains("error: 1 file with a secret would be committed\n  copy  "))
    try shop.repository.git("rm", "--quiet", "--cached", "copy")
    #expect(try shop.git("commit", "--quiet", "--no-edit").status == 0)
  }

  @Test func `Hooks are those of all work trees, and the main one's secrets are known`() throws {
    let shop = try guarded()
    let other = "\(shop.base)/other tree"
    try shop.repository.git("worktree", "add", "--quiet", "-b", "topic", other)
    try Data((Shop.secret + "\n").utf8).write(to: URL(filePath: "\(other)/copy"))
    #expect(try shop.git("add", "copy", in: other).status == 0)
    let before = try shop.head(in: other)
    let screen = try shop.git("commit", "-m", "Oh no", in: other)
    #expect(screen.error.contains("copy  (contents of '.secrets/key', "), "\(screen)")
    #expect(try shop.head(in: other) == before)
    #expect(try shop.eb("guard", "status", in: other).status == 0)
    #expect(try shop.eb("guard", "remove", in: other).output == "the guard is removed\n")
    #expect(try shop.eb("guard").status == 1)
  }

  @Test func `A branch from before the configuration is guarded as well`() throws {
    let shop = try Workplace()
    try shop.repository.write("a", "a\n")
    try shop.repository.commit("Before")
    try shop.repository.git("branch", "old")
    try Shop.write(to: shop.repository, configuration: Shop.configuration)
    try shop.repository.commit("Open the shop")
    #expect(try shop.eb("guard", "install").status == 0)
    try shop.repository.git("switch", "--quiet", "old")
    // git does not ignore it there.
    try shop.repository.git("add", "--all")
    let screen = try shop.git("commit", "--message", "All of it")
    #expect(screen.error.contains("  .secrets/key  (listed on line 8 of "), "\(screen)")
    #expect(screen.status == 1)
    // And a rule that goes with the same commit is still one.
    try shop.repository.git("switch", "--quiet", "--force", "master")
    try shop.repository.write(".secrets/key", Shop.secret + "\n")
    try shop.repository.write(".git-eb.yml", "application: shop\n")
    try shop.repository.git("add", "--force", ".secrets/key")
    #expect(try shop.git("commit", "--all", "--message", "Unlist").status == 1)
  }

  @Test func `Odd names are shown so that they cannot drive the terminal`() throws {
    let shop = try guarded("secrets: [\"top secret/\"]")
    try shop.repository.write("top secret/a\nb\u{1b}[1m", "canary-of-the-odd\n")
    try shop.repository.write("schöne Grüße", "canary-of-the-odd\n")
    try shop.repository.git("add", "--all")
    let screen = try shop.git("commit", "--message", "Odd")
    #expect(screen.error.contains("  top secret/a\\nb\\33[1m  (listed on line 3 of .git-eb.yml)\n"))
    #expect(
      screen.error.contains("  schöne Grüße           (contents of 'top secret/a\\nb\\33[1m', "),
      "\(screen)")
    #expect(try shop.git("commit", "--quiet", "--no-verify", "-m", "Odd").status == 0)
    let scan = try shop.eb("guard", "scan", "--json").json(ScanAnswer.self)
    #expect(scan.findings.map(\.path) == ["schöne Grüße", "top secret/a\nb\u{1b}[1m"])
  }

  @Test func `A guard that cannot look refuses, and says how to go on`() throws {
    let shop = try guarded()
    try shop.repository.write(".git-eb.yml", "secrets: [.secrets/]\npusch: {}\n")
    try shop.repository.write("a", "a\n")
    try shop.repository.git("add", "a")
    expect(
      try shop.git("commit", "--message", "A"),
      """
      ! error: .git-eb.yml:2:1: unknown key 'pusch'
      ! hint: did you mean 'push'?
      ! hint: the guard could not look for secrets; git commit --no-verify goes on without it
      [1]
      """)
    try shop.repository.git("checkout", "--quiet", ".git-eb.yml")
    // git-eb is gone.
    let path = "/usr/bin:/bin"
    expect(
      try shop.command(["git", "commit", "--message", "A"], with: ["PATH": path]),
      """
      ! error: there is no git-eb in PATH, which this repository's guard asks before a commit
      ! hint: git commit --no-verify, or without the guard: rm '<base>/repository/.git/hooks/pre-commit'
      [1]
      """)
    let push = try shop.command(["git", "push", "origin", "master:new"], with: ["PATH": path])
    #expect(push.status == 1)
    #expect(push.error.contains("error: there is no git-eb in PATH"))
    #expect(try shop.git("commit", "--quiet", "--message", "A").status == 0)
  }

  @Test func `A submodule has a guard of its own`() throws {
    let shop = try guarded()
    let module = try Workplace.shop()
    try shop.repository.git(
      "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", module.path, "module")
    #expect(try shop.git("commit", "--quiet", "--message", "Add a module").status == 0)
    let directory = "\(shop.path)/module"
    #expect(try shop.eb("guard", in: directory).status == 1)
    #expect(try shop.eb("guard", "install", in: directory).status == 0)
    try Data("x".utf8).write(to: URL(filePath: "\(directory)/.secrets"))
    #expect(try shop.git("add", "--force", ".secrets", in: directory).status == 0)
    #expect(try shop.git("commit", "--message", "Oh no", in: directory).status == 1)
  }

  @Test func `Beside secrets that are staged for a program it goes on working`() throws {
    let shop = try guarded()
    let master = ["-e", "production", "--", "git"]
    func with(_ arguments: String...) throws -> Screen {
      try shop.command(["git", "eb", "with-secrets"] + master + arguments)
    }
    let commit = try with("commit", "--message", "Oh no")
    #expect(commit.error.contains("error: no commit here: "), "\(commit)")
    let install = try with("eb", "guard", "install")
    #expect(install.error.contains("error: core.hooksPath is set on the command line"))
    #expect(try with("push", "--quiet", "origin", "master:new").status == 0)
    try shop.repository.git("add", "--force", ".secrets/key")
    try shop.repository.git("commit", "--quiet", "--no-verify", "-m", "Add the key")
    try shop.repository.git("rm", "--quiet", "--cached", ".secrets/key")
    let push = try with("push", "--quiet", "origin", "master:new")
    #expect(push.error.contains("  .secrets/key  (listed on line 3"), "\(push)")
    #expect(push.status == 1)
    #expect(try shop.eb("guard").status == 0)
  }

  @Test func `An index that only git reads is read through git`() throws {
    let shop = try guarded()
    try shop.repository.git("update-index", "--split-index")
    try shop.repository.git("add", "--force", ".secrets/key")
    #expect(try shop.git("commit", "--message", "Oh no").error.contains("  .secrets/key  ("))
  }
}

@Suite("The guard before pushes, end to end") struct GuardPushTests {
  @Test func `Each commit that the remote lacks is looked at, also one that was undone`() throws {
    let shop = try guarded()
    try shop.repository.git("add", "--force", ".secrets/key")
    try shop.repository.git("commit", "--quiet", "--no-verify", "-m", "Add the key")
    try shop.repository.git("rm", "--quiet", "--cached", ".secrets/key")
    #expect(try shop.git("commit", "--quiet", "-m", "Take it out").status == 0)
    let screen = try shop.git("push", "--quiet", "origin", "master")
    expect(
      screen,
      """
      ! error: 1 file with a secret would be pushed to 'origin'
      !   <id>  .secrets/key  (listed on line 3 of .git-eb.yml)
      ! hint: git rebase -i <id>^, 'edit' that commit, then: git rm --cached -- '.secrets/key'; \
      git commit --amend --no-edit; git rebase --continue
      ! hint: git filter-repo --invert-paths --path '.secrets/key' takes them out of all commits
      ! hint: git push --no-verify pushes all the same
      ! error: failed to push some refs to '<base>/origin.git'
      [1]
      """)
    let bad = try shop.repository.git("rev-parse", "--short=7", "HEAD~")
    #expect(screen.error.contains("  \(bad)  .secrets/key"))
    #expect(try shop.git("ls-remote", "origin", "master").output.hasPrefix(bad) == false)
    // The first way that it says, as a person would go it.
    try shop.repository.git(
      ["rebase", "--quiet", "-i", "\(bad)^"],
      environment: ["GIT_SEQUENCE_EDITOR": "sed -i '1s/^pick/edit/'"])
    try shop.repository.git("rm", "--quiet", "--cached", "--", ".secrets/key")
    #expect(
      try shop.git("commit", "--quiet", "--allow-empty", "--amend", "--no-edit").status == 0)
    let on = try shop.git("rebase", "--continue")
    if on.status != 0 { try shop.repository.git("rebase", "--skip") }
    #expect(try shop.git("push", "--quiet", "origin", "master").status == 0)
    #expect(FileManager.default.fileExists(atPath: "\(shop.path)/.secrets/key"))
  }

  @Test func `The last commit is amended`() throws {
    let shop = try guarded()
    try shop.repository.git("add", "--force", ".secrets/key")
    try shop.repository.git("commit", "--quiet", "--no-verify", "-m", "Add the key")
    #expect(
      try shop.git("push", "--quiet", "origin", "master:new").error.contains(
        "\nhint: git rm --cached -- '.secrets/key'; git commit --amend --no-edit\n"))
  }

  @Test func `New, forced and deleted branches, tags and all at once`() throws {
    let shop = try guarded()
    let repository = shop.repository
    try repository.git("tag", "v1")
    #expect(try shop.git("push", "--quiet", "origin", "v1", "master:topic").status == 0)
    #expect(try shop.git("push", "--quiet", "origin", ":topic").status == 0)
    #expect(try shop.git("push", "--quiet", "origin", "master").status == 0)
    try repository.write("greeting.txt", "changed\n")
    #expect(try shop.git("commit", "--quiet", "--all", "--amend", "-m", "Anew").status == 0)
    #expect(try shop.git("push", "--quiet", "--force", "origin", "master").status == 0)
    // With a secret nothing of it passes.
    try repository.git("add", "--force", ".secrets/key")
    try repository.git("commit", "--quiet", "--no-verify", "--message", "Add the key")
    try repository.git("tag", "--annotate", "--message", "v2", "v2")
    try repository.git("branch", "clean", "HEAD~")
    for arguments in [
      ["master:new"], ["v2"], ["--force", "master"], ["--tags"], ["--all"], ["--mirror"],
      ["clean", "v2"],
    ] {
      let screen = try shop.command(["git", "push", "--quiet", "origin"] + arguments)
      #expect(screen.error.contains("  .secrets/key  (listed on"), "\(arguments): \(screen)")
      #expect(screen.status == 1)
    }
    #expect(try shop.git("push", "--quiet", "origin", "clean").status == 0)
    #expect(try shop.git("ls-remote", "--heads", "--tags", "origin").output.contains("v2") == false)
    // A tag of a tree and of a file.
    try repository.git("tag", "tree", "master^{tree}")
    #expect(try shop.git("push", "--quiet", "origin", "tree").status == 1)
    try repository.git("tag", "file", "master:.secrets/key")
    let file = try shop.git("push", "--quiet", "origin", "file")
    #expect(file.error.contains("  a blob  (contents of '.secrets/key', line 3 of"), "\(file)")
  }

  @Test func `What the remote has is no news, and another remote has not`() throws {
    let shop = try guarded()
    try shop.repository.git("add", "--force", ".secrets/key")
    try shop.repository.git("commit", "--quiet", "--no-verify", "-m", "Add the key")
    try shop.repository.git("push", "--quiet", "--no-verify", "origin", "master")
    try shop.repository.write("a", "a\n")
    try shop.repository.git("add", "a")
    #expect(try shop.git("commit", "--quiet", "-m", "A").status == 0)
    #expect(try shop.git("push", "--quiet", "origin", "master").status == 0)
    // By its address it is the same remote.
    #expect(try shop.git("push", "--quiet", "\(shop.base)/origin.git", "master:b").status == 0)
    try shop.repository.git("init", "--quiet", "--bare", "\(shop.base)/other.git")
    #expect(try shop.git("push", "--quiet", "\(shop.base)/other.git", "master").status == 1)
    try shop.repository.git("remote", "add", "other", "\(shop.base)/other.git")
    #expect(try shop.git("push", "--quiet", "other", "master").status == 1)
  }

  @Test func `A merge that adds a secret itself is found, and a side branch's commit is named`()
    throws
  {
    let shop = try guarded()
    let repository = shop.repository
    try repository.git("switch", "--quiet", "--create", "topic")
    try repository.write("side", Shop.secret + "\n")
    try repository.git("add", "side")
    try repository.git("commit", "--quiet", "--no-verify", "-m", "Side")
    let side = try repository.git("rev-parse", "HEAD")
    try repository.git("switch", "--quiet", "master")
    try repository.write("a", "a\n")
    try repository.git("add", "a")
    #expect(try shop.git("commit", "--quiet", "-m", "A").status == 0)
    try repository.git("merge", "--quiet", "--no-commit", "topic")
    try repository.git("add", "--force", ".secrets/key")
    try repository.git("commit", "--quiet", "--no-verify", "-m", "Merge")
    let merge = try repository.git("rev-parse", "HEAD")
    let answer = try shop.eb("guard", "scan", "--json").json(ScanAnswer.self)
    #expect(answer.findings.map(\.commit) == [side, merge])
    #expect(answer.findings.map(\.path) == ["side", ".secrets/key"])
    #expect(answer.findings.map(\.match) == ["contents", "place"])
    #expect(answer.findings.map(\.subject) == ["Side", "Merge"])
    let push = try shop.git("push", "origin", "master")
    #expect(push.error.contains("error: 2 files with secrets would be pushed to 'origin'\n"))
    #expect(push.status == 1)
  }

  @Test func `An object that stands for another does not hide it`() throws {
    let shop = try guarded()
    try shop.repository.git("add", "--force", ".secrets/key")
    try shop.repository.git("commit", "--quiet", "--no-verify", "-m", "Add the key")
    try shop.repository.git("replace", "HEAD", "HEAD~")
    #expect(try shop.git("push", "--quiet", "origin", "master").status == 1)
  }
}

@Suite("Secrets in history, end to end") struct GuardScanTests {
  @Test func `Branches, tags and ranges are looked through`() throws {
    let shop = try guarded()
    let repository = shop.repository
    #expect(try shop.eb("guard", "scan").output == "no secret in 1 commit\n")
    try repository.git("switch", "--quiet", "--create", "topic")
    try repository.git("add", "--force", ".secrets/key")
    try repository.git("commit", "--quiet", "--no-verify", "-m", "Add the key")
    try repository.git("push", "--quiet", "--no-verify", "origin", "topic")
    try repository.git("switch", "--quiet", "--force", "master")
    expect(
      try shop.eb("guard", "scan"),
      """
      <id>  .secrets/key  (listed on line 3 of .git-eb.yml, on a remote)
      ! hint: git rebase -i <id>^, 'edit' that commit, then: git rm --cached -- '.secrets/key'; \
      git commit --amend --no-edit; git rebase --continue
      ! hint: git filter-repo --invert-paths --path '.secrets/key' takes them out of all commits
      ! hint: what a remote has is known to others: change that secret
      [1]
      """)
    #expect(try shop.eb("guard", "scan", "master").output == "no secret in 1 commit\n")
    #expect(try shop.eb("guard", "scan", "--json", "master..topic").status == 1)
    let answer = try shop.eb("guard", "scan", "--json", "topic").json(ScanAnswer.self)
    #expect(answer.commits == 2)
    #expect(answer.findings.map(\.published) == [true])
    #expect(answer.findings.map(\.secret) == [".secrets/"])
    try repository.git("branch", "--quiet", "--delete", "--force", "topic")
    #expect(try shop.eb("guard", "scan").status == 0)
    #expect(try shop.eb("guard", "scan", "--all").status == 1)
    expect(
      try shop.eb("guard", "scan", "master..nowhere"),
      """
      ! error: 'nowhere' is no commit here
      ! hint: git fetch
      [2]
      """)
    #expect(try shop.eb("guard", "scan", "--all", "master").status == 64)
    #expect(try shop.eb("guard", "status", "master").status == 64)
    #expect(try shop.eb("guard", "guess").status == 64)
  }

  @Test func `A bare repository is looked through, and has no guard`() throws {
    let shop = try guarded()
    try shop.repository.git("add", "--force", ".secrets/key")
    try shop.repository.git("commit", "--quiet", "--no-verify", "-m", "Add the key")
    try shop.repository.git("push", "--quiet", "--no-verify", "origin", "master")
    let bare = "\(shop.base)/origin.git"
    let scan = try shop.eb("guard", "scan", in: bare)
    #expect(scan.output.contains("  .secrets/key  (listed on line 3 of "), "\(scan)")
    expect(
      try shop.eb("guard", "install", in: bare),
      """
      ! error: this repository is bare: nothing is committed in it
      ! hint: git eb guard scan looks through its history
      [2]
      """)
    #expect(try shop.eb("guard", "remove", in: bare).output == "the guard is not installed\n")
  }

  @Test func `Five thousand commits are looked through`() throws {
    let shop = try guarded()
    let program = """
      import subprocess, sys

      lines = []
      for number in range(5000):
          lines.append("commit refs/heads/master")
          lines.append(f"committer a <a@b> {1700000000 + number} +0000")
          lines.append("data 1\\nx")
          if number == 0:
              lines.append("from refs/heads/master^0")
          for file in range(3):
              name = f"d{(number + file) % 50}/f{number * 7 % 300}"
              text = f"{number} {file}"
              lines.append(f"M 100644 inline {name}\\ndata {len(text)}\\n{text}")
      subprocess.run(
          ["git", "fast-import", "--quiet"], input="\\n".join(lines) + "\\n", text=True, check=True)
      """
    try shop.python(program)
    let start = Date()
    let screen = try shop.eb("guard", "scan")
    let seconds = Date().timeIntervalSince(start)
    #expect(screen.output == "no secret in 5001 commits\n")
    print("git eb guard scan: 5001 commits in \(Int(seconds * 1000)) ms")
  }
}
