/// Why a deployment failed, as far as its logs tell.
package struct Explanation: Sendable, Equatable {
  /// The first cause; `nil` where no symptom is known by sight.
  package var cause: SymptomSighting?
  /// What else was recognised, each symptom once.
  package var others: [SymptomSighting] = []
  /// The lines that speak of a failure, with what stands around them.
  package var excerpts: [LogExcerpt] = []

  package var isEmpty: Bool { cause == nil && excerpts.isEmpty }
}

/// A symptom, and the line that shows it.
package struct SymptomSighting: Sendable, Equatable {
  package var symptom: Symptom
  package var log: String
  /// Counted from 1; `nil` where the log's beginning was left out.
  package var line: Int?
  package var text: String
}

/// A few lines of a log that follow one another.
package struct LogExcerpt: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    package var number: Int?
    package var text: String
    /// Whether it speaks of a failure itself.
    package var isTelling: Bool
  }

  package var log: String
  package var lines: [Line]
}
