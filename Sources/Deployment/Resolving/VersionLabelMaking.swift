extension VersionLabel {
  /// How many digits of the digest a label ends with.
  package static let digestLength = 8

  /// The label of a source: `<tag or branch>-<short id>-<digest8>`, with `staged` or `worktree`
  /// between for sources that are not a commit. The name is cut, never the rest.
  ///
  /// - Parameters:
  ///   - name: a branch or tag; what a label cannot hold becomes a hyphen.
  ///   - commit: the full commit id, `nil` on an unborn branch.
  ///   - kind: the source's kind, as ``Source/kind`` has it.
  ///   - digest: the bundle's digest.
  package init(name: String, commit: String?, kind: String, digest: String) {
    var tail = commit.map { "-" + $0.prefix(7) } ?? ""
    if kind != "commit" { tail += "-" + kind }
    tail += "-" + digest.prefix(Self.digestLength)
    var head: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"):
        head.append(byte)
      default:
        if let last = head.last, last != UInt8(ascii: "-") { head.append(UInt8(ascii: "-")) }
      }
    }
    head = Array(head.prefix(100 - tail.utf8.count))
    while head.last == UInt8(ascii: "-") { head.removeLast() }
    let text = String(decoding: head, as: UTF8.self)
    self.init(trusted: text.isEmpty ? String(tail.dropFirst()) : text + tail)
  }
}
