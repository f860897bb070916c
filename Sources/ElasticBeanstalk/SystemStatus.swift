import AWS

/// How busy an instance is.
package struct SystemStatus: Shape, Sendable, Equatable {
  /// The processor's time in the last ten seconds, in per cent.
  package struct CPUUtilization: Shape, Sendable, Equatable {
    package var user: Double?
    package var nice: Double?
    package var system: Double?
    package var idle: Double?
    package var ioWait: Double?

    init(_ element: XMLElement) throws(MissingMember) {
      user = element.number("User")
      nice = element.number("Nice")
      system = element.number("System")
      idle = element.number("Idle")
      ioWait = element.number("IOWait")
    }
  }

  package var cpu: CPUUtilization?
  /// Over one and five minutes.
  package var loadAverage: [Double]

  init(_ element: XMLElement) throws(MissingMember) {
    cpu = try element.shape("CPUUtilization")
    loadAverage = element.strings("LoadAverage").compactMap { Double($0) }
  }
}
