package import FoundationEssentials

/// Something that happened to an environment, as Beanstalk's DescribeEvents tells it.
///
/// Events are for people to read; no decision is taken from their words.
package struct Event: Sendable, Equatable, Codable {
  /// Beanstalk's severities, the least grave first.
  package enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
    case trace = "TRACE"
    case debug = "DEBUG"
    case info = "INFO"
    case warn = "WARN"
    case error = "ERROR"
    case fatal = "FATAL"

    /// Less grave.
    package static func < (left: Self, right: Self) -> Bool {
      rank(left) < rank(right)
    }

    private static func rank(_ severity: Self) -> Int {
      allCases.firstIndex(of: severity) ?? 0
    }
  }

  package var date: Date
  package var severity: Severity
  package var message: String
  package var versionLabel: String?

  package init(date: Date, severity: Severity, message: String, versionLabel: String? = nil) {
    self.date = date
    self.severity = severity
    self.message = message
    self.versionLabel = versionLabel
  }
}
