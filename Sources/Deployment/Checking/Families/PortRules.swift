/// Where the application listens, and where the proxy looks for it.
enum PortRules {
  static let all = [mismatch]

  static let mismatch = Rule(
    "EB126", "port-mismatch", .warning,
    "The application listens on another port than the one that the proxy hands requests to",
    server: "connect() failed (111: Connection refused) while connecting to upstream, and 502",
    remedy: "listen on what the variable PORT says, or set PORT",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.proxy.html; "
      + "github.com/meteor-up/mup-aws-beanstalk/issues/184",
    platforms: Set(defaults.keys)
  ) { bundle in
    guard let kind = bundle.platform?.kind, bundle.platform?.generation != .al1,
      let expected = defaults[kind], ProxyRules.proxy(in: bundle) != nil, !setsPort(bundle),
      let listening = listening(in: bundle, kind), listening.port != expected,
      listening.port != documented,
      !isHandled(listening.port, in: bundle)
    else { return [] }
    return [
      Sighting(
        "it listens on \(listening.port), and the proxy hands requests to \(expected)",
        at: listening.path, line: listening.line, column: listening.column,
        remedy: "read the variable PORT, or set it: PORT=\(listening.port)")
    ]
  }

  /// Where the proxy hands requests unless PORT says otherwise. Ruby's and PHP's servers listen on a
  /// socket, and Tomcat is the platform's own.
  ///
  /// Source: what instances do, of Node as in github.com/ryanmurakami/pizza-luvrs/issues/47.
  static let defaults: [PlatformKind: Int] = [
    .node: 8080, .python: 8000, .go: 5000, .java: 5000, .dotnet: 5000,
  ]

  /// What the documentation says of all platforms. Nobody is told off for going by it.
  private static let documented = 5000

  private static func setsPort(_ bundle: CheckedBundle) -> Bool {
    bundle.variable("PORT") != nil
  }

  /// Whether a configuration of the bundle's own seems to hand requests there.
  private static func isHandled(_ port: Int, in bundle: CheckedBundle) -> Bool {
    (bundle.files(below: ".platform/") + bundle.files(below: ExtensionsFile.directory))
      .contains { bundle.text(of: $0.path)?.contains(":\(port)") == true }
  }

  private struct Listening {
    let port: Int
    let path: String
    let line: Int
    let column: Int
  }

  private static func listening(in bundle: CheckedBundle, _ kind: PlatformKind) -> Listening? {
    if let text = bundle.text(of: "Procfile") {
      guard let web = Procfile(reading: text).processes.first(where: { $0.name == Procfile.web })
      else { return nil }
      return inCommand(web, bundle) ?? startedScript(web.command).flatMap { inCode($0, bundle) }
    }
    switch kind {
    case .node: return nodeScript(in: bundle).flatMap { inCode($0, bundle) }
    // Beanstalk builds it, where no Buildfile says otherwise.
    case .go where !bundle.has("Buildfile"): return inCode("application.go", bundle)
    // Python's own server is not run: gunicorn imports the file.
    default: return nil
    }
  }

  // MARK: - In a command

  private static func inCommand(_ web: Procfile.Process, _ bundle: CheckedBundle) -> Listening? {
    let words = web.command.split(whereSeparator: \.isWhitespace)
    for (index, word) in words.enumerated() {
      let next = index + 1 < words.count ? words[index + 1] : ""
      let value: Substring
      switch word {
      case "-b", "--bind", "--port", "--http": value = next
      case _
      where ["--bind=", "--port=", "-Dserver.port=", "--server.port="].contains(
        where: word.hasPrefix):
        value = word.split(separator: "=", maxSplits: 1).last ?? ""
      default: continue
      }
      let number = value.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
      guard let port = PortNumbers.number(number) else { continue }
      let lines = bundle.lines(of: "Procfile") ?? []
      let line = lines.indices.contains(web.line - 1) ? lines[web.line - 1] : ""
      let column = line.firstRange(of: value).map {
        line.distance(from: line.startIndex, to: $0.lowerBound) + 1
      }
      return Listening(port: port, path: "Procfile", line: web.line, column: column ?? 1)
    }
    return nil
  }

  /// `server.js` of `node server.js`.
  private static func startedScript(_ command: String) -> String? {
    let words = command.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, words[0] == "node" || words[0] == "python" || words[0] == "python3"
    else { return nil }
    let name = words[1].hasPrefix("./") ? words[1].dropFirst(2) : words[1]
    return name.contains(".") || words[0] != "node" ? String(name) : "\(name).js"
  }

  /// What Node's platform starts. Source: nodejs-platform-packagejson.html.
  private static func nodeScript(in bundle: CheckedBundle) -> String? {
    if let start = NodeRules.package(in: bundle)?["scripts"]?["start"]?.string {
      return startedScript(start)
    }
    return ["app.js", "server.js"].first(where: bundle.has)
  }

  // MARK: - In code

  /// The only port that a file names in a call that listens, where it does not ask for PORT.
  private static func inCode(_ path: String, _ bundle: CheckedBundle) -> Listening? {
    guard let text = bundle.text(of: path), !text.contains("PORT"),
      let lines = bundle.lines(of: path)
    else { return nil }
    lazy var values = constants(in: lines)
    let found = lines.enumerated().compactMap { index, line -> Listening? in
      let content = line.drop(while: \.isWhitespace)
      if content.hasPrefix("//") || content.hasPrefix("*") || content.hasPrefix("#") { return nil }
      for call in calls {
        guard let range = line.firstRange(of: call) else { continue }
        let rest = line[range.upperBound...]
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard let number = PortNumbers.number(digits) ?? values[name(rest), default: nil] else {
          continue
        }
        let after = rest.dropFirst(digits.count).drop(while: \.isWhitespace).first
        guard digits.isEmpty || after.map({ ",)\"".contains($0) }) == true else { continue }
        return Listening(
          port: number, path: path, line: index + 1,
          column: line.distance(from: line.startIndex, to: range.upperBound) + 1)
      }
      return nil
    }
    return found.count == 1 ? found.first : nil
  }

  private static let calls = [".listen(", "ListenAndServe(\":", ".Run(\":", ".run(port="]

  /// The name that stands in the call; empty where there is none.
  private static func name(_ rest: Substring) -> Substring {
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    return name.first?.isLetter == true ? name : ""
  }

  /// The numbers that names stand for: `const port = 3000`. `nil` for one that has several.
  private static func constants(in lines: [Substring]) -> [Substring: Int?] {
    let constants = lines.compactMap { line -> (Substring, Int?)? in
      let words = line.split { $0.isWhitespace || $0 == ";" }
      guard words.count == 4, ["const", "let", "var"].contains(words[0]), words[2] == "=",
        let number = PortNumbers.number(words[3])
      else { return nil }
      return (words[1], number)
    }
    return Dictionary(constants) { _, _ in nil }
  }
}
