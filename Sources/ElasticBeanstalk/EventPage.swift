/// Events, the newest first, and where the older ones are.
package struct EventPage: Sendable, Equatable {
  package var events: [EventDescription]
  /// For ``EventQuery/nextToken``; `nil` on the last page.
  package var nextToken: String?
}
