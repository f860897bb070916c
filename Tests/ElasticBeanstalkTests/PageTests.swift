import Testing

@testable import AWS
@testable import ElasticBeanstalk

@Suite("Beanstalk: pages") struct PageTests {
  private func page(_ label: String, next: String?) -> ScriptedTransport.Answer {
    .xml(
      """
      <DescribeApplicationVersionsResponse><DescribeApplicationVersionsResult>
      <ApplicationVersions><member><ApplicationName>shop</ApplicationName>\
      <VersionLabel>\(label)</VersionLabel></member></ApplicationVersions>
      \(next.map { "<NextToken>\($0)</NextToken>" } ?? "")
      </DescribeApplicationVersionsResult></DescribeApplicationVersionsResponse>
      """)
  }

  @Test func `Pages are asked for until the last, each with the same question`() async throws {
    let transport = ScriptedTransport([
      page("v1", next: "t1=="), page("v2", next: "t2"), page("v3", next: nil),
    ])
    let client = ElasticBeanstalkClient(try testSession(transport))
    let versions = try await client.describeApplicationVersions(application: "shop")
    #expect(versions.map(\.label) == ["v1", "v2", "v3"])
    let question = "Action=DescribeApplicationVersions&Version=2010-12-01&ApplicationName=shop"
    #expect(
      transport.bodies == [
        question, question + "&NextToken=t1%3D%3D", question + "&NextToken=t2",
      ])
  }

  @Test func `An empty token is the end`() async throws {
    let transport = ScriptedTransport([page("v1", next: "")])
    let client = ElasticBeanstalkClient(try testSession(transport))
    #expect(try await client.describeApplicationVersions(application: "shop").count == 1)
    #expect(transport.requests.count == 1)
  }

  @Test func `Pages that lead around in a circle are an error`() async throws {
    let transport = ScriptedTransport([page("v1", next: "t1"), page("v2", next: "t1")])
    let client = ElasticBeanstalkClient(try testSession(transport))
    await #expect(throws: InvalidAnswer.self) {
      _ = try await client.describeApplicationVersions(application: "shop")
    }
    #expect(transport.requests.count == 2)
  }
}
