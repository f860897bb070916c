/// Looks through `requirements.txt` and the files that it takes in.
struct RequirementsCheck {
  let bundle: CheckedBundle

  var sightings: [Sighting] {
    var seen: Set<String> = []
    return sightings(of: "requirements.txt", &seen)
  }

  private func sightings(of path: String, _ seen: inout Set<String>) -> [Sighting] {
    guard seen.insert(path).inserted, let bytes = bundle.contents(of: path),
      let entry = bundle.entry(path),
      entry.traits.isDisjoint(with: [.largeObjectPointer, .encrypted])
    else { return [] }
    let encoding = encodingProblem(of: bytes, at: path)
    // Its letters are not to be told from each other.
    if let encoding, encoding.line == nil { return [encoding] }
    var found = encoding.map { [$0] } ?? []
    for line in RequirementsFile(String(decoding: bytes, as: UTF8.self)).lines {
      if case .include(let name) = line.item {
        found += sightings(ofIncluded: name, line, path, &seen)
      } else if let problem = problem(in: line) {
        found.append(
          Sighting(
            problem.detail, at: path, line: line.number, column: line.column,
            severity: problem.severity))
      }
    }
    return found
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

  private func sightings(
    ofIncluded name: String, _ line: RequirementsFile.Line, _ path: String,
    _ seen: inout Set<String>
  ) -> [Sighting] {
    // It is relative to the file that names it.
    guard let place = resolved(name, from: path.split(separator: "/").dropLast().map(String.init))
    else {
      return [outside(name, path, line)]
    }
    if bundle.has(place) { return sightings(of: place, &seen) }
    return name.hasPrefix("/")
      ? []
      : [
        Sighting(
          "there is no '\(place)' in the bundle", at: path, line: line.number, column: line.column)
      ]
  }

  private func outside(_ name: String, _ path: String, _ line: RequirementsFile.Line) -> Sighting {
    Sighting("'\(name)' is not in the bundle", at: path, line: line.number, column: line.column)
  }

  private func problem(
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
    case .include, .other: return nil
    }
  }

  private static let windowsOnly: Set<String> = ["pywin32", "pypiwin32", "pywinpty"]

  private func problem(ofLocal text: String) -> (detail: String, severity: Severity)? {
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
    if place.isEmpty || bundle.has(place) || !bundle.files(below: place + "/").isEmpty {
      return nil
    }
    return ("there is no '\(place)' in the bundle", .error)
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
