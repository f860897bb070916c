/// Text as a tag's value may hold it: letters, digits, blanks and `_.:/=+-@`, at most 256
/// characters (Elastic Beanstalk's documentation of tags). Other bytes are written as `=` and two
/// digits, as in quoted-printable.
enum TagValue {
  /// Characters.
  static let limit = 256

  static func text(_ value: String) -> String {
    var text = ""
    for byte in value.utf8 {
      let next = escaped(byte)
      if text.utf8.count + next.utf8.count > limit { break }
      text += next
    }
    return text
  }

  /// How long the text of a value is that is not cut.
  static func length(of value: String) -> Int {
    value.utf8.reduce(0) { $0 + escaped($1).utf8.count }
  }

  /// What ``text(_:)`` was made of. Text that it does not make is left as it is.
  static func value(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "="), rest.count >= 2,
        let decoded = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(decoded)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self) ?? text
  }

  private static func escaped(_ byte: UInt8) -> String {
    if byte != UInt8(ascii: "="), isAllowed(byte) { return String(UnicodeScalar(byte)) }
    let digits = String(byte, radix: 16, uppercase: true)
    return "=" + (digits.utf8.count < 2 ? "0" : "") + digits
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    EnvironmentName.isAllowed(byte) || " _.:/+@".utf8.contains(byte)
  }
}
