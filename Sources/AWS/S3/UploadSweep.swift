import FoundationEssentials

extension Uploader {
  /// Aborts uploads that nobody will complete: what killed runs left.
  ///
  /// Call it when `finished` is there, after ``upload(_:progress:)``. Every other upload of that key
  /// can go then, however young: a run that is still at it finds the upload gone, looks at the key,
  /// sees the same contents, and is done. For other keys nothing says whether a run lives but its
  /// age, so those go a day after their last part came.
  ///
  /// - Parameters:
  ///   - prefix: what the keys begin with that git-eb makes, and that of `finished`.
  ///   - finished: the key that has its contents.
  ///   - isOurs: whether git-eb makes such keys. Others may keep theirs next to them.
  /// - Returns: what was aborted. Nothing where the bucket's open uploads may not be listed.
  @discardableResult
  package func sweep(
    prefix: String, finished: String?, isOurs: (String) -> Bool
  ) async throws -> [OpenUpload] {
    do {
      let open = try await client.openUploads(prefix: prefix)
      var aborted: [OpenUpload] = []
      for upload in open.uploads where upload.key == finished || isOurs(upload.key) {
        var verdict = StaleUpload.verdict(on: upload, finished: finished, now: open.date)
        if verdict == .unlessPartsAreNew {
          let parts = try await client.listParts(upload) ?? []
          verdict = StaleUpload.verdict(
            on: upload, finished: finished, now: open.date, parts: parts)
        }
        guard verdict == .abort else { continue }
        try await client.abortUpload(upload)
        aborted.append(upload)
      }
      return aborted
    } catch let error as ServiceError {
      guard error.status == 403 else { throw error }
      return []
    }
  }
}

/// Which open uploads are left over. Pure.
enum StaleUpload {
  enum Verdict: Equatable {
    case keep, abort
    /// It is old, but a part may have come lately.
    case unlessPartsAreNew
  }

  /// Without a part for so long, nobody is at it. The slowest connection that is of use sends the
  /// 8 MiB of a part in an hour.
  static let patience: TimeInterval = 24 * 3600

  /// - Parameters:
  ///   - now: by S3's clock.
  ///   - parts: those that S3 has; `nil` when nobody has looked.
  static func verdict(
    on upload: OpenUpload, finished: String?, now: Date?, parts: [ListedPart]? = nil
  ) -> Verdict {
    if upload.key == finished { return .abort }
    guard let now, let initiated = upload.initiated,
      now.timeIntervalSince(initiated) > patience
    else { return .keep }
    guard let parts else { return .unlessPartsAreNew }
    let isNew = parts.contains { part in
      part.lastModified.map { now.timeIntervalSince($0) <= patience } ?? true
    }
    return isNew ? .keep : .abort
  }
}
