import Foundation
import Git
import Testing

@testable import Deployment

@Suite("Reconciling previews with their branches") struct ReconciliationTests {
  private let now = Date(timeIntervalSince1970: 2_000_000_000)
  private let base = BranchName("master")
  private let hour = 3600.0

  /// A preview that was made `created` and last deployed to `deployed` hours ago.
  private func preview(
    created: Double = 10, deployed: Double = 1, _ adjust: (inout Preview) -> Void = { _ in }
  ) throws -> Preview {
    let branch = try #require(BranchName("issue91"))
    let environment = EnvironmentDescription(
      name: EnvironmentName(trusted: "shop-issue91"), status: .ready, health: .green, causes: [],
      version: nil, url: nil, created: now - created * hour, updated: now - deployed * hour,
      tags: [:])
    let tags = PreviewTags(of: branch, in: RepositoryIdentity(text: "host/shop"))
    var preview = Preview(
      environment, tags, branch: branch, lastDeployment: now - deployed * hour)
    adjust(&preview)
    return preview
  }

  private func verdict(
    _ preview: Preview, _ state: BranchState, keeping: [String] = []
  ) -> (Reconciliation.Action, Reconciliation.Reason) {
    let reconciliation = Reconciliation(keeping: Set(keeping.compactMap { BranchName($0) }))
    let decision = reconciliation.decision(on: preview, state, now: now)
    return (decision.action, decision.reason)
  }

  @Test func `A branch decides by where it is and what became of it`() throws {
    let preview = try preview()
    let base = try #require(base)
    #expect(verdict(preview, .init(.present, base: base)) == (.keep, .open))
    #expect(verdict(preview, .init(.local)) == (.keep, .open))
    #expect(verdict(preview, .init(.gone)) == (.terminate, .gone))
    #expect(verdict(preview, .init(.unpushed)) == (.keep, .unpushed))
    #expect(verdict(preview, .init(.unknown("no route"))) == (.keep, .unknown("no route")))
    for merge in [BranchState.Merge.merged, .rebased, .squashed, .contained] {
      #expect(
        verdict(preview, .init(.present, merge: merge, base: base))
          == (.terminate, .merged(merge, into: base)))
      #expect(
        verdict(preview, .init(.unpushed, merge: merge, base: base))
          == (.terminate, .merged(merge, into: base)))
    }
  }

  @Test func `Time runs from the last deployment, and at the longest from the making`() throws {
    func verdict(ttl: Int?, maximum: Int?, _ presence: BranchState.Presence = .present) throws
      -> Reconciliation.Reason
    {
      let preview = try preview(created: 10, deployed: 2) {
        $0.ttl = ttl.map { .seconds($0 * 3600) }
        $0.maximum = maximum.map { .seconds($0 * 3600) }
      }
      return self.verdict(preview, .init(presence)).1
    }
    func expired(_ hoursAgo: Double, _ limit: Preview.Limit) -> Reconciliation.Reason {
      .expired(.init(date: now - hoursAgo * hour, limit: limit))
    }
    #expect(try verdict(ttl: nil, maximum: nil) == .open)
    #expect(try verdict(ttl: 3, maximum: nil) == .open)
    // The very moment is late enough.
    #expect(try verdict(ttl: 2, maximum: nil) == expired(0, .ttl))
    #expect(try verdict(ttl: 1, maximum: nil) == expired(1, .ttl))
    #expect(try verdict(ttl: 3, maximum: 9) == expired(1, .maximum))
    #expect(try verdict(ttl: nil, maximum: 11) == .open)
    // The sooner of the two.
    #expect(try verdict(ttl: 1, maximum: 8) == expired(2, .maximum))
    // Also where nothing is known of the branch.
    #expect(try verdict(ttl: 1, maximum: nil, .unknown("no route")) == expired(1, .ttl))
    #expect(try verdict(ttl: 1, maximum: nil, .unpushed) == expired(1, .ttl))
  }

  @Test func `What is protected, asked for or busy stays, whatever else is so`() throws {
    let late: (inout Preview) -> Void = { $0.ttl = .seconds(60) }
    let gone = BranchState(.gone)
    let protected = try preview {
      late(&$0)
      $0.isProtected = true
    }
    #expect(verdict(protected, gone) == (.keep, .isProtected))
    #expect(verdict(try preview(late), gone, keeping: ["issue91"]) == (.keep, .asked))
    #expect(verdict(try preview(late), gone, keeping: ["issue9"]) == (.terminate, .gone))
    for status in [EnvironmentDescription.Status.launching, .updating] {
      let busy = try preview {
        late(&$0)
        $0.environment.status = status
        $0.environment.holder = "process 4"
      }
      #expect(verdict(busy, gone) == (.keep, .busy("process 4")))
    }
    let leaving = try preview {
      $0.isProtected = true
      $0.environment.status = .terminating
    }
    #expect(verdict(leaving, .init(.present)) == (.keep, .isProtected))
  }

  @Test func `What somebody terminates is followed to its end`() throws {
    let leaving = try preview { $0.environment.status = .terminating }
    #expect(verdict(leaving, .init(.present)) == (.terminate, .terminating))
  }

  @Test func `What is idle sleeps, once, and before its time is over`() throws {
    func idle(_ adjust: (inout Preview) -> Void = { _ in }) throws -> Preview {
      try preview(deployed: 2) {
        $0.sleep = .seconds(7200)
        adjust(&$0)
      }
    }
    let since = now - 2 * hour
    #expect(verdict(try idle(), .init(.present)) == (.sleep, .idle(since: since)))
    #expect(verdict(try idle { $0.sleep = .seconds(7201) }, .init(.present)) == (.keep, .open))
    let asleep = try idle { $0.environment.isAsleep = true }
    #expect(verdict(asleep, .init(.present)) == (.keep, .open))
    // It has slept before, and was woken.
    let woken = try idle { $0.environment.tags[PreviewTags.awake] = "1-1" }
    #expect(verdict(woken, .init(.present)).0 == .sleep)
    #expect(verdict(try idle(), .init(.gone)) == (.terminate, .gone))
    let over = try idle { $0.ttl = .seconds(3600) }
    #expect(verdict(over, .init(.present)).0 == .terminate)
  }

  @Test func `A branch is gone only where something says that it was there`() {
    #expect(BranchEvidence().presence == .unpushed)
    #expect(BranchEvidence(isTagged: true).presence == .gone)
    #expect(BranchEvidence(isFollowed: true).presence == .gone)
  }

  @Test func `What a remote says is read as git prints it`() throws {
    let id = try #require(ObjectID(hex: String(repeating: "1a", count: 20)))
    let text = """
      ref: refs/heads/trunk\tHEAD
      \(id)\tHEAD
      \(id)\trefs/heads/feature/login
      \(id)\trefs/heads/trunk
      \(id)\trefs/pull/1/refs/heads/x
      """
    let trunk = try #require(BranchName("trunk"))
    let feature = try #require(BranchName("feature/login"))
    #expect(
      RemoteBranches.answer(text)
        == .branches(.init([trunk: id, feature: id], defaultBranch: trunk)))
    // The wrong remote, or one that is being made anew.
    #expect(RemoteBranches.answer("") == .unreadable("it has no branches"))
    #expect(RemoteBranches.answer("\(id)\tHEAD\n") == .unreadable("it has no branches"))
  }

  @Test func `Instances cost what the table says, for as long as the environment is there`() {
    let two = CostHint.Instances(type: "t3.micro", count: 2)
    let hint = CostHint(two, since: now - 10 * hour, now: now)
    #expect(hint?.hourly == 0.0208)
    #expect(abs((hint?.soFar ?? 0) - 0.208) < 1e-9)
    #expect(CostHint(two, since: now + hour, now: now)?.soFar == 0)
    #expect(CostHint(.init(type: "t3.micro", count: 0), since: now - hour, now: now)?.soFar == 0)
    #expect(CostHint(.init(type: "x9.huge", count: 1), since: now, now: now) == nil)
  }
}
