package import Git

/// What is known of the branch of a preview.
package struct BranchState: Sendable, Equatable {
  /// Whether the remote has the branch.
  package enum Presence: Sendable, Equatable {
    case present
    /// It had it, and has it no more.
    case gone
    /// It has not got it, and nothing says that it ever had.
    case unpushed
    /// There is no remote.
    case local
    /// The remote could not be asked, or its answer is not to be believed: why, for people. Nothing
    /// is concluded from that.
    case unknown(String)
  }

  /// How a branch came into its base.
  package enum Merge: String, Sendable {
    /// Its commits are in the base as they are.
    case merged
    /// Each of its commits is in the base as another with the same change.
    case rebased
    /// The base has one commit that changes what all of its commits changed.
    case squashed
    /// All that it changed is so in the base.
    case contained
  }

  package var presence: Presence
  /// `nil` while it is not merged, as far as this clone can tell.
  package var merge: Merge?
  /// The base that it was compared with; `nil` where that is not known or not here.
  package var base: BranchName?

  package init(_ presence: Presence, merge: Merge? = nil, base: BranchName? = nil) {
    self.presence = presence
    self.merge = merge
    self.base = base
  }
}

/// What tells whether a branch that a remote does not have was ever there: pure.
package struct BranchEvidence: Sendable, Equatable {
  /// The environment's tag ``PreviewTags/pushed`` says so.
  package var isTagged = false
  /// This clone still follows the remote's branch, or has it as the upstream of its own.
  package var isFollowed = false

  package init(isTagged: Bool = false, isFollowed: Bool = false) {
    self.isTagged = isTagged
    self.isFollowed = isFollowed
  }

  /// A branch that was only ever on somebody's machine is not on the remote either: without evidence
  /// nothing is gone.
  package var presence: BranchState.Presence { isTagged || isFollowed ? .gone : .unpushed }
}
