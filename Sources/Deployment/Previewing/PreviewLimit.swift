/// Keeps a repository from having more ephemeral environments than it may.
package enum PreviewLimit {
  /// There are as many as there may be.
  package struct Reached: Error {
    package var limit: Int
    /// How many there are.
    package var count: Int
    /// Those that were changed the longest time ago, at most three, the oldest first.
    package var oldest: [EnvironmentDescription]
  }

  /// Throws ``Reached`` when a further one would be too many. Those that are being terminated do not
  /// count. Two pushes at the same moment may both find room for the last one.
  static func check(
    _ limit: Int, for tags: PreviewTags, among environments: [EnvironmentDescription]
  ) throws {
    let own = environments.filter { environment in
      guard environment.status != .terminating, let other = PreviewTags(environment.tags) else {
        return false
      }
      return other.repository == tags.repository
    }
    guard own.count >= limit else { return }
    let oldest = own.sorted { ($0.updated, $0.name) < ($1.updated, $1.name) }.prefix(3)
    throw Reached(limit: limit, count: own.count, oldest: Array(oldest))
  }
}
