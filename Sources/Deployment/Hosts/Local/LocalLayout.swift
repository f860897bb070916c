import SystemPackage

/// Where everything lies under the local host's directory.
struct LocalLayout: Sendable {
  let root: FilePath

  var versions: FilePath { root.appending("versions") }
  /// Files on their way to `versions`, on the same file system.
  var incoming: FilePath { root.appending("incoming") }
  var environments: FilePath { root.appending("environments") }

  /// Swaps of addresses that are on their way: see ``LocalSwap``.
  var swaps: FilePath { root.appending("swaps") }
  /// `first` comes before `second`.
  func swap(_ first: EnvironmentName, _ second: EnvironmentName) -> FilePath {
    swaps.appending("\(first)+\(second).json")
  }

  func bundle(_ label: VersionLabel) -> FilePath { versions.appending(label.text + ".zip") }
  func versionRecord(_ label: VersionLabel) -> FilePath { versions.appending(label.text + ".json") }

  func environment(_ name: EnvironmentName) -> LocalEnvironmentLayout {
    LocalEnvironmentLayout(directory: environments.appending(name.text))
  }
}

/// Where everything of one environment lies.
struct LocalEnvironmentLayout: Sendable {
  let directory: FilePath

  /// What the environment is; there is an environment once this file exists.
  var record: FilePath { directory.appending("environment.json") }
  var lock: FilePath { directory.appending("lock") }
  var events: FilePath { directory.appending("events.jsonl") }

  var logs: FilePath { directory.appending("logs") }
  var hooksLog: FilePath { logs.appending("deploy.log") }
  func log(of process: String) -> FilePath { logs.appending(process + ".log") }

  /// How large the logs were when the last operation began: see ``LocalLogs``.
  var logSizes: FilePath { run.appending("log-sizes.json") }

  /// The link to the release that serves; renaming a new link over it is the switch.
  var current: FilePath { directory.appending("current") }
  var releases: FilePath { directory.appending("releases") }
  func release(_ number: Int) -> FilePath { releases.appending("\(number)") }
  func releaseRecord(_ number: Int) -> FilePath { releases.appending("\(number).json") }
  /// Which of the release's runs serves, and on which port: see ``LiveRun``.
  func live(_ number: Int) -> FilePath { releases.appending("\(number).live") }
  /// A directory that is being filled or removed.
  func partial(_ number: Int) -> FilePath { releases.appending("\(number).partial") }

  var run: FilePath { directory.appending("run") }
  /// Held by the front for as long as it runs; it holds the front's process id and port.
  var frontLock: FilePath { run.appending("front.lock") }
  /// The port of the environment's address, kept so that a new front takes the same one.
  var port: FilePath { run.appending("port") }

  /// The number of the release that `current` leads to; `nil` when nothing is deployed.
  func currentNumber() throws(HostError) -> Int? {
    guard LocalStorage.exists(current) else { return nil }
    do throws(FileError) {
      let target = String(decoding: try FileSystem.linkTarget(current.string), as: UTF8.self)
      return FilePath(target).lastComponent.flatMap { Int($0.string) }
    } catch {
      throw .storage(operation: error.operation, path: error.path, errno: error.errno)
    }
  }

  /// What `current` says when release `number` serves.
  static func target(_ number: Int) -> String { "releases/\(number)" }
}
