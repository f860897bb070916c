package import FoundationEssentials

/// A multipart upload that was begun and neither completed nor aborted. What its parts take up is
/// paid for until then.
package struct OpenUpload: Sendable, Hashable {
  package var key: String
  /// What S3 calls it.
  package var id: String
  /// By S3's clock.
  package var initiated: Date?

  package init(key: String, id: String, initiated: Date? = nil) {
    self.key = key
    self.id = id
    self.initiated = initiated
  }
}

/// A part that S3 has.
package struct UploadedPart: Sendable, Equatable {
  package var number: Int
  /// With its quotation marks.
  package var entityTag: String
  package var digest: ContentDigest
}

/// A part as ListParts has it.
struct ListedPart: Sendable, Equatable {
  var number: Int
  var length: Int64
  var lastModified: Date?
}

/// What a listing says, and when, by S3's clock.
struct OpenUploads: Sendable, Equatable {
  var uploads: [OpenUpload]
  var date: Date?
}

extension S3Client {
  /// Begins an upload in parts. Never repeated by the session when it may have taken effect: the
  /// answer has the only name of what was begun.
  func createUpload(
    _ key: String, as description: S3ObjectDescription
  ) async throws -> OpenUpload {
    var call = Call("CreateMultipartUpload", "POST", key: key)
    call.query = [QueryItem("uploads", nil)]
    call.headers = description.headers + [HTTPHeader("x-amz-checksum-algorithm", "SHA256")]
    call.isRepeatable = false
    let answer = try document(
      try await send(call), of: call.operation, root: "InitiateMultipartUpload")
    guard let id = answer.string("UploadId"), !id.isEmpty else {
      throw invalid(call.operation, "no upload id")
    }
    return OpenUpload(key: key, id: id)
  }

  /// Sends one part; the same number again takes the place of what was sent before.
  func uploadPart(
    _ number: Int, of upload: OpenUpload, body: HTTPBody, digest: ContentDigest,
    limits: HTTPRequest.Limits, sent: @escaping @Sendable (Int64) -> Void
  ) async throws -> UploadedPart {
    var call = Call("UploadPart", "PUT", key: upload.key)
    call.query = [QueryItem("partNumber", "\(number)"), QueryItem("uploadId", upload.id)]
    call.headers = [HTTPHeader("x-amz-checksum-sha256", digest.base64)]
    call.body = body
    call.payload = .known(hex: digest.hexadecimal)
    call.limits = limits
    let response = try await send(call, sent: sent)
    guard let tag = response["ETag"], !tag.isEmpty else {
      throw invalid(call.operation, "part \(number) without an ETag")
    }
    try check(response, of: call.operation, against: digest)
    return UploadedPart(number: number, entityTag: tag, digest: digest)
  }

  /// Makes the object of its parts, given in ascending order. Not repeated when it may have taken
  /// effect; see ``isUncertain(_:)``.
  func completeUpload(
    _ upload: OpenUpload, parts: [UploadedPart], ifAbsent: Bool, limits: HTTPRequest.Limits
  ) async throws {
    var xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    for part in parts {
      xml +=
        "<Part><ETag>\(S3Encoding.xml(part.entityTag))</ETag>"
        + "<ChecksumSHA256>\(part.digest.base64)</ChecksumSHA256>"
        + "<PartNumber>\(part.number)</PartNumber></Part>"
    }
    xml += "</CompleteMultipartUpload>"
    var call = Call("CompleteMultipartUpload", "POST", key: upload.key)
    call.query = [QueryItem("uploadId", upload.id)]
    call.headers =
      [HTTPHeader("Content-Type", "application/xml")]
      + (ifAbsent ? [HTTPHeader("If-None-Match", "*")] : [])
    call.body = .bytes(Array(xml.utf8))
    call.limits = limits
    call.isRepeatable = false
    call.tellsErrorsLate = true
    let answer = try document(
      try await send(call), of: call.operation, root: "CompleteMultipartUpload")
    let digest = ContentDigest(composedOf: parts.map(\.digest))
    if let stored = answer.string("ChecksumSHA256"), stored != "\(digest.base64)-\(parts.count)",
      stored != digest.base64
    {
      throw invalid(
        call.operation, "the checksum is '\(stored)' instead of '\(digest.base64)-\(parts.count)'")
    }
  }

  /// Gives an upload up, with all its parts. One that is gone already is given up.
  ///
  /// - Parameter isCleaningUp: whether it goes on when git-eb was asked to stop.
  package func abortUpload(_ upload: OpenUpload, isCleaningUp: Bool = false) async throws {
    var call = Call("AbortMultipartUpload", "DELETE", key: upload.key)
    call.query = [QueryItem("uploadId", upload.id)]
    call.isInterruptible = !isCleaningUp
    if isCleaningUp { call.limits = Self.cleaningLimits }
    do {
      _ = try await send(call)
    } catch let error as ServiceError {
      guard error.status == 404, ["", "NoSuchUpload"].contains(error.code) else { throw error }
    }
  }

  /// The parts that S3 has of an upload, or `nil` when there is no such upload (any more).
  ///
  /// - Parameter page: how many to ask for at once; `nil` for S3's 1,000.
  func listParts(
    _ upload: OpenUpload, page: Int? = nil, isCleaningUp: Bool = false
  ) async throws -> [ListedPart]? {
    var found: [ListedPart] = []
    var marker: String?
    repeat {
      var call = Call("ListParts", "GET", key: upload.key)
      call.query = [QueryItem("uploadId", upload.id)]
      if let page { call.query.append(QueryItem("max-parts", "\(page)")) }
      if let marker { call.query.append(QueryItem("part-number-marker", marker)) }
      call.isInterruptible = !isCleaningUp
      if isCleaningUp { call.limits = Self.cleaningLimits }
      let listing: XMLElement
      do {
        listing = try document(try await send(call), of: call.operation, root: "ListParts")
      } catch let error as ServiceError {
        guard error.status == 404, ["", "NoSuchUpload"].contains(error.code) else { throw error }
        return nil
      }
      for item in listing.children where item.name == "Part" {
        guard let number = item.integer("PartNumber"),
          let length = item.string("Size").flatMap(Int64.init)
        else { throw invalid(call.operation, "a part without a number or a size") }
        found.append(
          ListedPart(number: number, length: length, lastModified: item.date("LastModified")))
      }
      let next = listing.flag("IsTruncated") == true ? listing.string("NextPartNumberMarker") : nil
      guard next == nil || next != marker else {
        throw invalid(call.operation, "the same page again")
      }
      marker = next
    } while marker != nil
    return found
  }

  /// All open uploads whose keys begin with `prefix`.
  ///
  /// - Parameter page: how many to ask for at once; `nil` for S3's 1,000.
  func openUploads(
    prefix: String, page: Int? = nil, isCleaningUp: Bool = false
  ) async throws -> OpenUploads {
    var found = OpenUploads(uploads: [], date: nil)
    var markers: [QueryItem] = []
    repeat {
      var call = Call("ListMultipartUploads", "GET")
      call.query = [
        QueryItem("uploads", nil), QueryItem("encoding-type", "url"), QueryItem("prefix", prefix),
      ]
      if let page { call.query.append(QueryItem("max-uploads", "\(page)")) }
      call.query += markers
      call.isInterruptible = !isCleaningUp
      if isCleaningUp { call.limits = Self.cleaningLimits }
      let response = try await send(call)
      let listing = try document(response, of: call.operation, root: "ListMultipartUploads")
      let decode = S3Encoding.decoder(of: listing)
      found.date = response["Date"].flatMap { Timestamp.date(ofHeader: $0) } ?? found.date
      for item in listing.children where item.name == "Upload" {
        guard let key = item.string("Key"), let id = item.string("UploadId") else {
          throw invalid(call.operation, "an upload without a key or an id")
        }
        found.uploads.append(
          OpenUpload(key: decode(key), id: id, initiated: item.date("Initiated")))
      }
      var next: [QueryItem] = []
      if listing.flag("IsTruncated") == true, let key = listing.string("NextKeyMarker") {
        next.append(QueryItem("key-marker", decode(key)))
        if let id = listing.string("NextUploadIdMarker"), !id.isEmpty {
          next.append(QueryItem("upload-id-marker", id))
        }
      }
      guard next.isEmpty || next != markers else {
        throw invalid(call.operation, "the same page again")
      }
      markers = next
    } while !markers.isEmpty
    return found
  }

  /// For requests that clean up while somebody waits for git-eb to end.
  private static let cleaningLimits = HTTPRequest.Limits(
    connect: .seconds(3), stall: .seconds(5), total: .seconds(10))
}
