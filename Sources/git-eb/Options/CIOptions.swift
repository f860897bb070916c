import ArgumentParser

/// What a deployment writes for the service of continuous integration that runs it.
struct CIOptions: ParsableArguments {
  @Flag(
    name: .customLong("ci"),
    help: "Write outputs to $GITHUB_OUTPUT, and a summary to $GITHUB_STEP_SUMMARY.")
  var isAsked = false

  @Option(
    name: .customLong("ci-comment"),
    help: .init("Write a comment for the pull request, in Markdown, to <file>.", valueName: "file"))
  var comment: String?

  @Option(
    name: .customLong("ci-deployment-status"),
    help: .init(
      "Write the body of a deployment status for GitHub's API to <file>.", valueName: "file"))
  var deploymentStatus: String?

  @Option(
    name: .customLong("ci-dotenv"),
    help: .init("Write variables for GitLab's dotenv report to <file>.", valueName: "file"))
  var dotenv: String?

  /// Whether nothing is to be written.
  var isEmpty: Bool { !isAsked && [comment, deploymentStatus, dotenv].allSatisfy { $0 == nil } }
}
