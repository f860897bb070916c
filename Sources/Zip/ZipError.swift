/// What went wrong with an archive, as facts; the command gives it words.
package struct ZipError: Error, Hashable {
  package enum Code: Hashable, Sendable {
    /// The system refused; its `errno`.
    case io(Int32)
    /// There is no zip archive in the file.
    case notAZip
    /// The archive, or one of its entries, ends too early.
    case truncated
    /// The archive contradicts itself.
    case corrupt
    /// The archive uses something that is not supported: encryption, several volumes, a compression
    /// other than deflate, a device file.
    case unsupported
    /// The contents are not those that were compressed.
    case badChecksum
    /// The contents are longer or shorter than was said.
    case wrongSize
    /// A name or comment has more than 65,535 bytes, or a link's target more than 4,096.
    case tooLong
    /// The contents are longer than the caller's limit.
    case tooLarge
    /// The name is empty, absolute, leads out of the directory, or holds a NUL.
    case unsafeName
    /// The symbolic link leads out of the directory, or another entry leads through it.
    case unsafeLink
    /// Two entries have the same name, or one is a directory in the other's path.
    case duplicate
    /// An earlier call failed, so that the archive cannot be continued.
    case abandoned
  }

  /// What was being done.
  package enum Operation: String, Hashable, Sendable {
    case open, read, write, compress, extract
  }

  package var code: Code
  package var operation: Operation
  /// The name of the file or of the entry; invalid UTF-8 is repaired.
  package var subject: String

  package init(_ code: Code, _ operation: Operation, _ subject: String = "") {
    self.code = code
    self.operation = operation
    self.subject = subject
  }

  init(_ code: Code, _ operation: Operation, _ subject: [UInt8]) {
    self.init(code, operation, String(decoding: subject, as: UTF8.self))
  }
}
