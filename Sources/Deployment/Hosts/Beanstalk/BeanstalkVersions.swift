import AWS
import ElasticBeanstalk
import FoundationEssentials
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The application versions on Beanstalk and their bundles on S3.
package final class BeanstalkVersions: Sendable {
  private let application: ApplicationName
  private let session: Session
  private let client: ElasticBeanstalkClient
  private let options: BeanstalkHost.Options
  private let state = Mutex(State())

  private struct State {
    /// Versions do not change, so each is asked for once.
    var known: [VersionLabel: ApplicationVersion] = [:]
    /// The same as Beanstalk describes them, with the status that they were seen in.
    var descriptions: [VersionLabel: ApplicationVersionDescription] = [:]
    /// What environments were last seen to run.
    var running: [VersionLabel] = []
    var bucket: String?
  }

  init(
    application: ApplicationName, session: Session, client: ElasticBeanstalkClient,
    options: BeanstalkHost.Options
  ) {
    self.application = application
    self.session = session
    self.client = client
    self.options = options
  }

  func note(running labels: [String]) {
    state.withLock { $0.running = labels.compactMap { VersionLabel($0) } }
  }

  func running() -> [VersionLabel] { state.withLock { $0.running } }

  /// All versions, the newest first.
  func all() async throws -> [ApplicationVersion] {
    do {
      let found = try await client.describeApplicationVersions(
        application: application.text, labels: [])
      return found.compactMap(version).sorted {
        ($0.created, $0.label.text) > ($1.created, $1.label.text)
      }
    } catch let error as ServiceError where error.beanstalkFailure == .noSuchApplication {
      return []
    }
  }

  /// Those of the labels that there are.
  func find(_ labels: some Sequence<VersionLabel>) async throws -> [ApplicationVersion] {
    let wanted = Set(labels)
    let known = state.withLock { state in wanted.compactMap { state.known[$0] } }
    let missing = wanted.subtracting(known.map(\.label))
    guard !missing.isEmpty else { return known }
    do {
      let descriptions = try await client.describeApplicationVersions(
        application: application.text, labels: missing.map(\.text).sorted())
      var found: [ApplicationVersion] = []
      for description in descriptions {
        guard let version = version(description) else { continue }
        found.append(version)
        state.withLock { state in
          state.known[version.label] = version
          state.descriptions[version.label] = description
        }
      }
      return known + found
    } catch let error as ServiceError where error.beanstalkFailure == .noSuchApplication {
      return known
    }
  }

  private func forget(_ label: VersionLabel) {
    state.withLock { state in
      state.known[label] = nil
      state.descriptions[label] = nil
    }
  }

  private func version(_ found: ApplicationVersionDescription) -> ApplicationVersion? {
    guard let label = VersionLabel(found.label) else { return nil }
    let parsed = VersionNote.parse(found.description ?? "")
    return ApplicationVersion(
      label: label, digest: parsed?.note.digest ?? "", size: 0, created: found.created ?? Date(),
      description: parsed?.subject ?? found.description ?? "", commit: parsed?.note.commit,
      reference: nil, source: parsed?.note.source ?? "", secrets: [], builtBy: "",
      preview: parsed?.note.preview)
  }

  // MARK: - Publishing

  func publish(
    _ version: ApplicationVersion, bundle: FilePath, kind: String,
    progress: @escaping @Sendable (UploadProgress) -> Void
  ) async throws -> Publication {
    if let found = try await usable(version) { return try await present(found, version) }
    let location = S3Location(
      bucket: try await bucket(), key: key(of: version.label, kind: kind))
    do {
      try await upload(bundle, to: location, progress: progress)
    } catch let error as ServiceError where error.status == 403 && Self.isAboutBucket(error) {
      throw HostError.bucketRefused(location.bucket)
    }
    return try await create(version, .bundle(location))
  }

  /// Makes the version of a commit at CodeCommit.
  func publish(
    _ version: ApplicationVersion, from source: CodeCommitBranch
  ) async throws -> Publication {
    if let found = try await usable(version) { return try await present(found, version) }
    return try await create(
      version,
      .build(.codeCommit(repository: source.repository, commit: version.commit ?? "")))
  }

  private func create(
    _ version: ApplicationVersion, _ source: CreateApplicationVersionRequest.Source
  ) async throws -> Publication {
    let request = request(version, source)
    var attempts = 0
    while true {
      attempts += 1
      do {
        let made = try await client.createApplicationVersion(request)
        try await waitUntilProcessed(made, version)
        return .uploaded
      } catch let error as ServiceError where error.beanstalkFailure == .labelExists {
        // Somebody else's push, or an attempt of ours whose answer was lost.
        guard let found = try await published(version) else { throw error }
        try await waitUntilProcessed(found, version)
        return .uploaded
      } catch let error as ServiceError where error.beanstalkFailure == .noSuchApplication {
        throw HostError.noSuchApplication(application)
      } catch  where attempts < 4 && BeanstalkRetry.mayHaveHappened(error) {
        try await options.sleep(.seconds(attempts))
        guard let found = try await published(version) else { continue }
        try await waitUntilProcessed(found, version)
        return .uploaded
      }
    }
  }

  /// The version as it is there, with this digest; throws where the label has another one.
  private func published(
    _ version: ApplicationVersion
  ) async throws -> ApplicationVersionDescription? {
    guard let found = try await find([version.label]).first else { return nil }
    guard found.digest == version.digest else {
      throw HostError.labelTaken(
        label: version.label, digest: found.digest.isEmpty ? "unknown" : found.digest)
    }
    return state.withLock { $0.descriptions[version.label] }
  }

  /// The version as it is there. One that Beanstalk could not process is taken back, to be made
  /// anew: nothing else would help it, and the same content has the same label.
  private func usable(
    _ version: ApplicationVersion
  ) async throws -> ApplicationVersionDescription? {
    guard let found = try await published(version) else { return nil }
    guard found.status == .failed else { return found }
    try await client.deleteApplicationVersion(
      application: application.text, label: version.label.text, deletingSourceBundle: false)
    forget(version.label)
    return nil
  }

  /// Whether Beanstalk could not process the version when it was looked at.
  func isFailed(_ label: VersionLabel) -> Bool {
    state.withLock { $0.descriptions[label]?.status == .failed }
  }

  /// A version that is there can be used once it is processed.
  private func present(
    _ found: ApplicationVersionDescription, _ version: ApplicationVersion
  ) async throws -> Publication {
    try await waitUntilProcessed(found, version)
    return .present
  }

  private func request(
    _ version: ApplicationVersion, _ source: CreateApplicationVersionRequest.Source
  ) -> CreateApplicationVersionRequest {
    let note = VersionNote(
      commit: version.commit, digest: version.digest, source: version.source,
      preview: version.preview)
    var tags = [
      "git-eb:digest": version.digest, "git-eb:source": version.source,
      "git-eb:version": version.builtBy,
    ]
    tags["git-eb:commit"] = version.commit
    tags["git-eb:ref"] = version.reference
    if !version.secrets.isEmpty {
      tags["git-eb:secrets"] = version.secrets.joined(separator: " ")
    }
    return CreateApplicationVersionRequest(
      application: application.text, label: version.label.text,
      description: note.description(subject: version.description), source: source,
      process: options.settings.process.value,
      autoCreateApplication: options.settings.createApplication.value,
      tags: tags.sorted { $0.key < $1.key }.map { Tag($0.key, TagValue.text($0.value)) })
  }

  /// With `Process`, and from CodeCommit, Beanstalk prepares the bundle before it can be deployed;
  /// it gives no reason when that fails.
  private func waitUntilProcessed(
    _ made: ApplicationVersionDescription, _ version: ApplicationVersion
  ) async throws {
    let start = ContinuousClock().now
    var found = Optional(made)
    var wait = options.pace.first
    while true {
      switch found?.status {
      case .processing?, .building?: break
      case .failed?: throw HostError.processingFailed(version.label)
      default: return
      }
      guard options.elapsed(since: start) < .seconds(300) else {
        throw HostError.processingFailed(version.label)
      }
      try await options.sleep(wait)
      wait = min(wait * 3 / 2, options.pace.longest)
      found = try await client.describeApplicationVersions(
        application: application.text, labels: [version.label.text]
      ).first
    }
  }

  // MARK: - Bundles

  private func bucket() async throws -> String {
    if let own = options.settings.bucket?.value {
      try await checkBucket(own)
      return own
    }
    if let known = state.withLock({ $0.bucket }) { return known }
    let bucket = try await client.createStorageLocation()
    state.withLock { $0.bucket = bucket }
    return bucket
  }

  /// Beanstalk takes bundles from its own region only (docs of `CreateApplicationVersion`), and
  /// says so when they have been uploaded.
  private func checkBucket(_ bucket: String) async throws {
    let objects = S3Client(session, bucket: bucket)
    do {
      if try await !objects.exists() { throw HostError.noSuchBucket(bucket) }
    } catch let error as ServiceError where error.status == 403 {
      // Somebody else's, or one that may be written to and not listed: the upload will tell.
    }
    if let region = objects.movedTo {
      throw HostError.bucketElsewhere(bucket, region: region.name, needed: session.region.name)
    }
  }

  /// Whether a refusal is about what may be done, and not about who asks.
  private static func isAboutBucket(_ error: ServiceError) -> Bool {
    ["", "403", "Forbidden", "AccessDenied"].contains(error.code)
  }

  /// As the EB CLI has it: application and label, so that people find their bundles.
  private func key(of label: VersionLabel, kind: String) -> String {
    prefix + label.text + "." + kind
  }

  private var prefix: String {
    let own = options.settings.prefix?.value ?? application.text
    let trimmed = own.split(separator: "/").joined(separator: "/")
    return trimmed.isEmpty ? "" : trimmed + "/"
  }

  private var encryption: ServerSideEncryption? {
    switch options.settings.encryption?.value {
    case "AES256": .aes256
    case "aws:kms": .kms(key: options.settings.kmsKey?.value, bucketKey: nil)
    default: options.settings.kmsKey.map { .kms(key: $0.value, bucketKey: nil) }
    }
  }

  private func upload(
    _ bundle: FilePath, to location: S3Location,
    progress: @escaping @Sendable (UploadProgress) -> Void
  ) async throws {
    let descriptor = unsafe open(bundle.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw HostError.storage(operation: "open", path: bundle.string, errno: errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw HostError.storage(operation: "look at", path: bundle.string, errno: errno)
    }
    let uploader = Uploader(S3Client(session, bucket: location.bucket))
    let upload = Upload(
      key: location.key, descriptor: descriptor, length: Int64(status.st_size),
      description: S3ObjectDescription(contentType: "application/zip", encryption: encryption))
    _ = try await uploader.upload(upload) { sent in
      progress(UploadProgress(sent: sent.sent, total: sent.total))
    }
    // What a killed push of ours left open costs its owner money and is never completed. Only large
    // bundles go in parts, so only they are worth the request; and it is made before there is a
    // version, which the next push would take for the end of it.
    guard upload.length > Uploader.Settings().part else { return }
    try await uploader.sweep(prefix: prefix, finished: location.key) { [prefix] key in
      key.dropFirst(prefix.utf8.count).contains("/") == false
    }
  }

  // MARK: - Naming

  /// Lets the version's description say which release it is; the note stays. What says so already
  /// is not written again.
  func name(_ label: VersionLabel, release: String) async throws {
    // What is known of it may be older than what somebody else wrote.
    forget(label)
    guard try await !find([label]).isEmpty,
      let found = state.withLock({ $0.descriptions[label] })
    else { throw HostError.noSuchVersion(label) }
    let current = found.description ?? ""
    let description = VersionNote.renamed(current) { ReleaseDescription.naming(release, $0) }
    guard description != current else { return }
    do {
      _ = try await client.updateApplicationVersion(
        application: application.text, label: label.text, description: description)
    } catch let error as ServiceError where error.beanstalkFailure == .noSuchVersion {
      throw HostError.noSuchVersion(label)
    }
    forget(label)
  }

  // MARK: - Deleting

  /// Takes back a version and its bundle; `false` when there is no such version.
  func delete(_ label: VersionLabel) async throws -> Bool {
    defer { forget(label) }
    do {
      try await client.deleteApplicationVersion(
        application: application.text, label: label.text, deletingSourceBundle: true)
      return true
    } catch let error as ServiceError {
      switch error.beanstalkFailure {
      case .noSuchVersion?, .noSuchApplication?: return false
      default: throw error
      }
    }
  }
}

/// Which failures leave it open whether a request had its effect.
enum BeanstalkRetry {
  /// The request went out and no answer said what came of it: whoever repeats it looks first.
  static func mayHaveHappened(_ error: any Error) -> Bool {
    switch error {
    case let error as TransportError:
      switch error {
      case .broken, .timedOut: true
      default: false
      }
    case let error as ServiceError: error.status >= 500
    case is InvalidAnswer: true
    default: false
    }
  }
}

extension BeanstalkHost.Options {
  /// Waits, and throws ``Interrupted`` as soon as a signal asks git-eb to stop.
  func sleep(_ duration: Duration) async throws {
    try await InterruptibleSleep(isInterrupted, factor: timeFactor)(duration)
  }

  /// How much time has passed for those who wait with ``sleep(_:)``.
  func elapsed(since start: ContinuousClock.Instant) -> Duration {
    (ContinuousClock().now - start) / timeFactor
  }
}
