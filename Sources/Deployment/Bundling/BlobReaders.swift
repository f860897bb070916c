import Git

/// One thread's readers of the repositories of a listing, opened when they are needed.
final class BlobReaders {
  private let locations: [Location]
  private var readers: [Int: BlobReader] = [:]

  init(_ locations: [Location]) {
    self.locations = locations
  }

  subscript(repository: Int) -> BlobReader {
    get throws {
      if let reader = readers[repository] { return reader }
      let reader = try BlobReader(locations[repository])
      readers[repository] = reader
      return reader
    }
  }
}
