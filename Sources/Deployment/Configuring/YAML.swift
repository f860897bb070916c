import CYaml

/// A value in a YAML document, with the place where it is written.
///
/// Anchors, aliases and merge keys (`<<`) are already resolved; an aliased value keeps the position
/// of its anchor.
package struct YAMLNode: Sendable {
  package enum Content: Sendable {
    /// `isPlain` is false for quoted and block scalars and for those tagged `!!str`: always text.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    /// In the order of the document, with duplicate keys; merged pairs come last.
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  package let content: Content
  /// Counted from 1.
  package let line: Int
  /// In characters, counted from 1.
  package let column: Int

  package init(content: Content, line: Int, column: Int) {
    self.content = content
    self.line = line
    self.column = column
  }
}

/// A document that is not YAML, or more of it than a configuration file needs.
package struct YAMLError: Error, Equatable, Sendable {
  /// The name that was given to the document.
  package let file: String
  /// Counted from 1.
  package let line: Int
  /// Counted from 1.
  package let column: Int
  /// Lower case, no full stop.
  package let problem: String
}

// MARK: - Parsing

extension YAMLNode {
  /// Nested collections in one document, and nodes after aliases are resolved. A few lines of
  /// aliases could otherwise stand for billions of nodes.
  package static let depthLimit = 64
  package static let nodeLimit = 100_000
  /// libyaml takes quadratic time on some documents, so large ones are refused.
  package static let sizeLimit = 4 << 20

  /// The root of the only document in `bytes` (UTF-8, or UTF-16 with a byte order mark); `nil` when
  /// it is empty. `name` is for the error.
  package static func parse(_ bytes: [UInt8], name: String) throws(YAMLError) -> YAMLNode? {
    guard !bytes.isEmpty else { return nil }
    guard bytes.count <= sizeLimit else {
      throw YAMLError(file: name, line: 1, column: 1, problem: "larger than 4 MiB")
    }
    var composer = Composer(bytes: bytes, name: name)
    return try composer.document()
  }

  package static func parse(_ text: String, name: String) throws(YAMLError) -> YAMLNode? {
    try parse(Array(text.utf8), name: name)
  }
}

// MARK: - Reading

extension YAMLNode {
  /// Whether this is nothing: `key:`, `key: ~` or `key: null`.
  package var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
  }

  /// The text of a scalar, quoted or not; `nil` for null and for collections.
  package var string: String? {
    guard case .scalar(let text, _) = content, !isNull else { return nil }
    return text
  }

  /// An unquoted true, yes or on, false, no or off, in any case.
  package var bool: Bool? {
    guard case .scalar(let text, isPlain: true) = content else { return nil }
    switch text.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default: return nil
    }
  }

  /// An unquoted decimal integer.
  package var int: Int? {
    guard case .scalar(let text, isPlain: true) = content else { return nil }
    return Int(text)
  }

  package var sequence: [YAMLNode]? {
    guard case .sequence(let nodes) = content else { return nil }
    return nodes
  }

  package var mapping: [(key: YAMLNode, value: YAMLNode)]? {
    guard case .mapping(let pairs) = content else { return nil }
    return pairs
  }

  /// The value of the last pair with this key, as most readers of YAML choose; `nil` when there is
  /// none or this is not a mapping.
  package subscript(key: String) -> YAMLNode? {
    mapping?.last { $0.key.string == key }?.value
  }

  /// The pairs of this mapping whose key is there already, in order.
  package func duplicates() -> [(key: String, firstLine: Int, node: YAMLNode)] {
    var first: [String: Int] = [:]
    var found: [(key: String, firstLine: Int, node: YAMLNode)] = []
    for (key, _) in mapping ?? [] {
      guard case .scalar(let text, _) = key.content else { continue }
      if let line = first[text] {
        found.append((text, line, key))
      } else {
        first[text] = key.line
      }
    }
    return found
  }
}

// MARK: - Composing nodes from events

private struct Composer: ~Copyable {
  /// A node with what it amounts to once its aliases are resolved.
  struct Part {
    var node: YAMLNode
    var size = 1
    var height = 0
  }

  private var events: EventStream
  private var anchors: [String: Part] = [:]
  /// Anchors of collections that are not complete: an alias to one would never end.
  private var openAnchors: Set<String> = []
  private var size = 0

  init(bytes: [UInt8], name: String) {
    events = EventStream(bytes: bytes, name: name)
  }

  mutating func document() throws(YAMLError) -> YAMLNode? {
    var root: YAMLNode?
    var documents = 0
    while true {
      let event = try events.next()
      switch event.kind {
      case .streamEnd:
        return root.flatMap { $0.isNull ? nil : $0 }
      case .documentStart:
        documents += 1
        if documents > 1 { throw error("more than one document", at: event) }
        root = try part(try events.next(), depth: 0).node
      default:
        continue
      }
    }
  }

  private mutating func part(_ event: ParserEvent, depth: Int) throws(YAMLError) -> Part {
    switch event.kind {
    case .scalar(let text, let isPlain):
      try count(1, at: event)
      return remember(
        Part(node: node(.scalar(text, isPlain: isPlain), at: event)), as: event.anchor)
    case .alias(let name):
      guard let part = anchors[name] else {
        throw error(
          openAnchors.contains(name)
            ? "alias '\(name)' stands inside its own anchor" : "no anchor named '\(name)'",
          at: event)
      }
      try count(part.size, at: event)
      try check(depth: depth + part.height, at: event)
      return part
    case .sequenceStart, .mappingStart:
      try count(1, at: event)
      try check(depth: depth + 1, at: event)
      if let anchor = event.anchor {
        anchors[anchor] = nil
        openAnchors.insert(anchor)
      }
      let whole =
        if case .sequenceStart = event.kind {
          try sequence(event, depth: depth)
        } else {
          try mapping(event, depth: depth)
        }
      if let anchor = event.anchor { openAnchors.remove(anchor) }
      return remember(whole, as: event.anchor)
    default:
      throw error("expected a value", at: event)
    }
  }

  private mutating func sequence(_ start: ParserEvent, depth: Int) throws(YAMLError) -> Part {
    var nodes: [YAMLNode] = []
    var size = 1
    var height = 0
    while true {
      let event = try events.next()
      if case .sequenceEnd = event.kind { break }
      let item = try part(event, depth: depth + 1)
      nodes.append(item.node)
      size += item.size
      height = max(height, item.height)
    }
    return Part(node: node(.sequence(nodes), at: start), size: size, height: height + 1)
  }

  private mutating func mapping(_ start: ParserEvent, depth: Int) throws(YAMLError) -> Part {
    var pairs: [(key: YAMLNode, value: YAMLNode)] = []
    var merged: [(key: YAMLNode, value: YAMLNode)] = []
    var size = 1
    var height = 0
    while true {
      let event = try events.next()
      if case .mappingEnd = event.kind { break }
      let key = try part(event, depth: depth + 1)
      let value = try part(try events.next(), depth: depth + 1)
      size += key.size + value.size
      height = max(height, key.height, value.height)
      if case .scalar("<<", isPlain: true) = key.node.content {
        guard let mappings = Self.mergeable(value.node) else {
          throw error("'<<' merges only mappings", at: event)
        }
        merged += mappings
      } else {
        pairs.append((key.node, value.node))
      }
    }
    // What is written in the mapping comes before what is merged, and the first merged before the
    // next: https://yaml.org/type/merge.html
    if !merged.isEmpty {
      var seen = Set(pairs.compactMap { Self.text(of: $0.key) })
      for pair in merged where Self.text(of: pair.key).map({ seen.insert($0).inserted }) ?? true {
        pairs.append(pair)
      }
    }
    return Part(node: node(.mapping(pairs), at: start), size: size, height: height + 1)
  }

  private static func mergeable(_ node: YAMLNode) -> [(key: YAMLNode, value: YAMLNode)]? {
    switch node.content {
    case .mapping(let pairs): return pairs
    case .sequence(let nodes):
      var all: [(key: YAMLNode, value: YAMLNode)] = []
      for node in nodes {
        guard let pairs = node.mapping else { return nil }
        all += pairs
      }
      return all
    case .scalar: return nil
    }
  }

  private static func text(of node: YAMLNode) -> String? {
    guard case .scalar(let text, _) = node.content else { return nil }
    return text
  }

  private mutating func remember(_ part: Part, as anchor: String?) -> Part {
    if let anchor { anchors[anchor] = part }
    return part
  }

  private mutating func count(_ nodes: Int, at event: ParserEvent) throws(YAMLError) {
    size += nodes
    if size > YAMLNode.nodeLimit {
      throw error("more than \(YAMLNode.nodeLimit) values", at: event)
    }
  }

  private func check(depth: Int, at event: ParserEvent) throws(YAMLError) {
    if depth > YAMLNode.depthLimit {
      throw error("nested more than \(YAMLNode.depthLimit) levels deep", at: event)
    }
  }

  private func node(_ content: YAMLNode.Content, at event: ParserEvent) -> YAMLNode {
    YAMLNode(content: content, line: event.line, column: event.column)
  }

  private func error(_ problem: String, at event: ParserEvent) -> YAMLError {
    YAMLError(file: events.name, line: event.line, column: event.column, problem: problem)
  }
}

// MARK: - libyaml

private struct ParserEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case scalar(String, isPlain: Bool)
    case alias(String)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }

  let kind: Kind
  let anchor: String?
  let line: Int
  let column: Int
}

/// libyaml's parser over a copy of the document; what comes out is copied.
@safe
private struct EventStream: ~Copyable {
  let name: String
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  /// `bytes` must not be empty.
  init(bytes: [UInt8], name: String) {
    self.name = name
    unsafe input = .allocate(capacity: bytes.count)
    _ = unsafe input.initialize(from: bytes)
    unsafe parser = .allocate(capacity: 1)
    unsafe parser.initialize(to: yaml_parser_t())
    // Fails only when there is no memory for its small buffers.
    let initialized = unsafe yaml_parser_initialize(parser)
    precondition(initialized == 1, "out of memory")
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  mutating func next() throws(YAMLError) -> ParserEvent {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { unsafe yaml_event_delete(&event) }
    let (kind, anchor) = unsafe Self.copied(event)
    return unsafe ParserEvent(
      kind: kind, anchor: anchor, line: event.start_mark.line + 1,
      column: event.start_mark.column + 1)
  }

  private static func copied(_ event: yaml_event_t) -> (ParserEvent.Kind, anchor: String?) {
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: (.streamStart, nil)
    case YAML_DOCUMENT_START_EVENT: (.documentStart, nil)
    case YAML_DOCUMENT_END_EVENT: (.documentEnd, nil)
    case YAML_ALIAS_EVENT: (.alias(unsafe text(event.data.alias.anchor) ?? ""), nil)
    case YAML_SCALAR_EVENT: (unsafe scalar(event), unsafe text(event.data.scalar.anchor))
    case YAML_SEQUENCE_START_EVENT: (.sequenceStart, unsafe text(event.data.sequence_start.anchor))
    case YAML_SEQUENCE_END_EVENT: (.sequenceEnd, nil)
    case YAML_MAPPING_START_EVENT: (.mappingStart, unsafe text(event.data.mapping_start.anchor))
    case YAML_MAPPING_END_EVENT: (.mappingEnd, nil)
    default: (.streamEnd, nil)
    }
  }

  private static func scalar(_ event: yaml_event_t) -> ParserEvent.Kind {
    let scalar = unsafe event.data.scalar
    let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    let tag = unsafe text(scalar.tag)
    let isText = tag == "!" || tag == "tag:yaml.org,2002:str"
    return .scalar(
      unsafe String(decoding: bytes, as: UTF8.self),
      isPlain: unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE && !isText)
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe String(cString: pointer)
  }

  private func failure() -> YAMLError {
    let parser = unsafe parser.pointee
    let problem = unsafe parser.problem.map { unsafe String(cString: $0) } ?? "out of memory"
    if unsafe parser.error == YAML_READER_ERROR {
      // The reader gives a byte offset and no position.
      let before = unsafe input.prefix(parser.problem_offset)
      let newline = UInt8(ascii: "\n")
      let lineStart = unsafe before.lastIndex(of: newline).map { $0 + 1 } ?? 0
      let line = unsafe before.count { $0 == newline } + 1
      let column = unsafe String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count
      return YAMLError(file: name, line: line, column: column + 1, problem: problem)
    }
    let context = unsafe parser.context.map { unsafe " " + String(cString: $0) } ?? ""
    return unsafe YAMLError(
      file: name, line: parser.problem_mark.line + 1, column: parser.problem_mark.column + 1,
      problem: problem + context)
  }
}
