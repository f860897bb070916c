import Foundation
import Git
import TestSupport
import Testing

/// What git itself says about where it is.
private func git(
  _ fixture: GitFixture, in directory: String, _ options: [String],
  environment: [String: String] = [:]
) throws -> [String] {
  try fixture.git(["rev-parse"] + options, in: directory, environment: environment)
    .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}

private func expectAgreement(
  _ fixture: GitFixture, in directory: String, environment: [String: String] = [:],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let repository = try fixture.open(directory, environment: environment)
  let paths = try git(
    fixture, in: directory, ["--path-format=absolute", "--git-dir", "--git-common-dir"],
    environment: environment)
  #expect(
    [repository.gitDirectory, repository.commonDirectory] == paths, sourceLocation: sourceLocation)
  let top = try? git(
    fixture, in: directory, ["--path-format=absolute", "--show-toplevel"], environment: environment)
  #expect(repository.workTree == top?.first, sourceLocation: sourceLocation)
  if top != nil {
    let prefix = try git(fixture, in: directory, ["--show-prefix"], environment: environment)[0]
    #expect(
      repository.prefix == (prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix),
      sourceLocation: sourceLocation)
  }
}

@Suite struct DiscoveryTests {
  @Test func `a repository is found from its top and from below`() throws {
    let fixture = try GitFixture()
    try fixture.write("sub/directory/file", "x")
    for place in ["", "/sub", "/sub/directory", "/.git"] {
      try expectAgreement(fixture, in: fixture.path + place)
    }
    let repository = try fixture.open("sub/directory")
    #expect(repository.prefix == "sub/directory")
    #expect(repository.workTree == fixture.path)
    #expect(repository.indexPath == "\(fixture.path)/.git/index")
    #expect(!repository.isBare)
    #expect(try repository.head() == .unborn(#require(BranchName("master"))))
  }

  @Test func `through a symbolic link the real place is found`() throws {
    let fixture = try GitFixture()
    try fixture.write("sub/file", "x")
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.base)/link", withDestinationPath: "\(fixture.path)/sub")
    let repository = try fixture.open("\(fixture.base)/link")
    #expect(repository.workTree == fixture.path)
    #expect(repository.prefix == "sub")
  }

  @Test func `a bare repository has no work tree`() throws {
    let fixture = try GitFixture()
    try fixture.write("file", "x")
    let commit = try fixture.commit()
    try fixture.git("clone", "--quiet", "--bare", ".", "../bare.git")
    for place in ["bare.git", "bare.git/refs"] {
      try expectAgreement(fixture, in: "\(fixture.base)/\(place)")
    }
    let repository = try fixture.open("\(fixture.base)/bare.git")
    #expect(repository.isBare)
    #expect(try repository.head().commit?.hex == commit)
    #expect(code { _ = try repository.workTreeFiles() } == .noWorkTree)
    #expect(code { _ = try repository.status() } == nil)
  }

  @Test func `a linked work tree has its own HEAD and index`() throws {
    let fixture = try GitFixture()
    try fixture.write("file", "x")
    let commit = try fixture.commit()
    try fixture.git("worktree", "add", "--quiet", "-b", "other", "../linked")
    try fixture.git(["config", "core.bare", "true"])
    try fixture.git(
      ["commit", "--quiet", "--allow-empty", "-m", "two"], in: "\(fixture.base)/linked")
    try expectAgreement(fixture, in: "\(fixture.base)/linked")
    let repository = try fixture.open("\(fixture.base)/linked")
    #expect(repository.workTree == "\(fixture.base)/linked")
    #expect(repository.commonDirectory == "\(fixture.path)/.git")
    #expect(repository.indexPath == "\(fixture.path)/.git/worktrees/linked/index")
    let head = try repository.head()
    #expect(head.branch?.text == "other")
    #expect(head.commit?.hex != commit)
    #expect(try repository.indexEntries().count == 1)
    #expect(try repository.isTracked("file"))
    #expect(try repository.status().isClean)
    #expect(try repository.branches().map(\.name.text) == ["master", "other"])
    // The main one is bare now.
    #expect(try fixture.open().isBare)
  }

  @Test func `a submodule is found through its .git file`() throws {
    let library = try GitFixture()
    try library.write("library.txt", "x")
    try library.commit()
    let fixture = try GitFixture()
    try fixture.git(
      "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.path, "vendor/lib")
    try fixture.commit()
    try expectAgreement(fixture, in: "\(fixture.path)/vendor/lib")
    try expectAgreement(fixture, in: "\(fixture.path)/.git/modules/vendor/lib")
    let submodule = try fixture.open("vendor/lib")
    #expect(submodule.workTree == "\(fixture.path)/vendor/lib")
    #expect(submodule.gitDirectory == "\(fixture.path)/.git/modules/vendor/lib")
  }

  @Test func `core.worktree and --separate-git-dir are followed`() throws {
    let fixture = try GitFixture()
    try fixture.write("file", "x")
    try fixture.commit()
    try fixture.write("../elsewhere/sub/x", "x")
    try fixture.git("config", "core.worktree", "../../elsewhere")
    try expectAgreement(fixture, in: fixture.path)
    try expectAgreement(
      fixture, in: "\(fixture.base)/elsewhere/sub",
      environment: ["GIT_DIR": "../../repository/.git"])
    try fixture.git("config", "--unset", "core.worktree")
    try fixture.git("init", "--quiet", "--separate-git-dir", "../separate")
    try expectAgreement(fixture, in: fixture.path)
    #expect(try fixture.open().gitDirectory == "\(fixture.base)/separate")
  }

  @Test func `the environment's places win`() throws {
    let fixture = try GitFixture()
    try fixture.write("sub/file", "x")
    try fixture.commit()
    let other = try GitFixture()
    try other.write("b/c/file", "y")
    try other.commit()
    for environment in [
      ["GIT_DIR": "\(other.path)/.git"],
      ["GIT_DIR": "\(other.path)/.git", "GIT_WORK_TREE": other.path],
      ["GIT_DIR": ".git", "GIT_WORK_TREE": "sub"],
      ["GIT_WORK_TREE": "\(fixture.path)/sub"],
      ["GIT_DIR": "\(other.path)/.git", "GIT_WORK_TREE": "\(fixture.path)/sub"],
    ] {
      try expectAgreement(fixture, in: fixture.path, environment: environment)
    }
    try expectAgreement(
      fixture, in: "\(fixture.path)/sub",
      environment: ["GIT_DIR": "\(other.path)/.git", "GIT_WORK_TREE": fixture.path])
    #expect(
      try fixture.open(environment: ["GIT_DIR": "\(other.path)/.git"]).head().commit
        == other.id("HEAD"))
    #expect(code { _ = try fixture.open(environment: ["GIT_DIR": "sub"]) } == .notARepository)
  }

  @Test func `another index is read where GIT_INDEX_FILE says, from the top of the work tree`()
    throws
  {
    let fixture = try GitFixture()
    try fixture.write("file", "x")
    try fixture.write("sub/file", "x")
    try fixture.commit()
    try fixture.git(["read-tree", "HEAD:sub"], environment: ["GIT_INDEX_FILE": "other-index"])
    for place in ["", "sub"] {
      let repository = try fixture.open(place, environment: ["GIT_INDEX_FILE": "other-index"])
      #expect(repository.indexPath == "\(fixture.path)/other-index")
      #expect(try text(repository.indexEntries().map(\.path)) == ["file"])
      #expect(try !repository.isTracked("sub/file"))
    }
    let none = try fixture.open(environment: ["GIT_INDEX_FILE": "no-such-index"])
    #expect(try none.indexEntries().isEmpty)
  }

  @Test func `objects are read from the environment's directories too`() throws {
    let fixture = try GitFixture()
    try fixture.write("file", "x")
    try fixture.commit()
    let objects = "\(fixture.base)/objects dir"
    try FileManager.default.createDirectory(atPath: objects, withIntermediateDirectories: true)
    let separate = [
      "GIT_OBJECT_DIRECTORY": objects,
      "GIT_ALTERNATE_OBJECT_DIRECTORIES": "\"\(fixture.path)/.git/objec\\164s\"",
    ]
    let blob = try fixture.git(
      ["hash-object", "-w", "--stdin"], environment: separate, input: "secret")
    let id = try #require(ObjectID(hex: blob))
    #expect(try !fixture.open().contains(id))
    let repository = try fixture.open(environment: separate)
    #expect(repository.contains(id))
    #expect(repository.contains(try fixture.id("HEAD")))
    #expect(try BlobReader(repository.location).contents(of: id) == Array("secret".utf8))
    #expect(try repository.resolve("HEAD")?.commit == fixture.id("HEAD"))
  }

  @Test func `the search stops at a ceiling and at the root`() throws {
    let fixture = try GitFixture()
    try fixture.write("a/b/file", "x")
    let below = "\(fixture.path)/a/b"
    for (ceiling, isFound) in [
      ("\(fixture.path)/a", false), (fixture.path, false), (fixture.base, true), (below, true),
      (":\(fixture.path)", false), ("relative/path", true), ("", true),
    ] {
      let environment = ["GIT_CEILING_DIRECTORIES": ceiling]
      let git = try? fixture.git(["rev-parse", "--git-dir"], in: below, environment: environment)
      #expect((git != nil) == isFound, "\(ceiling)")
      let ours = code { _ = try fixture.open(below, environment: environment) }
      #expect(ours == (isFound ? nil : .notARepository), "\(ceiling)")
    }
    #expect(code { _ = try fixture.open("/") } == .notARepository)
    #expect(code { _ = try fixture.open("/no/such/place") } == .notFound)
  }

  @Test func `a broken .git is an error and no reason to look further up`() throws {
    let fixture = try GitFixture()
    for contents in ["nonsense", "gitdir: ", "gitdir: /no/such/place\n"] {
      try fixture.write("inner/.git", contents)
      #expect(throws: ShellError.self) {
        try fixture.git(["rev-parse"], in: "\(fixture.path)/inner")
      }
      #expect(code { _ = try fixture.open("inner") } == .notARepository, "\(contents)")
    }
    try fixture.remove("inner/.git")
    try fixture.write("inner/.git/config", "")
    #expect(try fixture.open("inner").workTree == fixture.path)
  }

  @Test(.enabled(if: geteuid() == 0))
  func `somebody else's repository is refused unless it is safe`() throws {
    let fixture = try GitFixture()
    try fixture.write("file", "x")
    try fixture.commit()
    try setOwner(of: fixture.path, to: 12345)
    #expect(throws: ShellError.self) { try fixture.git("rev-parse", "HEAD") }
    do {
      _ = try fixture.open()
      Issue.record("it was opened")
    } catch {
      #expect(error.code == .dubiousOwnership)
      #expect(error.subject == fixture.path)
    }
    let allowing: [[String: String]] = [
      ["SUDO_UID": "12345"],
      ["GIT_CONFIG_PARAMETERS": "'safe.directory'='*'"],
      ["GIT_CONFIG_PARAMETERS": "'safe.directory=\(fixture.path)'"],
      ["GIT_DIR": "\(fixture.path)/.git"],
    ]
    for environment in allowing {
      _ = try fixture.git(["rev-parse", "HEAD"], environment: environment)
      #expect(code { _ = try fixture.open(environment: environment) } == nil, "\(environment)")
    }
    let refusing: [[String: String]] = [
      ["SUDO_UID": "54321"],
      ["GIT_CONFIG_PARAMETERS": "'safe.directory'='*' 'safe.directory'=''"],
      ["GIT_CONFIG_PARAMETERS": "'safe.directory'='/elsewhere'"],
    ]
    for environment in refusing {
      #expect(throws: ShellError.self) {
        try fixture.git(["rev-parse", "HEAD"], environment: environment)
      }
      #expect(
        code { _ = try fixture.open(environment: environment) } == .dubiousOwnership,
        "\(environment)")
    }
    // The repository cannot speak for itself, the user's own file can.
    try setOwner(of: fixture.path, to: 0)
    try fixture.git("config", "safe.directory", "*")
    try setOwner(of: fixture.path, to: 12345)
    #expect(code { _ = try fixture.open() } == .dubiousOwnership)
    try fixture.write(
      "../home/.gitconfig", "[safe]\n\tdirectory = ~/../repository\n\tdirectory = \(fixture.path)\n"
    )
    #expect(code { _ = try fixture.open() } == nil)
  }

  @Test func `a bare repository is refused where the user wants them named`() throws {
    let fixture = try GitFixture(["--bare", "--initial-branch=master"])
    let environment = ["GIT_CONFIG_PARAMETERS": "'safe.bareRepository'='explicit'"]
    #expect(throws: ShellError.self) {
      try fixture.git(["rev-parse", "--git-dir"], environment: environment)
    }
    #expect(code { _ = try fixture.open(environment: environment) } == .bareRepositoryRefused)
    #expect(
      code {
        _ = try fixture.open(environment: environment.merging(["GIT_DIR": fixture.path]) { $1 })
      } == nil)
  }

  @Test func `other formats are told by name`() throws {
    let hash = try GitFixture(["--object-format=sha256", "--initial-branch=master"])
    try hash.write("file", "x")
    try hash.commit()
    do {
      _ = try hash.open()
      Issue.record("it was opened")
    } catch {
      #expect(error.code == .unsupportedObjectFormat)
      #expect(error.subject == "sha256")
    }
    for (name, value, expected) in [
      ("refStorage", "reftable", GitError.Code.unsupportedRefStorage),
      ("somethingNew", "x", .unsupportedExtension),
      ("refStorage", "files", nil), ("worktreeConfig", "true", nil),
      ("preciousObjects", "true", nil),
      ("partialClone", "origin", nil), ("noop", "1", nil), ("relativeWorktrees", "true", nil),
      ("objectFormat", "sha1", nil),
    ] {
      let fixture = try GitFixture()
      try fixture.git("config", "core.repositoryFormatVersion", "1")
      try fixture.git("config", "extensions.\(name)", value)
      #expect(code { _ = try fixture.open().head() } == expected, "\(name) \(value)")
    }
    let newer = try GitFixture()
    try newer.git("config", "core.repositoryFormatVersion", "2")
    #expect(code { _ = try newer.open() } == .unsupportedExtension)
  }

  @Test func `a location opens more handles, on any thread`() async throws {
    let fixture = try GitFixture()
    try fixture.write("file", "contents")
    try fixture.commit()
    let repository = try fixture.open()
    #expect(try repository.reopened().head() == repository.head())
    let location = repository.location
    let blob = try fixture.id("HEAD:file")
    let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try BlobReader(location).size(of: blob) + Repository.open(location).indexEntries().count
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sizes == Array(repeating: 9, count: 8))
  }
}
