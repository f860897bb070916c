import FoundationEssentials

/// Takes files to a bucket.
///
/// Any step may be repeated: an object that is there with the same digest and length is done. What
/// is begun in parts is completed or aborted, also when git-eb is asked to stop; what a killed run
/// leaves is for ``sweep(prefix:finished:isOurs:)``. Parts are never taken over from an earlier
/// upload, since their numbers say nothing of their contents.
package struct Uploader: Sendable {
  /// How uploads are done.
  package struct Settings: Sendable {
    /// Bytes of a part; what is no longer goes in one request. 8 MiB is what AWS's own tools take
    /// (`multipart_threshold` and `multipart_chunksize` of the AWS CLI).
    package var part: Int64 = 8 << 20
    /// How many parts are on their way at once.
    package var parallel = 4
    /// Time limits of a request with a file's bytes.
    package var sending = HTTPRequest.Limits(
      connect: .seconds(5), stall: .seconds(30), total: nil)
    /// Time limits of CompleteMultipartUpload, which may take minutes; S3 sends white space
    /// meanwhile.
    package var completing = HTTPRequest.Limits(
      connect: .seconds(5), stall: .seconds(60), total: .seconds(600))
    /// How often a request is made whose effect had to be looked up.
    package var attempts = 4
    /// How often an upload begins anew that somebody else gave up.
    package var restarts = 2
    /// How long cleaning up may take.
    package var cleaning = Duration.seconds(15)

    package init() {}
  }

  let client: S3Client
  private let settings: Settings
  private let note: @Sendable (UploadNote) -> Void

  package init(
    _ client: S3Client, settings: Settings = Settings(),
    note: @escaping @Sendable (UploadNote) -> Void = { _ in }
  ) {
    self.client = client
    self.settings = settings
    self.note = note
  }

  /// Makes sure that the key has the file's contents.
  ///
  /// - Parameter progress: called from any thread, one call at a time; it must be quick.
  /// - Throws: what ``S3Client``'s calls throw, ``ObjectDiffers``, ``FileChanged``,
  ///   ``UploadPlan/TooLarge``, `CancellationError`.
  @concurrent
  package func upload(
    _ upload: Upload, progress: @escaping @Sendable (UploadProgress) -> Void = { _ in }
  ) async throws -> UploadOutcome {
    var upload = upload
    let plan = try UploadPlan(length: upload.length, part: settings.part)
    let digest =
      if let digest = upload.digest {
        digest
      } else {
        try await ContentDigest(
          descriptor: upload.descriptor, offset: 0, length: upload.length)
      }
    upload.description.metadata[Upload.digestName] = digest.hexadecimal
    let job = Job(
      upload: upload, digest: digest, plan: plan,
      meter: UploadMeter(total: upload.length, tell: progress))
    if try await look(for: job) == .same { return .present }
    return switch plan {
    case .whole: try await uploadWhole(job)
    case .parts(_, let count): try await uploadInParts(job, count: count)
    }
  }

  /// What the steps of one upload share.
  private struct Job: Sendable {
    let upload: Upload
    let digest: ContentDigest
    let plan: UploadPlan
    let meter: UploadMeter

    var mustBeAbsent: Bool { upload.whenDifferent == .refuse }
  }

  // MARK: - Looking

  private enum Sight {
    case same, different, absent
    /// It may not be looked at: without the right to list the bucket, S3 says 403 of a missing key.
    /// Any other reason is told only by a request whose answer has a body, which comes next.
    case hidden
  }

  /// What the key has.
  /// - Throws: ``ObjectDiffers`` where that is an error.
  private func look(for job: Job) async throws -> Sight {
    do {
      guard let object = try await client.head(job.upload.key) else { return .absent }
      if object.length == job.upload.length,
        object.metadata[Upload.digestName]?.lowercased() == job.digest.hexadecimal
      {
        return .same
      }
      if job.mustBeAbsent { throw ObjectDiffers(bucket: client.bucket, key: job.upload.key) }
      return .different
    } catch let error as ServiceError {
      guard (400..<500).contains(error.status), error.code.isEmpty || error.code == "AccessDenied"
      else { throw error }
      return .hidden
    }
  }

  // MARK: - In one piece

  private func uploadWhole(_ job: Job) async throws -> UploadOutcome {
    let upload = job.upload
    let length = upload.length
    var attempt = 0
    while true {
      attempt += 1
      do {
        try await client.put(
          upload.key,
          body: length == 0
            ? .none : .file(descriptor: upload.descriptor, offset: 0, length: length),
          digest: job.digest, as: upload.description, ifAbsent: job.mustBeAbsent,
          limits: settings.sending
        ) { job.meter.note($0, ofPart: 1, length: length) }
        job.meter.note(length, ofPart: 1, length: length)
        return .uploaded
      } catch let error as ServiceError {
        guard attempt < settings.attempts else { throw error }
        if Self.isTaken(error) {
          if try await look(for: job) == .same { return .present }
        } else if Self.isDamaged(error) {
          try await checkUnchanged(job, 0..<length, job.digest)
        } else {
          throw error
        }
        try await client.session.sleep(Self.delay(after: attempt))
      }
    }
  }

  // MARK: - In parts

  private func uploadInParts(_ job: Job, count: Int) async throws -> UploadOutcome {
    var restarts = 0
    while true {
      let open = try await begin(job)
      note(.opened(open))
      do {
        let parts = try await sendParts(of: job, count: count, to: open)
        return try await complete(open, parts, job)
      } catch {
        await giveUp(open)
        // Somebody else gave it up: another run that finished the same key, or one that cleaned up.
        guard Self.isGone(error), restarts < settings.restarts else { throw error }
        if try await look(for: job) == .same { return .present }
        restarts += 1
      }
    }
  }

  /// Begins an upload. One whose name was lost with the answer is looked for, and aborted.
  private func begin(_ job: Job) async throws -> OpenUpload {
    var attempt = 0
    while true {
      attempt += 1
      let start = ContinuousClock.now
      do {
        return try await client.createUpload(job.upload.key, as: job.upload.description)
      } catch {
        let isUncertain = S3Client.isUncertain(error)
        guard isUncertain || Self.isInterruption(error) else { throw error }
        await giveUpUnnamed(job.upload.key, since: start)
        guard isUncertain, attempt < settings.attempts else { throw error }
        try await client.session.sleep(Self.delay(after: attempt))
      }
    }
  }

  private func sendParts(of job: Job, count: Int, to open: OpenUpload) async throws
    -> [UploadedPart]
  {
    try await withThrowingTaskGroup(of: UploadedPart.self) { group in
      var next = 1
      var parts: [UploadedPart] = []
      while next <= min(settings.parallel, count) {
        let number = next
        group.addTask { try await sendPart(number, of: job, to: open) }
        next += 1
      }
      while let part = try await group.next() {
        parts.append(part)
        guard next <= count else { continue }
        let number = next
        group.addTask { try await sendPart(number, of: job, to: open) }
        next += 1
      }
      return parts.sorted { $0.number < $1.number }
    }
  }

  private func sendPart(_ number: Int, of job: Job, to open: OpenUpload) async throws
    -> UploadedPart
  {
    let range = job.plan.range(ofPart: number, in: job.upload.length)
    let length = range.upperBound - range.lowerBound
    let digest = try await ContentDigest(
      descriptor: job.upload.descriptor, offset: range.lowerBound, length: length)
    var attempt = 0
    while true {
      attempt += 1
      do {
        let part = try await client.uploadPart(
          number, of: open,
          body: .file(
            descriptor: job.upload.descriptor, offset: range.lowerBound, length: length),
          digest: digest, limits: settings.sending
        ) { job.meter.note($0, ofPart: number, length: length) }
        job.meter.note(length, ofPart: number, length: length)
        return part
      } catch let error as ServiceError {
        guard Self.isDamaged(error), attempt < settings.attempts else { throw error }
        try await checkUnchanged(job, range, digest)
        try await client.session.sleep(Self.delay(after: attempt))
      }
    }
  }

  /// Makes the object. When the answer is lost, the object is looked at before it is tried again.
  private func complete(_ open: OpenUpload, _ parts: [UploadedPart], _ job: Job) async throws
    -> UploadOutcome
  {
    var attempt = 0
    while true {
      attempt += 1
      do {
        try await client.completeUpload(
          open, parts: parts, ifAbsent: job.mustBeAbsent, limits: settings.completing)
        note(.closed(open))
        return .uploaded
      } catch {
        let isUncertain = S3Client.isUncertain(error)
        guard isUncertain || Self.isGone(error) || Self.isTaken(error) else { throw error }
        if try await look(for: job) == .same {
          // It may be another run's, and ours still open.
          await giveUp(open)
          return Self.isTaken(error) ? .present : .uploaded
        }
        guard isUncertain, attempt < settings.attempts else { throw error }
        try await client.session.sleep(Self.delay(after: attempt))
      }
    }
  }

  /// - Throws: ``FileChanged`` when the file has other bytes in `range` than were hashed.
  private func checkUnchanged(_ job: Job, _ range: Range<Int64>, _ digest: ContentDigest)
    async throws
  {
    let now = try await ContentDigest(
      descriptor: job.upload.descriptor, offset: range.lowerBound,
      length: range.upperBound - range.lowerBound)
    guard now == digest else { throw FileChanged(key: job.upload.key) }
  }

  // MARK: - Cleaning up

  /// Aborts an upload and looks whether parts that were on their way landed after that, in which
  /// case it has to be aborted again (API Reference, AbortMultipartUpload). Done in a task of its
  /// own, which a cancellation of ours does not reach.
  private func giveUp(_ open: OpenUpload) async {
    let isGone = await Task { [client, settings] in
      let start = ContinuousClock.now
      var attempt = 0
      while true {
        attempt += 1
        if await Self.abort(open, client) { return true }
        let delay = Self.delay(after: attempt)
        guard ContinuousClock.now + delay - start < settings.cleaning else { return false }
        await client.session.pause(delay)
      }
    }.value
    note(isGone ? .closed(open) : .leftOpen(open))
  }

  /// Whether nothing is left of the upload.
  private static func abort(_ open: OpenUpload, _ client: S3Client) async -> Bool {
    do {
      try await client.abortUpload(open, isCleaningUp: true)
    } catch {
      return false
    }
    do {
      return try await client.listParts(open, isCleaningUp: true)?.isEmpty ?? true
    } catch {
      // Who may abort may not always look.
      return (error as? ServiceError)?.status == 403
    }
  }

  /// Aborts what was begun for `key` since `start` and has no part yet: the upload whose name was
  /// lost. Should it be another run's that has just begun, that run begins anew.
  ///
  /// Told by S3's own clock: the age that its listing gives, against the time that has passed here.
  private func giveUpUnnamed(_ key: String, since start: ContinuousClock.Instant) async {
    await Task { [client] in
      guard let open = try? await client.openUploads(prefix: key, isCleaningUp: true),
        let date = open.date
      else { return }
      // The header is in whole seconds, and S3's machines may differ by some.
      let age = (ContinuousClock.now - start + .seconds(5)) / .seconds(1)
      for upload in open.uploads where upload.key == key {
        guard let initiated = upload.initiated, date.timeIntervalSince(initiated) <= age,
          let parts = try? await client.listParts(upload, isCleaningUp: true), parts.isEmpty
        else { continue }
        _ = await Self.abort(upload, client)
      }
    }.value
  }

  // MARK: - Errors

  /// The key has an object, or gets one at this moment: what `If-None-Match: *` fails with.
  private static func isTaken(_ error: any Error) -> Bool {
    guard let error = error as? ServiceError else { return false }
    return error.status == 412 || error.code == "PreconditionFailed"
      || error.code == "ConditionalRequestConflict"
  }

  private static func isGone(_ error: any Error) -> Bool {
    (error as? ServiceError)?.code == "NoSuchUpload"
  }

  /// Other bytes arrived than were hashed.
  private static func isDamaged(_ error: ServiceError) -> Bool {
    ["BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest", "IncompleteBody"]
      .contains(error.code)
  }

  private static func isInterruption(_ error: any Error) -> Bool {
    error is CancellationError || error as? TransportError == .interrupted
  }

  /// A quarter of a second, and twice as long each further time.
  private static func delay(after attempt: Int) -> Duration {
    .milliseconds(250 << min(attempt - 1, 5))
  }
}
