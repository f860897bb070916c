private import Zip

/// Finds secrets by their shapes, in one pass over the bytes.
///
/// All beginnings are looked for at once, as Wu and Manber do it ("A fast algorithm for
/// multi-pattern searching", 1994): two bytes of the text say how far the next place is at which a
/// beginning could end. Nothing is written after it is made, so threads share it.
@safe package final class LeakScanner: @unchecked Sendable {
  /// What it knows, for people.
  package static var names: [String] { LeakPattern.all.map(\.name) }

  static let shared = LeakScanner(LeakPattern.all)

  private struct Beginning {
    let bytes: [UInt8]
    let pattern: LeakPattern
  }

  /// By the two bytes that end the first four of a beginning: how far to go on; 0 where some
  /// beginning has them.
  private let shifts: UnsafeMutablePointer<UInt8>
  /// By a hash of four bytes: whether a beginning may start with them.
  private let starts: UnsafeMutablePointer<Bool>
  /// By the four bytes that they start with, as they lie in memory.
  private var beginnings: [UInt32: [Beginning]] = [:]

  /// How much of each beginning the tables are made of.
  private static let length = 4
  /// Secrets of one file that are told.
  private static let limit = 20

  init(_ patterns: [LeakPattern]) {
    unsafe shifts = .allocate(capacity: 1 << 16)
    unsafe shifts.initialize(repeating: UInt8(Self.length - 1), count: 1 << 16)
    unsafe starts = .allocate(capacity: 1 << 16)
    unsafe starts.initialize(repeating: false, count: 1 << 16)
    for pattern in patterns {
      for text in pattern.beginnings { add(Array(text.utf8), pattern) }
    }
  }

  private func add(_ bytes: [UInt8], _ pattern: LeakPattern) {
    let beginning = Beginning(bytes: bytes, pattern: pattern)
    // One that is too short stands there with whatever may follow it.
    let following = bytes.count < Self.length ? pattern.alphabet.bytes.map { [$0] } : [[]]
    for more in following {
      let first = Array((bytes + more).prefix(Self.length))
      precondition(first.count == Self.length, "a beginning is too short")
      for end in 1..<Self.length {
        let block = Int(first[end - 1]) | Int(first[end]) << 8
        unsafe shifts[block] = min(shifts[block], UInt8(Self.length - 1 - end))
      }
      let word = unsafe first.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt32.self) }
      unsafe starts[Self.hash(word)] = true
      beginnings[word, default: []].append(beginning)
    }
  }

  private static func hash(_ word: UInt32) -> Int { Int((word &* 0x9e37_79b1) >> 16) }

  deinit {
    unsafe shifts.deallocate()
    unsafe starts.deallocate()
  }

  /// What in `bytes` looks like a secret, in order. Contents that are not text are not looked at.
  func leaks(in bytes: UnsafeRawBufferPointer) -> [Leak] {
    guard bytes.count > Self.length, unsafe EntryReader.isText(bytes),
      let base = bytes.baseAddress
    else { return [] }
    var leaks: [Leak] = []
    let (shifts, starts) = unsafe (shifts, starts)
    let count = bytes.count
    var end = Self.length - 1
    while end < count {
      let block = unsafe base.loadUnaligned(fromByteOffset: end &- 1, as: UInt16.self)
      let shift = unsafe shifts[Int(UInt16(littleEndian: block))]
      if shift != 0 {
        end &+= Int(shift)
        continue
      }
      let start = end &- (Self.length - 1)
      end &+= 1
      let word = unsafe base.loadUnaligned(fromByteOffset: start, as: UInt32.self)
      guard unsafe starts[Self.hash(word)], let candidates = beginnings[word] else { continue }
      for beginning in candidates {
        guard let range = unsafe match(beginning, at: start, in: bytes) else { continue }
        let leak = unsafe leak(beginning.pattern, range, in: bytes)
        if leaks.last?.fingerprint != leak.fingerprint || leaks.last?.line != leak.line {
          leaks.append(leak)
        }
        if leaks.count == Self.limit { return leaks }
      }
    }
    return leaks
  }

  // MARK: - Matching

  /// Where the secret is, when there is one with this beginning.
  private func match(
    _ beginning: Beginning, at start: Int, in bytes: UnsafeRawBufferPointer
  ) -> Range<Int>? {
    let pattern = beginning.pattern
    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
    guard unsafe rest.starts(with: beginning.bytes) else { return nil }
    if !pattern.isAssigned, start > 0, unsafe Self.isWord(bytes[start - 1]) { return nil }
    var place = start + beginning.bytes.count
    if case .keyMaterial = pattern.test {
      return unsafe Self.keyMaterial(around: start..<place, in: bytes)
    }
    if pattern.isAssigned {
      let limit = min(bytes.count, place + 12)
      while place < limit, unsafe Self.isSeparator(bytes[place]) { place += 1 }
    }
    var end = place
    while end < bytes.count, end - place <= pattern.counts.upperBound,
      unsafe pattern.alphabet.contains(bytes[end])
    {
      end += 1
    }
    let token = unsafe Array(bytes[place..<end])
    guard pattern.counts.contains(token.count), !Placeholder.isOne(token) else { return nil }
    switch pattern.test {
    case .entropy(let least):
      if Entropy.bits(of: token) < least { return nil }
    case .checksum:
      if !TokenChecksum.isRight(token) { return nil }
    case .keyMaterial:
      return nil
    }
    return pattern.isAssigned ? place..<end : start..<end
  }

  /// Where a PEM private key is whose first line has `name`: enough of what a key consists of has to
  /// follow. A page that only shows how one begins is none.
  private static func keyMaterial(
    around name: Range<Int>, in bytes: UnsafeRawBufferPointer
  ) -> Range<Int>? {
    let before = unsafe Array(bytes[max(0, name.lowerBound - 40)..<name.lowerBound])
    guard let lead = before.ranges(of: keyLead).last else { return nil }
    var end = name.upperBound
    var letters = 0
    var seen: Set<UInt8> = []
    while end < bytes.count, letters < 100 {
      let byte = unsafe bytes[end]
      if LeakPattern.Alphabet.base64.contains(byte) {
        letters += 1
        seen.insert(byte)
      } else if !keyFiller.contains(byte) {
        break
      }
      end += 1
    }
    guard letters >= 100, seen.count >= 24 else { return nil }
    return name.lowerBound - before.count + lead.lowerBound..<end
  }

  private static let keyLead = Array("-----BEGIN ".utf8)
  /// Ends of lines, also escaped ones, the dashes, and the headers of old forms (`Proc-Type: 4,…`).
  private static let keyFiller = Set("\r\n\\-: ,\"' \t".utf8)

  private static func isWord(_ byte: UInt8) -> Bool {
    LeakPattern.Alphabet.base62.contains(byte) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "-")
  }

  private static func isSeparator(_ byte: UInt8) -> Bool { separators.contains(byte) }

  private static let separators = Set(" \t\"'`:=>,(".utf8)

  private func leak(
    _ pattern: LeakPattern, _ range: Range<Int>, in bytes: UnsafeRawBufferPointer
  ) -> Leak {
    let before = unsafe bytes[..<range.lowerBound]
    let newline = UInt8(ascii: "\n")
    let lineStart = unsafe before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    let token = unsafe String(decoding: bytes[range], as: UTF8.self)
    let lead = unsafe String(decoding: bytes[lineStart..<range.lowerBound], as: UTF8.self)
    return unsafe Leak(
      name: pattern.name, severity: pattern.severity, line: before.count { $0 == newline } + 1,
      column: lead.unicodeScalars.count + 1,
      fingerprint: NameHash.text(of: pattern.name + "\0" + token, count: 16))
  }
}

/// Text that stands for a secret in documentation and tests.
enum Placeholder {
  static func isOne(_ token: [UInt8]) -> Bool {
    let text = String(decoding: token, as: UTF8.self).lowercased()
    return words.contains(where: text.contains) || hasRun(token)
  }

  private static let words = [
    // The key of Azurite, Azure's storage emulator, which is everybody's.
    "eby8vdm02xnocqflquwjpll", "example", "xxxxx", "your", "placeholder", "changeme", "dummy",
    "redacted", "secret_here",
  ]

  /// Six of the same, or six that count up, such as `abcdef` and `123456`.
  private static func hasRun(_ token: [UInt8]) -> Bool {
    var (same, rising) = (1, 1)
    for (left, right) in zip(token, token.dropFirst()) {
      same = left == right ? same + 1 : 1
      rising = left &+ 1 == right ? rising + 1 : 1
      if same == 6 || rising == 6 { return true }
    }
    return false
  }
}

/// Shannon's measure.
enum Entropy {
  /// Bits for each byte of `token`, by how often its bytes occur.
  static func bits(of token: [UInt8]) -> Double {
    guard !token.isEmpty else { return 0 }
    var counts: [UInt8: Int] = [:]
    for byte in token { counts[byte, default: 0] += 1 }
    let total = Double(token.count)
    return counts.values.reduce(0) { sum, count in
      let share = Double(count) / total
      return sum - share * Logarithm.binary(share)
    }
  }
}

/// The checksum that tokens of GitHub and npm end with.
enum TokenChecksum {
  /// Whether the last six characters are the CRC-32 of those before in base 62, filled up with `0`.
  static func isRight(_ token: [UInt8]) -> Bool {
    guard token.count > 6 else { return false }
    return Array(token.suffix(6)) == text(of: Deflater.crc32(Array(token.dropLast(6))))
  }

  static func text(of sum: UInt32) -> [UInt8] {
    var rest = sum
    var digits: [UInt8] = []
    for _ in 0..<6 {
      digits.append(alphabet[Int(rest % 62)])
      rest /= 62
    }
    return digits.reversed()
  }

  private static let alphabet = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

private enum Logarithm {
  static func binary(_ value: Double) -> Double { log2(value) }
}
