import Testing

@testable import ElasticBeanstalk

@Suite("Beanstalk: words") struct WordTests {
  @Test func `A value that is new to us is kept as it came`() {
    #expect(EnvironmentStatus(rawValue: "Hibernating").rawValue == "Hibernating")
    #expect(EnvironmentStatus(rawValue: "Ready") == .ready)
  }

  @Test func `A version's status is the same in the model's case and on the wire`() {
    #expect(ApplicationVersionStatus(rawValue: "PROCESSED") == .processed)
    #expect(ApplicationVersionStatus(rawValue: "Processed") == .processed)
    #expect(ApplicationVersionStatus(rawValue: "Processed") != .processing)
  }

  @Test func `No Data and NoData are one`() {
    #expect(EnvironmentHealthStatus(rawValue: "No Data") == .noData)
  }
}
