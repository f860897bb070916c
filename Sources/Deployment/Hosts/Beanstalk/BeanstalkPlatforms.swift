import ElasticBeanstalk

/// What an environment can be made with.
package struct PlatformBranch: Sendable, Equatable {
  /// Such as `Python 3.13 running on 64bit Amazon Linux 2023`.
  package var name: String
  /// Such as `Python`.
  package var platform: String?
  /// `Supported`, `Beta`, `Deprecated` or `Retired`.
  package var state: String?
  /// Such as `WebServer/Standard`.
  package var tiers: [String]
}

extension BeanstalkHost {
  /// The platform branches by platform, the newest of each first; those that are supported, or are
  /// to be, unless `includingRetired`.
  package func platforms(includingRetired: Bool) async throws -> [PlatformBranch] {
    let branches = try await client.listPlatformBranches()
    let isOffered = { (branch: PlatformBranchSummary) in
      includingRetired || !["Deprecated", "Retired"].contains(branch.lifecycleState)
    }
    return branches.filter(isOffered).sorted { first, second in
      (first.platformName ?? "", first.order ?? .max, first.name)
        < (second.platformName ?? "", second.order ?? .max, second.name)
    }.map {
      PlatformBranch(
        name: $0.name, platform: $0.platformName, state: $0.lifecycleState,
        tiers: $0.supportedTiers)
    }
  }
}
