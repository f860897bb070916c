import Deployment
import FoundationEssentials
import Git

/// A record as `--json` has it: every field.
struct RecordView: Encodable {
  struct Person: Encodable {
    var name: String
    var email: String

    init(_ signature: Signature) {
      name = signature.name
      email = signature.email
    }
  }

  var application: String
  var environment: String
  var kind: String
  var outcome: String
  var label: String
  var digest: String
  var source: String
  var commit: String?
  /// The full name of what was deployed, such as `refs/heads/master`.
  var reference: String?
  var subject: String
  var secrets: [String]
  var previousLabel: String?
  var previousCommit: String?
  var host: String
  var location: String
  var deployedBy: Person
  var machine: String
  var startedAt: Date
  var endedAt: Date
  var seconds: Double
  var recordedBy: String
  var reasons: [String]
  /// The full name of the record's own reference.
  var record: String
  /// The tag object's id.
  var id: String

  init(_ filed: FiledRecord) {
    let record = filed.record
    application = record.application.text
    environment = record.environment.text
    kind = record.kind.rawValue
    outcome = record.ending.rawValue
    label = record.label.text
    digest = record.digest
    source = record.source
    commit = record.commit
    reference = record.reference
    subject = record.subject
    secrets = record.secrets
    previousLabel = record.previousLabel?.text
    previousCommit = record.previousCommit
    host = record.host
    location = record.location
    deployedBy = Person(record.deployedBy)
    machine = record.machine
    startedAt = record.began
    endedAt = record.ended
    seconds = (record.duration * 1000).rounded() / 1000
    recordedBy = record.recordedBy
    reasons = record.reasons
    self.record = filed.reference
    id = filed.id.hex
  }
}

/// Records on the screen, two or three lines each.
struct RecordReport {
  private let records: [FiledRecord]
  private let style: Style

  init(_ records: [FiledRecord], _ style: Style) {
    self.records = records
    self.style = style
  }

  var lines: [String] {
    var table = Table()
    for filed in records { table.add(heading(filed.record)) }
    return zip(table.lines, records).flatMap { line, filed in
      [line] + details(filed.record).map { "    " + $0 }
    }
  }

  private func heading(_ record: DeploymentRecord) -> [String] {
    let words = [
      record.kind == .push ? nil : record.kind.rawValue,
      record.ending == .deployed ? nil : record.ending.rawValue,
    ].compactMap { $0 }
    return [
      Format.localTime(record.ended), style(record.environment.text, .bold), record.label.text,
      style(words.joined(separator: ", "), Self.colour(of: record.ending)),
    ]
  }

  static func colour(of ending: DeploymentRecord.Ending) -> Style.Colour? {
    switch ending {
    case .deployed: nil
    case .failed, .rolledBack: .red
    case .interrupted, .started, .timedOut: .yellow
    }
  }

  private func details(_ record: DeploymentRecord) -> [String] {
    let who =
      "(\(Format.visible(record.deployedBy.name)), "
      + "\(Format.duration(.milliseconds(Int64(record.duration * 1000)))))"
    let what = [
      record.commit.map { style(Format.short($0), .yellow) } ?? "", Format.visible(record.subject),
      who,
    ]
    let reason = record.reasons.first.map { [style(Format.visible($0), .red)] } ?? []
    return [what.filter { !$0.isEmpty }.joined(separator: " ")] + reason
  }
}
