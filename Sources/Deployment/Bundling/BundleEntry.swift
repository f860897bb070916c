package import Git
package import Zip

/// One file of a bundle before it is read: its name, its mode and where its contents come from.
package struct BundleEntry: Sendable {
  /// Where the contents come from.
  package enum Content: Sendable {
    /// A blob; `conversion` is applied to it on the way. `repository` counts in
    /// ``Listing/repositories``.
    case blob(ObjectID, conversion: Conversion, repository: Int)
    /// The contents that Git LFS keeps in the file at `path`, which must have this SHA-256.
    /// Indirect, since few are and all entries would be as large.
    indirect case largeObject(LargeObject, path: String, pointer: ObjectID)
    /// A file or the target of a symbolic link, at this path of the file system.
    case file(path: String)
    /// A secret that is in memory already.
    case secret(Secret)
    /// What git itself made of a blob: an entry of an archive that it wrote.
    indirect case rendered(ZipReader.Record, ZipReader)
    /// An entry of a finished bundle, taken over as it is compressed there.
    indirect case copied(ZipReader.Record, ZipReader)
    case directory
  }

  /// Bytes as in git, separated by slashes; a directory's ends in one.
  package var path: [UInt8]
  /// `st_mode` with the type, such as 0100644, 0120777 or 040755.
  package var mode: UInt32
  package var content: Content
  /// Whether attributes say that it is text or that it is not; `nil` leaves it to the contents.
  package var isText: Bool?

  package init(path: [UInt8], mode: UInt32, content: Content, isText: Bool? = nil) {
    self.path = path
    self.mode = mode
    self.content = content
    self.isText = isText
  }

  package var isDirectory: Bool { mode & 0o170000 == 0o040000 }
  package var isLargeObject: Bool {
    if case .largeObject = content { true } else { false }
  }

  /// Whether the overlay laid it over the source.
  package var isSecret: Bool {
    if case .secret = content { true } else { false }
  }

  package var isSymbolicLink: Bool { mode & 0o170000 == 0o120000 }
  package var name: String { String(decoding: path, as: UTF8.self) }
}

/// Git's modes, as a bundle has them.
package enum FileMode {
  package static let regular: UInt32 = 0o100644
  package static let executable: UInt32 = 0o100755
  package static let symbolicLink: UInt32 = 0o120777
  package static let directory: UInt32 = 0o040755

  /// The bundle's mode for a mode of a tree or an index; `nil` for a gitlink.
  package static func bundled(_ mode: UInt32) -> UInt32? {
    switch mode & 0o170000 {
    case 0o120000: symbolicLink
    case 0o100000: mode & 0o111 == 0 ? regular : executable
    default: nil
    }
  }
}
