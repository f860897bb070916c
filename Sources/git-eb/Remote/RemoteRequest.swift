import Git

/// What git asks of a remote helper, a line each. Source: gitremote-helpers(7).
enum RemoteRequest: Equatable {
  case capabilities
  case option(name: String, value: String)
  case list(forPush: Bool)
  case fetch(ObjectID)
  case push(RemoteUpdate)

  /// `nil` for anything else.
  init?(_ line: String) {
    let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      .map(String.init)
    switch (words[0], words.count) {
    case ("capabilities", 1): self = .capabilities
    case ("list", 1): self = .list(forPush: false)
    case ("list", 2) where words[1] == "for-push": self = .list(forPush: true)
    case ("option", 3): self = .option(name: words[1], value: words[2])
    case ("fetch", 3):
      guard let id = ObjectID(hex: words[1]) else { return nil }
      self = .fetch(id)
    case ("push", 2...):
      guard let update = RemoteUpdate(String(line.dropFirst("push ".count))) else { return nil }
      self = .push(update)
    default: return nil
    }
  }

  /// What the helper can do.
  static let supported = ["fetch", "option", "push"]
}

/// A reference of the remote, and what it is to become.
struct RemoteUpdate: Equatable {
  /// What is pushed, in any of git's ways to name a commit; `nil` deletes.
  var source: String?
  /// The full name of the remote's reference.
  var destination: String
  /// Whether `+` stands before it, as with `--force`.
  var isForced: Bool

  /// Reads `[+]<source>:<destination>`. No reference's name has a colon.
  init?(_ text: String) {
    isForced = text.hasPrefix("+")
    let text = text.dropFirst(isForced ? 1 : 0)
    guard let colon = text.lastIndex(of: ":") else { return nil }
    source = colon == text.startIndex ? nil : String(text[..<colon])
    destination = String(text[text.index(after: colon)...])
  }

  /// The branch that is pushed to; `nil` for a tag.
  var branch: BranchName? { BranchName(fullName: destination) }

  var isTag: Bool { destination.hasPrefix("refs/tags/") }

  /// Without `refs/heads/` or `refs/tags/`.
  var shortName: String {
    branch?.text ?? (isTag ? String(destination.dropFirst("refs/tags/".count)) : destination)
  }
}

/// What became of an update, in the words that git understands. Source: `push_update_ref_status`
/// in git's transport-helper.c.
struct RemoteAnswer {
  enum Status {
    case done
    /// What ran was not an ancestor.
    case forced
    case upToDate
    /// Passed over, without a word of git's.
    case ignored
    /// `(non-fast-forward)`.
    case backwards
    /// `(fetch first)`.
    case unknownCommit
    /// `(stale info)`.
    case stale
    /// `[remote rejected]`, with the reason.
    case failed(String)

    var isRefusal: Bool {
      switch self {
      case .done, .forced, .upToDate, .ignored: false
      case .backwards, .unknownCommit, .stale, .failed: true
      }
    }
  }

  var destination: String
  var status: Status

  var line: String {
    switch status {
    case .done: "ok \(destination)"
    case .forced: "ok \(destination) forced update"
    case .upToDate: "ok \(destination) up to date"
    case .ignored: "error \(destination) no match"
    case .backwards: "error \(destination) non-fast forward"
    case .unknownCommit: "error \(destination) fetch first"
    case .stale: "error \(destination) stale info"
    case .failed(let reason): "error \(destination) \(reason)"
    }
  }
}

/// What git was told on its command line.
struct RemoteOptions {
  /// 0 is `--quiet`.
  private(set) var verbosity = 1
  private(set) var showsProgress = false
  private(set) var isDryRun = false
  private(set) var isAtomic = false
  private(set) var isCloning = false
  /// The full id that `--force-with-lease` expects, by reference; all zeros where it expects none.
  private(set) var leases: [String: String] = [:]

  var isQuiet: Bool { verbosity == 0 }

  /// Takes note of an option, and gives the answer.
  mutating func set(_ name: String, to value: String) -> String {
    let flag: Bool? = value == "true" ? true : value == "false" ? false : nil
    switch name {
    case "verbosity":
      guard let number = Int(value) else { return "error it is a number" }
      verbosity = number
    case "progress":
      guard let flag else { return Self.noFlag }
      showsProgress = flag
    case "dry-run":
      guard let flag else { return Self.noFlag }
      isDryRun = flag
    case "atomic":
      guard let flag else { return Self.noFlag }
      isAtomic = flag
    case "cloning":
      guard let flag else { return Self.noFlag }
      isCloning = flag
    case "cas":
      guard let lease = Self.lease(value) else { return "error it reads <reference>:<id>" }
      leases[lease.reference] = lease.id
    // git has looked for itself.
    case "force-if-includes": return flag == nil ? Self.noFlag : "ok"
    // Nobody asks here.
    case "pushcert": return value == "if-asked" ? "ok" : "unsupported"
    default: return "unsupported"
    }
    return "ok"
  }

  private static let noFlag = "error it is true or false"

  /// git quotes a reference with unusual characters.
  private static func lease(_ value: String) -> (reference: String, id: String)? {
    let bytes = CQuoting.unquote(value.utf8)?.value ?? Array(value.utf8)
    let text = String(decoding: bytes, as: UTF8.self)
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let id = String(text[text.index(after: colon)...])
    return ObjectID(hex: id) == nil ? nil : (String(text[..<colon]), id)
  }
}
