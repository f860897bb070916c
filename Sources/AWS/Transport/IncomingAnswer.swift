#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An answer on its way in: its head, and its body in memory or in a file.
struct IncomingAnswer {
  private let host: String
  private let destination: HTTPRequest.Destination
  private(set) var status = 0
  private(set) var headers: [HTTPHeader] = []
  private(set) var body: [UInt8] = []
  /// How many bytes of heads have come, of preliminary answers too.
  private(set) var headLength = 0
  /// What comes after the head are trailers (RFC 9112, 7.1.2), which nobody here asks for.
  private var isHeadWhole = false

  /// The longest heads, together. Services send less than 8 KiB.
  static let headLimit = 256 << 10
  /// The longest body of an error where the answer was to go to a file.
  static let errorLimit = 1 << 20

  init(host: String, destination: HTTPRequest.Destination) {
    self.host = host
    self.destination = destination
  }

  var response: HTTPResponse { HTTPResponse(status: status, headers: headers, body: body) }

  /// Takes a line of a head with its line end. A status line begins a new head: that of the answer
  /// after that of `100 Continue`.
  mutating func takeHead(_ line: [UInt8]) throws(TransportError) {
    headLength += line.count
    guard headLength <= Self.headLimit else { throw .tooLarge(host: host) }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      headers = []
      isHeadWhole = false
      return
    }
    guard !isHeadWhole else { return }
    let trimmed = Self.trimmed(text)
    if trimmed.isEmpty {
      isHeadWhole = true
    } else if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") {
      // A value that goes on (RFC 9112, 5.2).
      if let last = headers.indices.last { headers[last].value += " " + trimmed }
    } else if let colon = trimmed.utf8.firstIndex(of: UInt8(ascii: ":")) {
      headers.append(
        HTTPHeader(
          Self.trimmed(trimmed[..<colon]),
          Self.trimmed(trimmed[trimmed.utf8.index(after: colon)...])))
    }
  }

  /// Takes a piece of the body.
  mutating func takeBody(_ bytes: UnsafeRawBufferPointer) throws(TransportError) {
    switch destination {
    case .memory(let limit): try unsafe keep(bytes, limit: limit)
    case .file(let descriptor) where 200..<300 ~= status:
      try unsafe Self.write(bytes, to: descriptor)
    case .file: try unsafe keep(bytes, limit: Self.errorLimit)
    }
  }

  private mutating func keep(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(TransportError) {
    guard bytes.count <= limit - body.count else { throw .tooLarge(host: host) }
    unsafe body.append(contentsOf: bytes)
  }

  private static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
  ) throws(TransportError) {
    var written = 0
    while written < bytes.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
      #if canImport(Glibc)
        let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
      #else
        let count = unsafe Darwin.write(descriptor, rest.baseAddress, rest.count)
      #endif
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw .file(errno: errno)
      }
    }
  }

  /// Without spaces, tabs and line ends around it.
  private static func trimmed(_ text: some StringProtocol) -> String {
    func isSpace(_ character: Character) -> Bool {
      character == " " || character == "\t" || character.isNewline
    }
    guard let first = text.firstIndex(where: { !isSpace($0) }),
      let last = text.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(text[first...last])
  }
}
