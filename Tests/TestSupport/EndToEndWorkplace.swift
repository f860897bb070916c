package import Foundation

/// A repository on whose machine `git eb` is installed, with a local host of its own.
///
/// `git eb` is run through the real git, found on `PATH`. What the local host started is ended with
/// the workplace.
package final class Workplace: Sendable {
  package let repository: GitFixture
  /// What every program is run with.
  package let environment: [String: String]
  private let backgrounds = BackgroundList()

  /// A repository with nothing in it. `nil` for `initialize` makes none.
  package init(
    _ initialize: [String]? = ["--initial-branch=master"], environment: [String: String] = [:]
  ) throws {
    repository = try GitFixture(initialize)
    let base = repository.base
    for directory in ["bin", "state", "temporary"] {
      try FileManager.default.createDirectory(
        atPath: "\(base)/\(directory)", withIntermediateDirectories: true)
    }
    for program in ["git-eb", "git-remote-eb"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(base)/bin/\(program)", withDestinationPath: try BinaryUnderTest.path())
    }
    var all = repository.environment
    all["PATH"] = "\(base)/bin:" + (all["PATH"] ?? "/usr/bin:/bin")
    all["XDG_STATE_HOME"] = "\(base)/state"
    all["TMPDIR"] = "\(base)/temporary"
    all["LC_ALL"] = "C.UTF-8"
    all["PYTHONUNBUFFERED"] = "1"
    // The people who run git-eb do not set it.
    all["GIT_OPTIONAL_LOCKS"] = nil
    self.environment = all.merging(environment) { $1 }
  }

  /// A small web application with a secret, committed on `master`.
  package static func shop(
    configuration: String = Shop.configuration, environment: [String: String] = [:]
  ) throws -> Workplace {
    let shop = try Workplace(environment: environment)
    try Shop.write(to: shop.repository, configuration: configuration)
    try shop.repository.commit("Open the shop")
    return shop
  }

  deinit {
    backgrounds.end()
    terminateEverything()
  }

  /// The directory that holds everything of this workplace.
  package var base: String { repository.base }
  package var path: String { repository.path }
  /// Where the local host keeps the application `shop`.
  package var host: String { "\(base)/state/git-eb/shop" }
  package var temporary: String { "\(base)/temporary" }

  package func environmentDirectory(_ name: String) -> String { "\(host)/environments/\(name)" }

  // MARK: - Running

  /// Runs `git eb` with these arguments in the work tree.
  @discardableResult
  package func eb(
    _ arguments: String..., in directory: String? = nil, with variables: [String: String] = [:],
    input: String = ""
  ) throws -> Screen {
    try command(["git", "eb"] + arguments, in: directory, with: variables, input: input)
  }

  /// Runs any program as this workplace's user.
  @discardableResult
  package func command(
    _ arguments: [String], in directory: String? = nil, with variables: [String: String] = [:],
    input: String = ""
  ) throws -> Screen {
    let result = try run(
      arguments, in: directory ?? path, environment: environment.merging(variables) { $1 },
      input: input)
    return Screen(status: result.status, output: result.output, error: result.error, base: base)
  }

  /// The standard output of a program, as bytes. Another exit status than 0 is an error.
  package func bytes(
    _ arguments: String..., in directory: String? = nil, with variables: [String: String] = [:]
  ) throws -> Data {
    let result = try runForBytes(
      arguments, in: directory ?? path, environment: environment.merging(variables) { $1 })
    guard result.status == 0 else {
      throw ShellError(
        arguments: arguments, status: result.status, output: "",
        error: String(decoding: result.error, as: UTF8.self))
    }
    return result.output
  }

  /// Runs a Python program that is expected to succeed, and gives what it printed.
  @discardableResult
  package func python(_ program: String, _ arguments: String...) throws -> String {
    let screen = try command(["python3", "-c", program] + arguments)
    guard screen.status == 0 else {
      throw ShellError(
        arguments: ["python3"], status: screen.status, output: screen.output, error: screen.error)
    }
    return screen.output
  }

  /// Starts a program that goes on beside the test. It is killed with the workplace.
  package func start(
    _ arguments: String..., in directory: String? = nil, with variables: [String: String] = [:]
  ) throws -> Background {
    try start(arguments, in: directory, with: variables)
  }

  /// The same with the arguments in a list.
  package func start(
    _ arguments: [String], in directory: String? = nil, with variables: [String: String] = [:]
  ) throws -> Background {
    let background = try Background(
      arguments, in: directory ?? path,
      environment: environment.merging(variables) { $1 }, base: base)
    backgrounds.add(background)
    return background
  }

  // MARK: - Looking

  /// What an environment's page says, asked for at the address that `git eb open` gives.
  package func page(_ environment: String) throws -> String {
    let answer = try eb("open", "--print", "-e", environment)
    guard answer.status == 0 else { return "no address: \(answer)" }
    return try Self.page(at: answer.output.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// The body of the answer to GET.
  package static func page(at url: String) throws -> String {
    guard let parsed = URL(string: url), let host = parsed.host(), let port = parsed.port else {
      return "no address: \(url)"
    }
    let program = """
      exec 3<>/dev/tcp/\(host)/\(port) && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3
      """
    let result = try run(["timeout", "20", "bash", "-c", program])
    guard let body = result.output.firstRange(of: "\r\n\r\n") else {
      return "no answer: \(result.output)\(result.error)"
    }
    return String(result.output[body.upperBound...])
  }

  /// The names of the files below a directory, sorted; none when it is not there.
  package func files(below directory: String) -> [String] {
    (try? FileManager.default.subpathsOfDirectory(atPath: directory))?.sorted() ?? []
  }

  /// The labels of what was published, by the files that hold it.
  package var published: [String] {
    files(below: "\(host)/versions").filter { $0.hasSuffix(".zip") }
      .map { String($0.dropLast(4)) }
  }

  /// Bundles on their way, and temporary files: both are empty unless something goes on.
  package var leftovers: [String] { files(below: "\(host)/incoming") + files(below: temporary) }

  /// Processes that run below this workplace, or name it in their arguments.
  package var processes: [Int32] {
    let manager = FileManager.default
    return ((try? manager.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { name in
      guard let process = Int32(name) else { return nil }
      let directory = (try? manager.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd")) ?? ""
      let arguments = manager.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
      let isHere =
        directory.hasPrefix(base)
        || String(decoding: arguments, as: UTF8.self).contains(base)
      return isHere ? process : nil
    }
  }

  // MARK: - The end

  private func terminateEverything() {
    let manager = FileManager.default
    let state = "\(base)/state/git-eb"
    // A repository whose configuration protects nothing.
    let other = "\(base)/other"
    var isMade = false
    for application in (try? manager.contentsOfDirectory(atPath: state)) ?? [] {
      let environments = "\(state)/\(application)/environments"
      for name in (try? manager.contentsOfDirectory(atPath: environments)) ?? []
      where manager.fileExists(atPath: "\(environments)/\(name)/environment.json") {
        if !isMade { _ = try? command(["git", "init", "--quiet", other], in: base) }
        isMade = true
        _ = try? command(
          ["git-eb", "terminate", "--yes", "--wait", "10s", "--environment", name], in: other,
          with: ["GIT_EB_HOST": "local", "GIT_EB_APPLICATION": application])
      }
    }
    for process in processes { kill(process, SIGKILL) }
  }
}

/// Where `git-eb` was built.
package enum BinaryUnderTest {
  package struct NotFound: Error {}

  /// `GIT_EB_TEST_BINARY`, else the `git-eb` nearest to the program that runs the tests.
  package static func path() throws -> String {
    if let given = ProcessInfo.processInfo.environment["GIT_EB_TEST_BINARY"], !given.isEmpty {
      return given
    }
    let starts =
      CommandLine.arguments.filter { $0.contains(".xctest") }
      + [Bundle.main.executablePath, CommandLine.arguments.first].compactMap { $0 }
    for start in starts {
      var directory = URL(filePath: start).deletingLastPathComponent()
      while directory.path(percentEncoded: false).count > 1 {
        let candidate = directory.appending(path: "git-eb").path(percentEncoded: false)
        let attributes = try? FileManager.default.attributesOfItem(atPath: candidate)
        if attributes?[.type] as? FileAttributeType == .typeRegular { return candidate }
        directory = directory.deletingLastPathComponent()
      }
    }
    throw NotFound()
  }
}
