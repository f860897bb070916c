private import Synchronization

/// One bucket of S3, as the calls of its REST API.
///
/// A call throws what ``Session`` throws, and ``InvalidAnswer``. A bucket that turns out to be in
/// another region is followed there once, and from then on; ``movedTo`` says so.
package struct S3Client: Sendable {
  package let bucket: String
  let session: Session
  private let pathStyle: Bool?
  private let expectedOwner: String?
  private let place: Place

  /// Where the bucket is, as far as is known. Copies of the client share it.
  private final class Place: Sendable {
    let given: Region
    let found = Mutex<Region?>(nil)

    init(given: Region) { self.given = given }
  }

  /// - Parameters:
  ///   - region: the bucket's; `nil` for the session's.
  ///   - pathStyle: whether the bucket is named in the path; `nil` to decide (``S3Address``).
  ///   - expectedOwner: the account that the bucket must belong to, or S3 refuses every request
  ///     (`x-amz-expected-bucket-owner`).
  package init(
    _ session: Session, bucket: String, region: Region? = nil, pathStyle: Bool? = nil,
    expectedOwner: String? = nil
  ) {
    self.session = session
    self.bucket = bucket
    self.pathStyle = pathStyle
    self.expectedOwner = expectedOwner
    place = Place(given: region ?? session.region)
  }

  /// Where requests go.
  package var region: Region { movedTo ?? place.given }

  /// The region that the bucket turned out to be in; `nil` while that given was right.
  package var movedTo: Region? { place.found.withLock { $0 } }

  // MARK: - Requests

  /// What the calls differ in.
  struct Call {
    let operation: String
    let method: String
    /// `nil` for the bucket itself.
    var key: String?
    var query: [QueryItem] = []
    var headers: [HTTPHeader] = []
    var body = HTTPBody.none
    var payload = PayloadHash.bytes
    var destination = HTTPRequest.Destination.memory(limit: 16 << 20)
    var limits = HTTPRequest.Limits.standard
    var isInterruptible = true
    var isRepeatable = true
    var tellsErrorsLate = false

    init(_ operation: String, _ method: String, key: String? = nil) {
      self.operation = operation
      self.method = method
      self.key = key
    }
  }

  /// The answer to a call, from the region that the bucket is in.
  func send(
    _ call: Call, sent: @escaping @Sendable (Int64) -> Void = { _ in }
  ) async throws -> HTTPResponse {
    let region = region
    do {
      return try await send(call, to: region, sent: sent)
    } catch let error as ServiceError {
      guard let other = try await otherRegion(after: error, from: region, call) else { throw error }
      place.found.withLock { $0 = other }
      return try await send(call, to: other, sent: sent)
    }
  }

  private func send(
    _ call: Call, to region: Region, sent: @escaping @Sendable (Int64) -> Void
  ) async throws -> HTTPResponse {
    let address = S3Address(
      bucket: bucket, at: try session.endpoint(of: .s3, in: region),
      suffix: region.partition.dnsSuffix, pathStyle: pathStyle)
    var headers = call.headers
    if let expectedOwner {
      headers.append(HTTPHeader("x-amz-expected-bucket-owner", expectedOwner))
    }
    let request = HTTPRequest(
      call.method, address.endpoint, path: address.path(of: call.key), query: call.query,
      headers: headers, body: call.body, destination: call.destination, limits: call.limits,
      isInterruptible: call.isInterruptible)
    return try await session.send(
      request, to: .s3, operation: call.operation, payload: call.payload,
      isRepeatable: call.isRepeatable, region: region,
      tellsErrorsLate: call.tellsErrorsLate, sent: sent)
  }

  /// Where the bucket is instead, when `error` says that it is elsewhere.
  ///
  /// S3 says so with 301 (307 for a new bucket), or 400 when the signature names another region (also
  /// 403, to HEAD), and with `x-amz-bucket-region`; where only the code says it, HeadBucket is asked, which has the
  /// header also when it refuses (S3 User Guide, "Virtual hosting of general purpose buckets").
  private func otherRegion(after error: ServiceError, from region: Region, _ call: Call)
    async throws -> Region?
  {
    guard
      [301, 307, 400].contains(error.status) || error.status == 403 && error.code.isEmpty
    else { return nil }
    var name = error.bucketRegion
    if name == nil, Self.regionCodes.contains(error.code) || error.status == 301,
      call.operation != Self.headBucket
    {
      var look = Call(Self.headBucket, "HEAD")
      look.isInterruptible = call.isInterruptible
      do {
        name = try await send(look, to: region, sent: { _ in })["x-amz-bucket-region"]
      } catch let refusal as ServiceError {
        name = refusal.bucketRegion
      }
    }
    guard let other = name.flatMap(Region.init), other != region else { return nil }
    return other
  }

  private static let regionCodes: Set<String> = [
    "PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException", "IllegalLocationConstraint",
  ]

  // MARK: - Answers

  /// What is wrong with an answer that is none.
  func invalid(_ operation: String, _ reason: String) -> InvalidAnswer {
    InvalidAnswer(service: Service.s3.signingName, operation: operation, reason: reason)
  }

  /// The root element of an answer, whose name must begin with `root`: S3 ends it in `Result`,
  /// other servers differ.
  func document(_ response: HTTPResponse, of operation: String, root: String) throws -> XMLElement {
    let element = try response.document(.s3, operation)
    guard element.name.hasPrefix(root) else {
      throw invalid(operation, "'\(element.name)' instead of '\(root)'")
    }
    return element
  }

  // MARK: - The bucket

  /// Whether there is such a bucket; following it to its region on the way. A bucket that belongs
  /// to somebody else throws a ``ServiceError`` with status 403.
  package func exists() async throws -> Bool {
    do {
      _ = try await send(Call(Self.headBucket, "HEAD"))
      return true
    } catch let error as ServiceError {
      guard error.status == 404 else { throw error }
      return false
    }
  }

  private static let headBucket = "HeadBucket"
}
