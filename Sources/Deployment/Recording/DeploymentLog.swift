import FoundationEssentials

/// Keeps the record of one deployment while it goes on, and writes it when it has ended, however it
/// ended.
struct DeploymentLog {
  /// How a deployment ended that came to an end.
  struct Ended {
    var ending: DeploymentRecord.Ending
    var reasons: [String]

    init(_ outcome: Outcome, wasPutBack: Bool) {
      reasons = []
      switch outcome {
      case .deployed: ending = .deployed
      case .started: ending = .started
      case .timedOut: ending = .timedOut
      case .failed(let reasons, _):
        ending = wasPutBack ? .rolledBack : .failed
        self.reasons = reasons
      }
    }
  }

  /// `nil` until it is over, and where nothing was done.
  private(set) var recording: Recording?
  private let recorder: Recorder
  private var record: DeploymentRecord
  private let now: @Sendable () -> Date
  private let words: @Sendable (any Error) -> String

  /// - Parameters:
  ///   - record: what is known when it begins.
  ///   - words: what an error is called in the record.
  init(
    _ recorder: Recorder, _ record: DeploymentRecord, now: @escaping @Sendable () -> Date,
    words: @escaping @Sendable (any Error) -> String
  ) {
    self.recorder = recorder
    self.record = record
    self.now = now
    self.words = words
  }

  mutating func following(_ deployment: () async throws -> Ended) async throws {
    let draft = recorder.begin(record)
    do {
      let ended = try await deployment()
      record.ending = ended.ending
      record.reasons = ended.reasons
    } catch {
      if Self.cameBefore(error) {
        recorder.discard(draft)
      } else {
        record.reasons = [words(error)]
        record.ended = now()
        recording = await recorder.record(record, draft)
      }
      throw error
    }
    record.ended = now()
    recording = await recorder.record(record, draft)
  }

  /// Whether the error says that nothing was begun.
  private static func cameBefore(_ error: any Error) -> Bool {
    switch error {
    case is Ancestry.Refusal: true
    case HostError.storage, HostError.operationFailed: false
    case is HostError: true
    default: false
    }
  }
}

extension Recording {
  /// What the user should know of it.
  var notice: Notice? {
    switch self {
    case .written: nil
    case .postponed(let reason): .recordPostponed(reason: reason)
    case .lost(let reason): .recordLost(reason: reason)
    }
  }
}
