import FoundationEssentials
package import Git

/// What became of a deployment's record.
package enum Recording: Sendable, Equatable {
  /// It is in the repository, under this reference.
  case written(reference: String)
  /// It could not be written now; the next command tries again.
  case postponed(reason: String)
  /// It could not be written, and there is no place to keep it.
  case lost(reason: String)
}

/// Writes the records of deployments into the repository, and moves the references that follow the
/// environments.
package struct Recorder: Sendable {
  package let tracking: TrackingReferences
  private let location: Location
  private let pending: PendingRecords

  package init(_ location: Location, tracking: TrackingReferences, stateDirectory: String?) {
    self.location = location
    self.tracking = tracking
    pending = PendingRecords(location, below: stateDirectory)
  }

  /// A deployment that is going on, and where its record waits.
  struct Draft: Sendable {
    fileprivate var path: String?
  }

  /// Notes outside of the repository that a deployment begins: should git-eb be killed, the next
  /// command records it as interrupted.
  func begin(_ record: DeploymentRecord) -> Draft {
    guard let target = try? target(of: record) else { return Draft() }
    return Draft(path: pending.keep(record.text(naming: target.id, kind: target.kind)))
  }

  /// Nothing was done after all.
  func discard(_ draft: Draft) {
    if let path = draft.path { pending.drop(path) }
  }

  /// Writes the record of a deployment that has ended. Never throws: what was deployed is deployed.
  func record(_ record: DeploymentRecord, _ draft: Draft) async -> Recording {
    var path = draft.path
    do {
      let target = try target(of: record)
      let text = record.text(naming: target.id, kind: target.kind)
      path = pending.keep(text, at: path) ?? path
      let reference = try await write(Array(text.utf8), isNew: true)
      if let path { pending.drop(path) }
      return .written(reference: reference)
    } catch {
      return path == nil
        ? .lost(reason: Self.reason(error)) : .postponed(reason: Self.reason(error))
    }
  }

  /// What is done about records that an earlier git-eb could not write.
  package struct Healed: Sendable {
    package var record: DeploymentRecord?
    package var recording: Recording
    /// The process that left it.
    package var owner: Int32
    /// The file that it waited in.
    package var path: String
  }

  /// Writes what was left by a git-eb that ended before its record was written.
  package func heal() async -> [Healed] {
    var healed: [Healed] = []
    for entry in pending.orphans() {
      let record = (try? Tag(contents: entry.text, id: .emptyBlob)).flatMap { DeploymentRecord($0) }
      do {
        let reference = try await write(entry.text, isNew: false)
        pending.drop(entry.path)
        healed.append(
          .init(
            record: record, recording: .written(reference: reference), owner: entry.owner.id,
            path: entry.path))
      } catch {
        // What is no record will never be one.
        if record == nil { pending.drop(entry.path) }
        healed.append(
          .init(
            record: record, recording: .postponed(reason: Self.reason(error)),
            owner: entry.owner.id, path: entry.path))
      }
    }
    return healed
  }

  /// What would be healed, without doing it.
  package func leftovers() -> [Healed] {
    pending.orphans().map { entry in
      Healed(
        record: (try? Tag(contents: entry.text, id: .emptyBlob)).flatMap { DeploymentRecord($0) },
        recording: .postponed(reason: ""), owner: entry.owner.id, path: entry.path)
    }
  }

  /// Removes records that are as they were read: all of them, or none where it throws.
  package func remove(_ records: [FiledRecord]) async throws {
    try await ReferenceTransaction(location).run(
      records.map { .init(name: $0.reference, old: $0.id, new: nil) }, message: "expire",
      by: Committer.signature(location, at: Date()))
  }

  // MARK: - Writing

  /// What the tag object names: the commit or, where there is none here, the empty blob.
  private func target(
    of record: DeploymentRecord
  ) throws -> (id: ObjectID, kind: ObjectKind) {
    guard let commit = record.commit.flatMap({ ObjectID(hex: $0) }),
      try Repository.open(location).kind(of: commit) == .commit
    else { return (.emptyBlob, .blob) }
    return (commit, .commit)
  }

  /// Writes the tag object and its reference, which may be there already. A record that is new, or
  /// the newest of its environment, moves the tracking reference too.
  private func write(_ text: [UInt8], isNew: Bool) async throws -> String {
    let tag = try Tag(contents: text, id: .emptyBlob)
    guard let record = DeploymentRecord(tag) else { throw NotARecord() }
    let git = GitProgram(location)
    if tag.targetKind == .blob {
      _ = try await ask(git, ["hash-object", "-w", "-t", "blob", "--stdin"])
    }
    let answer = try await ask(git, ["mktag"], input: text)
    guard let id = ObjectID(hex: answer) else { throw NotARecord() }
    let reference = record.reference(of: id)
    let repository = try Repository.open(location)
    var changes: [ReferenceTransaction.Change] = []
    if try repository.reference(reference) == nil {
      changes.append(.init(name: reference, old: nil, new: id))
    }
    let moves = try moves(after: record, reference, isNew: isNew, repository)
    let message = "\(record.kind.rawValue): \(record.label)"
    let transaction = ReferenceTransaction(location)
    let all = changes + moves.map(tracking.change)
    // What a git left that was killed with its git-eb would keep this one out for ever.
    if !isNew { await transaction.releaseAbandonedLocks(of: all) }
    do {
      try await transaction.run(all, message: message, by: record.deployedBy)
    } catch is ReferenceTransaction.Refused where !moves.isEmpty {
      // Somebody else has moved the tracking reference: theirs is as new as this.
      let missing = try changes.filter { try repository.reopened().reference($0.name) == nil }
      try await transaction.run(missing, message: message, by: record.deployedBy)
    }
    return reference
  }

  private func moves(
    after record: DeploymentRecord, _ reference: String, isNew: Bool, _ repository: Repository
  ) throws -> [TrackingReferences.Move] {
    guard record.ending == .deployed, let commit = record.commit.flatMap({ ObjectID(hex: $0) })
    else { return [] }
    if !isNew {
      let reader = RecordReader(repository, application: record.application)
      let newest = try reader.newestReference(of: record.environment)
      if let newest, newest > reference { return [] }
    }
    return try tracking.moves(to: [.init(record.environment, commit)], in: repository)
  }

  private func ask(
    _ git: GitProgram, _ arguments: [String], input: [UInt8] = []
  ) async throws -> String {
    let output = try await git.ask(arguments, input: input)
    guard output.succeeded else {
      throw ReferenceTransaction.Refused(reason: GitComplaint.text(output))
    }
    return String(decoding: output.output, as: UTF8.self).filter { !$0.isWhitespace }
  }

  private struct NotARecord: Error {}

  private static func reason(_ error: any Error) -> String {
    switch error {
    case let error as ReferenceTransaction.Refused: error.reason
    case ProgramError.cannotStart(let reason): reason
    case ProgramError.timedOut: "git took too long"
    case is NotARecord: "it is not a record"
    default: "\(error)"
    }
  }
}
