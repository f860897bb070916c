extension ZipReader {
  /// An entry, as the archive's directory tells it.
  package struct Record: Sendable, Hashable {
    /// The name: raw bytes, as they are in the archive.
    package let path: [UInt8]
    /// A `st_mode` with its type. An archive that was not made on Unix has none: 0o100644 for a
    /// file and 0o040755 for a directory.
    package let mode: UInt32
    package let method: CompressionMethod
    package let flags: UInt16
    package let crc32: UInt32
    package let compressedSize: UInt64
    package let uncompressedSize: UInt64
    package let localHeaderOffset: UInt64
    /// Seconds since 1970; where the archive has only a time without a zone, it is taken for UTC.
    package let modificationTime: Int64
    package let isText: Bool
    /// Where the next entry or the directory begins: header and contents end before.
    let limit: UInt64

    package var isDirectory: Bool { mode & FileMode.type == FileMode.directory }
    package var isSymbolicLink: Bool { mode & FileMode.type == FileMode.link }
    var isRegularFile: Bool { mode & FileMode.type == FileMode.regular }

    /// The name for people: invalid UTF-8 is repaired.
    package var name: String { String(decoding: path, as: UTF8.self) }

    /// What a copy of it in another archive says.
    package var entry: ZipEntry {
      ZipEntry(path: path, mode: mode, modificationTime: modificationTime, isText: isText)
    }

    package var isEncrypted: Bool {
      flags & (ZipFormat.encrypted | ZipFormat.strongEncryption | ZipFormat.masked) != 0
    }

    var isStreamed: Bool { flags & ZipFormat.hasDataDescriptor != 0 }

    /// Compares the local header with what the directory says.
    /// - Parameter bytes: the header and the name, if there are so many bytes before the next entry.
    /// - Returns: how many bytes the header has, with name and extra field.
    func checkLocalHeader(_ bytes: ArraySlice<UInt8>) throws(ZipError) -> Int {
      let nameEnd = ZipFormat.localHeaderSize + path.count
      guard bytes.count >= nameEnd else { throw ZipError(.truncated, .read, path) }
      let header = Array(bytes.prefix(nameEnd))
      let length = nameEnd + Int(header.number(at: 28, as: UInt16.self))
      guard header.number(at: 0) == ZipFormat.localHeader,
        header.number(at: 8) == method.rawValue,
        Int(header.number(at: 26, as: UInt16.self)) == path.count,
        header[ZipFormat.localHeaderSize...].elementsEqual(path)
      else { throw ZipError(.corrupt, .read, path) }
      let room = limit - localHeaderOffset
      guard UInt64(length) <= room, compressedSize <= room - UInt64(length) else {
        throw ZipError(.corrupt, .read, path)
      }
      return length
    }
  }
}
