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

  /// The names of all records of one environment or of all, the newest first.
  package func references(of environment: EnvironmentName? = nil) throws(GitError) -> [String] {
    let prefix = DeploymentRecord.references(of: application, environment)
    let names = try repository.referenceNames(under: prefix)
    if environment != nil { return names.reversed() }
    return names.map { (time: Self.time(of: $0), name: $0) }
      .sorted { ($0.time, $0.name) > ($1.time, $1.name) }.map(\.name)
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

  private static func time(of reference: String) -> Substring {
    reference.lastIndex(of: "/").map { reference[reference.index(after: $0)...] } ?? reference[...]
  }
}
