package import FoundationEssentials

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// An object as HeadObject or GetObject describes it.
package struct S3Object: Sendable, Equatable {
  package var length: Int64
  /// With its quotation marks.
  package var entityTag: String
  package var lastModified: Date?
  /// By name in lower case, without `x-amz-meta-`.
  package var metadata: [String: String]
  /// Such as `AES256`; `nil` where S3 does not say.
  package var encryption: String?

  package init(
    length: Int64, entityTag: String, lastModified: Date? = nil, metadata: [String: String] = [:],
    encryption: String? = nil
  ) {
    self.length = length
    self.entityTag = entityTag
    self.lastModified = lastModified
    self.metadata = metadata
    self.encryption = encryption
  }
}

/// An object as a listing has it.
package struct S3ListedObject: Sendable, Equatable {
  package var key: String
  package var length: Int64
  package var lastModified: Date?
}

/// What is said of an object when it is made.
package struct S3ObjectDescription: Sendable, Equatable {
  package var contentType: String
  /// Names and values in ASCII; names without `x-amz-meta-`, and at most 2 KB in all (API
  /// Reference).
  package var metadata: [String: String]
  package var encryption: ServerSideEncryption?

  package init(
    contentType: String = "application/octet-stream", metadata: [String: String] = [:],
    encryption: ServerSideEncryption? = nil
  ) {
    self.contentType = contentType
    self.metadata = metadata
    self.encryption = encryption
  }

  var headers: [HTTPHeader] {
    [HTTPHeader("Content-Type", contentType)]
      + metadata.sorted { $0.key < $1.key }.map { HTTPHeader("x-amz-meta-\($0)", $1) }
      + (encryption?.headers ?? [])
  }
}

extension S3Client {
  /// The object, or `nil` when there is none (or no such bucket: the answer has no body to tell).
  package func head(_ key: String) async throws -> S3Object? {
    try await optional { Self.object(try await send(Call("HeadObject", "HEAD", key: key))) }
  }

  /// Stores an object, in one request.
  ///
  /// - Parameters:
  ///   - digest: of the body. S3 refuses a body that has another one.
  ///   - ifAbsent: fail with status 412 when the key is taken.
  package func put(
    _ key: String, body: HTTPBody, digest: ContentDigest, as description: S3ObjectDescription,
    ifAbsent: Bool = false, limits: HTTPRequest.Limits = .standard,
    sent: @escaping @Sendable (Int64) -> Void = { _ in }
  ) async throws {
    var call = Call("PutObject", "PUT", key: key)
    call.headers =
      description.headers + [HTTPHeader("x-amz-checksum-sha256", digest.base64)]
      + (ifAbsent ? [HTTPHeader("If-None-Match", "*")] : [])
    call.body = body
    call.payload = .known(hex: digest.hexadecimal)
    call.limits = limits
    let response = try await send(call, sent: sent)
    try check(response, of: call.operation, against: digest)
  }

  /// Writes an object to an open file, from where the file's position is; what lay beyond is cut
  /// off. A transfer that breaks begins anew, so the file has to be one that can be rewound.
  /// - Returns: the object, or `nil` when there is none.
  package func get(_ key: String, to descriptor: Int32, attempts: Int = 4) async throws -> S3Object?
  {
    let start = lseek(descriptor, 0, SEEK_CUR)
    guard start >= 0 else { throw TransportError.file(errno: errno) }
    var call = Call("GetObject", "GET", key: key)
    call.destination = .file(descriptor: descriptor)
    call.limits.total = nil
    // The session may repeat only what wrote nothing.
    call.isRepeatable = false
    var attempt = 0
    while true {
      attempt += 1
      guard ftruncate(descriptor, start) == 0, lseek(descriptor, start, SEEK_SET) == start else {
        throw TransportError.file(errno: errno)
      }
      do {
        let call = call
        return try await optional { Self.object(try await send(call)) }
      } catch {
        guard attempt < attempts, Self.isUncertain(error) else { throw error }
        try await session.sleep(.milliseconds(250 << min(attempt - 1, 5)))
      }
    }
  }

  /// Removes an object; one that is not there counts as removed.
  package func delete(_ key: String) async throws {
    _ = try await send(Call("DeleteObject", "DELETE", key: key))
  }

  /// All objects whose keys begin with `prefix`, in the order of their keys.
  ///
  /// - Parameter page: how many to ask for at once; `nil` for S3's 1,000.
  package func list(prefix: String, page: Int? = nil) async throws -> [S3ListedObject] {
    var found: [S3ListedObject] = []
    var token: String?
    repeat {
      var call = Call("ListObjectsV2", "GET")
      call.query = [
        QueryItem("list-type", "2"), QueryItem("encoding-type", "url"),
        QueryItem("prefix", prefix),
      ]
      if let page { call.query.append(QueryItem("max-keys", "\(page)")) }
      if let token { call.query.append(QueryItem("continuation-token", token)) }
      let listing = try document(
        try await send(call), of: call.operation, root: "ListBucket")
      let decode = S3Encoding.decoder(of: listing)
      for item in listing.children where item.name == "Contents" {
        guard let key = item.string("Key"), let length = item.string("Size").flatMap(Int64.init)
        else { throw invalid(call.operation, "an object without a key or a size") }
        found.append(
          S3ListedObject(
            key: decode(key), length: length, lastModified: item.date("LastModified")))
      }
      let next = listing.flag("IsTruncated") == true ? listing.string("NextContinuationToken") : nil
      guard next == nil || next != token else {
        throw invalid(call.operation, "the same page again")
      }
      token = next
    } while token != nil
    return found
  }

  // MARK: - Answers

  /// `nil` when the service says that there is nothing.
  func optional<Value>(_ call: () async throws -> Value) async throws -> Value? {
    do {
      return try await call()
    } catch let error as ServiceError {
      guard error.status == 404, ["", "404", "NotFound", "NoSuchKey"].contains(error.code) else {
        throw error
      }
      return nil
    }
  }

  /// Compares the checksum that S3 says it stored, where it says so: S3 does, other servers may not.
  func check(_ response: HTTPResponse, of operation: String, against digest: ContentDigest) throws {
    if let stored = response["x-amz-checksum-sha256"], stored != digest.base64 {
      throw invalid(operation, "the checksum is '\(stored)' instead of '\(digest.base64)'")
    }
  }

  /// Whether a request may have taken effect though it failed: the answer is missing, unreadable, or
  /// the service says that it broke down.
  static func isUncertain(_ error: any Error) -> Bool {
    switch error {
    case let error as TransportError:
      switch error {
      case .broken, .timedOut: true
      default: false
      }
    case is InvalidAnswer: true
    case let error as ServiceError:
      error.status >= 500
        || ["InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout"]
          .contains(error.code)
    default: false
    }
  }

  private static func object(_ response: HTTPResponse) -> S3Object {
    var metadata: [String: String] = [:]
    for header in response.headers {
      let name = header.name.lowercased()
      guard name.hasPrefix(metadataPrefix) else { continue }
      metadata[String(name.dropFirst(metadataPrefix.count))] = header.value
    }
    return S3Object(
      length: response["Content-Length"].flatMap(Int64.init) ?? 0,
      entityTag: response["ETag"] ?? "",
      lastModified: response["Last-Modified"].flatMap { Timestamp.date(ofHeader: $0) },
      metadata: metadata, encryption: response["x-amz-server-side-encryption"])
  }

  private static let metadataPrefix = "x-amz-meta-"
}
