package import Git

/// What git does to a blob's contents on its way into a work tree or an archive.
///
/// Encodings, filters and `export-subst` are git's own to apply (``GitRendering``). The rules are
/// those of git's convert.c.
package struct Conversion: Sendable, Equatable {
  package enum LineEndings: Sendable, Equatable {
    case unchanged
    /// LF becomes CRLF.
    case crlf
    /// LF becomes CRLF in text; what looks binary, or has CR already, stays.
    case automaticCRLF
  }

  package var lineEndings: LineEndings
  /// `$Id$` becomes `$Id: <blob id> $`.
  package var expandsIdent: Bool

  package static let none = Conversion(lineEndings: .unchanged, expandsIdent: false)

  package var isNone: Bool { self == .none }

  /// The attributes that ``init(attributes:)`` wants, in this order.
  package static let attributeNames = ["text", "eol", "crlf", "ident"]

  package init(lineEndings: LineEndings, expandsIdent: Bool) {
    self.lineEndings = lineEndings
    self.expandsIdent = expandsIdent
  }

  /// From the values of ``attributeNames``, in their order.
  package init(
    attributes: some Collection<AttributeValue>, lineEndings settings: LineEndingSettings = .none
  ) {
    let values = Array(attributes)
    self.expandsIdent = values[3] == .set
    self.lineEndings = Self.lineEndings(
      text: values[0], eol: values[1], crlf: values[2], settings)
  }

  /// Tells apart what different conversions make of one blob.
  package var code: UInt8 {
    let ident: UInt8 = expandsIdent ? 4 : 0
    return switch lineEndings {
    case .unchanged: ident
    case .crlf: ident + 1
    case .automaticCRLF: ident + 2
    }
  }

  /// What an attribute says of a path's contents (git_path_check_crlf).
  private enum Action {
    case text, binary, input, automatic

    /// `nil` for what says nothing: unspecified, or a value that git does not know.
    init?(_ value: AttributeValue) {
      switch value {
      case .set: self = .text
      case .unset: self = .binary
      case .value("input"): self = .input
      case .value("auto"): self = .automatic
      case .unspecified, .value: return nil
      }
    }
  }

  private static func lineEndings(
    text: AttributeValue, eol: AttributeValue, crlf: AttributeValue,
    _ settings: LineEndingSettings
  ) -> LineEndings {
    // `crlf` is what `text` was called before git 1.7.2.
    let action = Action(text) ?? Action(crlf)
    if action == .binary { return .unchanged }
    // `eol` makes a path text where nothing says whether it is, and outweighs `input`.
    switch eol {
    case .value("lf"): return .unchanged
    case .value("crlf"): return action == .automatic ? .automaticCRLF : .crlf
    default: break
    }
    switch action {
    case .text: return settings.textIsCRLF ? .crlf : .unchanged
    case .automatic: return settings.textIsCRLF ? .automaticCRLF : .unchanged
    case .input, .binary: return .unchanged
    case nil: return settings.convertsUnspecified ? .automaticCRLF : .unchanged
    }
  }

  /// The converted bytes, or `nil` when they stay as they are.
  package func apply(to bytes: UnsafeRawBufferPointer, blob: ObjectID) -> [UInt8]? {
    var result: [UInt8]?
    if expandsIdent { result = unsafe Self.expandIdent(in: bytes, blob: blob) }
    guard lineEndings != .unchanged else { return result }
    if let expanded = result {
      return unsafe expanded.withUnsafeBytes { unsafe Self.toCRLF($0, automatic: isAutomatic) }
        ?? expanded
    }
    return unsafe Self.toCRLF(bytes, automatic: isAutomatic)
  }

  private var isAutomatic: Bool { lineEndings == .automaticCRLF }

  private static let lf = UInt8(ascii: "\n")
  private static let cr = UInt8(ascii: "\r")

  private static func toCRLF(_ bytes: UnsafeRawBufferPointer, automatic: Bool) -> [UInt8]? {
    let statistics = unsafe TextStatistics(bytes)
    guard statistics.loneLF > 0 else { return nil }
    if automatic, statistics.loneCR > 0 || statistics.crlf > 0 || statistics.looksBinary {
      return nil
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + statistics.loneLF)
    var previous: UInt8 = 0
    for index in bytes.indices {
      let byte = unsafe bytes[index]
      if byte == lf, previous != cr { result.append(cr) }
      result.append(byte)
      previous = byte
    }
    return result
  }

  /// Replaces `$Id$` and `$Id: … $` as git's ident_to_worktree does; `nil` when there is none.
  private static func expandIdent(in bytes: UnsafeRawBufferPointer, blob: ObjectID) -> [UInt8]? {
    let marker = Array("$Id".utf8)
    let dollar = UInt8(ascii: "$")
    var result: [UInt8] = []
    var copied = 0
    var position = 0
    while position + marker.count < bytes.count {
      guard unsafe bytes[position] == dollar, unsafe bytes[position + 1] == marker[1],
        unsafe bytes[position + 2] == marker[2]
      else {
        position += 1
        continue
      }
      let after = position + marker.count
      var end: Int?
      if unsafe bytes[after] == dollar {
        end = after + 1
      } else if unsafe bytes[after] == UInt8(ascii: ":") {
        end = unsafe endOfExpandedIdent(in: bytes, from: after)
      }
      guard let end else {
        position += 1
        continue
      }
      unsafe result.append(contentsOf: bytes[copied..<position])
      result.append(contentsOf: Array("$Id: \(blob.hex) $".utf8))
      copied = end
      position = end
    }
    guard copied > 0 else { return nil }
    unsafe result.append(contentsOf: bytes[copied...])
    return result
  }

  /// The end of an expanded `$Id: … $`, unless it spans lines or was made by another program: git
  /// leaves one alone whose text has a space that is not the last character.
  private static func endOfExpandedIdent(in bytes: UnsafeRawBufferPointer, from colon: Int) -> Int?
  {
    var position = colon + 1
    while position < bytes.count {
      let byte = unsafe bytes[position]
      if byte == UInt8(ascii: "\n") { return nil }
      if byte == UInt8(ascii: "$") { break }
      position += 1
    }
    guard position < bytes.count else { return nil }
    let text = unsafe bytes[(colon + 1)..<position]
    if unsafe text.count > 1 {
      let inner = unsafe text.dropFirst()
      if let space = unsafe inner.firstIndex(of: UInt8(ascii: " ")), space < position - 1 {
        return nil
      }
    }
    return position + 1
  }
}

/// Counts that git decides by whether contents are text (convert.c, gather_stats).
package struct TextStatistics {
  package var nul = 0
  package var loneCR = 0
  package var loneLF = 0
  package var crlf = 0
  package var printable = 0
  package var nonPrintable = 0

  package init(_ bytes: UnsafeRawBufferPointer) {
    var index = bytes.startIndex
    let end = bytes.endIndex
    while index < end {
      let byte = unsafe bytes[index]
      switch byte {
      case 0x0d:
        if index + 1 < end, unsafe bytes[index + 1] == 0x0a {
          crlf += 1
          index += 1
        } else {
          loneCR += 1
        }
      case 0x0a: loneLF += 1
      case 0x7f: nonPrintable += 1
      case 0x08, 0x09, 0x1b, 0x0c: printable += 1
      case 0:
        nul += 1
        nonPrintable += 1
      case 1..<0x20: nonPrintable += 1
      default: printable += 1
      }
      index += 1
    }
    // A trailing end-of-file character of old systems does not make contents binary.
    if unsafe bytes.last == 0x1a { nonPrintable -= 1 }
  }

  package var looksBinary: Bool {
    loneCR > 0 || nul > 0 || (printable >> 7) < nonPrintable
  }
}
