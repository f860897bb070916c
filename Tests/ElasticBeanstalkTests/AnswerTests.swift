import Foundation
import Testing

@testable import AWS
@testable import ElasticBeanstalk

@Suite("Beanstalk: answers") struct AnswerTests {
  private struct Wish: Encodable {
    var service: String
    var operation: String
    var required: [String: [String]]
    var seed: Int
  }

  private struct Sample: Decodable {
    var xml: String
    var facts: [String: String]
  }

  /// Answers to each operation: `seeds` of each, EC2's only in full, whose instances are counted
  /// through their reservations.
  private static func samples(
    seeds: Range<Int>
  ) throws -> [(operation: OperationCase, sample: Sample)] {
    let pairs = OperationCase.all.flatMap { operation in
      seeds.filter { $0 == 0 || operation.service != "ec2" }.map { (operation, seed: $0) }
    }
    let wishes = pairs.map {
      Wish(
        service: $0.0.service, operation: $0.0.name, required: OperationCase.required,
        seed: $0.seed)
    }
    let samples = try runModel("answers.py", wishes, [Sample].self)
    try #require(samples.count == pairs.count)
    return zip(pairs, samples).map { ($0.0.0, $0.1) }
  }

  @Test func `Whatever the model allows is read as it was meant`() async throws {
    var compared = 0
    for (operation, sample) in try Self.samples(seeds: 0..<40) {
      let transport = ScriptedTransport([.xml(sample.xml)])
      let facts = try await operation.call(try testSession(transport))
      #expect(transport.requests.count == 1)
      for fact in facts.all {
        #expect(
          fact.value == sample.facts[fact.path] ?? fact.absent,
          "\(operation.name): \(fact.path)\n\(sample.xml)")
        compared += 1
      }
    }
    #expect(compared > 15_000)
  }

  @Test func `Every value of a full answer that we have a name for is there`() async throws {
    for (operation, sample) in try Self.samples(seeds: 0..<1) {
      let facts = try await operation.call(
        try testSession(ScriptedTransport([.xml(sample.xml)])))
      for fact in facts.all { #expect(fact.value != nil, "\(operation.name): \(fact.path)") }
    }
  }

  @Test func `An answer that is cut anywhere is an error`() async throws {
    for (operation, sample) in try Self.samples(seeds: 3..<4) where operation.service != "ec2" {
      let bytes = Array(sample.xml.utf8)
      // The line's end comes after the last tag.
      for length in stride(from: 0, to: bytes.count - 1, by: max(1, bytes.count / 50)) {
        let transport = ScriptedTransport([.bytes(Array(bytes.prefix(length)))])
        await #expect(throws: InvalidAnswer.self) {
          _ = try await operation.call(try testSession(transport))
        }
      }
    }
  }

  @Test func `Odd answers are read or refused, and never end git-eb`() async throws {
    var generator = SystemRandomNumberGenerator()
    let oddities = [
      "", " ", "-1", "99999999999999999999999", "1e999", "nan", "-0", "true",
      "2026-13-45T99:99:99Z",
      "0000-00-00T00:00:00.000Z", "😀", "\n",
    ]
    for (operation, sample) in try Self.samples(seeds: 4..<6) {
      for _ in 0..<20 {
        var pieces = sample.xml.split(separator: ">", omittingEmptySubsequences: false)
          .map(String.init)
        for _ in 0..<Int.random(in: 1...5, using: &generator) {
          let index = Int.random(in: 0..<pieces.count, using: &generator)
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: pieces.remove(at: index)
          case 1: pieces.swapAt(index, Int.random(in: 0..<pieces.count, using: &generator))
          default:
            let tag = pieces[index].drop { $0 != "<" }
            pieces[index] = (oddities.randomElement(using: &generator) ?? "") + tag
          }
          if pieces.isEmpty { break }
        }
        let odd = pieces.joined(separator: ">")
        let transport = ScriptedTransport([.xml(odd)])
        do {
          _ = try await operation.call(try testSession(transport))
        } catch {
          #expect(error is InvalidAnswer || error is ServiceError, "\(odd)")
        }
      }
    }
  }

  @Test func `What is missing has its name in the error`() async throws {
    let transport = ScriptedTransport([
      .xml(
        """
        <DescribeEnvironmentsResponse><DescribeEnvironmentsResult><Environments>
        <member><EnvironmentId>e-1</EnvironmentId></member>
        </Environments></DescribeEnvironmentsResult></DescribeEnvironmentsResponse>
        """)
    ])
    let client = ElasticBeanstalkClient(try testSession(transport))
    await #expect(
      throws: InvalidAnswer(
        service: "elasticbeanstalk", operation: "DescribeEnvironments",
        reason: "it has no EnvironmentName")
    ) { _ = try await client.describeEnvironments() }
  }

  @Test func `A status that is new to us is kept`() async throws {
    let transport = ScriptedTransport([
      .xml(
        """
        <DescribeEnvironmentsResponse><DescribeEnvironmentsResult><Environments><member>
        <EnvironmentName>shop-dev</EnvironmentName><EnvironmentId>e-1</EnvironmentId>
        <Status>Hibernating</Status><Health/><HealthStatus>Splendid</HealthStatus>
        </member></Environments></DescribeEnvironmentsResult></DescribeEnvironmentsResponse>
        """)
    ])
    let client = ElasticBeanstalkClient(try testSession(transport))
    let environment = try #require(try await client.describeEnvironments().first)
    #expect(environment.status?.rawValue == "Hibernating")
    #expect(environment.health == nil)
    #expect(environment.healthStatus?.rawValue == "Splendid")
    #expect(environment.requestID == nil)
  }

  @Test func `Events of the same second keep their order and their milliseconds`() async throws {
    let event = { (date: String, message: String) in
      "<member><EventDate>\(date)</EventDate><Message>\(message)</Message></member>"
    }
    let transport = ScriptedTransport([
      .xml(
        """
        <DescribeEventsResponse><DescribeEventsResult><Events>\
        \(event("2026-03-01T12:00:00.124Z", "b"))\(event("2026-03-01T12:00:00.123Z", "a"))\
        </Events><NextToken>t</NextToken></DescribeEventsResult></DescribeEventsResponse>
        """)
    ])
    let client = ElasticBeanstalkClient(try testSession(transport))
    let page = try await client.describeEvents(EventQuery(environmentName: "shop-dev"))
    #expect(page.events.map(\.message) == ["b", "a"])
    #expect(page.nextToken == "t")
    #expect(transport.requests.count == 1)
    #expect(page.events[0].date > page.events[1].date)
  }
}
