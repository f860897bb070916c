/// What keeps a secret from being of use, as far as it can be told without knowing it.
package enum SecretFault: Sendable, Equatable {
  case empty
  /// Something in it is set to what only stands for a value.
  case placeholder(line: Int)
  /// Lines of a file of variables end in CRLF, which becomes a part of their values.
  case carriageReturns

  init?(_ entry: BundleEntry, _ bytes: UnsafeRawBufferPointer) {
    if bytes.count == 0 {
      self = .empty
      return
    }
    guard bytes.count <= ContentExaminer.contentLimit, unsafe EntryReader.isText(bytes) else {
      return nil
    }
    let text = unsafe String(decoding: bytes, as: UTF8.self)
    if let line = Self.placeholderLine(in: TextLines.of(text)) {
      self = .placeholder(line: line)
    } else if Self.holdsVariables(entry), text.contains("\r\n") {
      self = .carriageReturns
    } else {
      return nil
    }
  }

  private static func holdsVariables(_ entry: BundleEntry) -> Bool {
    let name = entry.name.split(separator: "/").last ?? ""
    return name.hasPrefix(".env") || name.hasSuffix(".env")
  }

  /// The first line that sets something to what only stands for a value.
  private static func placeholderLine(in lines: [Substring]) -> Int? {
    for (index, line) in lines.enumerated() {
      guard let equals = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else { continue }
      let value = line[line.index(after: equals)...].trimming { " \t\"',".contains($0) }
      if placeholders.contains(value.lowercased()) { return index + 1 }
    }
    return nil
  }

  private static let placeholders: Set<String> = [
    "changeme", "change-me", "change_me", "todo", "xxx", "xxxx", "xxxxx", "<value>", "<secret>",
    "your-secret-here", "your_secret_here", "replace-me", "replaceme", "<your-key>",
  ]
}
