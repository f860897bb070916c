import AWS

/// How many instances have which health.
package struct InstanceHealthSummary: Shape, Sendable, Equatable {
  package var noData: Int
  package var unknown: Int
  package var pending: Int
  package var ok: Int
  package var info: Int
  package var warning: Int
  package var degraded: Int
  package var severe: Int

  package var total: Int {
    [noData, unknown, pending, ok, info, warning, degraded, severe].reduce(0) { sum, count in
      // The service's numbers are not to be trusted with a trap.
      let (result, overflow) = sum.addingReportingOverflow(count)
      return overflow ? .max : result
    }
  }

  init(_ element: XMLElement) throws(MissingMember) {
    noData = element.integer("NoData") ?? 0
    unknown = element.integer("Unknown") ?? 0
    pending = element.integer("Pending") ?? 0
    ok = element.integer("Ok") ?? 0
    info = element.integer("Info") ?? 0
    warning = element.integer("Warning") ?? 0
    degraded = element.integer("Degraded") ?? 0
    severe = element.integer("Severe") ?? 0
  }
}
