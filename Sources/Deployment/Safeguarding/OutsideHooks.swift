import CPlatform
import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The hooks that git finds while an outside program has secrets staged: all are git-eb itself, which
/// refuses what would let a secret into a commit or leave a reference to an object that goes away,
/// and then runs the user's own hook.
///
/// They are links to git-eb, since memory-backed storage is often mounted `noexec`: git passes over
/// a script there.
struct OutsideHooks {
  /// What they need to know, beside the private index.
  struct Settings: Codable {
    var environment: String
    var secrets: [String]
    /// The secrets' blobs.
    var ids: [String]
    var isInPlace: Bool
    /// Where objects are that stay.
    var objects: String
    var alternates: String
    /// The user's own hooks.
    var hooks: String
  }

  static let settingsFile = "hooks.json"

  /// Hooks of ours, whether the user has one of that name or not.
  private static let own = ["pre-commit", "pre-merge-commit", "reference-transaction"]

  /// Makes the hooks in `storage`.
  static func install(
    _ settings: Settings, in storage: PrivateStorage, executable: String
  ) throws {
    let file = storage.path + "/" + settingsFile
    try DurableFile.create(
      file, holding: try LocalJSON.bytes(of: settings), mode: 0o600, isSynced: false)
    let existing = ((try? FileSystem.names(in: settings.hooks)) ?? []).filter {
      unsafe !$0.hasSuffix(".sample") && access(settings.hooks + "/" + $0, X_OK) == 0
    }
    for name in Set(existing + own) {
      let path = storage.hooks + "/" + name
      guard unsafe symlink(executable, path) == 0 || errno == EEXIST else {
        throw FileError(operation: "link", path: path, errno: errno)
      }
    }
  }

  /// Where the user's own hooks are.
  static func directory(_ location: Location) throws -> String {
    let output = try ShieldedGit(location).run(
      "find the hooks", ["rev-parse", "--git-path", "hooks"])
    let path = String(decoding: output.prefix { $0 != 0x0a }, as: UTF8.self)
    return path.hasPrefix("/") ? path : (location.workTree ?? location.gitDirectory) + "/" + path
  }
}

/// One run of a hook.
package struct OutsideHook {
  /// Why git must not go on.
  package enum Refusal: Sendable, Equatable {
    case commit
    /// A reference would lead to an object that goes away with the private storage.
    case reference(String)
    /// A reference would lead to a commit that holds secrets.
    case leak(String)
  }

  package struct Refused: Error {
    package var refusal: Refusal
    package var environment: String
    package var secrets: [String]
  }

  private let name: String
  private let storage: String

  /// `nil` unless git-eb was started as a hook of its own private storage.
  package init?(startedAs program: String) {
    let parts = program.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 3, parts[parts.count - 2] == "hooks",
      parts[parts.count - 3].hasPrefix(PrivateDirectory.prefix)
    else { return nil }
    name = String(parts[parts.count - 1])
    storage = parts.dropLast(2).joined(separator: "/")
  }

  /// Gives the exit status; what is refused is thrown. Does not return where the user has a hook of
  /// this name.
  package func run(_ arguments: [String]) throws -> Int32 {
    let file = storage + "/" + OutsideHooks.settingsFile
    guard let bytes = try FileSystem.contents(file, limit: 1 << 24) else {
      throw FileError(operation: "open", path: file, errno: ENOENT)
    }
    let settings = try LocalJSON.value(OutsideHooks.Settings.self, from: bytes)
    func refuse(_ refusal: Refusal) -> Refused {
      Refused(refusal: refusal, environment: settings.environment, secrets: settings.secrets)
    }
    switch name {
    case "pre-commit", "pre-merge-commit": throw refuse(.commit)
    case "reference-transaction":
      let input = try FileSystem.standardInput()
      if arguments.first == "prepared", let refusal = try Self.check(input, settings) {
        throw refuse(refusal)
      }
      try giveBack(input)
    default: break
    }
    return try Self.replace(with: settings.hooks + "/" + name, arguments)
  }

  /// What a transaction would do: the old value, the new value and the reference, on each line.
  private static func check(
    _ input: [UInt8], _ settings: OutsideHooks.Settings
  ) throws -> Refusal? {
    var references: [String: String] = [:]
    for line in input.split(separator: 0x0a) {
      let parts = line.split(separator: 0x20, maxSplits: 2)
      guard parts.count == 3 else { continue }
      let id = String(decoding: parts[1], as: UTF8.self)
      // Not a deletion, nor one reference that points to another.
      guard ObjectID(hex: id) != nil, id.contains(where: { $0 != "0" }) else { continue }
      references[id] = String(decoding: parts[2], as: UTF8.self)
    }
    guard !references.isEmpty else { return nil }
    if settings.isInPlace {
      let output = try git(["rev-list", "--objects", "--stdin", "--not", "--all"], references, [:])
      let ids = Set(settings.ids)
      let leaks = output.split(separator: 0x0a).contains {
        ids.contains(String(decoding: $0.prefix(40), as: UTF8.self))
      }
      return leaks ? .leak(references.values.sorted().first ?? "") : nil
    }
    let output = try git(
      ["cat-file", "--batch-check"], references,
      [
        "GIT_OBJECT_DIRECTORY": settings.objects,
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": settings.alternates,
        // A partial clone would ask its remote for what was made here.
        "GIT_NO_LAZY_FETCH": "1",
      ])
    for line in output.split(separator: 0x0a) where line.ends(with: " missing".utf8) {
      let id = String(decoding: line.prefix(40), as: UTF8.self)
      if let reference = references[id] { return .reference(reference) }
    }
    return nil
  }

  private static func git(
    _ arguments: [String], _ ids: [String: String], _ variables: [String: String]
  ) throws -> [UInt8] {
    let lines = Array((ids.keys.sorted().joined(separator: "\n") + "\n").utf8)
    let result = try unsafe lines.withUnsafeBytes {
      try unsafe ShieldedProgram.run(
        ["git"] + arguments, input: $0, directory: nil,
        environment: ProcessEnvironment.current().merging(variables) { $1 })
    }
    guard result.ending == .exited(0) else {
      throw SourceError.git(operation: "look at the objects", reason: "git \(result.ending.text)")
    }
    return result.output
  }

  /// Makes the input readable once more, for the user's own hook.
  private func giveBack(_ input: [UInt8]) throws {
    let path = "\(storage)/input-\(getpid())"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(operation: "create", path: path, errno: errno) }
    defer { close(descriptor) }
    _ = unsafe unlink(path)
    guard LocalStorage.writeAll(input[...], to: descriptor), lseek(descriptor, 0, SEEK_SET) == 0,
      dup2(descriptor, STDIN_FILENO) == STDIN_FILENO
    else { throw FileError(operation: "write", path: path, errno: errno) }
  }

  /// Becomes the user's hook; 0 where there is none.
  private static func replace(with hook: String, _ arguments: [String]) throws(FileError) -> Int32 {
    guard unsafe access(hook, X_OK) == 0 else { return 0 }
    let words = CStrings([hook] + arguments)
    platform_restore_signals()
    // Whoever has just written it may have it open for an instant more.
    for _ in 0..<20 {
      unsafe execvp(hook, words.pointer)
      guard errno == ETXTBSY else { break }
      usleep(10_000)
    }
    throw FileError(operation: "run", path: hook, errno: errno)
  }
}

extension Sequence<UInt8> where Self: BidirectionalCollection {
  fileprivate func ends(with end: some BidirectionalCollection<UInt8>) -> Bool {
    reversed().starts(with: end.reversed())
  }
}
