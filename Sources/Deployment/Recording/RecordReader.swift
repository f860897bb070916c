package import Git

/// A record and where it is kept.
package struct FiledRecord: Sendable, Equatable {
  /// The full name of its reference.
  package var reference: String
  /// The tag object.
  package var id: ObjectID
  package var record: DeploymentRecord
}

/// Reads the records of one application in a repository. Names are listed without opening what they
/// name, so that the newest of thousands cost little.
package struct RecordReader {
  private let repository: Repository
  private let application: ApplicationName

  package init(_ repository: Repository, application: ApplicationName) {
    self.repository = repository
    self.application = application
  }

  /// The name of the environment's newest record; `nil` where it has none.
  package func newestReference(of environment: EnvironmentName) throws(GitError) -> String? {
    var names = try references(of: environment)
    return names.next()
  }

  /// The names of all records of one environment or of all, the newest first.
  private func references(of environment: EnvironmentName?) throws(GitError) -> NewestFirst {
    NewestFirst(
      try repository.referenceDirectories(
        under: DeploymentRecord.references(of: application, environment)))
  }

  /// The newest records that `isWanted`, the newest first. What is there under such a name and is no
  /// record is passed over.
  package func records(
    of environment: EnvironmentName? = nil, limit: Int = .max,
    where isWanted: (DeploymentRecord) throws -> Bool = { _ in true }
  ) throws -> [FiledRecord] {
    var records: [FiledRecord] = []
    for reference in try references(of: environment) {
      if records.count >= limit { break }
      if let stored = try record(at: reference), try isWanted(stored.record) {
        records.append(stored)
      }
    }
    return records
  }

  /// `nil` where there is none of that name, or it is something else.
  package func record(at reference: String) throws(GitError) -> FiledRecord? {
    guard let id = try repository.reference(reference), let tag = try repository.tag(id),
      let record = DeploymentRecord(tag)
    else { return nil }
    return FiledRecord(reference: reference, id: id, record: record)
  }

  /// The last deployment to the environment that ended well.
  package func lastDeployed(
    to environment: EnvironmentName, where isWanted: (DeploymentRecord) -> Bool = { _ in true }
  ) throws -> FiledRecord? {
    try records(of: environment, limit: 1) { $0.ending == .deployed && isWanted($0) }.first
  }

  /// How many different versions the records know. Where there are fewer records than `least`, there
  /// are fewer versions: then none is read, and the answer is 0.
  package func versionCount(from least: Int) throws -> Int {
    let prefix = DeploymentRecord.references(of: application)
    guard try repository.referenceNames(under: prefix).count >= least else { return 0 }
    return Set(try records().map(\.record.label)).count
  }

  /// The environments that there are records of.
  package func environments() throws(GitError) -> [EnvironmentName] {
    let prefix = DeploymentRecord.references(of: application)
    var seen: [EnvironmentName] = []
    for name in try repository.referenceNames(under: prefix) {
      let part = name.dropFirst(prefix.count).prefix { $0 != "/" }
      if let environment = EnvironmentName(String(part)), seen.last != environment {
        seen.append(environment)
      }
    }
    return seen
  }
}

/// Names of records, the newest first: each environment's stand in a directory of their own, where
/// the time comes first in a name. Only as many are put in order as are asked for.
private struct NewestFirst: Sequence, IteratorProtocol {
  /// One environment's newest name, and those that are left.
  private struct Run {
    var newest: String
    var rest: ReferenceDirectory

    /// `nil` where none is left.
    init?(_ directory: ReferenceDirectory) {
      rest = directory
      guard let newest = rest.popLast() else { return nil }
      self.newest = newest
    }

    /// What comes behind the directory.
    var time: Substring.UTF8View { newest.utf8.dropFirst(rest.path.utf8.count) }
  }

  private var runs: [Run]

  init(_ directories: [ReferenceDirectory]) {
    runs = directories.compactMap { Run($0) }
  }

  mutating func next() -> String? {
    let index = runs.indices.max { runs[$0].time.lexicographicallyPrecedes(runs[$1].time) }
    guard let index else { return nil }
    let name = runs[index].newest
    if let newest = runs[index].rest.popLast() {
      runs[index].newest = newest
    } else {
      runs.remove(at: index)
    }
    return name
  }
}
