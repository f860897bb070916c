import AWS
package import FoundationEssentials

/// Which events: those for which everything that is given holds.
package struct EventQuery: Sendable, Equatable {
  package var application: String?
  package var environmentName: String?
  package var environmentID: String?
  package var versionLabel: String?
  /// The request that began what the events are part of.
  package var requestID: String?
  /// This severity and graver ones.
  package var severity: EventSeverity?
  /// Events at this time and later, to the millisecond.
  package var start: Date?
  /// Events before this time, to the millisecond.
  package var end: Date?
  /// Events on a page, 1–1000; `nil` for the service's own choice.
  package var maximum: Int?
  package var nextToken: String?

  package init(
    application: String? = nil, environmentName: String? = nil, environmentID: String? = nil,
    versionLabel: String? = nil, requestID: String? = nil, severity: EventSeverity? = nil,
    start: Date? = nil, end: Date? = nil, maximum: Int? = nil, nextToken: String? = nil
  ) {
    self.application = application
    self.environmentName = environmentName
    self.environmentID = environmentID
    self.versionLabel = versionLabel
    self.requestID = requestID
    self.severity = severity
    self.start = start
    self.end = end
    self.maximum = maximum
    self.nextToken = nextToken
  }
}

extension ElasticBeanstalkClient {
  /// One page of events, the newest first.
  package func describeEvents(_ query: EventQuery) async throws -> EventPage {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", query.application)
    parameters.set("EnvironmentName", query.environmentName)
    parameters.set("EnvironmentId", query.environmentID)
    parameters.set("VersionLabel", query.versionLabel)
    parameters.set("RequestId", query.requestID)
    parameters.set("Severity", query.severity?.rawValue)
    parameters.set("StartTime", toTheMillisecond: query.start)
    parameters.set("EndTime", toTheMillisecond: query.end)
    parameters.set("MaxRecords", query.maximum)
    parameters.set("NextToken", query.nextToken)
    return try await answer("DescribeEvents", parameters) { (answer) throws(MissingMember) in
      EventPage(
        events: try answer.result.shapes("Events"), nextToken: answer.result.nextToken)
    }
  }
}
