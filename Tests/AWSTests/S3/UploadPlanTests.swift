import Foundation
import Testing

@testable import AWS

/// What is decided and computed without S3.
@Suite("Upload plan") struct UploadPlanTests {
  private static let mega: Int64 = 1 << 20

  @Test(
    arguments: [
      (0, UploadPlan.whole), (1, .whole), (8 << 20, .whole),
      (8 << 20 + 1, .parts(size: 8 << 20, count: 2)),
      (40 << 20, .parts(size: 8 << 20, count: 5)),
      (524_288_000, .parts(size: 8 << 20, count: 63)),
      (10_000 * (8 << 20), .parts(size: 8 << 20, count: 10_000)),
      (10_000 * (8 << 20) + 1, .parts(size: 9 << 20, count: 8889)),
      (5 << 40, .parts(size: 525 << 20, count: 9987)),
    ] as [(Int64, UploadPlan)])
  func `a file is cut as S3 allows`(length: Int64, plan: UploadPlan) throws {
    #expect(try UploadPlan(length: length, part: 8 << 20) == plan)
  }

  @Test func `what S3 cannot hold is an error`() {
    let length: Int64 = 5 << 40 + 1
    #expect(throws: UploadPlan.TooLarge(length: length)) {
      try UploadPlan(length: length, part: 8 << 20)
    }
  }

  @Test(arguments: [Int64(0), 1, 5 << 20, 64 << 20, 6 << 30, Int64.max])
  func `whatever size is asked for, parts cover the file and keep the limits`(_ part: Int64) throws
  {
    var generator = SplitMix(seed: 7)
    for _ in 0..<500 {
      let length = Int64(generator.next() >> 24) % (5 << 40) >> Int64(generator.next() % 24)
      let plan = try UploadPlan(length: length, part: part)
      guard case .parts(let size, let count) = plan else { continue }
      #expect(size >= UploadPlan.smallestPart && size <= UploadPlan.largestPart)
      #expect(count >= 2 && count <= 10_000)
      var position: Int64 = 0
      for number in 1...count {
        let range = plan.range(ofPart: number, in: length)
        #expect(range.lowerBound == position && !range.isEmpty)
        position = range.upperBound
      }
      #expect(position == length)
    }
  }

  @Test(arguments: [
    ("my-bucket", "s3.eu-central-1.amazonaws.com", "my-bucket.s3.eu-central-1.amazonaws.com", "/k"),
    (
      "my-bucket", "s3-fips.us-east-1.amazonaws.com", "my-bucket.s3-fips.us-east-1.amazonaws.com",
      "/k"
    ),
    ("my.bucket", "s3.eu-central-1.amazonaws.com", "s3.eu-central-1.amazonaws.com", "/my.bucket/k"),
    ("My_Bucket", "s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com", "/My_Bucket/k"),
    ("my-bucket", "127.0.0.1", "127.0.0.1", "/my-bucket/k"),
    ("my-bucket", "localhost", "localhost", "/my-bucket/k"),
    ("my-bucket", "s3.example.org", "s3.example.org", "/my-bucket/k"),
    (
      "my-bucket", "bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com",
      "bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", "/my-bucket/k"
    ),
  ])
  func `a bucket is in the host's name at AWS, and in the path elsewhere`(
    bucket: String, host: String, expectedHost: String, path: String
  ) {
    let address = S3Address(
      bucket: bucket, at: Endpoint(scheme: "https", host: host), suffix: "amazonaws.com",
      pathStyle: nil)
    #expect(address.endpoint.host == expectedHost)
    #expect(address.path(of: "k") == path)
  }

  @Test func `a style that is asked for is taken`() {
    let endpoint = Endpoint(scheme: "http", host: "localhost", port: 5000)
    let virtual = S3Address(bucket: "b12", at: endpoint, suffix: "x", pathStyle: false)
    #expect(virtual.endpoint.authority == "b12.localhost:5000")
    #expect(virtual.path(of: nil) == "/")
    let path = S3Address(bucket: "b12", at: endpoint, suffix: "x", pathStyle: true)
    #expect(path.path(of: nil) == "/b12/")
    #expect(path.path(of: "a b/ü+.zip") == "/b12/a%20b/%C3%BC%2B.zip")
  }

  @Test(arguments: [
    ("a%20b", "a b"), ("a+b%2Bc", "a b+c"), ("%C3%BC/%zz%4", "ü/%zz%4"), ("", ""),
  ])
  func `keys of listings are read`(text: String, key: String) {
    #expect(S3Encoding.decoded(text) == key)
  }

  @Test func `a digest is written in hexadecimal and base64`() throws {
    let digest = ContentDigest(of: Array("abc".utf8))
    let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(digest.hexadecimal == text)
    #expect(digest.base64 == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
    #expect(ContentDigest(hexadecimal: text.uppercased()) == digest)
    for bad in ["", "ba", String(text.dropLast()), text + "00", "zz" + text.dropFirst(2)] {
      #expect(ContentDigest(hexadecimal: bad) == nil)
    }
  }

  @Test(arguments: [(0, 0), (0, 1), (3, 300_000), (1 << 20, 9 << 20), (0, 10 << 20)])
  func `a digest of a piece of a file is that of its bytes`(offset: Int, length: Int) async throws {
    let file = try UploadFile(length: 10 << 20)
    let digest = try await ContentDigest(
      descriptor: file.descriptor, offset: Int64(offset), length: Int64(length))
    #expect(digest == ContentDigest(of: file.bytes[offset..<offset + length]))
  }

  @Test func `a file that is shorter than said has no digest`() async throws {
    let file = try UploadFile(length: 100)
    await #expect(throws: TransportError.file(errno: EIO)) {
      try await ContentDigest(descriptor: file.descriptor, offset: 0, length: 101)
    }
  }

  @Test(
    arguments: [
      ("k", 0.0, nil, StaleUpload.Verdict.abort),
      ("other", 23.9, nil, .keep),
      ("other", 24.1, nil, .unlessPartsAreNew),
      ("other", 24.1, [Double](), .abort),
      ("other", 48, [47, 23], .keep),
      ("other", 48, [47, 25], .abort),
    ] as [(String, Double, [Double]?, StaleUpload.Verdict)])
  func `an upload is stale when it is superfluous, or nothing came for a day`(
    key: String, hours: Double, parts: [Double]?, verdict: StaleUpload.Verdict
  ) {
    let now = Date(timeIntervalSince1970: 1_700_000_000)
    let upload = OpenUpload(key: key, id: "1", initiated: now.addingTimeInterval(-hours * 3600))
    let listed = parts?.enumerated().map {
      ListedPart(number: $0 + 1, length: 1, lastModified: now.addingTimeInterval(-$1 * 3600))
    }
    #expect(
      StaleUpload.verdict(on: upload, finished: "k", now: now, parts: listed) == verdict)
  }

  @Test func `an upload of unknown age is kept`() {
    let upload = OpenUpload(key: "other", id: "1", initiated: nil)
    #expect(StaleUpload.verdict(on: upload, finished: "k", now: Date(), parts: []) == .keep)
    let old = OpenUpload(key: "other", id: "1", initiated: .distantPast)
    #expect(StaleUpload.verdict(on: old, finished: "k", now: nil, parts: []) == .keep)
  }

  @Test func `encryption is asked for with the service's headers`() {
    #expect(
      ServerSideEncryption.aes256.headers == [
        HTTPHeader("x-amz-server-side-encryption", "AES256")
      ])
    #expect(
      ServerSideEncryption.kms(key: "alias/k", bucketKey: true).headers == [
        HTTPHeader("x-amz-server-side-encryption", "aws:kms"),
        HTTPHeader("x-amz-server-side-encryption-aws-kms-key-id", "alias/k"),
        HTTPHeader("x-amz-server-side-encryption-bucket-key-enabled", "true"),
      ])
    #expect(ServerSideEncryption.kms(key: nil, bucketKey: nil).headers.count == 1)
  }
}
