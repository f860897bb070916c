#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One `GET` of the health path on a port of this machine.
struct HealthCheck: Sendable {
  /// What came of it.
  enum Answer: Equatable, Sendable {
    case status(Int)
    /// Nothing listens on the port.
    case refused
    /// The time limit passed.
    case silence
    /// Something that is not HTTP, or an early end.
    case garbage

    /// For people, after "last answer: ".
    var text: String {
      switch self {
      case .status(let code): "\(code)"
      case .refused: "connection refused"
      case .silence: "none in time"
      case .garbage: "not HTTP"
      }
    }
  }

  var port: UInt16
  var path: String

  /// Asks once. Only a cancelled task makes it throw.
  func ask(limit: Duration) async throws -> Answer {
    guard let descriptor = LocalSocket.connect(port: port) else { return .refused }
    defer { close(descriptor) }
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var request = Array(
      """
      GET \(path) HTTP/1.1\r
      Host: 127.0.0.1\r
      User-Agent: git-eb\r
      Accept: */*\r
      Connection: close\r
      \r\n
      """.utf8)[...]
    var answer: [UInt8] = []
    var isConnected = false
    while true {
      if !isConnected, isReady(descriptor, for: POLLOUT) {
        guard LocalSocket.connectionError(descriptor) == 0 else { return .refused }
        isConnected = true
      }
      if isConnected, !request.isEmpty {
        let count = unsafe request.withUnsafeBytes {
          unsafe send(descriptor, $0.baseAddress, $0.count, Self.quietly)
        }
        if count > 0 { request = request.dropFirst(count) }
        if count < 0, errno != EAGAIN, errno != EINTR { return .garbage }
      }
      if isConnected, let done = receive(from: descriptor, into: &answer) { return done }
      guard clock.now < deadline else { return .silence }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// The status in the first line of an answer; `nil` when that is no HTTP.
  static func status(in line: ArraySlice<UInt8>) -> Int? {
    let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard fields.count >= 2, fields[0].starts(with: Array("HTTP/1.".utf8)), fields[1].count == 3
    else { return nil }
    return Int(String(decoding: fields[1], as: UTF8.self))
  }

  /// Reads what there is; `nil` when the first line is not complete yet.
  private func receive(from descriptor: Int32, into answer: inout [UInt8]) -> Answer? {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = unsafe chunk.withUnsafeMutableBytes {
      unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
    }
    if count < 0 { return errno == EAGAIN || errno == EINTR ? nil : .garbage }
    if count == 0 { return .garbage }
    answer += chunk[..<count]
    if let end = answer.firstIndex(of: UInt8(ascii: "\n")) {
      return Self.status(in: answer[..<end]).map { .status($0) } ?? .garbage
    }
    return answer.count > 8192 ? .garbage : nil
  }

  private func isReady(_ descriptor: Int32, for events: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return unsafe poll(&entry, 1, 0) == 1
  }

  #if canImport(Glibc)
    private static let quietly = Int32(MSG_NOSIGNAL)
  #else
    private static let quietly: Int32 = 0
  #endif
}
