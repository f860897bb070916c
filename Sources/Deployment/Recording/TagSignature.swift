/// The signature that `git tag -s` puts at the end of a tag's message.
enum TagSignature {
  /// How signatures of OpenPGP, X.509 and SSH begin (git's gpg-interface.c).
  private static let beginnings = [
    "-----BEGIN PGP SIGNATURE-----", "-----BEGIN PGP MESSAGE-----",
    "-----BEGIN SIGNED MESSAGE-----", "-----BEGIN SSH SIGNATURE-----",
  ]

  /// Where it begins: as git has it, with the last line that looks so. `nil` without a signature.
  static func start(in lines: [Substring]) -> Int? {
    lines.lastIndex { line in beginnings.contains { line.hasPrefix($0) } }
  }

  static func isIn(_ message: String) -> Bool {
    start(in: message.split(separator: "\n", omittingEmptySubsequences: false)) != nil
  }
}
