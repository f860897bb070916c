/// The signature that `git tag -s` puts at the end of a tag's message.
enum TagSignature {
  /// How signatures of OpenPGP, X.509 and SSH begin (git's gpg-interface.c).
  private static let beginnings = [
    "PGP SIGNATURE-----", "PGP MESSAGE-----", "SIGNED MESSAGE-----", "SSH SIGNATURE-----",
  ]
  private static let common = "-----BEGIN "

  /// Where it begins: as git has it, with the last line that looks so. `nil` without a signature.
  static func start(in lines: [ArraySlice<UInt8>]) -> Int? {
    lines.lastIndex { line in
      guard line.starts(with: common.utf8) else { return false }
      let rest = line.dropFirst(common.utf8.count)
      return beginnings.contains { rest.starts(with: $0.utf8) }
    }
  }

  static func isIn(_ message: String) -> Bool {
    start(in: Array(message.utf8).split(separator: 0x0a, omittingEmptySubsequences: false)) != nil
  }
}
