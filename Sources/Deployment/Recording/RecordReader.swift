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
    return Array(NewestFirst(names, after: prefix.utf8.count))
  }

  /// The newest records that `isWanted`, the newest first. What is there under such a name and is no
  /// record is passed over.
  package func records(
    of environment: EnvironmentName? = nil, limit: Int = .max,
    where isWanted: (DeploymentRecord) throws -> Bool = { _ in true }
  ) throws -> [FiledRecord] {
    var records: [FiledRecord] = []
    let prefix = DeploymentRecord.references(of: application, environment)
    let names = try repository.referenceNames(under: prefix)
    for reference in NewestFirst(names, after: prefix.utf8.count) {
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
}

/// Names of records, the newest first: of each environment they come sorted by time, and only as
/// many are compared as are asked for.
private struct NewestFirst: Sequence, IteratorProtocol {
  /// One environment's names that are left, and the time in the last of them.
  private struct Run {
    var names: ArraySlice<String>
    var newest: Substring
  }

  private var runs: [Run] = []

  /// - Parameters:
  ///   - names: in the order of their bytes.
  ///   - length: of what they all begin with, in bytes.
  init(_ names: [String], after length: Int) {
    var rest = names[...]
    while let first = rest.first {
      // Up to the time, which is what comes last.
      let directory = Self.directory(of: first, after: length)
      var end = rest.startIndex
      while end < rest.endIndex,
        Self.directory(of: rest[end], after: length).elementsEqual(directory)
      { end += 1 }
      runs.append(Run(names: rest[..<end], newest: Self.time(of: rest[end - 1])))
      rest = rest[end...]
    }
  }

  mutating func next() -> String? {
    guard let index = runs.indices.max(by: { runs[$0].newest < runs[$1].newest }),
      let name = runs[index].names.popLast()
    else { return nil }
    if let following = runs[index].names.last {
      runs[index].newest = Self.time(of: following)
    } else {
      runs.remove(at: index)
    }
    return name
  }

  private static func directory(of name: String, after length: Int) -> Substring.UTF8View {
    let own = name.utf8.dropFirst(length)
    return own.lastIndex(of: UInt8(ascii: "/")).map { own[..<$0] } ?? own.prefix(0)
  }

  private static func time(of name: String) -> Substring {
    name.utf8.lastIndex(of: UInt8(ascii: "/")).map { name[name.utf8.index(after: $0)...] }
      ?? name[...]
  }
}
