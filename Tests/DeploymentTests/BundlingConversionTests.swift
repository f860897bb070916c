import Git
import Testing

@testable import Deployment

struct BundlingConversionTests {
  private let blob = ObjectID(hex: "0123456789012345678901234567890123456789")

  private func convert(_ text: String, _ conversion: Conversion) throws -> String? {
    let id = try #require(blob)
    let converted = unsafe Array(text.utf8).withUnsafeBytes {
      unsafe conversion.apply(to: $0, blob: id)
    }
    return converted.map { String(decoding: $0, as: UTF8.self) }
  }

  private func conversion(
    text: AttributeValue = .unspecified, eol: AttributeValue = .unspecified,
    crlf: AttributeValue = .unspecified, ident: AttributeValue = .unspecified
  ) -> Conversion {
    Conversion(attributes: [text, eol, crlf, ident])
  }

  @Test func `Attributes say whether line endings change`() {
    #expect(conversion().isNone)
    #expect(conversion(text: .set).isNone)
    #expect(conversion(eol: .value("crlf")).lineEndings == .crlf)
    #expect(conversion(text: .set, eol: .value("crlf")).lineEndings == .crlf)
    #expect(conversion(text: .value("auto"), eol: .value("crlf")).lineEndings == .automaticCRLF)
    #expect(conversion(text: .unset, eol: .value("crlf")).isNone)
    #expect(conversion(text: .set, eol: .value("lf")).isNone)
    #expect(conversion(crlf: .value("input")).isNone)
    #expect(conversion(text: .value("input"), eol: .value("crlf")).lineEndings == .crlf)
    #expect(conversion(eol: .value("crlf"), crlf: .value("input")).lineEndings == .crlf)
    #expect(conversion(text: .value("other"), eol: .value("crlf"), crlf: .unset).isNone)
    #expect(conversion(crlf: .unset).isNone)
  }

  @Test func `LF becomes CRLF and CRLF stays`() throws {
    let crlf = Conversion(lineEndings: .crlf, expandsIdent: false)
    #expect(try convert("a\nb\r\nc\n", crlf) == "a\r\nb\r\nc\r\n")
    #expect(try convert("a\r\nb\r\n", crlf) == nil)
    #expect(try convert("", crlf) == nil)
  }

  @Test func `Automatic conversion leaves what has CR or looks binary`() throws {
    let automatic = Conversion(lineEndings: .automaticCRLF, expandsIdent: false)
    #expect(try convert("a\nb\n", automatic) == "a\r\nb\r\n")
    #expect(try convert("a\nb\r\n", automatic) == nil)
    #expect(try convert("a\nb\rc", automatic) == nil)
    #expect(try convert("a\n\0b", automatic) == nil)
  }

  @Test func `Ident is expanded, and replaced where it was`() throws {
    let ident = Conversion(lineEndings: .unchanged, expandsIdent: true)
    let id = "0123456789012345678901234567890123456789"
    #expect(try convert("x $Id$ y", ident) == "x $Id: \(id) $ y")
    #expect(try convert("$Id: old $", ident) == "$Id: \(id) $")
    #expect(try convert("$Id: foreign stuff here $", ident) == nil)
    #expect(try convert("$Id: no end\n$", ident) == nil)
    #expect(try convert("$Idea$", ident) == nil)
    #expect(try convert("$Id$", ident) == "$Id: \(id) $")
  }
}
