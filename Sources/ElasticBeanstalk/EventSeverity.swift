/// How grave an event is.
package struct EventSeverity: Word, Sendable, Hashable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package static let trace = EventSeverity(rawValue: "TRACE")
  package static let debug = EventSeverity(rawValue: "DEBUG")
  package static let info = EventSeverity(rawValue: "INFO")
  package static let warn = EventSeverity(rawValue: "WARN")
  package static let error = EventSeverity(rawValue: "ERROR")
  package static let fatal = EventSeverity(rawValue: "FATAL")
}
