/// How S3 writes names in URLs and in XML.
enum S3Encoding {
  /// A key as a path.
  static func path(_ key: String) -> String {
    PercentEncoding.encode(key, keepingSlashes: true)
  }

  /// What makes keys of the names in a listing. It says itself whether they are encoded: not every
  /// server does that when it is asked to.
  static func decoder(of listing: XMLElement) -> (String) -> String {
    listing.string("EncodingType") == "url" ? { decoded($0) } : { $0 }
  }

  /// A key out of a listing that was asked for with `encoding-type=url`, where a space is `+`. What
  /// is no escape stays as it is.
  static func decoded(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var plain: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2])
      {
        plain.append(high << 4 | low)
        index += 3
      } else {
        plain.append(bytes[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[index])
        index += 1
      }
    }
    return String(decoding: plain, as: UTF8.self)
  }

  /// Text as an XML element's contents.
  static func xml(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
