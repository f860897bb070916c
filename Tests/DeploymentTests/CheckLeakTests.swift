import Testing

@testable import Deployment

@Suite("Checks: secrets") struct CheckLeakTests {
  /// Random letters of an alphabet, the same for the same seed.
  private static func random(_ alphabet: String, _ count: Int, seed: UInt64 = 7) -> String {
    var state = seed
    let letters = Array(alphabet)
    return String(
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return letters[Int(state >> 33) % letters.count]
      })
  }

  private static let base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
  private static let hexadecimal = "0123456789abcdef"

  private static func checksummed(_ seed: UInt64) -> String {
    let body = random(base62, 30, seed: seed)
    return body
      + String(decoding: TokenChecksum.text(of: crc(Array(body.utf8))), as: UTF8.self)
  }

  /// CRC-32 as RFC 1952 has it, bit by bit.
  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0 as UInt32) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in
        sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1
      }
    }
  }

  static let secrets: [(name: String, text: String)] = [
    ("an AWS access key ID", "AKIA" + random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
    (
      "an AWS secret access key",
      "aws_secret_access_key = " + random(base62 + "+/", 40)
    ),
    ("an AWS secret access key", "\"SecretAccessKey\": \"" + random(base62, 40) + "\""),
    ("a GitHub token", "ghp_" + checksummed(1)), ("a GitHub token", "ghs_" + checksummed(2)),
    ("a GitHub token", "github_pat_" + random(base62 + "_", 82)),
    ("an npm token", "//registry.npmjs.org/:_authToken=npm_" + checksummed(3)),
    ("a GitLab token", "glpat-" + random(base62 + "_-", 20)),
    ("a PyPI token", "pypi-AgEIcHlwaS5vcmc" + random(base62 + "_-", 120)),
    ("a Slack token", "xoxb-2158391044-" + random("0123456789", 12) + "-" + random(base62, 24)),
    (
      "a Slack webhook",
      "https://hooks.slack.com/services/T" + random(base62, 8) + "/B"
        + random(base62, 8) + "/" + random(base62, 24)
    ),
    ("a Stripe key", "sk_live_" + random(base62, 24)),
    ("a Google API key", "AIza" + random(base62 + "_-", 35)),
    ("a SendGrid key", "SG." + random(base62, 22) + "." + random(base62, 43)),
    ("a DigitalOcean token", "dop_v1_" + random(hexadecimal, 64)),
    ("a Shopify token", "shpat_" + random(hexadecimal, 32)),
    ("a Hugging Face token", "hf_" + random(base62, 34)),
    ("an OpenAI key", "sk-proj-" + random(base62, 60)),
    ("an Azure storage key", "AccountKey=" + random(base62 + "+/", 86) + "=="),
  ]

  @Test(arguments: secrets)
  func `EB161: a token of each shape is found, told by its place and never shown`(
    name: String, text: String
  ) throws {
    let sample = CheckSample(["settings.py": "A = 1\nTOKEN = '\(text)'\n"])
    let found = sample.findings.filter { $0.rule.id == "EB161" }
    #expect(found.map(\.detail) == ["it holds \(name)"], "\(text)")
    #expect(found.map(\.line) == [2])
    let secret = try #require(text.split(separator: " ").last)
    #expect(!found.contains { "\($0)".contains(secret) })
    #expect(found.first?.sighting.fingerprint?.count == 16)
  }

  @Test(arguments: [
    "ghp_" + String(checksummed(1).dropLast()) + "!", "ghp_" + random(base62, 36),
    "xghp_" + checksummed(1), "ghp_" + checksummed(1) + "a", "npm_" + random(base62, 36),
    "AKIAIOSFODNN7EXAMPLE", "cache-key-" + random(hexadecimal, 32),
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/"
      + "KBHBeksoGMGw==", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", "glpat-00000000000000000000", "hf_hub_download",
    "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']", "npm_config_registry",
    "sha1-" + random(hexadecimal, 40), "AccountKey=", "SG.", "key-" + random(base62, 10),
    "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----\n" + random(base62, 200),
    "-----BEGIN CERTIFICATE-----\n" + random(base62, 200),
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n" + String(repeating: "AAAA", count: 40),
  ])
  func `EB160, EB161: what only looks like a secret is none`(text: String) {
    let sample = CheckSample(["settings.py": "TOKEN = '\(text)'\n"])
    #expect(sample.lines(of: "EB161").isEmpty && sample.lines(of: "EB160").isEmpty)
  }

  @Test(arguments: [
    "-----BEGIN RSA PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\r\n",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,7\n\n",
    "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n",
  ])
  func `EB160: private keys are found by what is in them`(start: String) {
    let sample = CheckSample(["a/key.txt": "\n\(start)\(Self.random(Self.base62 + "+/", 400))\n"])
    #expect(
      sample.lines(of: "EB160").map { $0.prefix(20) } == ["error a/key.txt:2:1 "[...]]
        || sample.lines(of: "EB160").count == 1)
    #expect(sample.lines(of: "EB161").isEmpty)
  }

  @Test func `Columns count code points`() {
    let sample = CheckSample(["a.py": "é = 'ghp_\(Self.checksummed(4))'\n"])
    #expect(sample.lines(of: "EB161") == ["error a.py:1:6 it holds a GitHub token"])
  }

  @Test func `A long line of beginnings is looked through at once`() {
    let line = String(repeating: "xoxb-", count: 40_000)
    let leaks = unsafe Array(line.utf8).withUnsafeBytes {
      unsafe LeakScanner.shared.leaks(in: $0)
    }
    #expect(leaks.isEmpty)
  }

  @Test func `EB160: a key among tests only warns, and contents that are no text are not read`() {
    let key = "-----BEGIN PRIVATE KEY-----\n" + Self.random(Self.base62, 400) + "\n"
    let sample = CheckSample([
      "tests/keys/a.pem": .init(stringLiteral: key), "image.png": .init(stringLiteral: "\0" + key),
    ])
    #expect(sample.lines(of: "EB160") == ["warning tests/keys/a.pem:1:1 it holds a private key"])
  }

  @Test func `EB132: files that are private by name are told`() {
    let sample = CheckSample([
      ".git/config": "x", ".ssh/id_ed25519": "x", ".aws/credentials": "x", ".env": "A=1",
      "certs/site.p12": "x", ".env.production": "x", "home/.netrc": "x",
    ])
    #expect(
      sample.lines(of: "EB132") == [
        "error .aws/credentials it is called like a file of credentials",
        "error .env '.env' holds secrets as a rule, and is not on the list of secrets",
        "error .git/config it is a part of git's own data",
        "error .ssh/id_ed25519 it is called like an SSH key",
        "error home/.netrc it is called like a file of credentials",
        "warning .env.production '.env.production' holds secrets as a rule, and is not on the list "
          + "of secrets",
        "warning certs/site.p12 it is called like a store of keys",
      ])
    let more = CheckSample([
      "config/master.key": "x", ".platform/nginx/.htpasswd": "x", "tests/id_rsa": "x",
    ])
    #expect(
      more.lines(of: "EB132") == [
        "error config/master.key it is called like the key of Rails' credentials",
        "warning .platform/nginx/.htpasswd it holds hashes of passwords",
        "warning tests/id_rsa it is called like an SSH key",
      ])
    let near = CheckSample([
      ".env.example": "x", ".github/config": "x", "id_rsa.pub": "x", "aws/credentials.md": "x",
      "global-bundle.pem": "-----BEGIN CERTIFICATE-----", ".gitignore": "x", ".env": .secret("A=1"),
    ])
    #expect(near.lines(of: "EB132").isEmpty)
  }

  @Test func `EB133: secrets that are empty or not filled in are told, not what they say`() {
    let sample = CheckSample([
      ".secrets/a": .secret(""), ".secrets/b.yml": .secret("user: me\npassword: \"changeme\"\n"),
      "prod.env": .secret("A=1\r\nB=2\r\n"),
    ])
    #expect(
      sample.lines(of: "EB133") == [
        "error .secrets/a the secret is empty",
        "warning .secrets/b.yml:2 the secret has a place that is not filled in",
        "warning prod.env its lines end in CRLF, which becomes a part of the values",
      ])
    #expect(sample.bundle.contents(of: ".secrets/b.yml") == nil)
    let near = CheckSample([
      "a": .secret("password: changeme-9d8f\n"), "b.txt": .secret("A=1\r\n"), "c.env": "X=TODO\n",
    ])
    #expect(near.lines(of: "EB133").isEmpty)
  }

  @Test func `Paths and fingerprints that are allowed are not told`() throws {
    let token = "ghp_" + Self.checksummed(9)
    var sample = CheckSample(["a.py": "'\(token)'", "b.py": "'\(token)'", "id_rsa": "x"])
    let prints = Set(sample.findings.compactMap(\.sighting.fingerprint))
    #expect(prints.count == 1)
    sample.settings.allowed = [Setting("/a.py", from: .builtIn), Setting("id_rsa", from: .builtIn)]
    #expect(sample.findings.map(\.path) == ["b.py"])
    sample.settings.allowed = [Setting(try #require(prints.first), from: .builtIn)]
    #expect(sample.findings.map(\.path) == ["id_rsa"])
  }

  @Test func `Random text holds no secrets`() {
    let scanner = LeakScanner.shared
    for seed in 0..<40 as Range<UInt64> {
      let text = Self.random(Self.base62 + " _-.=\n\"'/", 20_000, seed: seed)
      let leaks = unsafe Array(text.utf8).withUnsafeBytes { unsafe scanner.leaks(in: $0) }
      #expect(leaks.isEmpty, "\(seed) \(leaks)")
    }
  }
}
