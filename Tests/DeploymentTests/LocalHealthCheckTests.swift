import Foundation
import TestSupport
import Testing

@testable import Deployment

@Suite("Local host: health check") struct LocalHealthCheckTests {
  @Test(
    arguments: [
      ("HTTP/1.1 200 OK\r", 200), ("HTTP/1.0 404 Not Found", 404), ("HTTP/1.1 503\r", nil),
      ("HTTP/1.1 503 ", 503), ("HTTP/2 200 OK", nil), ("SSH-2.0-x", nil), ("", nil),
      ("HTTP/1.1 abc OK", nil),
    ] as [(String, Int?)])
  func `The status is read from the first line`(line: String, status: Int?) {
    #expect(HealthCheck.status(in: Array(line.utf8)[...]) == status)
  }

  /// Answers one connection with these bytes, after `delay`.
  private func ask(_ answer: String, delay: Duration = .zero, limit: Duration = .seconds(120))
    async throws -> HealthCheck.Answer
  {
    let listener = try #require(LocalSocket.listen(port: 0))
    defer { close(listener) }
    let port = try #require(LocalSocket.port(of: listener))
    let server = Task {
      var client = LocalSocket.accept(listener)
      while client == nil {
        try await Task.sleep(for: .milliseconds(2))
        client = LocalSocket.accept(listener)
      }
      try? await Task.sleep(for: delay)
      _ = LocalStorage.writeAll(Array(answer.utf8)[...], to: try #require(client))
      close(try #require(client))
    }
    let result = try await HealthCheck(port: port, path: "/").ask(limit: limit)
    server.cancel()
    _ = try? await server.value
    return result
  }

  @Test func `What a server answers is told`() async throws {
    #expect(try await ask("HTTP/1.1 200 OK\r\n\r\n") == .status(200))
    #expect(try await ask("HTTP/1.1 500 Oh no\r\n\r\n") == .status(500))
    #expect(try await ask("hello\n") == .garbage)
    #expect(try await ask("") == .garbage)
    #expect(try await ask(String(repeating: "x", count: 20_000)) == .garbage)
  }

  @Test func `A server that says nothing is given up`() async throws {
    #expect(try await ask("", delay: .seconds(600), limit: .milliseconds(100)) == .silence)
  }

  @Test func `A port on which nothing listens refuses`() async throws {
    let port = try LocalSocket.freePort()
    #expect(try await HealthCheck(port: port, path: "/").ask(limit: .seconds(1)) == .refused)
  }
}
