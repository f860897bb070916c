package import Git

/// Hears what happens while it happens. The command decides what is shown, and how.
package protocol Reporter: Sendable {
  /// Something that the user should know and that stops nothing.
  func notice(_ notice: Notice)
  func bundling(_ progress: BundleProgress)
  func bundled(_ summary: BundleSummary)
  /// What the checks find in the bundle. Where there are errors, the push stops.
  func checked(_ findings: [Finding])
  func uploading(_ progress: UploadProgress)
  func waiting(for environment: EnvironmentName)
  /// The version was on its way to the environment and is stopped for a newer one.
  func superseding(_ version: ApplicationVersion, on environment: EnvironmentName)
  func published(_ version: ApplicationVersion, _ publication: Publication)
  func event(_ event: Event)
  /// What an error is called where it is recorded, in one line.
  @Sendable func words(for error: any Error) -> String
}

/// Facts that a push or an archive notices on the way.
package enum Notice: Sendable, Equatable {
  /// The commit is not on the branch that says where it goes.
  case notOnBranch(commit: String, branch: BranchName)
  /// The work tree is not what is deployed.
  case workTreeDiffers(StatusSummary)
  /// Repositories in the work tree that are no submodules go in as empty directories.
  case nestedRepositories([String])
  /// Files whose `filter` is not applied, by the filter's name.
  case unfiltered([String: [String]])
  /// Secrets that git does not ignore: `git add` would take them.
  case unignoredSecrets([String])
  /// Entries of the source that a secret took the place of.
  case replaced([String])
  /// What `.ebignore` brought in from the work tree.
  case broughtIn([String])
  /// The work tree has an `.ebignore`, the source has none: it is not followed.
  case foreignIgnoreFile
  /// What was deployed could not be recorded; the next command tries again.
  case recordPostponed(reason: String)
  /// The same, with no place to keep the record until then.
  case recordLost(reason: String)
  /// A remote is called like the references that follow environments, so these are not moved.
  case remoteInTheWay(name: String)
  /// Something in the EB CLI's files was passed over.
  case configuration(ConfigurationProblem)
}
