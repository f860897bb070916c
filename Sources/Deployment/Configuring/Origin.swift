/// Where the value of a setting comes from.
package enum Origin: Sendable, Hashable {
  /// An option such as `--region`.
  case commandLine(option: String)
  case environmentVariable(name: String)
  /// git's configuration. `file` is `nil` where it is not known, `level` is git's word: `system`,
  /// `global`, `local`, `worktree` or `command`.
  case gitConfiguration(name: String, file: String?, level: String)
  /// The shared file; `path` starts with a revision when it was read from a commit.
  case file(path: String, line: Int)
  /// A file of the EB CLI.
  case ebCLI(path: String, line: Int)
  case builtIn
}

extension Origin: CustomStringConvertible {
  /// Such as `line 3 of .git-eb.yml` or `git config eb.host (file:.git/config)`.
  package var description: String {
    switch self {
    case .commandLine(let option): option
    case .environmentVariable(let name): name
    case .gitConfiguration(let name, let file?, _): "git config \(name) (file:\(file))"
    case .gitConfiguration(let name, nil, let level): "git config \(name) (\(level))"
    case .file(let path, let line), .ebCLI(let path, let line): "line \(line) of \(path)"
    case .builtIn: "default"
    }
  }
}
