/// Finds a repository as git does, in git's order (`setup.c`): the environment first, then upwards
/// from a directory.
///
/// libgit2's own search knows neither `GIT_WORK_TREE`, `SUDO_UID` nor `git -c safe.directory=…`.
struct Discovery {
  private let environment: [String: String]
  private let start: String

  private static let operation = "find the repository"

  init(startingAt path: String, environment: [String: String]) throws(GitError) {
    self.environment = environment
    let absolute = (FileSystem.workingDirectory() ?? "/").appending(path: path)
    guard let real = FileSystem.realPath(absolute) else {
      throw GitError(.notFound, Self.operation, path)
    }
    start = real
  }

  /// What was found, before any of its configuration was read.
  private struct Found {
    var gitDirectory: String
    /// The directory that `.git` was seen in; `nil` for a bare repository or one from `GIT_DIR`.
    var workTree: String?
    /// The file `.git` that led there.
    var gitFile: String?
    var isExplicit: Bool
  }

  func location() throws(GitError) -> Location {
    let found = try search()
    if !found.isExplicit { try refuseDubious(found) }
    let gitDirectory = FileSystem.realPath(found.gitDirectory) ?? found.gitDirectory
    let (commonDirectory, isLinked) = try commonDirectory(of: gitDirectory)
    let format = try RepositoryFormat(
      gitDirectory: gitDirectory, commonDirectory: commonDirectory, isLinked: isLinked)
    let workTree = try workTree(of: found, gitDirectory, format)
    var prefix = ""
    if let workTree {
      if let below = start.afterPrefix(workTree == "/" ? "/" : workTree + "/") { prefix = below }
    }
    let loader = ConfigurationLoader(
      environment: environment, gitDirectory: gitDirectory, commonDirectory: commonDirectory)
    let configuration = try loader.load()
    // git goes to the top of the work tree before it opens these.
    let top = workTree ?? start
    func path(_ variable: String) -> String? {
      environment.nonEmpty(variable).map { top.appending(path: $0).normalizedPath }
    }
    let shallow = path("GIT_SHALLOW_FILE") ?? commonDirectory.appending(path: "shallow")
    let alternates = AlternateList.parse(environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] ?? "")
    return Location(
      gitDirectory: gitDirectory,
      commonDirectory: commonDirectory,
      workTree: workTree,
      prefix: prefix,
      indexPath: path("GIT_INDEX_FILE") ?? gitDirectory.appending(path: "index"),
      objectDirectory: path("GIT_OBJECT_DIRECTORY") ?? commonDirectory.appending(path: "objects"),
      alternates: alternates.map { top.appending(path: $0).normalizedPath },
      configuration: configuration,
      isPartialClone: configuration["extensions.partialclone"] != nil
        || configuration.entries.contains(where: Self.isPromise),
      shallowCommits: try Self.identifiers(in: shallow),
      environment: environment,
      replacements: try Replacements.read(
        commonDirectory, configuration: configuration, environment: environment))
  }

  /// Whether the entry says that a remote has the objects that are missing here.
  private static func isPromise(_ entry: GitConfiguration.Entry) -> Bool {
    guard entry.name.hasPrefix("remote.") else { return false }
    return entry.name.hasSuffix(".partialclonefilter")
      || (entry.name.hasSuffix(".promisor") && GitConfiguration.bool(entry.value) == true)
  }

  /// The ids in a file that has one on each line.
  private static func identifiers(in path: String) throws(GitError) -> Set<ObjectID> {
    guard let bytes = try FileSystem.contents(of: path, for: operation) else { return [] }
    return Set(
      bytes.split(separator: 0x0a).compactMap {
        ObjectID(hex: String(decoding: $0, as: UTF8.self))
      })
  }

  private func absolute(_ path: String) -> String {
    start.appending(path: path).normalizedPath
  }

  // MARK: - The search

  private func search() throws(GitError) -> Found {
    if let path = environment.nonEmpty("GIT_DIR") {
      let directory = absolute(path)
      let target = try linkTarget(ofFile: directory) ?? directory
      guard isGitDirectory(target) else {
        throw GitError(.notARepository, Self.operation, path)
      }
      return Found(gitDirectory: target, isExplicit: true)
    }
    let ceilings = ceilings()
    let crossesFileSystems =
      GitConfiguration.bool(environment["GIT_DISCOVERY_ACROSS_FILESYSTEM"] ?? "") == true
    let device = FileSystem.status(of: start)?.device
    var directory = start
    while true {
      let dotGit = directory.appending(path: ".git")
      if let target = try linkTarget(ofFile: dotGit) {
        guard isGitDirectory(target) else {
          throw GitError(.notARepository, Self.operation, target, detail: "named by '\(dotGit)'")
        }
        return Found(
          gitDirectory: target, workTree: directory, gitFile: dotGit, isExplicit: false)
      }
      if isGitDirectory(dotGit) {
        return Found(gitDirectory: dotGit, workTree: directory, isExplicit: false)
      }
      if isGitDirectory(directory) {
        return Found(gitDirectory: directory, isExplicit: false)
      }
      if directory == "/" { break }
      directory = directory.parentPath
      // A ceiling itself is not looked at, nor anything above it.
      if ceilings.contains(directory) { break }
      if !crossesFileSystems, FileSystem.status(of: directory)?.device != device { break }
    }
    throw GitError(.notARepository, Self.operation, start)
  }

  /// The directories that the search must not reach. Behind an empty entry git does not resolve
  /// links.
  private func ceilings() -> Set<String> {
    var ceilings: Set<String> = []
    var resolvesLinks = true
    let list = environment["GIT_CEILING_DIRECTORIES"] ?? ""
    for entry in list.split(separator: ":", omittingEmptySubsequences: false) {
      let path = String(entry)
      if path.isEmpty {
        resolvesLinks = false
      } else if path.isAbsolutePath {
        let real = resolvesLinks ? FileSystem.realPath(path) ?? path : path
        // The directory where the search starts is looked at even when it is a ceiling.
        if real.normalizedPath != start { ceilings.insert(real.normalizedPath) }
      }
    }
    return ceilings
  }

  /// What `gitdir: …` in a file names; `nil` when `path` is no file.
  private func linkTarget(ofFile path: String) throws(GitError) -> String? {
    guard FileSystem.isFile(path),
      let bytes = try FileSystem.read(path, limit: 1 << 20, for: Self.operation)
    else { return nil }
    guard let text = String(decoding: bytes, as: UTF8.self).afterPrefix("gitdir: ") else {
      throw GitError(.notARepository, Self.operation, path, detail: "invalid gitfile format")
    }
    let target = text.trimmingLineEnds
    guard !target.isEmpty else {
      throw GitError(.notARepository, Self.operation, path, detail: "no path in gitfile")
    }
    return path.parentPath.appending(path: target).normalizedPath
  }

  /// git's `is_git_directory`: a HEAD that could be one, objects and refs.
  private func isGitDirectory(_ path: String) -> Bool {
    guard hasHead(path), let (common, _) = try? commonDirectory(of: path) else { return false }
    let objects =
      environment.nonEmpty("GIT_OBJECT_DIRECTORY").map(absolute)
      ?? common.appending(path: "objects")
    return FileSystem.isEnterable(objects)
      && FileSystem.isEnterable(common.appending(path: "refs"))
  }

  private func hasHead(_ path: String) -> Bool {
    let head = path.appending(path: "HEAD")
    if let target = FileSystem.target(ofLink: head) {
      return target.starts(with: "refs/".utf8)
    }
    guard FileSystem.isFile(head),
      let bytes = try? FileSystem.read(head, limit: 256, for: Self.operation)
    else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    if let target = text.afterPrefix("ref:") {
      return target.drop { $0 == " " || $0 == "\t" }.hasPrefix("refs/")
    }
    // A detached HEAD, with the digits of SHA-1 or of a longer hash.
    return bytes.prefix { $0.isDigit || (97...102).contains($0 | 0x20) }.count >= 40
  }

  private func commonDirectory(
    of gitDirectory: String
  ) throws(GitError) -> (path: String, isLinked: Bool) {
    var named: String?
    if let bytes = try FileSystem.read(
      gitDirectory.appending(path: "commondir"), limit: 1 << 16, for: Self.operation)
    {
      let path = String(decoding: bytes, as: UTF8.self).trimmingLineEnds
      let joined = gitDirectory.appending(path: path)
      named = FileSystem.realPath(joined) ?? joined.normalizedPath
    }
    if let path = environment.nonEmpty("GIT_COMMON_DIR") {
      let wanted = FileSystem.realPath(absolute(path)) ?? absolute(path)
      guard wanted == named ?? (FileSystem.realPath(gitDirectory) ?? gitDirectory) else {
        throw GitError(.unsupportedCommonDirectory, Self.operation, path)
      }
      return (wanted, true)
    }
    return (named ?? gitDirectory, named != nil)
  }

  // MARK: - What was found

  private func refuseDubious(_ found: Found) throws(GitError) {
    let paths = [found.gitFile, found.workTree, found.gitDirectory].compactMap { $0 }
    let isOwn = paths.allSatisfy { Ownership.isOwn($0, environment: environment) }
    let isPlainlyBare =
      found.workTree == nil
      && !found.gitDirectory.utf8.split(separator: UInt8(ascii: "/")).contains {
        $0.elementsEqual(".git".utf8)
      }
    guard !isOwn || isPlainlyBare else { return }

    let protected = try ConfigurationLoader(environment: environment).load(protected: true)
    let identity = found.workTree ?? found.gitDirectory
    if !isOwn && !Ownership.isAllowed(identity, by: protected, environment: environment) {
      throw GitError(.dubiousOwnership, Self.operation, identity)
    }
    if isPlainlyBare, protected["safe.barerepository"]?.value == "explicit" {
      throw GitError(.bareRepositoryRefused, Self.operation, found.gitDirectory)
    }
  }

  private func workTree(
    of found: Found, _ gitDirectory: String, _ format: RepositoryFormat
  ) throws(GitError) -> String? {
    let path: String
    if let named = environment.nonEmpty("GIT_WORK_TREE") {
      path = absolute(named)
    } else if let named = format.workTree {
      if format.isBare == true {
        throw GitError(
          .conflict, Self.operation, gitDirectory,
          detail: "core.bare and core.worktree do not make sense")
      }
      path = gitDirectory.appending(path: named).normalizedPath
    } else if format.isBare == true {
      return nil
    } else if found.isExplicit {
      if GitConfiguration.bool(environment["GIT_IMPLICIT_WORK_TREE"] ?? "1") == false {
        return nil
      }
      path = start
    } else if let workTree = found.workTree {
      path = workTree
    } else {
      return nil
    }
    return FileSystem.realPath(path) ?? path
  }
}

extension String {
  fileprivate var trimmingLineEnds: String {
    let end = utf8.lastIndex { $0 != 0x0a && $0 != 0x0d }
    return end.map { String(decoding: utf8[...$0], as: UTF8.self) } ?? ""
  }
}
