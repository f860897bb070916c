import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AWS

/// Uploads to a server that checks signatures, payload hashes and checksums as S3 does.
@Suite("S3 on a server") struct S3ServerTests {
  private let place: S3Place
  private let client: S3Client

  init() async throws {
    place = try await S3Place.make()
    client = place.client()
  }

  private func upload(_ file: UploadFile, to key: String) -> Upload {
    Upload(
      key: key, descriptor: file.descriptor, length: file.length,
      description: S3ObjectDescription(contentType: "application/zip"))
  }

  /// The object's bytes, as GetObject gives them.
  private func contents(of key: String) async throws -> Data? {
    let directory = try TemporaryDirectory()
    let path = try directory.write("left over from before", to: "copy")
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    guard try await client.get(key, to: descriptor) != nil else { return nil }
    return try Data(contentsOf: URL(filePath: path))
  }

  @Test(arguments: [0, 1, 8 << 20 - 1, 8 << 20, 8 << 20 + 1, 40 << 20])
  func `a file of any length arrives, once`(length: Int) async throws {
    let file = try UploadFile(length: length)
    let uploader = Uploader(client)
    let progress = ProgressList()
    #expect(
      try await uploader.upload(upload(file, to: "app/v1.zip"), progress: progress.note)
        == .uploaded)
    let told = progress.all.withLock { $0.map(\.sent) }
    #expect(told.last ?? 0 == file.length)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0 < $1 })
    let object = try #require(try await client.head("app/v1.zip"))
    #expect(object.length == file.length)
    #expect(object.metadata == [Upload.digestName: ContentDigest(of: file.bytes).hexadecimal])
    #expect(try await contents(of: "app/v1.zip") == Data(file.bytes))
    #expect(try await uploader.upload(upload(file, to: "app/v1.zip")) == .present)
    #expect(try await client.openUploads(prefix: "").uploads.isEmpty)
  }

  @Test func `three uploads at once do not mix`() async throws {
    let files = try (1...3).map { try UploadFile(length: 17 << 20, seed: UInt64($0)) }
    let uploader = Uploader(client)
    try await withThrowingTaskGroup(of: UploadOutcome.self) { group in
      for (number, file) in files.enumerated() {
        let upload = upload(file, to: "app/v\(number).zip")
        group.addTask { try await uploader.upload(upload) }
      }
      for try await outcome in group { #expect(outcome == .uploaded) }
    }
    for (number, file) in files.enumerated() {
      #expect(try await contents(of: "app/v\(number).zip") == Data(file.bytes))
    }
  }

  @Test func `two uploads of the same to the same key both end well`() async throws {
    let file = try UploadFile(length: 9 << 20)
    let uploader = Uploader(client)
    let upload = upload(file, to: "app/v1.zip")
    async let first = uploader.upload(upload)
    async let second = uploader.upload(upload)
    _ = try await (first, second)
    #expect(try await contents(of: "app/v1.zip") == Data(file.bytes))
    try await uploader.sweep(prefix: "app/", finished: "app/v1.zip") { _ in true }
    #expect(try await client.openUploads(prefix: "").uploads.isEmpty)
  }

  @Test(arguments: [
    (ServerSideEncryption.aes256, "AES256"),
    (.kms(key: "alias/aws/s3", bucketKey: true), "aws:kms"),
  ])
  func `encryption is as asked for`(_ encryption: ServerSideEncryption, _ name: String) async throws
  {
    for length in [100, 9 << 20] {
      let file = try UploadFile(length: length)
      var upload = upload(file, to: "app/\(length).zip")
      upload.description.encryption = encryption
      #expect(try await Uploader(client).upload(upload) == .uploaded)
      #expect(try await client.head(upload.key)?.encryption == name)
    }
  }

  @Test func `a key with other contents is kept when it is not to be replaced`() async throws {
    let digest = ContentDigest(of: Array("first".utf8))
    try await client.put(
      "app/v1.zip", body: .bytes(Array("first".utf8)), digest: digest,
      as: S3ObjectDescription(), ifAbsent: true)
    let error = await #expect(throws: ServiceError.self) {
      try await client.put(
        "app/v1.zip", body: .bytes(Array("first".utf8)), digest: digest,
        as: S3ObjectDescription(), ifAbsent: true)
    }
    #expect(error?.status == 412)
    let file = try UploadFile(length: 9 << 20)
    var upload = upload(file, to: "app/v1.zip")
    upload.whenDifferent = .refuse
    await #expect(throws: ObjectDiffers(bucket: client.bucket, key: "app/v1.zip")) {
      try await Uploader(client).upload(upload)
    }
    #expect(try await contents(of: "app/v1.zip") == Data("first".utf8))
  }

  @Test func `a body that is not what was hashed is refused`() async throws {
    let error = await #expect(throws: ServiceError.self) {
      try await client.put(
        "app/v1.zip", body: .bytes([1, 2, 3]), digest: ContentDigest(of: [1, 2, 4] as [UInt8]),
        as: S3ObjectDescription())
    }
    #expect(["XAmzContentSHA256Mismatch", "BadDigest"].contains(error?.code))
    #expect(try await client.head("app/v1.zip") == nil)
  }

  @Test func `keys of any kind can be written, listed and removed`() async throws {
    let keys = ["a b/ü+&<>.zip", "a b/%20.zip", "a b/100%.zip", "a b/~'()!*.zip", "a b/é ?#=.zip"]
    for key in keys {
      try await client.put(
        key, body: .bytes([1]), digest: ContentDigest(of: [1] as [UInt8]),
        as: S3ObjectDescription())
    }
    try await client.put(
      "b", body: .none, digest: ContentDigest(of: [] as [UInt8]), as: S3ObjectDescription())
    let listed = try await client.list(prefix: "a b/")
    #expect(Set(listed.map(\.key)) == Set(keys))
    #expect(listed.allSatisfy { $0.length == 1 && $0.lastModified != nil })
    for key in keys {
      #expect(try await contents(of: key) == Data([1]))
      try await client.delete(key)
      try await client.delete(key)
      #expect(try await client.head(key) == nil)
      #expect(try await contents(of: key) == nil)
    }
    #expect(try await client.list(prefix: "").map(\.key) == ["b"])
  }

  @Test func `what does not fit on a page is listed all the same`() async throws {
    let keys = (10...21).map { "many/\($0) +" }
    for key in keys {
      try await client.put(
        key, body: .none, digest: ContentDigest(of: [] as [UInt8]), as: S3ObjectDescription())
      _ = try await client.createUpload(key, as: S3ObjectDescription())
    }
    let twice = try await client.createUpload(keys[4], as: S3ObjectDescription())
    for page in [1, 5, 12] {
      #expect(try await client.list(prefix: "many/", page: page).map(\.key) == keys)
      let open = try await client.openUploads(prefix: "many/", page: page).uploads
      #expect(open.map(\.key) == (keys + [keys[4]]).sorted())
      #expect(Set(open.map(\.id)).count == keys.count + 1)
    }
    let body = HTTPBody.bytes([1])
    for number in [1, 2, 5, 7] {
      _ = try await client.uploadPart(
        number, of: twice, body: body, digest: ContentDigest(of: [1] as [UInt8]),
        limits: .standard, sent: { _ in })
    }
    for page in [1, 3, 4] {
      #expect(try await client.listParts(twice, page: page)?.map(\.number) == [1, 2, 5, 7])
    }
  }

  @Test func `an open upload is listed with its parts, and swept when its key is finished`()
    async throws
  {
    let file = try UploadFile(length: 6 << 20)
    let open = try await client.createUpload("app/v 1+.zip", as: S3ObjectDescription())
    let digest = ContentDigest(of: file.bytes)
    _ = try await client.uploadPart(
      1, of: open, body: .file(descriptor: file.descriptor, offset: 0, length: file.length),
      digest: digest, limits: .standard, sent: { _ in })
    let found = try await client.openUploads(prefix: "app/")
    #expect(found.uploads.map(\.key) == [open.key])
    #expect(found.uploads.map(\.id) == [open.id])
    #expect(found.date != nil && found.uploads.first?.initiated != nil)
    #expect(try await client.listParts(open)?.map(\.length) == [file.length])
    let uploader = Uploader(client)
    #expect(try await uploader.sweep(prefix: "app/", finished: nil) { _ in true } == [])
    #expect(
      try await uploader.sweep(prefix: "app/", finished: open.key) { _ in true }.map(\.id)
        == [open.id])
    #expect(try await client.listParts(open) == nil)
    try await client.abortUpload(open)
  }

  @Test func `a bucket that is not there is an error of its own`() async throws {
    let missing = place.client(bucket: "\(client.bucket)-not")
    #expect(try await missing.exists() == false)
    #expect(try await client.exists())
    let error = await #expect(throws: ServiceError.self) { try await missing.list(prefix: "") }
    #expect(error?.code == "NoSuchBucket")
  }

  // MARK: - Faults

  @Test(arguments: [
    "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "HeadObject",
  ])
  func `an upload ends well whatever happens to one of its requests`(_ operation: String)
    async throws
  {
    let file = try UploadFile(length: 12 << 20)
    var faults = [
      "slowdown", "500", "503", "reset-before", "reset-after", "close-before",
      "close-after", "truncate", "html",
    ]
    if operation == "CompleteMultipartUpload" { faults.append("200-error") }
    for fault in faults {
      let key = "app/\(fault).zip"
      try await place.server.break(operation, of: client.bucket, fault)
      let uploader = Uploader(client)
      #expect(
        try await uploader.upload(upload(file, to: key)) == .uploaded, "\(operation), \(fault)")
      #expect(try await contents(of: key) == Data(file.bytes), "\(operation), \(fault)")
      #expect(
        try await client.openUploads(prefix: "").uploads.isEmpty, "\(operation), \(fault)")
    }
  }

  @Test(arguments: ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
  func `an upload that may not be made leaves nothing`(_ operation: String) async throws {
    let file = try UploadFile(length: 12 << 20)
    try await place.server.break(operation, of: client.bucket, "denied")
    let error = await #expect(throws: ServiceError.self) {
      try await Uploader(client).upload(upload(file, to: "app/v1.zip"))
    }
    #expect(error?.code == "AccessDenied")
    #expect(error?.operation == operation)
    #expect(try await client.head("app/v1.zip") == nil)
    #expect(try await client.openUploads(prefix: "").uploads.isEmpty)
  }

  // MARK: - Elsewhere

  @Test func `a bucket in another region is followed there, and told`() async throws {
    let bucket = try await place.bucket(in: "eu-west-1")
    let client = place.client(bucket: bucket)
    let file = try UploadFile(length: 9 << 20)
    #expect(try await Uploader(client).upload(upload(file, to: "app/v1.zip")) == .uploaded)
    #expect(client.movedTo == Region("eu-west-1"))
    #expect(client.region == Region("eu-west-1"))
    #expect(self.client.movedTo == nil)
    let digest = ContentDigest(of: [1] as [UInt8])
    for operation in [
      { try await $0.put("k", body: .bytes([1]), digest: digest, as: S3ObjectDescription()) },
      { _ = try await $0.list(prefix: "") }, { _ = try await $0.head("k") },
      { _ = try await $0.createUpload("k", as: S3ObjectDescription()) },
    ] as [(S3Client) async throws -> Void] {
      let fresh = place.client(bucket: bucket)
      try await operation(fresh)
      #expect(fresh.movedTo == Region("eu-west-1"))
    }
  }

  @Test func `a bucket of somebody else is refused`() async throws {
    let bucket = try await place.bucket(in: "us-east-1", account: "210987654321")
    let client = place.client(bucket: bucket)
    let file = try UploadFile(length: 100)
    let error = await #expect(throws: ServiceError.self) {
      try await Uploader(client).upload(upload(file, to: "app/v1.zip"))
    }
    #expect(error?.status == 403)
    #expect(error?.code == "AccessDenied")
    await #expect(throws: ServiceError.self) { try await client.exists() }
  }

  @Test func `a bucket that must belong to another account is refused`() async throws {
    let expecting = S3Client(
      place.session, bucket: client.bucket, expectedOwner: "210987654321")
    let error = await #expect(throws: ServiceError.self) { try await expecting.list(prefix: "") }
    #expect(error?.status == 403)
    let ours = S3Client(place.session, bucket: client.bucket, expectedOwner: "123456789012")
    #expect(try await ours.list(prefix: "") == [])
  }

  @Test func `a wrong secret is refused`() async throws {
    let session = try place.server.session(secret: "wrong")
    let error = await #expect(throws: ServiceError.self) {
      try await S3Client(session, bucket: client.bucket).list(prefix: "")
    }
    #expect(error?.code == "SignatureDoesNotMatch")
  }
}
