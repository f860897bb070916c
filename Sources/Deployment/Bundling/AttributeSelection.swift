import Git

/// Asks for the attributes of each path, and once for each directory.
struct AttributeSelection {
  struct Selected {
    var conversion: Conversion
    /// The name of a `filter` that is set.
    var filter: String?
    /// Whether placeholders of the commit are to be filled in.
    var isSubstituted = false
    /// Whether it has another encoding in a work tree than UTF-8, or a mistaken one.
    var isEncoded = false
    /// What the `diff` attribute says of whether it is text.
    var isText: Bool?
  }

  private static let plain = Selected(conversion: .none, filter: nil)
  private static let names =
    ["export-ignore", "filter", "export-subst", "working-tree-encoding", "diff"]
    + Conversion.attributeNames

  private let reader: AttributeReader
  private let lineEndings: LineEndingSettings
  private let configuration: GitConfiguration
  private let isEmpty: Bool
  private var ignoredDirectories: [[UInt8]: Bool] = [:]

  init(
    _ reader: AttributeReader, _ configuration: GitConfiguration,
    lineEndings: LineEndingSettings = .none
  ) {
    self.reader = reader
    self.configuration = configuration
    self.lineEndings = lineEndings
    isEmpty = reader.isEmpty && !lineEndings.convertsUnspecified
  }

  /// `nil` when the path, or a directory above it, is `export-ignore`.
  mutating func select(_ path: [UInt8], isDirectory: Bool) throws -> Selected? {
    if isEmpty { return Self.plain }
    if let parent = path.lastIndex(of: UInt8(ascii: "/")),
      try isIgnored(directory: Array(path[...parent]))
    {
      return nil
    }
    let asked = isDirectory && path.last != UInt8(ascii: "/") ? path + [UInt8(ascii: "/")] : path
    let values = try reader.values(Self.names, for: asked)
    if values[0] == .set { return nil }
    var selected = Selected(
      conversion: Conversion(attributes: values[5...], lineEndings: lineEndings), filter: nil)
    if case .value(let name) = values[1] { selected.filter = name }
    selected.isSubstituted = values[2] == .set
    selected.isEncoded = Self.isEncoded(values[3])
    selected.isText = isText(values[4])
    return selected
  }

  /// As entry_is_binary of git's archive-zip.c: a driver may say what its files are.
  private func isText(_ diff: AttributeValue) -> Bool? {
    switch diff {
    case .unspecified: nil
    case .set: true
    case .unset: false
    case .value(let driver): configuration.bool("diff.\(driver).binary").map { !$0 }
    }
  }

  /// As git_path_check_encoding: what is no name of an encoding is git's to refuse.
  private static func isEncoded(_ value: AttributeValue) -> Bool {
    switch value {
    case .unspecified: false
    case .set, .unset: true
    case .value(let name): !["", "utf-8", "utf8"].contains(name.lowercased())
    }
  }

  /// `directory` ends in a slash. Nothing below an ignored directory can be brought back.
  private mutating func isIgnored(directory: [UInt8]) throws -> Bool {
    if let known = ignoredDirectories[directory] { return known }
    var ignored = false
    if let parent = directory.dropLast().lastIndex(of: UInt8(ascii: "/")) {
      ignored = try isIgnored(directory: Array(directory[...parent]))
    }
    if !ignored { ignored = try reader.values(["export-ignore"], for: directory)[0] == .set }
    ignoredDirectories[directory] = ignored
    return ignored
  }
}
