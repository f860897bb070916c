package import Zip

/// Gathers what is seen of a bundle's contents while it is made, so that checking it reads nothing
/// again.
///
/// `@unchecked`: the bundler alone notes, on one thread, and nobody reads before it has ended.
package final class Examination: @unchecked Sendable {
  let examiner = ContentExaminer()
  private let listing: Listing
  /// Bytes of each entry.
  private var sizes: [Int64] = []
  /// What was seen of the few that there is something to know of, by their places.
  private var seen: [Int: Examined] = [:]

  package init(_ listing: Listing) {
    self.listing = listing
    sizes.reserveCapacity(listing.entries.count)
  }

  /// To be told of each entry, in the listing's order.
  func note(size: UInt64, _ examined: Examined?) {
    if let examined, examined.isNotable { seen[sizes.count] = examined }
    sizes.append(Int64(size))
  }

  /// The bundle, once all of it was noted.
  package func bundle(_ surroundings: CheckSurroundings) -> CheckedBundle {
    let parts = zip(listing.entries.indices, sizes).lazy.map { [listing, seen] index, size in
      let entry = listing.entries[index]
      let examined = seen[index]
      return (
        entry: CheckedBundle.Entry(
          path: entry.path, mode: entry.mode, size: size, traits: examined?.traits ?? [],
          isSecret: entry.isSecret),
        examined: examined
      )
    }
    return CheckedBundle(parts, surroundings: surroundings)
  }
}

extension CheckedBundle {
  /// A finished bundle, as it lies in a file: also one that could not be unpacked.
  package init(
    archive: ZipReader, _ surroundings: CheckSurroundings,
    isInterrupted: () -> Bool = { false }
  ) throws {
    let examiner = ContentExaminer()
    var surroundings = surroundings
    surroundings.size = Int64(archive.size)
    var parts: [(entry: Entry, examined: Examined?)] = []
    for record in archive.records {
      if isInterrupted() { throw Interrupted() }
      let entry = BundleEntry(
        path: record.path, mode: record.mode, content: .copied(record, archive))
      let examined = unsafe try EntryReader.examined(entry, record, archive, examiner)
      parts.append(
        (
          Entry(
            path: entry.path, mode: entry.mode,
            size: Int64(record.uncompressedSize), traits: examined?.traits ?? [],
            isSecret: false),
          examined
        ))
    }
    surroundings.largest = archive.records.sorted { $0.compressedSize > $1.compressedSize }
      .prefix(10).map {
        .init(
          name: $0.name, size: Int64($0.uncompressedSize), compressedSize: Int64($0.compressedSize))
      }
    self.init(parts, surroundings: surroundings)
  }
}

extension CheckSurroundings {
  /// What the configuration says of an environment, and `running`, what the host does.
  package init(
    of environment: EnvironmentName?, isEphemeral: Bool, _ configuration: Configuration,
    running: EnvironmentDescription? = nil
  ) {
    self.init()
    self.environment = environment
    self.isEphemeral = isEphemeral
    let own = environment.flatMap { configuration.environments[$0] }
    let platform = running?.platform ?? own?.platform?.value ?? configuration.platform?.value
    self.platform = platform.flatMap { PlatformGuess($0) }
    isWorker = own?.tier?.value == "worker"
    options = environment.map(configuration.options(of:)) ?? []
    if isEphemeral { options += configuration.previews.settings.map(\.value) }
    variables = own?.variables ?? [:]
    cnamePrefix = own?.cname?.value
  }

  /// Takes over what was found out of the bundle itself.
  package mutating func take(_ summary: BundleSummary) {
    size = summary.size
    largest = summary.largest
  }
}

/// Why a push stops before anything is sent.
package struct CheckRefusal: Error {
  /// Those that are errors.
  package var errors: [Finding]

  package init(errors: [Finding]) { self.errors = errors }
}
