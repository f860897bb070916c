import FoundationEssentials
import SystemPackage
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The application versions of the local host: a zip file and, written after it, its record.
struct LocalVersions: Sendable {
  let layout: LocalLayout
  var isInterrupted: @Sendable () -> Bool = { false }

  /// All versions, the newest first.
  func all() throws -> [ApplicationVersion] {
    try LocalStorage.names(in: layout.versions).compactMap { name in
      guard name.hasSuffix(".json"), let label = VersionLabel(String(name.dropLast(5))) else {
        return nil
      }
      return try find(label)
    }
    .sorted { ($0.created, $0.label.text) > ($1.created, $1.label.text) }
  }

  /// The version; `nil` when it is not there, or only half of it.
  func find(_ label: VersionLabel) throws -> ApplicationVersion? {
    guard let bytes = try LocalStorage.read(layout.versionRecord(label)),
      let version = try? LocalJSON.value(ApplicationVersion.self, from: bytes),
      version.label == label, LocalStorage.exists(layout.bundle(label))
    else { return nil }
    return version
  }

  /// The version, or ``HostError/noSuchVersion(_:)``.
  func existing(_ label: VersionLabel) throws -> ApplicationVersion {
    guard let version = try find(label) else { throw HostError.noSuchVersion(label) }
    return version
  }

  /// Makes sure that the version is there and stays. The caller holds the lock of an environment, in
  /// the version's name: whoever takes the version back looks at those.
  func confirm(_ label: VersionLabel) async throws {
    let lock = try await takeLock()
    defer { lock.release() }
    _ = try existing(label)
  }

  /// Removes the version. `users` are the environments that need it.
  func remove(
    _ label: VersionLabel, step: (LocalStep) throws -> Void, users: () throws -> [EnvironmentName]
  ) async throws {
    _ = try existing(label)
    let lock = try await takeLock()
    defer { lock.release() }
    _ = try existing(label)
    let names = try users()
    guard names.isEmpty else { throw HostError.versionInUse(label, by: names) }
    // Without its record it is no version; a bundle that is left is removed by the next publishing.
    try LocalStorage.remove(layout.versionRecord(label))
    try LocalStorage.sync(layout.versions)
    try step(.unrecorded)
    try LocalStorage.remove(layout.bundle(label))
  }

  /// Lets the version's description say which release it is.
  func name(_ label: VersionLabel, release: String) async throws {
    _ = try existing(label)
    let lock = try await takeLock()
    defer { lock.release() }
    var version = try existing(label)
    let description = ReleaseDescription.naming(release, version.description)
    guard description != version.description else { return }
    version.description = description
    try LocalStorage.makeDirectory(layout.incoming)
    try LocalStorage.write(
      try LocalJSON.bytes(of: version), to: layout.versionRecord(label), draft: draft("json"))
  }

  func publish(_ version: ApplicationVersion, bundle: FilePath) async throws -> Publication {
    if let publication = try published(version) { return publication }
    try LocalStorage.makeDirectory(layout.versions)
    try LocalStorage.makeDirectory(layout.incoming)
    do {
      try await Threads.run { _ = try ZipReader(path: bundle.string) }
    } catch let error as ZipError {
      throw Self.failure(error)
    }
    // Copied before the lock is taken, since it may take long.
    let draft = draft("zip")
    let lock: LocalLock
    do {
      try await bring(bundle, to: draft)
      lock = try await takeLock()
    } catch {
      try? LocalStorage.remove(draft)
      throw error
    }
    defer { lock.release() }
    if let publication = try published(version) {
      try LocalStorage.remove(draft)
      return publication
    }
    removeUnpublished()
    do {
      try LocalStorage.move(draft, to: layout.bundle(version.label))
      try LocalStorage.write(
        try LocalJSON.bytes(of: version), to: layout.versionRecord(version.label),
        draft: self.draft("json"))
    } catch {
      // Without its record it is no version, and it may hold secrets.
      try? LocalStorage.remove(draft)
      try? LocalStorage.remove(layout.bundle(version.label))
      throw error
    }
    return .uploaded
  }

  /// A file on its way, named after this process, so that what a killed one left is recognised.
  private func draft(_ kind: String) -> FilePath {
    let owner = ProcessIdentity.current.text
    return layout.incoming.appending("\(BundleFile.prefix)\(owner)-\(UUID().uuidString).\(kind)")
  }

  /// Removes bundles that are no versions.
  func sweep() async throws {
    guard LocalStorage.exists(layout.versions) else { return }
    let lock = try await takeLock()
    defer { lock.release() }
    removeUnpublished()
  }

  /// Removes bundles whose publishing was cut off before their record.
  private func removeUnpublished() {
    for name in (try? LocalStorage.names(in: layout.versions)) ?? [] where name.hasSuffix(".zip") {
      guard let label = VersionLabel(String(name.dropLast(".zip".count))),
        !LocalStorage.exists(layout.versionRecord(label))
      else { continue }
      try? LocalStorage.remove(layout.bundle(label))
    }
  }

  /// What is wrong with a bundle, or with the file system that it is on.
  static func failure(_ error: ZipError) -> HostError {
    if case .io(let errno) = error.code {
      return .storage(operation: error.operation.rawValue, path: error.subject, errno: errno)
    }
    return .badBundle(reason: error.reason)
  }

  /// What publishing comes to when the label is there; `nil` when it is not.
  private func published(_ version: ApplicationVersion) throws -> Publication? {
    guard let present = try find(version.label) else { return nil }
    guard present.digest == version.digest else {
      throw HostError.labelTaken(label: version.label, digest: present.digest)
    }
    return .present
  }

  /// Moves the bundle, or copies it from another file system, durably and for its owner only.
  private func bring(_ bundle: FilePath, to draft: FilePath) async throws {
    try await Threads.run {
      if unsafe rename(bundle.string, draft.string) == 0 {
        unsafe chmod(draft.string, 0o600)
        try LocalStorage.sync(draft)
      } else if errno == EXDEV {
        try LocalStorage.copy(bundle, to: draft)
      } else {
        throw LocalStorage.failure("rename", bundle)
      }
    }
  }

  /// The lock is held for the moment that renaming takes, so a minute is long.
  private func takeLock() async throws -> LocalLock {
    let path = layout.root.appending("versions.lock")
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(60)
    while true {
      if let lock = try LocalLock.take(path) { return lock }
      if isInterrupted() { throw CancellationError() }
      if clock.now > deadline {
        throw HostError.storage(operation: "lock", path: path.string, errno: EWOULDBLOCK)
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
