import Deployment
import FoundationEssentials
import Git

/// The commits that were deployed, drawn by `git log --graph`, each with where and when.
struct RecordGraph {
  private let context: Context
  /// What the names of the drawn records begin with.
  private let prefix: String

  /// - Parameter environment: `nil` is all of the application's.
  init(_ context: Context, _ environment: EnvironmentName?) {
    self.context = context
    prefix = DeploymentRecord.references(of: context.application, environment)
  }

  func show(_ subject: Log.Subject, _ count: Int?) async throws -> ExitStatus {
    let style = context.style
    var arguments = [
      "log", "--graph", "--oneline", "--decorate=full", "--simplify-by-decoration",
      "--color=\(style.isColoured ? "always" : "never")", "--decorate-refs=\(prefix)*",
    ]
    if let count { arguments.append("--max-count=\(count)") }
    if case .commit(let id) = subject {
      arguments += ["--no-walk", id.hex]
    } else {
      arguments.append("--glob=\(prefix)*")
    }
    let output = try await GitCommand(context.repository.location).output(arguments)
    guard output.succeeded else { return .refused }
    let text = String(decoding: output.output, as: UTF8.self)
    let lines = try text.split(separator: "\n", omittingEmptySubsequences: true).map(worded)
    try await Pager.show(lines, context)
    return .success
  }

  /// The line with each record's name in words: git writes the whole name of the reference.
  private func worded(_ line: Substring) throws -> String {
    var rest = line[...]
    var text = ""
    while let found = rest.firstRange(of: DeploymentRecord.references) {
      // git takes a record for a tag, which it is.
      let before = rest[..<found.lowerBound]
      text += before.hasSuffix("tag: ") ? before.dropLast("tag: ".count) : before
      let name = rest[found.lowerBound...].prefix { !",)\u{1b}".contains($0) }
      text += try words(for: String(name))
      rest = rest[name.endIndex...]
    }
    return text + rest
  }

  private func words(for reference: String) throws -> String {
    guard let record = try context.records.record(at: reference)?.record else { return reference }
    let ending = record.ending == .deployed ? "" : " \(record.ending.rawValue)"
    return "\(record.environment)\(ending) \(Format.localTime(record.ended))"
  }
}
