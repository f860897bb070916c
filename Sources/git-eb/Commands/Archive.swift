import ArgumentParser
import Deployment
import Git
import SystemPackage
import Zip

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `git eb archive`
struct Archive: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive",
    abstract: "Write the source bundle to a file or a pipe.",
    discussion: """
      Writes the same zip that a push would deploy. The secrets are those of the environment that \
      the branch maps to; a bundle with secrets has mode 0600.

      Examples:
        git eb archive -o bundle.zip
        git eb archive --no-secrets v1.4.0 | bsdtar -t -f -
        git eb archive --staged --list
        git eb archive --prefix=shop/ HEAD~3 -- src config
      """)

  @Argument(help: .init("The commit or tree; HEAD without it.", valueName: "tree-ish"))
  var revision: String?

  @Argument(
    parsing: .postTerminator, help: .init("Only these paths, after '--'.", valueName: "path"))
  var paths: [String] = []

  @OptionGroup var source: SourceOptions

  @Option(
    name: .shortAndLong, help: .init("Write to <file>, not to a pipe.", valueName: "file"))
  var output: String?

  @Option(help: .init("Put <prefix> in front of every name.", valueName: "prefix"))
  var prefix = ""

  @Flag(
    name: .customLong("worktree-attributes"),
    help: "Look for .gitattributes files in the work tree, as 'git archive' does with it.")
  var worktreeAttributes = false

  @Flag(name: .customLong("no-secrets"), help: "Leave secrets out.")
  var noSecrets = false

  @Flag(help: "List what would go in, with sizes, and write nothing.")
  var list = false

  @OptionGroup var base: ConfigurationOptions
  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try source.choice(revision: revision)
    if common.json, !list, output == nil {
      throw ValidationError("'--json' needs '--list' or '--output': the bundle goes to the pipe")
    }
  }

  mutating func execute() async throws -> ExitStatus {
    if !list, output == nil, Output.isTerminal { throw CommandError.terminalOutput }
    let context = try Context(common, revision: revision, base: base)
    let reporter = context.reporter
    Interruption.begin()
    let archived = try context.source(source.choice(revision: revision))
    let (overlay, unignored) = try await secrets(context)
    if !unignored.isEmpty { reporter.notice(.unignoredSecrets(unignored)) }
    var options = SourceLister.Options(context.configuration.bundle, context.surroundings)
    options.prefix = prefix
    options.paths = paths
    // As `git archive`, whatever a push does.
    options.followsLineEndingSettings = true
    options.usesWorkTreeAttributes = worktreeAttributes
    let lister = SourceLister(repository: context.repository, options: options)
    let listing = try await lister.listing(of: archived, overlay: overlay)
    for notice in listing.notices(configuration: context.configuration) { reporter.notice(notice) }
    let bundler = SourceBundler(
      needsDigest: common.json,
      store: .init(
        context.configuration.bundle, context.surroundings, of: context.repository.location))
    if list { return try await render(listing, archived, bundler) }
    if let output {
      let summary = try await write(listing, archived, bundler, to: output, reporter)
      if common.json { try Output.json(SummaryView(summary)) }
      return .success
    }
    _ = try await bundler.bundle(
      listing, of: archived, into: FileDescriptorSink(STDOUT_FILENO),
      isInterrupted: { Interruption.isRequested })
    return .success
  }

  /// Which secrets go in depends on the environment; where nothing is listed none is needed.
  private func secrets(_ context: Context) async throws -> (Overlay, [String]) {
    guard !context.configuration.allSecrets.isEmpty else { return (Overlay(), []) }
    let reader = OverlayReader(
      repository: context.repository, configuration: context.configuration,
      environment: try context.environment(environment), context.surroundings)
    if noSecrets { return (Overlay(places: reader.allPlaces), []) }
    return try await reader.read()
  }

  // MARK: - The answer

  private struct SummaryView: Encodable {
    var digest: String
    var size: Int64
    var contentSize: Int64
    var entries: Int

    init(_ summary: BundleSummary) {
      digest = summary.digest
      size = summary.size
      contentSize = summary.contentSize
      entries = summary.entryCount
    }
  }

  private struct ListView: Encodable {
    struct Entry: Encodable {
      var path: String
      var mode: String
      var secret: Bool
      var size: Int64
      var compressedSize: Int64
    }

    var summary: SummaryView
    var entries: [Entry]
  }

  private func render(
    _ listing: Listing, _ archived: Source, _ bundler: SourceBundler
  ) async throws -> ExitStatus {
    let sizes = Monitor<[BundleSummary.Entry]>([])
    let summary = try await bundler.bundle(
      listing, of: archived, into: CountingSink(), isInterrupted: { Interruption.isRequested },
      entry: { entry in sizes.update { $0.append(entry) } })
    let measured = sizes.update { $0 }
    let entries = zip(listing.entries, measured).map { entry, size in
      var isSecret = false
      if case .secret = entry.content { isSecret = true }
      return ListView.Entry(
        path: entry.name, mode: String(entry.mode, radix: 8), secret: isSecret, size: size.size,
        compressedSize: size.compressedSize)
    }
    if common.json {
      try Output.json(ListView(summary: SummaryView(summary), entries: entries))
      return .success
    }
    for entry in entries {
      let mode = String(repeating: "0", count: max(0, 6 - entry.mode.count)) + entry.mode
      let size = String(entry.size)
      Output.line(
        "\(mode) " + String(repeating: " ", count: max(0, 10 - size.count)) + size + "  "
          + Format.visible(entry.path) + (entry.secret ? "  (secret)" : ""))
    }
    Output.line(
      "\(Format.count(listing.fileCount, "file")), \(Format.bytes(summary.contentSize)), "
        + "\(Format.bytes(summary.size)) as a zip")
    return .success
  }

  /// Written beside and renamed: the file is whole or not there, and what was there before stays
  /// until then.
  private func write(
    _ listing: Listing, _ archived: Source, _ bundler: SourceBundler, to output: String,
    _ reporter: ConsoleReporter
  ) async throws -> BundleSummary {
    let file = try OutputFile(output)
    let summary = try await bundler.bundle(
      listing, of: archived, into: file.sink, isInterrupted: { Interruption.isRequested },
      progress: reporter.bundling)
    try file.finish()
    reporter.bundled(summary)
    return summary
  }
}
