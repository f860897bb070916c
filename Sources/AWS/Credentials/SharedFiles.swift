import FoundationEssentials

/// What both shared files hold, taken together as botocore's `Session.full_config` does.
struct SharedFiles: Sendable {
  typealias Profile = [String: SharedFile.Value]

  /// Both files' paths, whether they exist or not.
  let configPath: String
  let credentialsPath: String
  /// Profiles of both files; where both have a key, the credentials file's counts.
  private(set) var profiles: [String: Profile] = [:]
  /// Profiles of the config file alone.
  private(set) var configured: [String: Profile] = [:]
  /// Sections of the credentials file, where a section's name is the profile's.
  private(set) var credentials: [String: Profile] = [:]
  private(set) var sessions: [String: Profile] = [:]
  private(set) var services: [String: Profile] = [:]

  /// Reads the files that `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name, or those in
  /// `~/.aws`. A file that is not there, or that may not be read, is an empty one, as for botocore.
  init(environment: [String: String], home: String?) throws(CredentialError) {
    func path(_ variable: String, _ usual: String) -> String {
      let named = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
      return Self.expanded(named ?? usual, environment, home)
    }
    configPath = path("AWS_CONFIG_FILE", "~/.aws/config")
    credentialsPath = path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")

    for section in try Self.read(configPath).sections {
      sort(section.name, section.values)
    }
    profiles = configured
    for section in try Self.read(credentialsPath).sections {
      credentials[section.name] = section.values
      profiles[section.name, default: [:]].merge(section.values) { $1 }
    }
  }

  /// Puts a section of the config file where it belongs, as `configloader.build_profile_map`: the
  /// last one of a name counts, and `[profile default]` and `[default]` are one name.
  private mutating func sort(_ section: String, _ values: Profile) {
    if section == "default" {
      configured[section] = values
    } else if section.hasPrefix("profile") {
      if let name = Self.name(in: section) { configured[name] = values }
    } else if section.hasPrefix("sso-session") {
      if let name = Self.name(in: section) { sessions[name] = values }
    } else if section.hasPrefix("services") {
      if let name = Self.name(in: section) { services[name] = values }
    }
  }

  /// The second of a section's two words.
  private static func name(in section: String) -> String? {
    let words = shellWords(section) ?? []
    return words.count == 2 ? words[1] : nil
  }

  private static func read(_ path: String) throws(CredentialError) -> SharedFile {
    guard let data = contents(path) else { return SharedFile() }
    do {
      return try SharedFile(parsing: data)
    } catch {
      throw .badFile(path: path, line: error.line, reason: error.reason)
    }
  }

  /// The bytes of a regular file; `nil` where there is none that can be read.
  static func contents(_ path: String) -> [UInt8]? {
    let type = (try? FileManager.default.attributesOfItem(atPath: resolved(path)))?[.type]
    guard type as? FileAttributeType == .typeRegular else { return nil }
    return FileManager.default.contents(atPath: path).map { Array($0) }
  }

  private static func resolved(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
  }

  /// `~` at the beginning and `$NAME` or `${NAME}` anywhere, as Python's `expandvars` and
  /// `expanduser`; a name that is not set stays as it is.
  static func expanded(_ path: String, _ environment: [String: String], _ home: String?) -> String {
    var result = ""
    var rest = path[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...]
      let after = rest.dropFirst()
      let name: Substring
      let whole: Substring
      if after.first == "{", let end = after.firstIndex(of: "}") {
        name = after[after.index(after: after.startIndex)..<end]
        whole = rest[...end]
      } else {
        name = after.prefix {
          $0 == "_" || $0.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit }
        }
        whole = rest[..<name.endIndex]
      }
      result += environment[String(name)] ?? String(whole)
      rest = rest[whole.endIndex...]
    }
    result += rest
    guard let home, result == "~" || result.hasPrefix("~/") else { return result }
    return home + result.dropFirst()
  }
}

extension [String: SharedFile.Value] {
  /// A key's value, unless it holds keys of its own.
  func text(_ key: String) -> String? {
    guard case .text(let text)? = self[key] else { return nil }
    return text
  }

  /// What a key holds below it; nothing for a plain value.
  func nested(_ key: String) -> [String: String] {
    guard case .nested(let nested)? = self[key] else { return [:] }
    return nested
  }
}
