/// What should not leave, and what should be there and is not.
enum LeakRules {
  static let all = [privateFiles, missingSecrets, privateKeys, tokens]

  static let privateFiles = Rule(
    "EB132", "private-file", .error, "A file is in the bundle that should not leave this machine",
    server: "Nothing: who gets into an instance or the bucket has it.",
    remedy: "git rm --cached <file>; if the application needs it, list it under 'secrets' of "
      + ".git-eb.yml; if it may be there, list it under check.allow",
    source: "github.com/aws/aws-elastic-beanstalk-cli/issues/315", isBeanstalks: false
  ) { bundle in
    bundle.entries.filter(PrivateFile.mayBe).compactMap { entry in
      guard !entry.isDirectory, !entry.isSecret, let what = PrivateFile.reason(entry) else {
        return nil
      }
      return Sighting(
        what.reason, at: entry.path,
        severity: TestDirectory.contains(entry.path) ? .warning : what.severity)
    }
  }

  static let missingSecrets = Rule(
    "EB133", "bad-secret", .error, "A secret is empty, or not filled in",
    server: "The application fails when it starts.",
    remedy: "write the secret's value into its file",
    source: "the configuration's 'secrets'", isBeanstalks: false
  ) { bundle in
    bundle.secretFaults.map { path, fault in
      switch fault {
      case .empty:
        Sighting("the secret is empty", at: path)
      case .placeholder(let line):
        Sighting(
          "the secret has a place that is not filled in", at: path, line: line, severity: .warning)
      case .carriageReturns:
        Sighting(
          "its lines end in CRLF, which becomes a part of the values", at: path,
          severity: .warning)
      }
    }
  }

  static let privateKeys = Rule(
    "EB160", "private-key", .error, "A private key is in a file of the bundle",
    server: "Nothing: who gets into an instance or the bucket has it.",
    remedy: "take it out of git and give it to the bundle under 'secrets' of .git-eb.yml; one that "
      + "only tests use is allowed under check.allow",
    source: "RFC 7468", isBeanstalks: false
  ) { bundle in sightings(in: bundle) { $0.isPrivateKey } }

  static let tokens = Rule(
    "EB161", "token", .error, "A token or key of a known service is in a file of the bundle",
    server: "Nothing: who gets into an instance or the bucket has it.",
    remedy: "revoke it, since git has it; then take it out, and give it to the bundle under "
      + "'secrets' of .git-eb.yml, or allow it under check.allow",
    source: "the services' own descriptions of their tokens", isBeanstalks: false
  ) { bundle in sightings(in: bundle) { !$0.isPrivateKey } }

  private static func sightings(
    in bundle: CheckedBundle, where isMeant: (Leak) -> Bool
  ) -> [Sighting] {
    bundle.leaks.flatMap { path, leaks in
      leaks.filter(isMeant).map { leak in
        Sighting(
          "it holds \(leak.name)", at: path, line: leak.line, column: leak.column,
          severity: TestDirectory.contains(path) ? .warning : leak.severity,
          fingerprint: leak.fingerprint)
      }
    }
  }
}

/// Directories whose files are made up, or only for people: keys of tests are no secrets as a rule.
enum TestDirectory {
  /// Whether one of them is on a path.
  static func contains(_ path: String) -> Bool {
    path.lowercased().split(separator: "/").dropLast().contains { names.contains(String($0)) }
      || path.hasSuffix("/") && contains(path + "-")
  }

  private static let names: Set<String> = [
    "test", "tests", "testing", "__tests__", "spec", "specs", "fixtures", "testdata",
    "test-fixtures", "examples", "example", "docs", "doc", "node_modules", "vendor",
  ]
}

extension Leak {
  var isPrivateKey: Bool { name == LeakPattern.privateKey }
}

/// Files that are private by their name.
enum PrivateFile {
  /// Whether it is worth to look at a path; hardly any is, and every one is asked.
  static func mayBe(_ entry: CheckedBundle.Entry) -> Bool {
    entry.marks.contains(.hidden) || entry.isNamed(from: keyBeginning)
      || entry.isNamed(from: masterKey)
      || endings.contains(where: entry.ends)
  }

  private static let keyBeginning = Array("id_".utf8)
  private static let masterKey = Array("master.key".utf8)

  static func reason(_ entry: CheckedBundle.Entry) -> (reason: String, severity: Severity?)? {
    let parts = entry.path.split(separator: "/").map(String.init)
    guard let name = parts.last?.lowercased() else { return nil }
    if parts.contains(".git") { return ("it is a part of git's own data", nil) }
    if keys.contains(name) { return ("it is called like an SSH key", nil) }
    if parts.count > 1, credentials.contains(parts.suffix(2).joined(separator: "/")) {
      return ("it is called like a file of credentials", nil)
    }
    if files.contains(name) { return ("it is called like a file of credentials", nil) }
    if name == "master.key" { return ("it is called like the key of Rails' credentials", nil) }
    if name == ".htpasswd" { return ("it holds hashes of passwords", .warning) }
    if name == ".env" || name.hasPrefix(".env."), !isTemplate(name) {
      // What others may read stands in such files too.
      return (
        "'\(name)' holds secrets as a rule, and is not on the list of secrets",
        name == ".env" ? nil : .warning
      )
    }
    if endings.contains(where: entry.ends) {
      return ("it is called like a store of keys", .warning)
    }
    return nil
  }

  private static func isTemplate(_ name: String) -> Bool {
    ["example", "sample", "template", "dist", "defaults", "test", "ci"]
      .contains { name.contains($0) }
  }

  private static let keys: Set<String> = [
    "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ed25519_sk", "id_ecdsa_sk",
  ]
  private static let credentials: Set<String> = [
    ".aws/credentials", ".docker/config.json", ".kube/config", ".gem/credentials",
    ".config/gcloud/credentials.db",
  ]
  private static let files: Set<String> = [
    ".netrc", "_netrc", ".pgpass", ".pypirc", ".git-credentials",
  ]
  private static let endings = [".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk"]
    .map { Array($0.utf8) }
}
