import Deployment
import Git

/// `git eb check --fix`: shows what can be mended, asks, and does it.
struct Mending {
  private let context: Context
  private let isAsking: Bool

  init(_ context: Context, isAsking: Bool) {
    self.context = context
    self.isAsking = isAsking
  }

  func run(_ findings: [Finding]) async throws -> ExitStatus {
    let root = context.configuration.bundle.rootPath
    guard let mender = Mender(context.repository.location, root: root) else {
      throw CommandError.noWorkTree
    }
    let steps = try await mender.steps(for: findings)
    let refused = steps.filter { $0.refusal != nil }
    let ready = steps.filter { $0.refusal == nil }
    for line in ready.flatMap(\.lines) { Output.line(Format.visible(line)) }
    for step in refused {
      Output.message("warning: not mended: \(Format.visible(step.refusal ?? ""))")
    }
    if !ready.isEmpty {
      if isAsking { try Confirmation.agree("mend \(Format.count(ready.count, "place"))?") }
      for step in ready { try await mender.carryOut(step) }
      Output.message("mended \(Format.count(ready.count, "place")); git commit keeps it")
    } else {
      Output.message("nothing here can be mended by itself")
    }
    let rest = findings.filter { finding in
      !ready.contains { $0.mend == finding.sighting.mend }
    }
    let style = context.style
    for line in FindingLines(root: root, style: style).lines(rest) { Output.line(line) }
    return rest.contains { $0.severity == .error } ? .deploymentFailed : .success
  }
}
