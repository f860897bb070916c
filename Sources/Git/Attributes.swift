/// What an attribute is for a path, as gitattributes(5) tells the four apart.
package enum AttributeValue: Sendable, Hashable {
  case unspecified
  case set
  case unset
  case value(String)
}

/// Looks up attributes by git's own rules (`attr.c`). For one thread: each makes its own.
///
/// libgit2's lookup asks the work tree whether a path is a directory, so that in any other tree
/// `dir/ export-ignore` matches nothing; it also reads every file again for every path.
package final class AttributeReader {
  /// Where the `.gitattributes` files are read.
  package enum Source: Sendable, Equatable {
    /// In a tree, as `git archive` does.
    case tree(ObjectID)
    /// In the index, as `git check-attr --cached` does.
    case index
    /// In the work tree, and in the index where a directory has no file, as `git add` does.
    case workTree
  }

  private let location: Location
  private let objects: ObjectDatabase
  /// The blobs of the `.gitattributes` files of a tree or of the index, by path.
  private let blobs: [[UInt8]: ObjectID]
  /// `nil` when files are not looked for in the work tree.
  private let workTree: String?
  private let ignoresCase: Bool

  /// Attributes are numbered as they are met.
  private var numbers: [String: Int] = [:]
  /// What stands for several attributes, by its number.
  private var macros: [Int: [Assignment]] = [:]
  /// System, user, built in: the lowest comes first.
  private var lowest: [File] = []
  private var information = File()
  private var files: [[UInt8]: File] = [:]
  /// The files of the last directory that was asked for.
  private var current: (directory: [UInt8], files: [File])?
  private var question: Question?

  /// An attribute and what a line sets it to.
  fileprivate struct Assignment {
    var attribute: Int
    var value: AttributeValue
  }

  private struct Rule {
    var pattern: PathPattern
    var assignments: [Assignment]
  }

  private struct File {
    var base: [UInt8] = []
    var rules: [Rule] = []
  }

  /// The names that were asked for last.
  private struct Question {
    var names: [String]
    var numbers: [Int]
    /// Those and every macro that has a word in them.
    var relevant: Set<Int>
  }

  private static let operation = "read the attributes"
  private static let name = Array(".gitattributes".utf8)
  // As git: longer ones are left out.
  private static let longestLine = 2048
  private static let largestFile = 100 << 20

  package convenience init(_ location: Location, source: Source) throws(GitError) {
    let objects = try ObjectDatabase(location)
    var blobs: [[UInt8]: ObjectID] = [:]
    switch source {
    case .tree(let id):
      for entry in try TreeReader(objects: objects).entries(of: id) where Self.isFile(entry.path) {
        blobs[entry.path] = entry.id
      }
    case .index, .workTree:
      for entry in try Index(at: location.indexPath).entries where Self.isFile(entry.path) {
        // In a conflict, ours.
        if entry.stage == 0 || entry.stage == 2, !entry.isIntentToAdd {
          blobs[entry.path] = entry.id
        }
      }
    }
    try self.init(
      location, objects, blobs, workTree: source == .workTree ? location.workTree : nil)
  }

  /// As with ``Source/tree(_:)``, of a tree or an index whose entries are known already; or, with
  /// `preferringWorkTree`, as with ``Source/workTree``.
  package convenience init(
    _ location: Location, entries: [TreeEntry], preferringWorkTree: Bool = false
  ) throws(GitError) {
    var blobs: [[UInt8]: ObjectID] = [:]
    for entry in entries where Self.isFile(entry.path) { blobs[entry.path] = entry.id }
    try self.init(
      location, try ObjectDatabase(location), blobs,
      workTree: preferringWorkTree ? location.workTree : nil)
  }

  /// Whether the path is that of a `.gitattributes`.
  package static func isFile(_ path: [UInt8]) -> Bool {
    path.count >= name.count && path.last == name.last
      && path.suffix(name.count).elementsEqual(name)
      && (path.count == name.count || path[path.count - name.count - 1] == UInt8(ascii: "/"))
  }

  private init(
    _ location: Location, _ objects: ObjectDatabase, _ blobs: [[UInt8]: ObjectID],
    workTree: String?
  ) throws(GitError) {
    self.location = location
    self.objects = objects
    self.blobs = blobs
    self.workTree = workTree
    let configuration = location.configuration
    let environment = location.environment
    ignoresCase = configuration.bool("core.ignoreCase") == true

    // Of two definitions of a macro the one in the file of the higher precedence counts.
    var builtIn = File()
    parse("[attr]binary -diff -merge -text".utf8, into: &builtIn, hasMacros: true)
    if GitConfiguration.bool(environment["GIT_ATTR_NOSYSTEM"] ?? "") != true {
      lowest.append(try file(at: "/etc/gitattributes"))
    }
    let own =
      configuration["core.attributesFile"]?.value.flatMap { environment.expandingHome($0) }
      ?? environment.userPath("attributes")
    if let own {
      lowest.append(try file(at: (location.workTree ?? location.gitDirectory).appending(path: own)))
    }
    files[[]] = try read([])
    information = try file(at: location.commonDirectory.appending(path: "info/attributes"))
  }

  /// Whether no attributes file has any rule, so that nothing need be asked. In a work tree a file
  /// may be anywhere, so that this is never known.
  package var isEmpty: Bool {
    workTree == nil && blobs.isEmpty && information.rules.isEmpty
      && lowest.allSatisfy(\.rules.isEmpty)
  }

  /// The attributes of a path, in the order of `names`.
  ///
  /// - Parameter path: a directory is told by a slash at its end.
  package func values(
    _ names: [String], for path: [UInt8]
  ) throws(GitError) -> [AttributeValue] {
    let question = question(names)
    var path = path
    var isDirectory = false
    while path.last == UInt8(ascii: "/") {
      path.removeLast()
      isDirectory = true
    }
    let nameStart = path.nameStart
    var values: [Int: AttributeValue] = [:]
    let directory = Array(path[..<max(0, nameStart - 1)])
    let below = try files(of: directory)
    search(information, path, nameStart, isDirectory, question, &values)
    for file in below.reversed() {
      search(file, path, nameStart, isDirectory, question, &values)
    }
    for file in lowest.reversed() {
      search(file, path, nameStart, isDirectory, question, &values)
    }
    return question.numbers.map { values[$0] ?? .unspecified }
  }

  private func search(
    _ file: File, _ path: [UInt8], _ nameStart: Int, _ isDirectory: Bool, _ question: Question,
    _ values: inout [Int: AttributeValue]
  ) {
    for rule in file.rules.reversed()
    where rule.assignments.contains(where: { question.relevant.contains($0.attribute) })
      && rule.pattern.matches(
        path, name: nameStart, isDirectory: isDirectory, base: file.base,
        ignoringCase: ignoresCase)
    {
      fill(rule.assignments, &values)
    }
  }

  /// The first value that is found for an attribute stays.
  private func fill(_ assignments: [Assignment], _ values: inout [Int: AttributeValue]) {
    for assignment in assignments.reversed() where values[assignment.attribute] == nil {
      values[assignment.attribute] = assignment.value
      if assignment.value == .set, let macro = macros[assignment.attribute] {
        fill(macro, &values)
      }
    }
  }

  private func question(_ names: [String]) -> Question {
    if let question, question.names == names { return question }
    let numbers = names.map(number)
    var relevant = Set(numbers)
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for (macro, assignments) in macros where !relevant.contains(macro) {
        if assignments.contains(where: { relevant.contains($0.attribute) }) {
          relevant.insert(macro)
          isGrowing = true
        }
      }
    }
    let new = Question(names: names, numbers: numbers, relevant: relevant)
    question = new
    return new
  }

  private func number(_ name: String) -> Int {
    if let number = numbers[name] { return number }
    let number = numbers.count
    numbers[name] = number
    return number
  }

  // MARK: - Files

  /// The files that speak about what is in `directory`, the root's first.
  private func files(of directory: [UInt8]) throws(GitError) -> [File] {
    if let current, current.directory == directory { return current.files }
    var found: [File] = []
    for end in [0] + directory.indices.filter({ directory[$0] == UInt8(ascii: "/") })
      + (directory.isEmpty ? [] : [directory.count])
    {
      let base = Array(directory[..<end])
      let file: File
      if let known = files[base] {
        file = known
      } else {
        file = try read(base)
        files[base] = file
      }
      if !file.rules.isEmpty { found.append(file) }
    }
    current = (directory, found)
    return found
  }

  /// The `.gitattributes` of a directory.
  private func read(_ directory: [UInt8]) throws(GitError) -> File {
    var file = File(base: directory)
    let path = directory.isEmpty ? Self.name : directory + [UInt8(ascii: "/")] + Self.name
    var contents: [UInt8]?
    if let workTree {
      // The names of directories need not be UTF-8.
      let whole = Array(workTree.appending(path: "").utf8) + path
      // git follows no link here, and takes anything that is no file for none.
      if FileSystem.status(ofBytes: whole)?.kind == .file {
        contents = try FileSystem.read(
          bytes: whole, limit: Int.max, followingLinks: false, for: Self.operation
        ).map { Array($0.withoutByteOrderMark) }
      }
    }
    if contents == nil, let id = blobs[path] {
      contents = try objects.load(id, as: .blob).copy()
    }
    // git passes over a byte order mark in files, not in blobs (attr.c, read_attr_from_index).
    if let contents { parse(contents, into: &file, hasMacros: directory.isEmpty) }
    return file
  }

  /// A file outside of the tree.
  private func file(at path: String) throws(GitError) -> File {
    var file = File()
    if FileSystem.isFile(path),
      let contents = try FileSystem.contents(of: path, for: Self.operation)
    {
      parse(contents.withoutByteOrderMark, into: &file, hasMacros: true)
    }
    return file
  }

  private func parse(
    _ contents: some Collection<UInt8>, into file: inout File, hasMacros: Bool
  ) {
    let bytes = Array(contents)
    guard bytes.count < Self.largestFile else { return }
    for line in bytes.prefix(while: { $0 != 0 }).split(separator: 0x0a) {
      parse(line: line, into: &file, hasMacros: hasMacros)
    }
  }

  private func parse(line: ArraySlice<UInt8>, into file: inout File, hasMacros: Bool) {
    let text = line.drop(while: \.isBlank)
    guard let first = text.first, first != UInt8(ascii: "#"), line.count < Self.longestLine else {
      return
    }
    var pattern = Array(text.prefix { !$0.isBlank })
    var states = text.dropFirst(pattern.count)
    if first == UInt8(ascii: "\""), let (unquoted, count) = CQuoting.unquote(text) {
      pattern = unquoted
      states = text.dropFirst(count)
    }
    let macroPrefix = Array("[attr]".utf8)
    let isMacro = pattern.count > macroPrefix.count && pattern.starts(with: macroPrefix)
    guard let assignments = assignments(in: states) else { return }
    if isMacro {
      let name = pattern.dropFirst(macroPrefix.count)
      guard hasMacros, Self.isAttribute(name) else { return }
      macros[number(String(decoding: name, as: UTF8.self))] = assignments
      question = nil
    } else {
      let rule = Rule(pattern: PathPattern(pattern), assignments: assignments)
      if !rule.pattern.isNegative { file.rules.append(rule) }
    }
  }

  /// `nil` when there is a word that names no attribute: git leaves out the whole line.
  private func assignments(in states: ArraySlice<UInt8>) -> [Assignment]? {
    var assignments: [Assignment] = []
    for word in states.split(whereSeparator: \.isBlank) {
      var name = word.prefix { $0 != UInt8(ascii: "=") }
      var value = AttributeValue.set
      if name.first == UInt8(ascii: "-") || name.first == UInt8(ascii: "!") {
        value = name.first == UInt8(ascii: "-") ? .unset : .unspecified
        name.removeFirst()
      } else if name.endIndex < word.endIndex {
        value = .value(String(decoding: word[name.endIndex...].dropFirst(), as: UTF8.self))
      }
      guard Self.isAttribute(name) else { return nil }
      assignments.append(
        Assignment(attribute: number(String(decoding: name, as: UTF8.self)), value: value))
    }
    return assignments
  }

  private static func isAttribute(_ name: some Collection<UInt8>) -> Bool {
    !name.isEmpty && name.first != UInt8(ascii: "-")
      && name.allSatisfy {
        $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
          || $0 == UInt8(ascii: "_")
      }
  }
}
