import ArgumentParser
import Deployment
import FoundationEssentials
import Git

/// `git eb cache`
struct Cache: GitEBCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Show or empty what is kept to make the next bundle faster.",
    discussion: """
      Contents that were compressed for a bundle are kept, by the id that git gives them, so that \
      the next bundle costs little more than what has changed. They are kept outside of the \
      repository, in $XDG_CACHE_HOME/git-eb, and shared by its work trees; nothing that git does \
      not hold is among them, and so no secret. bundle.cache says how much is kept; what was used \
      longest ago goes first.

      Examples:
        git eb cache
        git eb cache --clear
        git config eb.bundle.cache 200m
        git config eb.bundle.cache 0    # keep nothing
      """)

  @Flag(help: "Remove all that is kept for this repository.")
  var clear = false

  @OptionGroup var common: CommonOptions

  private struct View: Encodable {
    var directory: String
    var limit: Int
    var size: Int64
    var contents: Int
    var firstUse: Date?
    var lastUse: Date?
    var cleared: Bool
  }

  mutating func execute() throws -> ExitStatus {
    let context = try Context(common)
    guard let directory = context.surroundings.storeDirectory(of: context.repository.location)
    else { throw CommandError.noHome }
    let usage =
      clear ? CompressedStore.clear(directory) : CompressedStore.usage(of: directory)
    let limit = context.configuration.bundle.cache.value
    if common.json {
      try Output.json(
        View(
          directory: directory, limit: limit, size: usage.bytes, contents: usage.records,
          firstUse: usage.oldestUse.map { Date(timeIntervalSince1970: Double($0)) },
          lastUse: usage.newestUse.map { Date(timeIntervalSince1970: Double($0)) },
          cleared: clear))
      return .success
    }
    let size =
      "\(Format.bytes(usage.bytes)), \(Format.count(usage.records, "file"))"
    if clear {
      Output.line("removed \(size) from \(Format.visible(directory))")
      return .success
    }
    Output.line(Format.visible(directory))
    let most = limit == 0 ? "nothing is kept" : "at most \(Format.bytes(Int64(limit)))"
    Output.line("\(size); \(most)")
    if let last = usage.newestUse {
      // Uses are noted to the hour.
      let hours = Int(Date().timeIntervalSince1970 - Double(last)) / 3600
      Output.line(
        "used last " + (hours < 1 ? "within the hour" : "\(Format.count(hours, "hour")) ago"))
    }
    return .success
  }
}
