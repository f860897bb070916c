import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AWS

/// How an upload ends when something goes wrong on the way.
@Suite("Uploader") struct UploaderTests {
  private static let part = 5 << 20
  private let file: UploadFile

  init() throws { file = try UploadFile(length: 3 * Self.part + 1000) }

  private func uploader(
    _ bucket: ScriptedBucket, notes: NoteList = NoteList()
  ) throws -> Uploader {
    var settings = Uploader.Settings()
    settings.part = Int64(Self.part)
    settings.parallel = 2
    settings.cleaning = .milliseconds(800)
    return Uploader(
      S3Client(try .impatient(bucket), bucket: "bucket"), settings: settings,
      note: { note in notes.all.withLock { $0.append(note) } })
  }

  private func upload(_ whenDifferent: Upload.WhenDifferent = .replace) -> Upload {
    Upload(
      key: "app/v1.zip", descriptor: file.descriptor, length: file.length,
      description: S3ObjectDescription(contentType: "application/zip"),
      whenDifferent: whenDifferent)
  }

  private func hasObject(_ bucket: ScriptedBucket) -> Bool {
    bucket.state.withLock { $0.objects["app/v1.zip"] } != nil
  }

  private func holdsFile(_ bucket: ScriptedBucket) -> Bool {
    bucket.state.withLock { $0.objects["app/v1.zip"].map { Data($0.bytes) } } == Data(file.bytes)
  }

  private func openIDs(_ bucket: ScriptedBucket) -> [String] {
    bucket.state.withLock { $0.uploads.keys.sorted() }
  }

  @Test func `a large file arrives in parts, and a second upload sends nothing`() async throws {
    let bucket = ScriptedBucket()
    let notes = NoteList()
    let uploader = try uploader(bucket, notes: notes)
    let progress = ProgressList()
    #expect(try await uploader.upload(upload(), progress: progress.note) == .uploaded)
    #expect(holdsFile(bucket))
    #expect(
      bucket.log.sorted() == [
        "CompleteMultipartUpload", "CreateMultipartUpload", "HeadObject", "UploadPart 1",
        "UploadPart 2", "UploadPart 3", "UploadPart 4",
      ])
    let told = progress.all.withLock { $0 }
    #expect(told.last == UploadProgress(sent: file.length, total: file.length))
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.sent < $1.sent })
    let id = OpenUpload(key: "app/v1.zip", id: "id-1")
    #expect(notes.all.withLock { $0 } == [.opened(id), .closed(id)])
    #expect(try await uploader.upload(upload()) == .present)
    #expect(bucket.log.count == 8)
  }

  @Test func `every part tells its checksum, and the object its digest`() async throws {
    let bucket = ScriptedBucket()
    _ = try await uploader(bucket).upload(upload())
    let requests = bucket.state.withLock { $0.requests }
    for request in requests where request.method == "PUT" {
      guard case .file(_, let offset, let length) = request.body else {
        Issue.record("a part that is no piece of the file")
        continue
      }
      let digest = ContentDigest(of: file.bytes[Int(offset)..<Int(offset + length)])
      #expect(request["x-amz-checksum-sha256"] == digest.base64)
      #expect(request["x-amz-content-sha256"] == digest.hexadecimal)
    }
    let create = try #require(requests.first { $0.method == "POST" })
    #expect(
      create["x-amz-meta-git-eb-digest"] == ContentDigest(of: file.bytes).hexadecimal)
    #expect(create["Content-Type"] == "application/zip")
  }

  @Test func `an object with other contents is replaced, or not, as asked`() async throws {
    let bucket = ScriptedBucket()
    let other = ScriptedBucket.Stored(bytes: [1, 2, 3], headers: [:])
    bucket.state.withLock { $0.objects["app/v1.zip"] = other }
    let uploader = try uploader(bucket)
    await #expect(throws: ObjectDiffers(bucket: "bucket", key: "app/v1.zip")) {
      try await uploader.upload(upload(.refuse))
    }
    #expect(bucket.log == ["HeadObject"])
    #expect(try await uploader.upload(upload()) == .uploaded)
    #expect(holdsFile(bucket))
  }

  @Test func `a part that is put off with 503 is sent again`() async throws {
    let bucket = ScriptedBucket { name, count in
      name == "UploadPart 2" && count < 2 ? .answer(ScriptedBucket.error(503, "SlowDown")) : nil
    }
    #expect(try await uploader(bucket).upload(upload()) == .uploaded)
    #expect(bucket.count(of: "UploadPart 2") == 3)
    #expect(holdsFile(bucket))
  }

  @Test func `progress never goes back though a part is sent again`() async throws {
    let bucket = ScriptedBucket { name, count in
      name.hasPrefix("UploadPart") && count < 2 ? .fail(.broken(host: "h", reason: "cut")) : nil
    }
    let progress = ProgressList()
    #expect(try await uploader(bucket).upload(upload(), progress: progress.note) == .uploaded)
    let told = progress.all.withLock { $0.map(\.sent) }
    #expect(zip(told, told.dropFirst()).allSatisfy { $0 < $1 })
    #expect(told.last == file.length)
  }

  @Test func `a part that was damaged on the way is sent again`() async throws {
    let bucket = ScriptedBucket { name, count in
      name == "UploadPart 3" && count == 0
        ? .answer(ScriptedBucket.error(400, "XAmzContentSHA256Mismatch")) : nil
    }
    #expect(try await uploader(bucket).upload(upload()) == .uploaded)
    #expect(holdsFile(bucket))
  }

  @Test func `a file that changes under the upload is an error`() async throws {
    let file = file
    let bucket = ScriptedBucket { name, count in
      guard name == "UploadPart 3", count == 0 else { return nil }
      file.change(at: 2 * Self.part + 5)
      return .answer(ScriptedBucket.error(400, "XAmzContentSHA256Mismatch"))
    }
    let uploader = try uploader(bucket)
    await #expect(throws: FileChanged(key: "app/v1.zip")) {
      try await uploader.upload(upload())
    }
    #expect(openIDs(bucket).isEmpty)
  }

  @Test(arguments: ["UploadPart 1", "UploadPart 4", "CompleteMultipartUpload"])
  func `what is refused is aborted`(_ operation: String) async throws {
    let bucket = ScriptedBucket { name, _ in
      name == operation ? .answer(ScriptedBucket.error(403, "AccessDenied")) : nil
    }
    let notes = NoteList()
    let uploader = try uploader(bucket, notes: notes)
    let error = await #expect(throws: ServiceError.self) {
      try await uploader.upload(upload())
    }
    #expect(error?.code == "AccessDenied")
    #expect(openIDs(bucket).isEmpty)
    #expect(!hasObject(bucket))
    #expect(notes.all.withLock { $0.last } == .closed(OpenUpload(key: "app/v1.zip", id: "id-1")))
  }

  @Test func `a part that lands after the abort is aborted, too`() async throws {
    let late = ScriptedBucket { name, _ in
      name == "UploadPart 4" ? .answer(ScriptedBucket.error(403, "AccessDenied")) : nil
    }
    var settings = Uploader.Settings()
    settings.part = Int64(Self.part)
    let uploader = Uploader(
      S3Client(try .impatient(LateParts(late)), bucket: "bucket"), settings: settings)
    await #expect(throws: ServiceError.self) { try await uploader.upload(upload()) }
    #expect(late.count(of: "AbortMultipartUpload") == 2)
    #expect(openIDs(late).isEmpty)
  }

  @Test func `what cannot be aborted is told`() async throws {
    let bucket = ScriptedBucket { name, _ in
      switch name {
      case "UploadPart 2", "AbortMultipartUpload": .fail(.cannotConnect(host: "h", reason: "gone"))
      default: nil
      }
    }
    let notes = NoteList()
    let uploader = try uploader(bucket, notes: notes)
    await #expect(throws: TransportError.cannotConnect(host: "h", reason: "gone")) {
      try await uploader.upload(upload())
    }
    #expect(notes.all.withLock { $0.last } == .leftOpen(OpenUpload(key: "app/v1.zip", id: "id-1")))
  }

  @Test func `an interruption in the middle of the parts leaves nothing`() async throws {
    let bucket = ScriptedBucket { name, _ in name == "UploadPart 3" ? .hang : nil }
    let uploader = try uploader(bucket)
    let upload = upload()
    let task = Task { try await uploader.upload(upload) }
    while !bucket.log.contains("UploadPart 3") { try await Task.sleep(for: .milliseconds(2)) }
    task.cancel()
    await #expect(throws: TransportError.interrupted) { try await task.value }
    #expect(openIDs(bucket).isEmpty)
    #expect(!hasObject(bucket))
    let abort = bucket.state.withLock { $0.requests.first { $0.method == "DELETE" } }
    #expect(abort?.isInterruptible == false)
  }

  @Test func `an interruption while the upload begins leaves nothing`() async throws {
    let bucket = ScriptedBucket { name, _ in
      name == "CreateMultipartUpload" ? .doneThen(.interrupted) : nil
    }
    let uploader = try uploader(bucket)
    await #expect(throws: TransportError.interrupted) { try await uploader.upload(upload()) }
    #expect(openIDs(bucket).isEmpty)
  }

  // MARK: - Lost answers

  @Test(arguments: [
    ScriptedBucket.Fate.doneThen(.broken(host: "h", reason: "cut")),
    .doneThen(.timedOut(host: "h", what: "answer")),
    .doneBut(ScriptedBucket.error(500, "InternalError")),
    .doneBut(ScriptedBucket.error(200, "InternalError")),
    .doneBut(HTTPResponse(status: 200, headers: [], body: Array("<CompleteMulti".utf8))),
  ])
  func `a Complete that took effect without a good answer is not repeated`(
    _ fate: ScriptedBucket.Fate
  ) async throws {
    let bucket = ScriptedBucket { name, _ in name == "CompleteMultipartUpload" ? fate : nil }
    #expect(try await uploader(bucket).upload(upload()) == .uploaded)
    #expect(bucket.count(of: "CompleteMultipartUpload") == 1)
    #expect(holdsFile(bucket))
    #expect(openIDs(bucket).isEmpty)
  }

  @Test(arguments: [
    ScriptedBucket.Fate.fail(.broken(host: "h", reason: "cut")),
    .answer(ScriptedBucket.error(200, "InternalError")),
    .answer(ScriptedBucket.error(200, "SlowDown")),
    .answer(ScriptedBucket.error(500, "InternalError")),
  ])
  func `a Complete that did not take effect is repeated`(_ fate: ScriptedBucket.Fate) async throws {
    let bucket = ScriptedBucket { name, count in
      name == "CompleteMultipartUpload" && count < 2 ? fate : nil
    }
    #expect(try await uploader(bucket).upload(upload()) == .uploaded)
    #expect(bucket.count(of: "CompleteMultipartUpload") == 3)
    #expect(holdsFile(bucket))
  }

  @Test func `an error within an answer of 200 is an error`() async throws {
    let bucket = ScriptedBucket { name, _ in
      name == "CompleteMultipartUpload" ? .answer(ScriptedBucket.error(200, "InvalidPart")) : nil
    }
    let uploader = try uploader(bucket)
    let error = await #expect(throws: ServiceError.self) {
      try await uploader.upload(upload())
    }
    #expect(error?.code == "InvalidPart")
    #expect(openIDs(bucket).isEmpty)
  }

  @Test func `a Complete that never works gives up, and aborts`() async throws {
    let bucket = ScriptedBucket { name, _ in
      name == "CompleteMultipartUpload" ? .fail(.broken(host: "h", reason: "cut")) : nil
    }
    let uploader = try uploader(bucket)
    await #expect(throws: TransportError.broken(host: "h", reason: "cut")) {
      try await uploader.upload(upload())
    }
    #expect(bucket.count(of: "CompleteMultipartUpload") == 4)
    #expect(openIDs(bucket).isEmpty)
  }

  @Test func `an upload whose name was lost is found and aborted`() async throws {
    let bucket = ScriptedBucket { name, count in
      name == "CreateMultipartUpload" && count == 0
        ? .doneThen(.broken(host: "h", reason: "cut")) : nil
    }
    // Older ones, and those with parts, may be another run's.
    let date = bucket.date
    bucket.state.withLock { state in
      state.uploads["old"] = .init(
        key: "app/v1.zip", headers: [:], initiated: date.addingTimeInterval(-600))
      state.uploads["busy"] = .init(
        key: "app/v1.zip", headers: [:], initiated: date, parts: [1: [1]])
      state.uploads["other"] = .init(key: "app/v1.zip.2", headers: [:], initiated: date)
    }
    #expect(try await uploader(bucket).upload(upload()) == .uploaded)
    #expect(openIDs(bucket) == ["busy", "old", "other"])
  }

  // MARK: - Others at the same key

  @Test func `an upload that somebody gave up begins anew`() async throws {
    let bucket = ScriptedBucket { name, count in
      name == "UploadPart 3" && count == 0
        ? .answer(ScriptedBucket.error(404, "NoSuchUpload"))
        : nil
    }
    #expect(try await uploader(bucket).upload(upload()) == .uploaded)
    #expect(bucket.count(of: "CreateMultipartUpload") == 2)
    #expect(holdsFile(bucket))
    #expect(openIDs(bucket).isEmpty)
  }

  @Test func `an upload that another run finished meanwhile is done`() async throws {
    let other = ScriptedBucket()
    _ = try await uploader(other).upload(upload())
    let done = try #require(other.state.withLock { $0.objects["app/v1.zip"] })
    let box = BucketBox()
    let bucket = ScriptedBucket { name, _ in
      guard name == "UploadPart 3" else { return nil }
      box.bucket.withLock { $0 }?.state.withLock { $0.objects["app/v1.zip"] = done }
      return .answer(ScriptedBucket.error(404, "NoSuchUpload"))
    }
    box.bucket.withLock { $0 = bucket }
    #expect(try await uploader(bucket).upload(upload()) == .present)
    #expect(bucket.count(of: "CreateMultipartUpload") == 1)
    #expect(openIDs(bucket).isEmpty)
    box.bucket.withLock { $0 = nil }
  }

  @Test func `a key that may not be looked at is written all the same`() async throws {
    let bucket = ScriptedBucket { name, _ in
      name == "HeadObject" ? .answer(HTTPResponse(status: 403, headers: [], body: [])) : nil
    }
    #expect(try await uploader(bucket).upload(upload()) == .uploaded)
  }

  // MARK: - Sweeping

  @Test func `a sweep takes what nobody will complete, and no more`() async throws {
    let bucket = ScriptedBucket()
    let hour = 3600.0
    let date = bucket.date
    bucket.state.withLock { state in
      let open = { (key: String, age: Double) in
        ScriptedBucket.Open(key: key, headers: [:], initiated: date.addingTimeInterval(-age))
      }
      state.uploads = [
        "same": open("app/v1.zip", 1), "old": open("app/v0.zip", 25 * hour),
        "young": open("app/v2.zip", 23 * hour), "theirs": open("app/notes.txt", 99 * hour),
        "elsewhere": open("web/v1.zip", 99 * hour),
      ]
    }
    let aborted = try await uploader(bucket).sweep(prefix: "app/", finished: "app/v1.zip") {
      $0.hasSuffix(".zip")
    }
    #expect(Set(aborted.map(\.id)) == ["same", "old"])
    #expect(openIDs(bucket) == ["elsewhere", "theirs", "young"])
  }

  @Test func `who may not list the open uploads sweeps nothing`() async throws {
    let bucket = ScriptedBucket { _, _ in .answer(ScriptedBucket.error(403, "AccessDenied")) }
    let aborted = try await uploader(bucket).sweep(prefix: "app/", finished: nil) { _ in true }
    #expect(aborted.isEmpty)
  }
}

/// A bucket in which a part comes to light after the first abort.
private struct LateParts: Transport {
  let bucket: ScriptedBucket

  init(_ bucket: ScriptedBucket) { self.bucket = bucket }

  func send(
    _ request: HTTPRequest, sent: @escaping @Sendable (Int64) -> Void
  ) async throws(TransportError) -> HTTPResponse {
    let response = try await bucket.send(request, sent: sent)
    if request.method == "POST", response.status == 200 {
      bucket.state.withLock { state in
        for id in state.uploads.keys { state.uploads[id]?.late = [2: [7]] }
      }
    }
    return response
  }
}

final class NoteList: Sendable {
  let all = Mutex<[UploadNote]>([])
}

final class ProgressList: Sendable {
  let all = Mutex<[UploadProgress]>([])
  @Sendable func note(_ progress: UploadProgress) { all.withLock { $0.append(progress) } }
}

private final class BucketBox: Sendable {
  let bucket = Mutex<ScriptedBucket?>(nil)
}

/// An open file of random bytes.
final class UploadFile: Sendable {
  private let directory: TemporaryDirectory
  let descriptor: Int32
  let bytes: [UInt8]

  init(length: Int, seed: UInt64 = 1) throws {
    directory = try TemporaryDirectory()
    var generator = SplitMix(seed: seed)
    let block = (0..<8192).flatMap { _ in
      unsafe withUnsafeBytes(of: generator.next()) { unsafe Array($0) }
    }
    // No two blocks are alike, so that parts cannot be mixed up.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length + block.count)
    while bytes.count < length {
      unsafe withUnsafeBytes(of: bytes.count) { unsafe bytes.append(contentsOf: $0) }
      bytes += block
    }
    bytes.removeLast(bytes.count - length)
    self.bytes = bytes
    let path = directory.file("bundle.zip")
    try Data(bytes).write(to: URL(filePath: path))
    descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    try #require(descriptor >= 0)
  }

  deinit { close(descriptor) }

  var length: Int64 { Int64(bytes.count) }

  func change(at offset: Int) {
    var byte = bytes[offset] ^ 0xff
    _ = unsafe pwrite(descriptor, &byte, 1, off_t(offset))
  }
}
