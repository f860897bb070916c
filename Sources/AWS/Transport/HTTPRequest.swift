/// Where a service answers: scheme, host and port.
package struct Endpoint: Sendable, Hashable {
  /// `https`, or `http` for a server that somebody named outright.
  package var scheme: String
  package var host: String
  /// `nil` for the scheme's own port.
  package var port: Int?
  /// What every path starts with: empty, or such as `/aws` where the endpoint's URL has a path.
  package var basePath: String

  package init(scheme: String, host: String, port: Int? = nil, basePath: String = "") {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.basePath = basePath
  }

  /// The `Host` header: the port is left out where it is the scheme's own.
  package var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    guard let port, port != (scheme == "https" ? 443 : 80) else { return name }
    return "\(name):\(port)"
  }
}

/// A header's name and value. Names are compared without regard to case (RFC 9110, 5.1).
package struct HTTPHeader: Sendable, Equatable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A name and a value of a URL's query, not encoded; `nil` where there is no `=`.
package struct QueryItem: Sendable, Equatable {
  package var name: String
  package var value: String?

  package init(_ name: String, _ value: String?) {
    self.name = name
    self.value = value
  }
}

/// What is sent after the headers.
package enum HTTPBody: Sendable, Equatable {
  case none
  case bytes([UInt8])
  /// `length` bytes of an open file from `offset`, read with pread(2) as they are sent; the
  /// descriptor stays its owner's and is open until the request has ended.
  case file(descriptor: Int32, offset: Int64, length: Int64)

  package var length: Int64 {
    switch self {
    case .none: 0
    case .bytes(let bytes): Int64(bytes.count)
    case .file(_, _, let length): length
    }
  }
}

/// One request, as it goes over the wire.
package struct HTTPRequest: Sendable {
  package var method: String
  package var endpoint: Endpoint
  /// Percent-encoded, from `/`, without the endpoint's base path.
  package var path: String
  package var query: [QueryItem]
  package var headers: [HTTPHeader]
  package var body: HTTPBody
  /// Where the answer's body goes when the status is 2xx.
  package var destination: Destination
  package var limits: Limits
  /// Whether a signal that asks git-eb to stop ends this request. What cleans up goes on.
  package var isInterruptible: Bool

  package enum Destination: Sendable, Equatable {
    /// Kept, up to so many bytes.
    case memory(limit: Int)
    /// Written to the open descriptor, which stays its owner's.
    case file(descriptor: Int32)
  }

  /// How long to wait for what. No wait is without a limit.
  package struct Limits: Sendable, Equatable {
    package var connect: Duration
    /// The longest time without a byte in either direction.
    package var stall: Duration
    /// `nil` where only stalls count, as in large uploads.
    package var total: Duration?

    package init(connect: Duration, stall: Duration, total: Duration?) {
      self.connect = connect
      self.stall = stall
      self.total = total
    }

    package static let standard = Limits(
      connect: .seconds(5), stall: .seconds(30), total: .seconds(90))
  }

  package init(
    _ method: String, _ endpoint: Endpoint, path: String, query: [QueryItem] = [],
    headers: [HTTPHeader] = [], body: HTTPBody = .none,
    destination: Destination = .memory(limit: 16 << 20), limits: Limits = .standard,
    isInterruptible: Bool = true
  ) {
    self.method = method
    self.endpoint = endpoint
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.destination = destination
    self.limits = limits
    self.isInterruptible = isInterruptible
  }
}

/// A whole answer.
package struct HTTPResponse: Sendable {
  package var status: Int
  package var headers: [HTTPHeader]
  /// Empty where the body was written to a file.
  package var body: [UInt8]

  package init(status: Int, headers: [HTTPHeader], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first header of that name.
  package subscript(name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.name.lowercased() == name }?.value
  }
}

extension HTTPRequest {
  /// Gets what lies at an address that is not signed or carries its signature in itself; `nil` for
  /// text that is no http or https URL.
  package init?(getting url: String, limit: Int) {
    let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first, let separator = address.firstRange(of: "://") else {
      return nil
    }
    let start = address[separator.upperBound...].firstIndex(of: "/") ?? address.endIndex
    guard let endpoint = Endpoint(url: String(address[..<start])) else { return nil }
    var query: [QueryItem] = []
    for item in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(pair[0]) else { return nil }
      guard pair.count > 1 else {
        query.append(QueryItem(name, nil))
        continue
      }
      guard let value = Self.decoded(pair[1]) else { return nil }
      query.append(QueryItem(name, value))
    }
    self.init(
      "GET", endpoint, path: start == address.endIndex ? "/" : String(address[start...]),
      query: query, destination: .memory(limit: limit))
  }

  /// Text without its percent encoding; `nil` where that is broken.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
