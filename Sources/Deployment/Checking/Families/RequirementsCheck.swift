/// Looks through `requirements.txt` and the files that it takes in.
struct RequirementsCheck {
  private let bundle: CheckedBundle
  private var found: [Sighting] = []
  /// Files that are still to be looked through. Each may take in the next, and there may be more of
  /// them than a stack is deep.
  private var waiting = ["requirements.txt"]
  private var included: Set<String> = ["requirements.txt"]
  private var constraints: Set<String> = []
  /// Whether something is at a path of the bundle: many lines may name one.
  private var known: [String: Bool] = [:]

  private init(_ bundle: CheckedBundle) { self.bundle = bundle }

  static func sightings(in bundle: CheckedBundle) -> [Sighting] {
    var check = Self(bundle)
    while let path = check.waiting.popLast() { check.look(through: path) }
    // Nothing in them is installed: pip only has to be able to read them.
    for path in check.constraints.subtracting(check.included) {
      if let bytes = check.readable(path), let problem = check.encodingProblem(of: bytes, at: path)
      {
        check.found.append(problem)
      }
    }
    return check.found
  }

  private func readable(_ path: String) -> [UInt8]? {
    guard let entry = bundle.entry(path),
      entry.traits.isDisjoint(with: [.largeObjectPointer, .encrypted])
    else { return nil }
    return bundle.contents(of: path)
  }

  private mutating func look(through path: String) {
    guard let bytes = readable(path) else { return }
    if let encoding = encodingProblem(of: bytes, at: path) {
      found.append(encoding)
      // Its letters are not to be told from each other.
      if encoding.line == nil { return }
    }
    for line in RequirementsFile(String(decoding: bytes, as: UTF8.self)).lines {
      switch line.item {
      case .include(let name):
        guard let place = place(of: name, line, path), included.insert(place).inserted else {
          continue
        }
        waiting.append(place)
      case .constraint(let name):
        if let place = place(of: name, line, path) { constraints.insert(place) }
      default:
        guard let problem = problem(in: line) else { continue }
        found.append(
          Sighting(
            problem.detail, at: path, line: line.number, column: line.column,
            severity: problem.severity))
      }
    }
  }

  // MARK: - Bytes

  private func encodingProblem(of bytes: [UInt8], at path: String) -> Sighting? {
    // pip reads what begins with a byte order mark; other programs of a build do not.
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
      return Sighting("it begins with a byte order mark", at: path, line: 1, severity: .warning)
    }
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      return Sighting("it is UTF-16", at: path, severity: .warning)
    }
    if bytes.contains(0) { return Sighting("it is not UTF-8", at: path) }
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // pip reads it as such a comment of Python's says.
    let saysSo = lines.prefix(2).contains { line in
      line.first == UInt8(ascii: "#") && String(decoding: line, as: UTF8.self).contains("coding")
    }
    guard !saysSo,
      let bad = lines.firstIndex(where: { String(validating: $0, as: UTF8.self) == nil })
    else { return nil }
    let isComment = lines[bad].first == UInt8(ascii: "#")
    return Sighting(
      "it is not UTF-8", at: path, line: bad + 1, severity: isComment ? .warning : .error)
  }

  // MARK: - Lines

  /// Where a file that a line names is in the bundle; one that is not there is told.
  private mutating func place(
    of name: String, _ line: RequirementsFile.Line, _ path: String
  ) -> String? {
    // It is relative to the file that names it.
    let place = resolved(name, from: path.split(separator: "/").dropLast().map(String.init))
    if let place, bundle.has(place) { return place }
    // One of the instance's own may be there.
    guard place == nil || !name.hasPrefix("/") else { return nil }
    found.append(
      Sighting(
        place.map { "there is no '\($0)' in the bundle" } ?? "'\(name)' is not in the bundle",
        at: path, line: line.number, column: line.column))
    return nil
  }

  private mutating func problem(
    in line: RequirementsFile.Line
  ) -> (detail: String, severity: Severity)? {
    switch line.item {
    case .package(let name, let rest):
      if let sign = rest.first, "~=".contains(sign), rest.dropFirst().first != "=" {
        return ("'\(sign)' is no operator; '\(sign)=' is one", .error)
      }
      // A marker may say that it is for Windows.
      if Self.windowsOnly.contains(name), !line.hasMarker {
        return ("'\(name)' is for Windows alone", .error)
      }
      return nil
    case .local(let path): return line.hasMarker ? nil : problem(ofLocal: path)
    case .include, .constraint, .other: return nil
    }
  }

  private static let windowsOnly: Set<String> = ["pywin32", "pypiwin32", "pywinpty"]

  private mutating func problem(ofLocal text: String) -> (detail: String, severity: Severity)? {
    let text = Self.withoutUser(text)
    let path = String(
      Self.pathOfURL(text).prefix { $0 != "#" && $0 != "[" })
    if path.hasPrefix("/") || path.hasPrefix("~") || RequirementsFile.isDrive(path) {
      // Nobody's home is on the instance; all else may be put there by a command.
      let isHome = Self.homes.contains(where: path.hasPrefix) || !path.hasPrefix("/")
      if path.hasPrefix(Self.instance) { return nil }
      return ("'\(text)' is a path of one machine", isHome ? .error : .warning)
    }
    guard let place = resolved(path, from: []) else {
      return ("'\(text)' leads out of the bundle", .error)
    }
    return isThere(place) ? nil : ("there is no '\(place)' in the bundle", .error)
  }

  private mutating func isThere(_ place: String) -> Bool {
    if let answer = known[place] { return answer }
    let answer = place.isEmpty || bundle.has(place) || bundle.hasFiles(below: place + "/")
    known[place] = answer
    return answer
  }

  /// An URL without the name and the password of `file://user:password@host/`, which nobody's log
  /// is to show. A password may hold anything, so all goes that may be part of one.
  private static func withoutUser(_ text: String) -> String {
    let start = "file://"
    guard text.hasPrefix(start), let at = text.lastIndex(of: "@") else { return text }
    let rest = text.dropFirst(start.count)
    if rest.hasPrefix("/") || rest.hasPrefix(".") || rest.hasPrefix("localhost/") { return text }
    return start + text[text.index(after: at)...]
  }

  /// What follows `file:`, `file://` or `file://localhost`.
  private static func pathOfURL(_ text: String) -> Substring {
    for start in ["file://localhost/", "file:///", "file://", "file:"] where text.hasPrefix(start) {
      let rest = text.dropFirst(start.count)
      guard start.hasSuffix("/"), start != "file://" else { return rest }
      return RequirementsFile.isDrive(String(rest)) ? rest : "/" + rest
    }
    return text[...]
  }

  /// `conda` builds below the last ones, and `pip freeze` in its environments writes that.
  private static let homes = [
    "/home/", "/Users/", "/tmp/build/", "/croot/", "/work/", "/opt/conda/", "/private/",
  ]

  /// Where an instance has the bundle.
  private static let instance = "/var/app/"

  /// A path below the bundle's root; `nil` for one that leads out of it. An absolute one stays.
  private func resolved(_ path: String, from directory: [String]) -> String? {
    if path.hasPrefix("/") { return path }
    var parts = directory
    for part in path.split(whereSeparator: { $0 == "/" || $0 == "\\" }) where part != "." {
      if part != ".." {
        parts.append(String(part))
      } else if parts.popLast() == nil {
        return nil
      }
    }
    return parts.joined(separator: "/")
  }
}
