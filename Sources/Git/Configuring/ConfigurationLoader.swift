/// Reads git's configuration: which files, what they include, and what the command line says.
///
/// libgit2 1.5 knows neither `git -c`, `GIT_CONFIG_COUNT`, `GIT_CONFIG_GLOBAL` nor the origin of an
/// entry. The rules are git-config(1)'s.
struct ConfigurationLoader {
  let environment: [String: String]
  /// `nil` outside of a repository.
  var gitDirectory: String?
  var commonDirectory: String?

  private static let operation = "read the configuration"
  /// As git's MAX_INCLUDE_DEPTH.
  private static let deepest = 10

  struct Source: Equatable {
    var path: String
    var level: GitConfiguration.Level
  }

  /// The files that may apply, in order of rising precedence. They need not exist.
  func sources() -> [Source] {
    var sources: [Source] = []
    if GitConfiguration.bool(environment["GIT_CONFIG_NOSYSTEM"] ?? "") != true {
      sources.append(
        Source(path: environment["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig", level: .system))
    }
    if let global = environment["GIT_CONFIG_GLOBAL"] {
      sources.append(Source(path: global, level: .global))
    } else {
      if let path = environment.userPath("config") {
        sources.append(Source(path: path, level: .xdg))
      }
      if let home = environment.nonEmpty("HOME") {
        sources.append(Source(path: home.appending(path: ".gitconfig"), level: .global))
      }
    }
    if let commonDirectory {
      sources.append(Source(path: commonDirectory.appending(path: "config"), level: .local))
    }
    return sources
  }

  /// The whole configuration. `protected` leaves out what a repository itself can say, as git does
  /// for `safe.directory`.
  func load(protected: Bool = false) throws(GitError) -> GitConfiguration {
    var reading = Reading(loader: self, protected: protected, remoteURLs: nil)
    try reading.all()
    if reading.needsRemoteURLs {
      // `includeIf "hasconfig:remote.*.url:…"` asks about the rest of the configuration.
      let urls = reading.configuration.entries.compactMap { entry in
        entry.name.hasPrefix("remote.") && entry.name.hasSuffix(".url") ? entry.value : nil
      }
      reading = Reading(loader: self, protected: protected, remoteURLs: urls)
      try reading.all()
    }
    return reading.configuration
  }

  /// One file alone, without what it includes; empty when it is not there.
  static func file(
    _ path: String, level: GitConfiguration.Level
  ) throws(GitError) -> GitConfiguration {
    GitConfiguration(
      try items(of: path).map {
        .init(name: $0.name, value: $0.value, level: level, file: path, line: $0.line)
      })
  }

  private static func items(of path: String) throws(GitError) -> [ConfigurationFile.Item] {
    if path.isEmpty { return [] }
    guard let bytes = try FileSystem.contents(of: path, for: operation) else { return [] }
    do {
      return try ConfigurationFile.parse(bytes)
    } catch {
      throw GitError(.corrupt, operation, path, detail: "bad config line \(error.line)")
    }
  }

  /// One pass over everything.
  private struct Reading {
    let loader: ConfigurationLoader
    let protected: Bool
    let remoteURLs: [String]?
    var configuration = GitConfiguration()
    var needsRemoteURLs = false

    mutating func all() throws(GitError) {
      for source in loader.sources() {
        if protected && source.level == .local { continue }
        do {
          try read(source.path, source.level, depth: 0)
        } catch
          where error.code == .permission && error.subject == source.path
          && (source.level == .xdg || source.level == .global)
        {
          // As git: a home directory that may not be read is no reason to stop.
        }
      }
      if !protected, configuration.bool("extensions.worktreeConfig") == true,
        let gitDirectory = loader.gitDirectory
      {
        try read(gitDirectory.appending(path: "config.worktree"), .worktree, depth: 0)
      }
      for (name, value) in try CommandLineConfiguration.pairs(in: loader.environment) {
        try add(
          .init(name: name, value: value, level: .command, file: nil, line: nil), depth: 0)
      }
    }

    mutating func read(
      _ path: String, _ level: GitConfiguration.Level, depth: Int
    ) throws(GitError) {
      for item in try items(of: path) {
        try add(
          .init(name: item.name, value: item.value, level: level, file: path, line: item.line),
          depth: depth)
      }
    }

    mutating func add(_ entry: GitConfiguration.Entry, depth: Int) throws(GitError) {
      configuration.append(entry)
      if entry.name == "include.path" {
        try include(entry, depth: depth)
      } else if entry.name.hasPrefix("includeif."), entry.name.hasSuffix(".path"),
        entry.name.utf8.count > "includeif..path".utf8.count
      {
        let condition = entry.name.dropFirst("includeif.".count).dropLast(".path".count)
        if isTrue(String(condition), in: entry.file) { try include(entry, depth: depth) }
      }
    }

    mutating func include(_ entry: GitConfiguration.Entry, depth: Int) throws(GitError) {
      guard let value = entry.value, var path = loader.environment.expandingHome(value) else {
        throw GitError(
          .invalidName, operation, entry.file ?? entry.name, detail: "bad include path")
      }
      if !path.isAbsolutePath {
        guard let file = entry.file else {
          throw GitError(
            .invalidName, operation, value, detail: "relative config includes must come from files")
        }
        path = file.parentPath.appending(path: path)
      }
      if depth + 1 > ConfigurationLoader.deepest {
        throw GitError(.invalidName, operation, path, detail: "exceeded maximum include depth")
      }
      try read(path, entry.level, depth: depth + 1)
    }

    private mutating func isTrue(_ condition: String, in file: String?) -> Bool {
      if let pattern = condition.afterPrefix("gitdir:") {
        return isGitDirectory(pattern, in: file, ignoringCase: false)
      }
      if let pattern = condition.afterPrefix("gitdir/i:") {
        return isGitDirectory(pattern, in: file, ignoringCase: true)
      }
      if let pattern = condition.afterPrefix("onbranch:") {
        guard let branch = loader.branch else { return false }
        return Wildmatch.matches(pattern.hasSuffix("/") ? pattern + "**" : pattern, branch)
      }
      if let pattern = condition.afterPrefix("hasconfig:remote.*.url:") {
        needsRemoteURLs = remoteURLs == nil
        return (remoteURLs ?? []).contains { Wildmatch.matches(pattern, $0) }
      }
      return false
    }

    private func isGitDirectory(
      _ condition: String, in file: String?, ignoringCase: Bool
    ) -> Bool {
      guard let gitDirectory = loader.gitDirectory,
        var pattern = loader.environment.expandingHome(condition)
      else { return false }
      // Where the pattern begins behind a directory's name, that name is compared as letters.
      var prefix = ""
      if pattern.hasPrefix("./") {
        guard let file, let real = FileSystem.realPath(file) else { return false }
        prefix = real.parentPath + "/"
        pattern = prefix + pattern.dropFirst(2)
      } else if !pattern.isAbsolutePath {
        pattern = "**/" + pattern
      }
      if pattern.hasSuffix("/") { pattern += "**" }
      return [FileSystem.realPath(gitDirectory), gitDirectory].contains { candidate in
        guard let candidate, candidate.utf8.count >= prefix.utf8.count else { return false }
        let head = candidate.prefix(prefix.count)
        guard ignoringCase ? head.lowercased() == prefix.lowercased() : head == prefix else {
          return false
        }
        return Wildmatch.matches(
          String(pattern.dropFirst(prefix.count)), String(candidate.dropFirst(prefix.count)),
          ignoringCase: ignoringCase)
      }
    }
  }

  /// The short name of the branch that HEAD names, whether it is born or not.
  private var branch: String? {
    guard let gitDirectory else { return nil }
    let head = gitDirectory.appending(path: "HEAD")
    let target: String
    if let link = FileSystem.target(ofLink: head) {
      target = String(decoding: link, as: UTF8.self)
    } else if let bytes = try? FileSystem.read(head, limit: 4096, for: Self.operation),
      let name = String(decoding: bytes, as: UTF8.self).afterPrefix("ref:")
    {
      target = name
    } else {
      return nil
    }
    let trimmed = target.drop { $0 == " " || $0 == "\t" }.prefix { $0 != "\n" && $0 != "\r\n" }
    return String(trimmed).afterPrefix("refs/heads/")
  }
}

extension String {
  /// The rest when this text begins with `prefix`.
  func afterPrefix(_ prefix: String) -> String? {
    utf8.starts(with: prefix.utf8)
      ? String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
  }
}

extension [String: String] {
  func nonEmpty(_ name: String) -> String? {
    self[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// `name` in the user's directory of git files: `$XDG_CONFIG_HOME/git` or `~/.config/git`.
  func userPath(_ name: String) -> String? {
    if let directory = nonEmpty("XDG_CONFIG_HOME") {
      return directory.appending(path: "git/\(name)")
    }
    return nonEmpty("HOME").map { $0.appending(path: ".config/git/\(name)") }
  }

  /// A leading `~/` or `~user/` resolved; `nil` when there is no such home.
  func expandingHome(_ path: String) -> String? {
    guard path.hasPrefix("~") else { return path }
    let user = path.dropFirst().prefix { $0 != "/" }
    let rest = path.dropFirst(1 + user.count).drop { $0 == "/" }
    let home = user.isEmpty ? nonEmpty("HOME") : FileSystem.home(ofUser: String(user))
    return home.map { rest.isEmpty ? $0 : $0.appending(path: String(rest)) }
  }
}
