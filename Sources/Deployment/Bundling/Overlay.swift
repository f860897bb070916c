private import CPlatform
package import Git

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The secrets of one deployment: read from where they lie, kept in memory, laid over the bundle.
///
/// A rule that cannot be followed to the letter is a ``SecretError``; none is skipped.
package struct Overlay: Sendable {
  package let secrets: [Secret]
  /// Where listed secrets lie in the work tree: nothing of that goes in as a file of the source.
  let places: [SecretPlace]

  /// No secrets; those that `places` name stay out as well.
  package init(secrets: [Secret] = [], places: [SecretPlace] = []) {
    self.secrets = secrets
    self.places = places
  }

  package var names: [String] { secrets.map(\.path) }
}

/// Where in the work tree a listed secret lies.
package struct SecretPlace: Sendable {
  /// From the work tree's root, without a slash at the end.
  let path: [UInt8]
  let rule: SecretRule
  /// Whether it is meant for the environment at hand.
  let isForThis: Bool

  func holds(_ other: [UInt8]) -> Bool {
    other.starts(with: path)
      && (other.count == path.count || other[path.count] == UInt8(ascii: "/"))
  }
}

/// A secret that is listed but must not, or cannot, go into this bundle.
package struct SecretError: Error {
  package enum Problem: Equatable, Sendable {
    case missing
    case empty
    case tracked
    /// A link leads out of the repository; the path it ends at.
    case outside(String)
    /// Listed for these environments only, and yet part of what another rule brings in.
    case meantFor([EnvironmentName])
    /// Neither a file nor a directory.
    case notAFile
    case tooLarge(limit: Int)
    case unreadable(reason: String)
    case noWorkTree
    /// Two rules give it the same place in the bundle.
    case placedTwice
    /// Another secret, of this name, is to lie below it.
    case above(String)
    /// Its place is not a path within the bundle.
    case badPlace
    case programFailed(status: String)
    case programTooSlow(seconds: Int)
    case programMissing(reason: String)
    case programGaveNothing
    /// A link leads back to a directory above it.
    case loop
  }

  /// The name of the secret, as listed or as found below a listed directory.
  package var secret: String
  package var problem: Problem
  /// Where it is listed.
  package var origin: Origin
}

/// Reads what the rules list, for one environment.
package struct OverlayReader {
  /// The largest secret, and the most output of a program that makes one.
  package static let sizeLimit = 16 << 20
  /// How long a program may take to make a secret.
  package static let programLimitSeconds = 60

  private let repository: Repository
  private let rules: [SecretRule]
  private let environment: EnvironmentName
  private let home: String?
  /// The directory of the repository that becomes the bundle's root; empty for the whole.
  private let bundleRoot: String
  private let isInterrupted: @Sendable () -> Bool

  /// Also the rules for other environments count: what they name stays out. A rule for this
  /// environment alone wins over one for all.
  package init(
    repository: Repository, configuration: Configuration, environment: EnvironmentName,
    _ surroundings: Surroundings
  ) {
    self.repository = repository
    rules = configuration.allSecrets
    self.environment = environment
    home = surroundings.home
    bundleRoot = configuration.bundle.rootPath
    isInterrupted = surroundings.isInterrupted
  }

  /// Files below listed directories that are not secrets and may well be tracked.
  static let placeholders: Set<String> = [".gitignore", ".gitkeep", ".keep"]

  package func read() async throws -> (overlay: Overlay, unignored: [String]) {
    let applying = rules.filter { $0.applies(to: environment) }
    if applying.isEmpty { return (Overlay(places: places), []) }
    // A crash must not leave secrets in a core file.
    platform_disable_core_dumps()
    let tracked = try await IndexReader(repository: repository).trackedPaths()
    var placed: [String: (secret: Secret, rule: SecretRule)] = [:]
    var unignored: [String] = []
    for rule in applying {
      for secret in try await read(rule) {
        let inside = insideWorkTree(secret.source)
        let real = FileSystem.realPath(secret.source).flatMap(insideWorkTree)
        if let found = [inside, real].compactMap({ $0 }).first(where: {
          isTracked($0, tracked)
        }) {
          throw SecretError(secret: found, problem: .tracked, origin: rule.origin)
        }
        if let other = placed[secret.path], other.rule.isLimited == rule.isLimited {
          throw SecretError(secret: secret.path, problem: .placedTwice, origin: rule.origin)
        } else if placed[secret.path] != nil, !rule.isLimited {
          continue  // The one for this environment is there already, and it wins.
        }
        placed[secret.path] = (secret, rule)
        if let inside, try !repository.isIgnored(inside) { unignored.append(inside) }
      }
    }
    for path in placed.keys {
      for slash in path.indices where path[slash] == "/" {
        guard let other = placed[String(path[..<slash])] else { continue }
        throw SecretError(
          secret: other.secret.path, problem: .above(path), origin: other.rule.origin)
      }
    }
    let secrets = placed.values.map(\.secret).sorted { $0.path < $1.path }
    return (Overlay(secrets: secrets, places: places), Set(unignored).sorted())
  }

  /// Whether git has the path, or a link above it that leads there.
  private func isTracked(_ path: String, _ tracked: Set<[UInt8]>) -> Bool {
    if tracked.contains(Array(path.utf8)) { return true }
    return path.indices.contains { index in
      guard path[index] == "/", tracked.contains(Array(path[..<index].utf8)),
        let workTree = repository.workTree
      else { return false }
      // What lies in a submodule is that repository's affair.
      let status = try? FileSystem.status(workTree + "/" + path[..<index])
      return status?.isSymbolicLink == true
    }
  }

  /// Where the listed secrets of all environments lie in the work tree.
  package var places: [SecretPlace] {
    rules.flatMap { rule -> [SecretPlace] in
      guard let listed = rule.listedPath, let path = try? absolute(listed, rule: rule) else {
        return []
      }
      return Set([path, FileSystem.realPath(path) ?? path].compactMap(insideWorkTree)).map {
        SecretPlace(
          path: Array($0.utf8), rule: rule, isForThis: rule.applies(to: environment))
      }
    }
  }

  /// The same where no secret is wanted: all of them are only kept out.
  package var allPlaces: [SecretPlace] {
    places.map { SecretPlace(path: $0.path, rule: $0.rule, isForThis: true) }
  }

  private func read(_ rule: SecretRule) async throws -> [Secret] {
    switch rule.source {
    case .path(let path):
      return try readPath(path, to: belowRoot(path), rule: rule)
    case .file(let from, let to):
      return try readPath(from, to: to, rule: rule)
    case .run(let arguments, let to):
      return [try await run(arguments, to: to, rule: rule)]
    }
  }

  /// The place of what keeps its own: below the bundle's root without the root.
  private func belowRoot(_ path: String) -> String {
    let path = String(plain(path[...]))
    guard !bundleRoot.isEmpty, path.hasPrefix(bundleRoot + "/") else { return path }
    return String(path.dropFirst(bundleRoot.count + 1))
  }

  // MARK: - Files

  private func readPath(_ listed: String, to place: String, rule: SecretRule) throws -> [Secret] {
    let path = try absolute(listed, rule: rule)
    guard let status = try status(path, name: listed, rule: rule) else {
      throw SecretError(secret: listed, problem: .missing, origin: rule.origin)
    }
    try checkStaysInside(path, listed: listed, rule: rule)
    let target = try bundlePath(place, rule: rule)
    guard status.isDirectory else {
      return [try Self.readFile(path, name: listed, place: target, rule: rule)]
    }
    var secrets: [Secret] = []
    try collect(
      directory: path, above: [], name: withoutSlash(listed), place: target, rule, &secrets)
    if secrets.isEmpty {
      throw SecretError(secret: listed, problem: .empty, origin: rule.origin)
    }
    return secrets
  }

  /// `above` are the real paths of the directories that led here.
  private func collect(
    directory: String, above: [String], name: String, place: String, _ rule: SecretRule,
    _ secrets: inout [Secret]
  ) throws {
    let real = FileSystem.realPath(directory) ?? directory
    if above.contains(real) {
      throw SecretError(secret: name, problem: .loop, origin: rule.origin)
    }
    for child in try FileSystem.names(in: directory) {
      let path = directory + "/" + child
      let childName = name + "/" + child
      if Self.placeholders.contains(child) { continue }
      if isInterrupted() { throw Interrupted() }
      guard let status = try status(path, name: childName, rule: rule) else {
        throw SecretError(secret: childName, problem: .missing, origin: rule.origin)
      }
      try checkStaysInside(path, listed: childName, rule: rule)
      let childPlace = place + "/" + child
      if status.isDirectory {
        try collect(
          directory: path, above: above + [real], name: childName, place: childPlace, rule,
          &secrets)
      } else {
        try checkMeantForThis(path, name: childName, rule: rule)
        secrets.append(try Self.readFile(path, name: childName, place: childPlace, rule: rule))
      }
    }
  }

  /// One file that is a secret.
  static func readFile(
    _ path: String, name: String, place: String, rule: SecretRule
  ) throws -> Secret {
    func fail(_ problem: SecretError.Problem) -> SecretError {
      SecretError(secret: name, problem: problem, origin: rule.origin)
    }
    // Not blocking: the name may be a pipe that nobody writes to.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw fail(problem(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw fail(problem(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw fail(.notAFile) }
    let size = Int(status.st_size)
    guard size > 0 else { throw fail(.empty) }
    guard size <= sizeLimit else { throw fail(.tooLarge(limit: sizeLimit)) }
    let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    let secret = unsafe Secret(
      path: place, source: path, mode: 0o100000 | UInt32(status.st_mode & 0o777), storage: storage)
    var filled = 0
    while filled < size {
      let count = unsafe read(descriptor, storage, from: filled)
      if count < 0 { throw fail(.unreadable(reason: unsafe String(cString: strerror(errno)))) }
      if count == 0 { throw fail(.unreadable(reason: "it changed while it was read")) }
      filled += count
    }
    return secret
  }

  private static func read(
    _ descriptor: Int32, _ storage: UnsafeMutableRawBufferPointer, from offset: Int
  ) -> Int {
    while true {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: storage[offset...])
      #if canImport(Glibc)
        let count = unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
      #else
        let count = unsafe Darwin.read(descriptor, rest.baseAddress, rest.count)
      #endif
      if count < 0, errno == EINTR { continue }
      return count
    }
  }

  private static func problem(_ number: Int32) -> SecretError.Problem {
    number == ENOENT ? .missing : .unreadable(reason: unsafe String(cString: strerror(number)))
  }

  // MARK: - Programs

  private func run(_ arguments: [String], to place: String, rule: SecretRule) async throws -> Secret
  {
    let target = try bundlePath(place, rule: rule)
    let name = "\(place) (from \(arguments.first ?? ""))"
    func fail(_ problem: SecretError.Problem) -> SecretError {
      SecretError(secret: name, problem: problem, origin: rule.origin)
    }
    guard let program = arguments.first else {
      throw fail(.programMissing(reason: "no program is named"))
    }
    let directory = repository.workTree ?? repository.gitDirectory
    let result: ProgramOutput
    do {
      result = try await Program.run(
        program, Array(arguments.dropFirst()), directory: directory,
        outputLimit: Self.sizeLimit, timeLimit: .seconds(Self.programLimitSeconds),
        isInterrupted: isInterrupted)
    } catch ProgramError.interrupted {
      throw Interrupted()
    } catch ProgramError.timedOut {
      throw fail(.programTooSlow(seconds: Self.programLimitSeconds))
    } catch ProgramError.outputTooLarge {
      throw fail(.tooLarge(limit: Self.sizeLimit))
    } catch ProgramError.cannotStart(let reason) {
      throw fail(.programMissing(reason: reason))
    }
    var output = result.output
    defer {
      unsafe output.withUnsafeMutableBytes { unsafe platform_wipe($0.baseAddress, $0.count) }
    }
    guard result.succeeded else { throw fail(.programFailed(status: result.statusText)) }
    guard !output.isEmpty else { throw fail(.programGaveNothing) }
    let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: output.count, alignment: 16)
    unsafe storage.copyBytes(from: output)
    return unsafe Secret(path: target, source: name, mode: 0o100600, storage: storage)
  }

  // MARK: - Places

  /// Where `listed` lies: `~/` is the home directory, a relative path is the work tree's.
  private func absolute(_ listed: String, rule: SecretRule) throws -> String {
    if listed.hasPrefix("~/"), let home { return home + "/" + plain(listed.dropFirst(2)) }
    if listed.hasPrefix("/") { return "/" + plain(listed.dropFirst(1)) }
    guard let workTree = repository.workTree else {
      throw SecretError(secret: listed, problem: .noWorkTree, origin: rule.origin)
    }
    return workTree + "/" + plain(listed[...])
  }

  /// Without `.` and doubled slashes, which would hide what a path is.
  private func plain(_ path: Substring) -> String {
    path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  /// What the path is, following a link; `nil` when there is nothing.
  private func status(_ path: String, name: String, rule: SecretRule) throws -> FileSystem.Status? {
    guard let own = try FileSystem.status(path) else { return nil }
    guard own.isSymbolicLink else { return own }
    guard let end = FileSystem.realPath(path) else { return nil }
    return try FileSystem.status(end)
  }

  /// A path that is listed within the repository must not leave it through a link.
  private func checkStaysInside(_ path: String, listed: String, rule: SecretRule) throws {
    guard !listed.hasPrefix("/"), !listed.hasPrefix("~/"), let workTree = repository.workTree,
      let root = FileSystem.realPath(workTree), let end = FileSystem.realPath(path)
    else { return }
    // What `.git` holds, credentials among it, is as much outside.
    let git = [repository.gitDirectory, repository.commonDirectory].compactMap(FileSystem.realPath)
    let isGits = git.contains {
      end == $0 || end.hasPrefix($0 + "/") && !root.hasPrefix($0 + "/")
    }
    if isGits || end != root && !end.hasPrefix(root + "/") {
      throw SecretError(secret: listed, problem: .outside(end), origin: rule.origin)
    }
  }

  /// A listed directory must not bring in what another rule keeps for another environment.
  private func checkMeantForThis(_ path: String, name: String, rule: SecretRule) throws {
    for other in rules where !other.applies(to: environment) {
      guard let listed = other.listedPath, let start = try? absolute(listed, rule: other),
        lies(path, atOrBelow: start)
      else { continue }
      throw SecretError(
        secret: name, problem: .meantFor(other.environments ?? []), origin: other.origin)
    }
  }

  /// By name or, where links lead elsewhere, in truth.
  private func lies(_ path: String, atOrBelow start: String) -> Bool {
    if path == start || path.hasPrefix(start + "/") { return true }
    guard let end = FileSystem.realPath(path), let top = FileSystem.realPath(start) else {
      return false
    }
    return end == top || end.hasPrefix(top + "/")
  }

  private func bundlePath(_ place: String, rule: SecretRule) throws -> String {
    let path = withoutSlash(place.hasPrefix("./") ? String(place.dropFirst(2)) : place)
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    let isSafe =
      !path.isEmpty
      && segments.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0 != ".git" }
    guard isSafe else {
      throw SecretError(secret: place, problem: .badPlace, origin: rule.origin)
    }
    return path
  }

  private func insideWorkTree(_ path: String) -> String? {
    guard let workTree = repository.workTree else { return nil }
    for root in [workTree, FileSystem.realPath(workTree) ?? workTree]
    where path.hasPrefix(root + "/") {
      return String(path.dropFirst(root.count + 1))
    }
    return nil
  }

  private func withoutSlash(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}

extension SecretRule {
  /// Whether it holds for some environments only.
  fileprivate var isLimited: Bool { environments != nil }

  /// The file or directory that it reads; `nil` for what a program prints.
  fileprivate var listedPath: String? {
    switch source {
    case .path(let path), .file(let path, _): path
    case .run: nil
    }
  }
}
