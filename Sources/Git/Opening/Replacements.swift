/// `git replace`: references under `refs/replace/`, which libgit2 does not look at.
enum Replacements {
  private static let operation = "read the replacements"
  private static let directory = "refs/replace/"

  static func read(
    _ commonDirectory: String, configuration: GitConfiguration, environment: [String: String]
  ) throws(GitError) -> [ObjectID: ObjectID] {
    guard environment["GIT_NO_REPLACE_OBJECTS"] == nil,
      configuration.bool("core.useReplaceRefs") != false
    else { return [:] }
    var replacements = try packed(in: commonDirectory.appending(path: "packed-refs"))
    let loose = commonDirectory.appending(path: directory)
    guard FileSystem.isDirectory(loose) else { return replacements }
    for (name, _) in try FileSystem.names(in: loose, for: operation) {
      let name = String(decoding: name, as: UTF8.self)
      guard let original = ObjectID(hex: name),
        let bytes = try FileSystem.read(loose.appending(path: name), limit: 40, for: operation),
        let replacement = ObjectID(hex: String(decoding: bytes, as: UTF8.self))
      else { continue }
      replacements[original] = replacement
    }
    return replacements
  }

  private static func packed(in path: String) throws(GitError) -> [ObjectID: ObjectID] {
    var replacements: [ObjectID: ObjectID] = [:]
    // The file may hold many thousand references, and hardly ever one of these.
    try PackedReferences(at: path).forEach(under: directory) { name, id in
      let original = name.dropFirst(directory.utf8.count)
      if let replacement = ObjectID(hex: String(decoding: id, as: UTF8.self)),
        let original = ObjectID(hex: String(decoding: original, as: UTF8.self))
      {
        replacements[original] = replacement
      }
    }
    return replacements
  }
}
