package import Git
import Zip

/// What a bundler may keep for the next bundle, and where.
package struct StoreOptions: Sendable {
  package var directory: String
  /// Bytes.
  package var limit: Int64

  package init(directory: String, limit: Int64) {
    self.directory = directory
    self.limit = limit
  }

  /// `nil` where nothing is to be kept, or there is no place for it.
  package init?(
    _ settings: BundleSettings, _ surroundings: Surroundings, of repository: Location
  ) {
    guard settings.cache.value > 0, let directory = surroundings.storeDirectory(of: repository)
    else { return nil }
    self.init(directory: directory, limit: Int64(settings.cache.value))
  }
}

/// The store as one bundle uses it: which of its entries are there, and which may be kept.
///
/// Only what a repository's own object says is kept. Secrets, files of a work tree and what programs
/// made of an object never are.
struct KeptContents {
  let store: CompressedStore
  private let listing: Listing
  private var locations: [CompressedStore.Location?]

  /// - Parameters:
  ///   - needs: what a record must say to be of use.
  ///   - isRead: whether an entry is to be read whatever is kept of it.
  init?(
    _ options: StoreOptions?, _ listing: Listing, level: Int, needs: CompressedStore.Merits,
    isRead: (BundleEntry) -> Bool
  ) {
    guard let options,
      let store = CompressedStore(
        directory: options.directory, level: level, writer: Deflater.version,
        limit: options.limit)
    else { return nil }
    self.store = store
    self.listing = listing
    locations = Array(repeating: nil, count: listing.entries.count)
    for (index, entry) in listing.entries.enumerated() {
      if let key = key(of: entry), !isRead(entry) {
        locations[index] = store.find(key, needs: needs)
      }
    }
  }

  /// Whether an entry is kept, as far as is known without reading.
  func has(_ index: Int) -> Bool { locations[index] != nil }

  /// What is kept of an entry; `nil` when it turns out to be damaged.
  func content(at index: Int) -> CompressedStore.Content? {
    guard let location = locations[index], let key = key(of: listing.entries[index]) else {
      return nil
    }
    return store.content(at: location, of: key)
  }

  /// What an entry is kept by; `nil` for one that must not be.
  func key(of entry: BundleEntry) -> CompressedStore.Key? {
    guard case .blob(let id, let conversion, let repository) = entry.content,
      // What stands for another object has that one's id, and may change.
      listing.repositories[repository].replacements[id] == nil
    else { return nil }
    // A link's target is stored, a file of the same contents deflated.
    return CompressedStore.Key(
      id, conversion: conversion.code | (entry.isSymbolicLink ? 0x80 : 0))
  }
}
