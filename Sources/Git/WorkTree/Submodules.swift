extension Repository {
  /// The repository of a submodule: the one that is checked out at `path`, or the one that git
  /// keeps for it beside its own; `nil` when there is neither.
  ///
  /// - Parameters:
  ///   - path: from the work tree's root.
  ///   - modules: the contents of `.gitmodules` where the submodule is recorded, which name it.
  package func submodule(at path: String, modules: [UInt8]?) throws(GitError) -> Repository? {
    if let workTree {
      let directory = workTree.appending(path: path)
      if FileSystem.status(of: directory.appending(path: ".git")) != nil,
        let found = try checkedOutSubmodule(at: directory)
      {
        return found
      }
    }
    let name = Self.submoduleName(of: path, in: modules ?? []) ?? path
    // As git: a name must not lead out of the directory of modules.
    guard !name.split(separator: "/").contains("..") else { return nil }
    let directory = commonDirectory.appending(path: "modules").appending(path: name)
    guard FileSystem.status(of: directory.appending(path: "HEAD")) != nil else { return nil }
    var environment = environmentOfOthers
    environment["GIT_DIR"] = directory
    return try Repository.discover(startingAt: directory, environment: environment)
  }

  /// The repository whose work tree is the directory `path`; `nil` when that is part of another's.
  func checkedOutSubmodule(at path: String) throws(GitError) -> Repository? {
    let found = try Repository.discover(startingAt: path, environment: environmentOfOthers)
    return found.workTree == path ? found : nil
  }

  /// The environment without what speaks of this repository alone.
  private var environmentOfOthers: [String: String] {
    location.environment.filter { !Self.ownVariables.contains($0.key) }
  }

  /// The variables that belong to one repository, as `git rev-parse --local-env-vars` lists them.
  private static let ownVariables: Set<String> = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX",
    "GIT_SHALLOW_FILE", "GIT_COMMON_DIR",
  ]

  /// The name whose `submodule.<name>.path` is `path`; `nil` when there is none, or no file.
  static func submoduleName(of path: String, in modules: [UInt8]) -> String? {
    guard let items = try? ConfigurationFile.parse(modules) else { return nil }
    let (prefix, suffix) = ("submodule.", ".path")
    let item = items.last {
      $0.value == path && $0.name.hasPrefix(prefix) && $0.name.hasSuffix(suffix)
    }
    guard let item, item.name.utf8.count > prefix.utf8.count + suffix.utf8.count else { return nil }
    return String(item.name.dropFirst(prefix.count).dropLast(suffix.count))
  }
}
