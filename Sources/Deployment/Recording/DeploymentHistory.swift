/// What an environment ran, as its records tell it: pure.
///
/// Going back takes away what came after, so that going back twice leads two versions back and not
/// to and fro.
package struct DeploymentHistory {
  /// The last record of each stay, the oldest first; two neighbours never have the same label.
  package private(set) var versions: [DeploymentRecord] = []

  /// - Parameters:
  ///   - records: of one environment, the oldest first.
  ///   - running: what it is known to run now, which may tell how the last deployment ended.
  package init(_ records: [DeploymentRecord], running: VersionLabel?) {
    for (position, record) in records.enumerated() {
      let next = position + 1 < records.count ? records[position + 1].previousLabel : running
      switch record.ending {
      case .deployed: break
      case .failed, .rolledBack: continue
      case .interrupted, .started, .timedOut:
        // Nobody waited for the end; what ran afterwards tells it.
        if next != record.label { continue }
      }
      add(record)
    }
  }

  private mutating func add(_ record: DeploymentRecord) {
    if record.kind == .rollback,
      let place = versions.lastIndex(where: { $0.label == record.label })
    {
      versions.removeSubrange((place + 1)...)
    } else if versions.last?.label == record.label {
      versions[versions.count - 1] = record
    } else {
      versions.append(record)
    }
  }

  /// How many versions are known to have run before `running`.
  package func count(before running: VersionLabel?) -> Int {
    versions.lastIndex { $0.label == running } ?? versions.endIndex
  }

  /// The version that ran `steps` versions before `running`; `nil` when so many are not known.
  package func version(_ steps: Int, before running: VersionLabel?) -> DeploymentRecord? {
    // What the records do not know of was put there by somebody else, over the last one known.
    let wanted = count(before: running) - steps
    return versions.indices.contains(wanted) ? versions[wanted] : nil
  }
}
