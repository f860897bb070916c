package import Git

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Something that a git-eb left when it was cut off, or that a living one uses.
package struct Leftover: Sendable {
  package enum Kind: String, Sendable {
    /// Secrets in a repository's own index.
    case journal
    /// Secrets for an outside program, or a bundle, outside the repository.
    case storage
    /// A file that was being written.
    case draft
    /// What the local host was doing.
    case release
  }

  package enum Outcome: Sendable {
    /// A living process uses it.
    case inUse
    /// It would be taken away, but this is only a look.
    case found
    case removed
    case takenBack(TakenBack)
    case failed(any Error)
  }

  package var kind: Kind
  package var path: String
  /// The git-eb that it belongs to; `nil` where that is not known.
  package var owner: Int32?
  /// When it was made, in seconds since 1970; `nil` where that is not known.
  package var created: Int64?
  package var outcome: Outcome
  /// More for people, such as the environment's name.
  package var detail: String?
}

/// Finds what was left and takes it away, each thing only when no process that it belongs to lives.
package struct Recovery {
  private let location: Location?
  private let places: [String]

  /// - Parameters:
  ///   - location: the repository; `nil` where there is none.
  ///   - places: where private storage may lie: ``PrivateStorage/places(environment:temporaryDirectory:)``.
  package init(_ location: Location?, places: [String]) {
    self.location = location
    self.places = places
  }

  /// What costs next to nothing to find, for every command: this work tree's journal, and private
  /// storage in memory.
  package func heal() -> [Leftover] {
    var found: [Leftover] = []
    if let location {
      found += journal(of: location, isDry: false).map { [$0] } ?? []
    }
    // The last place is the directory for temporary files, which may be large.
    let quick = places.count > 1 ? places.dropLast() : places[...]
    for place in quick { found += storage(in: place, isDry: false) }
    return found.filter { if case .inUse = $0.outcome { false } else { true } }
  }

  /// Everything that can be found. `isDry` only looks.
  package func run(isDry: Bool, draftsIn directories: [String]) -> [Leftover] {
    var found: [Leftover] = []
    if let location {
      for place in workTrees(of: location) {
        found += journal(of: place, isDry: isDry).map { [$0] } ?? []
      }
    }
    for place in places { found += storage(in: place, isDry: isDry) }
    for directory in directories { found += drafts(in: directory, isDry: isDry) }
    return found
  }

  // MARK: - Journals

  /// The repository as each of its work trees has it.
  private func workTrees(of location: Location) -> [Location] {
    let linked = location.commonDirectory + "/worktrees"
    let others = ((try? FileSystem.names(in: linked)) ?? []).map { linked + "/" + $0 }
    return [location]
      + ([location.commonDirectory] + others).filter { $0 != location.gitDirectory }.map {
        var other = location
        other.gitDirectory = $0
        other.workTree = nil
        return other
      }
  }

  private func journal(of location: Location, isDry: Bool) -> Leftover? {
    let files = JournalFiles(gitDirectory: location.gitDirectory)
    do {
      guard try FileSystem.status(files.directory) != nil else { return nil }
      let seen = try files.read()
      func leftover(_ outcome: Leftover.Outcome) -> Leftover {
        Leftover(
          kind: .journal, path: files.journal,
          owner: (seen?.owner).flatMap { ProcessIdentity($0)?.id }, created: seen?.created,
          outcome: outcome, detail: seen?.entries.map(\.name).joined(separator: ", "))
      }
      if let seen, seen.isInUse { return leftover(.inUse) }
      if isDry { return seen == nil ? nil : leftover(.found) }
      // Who holds the lock is at it.
      guard let lock = try JournalLock.take(files, makingIt: false) else {
        return seen == nil ? nil : leftover(.inUse)
      }
      return try withExtendedLifetime(lock) {
        guard let journal = try files.read() else {
          try files.remove()
          return nil
        }
        if journal.isInUse { return leftover(.inUse) }
        do {
          return leftover(.takenBack(try IndexRollback(journal, files, location).run()))
        } catch {
          return leftover(.failed(error))
        }
      }
    } catch {
      return Leftover(kind: .journal, path: files.journal, outcome: .failed(error))
    }
  }

  // MARK: - Files

  private func storage(in place: String, isDry: Bool) -> [Leftover] {
    PrivateDirectory.all(in: place).map { found in
      var leftover = Leftover(
        kind: .storage, path: found.path, owner: found.owner.id,
        created: Self.modified(found.path), outcome: .found)
      if found.isInUse {
        leftover.outcome = .inUse
        leftover.owner = ([found.owner] + found.users).first(where: \.isAlive)?.id ?? found.owner.id
      } else if !isDry {
        PrivateStorage.remove(found.path)
        leftover.outcome = Self.outcome(ofRemoving: found.path)
      }
      return leftover
    }
  }

  /// Bundles and other files whose names say which process was writing them.
  private func drafts(in directory: String, isDry: Bool) -> [Leftover] {
    ((try? FileSystem.names(in: directory)) ?? []).compactMap { name in
      guard let owner = BundleFile.owner(of: name) ?? DraftName.owner(of: name) else { return nil }
      let path = directory + "/" + name
      guard let status = try? FileSystem.status(path), status.isRegular, status.owner == getuid()
      else { return nil }
      var leftover = Leftover(
        kind: .draft, path: path, owner: owner.id, created: Self.modified(path), outcome: .found)
      if owner.isAlive {
        leftover.outcome = .inUse
      } else if !isDry {
        _ = unsafe unlink(path)
        leftover.outcome = Self.outcome(ofRemoving: path)
      }
      return leftover
    }
  }

  private static func outcome(ofRemoving path: String) -> Leftover.Outcome {
    do throws(FileError) {
      guard try FileSystem.status(path) != nil else { return .removed }
      return .failed(FileError(operation: "remove", path: path, errno: EACCES))
    } catch {
      return .failed(error)
    }
  }

  private static func modified(_ path: String) -> Int64? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? IndexTime(status).seconds : nil
  }
}
