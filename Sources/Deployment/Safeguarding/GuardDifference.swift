import Git

/// The output of `git diff-tree --stdin -z -r -c --raw` (git-diff-tree(1), "raw output format").
enum GuardDifference {
  /// What each commit has that its parents have not: of a merge, what none of them has.
  static func forEach(
    in output: [UInt8], _ body: (ObjectID, [UInt8], UInt32, ObjectID) throws -> Void
  ) throws {
    let unexpected = SourceError.git(
      operation: "compare the commits", reason: "unexpected output")
    var commit: ObjectID?
    var rest = output[...]
    func next() throws -> ArraySlice<UInt8> {
      guard let end = rest.firstIndex(of: 0) else { throw unexpected }
      defer { rest = rest[(end + 1)...] }
      return rest[..<end]
    }
    while !rest.isEmpty {
      let record = try next()
      let parents = record.prefix { $0 == UInt8(ascii: ":") }.count
      if parents == 0 {
        commit = ObjectID(hex: String(decoding: record, as: UTF8.self))
        if commit == nil { throw unexpected }
        continue
      }
      // A mode for each parent and one for the commit, then an id for each, then the letters.
      let words = record.dropFirst(parents).split(separator: 0x20)
      guard let commit, words.count == 2 * parents + 3,
        let mode = UInt32(String(decoding: words[parents], as: UTF8.self), radix: 8),
        let id = ObjectID(hex: String(decoding: words[2 * parents + 1], as: UTF8.self))
      else { throw unexpected }
      let path = Array(try next())
      // Mode 0: it was removed.
      if mode != 0 { try body(commit, path, mode, id) }
    }
  }
}
