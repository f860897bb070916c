/// What a repository's own configuration says about its format, by git's rules on versions.
struct RepositoryFormat {
  private(set) var isBare: Bool?
  private(set) var workTree: String?

  private static let operation = "open the repository"

  init(gitDirectory: String, commonDirectory: String, isLinked: Bool) throws(GitError) {
    var configuration = try ConfigurationLoader.file(
      commonDirectory.appending(path: "config"), level: .local)
    let version =
      configuration["core.repositoryformatversion"]?.value
      .flatMap(GitConfiguration.integer) ?? 0
    guard (0...1).contains(version) else {
      throw GitError(.unsupportedExtension, Self.operation, "repository format \(version)")
    }
    try Self.checkExtensions(configuration, version: version)
    let hasWorkTreeConfiguration = configuration.bool("extensions.worktreeconfig") == true
    if hasWorkTreeConfiguration {
      let own = try ConfigurationLoader.file(
        gitDirectory.appending(path: "config.worktree"), level: .worktree)
      for entry in own.entries { configuration.append(entry) }
    }
    // A linked work tree has its own place: the shared file speaks of the main one.
    if !isLinked || hasWorkTreeConfiguration {
      isBare = configuration.bool("core.bare")
      workTree = configuration["core.worktree"]?.value
    }
  }

  private static func checkExtensions(
    _ configuration: GitConfiguration, version: Int
  ) throws(GitError) {
    for entry in configuration.entries {
      guard let name = entry.name.afterPrefix("extensions.") else { continue }
      let value = entry.value ?? ""
      switch name {
      case "objectformat":
        if value != "sha1" { throw GitError(.unsupportedObjectFormat, operation, value) }
      case "compatobjectformat":
        throw GitError(.unsupportedObjectFormat, operation, value)
      case "refstorage":
        if value != "files" { throw GitError(.unsupportedRefStorage, operation, value) }
      case "noop", "noop-v1", "worktreeconfig", "partialclone", "preciousobjects",
        "relativeworktrees":
        break
      default:
        // Version 0 is older than the rule that an unknown extension must stop the reader.
        if version > 0 { throw GitError(.unsupportedExtension, operation, name) }
      }
    }
  }
}
