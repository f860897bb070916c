package import Zip

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

extension ZipError {
  /// What is wrong with an archive, for people, with the entry's name.
  package var reason: String {
    let words =
      switch code {
      case .io(let number): unsafe String(cString: strerror(number))
      case .notAZip: "not a zip file"
      case .truncated: "it ends too early"
      case .corrupt, .abandoned: "it contradicts itself"
      case .unsupported: "it uses something that is not supported"
      case .badChecksum: "its contents are damaged"
      case .wrongSize: "its contents do not have the size that it says"
      case .tooLong: "a name or a link's target is too long"
      case .tooLarge: "its contents are too large"
      case .unsafeName: "an entry's name leads out of the bundle"
      case .unsafeLink: "a symbolic link leads out of the bundle"
      case .duplicate: "two entries have the same name"
      }
    return subject.isEmpty ? words : "\(words) ('\(subject)')"
  }
}
