/// What keeps git-eb from staging secrets for another program, or from taking them back.
package enum SafeguardError: Error, Equatable {
  /// The index cannot be what git wrote.
  case damagedIndex(path: String, reason: String)
  /// git made something else of a copy of the index than it was told to.
  case unexpectedIndex(expected: Int, found: Int)
  /// A secret's place is a directory of the index, or below a file of it.
  case pathInTheWay(secret: String, path: String)
  /// `index.lock` stays; who has it open, or else how old it is, in seconds.
  case locked(path: String, holder: String?, age: Int64)
  /// The index was written by others again and again.
  case restless(path: String)
  /// Another git-eb has secrets staged in this repository.
  case inUse(process: Int32)
  /// The journal of an earlier git-eb cannot be understood.
  case badJournal(path: String)
  /// No place for private files; why, for each that was tried.
  case noPlace([FileError])
  /// The command cannot be started.
  case command(String, errno: Int32)
  case watcher(errno: Int32)
}
