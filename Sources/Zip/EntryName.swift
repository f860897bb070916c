/// The rules for a name in an archive.
struct EntryName {
  /// The components, without empty ones and `.`.
  let components: [ArraySlice<UInt8>]
  /// Whether it stays in the directory that it is unpacked in, also for a program to which a
  /// backslash is a slash. A name that is only slashes and dots is safe: it names the directory.
  let isSafe: Bool
  /// Whether it is not ASCII, but valid UTF-8.
  let needsUTF8Flag: Bool
}

extension EntryName {
  init(_ name: [UInt8]) {
    let verdict = EntryName.verdict(on: name)
    isSafe = verdict.isSafe
    needsUTF8Flag = verdict.needsUTF8Flag
    components = name.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
  }

  /// What there is to know of a name that is written; asked of every entry, so nothing is allocated.
  static func verdict(on name: [UInt8]) -> (isSafe: Bool, needsUTF8Flag: Bool) {
    var isASCII = true
    let isSafe = isSafe(name.span, isASCII: &isASCII)
    return (isSafe, !isASCII && String(validating: name, as: UTF8.self) != nil)
  }

  private static func isSafe(_ name: Span<UInt8>, isASCII: inout Bool) -> Bool {
    guard !name.isEmpty else { return false }
    var isSafe = true
    var start = 0
    // Where the component begins for a program that takes a backslash for a slash.
    var windowsStart = 0
    func isParent(_ start: Int, _ end: Int) -> Bool {
      end - start == 2 && name[start] == UInt8(ascii: ".") && name[start + 1] == UInt8(ascii: ".")
    }
    for index in 0...name.count {
      let byte = index < name.count ? name[index] : UInt8(ascii: "/")
      switch byte {
      case UInt8(ascii: "/"):
        if index == 0 || isParent(start, index) || isParent(windowsStart, index) { isSafe = false }
        start = index + 1
        windowsStart = index + 1
      case UInt8(ascii: "\\"):
        if index == 0 || isParent(windowsStart, index) { isSafe = false }
        windowsStart = index + 1
      case 0:
        isSafe = false
      case 0x80...:
        isASCII = false
      default:
        break
      }
    }
    return isSafe
  }
}
