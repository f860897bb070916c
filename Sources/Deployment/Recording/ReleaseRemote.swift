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

  /// Where a remote is, as `url.<base>.insteadOf` has it (git-config(1)); a name that is configured
  /// nowhere may be a URL itself. `nil` when it is neither.
  package static func url(of remote: String, in configuration: GitConfiguration) -> String? {
    let found = configuration.all("remote.\(remote).url").first?.value
    guard let url = found ?? (remote.contains(":") || remote.contains("/") ? remote : nil) else {
      return nil
    }
    let (prefix, suffix) = ("url.", ".insteadof")
    let rules = configuration.entries.filter { entry in
      entry.name.hasPrefix(prefix) && entry.name.hasSuffix(suffix)
        && entry.name.utf8.count > prefix.utf8.count + suffix.utf8.count
    }
    let longest = rules.filter { rule in
      rule.value.map { !$0.isEmpty && url.hasPrefix($0) } ?? false
    }
    .max { ($0.value ?? "").utf8.count < ($1.value ?? "").utf8.count }
    guard let longest, let start = longest.value else { return url }
    let base = longest.name.dropFirst(prefix.count).dropLast(suffix.count)
    return String(base) + String(url.dropFirst(start.count))
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
