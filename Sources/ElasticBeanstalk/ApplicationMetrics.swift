import AWS

/// How requests went in the last seconds.
package struct ApplicationMetrics: Shape, Sendable, Equatable {
  /// How long was measured, in seconds.
  package var duration: Int?
  package var requestCount: Int?
  /// Requests by the first digit of their status: 2, 3, 4 and 5.
  package var statusCodes: [Int: Int]
  /// Seconds within which so many per cent of the requests were answered: the keys are 10, 50, 75,
  /// 85, 90, 95, 99 and 99.9.
  package var latency: [Double: Double]

  init(_ element: XMLElement) throws(MissingMember) {
    duration = element.integer("Duration")
    requestCount = element.integer("RequestCount")
    statusCodes = [:]
    for digit in 2...5 {
      statusCodes[digit] = element["StatusCodes"]?.integer("Status\(digit)xx")
    }
    latency = [:]
    for (name, percentile) in Self.percentiles {
      latency[percentile] = element["Latency"]?.number(name)
    }
  }

  private static let percentiles: [(name: String, percentile: Double)] = [
    ("P10", 10), ("P50", 50), ("P75", 75), ("P85", 85), ("P90", 90), ("P95", 95), ("P99", 99),
    ("P999", 99.9),
  ]
}
