package import FoundationEssentials
package import Git

/// An environment that was made of a branch of this repository, for that branch alone.
package struct Preview: Sendable, Equatable {
  /// Why it may go, whatever its branch does.
  package enum Limit: String, Sendable {
    /// So long after the last deployment.
    case ttl
    /// So long after it was made.
    case maximum
  }

  /// When it may go, and why then.
  package struct Expiry: Sendable, Equatable {
    package var date: Date
    package var limit: Limit
  }

  package var environment: EnvironmentDescription
  package var tags: PreviewTags
  /// The branch; `nil` where its name is too long for a tag, and this clone and the remote do not
  /// have it.
  package var branch: BranchName?
  /// The remote of this clone that the branch would be on; `nil` where there is none.
  package var remote: String?
  /// The full id of the commit that it runs, where the version says it.
  package var commit: String?
  /// When it last began to run something.
  package var lastDeployment: Date
  /// How long after its last deployment it stays; `nil` for ever.
  package var ttl: Duration?
  /// How long it stays whatever is deployed; `nil` for ever.
  package var maximum: Duration?
  /// How long after its last deployment it is put to sleep; `nil` never.
  package var sleep: Duration?
  package var isProtected: Bool
  /// `nil` where instances cost nothing, or nobody asked.
  package var instances: CostHint.Instances?

  package init(
    _ environment: EnvironmentDescription, _ tags: PreviewTags, branch: BranchName?,
    lastDeployment: Date
  ) {
    self.environment = environment
    self.tags = tags
    self.branch = branch
    self.lastDeployment = lastDeployment
    commit = environment.version?.commit
    ttl = tags.ttl
    isProtected = false
  }

  package var name: EnvironmentName { environment.name }
  package var created: Date { environment.created }

  /// The sooner of its two ends; `nil` when it has none.
  package var expiry: Expiry? {
    let ends = [
      ttl.map { Expiry(date: lastDeployment + $0, limit: .ttl) },
      maximum.map { Expiry(date: created + $0, limit: .maximum) },
    ]
    return ends.compactMap { $0 }.min { $0.date < $1.date }
  }

  /// Whether it sleeps already. That it has slept once leaves a tag, which says nothing of now.
  package var isAsleep: Bool { environment.isAsleep }

  package func cost(now: Date) -> CostHint? {
    instances.flatMap { CostHint($0, since: created, now: now) }
  }
}

extension Date {
  fileprivate static func + (date: Date, duration: Duration) -> Date {
    date.addingTimeInterval(Double(duration.components.seconds))
  }
}
