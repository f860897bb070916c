import ElasticBeanstalk
import FoundationEssentials

/// The events that a query gives, each once, the oldest first.
///
/// Beanstalk answers with the newest first, and an event may come to light after one with a later
/// date. So every look goes back some time behind the newest one seen, and what was passed on is
/// known by all that it says; the same words twice at the same moment are two events.
struct BeanstalkEvents {
  /// An event as Beanstalk tells it and as hosts tell events.
  struct Found {
    let description: EventDescription
    let event: Event
  }

  private let client: ElasticBeanstalkClient
  private let query: EventQuery
  private var passed = Passed()

  init(client: ElasticBeanstalkClient, query: EventQuery) {
    self.client = client
    self.query = query
  }

  /// What has not been passed on yet.
  mutating func next() async throws -> [Found] {
    var query = query
    query.maximum = 1000
    if let start = passed.start { query.start = max(start, query.start ?? start) }
    var events: [EventDescription] = []
    repeat {
      let page = try await client.describeEvents(query)
      events += page.events
      query.nextToken = page.nextToken
    } while query.nextToken != nil
    return passed.take(events)
  }
}

extension BeanstalkEvents {
  /// What was passed on of late.
  struct Passed {
    private var counts: [EventDescription: Int] = [:]
    private var newest: Date?

    /// How late an event may come to light.
    private static let lateness: TimeInterval = 60

    /// What is older need not be asked for; `nil` at the beginning.
    var start: Date? { newest?.addingTimeInterval(-Self.lateness) }

    /// The new ones of a whole answer, the oldest first. `events` has the newest first.
    mutating func take(_ events: [EventDescription]) -> [Found] {
      var now: [EventDescription: Int] = [:]
      var new: [EventDescription] = []
      for event in events.reversed() {
        now[event, default: 0] += 1
        if now[event, default: 0] > counts[event, default: 0] { new.append(event) }
      }
      for (event, count) in now { counts[event] = max(counts[event, default: 0], count) }
      newest = (events.map(\.date) + [newest].compactMap { $0 }).max()
      if let newest {
        let oldest = newest.addingTimeInterval(-2 * Self.lateness)
        counts = counts.filter { $0.key.date >= oldest }
      }
      // The answer's own order, but for what came to light late.
      return new.enumerated().sorted { ($0.element.date, $0.offset) < ($1.element.date, $1.offset) }
        .map { Found(description: $0.element, event: Event($0.element)) }
    }
  }
}

extension Event {
  init(_ event: EventDescription) {
    let severity = event.severity.flatMap { Severity(rawValue: $0.rawValue) } ?? .info
    self.init(
      date: event.date, severity: severity, message: event.message,
      versionLabel: event.versionLabel)
  }

  /// Whether it says that something failed.
  var isError: Bool { severity == .error || severity == .fatal }
}
