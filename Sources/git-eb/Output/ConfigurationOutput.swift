import Deployment

/// Where a `.git-eb.yml` is written.
struct ConfigurationOutput {
  private let path: String

  init(_ path: String) {
    self.path = path
  }

  /// Throws when there is a file already that must stay.
  func check(isForced: Bool) throws {
    if try FileSystem.status(path) != nil, !isForced {
      throw CommandError.fileExists(ConfigurationReader.fileName)
    }
  }

  /// What is written must be what would be read: a bad pattern or name is refused now.
  static func check(_ template: ConfigurationTemplate) throws {
    var sources = ConfigurationSources()
    sources.gitEB = .init(name: ConfigurationReader.fileName, bytes: Array(template.text.utf8))
    _ = try ConfigurationLoader.load(sources)
  }

  func write(_ template: ConfigurationTemplate) throws {
    try Self.check(template)
    let file = try OutputFile(path, mode: 0o644)
    try file.write(template.text)
    try file.finish()
  }
}
