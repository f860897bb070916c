import Foundation
import TestSupport
import Testing

/// Programs in Python that look into bundles.
enum BundlePrograms {
  /// Prints what differs between two archives: names and their order, contents, link targets,
  /// executable bits, flags, the comment and, with `timed`, the times.
  static let differences = """
    import stat, sys, zipfile


    def kind(entry):
        mode = entry.external_attr >> 16
        if entry.is_dir():
            return "directory"
        if stat.S_ISLNK(mode):
            return "link"
        return "executable" if mode & 0o111 else "file"


    def look(path):
        archive = zipfile.ZipFile(path)
        entries = [
            (
                entry.filename,
                kind(entry),
                archive.read(entry),
                entry.flag_bits & 0x800,
                entry.internal_attr & 1,
                entry.date_time if sys.argv[3] == "timed" else None,
            )
            for entry in archive.infolist()
        ]
        return entries + [archive.comment]


    theirs, ours = look(sys.argv[1]), look(sys.argv[2])
    for left in theirs:
        if left not in ours:
            print("only git:", left)
    for right in ours:
        if right not in theirs:
            print("only git-eb:", right)
    if theirs != ours:
        print("they differ")
    """

  /// A shell's words that show everything of `.git` but the times of access.
  static let listing =
    "find .git -printf '%p %y %m %s %T@ %C@ %i %l\\n' | sort && find .git -type f | sort "
    + "| xargs -d '\\n' sha256sum"
}

extension Workplace {
  /// Expects that `git eb archive` writes what `git archive` does, entry by entry.
  ///
  /// - Parameters:
  ///   - words: for both, such as a commit.
  ///   - theirs: for git, where they are others.
  func expectSameArchive(
    _ words: [String] = ["HEAD"], theirs: [String]? = nil, in directory: String? = nil,
    timed: Bool = true, with variables: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (git, own) = ("\(base)/git.zip", "\(base)/own.zip")
    let made = try command(
      ["git", "archive", "--format=zip", "-o", git] + (theirs ?? words), in: directory)
    #expect(made.status == 0, "\(made)", sourceLocation: sourceLocation)
    let screen = try command(
      ["git", "eb", "archive", "-o", own] + words, in: directory, with: variables)
    #expect(screen.status == 0, "\(screen)", sourceLocation: sourceLocation)
    let difference = try python(
      BundlePrograms.differences, git, own, timed ? "timed" : "untimed")
    #expect(difference == "", sourceLocation: sourceLocation)
  }

  /// The contents of one file of the bundle that `git eb archive` writes with these words.
  func bundled(
    _ path: String, _ words: String..., in directory: String? = nil,
    with variables: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let zip = "\(base)/bundled.zip"
    let screen = try command(
      ["git", "eb", "archive", "-o", zip] + words, in: directory, with: variables)
    #expect(screen.status == 0, "\(screen)", sourceLocation: sourceLocation)
    return try check(["unzip", "-p", zip, path])
  }

  /// The names of the files and links of such a bundle, in order.
  func bundledNames(
    _ words: String..., in directory: String? = nil, with variables: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let screen = try command(
      ["git", "eb", "archive", "--list", "--json"] + words, in: directory, with: variables)
    #expect(screen.status == 0, "\(screen)", sourceLocation: sourceLocation)
    return try screen.json(ListAnswer.self).entries.map(\.path).filter { !$0.hasSuffix("/") }
  }

  /// Expects that git-eb refuses to archive and to push, with these words among others, writes
  /// nothing and leaves nothing.
  func expectRefusal(
    _ words: String..., because reasons: [String], with variables: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let zip = "\(base)/refused.zip"
    for command in [["archive", "-o", zip], ["push"]] {
      let screen = try self.command(["git", "eb"] + command + words, with: variables)
      #expect(screen.status == 2, "\(screen)", sourceLocation: sourceLocation)
      for reason in reasons {
        #expect(screen.error.contains(reason), "\(screen)", sourceLocation: sourceLocation)
      }
    }
    #expect(!FileManager.default.fileExists(atPath: zip), sourceLocation: sourceLocation)
    #expect(published == [], sourceLocation: sourceLocation)
    #expect(leftovers == [], sourceLocation: sourceLocation)
  }

  /// Everything that can be seen of `.git`: names, kinds, modes, times, contents.
  func listing() throws -> String {
    let screen = try command(["sh", "-c", BundlePrograms.listing])
    #expect(screen.status == 0, "\(screen)")
    return screen.output
  }

  /// The digest that a push would have.
  func digest(_ words: String..., with variables: [String: String] = [:]) throws -> String {
    let screen = try command(["git", "eb", "push", "--dry-run", "--json"] + words, with: variables)
    #expect(screen.status == 0, "\(screen)")
    return try screen.json(PlanAnswer.self).version.digest
  }

  /// A repository for the application `shop` of the local host, and nothing but its settings.
  static func plain(_ settings: String = "") throws -> Workplace {
    let place = try Workplace()
    try place.repository.write(
      ".git-eb.yml", "application: shop\nhost: local\n" + settings)
    return place
  }
}
