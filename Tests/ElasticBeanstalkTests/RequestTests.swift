import Foundation
import Testing

@testable import AWS
@testable import ElasticBeanstalk

@Suite("Beanstalk: requests") struct RequestTests {
  private struct Comparison: Encodable {
    var service: String
    var operation: String
    var arguments: JSONValue
    var body: String
  }

  @Test func `Each operation sends what botocore sends`() async throws {
    var comparisons: [Comparison] = []
    for operation in OperationCase.all {
      let transport = ScriptedTransport([])
      await #expect(throws: TransportError.interrupted) {
        _ = try await operation.call(try testSession(transport))
      }
      #expect(transport.requests.count == 1)
      let request = try #require(transport.requests.first)
      #expect(request.method == "POST")
      #expect(request.path == "/")
      #expect(request["Content-Type"]?.hasPrefix("application/x-www-form-urlencoded") == true)
      let arguments = try JSONDecoder().decode(
        JSONValue.self, from: Data(operation.arguments.utf8))
      comparisons.append(
        Comparison(
          service: operation.service, operation: operation.name, arguments: arguments,
          body: transport.bodies[0]))
    }
    let differences = try runModel("requests.py", comparisons, [String].self)
    #expect(differences == [])
  }

  @Test func `botocore's model finds what does not belong there`() throws {
    let comparison = { (arguments: [String: JSONValue], body: String) in
      Comparison(
        service: "elasticbeanstalk", operation: "RebuildEnvironment",
        arguments: .object(arguments), body: body)
    }
    let name: [String: JSONValue] = ["EnvironmentName": .string("shop")]
    let sound = "Action=RebuildEnvironment&Version=2010-12-01&EnvironmentName=shop"
    let found = try runModel(
      "requests.py",
      [
        comparison(name, sound), comparison(name, sound + "&Force=1"),
        comparison(["Environment": .string("shop")], sound),
      ], [String].self)
    #expect(found.count == 2)
    #expect(found.first == "RebuildEnvironment: Force is '1', botocore's None")
    #expect(found.last?.contains("Unknown parameter") == true)
  }

  @Test func `Each file of an operation has its request and its answer tested`() throws {
    let folder = testsDirectory.deletingLastPathComponent()
      .appending(path: "Sources/ElasticBeanstalk/Operations")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let names = Set(files.map { String($0.prefix { $0 != "." }) })
    #expect(names.count > 30)
    let beanstalk = OperationCase.all.filter { $0.service == "elasticbeanstalk" }
    #expect(Set(beanstalk.map(\.name)) == names)
  }

  @Test(arguments: OperationCase.all)
  func `What may have taken effect is sent again only where that is harmless`(
    _ operation: OperationCase
  ) async throws {
    let broken = TransportError.broken(host: "h", reason: "reset")
    let transport = ScriptedTransport([.failure(broken)])
    await #expect(throws: broken) { _ = try await operation.call(try testSession(transport)) }
    let isRepeated = transport.requests.count > 1
    #expect(isRepeated == !OperationCase.notRepeatable.contains(operation.name))
  }

  @Test func `What cleans up is not interrupted`() async throws {
    for isCleaningUp in [false, true] {
      let transport = ScriptedTransport([])
      let client = ElasticBeanstalkClient(try testSession(transport))
      await #expect(throws: TransportError.interrupted) {
        try await (isCleaningUp ? client.cleaningUp : client).deleteApplicationVersion(
          application: "shop", label: "v1", deletingSourceBundle: true)
      }
      #expect(transport.requests.map(\.isInterruptible) == [!isCleaningUp])
    }
  }

  @Test func `Every millisecond of a second is sent as it is told`() {
    for millisecond in 0..<1000 {
      let digits = String(1000 + millisecond).dropFirst()
      let text = "2026-03-01T12:00:59.\(digits)Z"
      var parameters = QueryParameters()
      parameters.set("T", toTheMillisecond: Timestamp.date(text))
      #expect(parameters.items(isFlat: false).map(\.value) == [text])
    }
  }

  @Test func `A time that no calendar has is sent without a trap`() {
    for seconds in [-1e300, 1e300, -.infinity, .infinity, .nan] {
      var parameters = QueryParameters()
      parameters.set("T", toTheMillisecond: Date(timeIntervalSince1970: seconds))
      #expect(parameters.items(isFlat: false).count <= 1)
    }
  }
}

extension HTTPRequest {
  subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Any JSON.
enum JSONValue: Codable {
  case string(String)
  case integer(Int)
  case flag(Bool)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .string(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .flag(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
