import FoundationEssentials
import SystemPackage

/// `environment.json`: what an environment is, apart from what it runs.
struct LocalEnvironmentRecord: Codable, Sendable {
  var created: Date
  var tags: [String: String]
  /// What the first deployment finds set; later the run that serves has them.
  var variables: [String: String]?
}

/// `releases/<n>.json`: one unpacked version and the processes that were started from it.
struct LocalRelease: Codable, Sendable {
  var number: Int
  var version: ApplicationVersion
  var created: Date
  /// Usually one; two while a restart's processes start beside those that serve.
  var runs: [LocalRun] = []

  var nextGeneration: Int { (runs.map(\.generation).max() ?? 0) + 1 }
}

/// One start of a release's processes.
struct LocalRun: Codable, Sendable {
  var generation: Int
  var started: Date
  /// The environment's variables that it was started with. They are kept here, so that they change
  /// in the same step in which the run begins to serve.
  var variables: [String: String]
  /// Answers on the port; `nil` without a `web` process.
  var port: UInt16?
  var healthPath: String
  /// In the environment of each of its processes, to know them by.
  var mark: String
  var processes: [LocalProcess] = []
}

/// `releases/<n>.live`: the run of the release that serves.
///
/// Two numbers in a line of text, since the front reads it for every connection.
struct LiveRun: Equatable, Sendable {
  var generation: Int
  var port: UInt16?

  init(generation: Int, port: UInt16?) {
    self.generation = generation
    self.port = port
  }

  /// `nil` when `bytes` is something else.
  init?(_ bytes: [UInt8]) {
    let fields = bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
      .map { String(decoding: $0, as: UTF8.self) }
    guard fields.count == 2, let generation = Int(fields[0]), let port = UInt16(fields[1]) else {
      return nil
    }
    self.init(generation: generation, port: port == 0 ? nil : port)
  }

  var bytes: [UInt8] { Array("\(generation) \(port ?? 0)\n".utf8) }
}

extension LocalEnvironmentLayout {
  /// `nil` when there is no such environment.
  func readRecord() throws -> LocalEnvironmentRecord? {
    try read(LocalEnvironmentRecord.self, from: record)
  }

  func write(_ environment: LocalEnvironmentRecord) throws {
    try LocalStorage.write(try LocalJSON.bytes(of: environment), to: record)
  }

  /// `nil` when there is no such release.
  func readRelease(_ number: Int) throws -> LocalRelease? {
    try read(LocalRelease.self, from: releaseRecord(number))
  }

  func write(_ release: LocalRelease) throws {
    try LocalStorage.write(
      try LocalJSON.bytes(of: release), to: releaseRecord(release.number))
  }

  func readLive(_ number: Int) throws(HostError) -> LiveRun? {
    try LocalStorage.read(live(number)).flatMap { LiveRun($0) }
  }

  func write(_ run: LiveRun, of number: Int) throws(HostError) {
    try LocalStorage.write(run.bytes, to: live(number))
  }

  /// What serves: the release that `current` leads to, and its live run. `nil` when nothing is
  /// deployed.
  func serving() throws -> (release: LocalRelease, run: LocalRun)? {
    guard let number = try currentNumber(), let release = try readRelease(number),
      let live = try readLive(number),
      let run = release.runs.first(where: { $0.generation == live.generation })
    else { return nil }
    return (release, run)
  }

  /// The numbers of all releases that have a directory or a record, in order.
  func releaseNumbers() throws(HostError) -> [Int] {
    var numbers: Set<Int> = []
    for name in try LocalStorage.names(in: releases) {
      if let stem = FilePath.Component(name)?.stem, let number = Int(stem) {
        numbers.insert(number)
      }
    }
    return numbers.sorted()
  }

  private func read<T: Decodable>(_ type: T.Type, from path: FilePath) throws -> T? {
    guard let bytes = try LocalStorage.read(path) else { return nil }
    do {
      return try LocalJSON.value(type, from: bytes)
    } catch {
      throw HostError.storage(operation: "understand", path: path.string, errno: 0)
    }
  }
}
