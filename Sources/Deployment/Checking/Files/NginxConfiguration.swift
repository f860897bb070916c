/// A configuration file of nginx: its directives, each with its place.
///
/// Source of the syntax: `ngx_conf_read_token` of nginx's `src/core/ngx_conf_file.c`.
package struct NginxConfiguration: Sendable, Equatable {
  package struct Word: Sendable, Equatable {
    package let text: String
    /// Counted from 1.
    package let line: Int
    /// In characters, counted from 1.
    package let column: Int
    package let isQuoted: Bool
    /// Whether nothing but blanks stands before it in its line.
    package let isFirst: Bool
  }

  package struct Directive: Sendable, Equatable {
    package let name: Word
    package let arguments: [Word]
    /// What stands in its braces; `nil` for one that ends in a semicolon.
    package let block: [Directive]?
  }

  /// Why nginx refuses it.
  package struct Problem: Error, Sendable, Equatable {
    /// Lower case, no full stop.
    package let reason: String
    package let line: Int
    package let column: Int
  }

  /// What could be read before the problem, if there is one.
  package let directives: [Directive]
  package let problem: Problem?

  package init(_ bytes: [UInt8]) { self.init(String(decoding: bytes, as: UTF8.self)) }

  package init(_ text: String) {
    var reader = NginxReader(text)
    problem = reader.run()
    directives = reader.directives
  }

  /// Every directive, those in blocks too, with the names of the blocks around each.
  package var all: [(directive: Directive, blocks: [Directive])] {
    var found: [(Directive, [Directive])] = []
    func walk(_ directives: [Directive], _ blocks: [Directive]) {
      for directive in directives {
        found.append((directive, blocks))
        if let block = directive.block { walk(block, blocks + [directive]) }
      }
    }
    walk(directives, [])
    return found
  }

  /// Every directive of a name.
  package func directives(_ names: String...) -> [Directive] {
    all.map(\.directive).filter { names.contains($0.name.text) }
  }

  /// What `include`s name.
  package var includes: [Word] { directives("include").compactMap(\.arguments.first) }

  /// The names that `upstream` defines, in lower case.
  package var upstreams: [String] {
    directives("upstream").compactMap { $0.arguments.first?.text.lowercased() }
  }

  // MARK: - Where requests go

  /// A host that requests are handed to.
  package struct Target: Sendable, Equatable {
    package let host: String
    package let port: Int?
    /// Where it is written.
    package let word: Word
  }

  /// The hosts of `server` in `upstream`, and those of `proxy_pass` and its kin, without those that
  /// are a variable's or a socket's.
  package var targets: [Target] {
    all.compactMap { directive, blocks in
      guard let word = directive.arguments.first else { return nil }
      switch directive.name.text {
      case "server" where blocks.last?.name.text == "upstream": return Self.target(word)
      case "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass":
        return Self.target(word)
      default: return nil
      }
    }
  }

  /// Reads `[scheme://]host[:port][/path]`.
  private static func target(_ word: Word) -> Target? {
    var rest = word.text[...]
    if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.isEmpty, !authority.contains("$"), !authority.hasPrefix("unix:") else {
      return nil
    }
    // An address of IPv6 stands in brackets.
    if authority.hasPrefix("[") {
      return Target(host: String(authority.prefix { $0 != "]" }) + "]", port: nil, word: word)
    }
    let parts = authority.split(separator: ":", maxSplits: 1)
    guard let host = parts.first else { return nil }
    return Target(
      host: host.lowercased(), port: parts.count > 1 ? PortNumbers.number(parts[1]) : nil,
      word: word)
  }
}

extension NginxConfiguration {
  /// Directives that go on with what looks like the next one, because a semicolon is missing, and
  /// whether nginx refuses them. Those of any number of words take it in without a word.
  var swallowed: [(directive: Directive, word: Word, isRefused: Bool)] {
    all.compactMap { directive, _ in
      guard
        let word = directive.arguments.first(where: {
          $0.isFirst && !$0.isQuoted && Self.common.contains($0.text)
        })
      else { return nil }
      return (
        directive, word,
        Self.common.contains(directive.name.text)
          && !Self.anyCount.contains(directive.name.text)
      )
    }
  }

  /// Directives that nobody writes as an argument at the beginning of a line.
  private static let common: Set<String> = [
    "listen", "server_name", "location", "server", "proxy_pass", "proxy_set_header",
    "proxy_http_version", "proxy_read_timeout", "proxy_connect_timeout", "proxy_redirect",
    "proxy_buffering", "client_max_body_size", "include", "access_log", "error_log", "try_files",
    "rewrite", "add_header", "gzip", "gzip_types", "keepalive_timeout", "fastcgi_pass",
    "fastcgi_param", "return",
  ]
  /// Of these, those that take any number of words.
  private static let anyCount: Set<String> = ["server_name", "try_files", "gzip_types"]
}
