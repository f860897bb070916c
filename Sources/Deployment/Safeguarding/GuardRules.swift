package import Git

/// Which configurations say what is a secret.
package enum GuardRules {
  /// That of the work tree and that of HEAD: a rule that was just taken out, or a branch that was
  /// just switched to, does not make a secret less of one. Where neither has a `.git-eb.yml`, as on
  /// an old branch, that of the branch which most others come from.
  package static func configurations(
    of repository: Repository, _ reader: ConfigurationReader
  ) throws -> [Configuration] {
    var configurations = [try reader.configuration()]
    var hasFile = false
    if let workTree = repository.workTree {
      hasFile = try FileSystem.status(workTree + "/" + ConfigurationReader.fileName) != nil
    }
    if let head = try? repository.head().commit, let found = try? reader.configuration(of: head) {
      configurations.append(found)
      hasFile = true
    }
    if hasFile { return configurations }
    for tip in try mainBranches(repository) {
      guard let found = try? reader.configuration(of: tip) else { continue }
      return configurations + [found]
    }
    return configurations
  }

  private static func mainBranches(_ repository: Repository) throws -> [ObjectID] {
    let remote = try repository.references(under: "refs/remotes/").filter {
      $0.name.hasSuffix("/HEAD")
    }
    return try remote.map(\.id)
      + ["refs/heads/main", "refs/heads/master"].compactMap { try repository.reference($0) }
  }
}
