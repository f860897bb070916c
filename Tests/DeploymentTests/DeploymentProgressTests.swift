import Testing

@testable import Deployment

@Suite("Deploying: when it has ended, and how") struct DeploymentProgressTests {
  static let label = VersionLabel("new")!
  static let old = VersionLabel("old")!
  static let pace = DeploymentProgress.Pace(
    first: .seconds(1), longest: .seconds(5), throttled: .seconds(20), settling: .seconds(10),
    beginning: .seconds(30))

  private func sight(
    _ status: EnvironmentDescription.Status?, _ health: EnvironmentDescription.Health = .green,
    _ label: VersionLabel? = Self.label, events: Bool = true, errors: Bool = false
  ) -> DeploymentProgress.Sight {
    .init(status: status, health: health, label: label, hasEvents: events, hasErrors: errors)
  }

  private func run(
    _ looks: [(Int, DeploymentProgress.Sight?)], timeout: Int = 600
  ) -> [DeploymentProgress.Step] {
    run(.runs(Self.label), looks, timeout: timeout)
  }

  private func run(
    _ goal: DeploymentProgress.Goal, _ looks: [(Int, DeploymentProgress.Sight?)],
    timeout: Int = 600
  ) -> [DeploymentProgress.Step] {
    var progress = DeploymentProgress(goal, timeout: .seconds(timeout), pace: Self.pace)
    return looks.map { progress.next($0.1, at: .seconds($0.0)) }
  }

  @Test func `It is done when the environment is ready and healthy with the version`() {
    let steps = run([(0, sight(.updating, .green, Self.old)), (5, sight(.ready))])
    #expect(steps == [.look(after: .seconds(1)), .end(.done)])
  }

  @Test func `A label that is already new does not count while the environment is updating`() {
    #expect(run([(0, sight(.updating))]) == [.look(after: .seconds(1))])
  }

  @Test func `A green environment that went back to the old version has failed`() {
    let steps = run([(0, sight(.updating)), (5, sight(.ready, .green, Self.old))])
    #expect(steps.last == .end(.failed(.otherVersion)))
  }

  @Test func `An error among its events makes a green environment a failure`() {
    let steps = run([(0, sight(.updating)), (5, sight(.ready, errors: true))])
    #expect(steps.last == .end(.failed(.errors)))
  }

  @Test func `Errors decide nothing while the service is still at work`() {
    #expect(run([(0, sight(.updating, errors: true))]) == [.look(after: .seconds(1))])
  }

  @Test func `What was asked for a moment ago need not show yet`() {
    let before = sight(.ready, .green, Self.old, events: false)
    let steps = run([(0, before), (10, before), (31, before)])
    #expect(steps[0] == .look(after: .seconds(1)))
    #expect(steps[1] != .end(.failed(.otherVersion)))
    #expect(steps[2] == .end(.failed(.otherVersion)))
  }

  @Test func `Red may settle, and has failed when it stays`() {
    let red = sight(.ready, .red)
    let steps = run([(0, sight(.updating)), (5, red), (9, red), (15, red)])
    #expect(steps[1] != .end(.failed(.red)))
    #expect(steps[2] != .end(.failed(.red)))
    #expect(steps[3] == .end(.failed(.red)))
    #expect(run([(0, red), (5, sight(.ready))]).last == .end(.done))
  }

  @Test(arguments: [EnvironmentDescription.Health.yellow, .grey])
  func `What is neither green nor red is waited for until the time is over`(
    health: EnvironmentDescription.Health
  ) {
    let steps = run(
      [(0, sight(.ready, health)), (59, sight(.ready, health)), (60, sight(.ready, health))],
      timeout: 60)
    #expect(steps[1] == .look(after: .seconds(1)))
    #expect(steps[2] == .end(.timedOut))
  }

  @Test func `An environment that goes away has failed, unless that was the wish`() {
    #expect(run([(0, sight(.terminating))]) == [.end(.failed(.gone))])
    #expect(run([(0, sight(nil))]) == [.end(.failed(.gone))])
    #expect(
      run(.gone, [(0, sight(.terminating)), (5, sight(nil))])
        == [.look(after: .seconds(1)), .end(.done)])
    #expect(run(.gone, [(0, sight(.terminated))]) == [.end(.done)])
  }

  @Test func `Without a version only state and health count`() {
    #expect(run(.ready, [(0, sight(.ready, .green, nil))]) == [.end(.done)])
  }

  @Test func `It looks less and less often, and never past the time limit`() {
    var progress = DeploymentProgress(.ready, timeout: .seconds(20), pace: Self.pace)
    var elapsed = Duration.zero
    var waits: [Duration] = []
    while case .look(let wait) = progress.next(sight(.updating), at: elapsed) {
      waits.append(wait)
      elapsed += wait
    }
    #expect(waits.first == .seconds(1))
    #expect(zip(waits, waits.dropFirst()).dropLast().allSatisfy { $0 <= $1 })
    #expect(waits.allSatisfy { $0 <= .seconds(5) })
    #expect(elapsed == .seconds(20))
  }

  @Test func `It waits longer where the service asks for less, and looks on after a failed look`() {
    var progress = DeploymentProgress(.ready, timeout: .seconds(600), pace: Self.pace)
    var waits: [Duration] = []
    for time in 0..<8 {
      guard case .look(let wait) = progress.next(nil, at: .seconds(time), wasThrottled: true) else {
        break
      }
      waits.append(wait)
    }
    #expect(waits.last == .seconds(20))
    #expect(progress.next(nil, at: .seconds(9)) == .look(after: .seconds(20)))
    #expect(progress.next(nil, at: .seconds(600)) == .end(.timedOut))
  }
}
