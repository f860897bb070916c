import AWS
import ElasticBeanstalk
package import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension BeanstalkLogs {
  /// Writes all logs of an environment's instances, or of one of them, into one archive: each
  /// instance has a directory of its name.
  ///
  /// `temporaryDirectory` holds what was fetched of one instance at a time.
  /// - Throws: ``InstanceError`` for an instance that gave nothing.
  package func writeAll(
    of name: EnvironmentName, instance: String?, to sink: any ZipSink, temporaryDirectory: String
  ) async throws -> [LogArchive.Entry] {
    let found = try await collect(
      .bundle, of: try await host.locate(name), patience: Self.bundlePatience)
    let wanted = found.filter { instance == nil || $0.instance == instance }
    guard !wanted.isEmpty else {
      throw InstanceError.noLogs(instance, of: name, known: found.compactMap(\.instance))
    }
    let scratch = try PrivateDirectory(below: temporaryDirectory)
    defer { scratch.remove() }
    var bundles: [(instance: String, path: String)] = []
    for (index, bundle) in wanted.enumerated() {
      let path = "\(scratch.path)/\(index).zip"
      try await fetch(bundle.message, to: path)
      bundles.append((bundle.instance ?? "instance", path))
    }
    return try Self.join(bundles, into: sink)
  }

  /// Collecting all of it takes longer than the tails: the EB CLI waits for ten minutes.
  private static let bundlePatience: Duration = .seconds(600)

  private func fetch(_ url: String, to path: String) async throws {
    guard var request = HTTPRequest(getting: url, limit: 0) else { throw HostError.badLogAddress }
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(operation: "create", path: path, errno: errno) }
    defer { close(descriptor) }
    request.destination = .file(descriptor: descriptor)
    request.limits.total = nil
    let answer = try await host.transport.send(request)
    guard answer.status == 200 else { throw HostError.badLogAddress }
  }

  /// The entries of all bundles, as they are compressed there, each below its instance's name.
  static func join(
    _ bundles: [(instance: String, path: String)], into sink: any ZipSink
  ) throws -> [LogArchive.Entry] {
    var writer = ZipWriter(to: sink)
    var entries: [LogArchive.Entry] = []
    for (instance, path) in bundles {
      let reader = try ZipReader(path: path)
      for record in reader.records where !record.isDirectory {
        var entry = record.entry
        entry.path = Array("\(instance)/".utf8) + record.path.drop { $0 == UInt8(ascii: "/") }
        entry.mode = 0o100600
        try writer.appendCopied(record, from: reader, as: entry)
        entries.append(
          LogArchive.Entry(
            name: String(decoding: entry.path, as: UTF8.self), size: record.uncompressedSize))
      }
    }
    try writer.finish()
    return entries
  }
}
