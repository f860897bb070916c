import AWS
import Foundation
import TestSupport
import Testing

@Suite("TLS and proxies")
struct TransportTrustTests {
  @Test("a private authority is trusted where it is named, as a file and as a directory")
  func authority() async throws {
    for isDirectory in [false, true] {
      let fixture = try TransportFixture { server, directory in
        guard isDirectory else { return server.authority }
        let program = #"cp "$1" "$(openssl x509 -hash -noout -in "$1").0""#
        try check(["sh", "-euc", program, "sh", server.authority], in: directory.path)
        return directory.path
      }
      var request = fixture.request("GET", "/echo")
      request.endpoint = fixture.secureEndpoint
      let first = try Echo(try await fixture.transport.send(request))
      #expect(first.target == "/echo")
      #expect(try Echo(try await fixture.transport.send(request)).connection == first.connection)
      request.path = "/short"
      await #expect(throws: TransportError.self) { try await fixture.transport.send(request) }
    }
  }

  @Test("a certificate that nobody vouches for is refused, and so is one for another name")
  func untrusted() async throws {
    func expectRefusal(_ fixture: TransportFixture, host: String) async throws {
      var request = fixture.request("GET", "/echo")
      request.endpoint = fixture.secureEndpoint
      request.endpoint.host = host
      do throws(TransportError) {
        let response = try await fixture.transport.send(request)
        Issue.record("answered \(response.status)")
      } catch {
        guard case .notTrusted(host: host, let reason) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(!reason.isEmpty)
      }
      #expect(try await fixture.statistics().requests == ["/statistics": 1])
    }
    try await expectRefusal(TransportFixture(), host: "localhost")
    try await expectRefusal(
      TransportFixture { server, _ in server.authority }, host: "127.0.0.1")
    try await expectRefusal(
      TransportFixture { _, directory in directory.file("none.pem") }, host: "localhost")
  }

  @Test("a server that does not speak TLS is refused")
  func noTLS() async throws {
    let fixture = try TransportFixture()
    var request = fixture.request("GET", "/echo")
    request.endpoint.scheme = "https"
    do throws(TransportError) {
      let response = try await fixture.transport.send(request)
      Issue.record("answered \(response.status)")
    } catch {
      switch error {
      case .notTrusted(host: "127.0.0.1", _), .cannotConnect(host: "127.0.0.1", _): break
      default: Issue.record("\(error)")
      }
    }
    #expect(try await fixture.statistics().requests == ["/statistics": 1])
  }

  // The variables are the process's, so each of these has one to itself.

  @Test("https goes through the tunnel of HTTPS_PROXY")
  func tunnel() async {
    await #expect(processExitsWith: .success) {
      let fixture = try TransportFixture { server, _ in server.authority }
      unsafe setenv("HTTPS_PROXY", "http://127.0.0.1:\(fixture.server.port)", 1)
      unsafe setenv("NO_PROXY", "127.0.0.1", 1)
      var request = fixture.request("GET", "/echo")
      request.endpoint = Endpoint(
        scheme: "https", host: "service.test", basePath: fixture.endpoint.basePath)
      let response = try await fixture.transport.send(request)
      #expect(try Echo(response).values("Host") == ["service.test"])
      #expect(response["X-Proxy"] == nil)
      #expect(try await fixture.statistics().tunnels == ["service.test:443"])

      // A proxy that refuses has not passed on the request.
      request.endpoint.host = "forbidden.test"
      do throws(TransportError) {
        let response = try await fixture.transport.send(request)
        Issue.record("answered \(response.status)")
      } catch {
        guard case .cannotConnect(host: "forbidden.test", let reason) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(reason.contains("403"))
      }
    }
  }

  @Test("http goes through http_proxy, and not through HTTP_PROXY")
  func plainProxy() async {
    await #expect(processExitsWith: .success) {
      let fixture = try TransportFixture()
      unsafe setenv("http_proxy", "http://127.0.0.1:\(fixture.server.port)", 1)
      // A server that runs CGI programs sets it from a request's header.
      unsafe setenv("HTTP_PROXY", "http://127.0.0.1:1", 1)
      unsafe setenv("no_proxy", "127.0.0.1", 1)
      var request = fixture.request("GET", "/echo", query: [QueryItem("a", "b")])
      request.endpoint = Endpoint(
        scheme: "http", host: "service.test", port: 8080, basePath: fixture.endpoint.basePath)
      #expect(try Echo(try await fixture.transport.send(request)).target == "/echo?a=b")
      #expect(try await fixture.statistics().passedOn == ["service.test:8080"])
    }
  }

  @Test("NO_PROXY names what is asked directly")
  func noProxy() async {
    await #expect(processExitsWith: .success) {
      let fixture = try TransportFixture { server, _ in server.authority }
      unsafe setenv("https_proxy", "http://127.0.0.1:\(fixture.server.port)", 1)
      unsafe setenv("http_proxy", "http://127.0.0.1:\(fixture.server.port)", 1)
      unsafe setenv("NO_PROXY", "localhost,127.0.0.1", 1)
      var request = fixture.request("GET", "/echo")
      #expect(try await fixture.transport.send(request).status == 200)
      request.endpoint = fixture.secureEndpoint
      #expect(try await fixture.transport.send(request).status == 200)
      let statistics = try await fixture.statistics()
      #expect(statistics.passedOn.isEmpty)
      #expect(statistics.tunnels.isEmpty)
    }
  }
}
