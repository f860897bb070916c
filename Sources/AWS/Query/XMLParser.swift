import CExpat

extension XMLElement {
  /// Reads a whole document. White space may come before it, as S3 sends some to keep a connection
  /// busy; XML allows none before a declaration.
  package init(parsing bytes: [UInt8]) throws(XMLError) {
    guard bytes.count <= XMLLimits.size else { throw .tooLarge }
    let parser = try XMLParser()
    self = try parser.parse(bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) })
  }
}

/// expat's parser, for one document.
///
/// Owns the C parser, and is what its handlers are given: they are called only inside ``parse(_:)``,
/// where the object is alive.
@safe private final class XMLParser {
  private let parser: XML_Parser
  /// The elements that are open, the outermost first.
  private var open: [Building] = []
  private var root: XMLElement?
  /// How many elements have begun.
  private var count = 0
  /// What a handler found; the parser is stopped then.
  private var problem: XMLError?

  private struct Building {
    var element: XMLElement
    var text: [UInt8] = []

    var finished: XMLElement {
      var element = element
      element.text = String(decoding: text, as: UTF8.self)
      return element
    }
  }

  init() throws(XMLError) {
    guard let parser = unsafe XML_ParserCreate(nil) else {
      throw .malformed(line: 1, reason: "out of memory")
    }
    unsafe self.parser = parser
  }

  deinit {
    unsafe XML_ParserFree(parser)
  }

  func parse(_ bytes: ArraySlice<UInt8>) throws(XMLError) -> XMLElement {
    unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    unsafe XML_SetElementHandler(
      parser,
      { data, name, _ in unsafe XMLParser.of(data).start(XMLParser.text(name)) },
      { data, _ in unsafe XMLParser.of(data).end() })
    unsafe XML_SetCharacterDataHandler(parser) { data, text, length in
      unsafe XMLParser.of(data).add(text, length)
    }
    unsafe XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
      let parser = unsafe XMLParser.of(data)
      parser.stop(.documentType(line: parser.line))
    }
    let status = unsafe bytes.withUnsafeBufferPointer { buffer in
      // The size was checked: it fits.
      unsafe buffer.withMemoryRebound(to: CChar.self) { text in
        unsafe XML_Parse(parser, text.baseAddress, Int32(text.count), 1)
      }
    }
    if let problem { throw problem }
    guard status == XML_STATUS_OK, let root else {
      let message = unsafe XML_ErrorString(XML_GetErrorCode(parser))
      throw .malformed(
        line: line, reason: unsafe message.map { unsafe Self.text($0) } ?? "no element")
    }
    return root
  }

  private var line: Int { Int(clamping: unsafe XML_GetCurrentLineNumber(parser)) }

  private func start(_ name: String) {
    guard problem == nil else { return }
    guard open.count < XMLLimits.depth else { return stop(.tooDeep(line: line)) }
    count += 1
    guard count <= XMLLimits.elements else { return stop(.tooLarge) }
    open.append(Building(element: XMLElement(name)))
  }

  private func end() {
    guard problem == nil, let finished = open.popLast()?.finished else { return }
    if open.isEmpty {
      root = finished
    } else {
      open[open.count - 1].element.children.append(finished)
    }
  }

  private func add(_ text: UnsafePointer<CChar>?, _ length: Int32) {
    guard problem == nil, !open.isEmpty, length > 0 else { return }
    let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(length))
    unsafe open[open.count - 1].text.append(contentsOf: bytes)
  }

  private func stop(_ error: XMLError) {
    problem = problem ?? error
    unsafe XML_StopParser(parser, 0)
  }

  private static func of(_ data: UnsafeMutableRawPointer?) -> XMLParser {
    guard let data = unsafe data else { preconditionFailure("expat lost its user data") }
    return unsafe Unmanaged<XMLParser>.fromOpaque(data).takeUnretainedValue()
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "" }
    return unsafe String(cString: pointer)
  }
}
