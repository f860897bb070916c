package import Git

/// The remote that a release's tag is pushed to.
package enum ReleaseRemote {
  /// `branch.<name>.remote`, else `remote.pushDefault`, else the only remote, else `origin`; `nil`
  /// when there is none of these. A remote that deploys, such as `eb::production`, takes no tags.
  package static func name(
    for branch: BranchName?, in configuration: GitConfiguration
  ) -> String? {
    let remotes = remotes(in: configuration)
    let deploying = Set(remotes.filter { $0.url.hasPrefix("eb::") }.map(\.name))
    let usual = remotes.map(\.name).filter { !deploying.contains($0) }
    let asked = [
      branch.flatMap { configuration["branch.\($0).remote"]?.value },
      configuration["remote.pushDefault"]?.value,
    ]
    // A lone dot is this repository itself (`branch.<name>.remote` in git-config(1)).
    let named = asked.compactMap { $0 }.first { name in
      !name.isEmpty && name != "." && !deploying.contains(name)
    }
    if let named { return named }
    return usual.count == 1 ? usual.first : usual.first { $0 == "origin" }
  }

  /// Each once, in the order that they are configured in.
  private static func remotes(
    in configuration: GitConfiguration
  ) -> [(name: String, url: String)] {
    var seen: Set<String> = []
    let (prefix, suffix) = ("remote.", ".url")
    return configuration.entries.compactMap { entry in
      guard entry.name.hasPrefix(prefix), entry.name.hasSuffix(suffix),
        entry.name.utf8.count > prefix.utf8.count + suffix.utf8.count
      else { return nil }
      let name = String(entry.name.dropFirst(prefix.count).dropLast(suffix.count))
      return seen.insert(name).inserted ? (name, entry.value ?? "") : nil
    }
  }
}
