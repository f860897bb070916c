package import Git

/// Reads the files and variables that a configuration is made from.
package struct ConfigurationReader {
  package static let fileName = ".git-eb.yml"
  private static let ebCLIFiles = [
    ".elasticbeanstalk/config.yml", ".elasticbeanstalk/config.global.yml",
  ]
  private static let sizeLimit = 4 << 20

  private let repository: Repository
  private let flags: [ConfigurationSources.Flag]
  private let processEnvironment: [String: String]

  package init(
    repository: Repository, flags: [ConfigurationSources.Flag], processEnvironment: [String: String]
  ) {
    self.repository = repository
    self.flags = flags
    self.processEnvironment = processEnvironment
  }

  /// The configuration in force. In a bare repository the files come from `revision` or, without
  /// one, from HEAD.
  package func configuration(revision: String? = nil) throws -> Configuration {
    var sources = ConfigurationSources(flags: flags, processEnvironment: processEnvironment)
    sources.git = try gitEntries()
    if let workTree = repository.workTree {
      sources.gitEB = try file(Self.fileName, in: workTree)
      sources.ebCLI = try ebCLIFiles(in: workTree)
    } else if let commit = try repository.resolve(revision ?? "HEAD")?.commit?.hex {
      try read(commit, into: &sources)
    }
    return try ConfigurationLoader.load(sources)
  }

  /// The configuration in force where the files of the work tree are not believed: they come from
  /// the base, and what a stranger's files could make use of is off.
  package func configuration(from base: ConfigurationBase) throws -> Configuration {
    var sources = ConfigurationSources(flags: flags, processEnvironment: processEnvironment)
    sources.git = try gitEntries()
    try read(base.commit.hex, into: &sources)
    return try ConfigurationLoader.load(sources).forStrangers()
  }

  private func read(_ commit: String, into sources: inout ConfigurationSources) throws {
    sources.gitEB = try blob(Self.fileName, in: commit)
    if let file = try blob(Self.ebCLIFiles[1], in: commit) { sources.ebCLI.append(file) }
  }

  /// The configuration that a commit has; `nil` where it has no `.git-eb.yml`.
  package func configuration(of commit: ObjectID) throws -> Configuration? {
    var sources = ConfigurationSources(flags: flags, processEnvironment: processEnvironment)
    guard let file = try blob(Self.fileName, in: commit.hex) else { return nil }
    sources.git = try gitEntries()
    sources.gitEB = file
    return try ConfigurationLoader.load(sources)
  }

  /// The settings that the EB CLI's files and git's configuration have, whatever `.git-eb.yml` says.
  package func inherited() throws -> Configuration {
    var sources = ConfigurationSources(processEnvironment: processEnvironment)
    sources.git = try gitEntries()
    if let workTree = repository.workTree { sources.ebCLI = try ebCLIFiles(in: workTree) }
    return try ConfigurationLoader.load(sources)
  }

  /// The EB CLI's files in the work tree, the one that wins first. None in a bare repository.
  package func ebCLI() throws -> [ConfigurationSources.File] {
    try repository.workTree.map(ebCLIFiles) ?? []
  }

  /// What stands in for the application's name where nothing names it: the name of the repository's
  /// directory, which is the same in all of its work trees.
  package var defaultApplication: ApplicationName? {
    var path = repository.commonDirectory
    if path.hasSuffix("/.git") { path.removeLast("/.git".count) }
    var name = path.split(separator: "/").last.map(String.init) ?? ""
    if name.hasSuffix(".git") { name.removeLast(".git".count) }
    return ApplicationName(name)
  }

  private func gitEntries() throws -> [ConfigurationSources.GitEntry] {
    try repository.configuration().entries.map { entry in
      .init(name: entry.name, value: entry.value, level: entry.level.rawValue, file: entry.file)
    }
  }

  private func ebCLIFiles(in workTree: String) throws -> [ConfigurationSources.File] {
    try Self.ebCLIFiles.compactMap { try file($0, in: workTree) }
  }

  private func file(_ name: String, in directory: String) throws -> ConfigurationSources.File? {
    guard
      let bytes = try FileSystem.contents(directory + "/" + name, limit: Self.sizeLimit)
    else { return nil }
    return .init(name: name, bytes: bytes)
  }

  private func blob(_ name: String, in commit: String) throws -> ConfigurationSources.File? {
    guard let tree = try repository.resolve(commit)?.tree,
      let entry = try repository.entry(at: name, inTree: tree)
    else { return nil }
    let reader = try BlobReader(repository.location)
    return .init(
      name: "\(commit.prefix(7)):\(name)", bytes: try reader.contents(of: entry.id))
  }
}
