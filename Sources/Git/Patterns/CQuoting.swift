/// The quoting of C strings that git uses for unusual paths.
package enum CQuoting {
  /// What the quoted string at the beginning of `text` stands for, and how many bytes it takes with
  /// its quotes; `nil` when it is malformed.
  package static func unquote(_ text: some Collection<UInt8>) -> (value: [UInt8], count: Int)? {
    let bytes = Array(text)
    guard bytes.first == UInt8(ascii: "\"") else { return nil }
    var value: [UInt8] = []
    var position = 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") { return (value, position) }
      guard byte == UInt8(ascii: "\\") else {
        value.append(byte)
        continue
      }
      guard position < bytes.count else { return nil }
      let escaped = bytes[position]
      position += 1
      switch escaped {
      case UInt8(ascii: "a"): value.append(0x07)
      case UInt8(ascii: "b"): value.append(0x08)
      case UInt8(ascii: "f"): value.append(0x0c)
      case UInt8(ascii: "n"): value.append(0x0a)
      case UInt8(ascii: "r"): value.append(0x0d)
      case UInt8(ascii: "t"): value.append(0x09)
      case UInt8(ascii: "v"): value.append(0x0b)
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): value.append(escaped)
      case UInt8(ascii: "0")...UInt8(ascii: "3"):
        guard position + 1 < bytes.count else { return nil }
        var number = escaped - 0x30
        for digit in bytes[position..<(position + 2)] {
          guard (0x30...0x37).contains(digit) else { return nil }
          number = number << 3 | (digit - 0x30)
        }
        value.append(number)
        position += 2
      default: return nil
      }
    }
    return nil
  }
}
