/// A bundle as rules see it: its entries, what is in those that rules read, and what is known of
/// where it goes. Nothing is read from here on.
package struct CheckedBundle: Sendable {
  /// An entry without its contents.
  package struct Entry: Sendable {
    /// As in the zip; a directory's ends in a slash.
    package let bytes: [UInt8]
    /// `st_mode` with the type.
    package let mode: UInt32
    /// Of the contents, in bytes.
    package let size: Int64
    package let traits: ContentTraits
    /// Whether the overlay put it there.
    package let isSecret: Bool
    let marks: PathMarks
    private let nameStart: Int

    package init(
      path: [UInt8], mode: UInt32, size: Int64, traits: ContentTraits, isSecret: Bool
    ) {
      bytes = path
      self.mode = mode
      self.size = size
      self.traits = traits
      self.isSecret = isSecret
      (marks, nameStart) = PathMarks.read(path)
    }

    /// As people see it.
    package var path: String { String(decoding: bytes, as: UTF8.self) }
    package var isDirectory: Bool { mode & 0o170000 == 0o040000 }
    package var isSymbolicLink: Bool { mode & 0o170000 == 0o120000 }
    package var isFile: Bool { mode & 0o170000 == 0o100000 }
    package var isExecutable: Bool { mode & 0o111 != 0 }
    /// Whether it is no plain file and no directory, or one that nobody may read.
    fileprivate var isOdd: Bool { !isDirectory && (!isFile || mode & 0o777 == 0) }
    /// The last component.
    package var name: String {
      String(decoding: bytes[nameStart...].prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
    }
    package var depth: Int { path.split(separator: "/").count }

    /// Whether its path begins so.
    func isBelow(_ directory: [UInt8]) -> Bool { bytes.starts(with: directory) }
    /// Whether its path ends so.
    func ends(with ending: [UInt8]) -> Bool {
      // Hardly any does, and every one is asked.
      bytes.last == ending.last && bytes.count >= ending.count
        && bytes[(bytes.count - ending.count)...].elementsEqual(ending)
    }
    /// Whether its last component begins so.
    func isNamed(from beginning: [UInt8]) -> Bool { bytes[nameStart...].starts(with: beginning) }
  }

  /// In the order of the bundle.
  package let entries: [Entry]
  /// Those of which a component begins with a dot or an underscore.
  let hidden: [Entry]
  /// Those at the root, and one directory below it.
  let shallow: [Entry]
  /// Those whose contents are known or say something of themselves.
  let noted: [Entry]
  /// Those that are no plain files and directories, or whose names are odd.
  let odd: [Entry]
  /// Those that only their case could tell from another.
  let uppercase: [Entry]
  /// What is known of the target.
  package let surroundings: CheckSurroundings
  /// What is to run it; `nil` where neither the target nor the files say.
  package let platform: PlatformGuess?
  /// The configuration files of `.ebextensions`, in the order in which Beanstalk reads them.
  package let extensions: [ExtensionsFile]
  /// What looks like secrets in files that are none, by path.
  package let leaks: [(path: String, leaks: [Leak])]
  /// What is wrong with the secrets that are laid over.
  package let secretFaults: [(path: String, fault: SecretFault)]

  /// Files that set up an instance, in the order of the bundle.
  let setupPaths: [String]

  private let contents: [String: [UInt8]]
  private let places: EntryPlaces

  package init(
    _ parts: some Sequence<(entry: Entry, examined: Examined?)>,
    surroundings: CheckSurroundings = .init()
  ) {
    self.surroundings = surroundings
    var entries: [Entry] = []
    entries.reserveCapacity(parts.underestimatedCount)
    var (hidden, shallow, noted, odd, uppercase) = (
      [Entry](), [Entry](), [Entry](), [Entry](), [Entry]()
    )
    var contents: [String: [UInt8]] = [:]
    var leaks: [(path: String, leaks: [Leak])] = []
    var secretFaults: [(path: String, fault: SecretFault)] = []
    for (entry, examined) in parts {
      entries.append(entry)
      let marks = entry.marks
      if marks.contains(.hidden) { hidden.append(entry) }
      if marks.contains(.shallow) { shallow.append(entry) }
      if marks.contains(.uppercase) { uppercase.append(entry) }
      if !marks.isDisjoint(with: [.outward, .backslash]) || entry.isOdd { odd.append(entry) }
      guard let examined, examined.isNotable else { continue }
      if examined.contents != nil || !examined.traits.isEmpty { noted.append(entry) }
      if let bytes = examined.contents { contents[entry.path] = bytes }
      if !examined.leaks.isEmpty { leaks.append((entry.path, examined.leaks)) }
      if let fault = examined.secretFault { secretFaults.append((entry.path, fault)) }
    }
    self.entries = entries
    (self.hidden, self.shallow, self.noted, self.odd, self.uppercase) =
      (hidden, shallow, noted, odd, uppercase)
    (self.contents, self.leaks, self.secretFaults) = (contents, leaks, secretFaults)
    let places = EntryPlaces(entries)
    self.places = places
    setupPaths = hidden.filter(Self.isSetup).map(\.path)
    extensions = hidden.filter { ExtensionsFile.isOne($0) }
      .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
      .compactMap { entry in contents[entry.path].map { ExtensionsFile(entry.path, $0) } }
    platform =
      surroundings.platform
      ?? PlatformGuess(
        has: { places.place(of: $0, in: entries) != nil }, contents: { contents[$0] })
  }

  /// The entry at a path; a directory's ends in a slash.
  package func entry(_ path: String) -> Entry? {
    places.place(of: path, in: entries).map { entries[$0] }
  }

  /// Whether there is a file or link at a path.
  package func has(_ path: String) -> Bool { places.place(of: path, in: entries) != nil }

  /// Files and links below a directory, which is written with its slash.
  package func files(below directory: String) -> [Entry] {
    let bytes = Array(directory.utf8)
    let all = directory.hasPrefix(".") || directory.hasPrefix("_") ? hidden : entries
    return all.filter { !$0.isDirectory && $0.isBelow(bytes) }
  }

  /// Whether there are files or links below a directory, which is written with its slash.
  func hasFiles(below directory: String) -> Bool {
    places.hasFiles(below: Array(directory.utf8), in: entries)
  }

  /// Whether two entries have one path.
  var hasDuplicates: Bool { places.hasDuplicates }

  /// What is in a file that rules read (see ``WantedFiles``), or where a link leads; `nil` for one
  /// that is missing or too large.
  package func contents(of path: String) -> [UInt8]? { contents[path] }

  /// The text of a file; bytes that are not UTF-8 are replaced.
  package func text(of path: String) -> String? {
    contents[path].map { String(decoding: $0, as: UTF8.self) }
  }

  /// The lines of a file, without what ends them.
  package func lines(of path: String) -> [Substring]? {
    text(of: path).map(TextLines.of)
  }

  /// The value of an option that `.ebextensions` or the configuration sets; the latter wins, as a
  /// request to the service wins over the bundle.
  package func option(_ namespace: String, _ name: String) -> String? {
    if let own = surroundings.options.last(where: { $0.namespace == namespace && $0.name == name })
    {
      return own.value
    }
    return optionSetting(namespace, name)?.value.string
  }

  /// An option as the last file of `.ebextensions` sets it.
  package func optionSetting(_ namespace: String, _ name: String) -> ExtensionsFile.Option? {
    for file in extensions.reversed() {
      if let option = file.options.last(where: { $0.namespace == namespace && $0.name == name }) {
        return option
      }
    }
    return nil
  }
}

/// Finds entries by their paths. A repository's are sorted, so that nothing has to be made to find
/// them; those of other archives need not be.
private struct EntryPlaces: Sendable {
  /// `nil` where the entries are sorted.
  private let byPath: [[UInt8]: Int]?
  /// The entries in the order of their paths; `nil` where they are in that order.
  private let sorted: [Int]?
  let hasDuplicates: Bool

  init(_ entries: [CheckedBundle.Entry]) {
    let isSorted = zip(entries, entries.dropFirst()).allSatisfy {
      $0.bytes.lexicographicallyPrecedes($1.bytes)
    }
    guard !isSorted else {
      (byPath, sorted) = (nil, nil)
      hasDuplicates = false
      return
    }
    let places = Dictionary(entries.enumerated().map { ($1.bytes, $0) }) { $1 }
    byPath = places
    sorted = entries.indices.sorted {
      entries[$0].bytes.lexicographicallyPrecedes(entries[$1].bytes)
    }
    hasDuplicates = places.count < entries.count
  }

  func place(of path: String, in entries: [CheckedBundle.Entry]) -> Int? {
    let wanted = Array(path.utf8)
    if let byPath { return byPath[wanted] }
    let first = firstPlace(from: wanted, in: entries)
    return first < entries.count && entries[first].bytes == wanted ? first : nil
  }

  func hasFiles(below directory: [UInt8], in entries: [CheckedBundle.Entry]) -> Bool {
    var place = firstPlace(from: directory, in: entries)
    while place < entries.count {
      let entry = entries[sorted?[place] ?? place]
      guard entry.isBelow(directory) else { return false }
      if !entry.isDirectory { return true }
      place += 1
    }
    return false
  }

  /// Where the first path is, in their order, that does not precede the wanted one.
  private func firstPlace(from wanted: [UInt8], in entries: [CheckedBundle.Entry]) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[sorted?[middle] ?? middle].bytes.lexicographicallyPrecedes(wanted) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

/// What is known of where a bundle goes, besides the bundle.
package struct CheckSurroundings: Sendable {
  package var environment: EnvironmentName?
  package var isEphemeral = false
  package var isWorker = false
  /// What the configuration or the host says that it runs on.
  package var platform: PlatformGuess?
  /// Options that the configuration sets.
  package var options: [EnvironmentOption] = []
  /// Variables that the configuration sets.
  package var variables: [String: String] = [:]
  package var label: String?
  package var cnamePrefix: String?
  /// Bytes of the zip, and what takes most of it.
  package var size: Int64 = 0
  package var largest: [BundleSummary.Entry] = []
  /// Different versions that the records of this clone know.
  package var versionCount = 0
  /// What the deployment may take, in seconds; `nil` where only the bundle says.
  package var timeout: Int?

  package init() {}
}

/// Lines of text.
enum TextLines {
  /// Without LF or CRLF.
  static func of(_ text: String) -> [Substring] {
    // A CRLF is one Character, and a newline too.
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { part in
      part.split(separator: "\r\n", omittingEmptySubsequences: false)
    }
  }
}
