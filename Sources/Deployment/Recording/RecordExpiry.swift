package import FoundationEssentials

/// Which records are old enough to be removed: pure.
package struct RecordExpiry: Sendable {
  /// How old a record must be.
  package var age: Duration
  /// How many records of each environment stay at least, the newest.
  package var keep: Int

  package init(age: Duration, keep: Int) {
    self.age = age
    self.keep = keep
  }

  /// The records that may go, in the order that they came in. What rollback needs stays, however old
  /// it is: of each environment the newest deployment that ended well, what may run since, and the
  /// version before it.
  package func expired(_ records: [FiledRecord], now: Date) -> [FiledRecord] {
    let oldest = now.addingTimeInterval(-Double(age.components.seconds))
    var staying: Set<String> = []
    for (_, own) in Dictionary(grouping: records, by: \.record.environment) {
      let newestFirst = own.sorted {
        ($0.record.ended, $0.reference) > ($1.record.ended, $1.reference)
      }
      staying.formUnion(newestFirst.prefix(keep).map(\.reference))
      staying.formUnion(needed(newestFirst))
    }
    return records.filter { $0.record.ended < oldest && !staying.contains($0.reference) }
  }

  private func needed(_ newestFirst: [FiledRecord]) -> [String] {
    let history = DeploymentHistory(newestFirst.reversed().map(\.record), running: nil)
    let versions = history.versions.suffix(2)
    let newest = newestFirst.firstIndex { $0.record.ending == .deployed }
    let since = newestFirst[..<(newest ?? newestFirst.endIndex)].filter(\.record.mayRun)
    return since.map(\.reference)
      + newestFirst.filter { versions.contains($0.record) }.map(\.reference)
      + (newest.map { [newestFirst[$0].reference] } ?? [])
  }
}
