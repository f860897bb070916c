/// The shape of a secret that is told from other text by what it begins with.
///
/// Shapes are those that the services publish so that scanners can find their tokens; each says
/// where it is from.
struct LeakPattern: Sendable {
  /// For people, such as `a GitHub token`.
  let name: String
  /// What it begins with: any of these, at least three bytes each.
  let beginnings: [String]
  /// What may follow, and how much of it.
  let alphabet: Alphabet
  let counts: ClosedRange<Int>
  let test: Test
  /// Blanks, quotes, colons and equals signs between the beginning and the secret, as after a
  /// name: only the rest is the secret then.
  let isAssigned: Bool
  let severity: Severity

  enum Alphabet: Sendable {
    case base62
    /// With `_` and `-`.
    case base64URL
    /// With `+`, `/` and `=`.
    case base64
    case hexadecimal
    /// `A`–`Z` and `2`–`7`.
    case base32
    /// Base 62 with `.`, `_` and `-`.
    case dotted

    var bytes: [UInt8] { (0...127).filter(contains) }

    func contains(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "1"), UInt8(ascii: "8")...UInt8(ascii: "9"):
        self != .base32
      case UInt8(ascii: "2")...UInt8(ascii: "7"): true
      case UInt8(ascii: "a")...UInt8(ascii: "f"): self != .base32
      case UInt8(ascii: "A")...UInt8(ascii: "F"): true
      case UInt8(ascii: "g")...UInt8(ascii: "z"): self != .base32 && self != .hexadecimal
      case UInt8(ascii: "G")...UInt8(ascii: "Z"): self != .hexadecimal
      case UInt8(ascii: "_"), UInt8(ascii: "-"): self == .base64URL || self == .dotted
      case UInt8(ascii: "."): self == .dotted
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): self == .base64
      default: false
      }
    }
  }

  enum Test: Sendable {
    /// Bits for each character that it must have at least, as random text has.
    case entropy(Double)
    /// The last six characters are the CRC-32 of those before, in base 62.
    case checksum
    /// What is in a PEM file: enough base 64 follows.
    case keyMaterial
  }

  init(
    _ name: String, _ beginnings: [String], _ alphabet: Alphabet, _ counts: ClosedRange<Int>,
    _ test: Test = .entropy(3), isAssigned: Bool = false, severity: Severity = .error
  ) {
    self.name = name
    self.beginnings = beginnings
    self.alphabet = alphabet
    self.counts = counts
    self.test = test
    self.isAssigned = isAssigned
    self.severity = severity
  }

  static let privateKey = "a private key"

  /// Longer than any token.
  private static let long = 400

  static let all: [LeakPattern] = [
    // RFC 7468, and RFC 9580 for OpenPGP's.
    LeakPattern(privateKey, ["PRIVATE KEY"], .base64, 0...0, .keyMaterial),
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    LeakPattern(
      "an AWS access key ID", ["AKIA", "ASIA"], .base32, 16...16, severity: .warning),
    LeakPattern(
      "an AWS secret access key",
      ["ecret_access_key", "ECRET_ACCESS_KEY", "ecretAccessKey", "ecret-access-key"], .base64,
      40...40, .entropy(4), isAssigned: true),
    // https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    LeakPattern(
      "a GitHub token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], .base62, 36...36, .checksum),
    LeakPattern("a GitHub token", ["github_pat_"], .base64URL, 82...82),
    // https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/
    LeakPattern("an npm token", ["npm_"], .base62, 36...36, .checksum),
    // https://docs.gitlab.com/security/tokens/#token-prefixes
    LeakPattern(
      "a GitLab token", ["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-"], .dotted,
      20...64),
    // https://warehouse.pypa.io/development/token-scanning.html
    LeakPattern("a PyPI token", ["pypi-AgEIcHlwaS5vcmc"], .base64URL, 50...long),
    // https://guides.rubygems.org/api-key-scopes/
    LeakPattern("a RubyGems key", ["rubygems_"], .hexadecimal, 48...48),
    // https://api.slack.com/authentication/token-types
    LeakPattern(
      "a Slack token", ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"], .base64URL,
      24...long),
    LeakPattern(
      "a Slack webhook", ["hooks.slack.com/services/T"], .base64, 36...60),
    // https://docs.stripe.com/keys
    LeakPattern("a Stripe key", ["sk_live_", "rk_live_"], .base62, 20...long),
    LeakPattern("a Stripe webhook secret", ["whsec_"], .base62, 32...64),
    // https://cloud.google.com/docs/authentication/api-keys
    LeakPattern(
      "a Google API key", ["AIza"], .base64URL, 35...35, .entropy(3.5), severity: .warning),
    LeakPattern("a Google OAuth client secret", ["GOCSPX-"], .base64URL, 28...28),
    // https://docs.sendgrid.com/ui/account-and-settings/api-keys
    LeakPattern("a SendGrid key", ["SG."], .dotted, 66...66, .entropy(4)),
    // Anybody's digest may be called so.
    LeakPattern("a Mailgun key", ["key-"], .hexadecimal, 32...32, severity: .warning),
    LeakPattern("a Mailchimp key", ["mailchimp_api_key"], .hexadecimal, 32...32, isAssigned: true),
    LeakPattern("an OpenAI key", ["sk-proj-", "sk-svcacct-"], .base64URL, 40...long),
    LeakPattern("an Anthropic key", ["sk-ant-"], .base64URL, 80...long),
    LeakPattern("a Hugging Face token", ["hf_"], .base62, 34...34, .entropy(3.5)),
    LeakPattern(
      "a DigitalOcean token", ["dop_v1_", "doo_v1_", "dor_v1_"], .hexadecimal, 64...64),
    LeakPattern(
      "a Shopify token", ["shpat_", "shpca_", "shppa_", "shpss_"], .hexadecimal, 32...32),
    LeakPattern("an age key", ["AGE-SECRET-KEY-1"], .base62, 58...58),
    LeakPattern("an Azure storage key", ["AccountKey="], .base64, 86...88, .entropy(4)),
    LeakPattern("a Databricks token", ["dapi"], .hexadecimal, 32...32),
    LeakPattern("a Doppler token", ["dp.pt.", "dp.st."], .dotted, 40...64),
    LeakPattern("a Vault token", ["hvs.", "hvb."], .base64URL, 90...long),
    LeakPattern("a Grafana token", ["glsa_", "glc_"], .base64URL, 41...long),
    LeakPattern("a New Relic key", ["NRAK-"], .base62, 27...27),
    LeakPattern("a Linear key", ["lin_api_"], .base62, 40...40),
    LeakPattern("an Atlassian token", ["ATATT3"], .base64, 180...long),
    LeakPattern("a PlanetScale token", ["pscale_tkn_", "pscale_pw_"], .dotted, 32...64),
    LeakPattern("a Sentry token", ["sntrys_"], .base64, 80...long),
  ]
}

/// Something in a file that looks like a secret. Its value is not kept.
package struct Leak: Sendable, Hashable {
  /// For people, such as `a GitHub token`.
  package let name: String
  package let severity: Severity
  /// Counted from 1.
  package let line: Int
  /// In code points, counted from 1.
  package let column: Int
  /// 16 hexadecimal digits that tell it from others, the same wherever it stands.
  package let fingerprint: String
}
