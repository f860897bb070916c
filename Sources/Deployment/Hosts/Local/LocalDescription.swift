import FoundationEssentials
import SystemPackage

extension LocalEnvironment {
  /// What the environment is and how it does; `nil` when there is none.
  func describe() async throws -> EnvironmentDescription? {
    guard let record = try layout.readRecord() else { return nil }
    let holder = LocalLock.holder(of: layout.lock)
    let serving = try layout.serving()
    let isAsleep = layout.isAsleep
    let (health, causes) =
      isAsleep ? (.grey, ["it sleeps"]) : try await health(of: serving?.run)
    let port = serving?.run.port == nil ? nil : LocalFront.port(layout)
    var description = EnvironmentDescription(
      name: name, status: holder?.environmentStatus ?? .ready, health: health, causes: causes,
      version: serving?.release.version, url: port.map { "http://127.0.0.1:\($0)/" },
      created: record.created, updated: serving?.run.started ?? record.created, tags: record.tags,
      holder: holder?.text)
    description.isAsleep = isAsleep
    return description
  }

  private func health(of run: LocalRun?) async throws
    -> (EnvironmentDescription.Health, causes: [String])
  {
    guard let run else { return (.grey, ["nothing is deployed"]) }
    var causes: [String] = []
    for process in run.processes where !process.isHook && !process.isRunning {
      causes.append("process '\(process.name)' is not running")
    }
    if run.port != nil, LocalFront.running(layout) == nil {
      causes.append("the front, which holds the environment's port, is not running")
    }
    guard causes.isEmpty else { return (.red, causes) }
    guard let port = run.port else { return (.green, []) }
    let answer = try await HealthCheck(port: port, path: run.healthPath).ask(limit: .seconds(1))
    return answer == .status(200)
      ? (.green, []) : (.yellow, ["GET \(run.healthPath): \(answer.text)"])
  }
}
