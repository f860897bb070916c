/// Everything that a configuration is made from, already read.
package struct ConfigurationSources: Sendable {
  /// An option of the command line that sets a key.
  package struct Flag: Sendable {
    package var key: SettingKey
    /// As the user wrote it, such as `--region`.
    package var option: String
    package var value: String

    package init(_ key: SettingKey, option: String, value: String) {
      self.key = key
      self.option = option
      self.value = value
    }
  }

  /// An entry of git's configuration.
  package struct GitEntry: Sendable {
    /// Section and key in lower case, the subsection as it is.
    package var name: String
    /// `nil` for a name without `=`, which git takes for true.
    package var value: String?
    /// git's word: `system`, `global`, `local`, `worktree` or `command`.
    package var level: String
    package var file: String?

    package init(name: String, value: String?, level: String, file: String? = nil) {
      self.name = name
      self.value = value
      self.level = level
      self.file = file
    }
  }

  package struct File: Sendable {
    /// For messages: a path, or `<revision>:<path>`.
    package var name: String
    package var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  package var flags: [Flag]
  package var processEnvironment: [String: String]
  /// In the order of rising precedence; entries that are not git-eb's are skipped.
  package var git: [GitEntry]
  /// `.git-eb.yml`.
  package var gitEB: File?
  /// `config.yml` and `config.global.yml` of the EB CLI, in this order.
  package var ebCLI: [File]

  package init(
    flags: [Flag] = [], processEnvironment: [String: String] = [:], git: [GitEntry] = [],
    gitEB: File? = nil, ebCLI: [File] = []
  ) {
    self.flags = flags
    self.processEnvironment = processEnvironment
    self.git = git
    self.gitEB = gitEB
    self.ebCLI = ebCLI
  }
}
