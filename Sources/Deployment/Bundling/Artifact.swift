import Git
package import Zip

/// A bundle that was built elsewhere: a zip, war or jar.
package struct Artifact {
  /// As it is written in the configuration, for people.
  let name: String
  let path: String

  /// Its entries, to be copied as they are compressed there.
  func entries() throws -> [BundleEntry] {
    guard let status = try FileSystem.status(FileSystem.realPath(path) ?? path) else {
      throw SourceError.missingArtifact(name)
    }
    guard status.isRegular else {
      throw SourceError.unusableArtifact(name, reason: "it is not a file")
    }
    let archive: ZipReader
    let records: [ZipReader.Record]
    do {
      archive = try ZipReader(path: path)
      records = archive.records.filter { !NeverBundled.contains($0.path) }
      if let encrypted = records.first(where: \.isEncrypted) {
        throw SourceError.unusableArtifact(name, reason: "'\(encrypted.name)' in it is encrypted")
      }
      // Told before anything is published, not by the host that unpacks it.
      try ZipReader.check(records)
    } catch let error as ZipError {
      throw SourceError.unusableArtifact(name, reason: Self.reason(error))
    }
    return records.map { record in
      BundleEntry(
        path: record.path, mode: record.mode, content: .copied(record, archive))
    }
  }

  package static func reason(_ error: ZipError) -> String {
    switch error.code {
    case .notAZip: "it is not a zip, war or jar"
    case .truncated: "it ends too early"
    default: error.reason
    }
  }
}
