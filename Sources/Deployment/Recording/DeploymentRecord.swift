package import FoundationEssentials
package import Git

/// One deployment, as it was: what was to run where, who asked for it, and how it ended.
///
/// It is kept as an annotated tag object, which never changes; ``text`` is the object's contents.
package struct DeploymentRecord: Sendable, Equatable {
  /// What brought the version there.
  package enum Kind: String, Sendable, CaseIterable {
    case push
    case rollback
    case promote
  }

  package enum Ending: String, Sendable, CaseIterable {
    case deployed
    case failed
    /// It failed, and the version before was put back.
    case rolledBack = "rolled back"
    /// Nobody heard how it ended: git-eb was stopped, or lost the host.
    case interrupted
    /// It was left to the host; nobody waited for its end.
    case started
    /// The time limit passed first.
    case timedOut = "timed out"
  }

  package var application: ApplicationName
  package var environment: EnvironmentName
  package var kind: Kind
  package var ending: Ending
  package var label: VersionLabel
  /// The bundle's digest; empty where the host does not say.
  package var digest: String
  /// As ``ApplicationVersion/source`` has it; empty where the host does not say.
  package var source: String
  /// The full id; `nil` on an unborn branch, and for a version that nothing says it of.
  package var commit: String?
  package var reference: String?
  /// The first line of the commit's message, or what was given in its place.
  package var subject: String
  /// Names, never values.
  package var secrets: [String]
  /// What ran before.
  package var previousLabel: VersionLabel?
  package var previousCommit: String?
  /// The kind of the host and where it is, such as `beanstalk` and `ap-northeast-2`.
  package var host: String
  package var location: String
  /// Who asked for it, and in whose time zone.
  package var deployedBy: Signature
  /// The name of the machine that git-eb ran on.
  package var machine: String
  package var began: Date
  package var ended: Date
  /// git-eb's version.
  package var recordedBy: String
  /// Why it did not end well, the first cause first.
  package var reasons: [String]

  /// Seconds.
  package var duration: Double { max(0, ended.timeIntervalSince(began)) }

  /// Whether nobody heard that it failed.
  var mayRun: Bool {
    switch ending {
    case .deployed, .interrupted, .started, .timedOut: true
    case .failed, .rolledBack: false
    }
  }
}

extension DeploymentRecord {
  /// Where the records of all applications are.
  package static let references = "refs/eb/deployments/"

  /// Where the records of an application, or of one environment, are; ends with a slash.
  package static func references(
    of application: ApplicationName, _ environment: EnvironmentName? = nil
  ) -> String {
    references + ReferenceComponent.text(of: application.text) + "/"
      + (environment.map { $0.text + "/" } ?? "")
  }

  /// The name of the record's reference. The time comes first, so that names are in the order of
  /// time; the object's id tells apart what two clones record in the same millisecond, and lets the
  /// same record have the same name wherever it is written again.
  func reference(of object: ObjectID) -> String {
    Self.references(of: application, environment)
      + "\(RecordTime.compact(ended))-\(object.abbreviated())"
  }

  /// The contents of the tag object that names `target`.
  func text(naming target: ObjectID, kind targetKind: ObjectKind) -> String {
    """
    object \(target.hex)
    type \(targetKind.rawValue)
    tag \(ReferenceComponent.text(of: application.text))/\(environment)/\(RecordTime.compact(ended))
    tagger \(deployedBy.headerText)

    \(title)

    \(trailers.text)
    """
  }

  /// As people read it in `git show`.
  private var title: String {
    let verb =
      switch ending {
      case .deployed: kind == .rollback ? "Roll back to" : "Deploy"
      case .failed, .rolledBack: "Fail to deploy"
      case .interrupted: "Be interrupted while deploying"
      case .started: "Begin to deploy"
      case .timedOut: "Give up waiting for"
      }
    return
      "\(verb) \(label) \(kind == .rollback && ending == .deployed ? "in" : "to") \(environment)"
  }

  private enum Key {
    static let application = "Application"
    static let environment = "Environment"
    static let kind = "Kind"
    static let ending = "Outcome"
    static let label = "Version-Label"
    static let digest = "Bundle-Digest"
    static let source = "Source"
    static let commit = "Commit"
    static let reference = "Reference"
    static let subject = "Subject"
    static let secret = "Secret"
    static let previousLabel = "Previous-Label"
    static let previousCommit = "Previous-Commit"
    static let host = "Host"
    static let location = "Location"
    static let machine = "Machine"
    static let began = "Began-At"
    static let ended = "Ended-At"
    static let recordedBy = "Git-Eb"
    static let reason = "Reason"
  }

  private var trailers: TrailerBlock {
    var trailers: [TrailerBlock.Trailer] = []
    func add(_ key: String, _ value: String?) {
      let value = value.map(Self.plain) ?? ""
      if !value.isEmpty { trailers.append(.init(key: key, value: value)) }
    }
    add(Key.application, application.text)
    add(Key.environment, environment.text)
    add(Key.kind, kind.rawValue)
    add(Key.ending, ending.rawValue)
    add(Key.label, label.text)
    add(Key.digest, digest)
    add(Key.source, source)
    add(Key.commit, commit)
    add(Key.reference, reference)
    add(Key.subject, subject)
    for secret in secrets { add(Key.secret, secret) }
    add(Key.previousLabel, previousLabel?.text)
    add(Key.previousCommit, previousCommit)
    add(Key.host, host)
    add(Key.location, location)
    add(Key.machine, machine)
    add(Key.began, RecordTime.text(began))
    add(Key.ended, RecordTime.text(ended))
    add(Key.recordedBy, recordedBy)
    for reason in reasons { add(Key.reason, reason) }
    return TrailerBlock(trailers)
  }

  /// A value is one line; what would end it, or drive a terminal, becomes a blank.
  private static func plain(_ value: String) -> String {
    let scalars = value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }
    let text = String(String.UnicodeScalarView(scalars))
    let end = text.lastIndex { $0 != " " }
    return end.map { String(text[...$0].drop { $0 == " " }) } ?? ""
  }

  /// From a tag object; `nil` when it is something else.
  init?(_ tag: Tag) {
    guard let tagger = tag.tagger else { return nil }
    let block = TrailerBlock(of: tag.message)
    func first(_ key: String) -> String? { block.trailers.first { $0.key == key }?.value }
    func all(_ key: String) -> [String] { block.trailers.filter { $0.key == key }.map(\.value) }
    guard let application = first(Key.application).flatMap({ ApplicationName($0) }),
      let environment = first(Key.environment).flatMap({ EnvironmentName($0) }),
      let ending = first(Key.ending).flatMap({ Ending(rawValue: $0) }),
      let label = first(Key.label).flatMap({ VersionLabel($0) }),
      let ended = first(Key.ended).flatMap(RecordTime.date)
    else { return nil }
    self.application = application
    self.environment = environment
    self.ending = ending
    self.label = label
    self.ended = ended
    kind = first(Key.kind).flatMap { Kind(rawValue: $0) } ?? .push
    digest = first(Key.digest) ?? ""
    source = first(Key.source) ?? ""
    commit = first(Key.commit)
    reference = first(Key.reference)
    subject = first(Key.subject) ?? ""
    secrets = all(Key.secret)
    previousLabel = first(Key.previousLabel).flatMap { VersionLabel($0) }
    previousCommit = first(Key.previousCommit)
    host = first(Key.host) ?? ""
    location = first(Key.location) ?? ""
    deployedBy = tagger
    machine = first(Key.machine) ?? ""
    began = first(Key.began).flatMap(RecordTime.date) ?? ended
    recordedBy = first(Key.recordedBy) ?? ""
    reasons = all(Key.reason)
  }
}

/// Times in records: UTC, to the millisecond.
enum RecordTime {
  /// Such as `2026-11-21T08:40:00.123Z`.
  static func text(_ date: Date) -> String {
    // What is formatted is cut and not rounded, and what was read is a little less than was written.
    let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
    return Date(timeIntervalSince1970: (milliseconds + 0.1) / 1000).formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(
        separator: .omitted))
  }

  /// From ``text(_:)``; `nil` for anything else. By hand, because many are read at once and the
  /// formatter of dates takes its time.
  static func date(_ text: String) -> Date? {
    let bytes = Array(text.utf8)
    let marks: [(Int, UInt8)] = [
      (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")),
      (13, UInt8(ascii: ":")), (16, UInt8(ascii: ":")), (19, UInt8(ascii: ".")),
      (23, UInt8(ascii: "Z")),
    ]
    guard bytes.count == 24, marks.allSatisfy({ bytes[$0.0] == $0.1 }) else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= byte else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      let millisecond = number(20..<23), (1...12) ~= month, (1...31) ~= day, hour < 24, minute < 60,
      second < 61
    else { return nil }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return Date(timeIntervalSince1970: Double(seconds) + Double(millisecond) / 1000)
  }

  /// Days from 1970 to a day of the Gregorian calendar. March is the first month of this reckoning's
  /// year, so that a leap day is its last.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let years = month > 2 ? year : year - 1
    let months = month > 2 ? month - 3 : month + 9
    return years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day
      - 719_469
  }

  /// Such as `20261121T084000.123Z`, for a reference's name.
  static func compact(_ date: Date) -> String {
    String(text(date).filter { $0 != "-" && $0 != ":" })
  }
}

/// Text as one component of a reference's name, by the rules of git-check-ref-format(1): what is
/// not a letter, a digit, `-`, `_` or a harmless `.` is written as `%` and two digits.
enum ReferenceComponent {
  static func text(of name: String) -> String {
    var text = ""
    let bytes = Array(name.utf8)
    for (position, byte) in bytes.enumerated() {
      let isHarmlessDot =
        byte == UInt8(ascii: ".") && position > 0 && position < bytes.count - 1
        && bytes[position - 1] != byte && !bytes[position...].elementsEqual(".lock".utf8)
      if EnvironmentName.isAllowed(byte) || byte == UInt8(ascii: "_") || isHarmlessDot {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + Hexadecimal.text(of: [byte])
      }
    }
    return text
  }
}
