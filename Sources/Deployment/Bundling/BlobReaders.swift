import Git

/// One thread's readers of the repositories of a listing.
final class BlobReaders {
  private let locations: [Location]
  /// Opened when they are needed.
  private var readers: [BlobReader?]

  init(_ locations: [Location]) {
    self.locations = locations
    readers = Array(repeating: nil, count: locations.count)
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
