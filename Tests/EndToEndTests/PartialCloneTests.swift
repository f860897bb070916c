import Foundation
import TestSupport
import Testing

@Suite("bundles from partial clones") struct PartialCloneTests {
  private static let filters = ["blob:none", "tree:0"]
  /// Nothing is checked out, so no file says it.
  private static let settings = ["GIT_EB_HOST": "local", "GIT_EB_APPLICATION": "shop"]

  /// A repository to clone from, that gives parts.
  private func origin() throws -> Workplace {
    let place = try Workplace.plain()
    for index in 0..<12 { try place.repository.write("d\(index % 4)/e\(index)/f", "\(index)\n") }
    try place.repository.write(".gitattributes", "*.skip export-ignore\nversion export-subst\n")
    try place.repository.write("d1/.gitattributes", "f eol=crlf\n")
    try place.repository.write("large.skip", String(repeating: "not wanted\n", count: 9000))
    try place.repository.write("version", "$Format:%H$\n")
    try place.repository.commit("Part")
    try place.repository.git("config", "uploadpack.allowFilter", "true")
    try place.repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return place
  }

  /// Clones with a filter; each connection to the origin is counted from then on.
  private func clone(_ place: Workplace, filter: String) throws -> String {
    let clone = "\(place.base)/clone"
    try place.repository.git(
      "clone", "--quiet", "--filter=\(filter)", "--no-checkout", "file://\(place.path)", clone)
    let counter = "\(place.base)/counting-upload-pack"
    try Data("#!/bin/sh\necho >>'\(place.base)/count'\nexec git-upload-pack \"$@\"\n".utf8).write(
      to: URL(filePath: counter))
    try place.repository.git("-C", clone, "config", "remote.origin.uploadpack", "sh \(counter)")
    return clone
  }

  private func connections(_ place: Workplace) -> Int {
    FileManager.default.contents(atPath: "\(place.base)/count")?.count ?? 0
  }

  @Test(arguments: filters)
  func `What is missing is fetched in one go`(_ filter: String) throws {
    let place = try origin()
    let expected = try place.bytes("git", "eb", "archive")
    let clone = try clone(place, filter: filter)
    #expect(try place.bytes("git", "eb", "archive", in: clone) == expected)
    // Trees have to be there before it is known what else is missing.
    #expect(connections(place) == (filter == "tree:0" ? 2 : 1))
    #expect(try place.bytes("git", "eb", "archive", in: clone) == expected)
    #expect(connections(place) == (filter == "tree:0" ? 2 : 1))
  }

  @Test(arguments: filters)
  func `A push from one is the same push`(_ filter: String) throws {
    let place = try origin()
    let digest = try place.digest()
    let clone = try clone(place, filter: filter)
    let screen = try place.eb("push", "--json", in: clone, with: Self.settings)
    #expect(screen.status == 0, "\(screen)")
    #expect(try screen.json(PushAnswer.self).version.digest == digest)
    try place.repository.git("-C", clone, "read-tree", "HEAD")
    let staged = try place.eb("archive", "--staged", "--list", "--json", in: clone)
    #expect(try staged.json(ListAnswer.self).entries.contains { $0.path == "d3/e11/f" })
  }

  @Test(arguments: filters)
  func `With the origin gone it is refused, and nothing is written`(_ filter: String) throws {
    let place = try origin()
    let clone = try clone(place, filter: filter)
    try FileManager.default.moveItem(atPath: place.path, toPath: "\(place.base)/moved")
    defer { try? FileManager.default.moveItem(atPath: "\(place.base)/moved", toPath: place.path) }
    let zip = "\(place.base)/x.zip"
    for command in [["archive", "-o", zip], ["push", "--environment", "production"]] {
      let screen = try place.command(["git", "eb"] + command, in: clone, with: Self.settings)
      #expect(screen.status == 2, "\(screen)")
      #expect(screen.error.contains("error: "), "\(screen)")
    }
    #expect(!FileManager.default.fileExists(atPath: zip))
    #expect(place.leftovers == [])
  }

  @Test func `What the origin has not any more is named`() throws {
    let place = try origin()
    let clone = try clone(place, filter: "blob:none")
    let blob = try place.repository.git("rev-parse", "HEAD:d0/e0/f")
    try place.repository.remove(".git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
    let screen = try place.eb("archive", "-o", "\(place.base)/x.zip", in: clone)
    #expect(screen.status == 2, "\(screen)")
    #expect(screen.error.contains("error: git could not fetch what this partial clone lacks"))
    #expect(!FileManager.default.fileExists(atPath: "\(place.base)/x.zip"))
  }

  @Test func `What narrows the bundle narrows what is fetched`() throws {
    let place = try origin()
    let clone = try clone(place, filter: "blob:none")
    let root = ["GIT_EB_BUNDLE_ROOT": "d1"]
    #expect(try place.bundled("e1/f", in: clone, with: root) == "1\r\n")
    let missing = try place.repository.git(
      "-C", clone, "rev-list", "--objects", "--missing=print", "HEAD")
    let other = try place.repository.git("rev-parse", "HEAD:d0/e0/f")
    #expect(missing.contains("?\(other)"))
  }
}
