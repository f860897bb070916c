import AWS
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("requests over libcurl")
struct TransportTests {
  @Test("a request arrives as it was made")
  func echo() async throws {
    let fixture = try TransportFixture()
    var request = fixture.request(
      "GET", "/echo", query: [QueryItem("b", "1+ /é"), QueryItem("a", nil), QueryItem("c", "")],
      headers: [
        HTTPHeader("X-Amz-Meta-One", "first  second"), HTTPHeader("X-Nothing", ""),
        HTTPHeader("Accept", "application/xml"),
      ])
    let response = try await fixture.transport.send(request)
    #expect(response.status == 200)
    let echo = try Echo(response)
    #expect(echo.method == "GET")
    #expect(echo.target == "/echo?b=1%2B%20%2F%C3%A9&a&c=")
    #expect(echo.values("User-Agent") == ["git-eb/test"])
    #expect(echo.values("Host") == ["127.0.0.1:\(fixture.server.port)"])
    #expect(echo.values("X-Amz-Meta-One") == ["first  second"])
    #expect(echo.values("X-Nothing") == [""])
    #expect(echo.values("Accept") == ["application/xml"])
    #expect(echo.values("Expect") == [])
    #expect(echo.values("Accept-Encoding") == [])
    #expect(echo.values("Content-Length") == [])

    request.headers = [HTTPHeader("Host", "service.example")]
    #expect(
      try Echo(try await fixture.transport.send(request)).values("Host") == ["service.example"])
  }

  @Test("a path is sent as it is written")
  func path() async throws {
    let fixture = try TransportFixture()
    for path in ["/a/../b", "/a//b", "/./a", "/a%2Fb%20c", "/"] {
      let response = try await fixture.get(path)
      #expect(response.status == 404)
      #expect(String(decoding: response.body, as: UTF8.self) == path)
    }
    var request = fixture.request("GET", "/b")
    request.endpoint.basePath += "/a"
    let response = try await fixture.transport.send(request)
    #expect(String(decoding: response.body, as: UTF8.self) == "/a/b")
  }

  @Test("every method goes with every body")
  func methods() async throws {
    let fixture = try TransportFixture()
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
      let request = fixture.request(method, "/echo", body: .bytes(Array("hello".utf8)))
      let echo = try Echo(try await fixture.transport.send(request))
      #expect(echo.method == method)
      #expect(echo.length == 5)
      #expect(echo.digest == digest)
      #expect(echo.values("Content-Type") == [])
    }
    for (method, length) in [("POST", ["0"]), ("PUT", ["0"]), ("DELETE", [])] {
      let echo = try Echo(try await fixture.transport.send(fixture.request(method, "/echo")))
      #expect(echo.method == method)
      #expect(echo.values("Content-Length") == length)
      #expect(echo.values("Transfer-Encoding") == [])
    }
    let head = try await fixture.transport.send(fixture.request("HEAD", "/echo"))
    #expect(head.status == 200)
    #expect(head.body.isEmpty)
  }

  @Test("an answer has its status, its headers and its body, and is not followed")
  func answer() async throws {
    let fixture = try TransportFixture()
    for status in [200, 301, 403, 404, 500, 503] {
      let response = try await fixture.get("/status/\(status)")
      #expect(response.status == status)
      #expect(response.body == Array("xxxxx".utf8))
      #expect(response["LOCATION"] == "/echo")
      #expect(response["X-Empty"] == "")
      #expect(
        response.headers.filter { $0.name.lowercased() == "x-kind" }.map(\.value)
          == ["first", "second"])
    }
    #expect(try Echo(try await fixture.get("/echo")).values("Cookie") == [])
    #expect(try await fixture.get("/folded")["X-Long"] == "one two")
    #expect(try await fixture.get("/encoded").body == Array("not gzip at all".utf8))
    let chunked = try await fixture.get("/chunked")
    #expect(chunked.body == Array("hello world".utf8))
    #expect(chunked["X-Trailer"] == nil)
  }

  @Test("a connection is kept for the next request")
  func keptConnection() async throws {
    let fixture = try TransportFixture()
    let connections = try await [
      Echo(fixture.get("/echo")).connection, Echo(fixture.get("/echo")).connection,
      Echo(fixture.transport.send(fixture.request("PUT", "/echo", body: .bytes([1, 2]))))
        .connection,
      Echo(fixture.get("/echo")).connection,
    ]
    #expect(Set(connections).count == 1)
  }

  @Test("a kept connection that was closed meanwhile is replaced")
  func closedConnection() async throws {
    let fixture = try TransportFixture()
    _ = try await fixture.get("/close-later")
    try await Task.sleep(for: .milliseconds(200))
    let response = try await fixture.transport.send(
      fixture.request("POST", "/echo", body: .bytes([1])))
    #expect(response.status == 200)
  }

  @Test("ten requests go on at the same time")
  func parallel() async throws {
    let fixture = try TransportFixture()
    let targets = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<10 {
        group.addTask {
          let response = try await fixture.get(
            "/together", query: [QueryItem("\(number)", nil)])
          return String(decoding: response.body, as: UTF8.self)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(targets) == Set((0..<10).map { "/together?\($0)" }))
    #expect(try await fixture.statistics().together == 10)
  }

  @Test("the thread ends with the transport")
  func end() async throws {
    final class Token: Sendable { var isInterrupted: Bool { false } }
    let fixture = try TransportFixture()
    weak var seen: Token?
    do {
      let token = Token()
      seen = token
      let transport = CurlTransport(
        caBundle: nil, userAgent: "git-eb/test", isInterrupted: { token.isInterrupted })
      #expect(try await transport.send(fixture.request("GET", "/echo")).status == 200)
    }
    #expect(seen == nil)
    // One that was never used has no thread to wait for.
    _ = CurlTransport(caBundle: nil, userAgent: "git-eb/test", isInterrupted: { false })
  }

  // MARK: - Files

  // In a process of its own, whose peak is nobody else's.
  @Test("a large file is sent without being in memory, and says how far it is")
  func largeFile() async {
    await #expect(processExitsWith: .success) {
      let fixture = try TransportFixture()
      let path = fixture.directory.file("large")
      let descriptor = unsafe open(path, O_RDWR | O_CREAT, 0o600)
      defer { close(descriptor) }
      let length: Int64 = 192 << 20
      #expect(ftruncate(descriptor, off_t(length) + 7) == 0)
      let progress = Progress()
      let before = peakMemory()
      let response = try await fixture.transport.send(
        fixture.request(
          "PUT", "/upload", body: .file(descriptor: descriptor, offset: 7, length: length)),
        sent: { progress.note($0) })
      #expect(peakMemory() - before < 32 << 20)
      #expect(response.status == 200)
      #expect(String(decoding: response.body, as: UTF8.self).hasPrefix("\(length) "))
      #expect(progress.values.last == length)
      #expect(progress.values.count > 10)
      #expect(progress.values == progress.values.sorted())
    }
  }

  @Test("a piece of a file is sent from its offset")
  func piece() async throws {
    let fixture = try TransportFixture()
    let contents = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = fixture.directory.file("piece")
    try Data(contents).write(to: URL(filePath: path))
    let descriptor = unsafe open(path, O_RDONLY)
    defer { close(descriptor) }
    let file = try Echo(
      try await fixture.transport.send(
        fixture.request(
          "PUT", "/echo", body: .file(descriptor: descriptor, offset: 1234, length: 3000))))
    let bytes = try Echo(
      try await fixture.transport.send(
        fixture.request("PUT", "/echo", body: .bytes(Array(contents[1234..<4234])))))
    #expect(file.length == 3000)
    #expect(file.digest == bytes.digest)
    #expect(lseek(descriptor, 0, SEEK_CUR) == 0)
  }

  @Test("a file that cannot be read as announced is an error of that file")
  func shortFile() async throws {
    let fixture = try TransportFixture()
    let path = fixture.directory.file("short")
    try Data("hello".utf8).write(to: URL(filePath: path))
    let descriptor = unsafe open(path, O_RDONLY)
    defer { close(descriptor) }
    await #expect(throws: TransportError.file(errno: EIO)) {
      try await fixture.transport.send(
        fixture.request(
          "PUT", "/upload", body: .file(descriptor: descriptor, offset: 0, length: 6)))
    }
    let directory = unsafe open("/", O_RDONLY)
    defer { close(directory) }
    await #expect(throws: TransportError.file(errno: EISDIR)) {
      try await fixture.transport.send(
        fixture.request(
          "PUT", "/upload", body: .file(descriptor: directory, offset: 0, length: 6)))
    }
  }

  @Test("an answer goes to a file, an error does not")
  func destination() async throws {
    let fixture = try TransportFixture()
    let path = fixture.directory.file("answer")
    let descriptor = unsafe open(path, O_RDWR | O_CREAT, 0o600)
    defer { close(descriptor) }
    let size = 3 << 20 | 5
    let response = try await fixture.transport.send(
      fixture.request(
        "GET", "/large", query: [QueryItem("\(size)", nil)],
        destination: .file(descriptor: descriptor)))
    #expect(response.status == 200)
    #expect(response.body.isEmpty)
    let contents = try Data(contentsOf: URL(filePath: path))
    #expect(contents.count == size)
    #expect(contents.suffix(6) == Data("fzzzzz".utf8))

    let error = try await fixture.transport.send(
      fixture.request("GET", "/status/404", destination: .file(descriptor: descriptor)))
    #expect(error.status == 404)
    #expect(error.body == Array("xxxxx".utf8))
    #expect(try Data(contentsOf: URL(filePath: path)).count == size)
  }

  #if os(Linux)
    @Test("a file that cannot be written is an error of that file")
    func fullFile() async throws {
      let fixture = try TransportFixture()
      let descriptor = unsafe open("/dev/full", O_WRONLY)
      try #require(descriptor >= 0)
      defer { close(descriptor) }
      await #expect(throws: TransportError.file(errno: ENOSPC)) {
        try await fixture.transport.send(
          fixture.request(
            "GET", "/large", query: [QueryItem("70000", nil)],
            destination: .file(descriptor: descriptor)))
      }
    }
  #endif

  // MARK: - 100 Continue

  private let megabytes = HTTPBody.bytes([UInt8](repeating: 7, count: 2 << 20))

  @Test("a large body that is refused is not sent, and the refusal is the answer")
  func refused() async throws {
    let fixture = try TransportFixture()
    let response = try await fixture.transport.send(
      fixture.request("PUT", "/refuse", body: megabytes))
    #expect(response.status == 403)
    #expect(response.body == Array("<Error/>".utf8))
    #expect(try await fixture.get("/echo").status == 200)
  }

  @Test("an error in the middle of a large body is the answer")
  func refusedMidway() async throws {
    let fixture = try TransportFixture()
    let response = try await fixture.transport.send(
      fixture.request("PUT", "/refuse-midway", body: .bytes([UInt8](repeating: 7, count: 48 << 20)))
    )
    #expect(response.status == 500)
    #expect(response.body == Array("<Error/>".utf8))
    #expect(try await fixture.get("/echo").status == 200)
  }

  @Test("the head of '100 Continue' is not the answer's")
  func preliminary() async throws {
    let fixture = try TransportFixture()
    let response = try await fixture.transport.send(
      fixture.request("PUT", "/upload", body: megabytes))
    #expect(response.status == 200)
    #expect(response["X-Preliminary"] == nil)
    #expect(try await fixture.statistics().bodies == ["/upload": 2 << 20])
  }

  @Test("a server that never says '100 Continue' gets the body after a second")
  func noContinue() async throws {
    let fixture = try TransportFixture()
    let began = SuspendingClock().now
    let response = try await fixture.transport.send(
      fixture.request("PUT", "/no-continue", body: megabytes))
    #expect(response.status == 200)
    #expect(SuspendingClock().now - began > .milliseconds(900))
    #expect(try await fixture.statistics().bodies == ["/no-continue": 2 << 20])
  }

  @Test("a server that cannot do '100 Continue' is asked without it")
  func expectationFailed() async throws {
    let fixture = try TransportFixture()
    let response = try await fixture.transport.send(
      fixture.request("PUT", "/unexpected", body: megabytes))
    #expect(response.status == 200)
    let statistics = try await fixture.statistics()
    #expect(statistics.requests["/unexpected"] == 2)
    #expect(statistics.bodies == ["/unexpected": 2 << 20])
  }
}

/// Of this process, in bytes.
private func peakMemory() -> Int {
  var usage = rusage()
  #if os(Linux)
    _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
  #else
    _ = unsafe getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #endif
}

private final class Progress: Sendable {
  private let noted = Mutex<[Int64]>([])
  var values: [Int64] { noted.withLock { $0 } }
  func note(_ value: Int64) { noted.withLock { $0.append(value) } }
}
