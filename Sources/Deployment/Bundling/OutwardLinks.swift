import Git
import Zip

extension Listing {
  /// Symbolic links that lead out of the bundle, wherever it is unpacked: absolute ones, and those
  /// that climb above its root, also by way of other links in it. One that leads nowhere inside is
  /// no matter here.
  package func outwardLinks() throws -> [SourceError.Link] {
    let links = entries.filter(\.isSymbolicLink)
    guard !links.isEmpty else { return [] }
    let reader = LinkReader(repositories)
    var targets: [[UInt8]: [UInt8]] = [:]
    for link in links { targets[link.path] = try reader.target(of: link) }
    return links.compactMap { link in
      guard let target = targets[link.path], LinkPath.leaves(link.path, through: targets) else {
        return nil
      }
      return SourceError.Link(
        path: link.name, target: String(decoding: target, as: UTF8.self))
    }
  }
}

/// Reads where links lead.
private final class LinkReader {
  private let repositories: [Location]
  private var readers: [Int: BlobReader] = [:]

  init(_ repositories: [Location]) {
    self.repositories = repositories
  }

  func target(of entry: BundleEntry) throws -> [UInt8] {
    switch entry.content {
    case .blob(let id, _, let repository):
      if let reader = readers[repository] { return try reader.contents(of: id) }
      let reader = try BlobReader(repositories[repository])
      readers[repository] = reader
      return try reader.contents(of: id)
    case .file(let path):
      return try FileSystem.linkTarget(path)
    case .copied(let record, let archive), .rendered(let record, let archive):
      return try archive.contents(of: record, limit: 64 << 10)
    case .secret, .directory, .largeObject:
      return []
    }
  }
}

/// Walks a path as the kernel would, over the links of a bundle.
enum LinkPath {
  private static let slash = UInt8(ascii: "/")
  private static let parent = Array("..".utf8)[...]
  private static let same = Array(".".utf8)[...]
  /// As Linux: one that has more links on its way leads nowhere.
  private static let linkLimit = 40
  /// PATH_MAX of Linux, in bytes: a longer one leads nowhere.
  private static let pathLimit = 4096

  /// Whether the link at `path` leads above the root. `targets` are those of all links, by path.
  static func leaves(_ path: [UInt8], through targets: [[UInt8]: [UInt8]]) -> Bool {
    if path.count > pathLimit { return false }
    var rest = Array(path.split(separator: slash).reversed())
    var place: [ArraySlice<UInt8>] = []
    var linkCount = 0
    while let part = rest.popLast() {
      if part == same { continue }
      if part == parent {
        if place.isEmpty { return true }
        place.removeLast()
        continue
      }
      place.append(part)
      guard let target = targets[Array(place.joined(separator: [slash]))] else { continue }
      if target.count > pathLimit { return false }
      linkCount += 1
      if target.first == slash { return true }
      if linkCount > linkLimit { return false }
      place.removeLast()
      rest += target.split(separator: slash).reversed()
    }
    return false
  }
}
