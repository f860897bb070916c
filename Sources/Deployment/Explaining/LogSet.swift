import FoundationEssentials
import SystemPackage
import Zip

/// Logs to be looked through together: those of a host, or files, directories and archives.
package struct LogSet: Sendable {
  /// Why something was not looked through.
  package enum Omission: Sendable, Equatable {
    case compressed, binary, unreadable, tooMany
  }

  package private(set) var logs: [LogText] = []
  /// What was left out, by its name.
  package private(set) var omissions: [(name: String, why: Omission)] = []

  /// So much is read of the end of a log.
  static let limit = 8 << 20
  /// And so much of all.
  private static let totalLimit = 96 << 20
  private static let countLimit = 2000
  private static let depthLimit = 12
  /// An entry of an archive is unpacked in memory, but not more than this to reach its end.
  private static let unpackedLimit: UInt64 = 1 << 30

  private var total = 0

  package init() {}

  /// Whether there is more than events.
  package var holdsLogs: Bool { logs.contains { $0.kind != .events } }

  /// Whether the last operation that the events tell of had something to warn of.
  package var holdsWarnings: Bool {
    logs.filter { $0.kind == .events }.contains { log in
      LastDeployment(in: log).lines.contains { line in
        let words = log.text(of: line).split(separator: " ", maxSplits: 2)
        return words.count > 1 && ["WARN", "ERROR", "FATAL"].contains(words[1])
      }
    }
  }

  /// The logs of an environment, as its host gives them.
  package mutating func add(_ files: [LogFile]) {
    for file in files {
      if let contents = file.contents {
        add(contents.suffix(Self.limit), file.name, isWhole: contents.count <= Self.limit)
      } else {
        addFile(file)
      }
    }
  }

  /// What lies at these paths: logs, directories of logs, or zip archives such as `git eb logs --all`
  /// saves.
  ///
  /// - Throws: ``FileError`` or `ZipError` for a path that cannot be read; what cannot be read
  ///   below one is only left out.
  package init(paths: [String]) throws {
    for path in paths {
      // Followed here and nowhere below.
      guard let real = FileSystem.realPath(path), let status = try FileSystem.status(real) else {
        throw FileError(operation: "open", path: path, errno: Errno.noSuchFileOrDirectory.rawValue)
      }
      if status.isDirectory {
        try addDirectory(real, as: path)
      } else {
        try addGiven(real, as: path)
      }
    }
  }

  /// Events as a log: what the service says of a deployment.
  package mutating func add(_ events: [Event]) {
    let lines = events.map { event in
      "\(event.date.formatted(.iso8601)) \(event.severity.rawValue) \(event.message)"
    }
    logs.append(LogText("events", Array(lines.joined(separator: "\n").utf8), kind: .events))
  }

  // MARK: - Files

  private mutating func addGiven(_ path: String, as name: String) throws {
    let tail = try FileTail(path, limit: Self.limit)
    if tail.beginning.starts(with: Self.zipMark) {
      try addArchive(path)
    } else {
      add(tail, name)
    }
  }

  private mutating func addFile(_ file: LogFile) {
    guard let tail = try? FileTail(file.path.string, limit: Self.limit) else {
      omissions.append((file.name, .unreadable))
      return
    }
    let before = logs.count
    add(tail, file.name)
    // What began anew since then is not what the size was of.
    guard let start = file.start, start <= tail.size, logs.count == before + 1 else { return }
    logs[before].beginLast(behind: logs[before].bytes.count - Int(tail.size - start))
  }

  private mutating func add(_ tail: FileTail, _ name: String) {
    add(tail.bytes[...], name, isWhole: tail.isWhole)
  }

  private mutating func addDirectory(_ path: String, as name: String, depth: Int = 0) throws {
    for entry in try FileSystem.names(in: path) {
      let (inner, shown) = (
        "\(path)/\(entry)", name.hasSuffix("/") ? name + entry : "\(name)/\(entry)"
      )
      guard let status = try? FileSystem.status(inner) else { continue }
      if status.isDirectory {
        guard depth < Self.depthLimit else { continue }
        do {
          try addDirectory(inner, as: shown, depth: depth + 1)
        } catch {
          omissions.append((shown, .unreadable))
        }
      } else if status.isRegular {
        do {
          try addGiven(inner, as: shown)
        } catch {
          omissions.append((shown, .unreadable))
        }
      }
    }
  }

  // MARK: - Archives

  private mutating func addArchive(_ path: String) throws {
    let reader = try ZipReader(path: path)
    for record in reader.records where !record.isDirectory && !record.isSymbolicLink {
      guard record.uncompressedSize <= Self.unpackedLimit else {
        omissions.append((record.name, .tooMany))
        continue
      }
      var end: [UInt8] = []
      var isWhole = true
      do {
        try unsafe reader.withContents(of: record) { bytes in
          unsafe end.append(contentsOf: bytes)
          guard end.count > 2 * Self.limit else { return }
          end.removeFirst(end.count - Self.limit)
          isWhole = false
        }
      } catch {
        omissions.append((record.name, .unreadable))
        continue
      }
      isWhole = isWhole && end.count <= Self.limit
      add(end.suffix(Self.limit), record.name, isWhole: isWhole)
    }
  }

  // MARK: - Contents

  private static let zipMark = Array("PK\u{3}\u{4}".utf8)
  private static let compressed = [".gz", ".zip", ".bz2", ".xz", ".zst"]

  private mutating func add(_ bytes: ArraySlice<UInt8>, _ name: String, isWhole: Bool) {
    guard !bytes.isEmpty else { return }
    if Self.compressed.contains(where: name.hasSuffix) || bytes.starts(with: [0x1f, 0x8b]) {
      return omissions.append((name, .compressed))
    }
    // As git tells text: by a NUL in what comes first.
    if bytes.prefix(8000).contains(0) { return omissions.append((name, .binary)) }
    guard logs.count < Self.countLimit, total + bytes.count <= Self.totalLimit else {
      return omissions.append((name, .tooMany))
    }
    total += bytes.count
    // A line that is cut in the middle says nothing.
    let text = isWhole ? bytes : bytes.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
    logs += LogSections.texts(of: Array(text), name, firstNumber: isWhole ? 1 : nil)
  }
}
