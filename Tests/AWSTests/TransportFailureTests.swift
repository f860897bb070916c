import AWS
import Foundation
import TestSupport
import Testing

@Suite("requests that fail")
struct TransportFailureTests {
  /// The error that the request ends with, and after how long.
  private func failure(
    _ fixture: TransportFixture, _ request: HTTPRequest
  ) async throws -> (error: TransportError, after: Duration) {
    let began = SuspendingClock().now
    let response: HTTPResponse
    do throws(TransportError) {
      response = try await fixture.transport.send(request)
    } catch {
      return (error, SuspendingClock().now - began)
    }
    throw Unexpected(response: response)
  }

  private struct Unexpected: Error {
    var response: HTTPResponse
  }

  // MARK: - No answer, or half of one

  @Test(
    "an answer that is cut short is no answer",
    arguments: ["/short", "/cut-chunk", "/reset", "/nothing", "/garbage"])
  func cut(path: String) async throws {
    let fixture = try TransportFixture()
    let (error, _) = try await failure(fixture, fixture.request("GET", path))
    guard case .broken(host: "127.0.0.1", let reason) = error else {
      Issue.record("\(path): \(error)")
      return
    }
    #expect(!reason.isEmpty)
    #expect(try await fixture.get("/echo").status == 200)
  }

  @Test("a request is not sent a second time over another connection")
  func notRepeated() async throws {
    let fixture = try TransportFixture()
    let request = fixture.request("POST", "/nothing-if-kept", body: .bytes([1, 2, 3]))
    #expect(try await fixture.transport.send(request).status == 200)
    let (error, _) = try await failure(fixture, request)
    guard case .broken(host: "127.0.0.1", _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(try await fixture.statistics().requests["/nothing-if-kept"] == 2)
  }

  @Test("an answer that is too large is not kept")
  func tooLarge() async throws {
    let fixture = try TransportFixture()
    let expected = TransportError.tooLarge(host: "127.0.0.1")
    for (path, size, limit) in [("/large", 100_001, 100_000), ("/status/404", 11, 10)] {
      var request = fixture.request("GET", path, query: [QueryItem("\(size)", nil)])
      request.destination = .memory(limit: limit)
      #expect(try await failure(fixture, request).error == expected)
      request.destination = .memory(limit: size)
      #expect(try await fixture.transport.send(request).body.count == size)
    }
    #expect(
      try await failure(fixture, fixture.request("GET", "/long-head")).error == expected)
  }

  // MARK: - No connection

  @Test("nobody listens: the request was not sent")
  func refused() async throws {
    let fixture = try TransportFixture()
    let silent = try TestSocket(.bound)
    var request = fixture.request("GET", "/echo")
    request.endpoint.port = silent.port
    let (error, _) = try await failure(fixture, request)
    guard case .cannotConnect(host: "127.0.0.1", let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.contains("onnect to"))
    #expect(reason.first?.isLowercase == true)
  }

  @Test("a name that does not exist: the request was not sent")
  func unresolvable() async throws {
    let fixture = try TransportFixture()
    var request = fixture.request("GET", "/echo")
    // Never registered (RFC 6761, 6.4).
    request.endpoint.host = "nowhere.invalid"
    let (error, _) = try await failure(fixture, request)
    guard case .cannotConnect(host: "nowhere.invalid", let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.contains("nowhere.invalid"))
  }

  @Test("a server that takes no connections is given up after the limit")
  func connectLimit() async throws {
    let full = try TestSocket(.full)
    let fixture = try TransportFixture()
    var request = fixture.request("GET", "/echo")
    request.endpoint.port = full.port
    request.limits.connect = .milliseconds(400)
    let (error, after) = try await failure(fixture, request)
    guard case .cannotConnect(host: "127.0.0.1", _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(after > .milliseconds(350))
    #expect(after < .seconds(20))
  }

  @Test("what cannot be in a request is not sent")
  func forbidden() async throws {
    let fixture = try TransportFixture()
    for host in ["", "a b", "user@127.0.0.1", "127.0.0.1/", "127.0.0.1#", "a\nb"] {
      var request = fixture.request("GET", "/echo")
      request.endpoint.host = host
      guard case .cannotConnect(host: host, _) = try await failure(fixture, request).error else {
        Issue.record("'\(host)' is taken")
        continue
      }
    }
    for request in [
      fixture.request("GET", "/echo", headers: [HTTPHeader("X-One", "1\r\nX-Two: 2")]),
      fixture.request("GET", "/echo HTTP/1.1\r\nX-Two: 2\r\n"),
      fixture.request("GET /", "/echo\n"),
    ] {
      guard case .cannotConnect = try await failure(fixture, request).error else {
        Issue.record("\(request) is taken")
        continue
      }
    }
    var request = fixture.request("GET", "/etc/passwd")
    request.endpoint = Endpoint(scheme: "file", host: "localhost")
    guard case .cannotConnect = try await failure(fixture, request).error else {
      Issue.record("a file is read")
      return
    }
    #expect(try await fixture.statistics().requests == ["/statistics": 1])
  }

  // MARK: - Limits

  @Test(
    "a server that falls silent is given up after the limit",
    arguments: ["/stall", "/stall-in-head", "/stall-in-body", "/pause-continue", "/never-read"])
  func stall(path: String) async throws {
    let fixture = try TransportFixture()
    var request = fixture.request("GET", path)
    if path == "/pause-continue" || path == "/never-read" {
      request.method = "PUT"
      request.body = .bytes([UInt8](repeating: 1, count: 48 << 20))
    }
    // `100 Continue` is waited for a second, which is a kind of silence too.
    let stall = Duration.milliseconds(path == "/pause-continue" ? 1500 : 500)
    request.limits = HTTPRequest.Limits(connect: .seconds(20), stall: stall, total: .seconds(60))
    let (error, after) = try await failure(fixture, request)
    let what = "nothing was sent or received for \(path == "/pause-continue" ? 1500 : 500) ms"
    #expect(error == .timedOut(host: "127.0.0.1", what: what))
    #expect(after >= stall)
    #expect(after < .seconds(20))
  }

  @Test("a slow answer is not silence")
  func drip() async throws {
    let fixture = try TransportFixture()
    let limits = HTTPRequest.Limits(connect: .seconds(20), stall: .seconds(1), total: nil)
    let response = try await fixture.get("/drip", limits: limits)
    #expect(response.body.count == 12)
  }

  @Test("an answer that never ends is given up after the limit of the whole")
  func total() async throws {
    let fixture = try TransportFixture()
    let limits = HTTPRequest.Limits(connect: .seconds(20), stall: .seconds(20), total: .seconds(1))
    let (error, after) = try await failure(
      fixture, fixture.request("GET", "/drip-for-ever", limits: limits))
    #expect(
      error
        == .timedOut(host: "127.0.0.1", what: "there was no whole answer after 1 s"))
    #expect(after >= .seconds(1))
    #expect(after < .seconds(20))
  }

  // MARK: - Interruption

  @Test("a signal ends a request within 200 ms")
  func interruption() async throws {
    try await expectSoon {
      let fixture = try TransportFixture()
      #expect(try await fixture.get("/echo").status == 200)
      async let stalled = ending(fixture, fixture.request("GET", "/stall"))
      try await Task.sleep(for: .milliseconds(150))
      let raised = SuspendingClock().now
      fixture.signal.raise()
      let (error, ended) = try await stalled
      #expect(error == .interrupted)
      return ended - raised
    }
  }

  @Test("a signal leaves alone what cleans up")
  func notInterruptible() async throws {
    let fixture = try TransportFixture()
    var patient = fixture.request("GET", "/drip")
    patient.isInterruptible = false
    let request = patient
    async let other = fixture.transport.send(request)
    try await Task.sleep(for: .milliseconds(300))
    fixture.signal.raise()
    #expect(try await failure(fixture, fixture.request("GET", "/echo")).error == .interrupted)
    #expect(try await other.body.count == 12)
    #expect(try await fixture.transport.send(request).status == 200)
  }

  @Test(
    "a task that is cancelled ends its request within 200 ms", arguments: [true, false])
  func cancellation(isInterruptible: Bool) async throws {
    try await expectSoon {
      let fixture = try TransportFixture()
      var made = fixture.request("GET", "/stall")
      made.isInterruptible = isInterruptible
      let request = made
      let task = Task { try await ending(fixture, request) }
      try await Task.sleep(for: .milliseconds(300))
      let cancelled = SuspendingClock().now
      task.cancel()
      let (error, ended) = try await task.value
      #expect(error == .interrupted)
      #expect(try await fixture.get("/echo").status == 200)
      return ended - cancelled
    }
  }

  /// The error that the request ends with, and when.
  private func ending(
    _ fixture: TransportFixture, _ request: HTTPRequest
  ) async throws -> (TransportError, SuspendingClock.Instant) {
    let error = try await failure(fixture, request).error
    return (error, SuspendingClock().now)
  }

  /// A busy machine may be late, but not every time.
  private func expectSoon(_ attempt: () async throws -> Duration) async throws {
    var delays: [Duration] = []
    repeat {
      delays.append(try await attempt())
      if delays.contains(where: { $0 < .milliseconds(200) }) { return }
    } while delays.count < 8
    Issue.record("\(delays)")
  }

  @Test("a task that is cancelled already sends nothing")
  func cancelledBefore() async throws {
    let fixture = try TransportFixture()
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return try await failure(fixture, fixture.request("GET", "/echo")).error
    }
    #expect(try await task.value == .interrupted)
    #expect(try await fixture.statistics().requests == ["/statistics": 1])
  }
}

/// A port of 127.0.0.1 where nobody answers.
private final class TestSocket: Sendable {
  enum Kind {
    /// Nobody listens.
    case bound
    /// The queue of connections is full, and nobody takes any.
    case full
  }

  struct Failed: Error {}

  let port: Int
  private let descriptors: [Int32]

  init(_ kind: Kind) throws {
    #if os(Linux)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    let listener = socket(AF_INET, stream, 0)
    var descriptors = [listener]
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let size = length
    func withAddress(_ body: (UnsafeMutablePointer<sockaddr>) -> Int32) -> Int32 {
      unsafe withUnsafeMutablePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
      }
    }
    guard unsafe withAddress({ unsafe bind(listener, $0, size) }) == 0,
      kind == .bound || listen(listener, 0) == 0,
      unsafe withAddress({ unsafe getsockname(listener, $0, &length) }) == 0
    else { throw Failed() }
    port = Int(UInt16(bigEndian: address.sin_port))
    if kind == .full {
      for _ in 0..<4 {
        let client = socket(AF_INET, stream, 0)
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        _ = unsafe withAddress { unsafe connect(client, $0, size) }
        descriptors.append(client)
      }
    }
    self.descriptors = descriptors
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
