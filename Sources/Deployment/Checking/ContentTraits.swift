/// What contents say of themselves, whatever file they are in. Kept with compressed contents, so
/// that what was looked at once need not be read again.
package struct ContentTraits: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Which traits there are and how they are told. A new number makes all contents be read again.
  package static let version: UInt8 = 1

  /// It begins with `#!`.
  static let script = ContentTraits(rawValue: 1)
  /// It begins with `#!`, and that line ends in CRLF: the kernel looks for `bash\r`.
  static let carriageReturn = ContentTraits(rawValue: 2)
  /// It stands for contents that Git LFS keeps.
  static let largeObjectPointer = ContentTraits(rawValue: 4)
  /// An executable or a library for Linux.
  static let linuxBinary = ContentTraits(rawValue: 8)
  /// An executable or a library for macOS or Windows.
  static let foreignBinary = ContentTraits(rawValue: 16)
  /// Something in it looks like a secret. Which one is told by reading it again.
  static let suspicious = ContentTraits(rawValue: 32)

  /// git-crypt has encrypted it.
  static let encrypted = ContentTraits(rawValue: 64)

  /// The traits that the first bytes tell: all but ``suspicious``.
  init(ofStart bytes: UnsafeRawBufferPointer) {
    var traits: ContentTraits = []
    if unsafe bytes.starts(with: Self.shebang) {
      traits.insert(.script)
      if let end = unsafe bytes.prefix(1024).firstIndex(of: UInt8(ascii: "\n")),
        unsafe bytes[end - 1] == UInt8(ascii: "\r")
      {
        traits.insert(.carriageReturn)
      }
    } else if unsafe bytes.starts(with: Self.elf) {
      traits.insert(.linuxBinary)
    } else if Self.foreign.contains(where: { unsafe bytes.starts(with: $0) }) {
      traits.insert(.foreignBinary)
    } else if unsafe bytes.count < 1024 && bytes.starts(with: Self.pointer) {
      traits.insert(.largeObjectPointer)
    } else if unsafe bytes.starts(with: EntryReader.encryptedStart) {
      traits.insert(.encrypted)
    }
    self = traits
  }

  private static let shebang = Array("#!".utf8)
  private static let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  /// Mach-O of both widths and orders, universal, and PE's DOS header with its usual second word.
  private static let foreign: [[UInt8]] = [
    [0xcf, 0xfa, 0xed, 0xfe], [0xce, 0xfa, 0xed, 0xfe], [0xfe, 0xed, 0xfa, 0xcf],
    [0xfe, 0xed, 0xfa, 0xce], [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2],
    [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1], [0x4d, 0x5a, 0x90, 0x00],
  ]
  /// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
  private static let pointer = Array("version https://git-lfs.github.com/spec/v1".utf8)
}

/// What was seen of an entry's contents while the bundle was made.
package struct Examined: Sendable, Equatable {
  package var traits: ContentTraits
  /// Of those that rules read; `nil` for all others.
  package var contents: [UInt8]?
  package var leaks: [Leak] = []
  /// What is wrong with a secret; what it says is not kept.
  package var secretFault: SecretFault?

  /// Whether there is anything to know.
  var isNotable: Bool {
    contents != nil || !traits.isEmpty || !leaks.isEmpty || secretFault != nil
  }
}

/// Looks at contents on their way into the bundle. It is asked on several threads.
package struct ContentExaminer: Sendable {
  /// Bytes of a file above which rules do not read it.
  static let contentLimit = 1 << 20

  package init() {}

  /// What is seen of contents; of large ones, `bytes` are only the beginning.
  func examine(_ entry: BundleEntry, _ bytes: UnsafeRawBufferPointer) -> Examined {
    // Where a link leads is known without it, and a secret is where it should be.
    if entry.isSymbolicLink { return unsafe Examined(traits: [], contents: Array(bytes)) }
    var examined = unsafe Examined(traits: ContentTraits(ofStart: bytes))
    if reads(entry), bytes.count <= Self.contentLimit {
      examined.contents = unsafe Array(bytes)
    }
    if entry.isSecret {
      examined.contents = nil
      examined.secretFault = unsafe SecretFault(entry, bytes)
      return examined
    }
    examined.leaks = unsafe LeakScanner.shared.leaks(in: bytes)
    if !examined.leaks.isEmpty { examined.traits.insert(.suspicious) }
    return examined
  }

  /// Whether an entry's contents have to be read, whatever is known of them.
  func reads(_ entry: BundleEntry) -> Bool {
    entry.isSymbolicLink || WantedFiles.contains(entry.path)
  }
}
