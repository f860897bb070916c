/// Percent-encoding as signatures want it, and so as everything that is sent is written.
package enum PercentEncoding {
  /// Every byte of the text's UTF-8 but the unreserved ones of RFC 3986 (2.3) becomes `%XX`, with
  /// capitals; `keepingSlashes` for a path. The rule is AWS's `UriEncode` ("Create a signed AWS API
  /// request", IAM User Guide).
  package static func encode(_ text: String, keepingSlashes: Bool = false) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if isUnreserved(byte) || keepingSlashes && byte == UInt8(ascii: "/") {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The query as it stands in a URL after `?`, in the order given.
  package static func encode(_ query: [QueryItem]) -> String {
    query.map { item in
      encode(item.name) + (item.value.map { "=" + encode($0) } ?? "")
    }.joined(separator: "&")
  }

  private static let digits = Array("0123456789ABCDEF".utf8)

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
