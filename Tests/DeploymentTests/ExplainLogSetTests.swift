import Foundation
import SystemPackage
import TestSupport
import Testing
import Zip

@testable import Deployment

/// Where logs come from: files, directories, archives.
@Suite("Explaining: log files") struct ExplainLogSetTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private static let failure = "one\nError: Cannot find module 'x'\n"

  private func zip(_ name: String, _ files: [(String, [UInt8])]) throws -> String {
    let path = try directory.write("", to: name)
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    defer { try? handle.close() }
    var writer = ZipWriter(to: FileDescriptorSink(handle.fileDescriptor))
    for (name, bytes) in files {
      let entry = ZipEntry(path: Array(name.utf8), mode: 0o100644, modificationTime: 0)
      try writer.append(entry, Deflater().compress(bytes))
    }
    try writer.finish()
    return path
  }

  @Test func `A file is read, and its lines are numbered`() throws {
    let path = try directory.write(Self.failure, to: "web.log")
    let set = try LogSet(paths: [path])
    #expect(set.logs.map(\.name) == [path])
    #expect(Explainer().explain(set).cause?.testLine == "ES220 \(path):2")
  }

  @Test func `A directory is read with what is below it, and links are not followed`() throws {
    let outside = try TemporaryDirectory()
    try outside.write(Self.failure, to: "secret.log")
    try directory.write("fine\n", to: "logs/b.log")
    try directory.write(Self.failure, to: "logs/deep/er/a.log")
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("logs/link.log"), withDestinationPath: outside.file("secret.log"))
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("logs/round"), withDestinationPath: directory.file("logs"))
    let set = try LogSet(paths: [directory.file("logs")])
    #expect(
      set.logs.map(\.name) == [directory.file("logs/b.log"), directory.file("logs/deep/er/a.log")])
    // The path that was given may be one.
    #expect(try LogSet(paths: [directory.file("logs/round")]).logs.count == 2)
  }

  @Test func `An archive is read without unpacking it, in a directory too`() throws {
    let path = try zip(
      "logs/bundle.zip",
      [
        ("i-1/var/log/web.stdout.log", Array(Self.failure.utf8)),
        ("i-1/var/log/rotated/a.log.gz", [0x1f, 0x8b, 8, 0]),
      ])
    for given in [path, directory.file("logs")] {
      let set = try LogSet(paths: [given])
      #expect(Explainer().explain(set).cause?.testLine == "ES220 i-1/var/log/web.stdout.log:2")
      #expect(set.omissions.map(\.name) == ["i-1/var/log/rotated/a.log.gz"])
      #expect(set.omissions.map(\.why) == [.compressed])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("logs")).count == 1)
  }

  @Test func `What is no text, and what is compressed, is left out and said`() throws {
    try directory.write([0, 1, 2, 3], to: "logs/journal")
    try directory.write([0x1f, 0x8b, 8, 0, 0], to: "logs/old")
    try directory.write("text", to: "logs/named.gz")
    try directory.write("", to: "logs/empty")
    let set = try LogSet(paths: [directory.file("logs")])
    #expect(set.logs.isEmpty)
    #expect(
      set.omissions.map { "\($0.name.split(separator: "/").last ?? "") \($0.why)" }
        == ["journal binary", "named.gz compressed", "old compressed"])
  }

  @Test func `Of a huge file the end is read, whose lines have no numbers`() throws {
    let line = Array((String(repeating: "x", count: 1023) + "\n").utf8)
    var bytes: [UInt8] = Array("Error: Cannot find module 'beginning'\n".utf8)
    for _ in 0..<(LogSet.limit / line.count + 1) { bytes += line }
    bytes += Array("EACCES: permission denied\n".utf8)
    let path = try directory.write(bytes, to: "web.log")
    let archive = try zip("a.zip", [("web.log", bytes)])
    for (given, name) in [(path, path), (archive, "web.log")] {
      let set = try LogSet(paths: [given])
      #expect(set.logs.allSatisfy { $0.bytes.count <= LogSet.limit })
      #expect(Explainer().explain(set).cause?.testLine == "ES206 \(name)")
    }
  }

  @Test func `Ends of several logs in one file are told apart, with the file's numbers`() throws {
    let rule = String(repeating: "-", count: 40)
    let text = """
      \(rule)
      /var/log/nginx/access.log
      \(rule)
      GET /?EACCES: permission denied

      \(rule)
      /var/log/eb-engine.log
      \(rule)
      2024/05/01 10:00:00.000000 [INFO] Starting...
      2024/05/01 10:00:00.000000 [ERROR] Error: Cannot find module 'x'

      """
    let path = try directory.write(text, to: "tail.txt")
    let set = try LogSet(paths: [path])
    #expect(set.logs.map(\.kind) == [.access, .engine])
    let found = Explainer().explain(set)
    #expect(found.cause?.testLine == "ES220 \(path):10")
    #expect(found.excerpts.map { $0.lines.compactMap(\.number) } == [[9, 10]])
  }

  @Test func `A path that is not there, or an archive that is none, is an error`() throws {
    #expect(throws: FileError.self) { try LogSet(paths: [directory.file("nothing")]) }
    let broken = try directory.write("PK\u{3}\u{4} and no more", to: "logs/x.zip")
    #expect(throws: ZipError.self) { try LogSet(paths: [broken]) }
    // Among others it is only left out.
    let set = try LogSet(paths: [directory.file("logs")])
    #expect(set.omissions.map(\.why) == [.unreadable])
  }

  @Test func `Where the host knows what was there before, only what came since counts`() throws {
    let old = "MemoryError\n"
    let path = try directory.write(old + Self.failure, to: "web.log")
    func cause(_ start: Int64?) -> String? {
      var file = LogFile(name: "web.log", path: FilePath(path))
      file.start = start
      var set = LogSet()
      set.add([file])
      return Explainer().explain(set).cause?.testLine
    }
    let all = Int64((old + Self.failure).utf8.count)
    #expect(cause(nil) == "ES224 web.log:1")
    #expect(cause(0) == "ES224 web.log:1")
    #expect(cause(Int64(old.utf8.count)) == "ES220 web.log:3")
    #expect(cause(all) == nil)
    // A log that was begun anew since then is of no use to tell by.
    #expect(cause(all + 1) == "ES224 web.log:1")
  }

  @Test func `Sizes of logs are written down and read again, and what is torn is not known`() throws
  {
    let logs = FilePath(directory.file("logs"))
    let path = FilePath(directory.file("sizes.json"))
    #expect(LocalLogs.sizes(at: path) == nil)
    try directory.write("four", to: "logs/web.log")
    LocalLogs.noteSizes(of: logs, at: path)
    #expect(LocalLogs.sizes(at: path) == ["web.log": 4])
    try directory.write("{\"web", to: "sizes.json")
    #expect(LocalLogs.sizes(at: path) == nil)
    // Nowhere to write to is no failure.
    LocalLogs.noteSizes(of: logs, at: path.appending("below"))
  }

  @Test func `Events are a log, of which the last operation counts`() throws {
    let start = Date(timeIntervalSince1970: 1_714_557_600)
    func event(_ second: Double, _ severity: Event.Severity, _ message: String) -> Event {
      Event(date: start + second, severity: severity, message: message)
    }
    let failed = [
      event(0, .info, "Environment update is starting."),
      event(1, .error, "bind() to 0.0.0.0:80 failed (98: Address already in use)"),
    ]
    let well = [
      event(2, .info, "Environment update is starting."), event(3, .info, "It was deployed."),
    ]
    var set = LogSet()
    set.add(failed)
    #expect(set.holdsWarnings && !set.holdsLogs)
    #expect(Explainer().explain(set).cause?.testLine == "EB127 events:2")
    var mended = LogSet()
    mended.add(failed + well)
    #expect(!mended.holdsWarnings)
    #expect(Explainer().explain(mended).isEmpty)
  }
}
