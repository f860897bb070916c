package import Git

/// No going backwards unasked: what is pushed must descend from what runs.
package struct Ancestry {
  /// Why a push is refused.
  package enum Refusal: Error, Equatable {
    /// The environment runs `running`, which is not an ancestor of `pushed`.
    case backwards(EnvironmentName, running: String, pushed: String)
    /// The environment runs a commit that this clone does not have.
    case unknownCommit(EnvironmentName, running: String, isShallow: Bool)
  }

  private let location: Location

  package init(_ location: Location) {
    self.location = location
  }

  /// Throws the ``Refusal`` unless `force` overrides it.
  package func check(_ target: Target, running: ApplicationVersion?, force: Bool) throws {
    if !force, let refusal = try refusal(of: target, running: running) { throw refusal }
  }

  package func refusal(of target: Target, running: ApplicationVersion?) throws -> Refusal? {
    guard let text = running?.commit, let deployed = ObjectID(hex: text),
      let name = target.source.commitID, let pushed = ObjectID(hex: name), pushed != deployed
    else { return nil }
    let repository = try Repository.open(location)
    guard repository.contains(pushed) else {
      return .unknownCommit(target.environment, running: name, isShallow: repository.isShallow)
    }
    guard repository.contains(deployed) else {
      return .unknownCommit(target.environment, running: text, isShallow: repository.isShallow)
    }
    if try repository.isAncestor(deployed, of: pushed) { return nil }
    return .backwards(target.environment, running: text, pushed: pushed.hex)
  }
}
