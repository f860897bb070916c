package import Git

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The hooks that call the guard.
///
/// Where git finds none of that name in the repository's own `hooks`, they are put there. Everywhere
/// else a hook that is there stays where it is, byte for byte, since many go by their own path; and
/// a directory that is tracked, or the user's for all repositories, is not written to. A directory of
/// the guard's own becomes `core.hooksPath` then, and its hooks call those of the directory before.
package struct GuardHooks {
  package enum State: Sendable, Equatable {
    case absent
    /// In the directory that git looks into.
    case plain
    /// In the guard's own directory, in front of the hooks of another.
    case chained(to: String)
  }

  package struct Status: Sendable {
    /// Where git looks for hooks.
    package var directory: String
    package var state: State
    /// The hooks that git, or a hook that it finds, will call the guard from.
    package var active: [String]
    /// Hooks of the guard are there, but git looks elsewhere.
    package var isBypassed = false

    package var isComplete: Bool { active == GuardHooks.names }
  }

  package static let names = ["pre-commit", "pre-push"]

  private let repository: Repository
  private let git: GitProgram

  package init(repository: Repository) {
    self.repository = repository
    git = GitProgram(repository.location)
  }

  /// Shared by all work trees, as hooks are.
  private var own: String { repository.commonDirectory + "/git-eb-guard" }
  private var plain: String { repository.commonDirectory + "/hooks" }
  private var previousFile: String { own + "/.previous" }

  // MARK: - Looking

  package func status() async throws -> Status {
    let directory = try await self.directory()
    if isSame(directory, own) {
      let active = Self.names.filter { isGuard(own + "/" + $0) }
      return Status(
        directory: own, state: .chained(to: try previous().directory), active: active)
    }
    // pre-commit.com calls what it found as `<name>.legacy`.
    let active = Self.names.filter { name in
      isGuard("\(directory)/\(name)")
        || (isExecutable("\(directory)/\(name)") && isGuard("\(directory)/\(name).legacy"))
    }
    let isBypassed = active.isEmpty && (exists(own) || !plainHooks().isEmpty)
    return Status(
      directory: directory, state: active.isEmpty ? .absent : .plain, active: active,
      isBypassed: isBypassed)
  }

  /// Where git looks for hooks now.
  private func directory() async throws -> String {
    let output = try await git.run("find the hooks", ["rev-parse", "--git-path", "hooks"])
    let path = String(decoding: output.prefix { $0 != 0x0a }, as: UTF8.self)
    return absolute(path)
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : (repository.workTree ?? repository.gitDirectory) + "/" + path
  }

  // MARK: - Installing

  /// Puts the hooks in place, or brings them up to date.
  package func install() async throws {
    if repository.isBare { throw GuardError.bare }
    let setting = try await setting()
    if setting?.scope == "command" { throw GuardError.hooksFromCommandLine }
    if setting?.scope == "worktree" { throw GuardError.hooksOfWorkTree }
    let directory = try await directory()
    if isSame(directory, own) { return try writeChain(to: try previous().directory) }
    if isInside(directory), Self.names.allSatisfy({ isFree(directory + "/" + $0) }) {
      try FileSystem.makeDirectories(directory, mode: 0o777)
      for name in Self.names {
        let path = directory + "/" + name
        let remedy = "rm \(ShellWords.quoted(path))"
        try write(GuardScript.hook(name, next: nil, remedy: remedy), to: path)
      }
      if exists(own) { try removeChain() }
      return
    }
    // The guard's own from before would be called a second time.
    try removePlain()
    // One that is relative is so in each work tree; one that git expands is taken as it is now.
    let isPlainWord = setting.map { !$0.value.hasPrefix("~") && !$0.value.hasPrefix("%") }
    let next = isPlainWord == true ? setting?.value ?? directory : directory
    try FileSystem.makeDirectories(own, mode: 0o777)
    // Not what an included file says: that one stays as it is.
    let local = setting?.file == repository.commonDirectory + "/config" ? setting?.value : nil
    try write(
      GuardScript.previous(directory: next, setting: local), to: previousFile, isExecutable: false)
    try writeChain(to: next)
    do {
      _ = try await git.run(
        "set core.hooksPath", ["config", "--local", "core.hooksPath", own])
    } catch {
      try removeChain()
      throw error
    }
    guard isSame(try await self.directory(), own) else {
      try await restoreSetting(local)
      try removeChain()
      throw GuardError.hooksSetElsewhere(setting?.file ?? "")
    }
  }

  private struct Setting {
    var value: String
    /// git's word: `system`, `global`, `local`, `worktree` or `command`.
    var scope: String
    var file: String?
  }

  /// What `core.hooksPath` is and which scope decides; `nil` when it is not set.
  private func setting() async throws -> Setting? {
    guard let entry = try repository.configuration()["core.hookspath"], let value = entry.value
    else { return nil }
    let scope = entry.level.rawValue == "xdg" ? "global" : entry.level.rawValue
    return Setting(value: value, scope: scope, file: entry.file)
  }

  /// The guard's hooks, and one for each other that git would find.
  private func writeChain(to next: String) throws {
    let found = (try? FileSystem.names(in: absolute(next))) ?? []
    let others = found.filter {
      !$0.contains(".") && !Self.names.contains($0) && isExecutable(absolute(next) + "/" + $0)
    }
    let remedy =
      try previous().setting.map { "git config core.hooksPath \(ShellWords.quoted($0))" }
      ?? "git config --unset core.hooksPath"
    for name in Self.names {
      try write(GuardScript.hook(name, next: next, remedy: remedy), to: own + "/" + name)
    }
    for name in Set(GuardScript.passedOn + others) {
      try write(GuardScript.passingOn(name, to: next), to: own + "/" + name)
    }
  }

  // MARK: - Removing

  /// Takes the hooks away and leaves what was there before. `false` when there were none.
  package func remove() async throws -> Bool {
    var isChanged = false
    if exists(own) {
      let foreign = try FileSystem.names(in: own).filter {
        $0 != ".previous" && !DraftName.isLike($0) && !isWhole(own + "/" + $0)
      }
      if !foreign.isEmpty { throw GuardError.otherHooks(foreign, directory: own) }
      if isSame(try await directory(), own) { try await restoreSetting(try previous().setting) }
      try removeChain()
      isChanged = true
    }
    return try removePlain() || isChanged
  }

  private func restoreSetting(_ value: String?) async throws {
    let arguments = value.map { ["core.hooksPath", $0] } ?? ["--unset", "core.hooksPath"]
    _ = try await git.run("set core.hooksPath", ["config", "--local"] + arguments)
  }

  private func removeChain() throws {
    FileSystem.removeTree(own)
    if exists(own) { throw FileError(operation: "remove", path: own, errno: EACCES) }
  }

  @discardableResult private func removePlain() throws -> Bool {
    let hooks = plainHooks()
    if let changed = hooks.first(where: { !isWhole($0) }) {
      throw GuardError.changedHook(changed)
    }
    for hook in hooks where unsafe unlink(hook) != 0 && errno != ENOENT {
      throw FileError(operation: "remove", path: hook, errno: errno)
    }
    return !hooks.isEmpty
  }

  private func plainHooks() -> [String] {
    Self.names.flatMap { ["\(plain)/\($0)", "\(plain)/\($0).legacy"] }.filter(isOurs)
  }

  // MARK: - Files

  /// What was in force before the guard's own directory.
  private func previous() throws -> (directory: String, setting: String?) {
    let bytes = try FileSystem.contents(previousFile, limit: 1 << 16) ?? []
    return GuardScript.previous(in: String(decoding: bytes, as: UTF8.self)) ?? (plain, nil)
  }

  private func text(_ path: String) -> String? {
    guard let bytes = try? FileSystem.contents(path, limit: 1 << 16) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func isOurs(_ path: String) -> Bool { text(path).map(GuardScript.isOurs) ?? false }

  private func isWhole(_ path: String) -> Bool { text(path).map(GuardScript.isWhole) ?? false }

  private func isGuard(_ path: String) -> Bool { isOurs(path) && isExecutable(path) }

  private func isExecutable(_ path: String) -> Bool {
    guard let real = FileSystem.realPath(path), let status = try? FileSystem.status(real) else {
      return false
    }
    return unsafe status.isRegular && access(path, X_OK) == 0
  }

  private func exists(_ path: String) -> Bool { (try? FileSystem.status(path)) != nil }

  /// Nothing is there, or a hook of ours as we made it.
  private func isFree(_ path: String) -> Bool { !exists(path) || isWhole(path) }

  private func isSame(_ one: String, _ other: String) -> Bool {
    (FileSystem.realPath(one) ?? one) == (FileSystem.realPath(other) ?? other)
  }

  /// Whether the directory belongs to this repository alone and is nothing that is tracked.
  private func isInside(_ directory: String) -> Bool {
    let real = FileSystem.realPath(directory) ?? directory
    let common = FileSystem.realPath(repository.commonDirectory) ?? repository.commonDirectory
    return real.hasPrefix(common + "/")
  }

  /// Beside its name and then renamed: git never finds half a hook.
  private func write(_ text: String, to path: String, isExecutable: Bool = true) throws {
    if self.text(path) == text, !isExecutable || self.isExecutable(path) { return }
    let draft = DraftName.of(path)
    let descriptor = unsafe open(
      draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isExecutable ? 0o777 : 0o666)
    guard descriptor >= 0 else { throw FileError(operation: "create", path: draft, errno: errno) }
    let isWritten = LocalStorage.writeAll(Array(text.utf8)[...], to: descriptor)
    close(descriptor)
    guard isWritten, unsafe rename(draft, path) == 0 else {
      let error = FileError(operation: "write", path: path, errno: errno)
      _ = unsafe unlink(draft)
      throw error
    }
  }
}
