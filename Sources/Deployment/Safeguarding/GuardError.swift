/// What keeps the guard from its work.
package enum GuardError: Error, Equatable {
  /// A bare repository, where nothing is committed.
  case bare
  /// The lines are not those of a pre-push hook.
  case notFromGit
  /// `core.hooksPath` comes from the command line or the environment.
  case hooksFromCommandLine
  /// `core.hooksPath` is set for this work tree alone.
  case hooksOfWorkTree
  /// `core.hooksPath` stays as another file sets it.
  case hooksSetElsewhere(String)
  /// A hook of the guard that somebody has changed.
  case changedHook(String)
  /// Hooks of somebody else in the guard's own directory.
  case otherHooks([String], directory: String)
}
