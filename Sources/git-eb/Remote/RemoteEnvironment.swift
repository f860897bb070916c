import Deployment
import Git

/// An environment as git knows it: a remote with the address `eb::<environment>`.
struct RemoteEnvironment {
  static let prefix = "eb::"

  /// The remote's name or, where none is configured, its address.
  let remote: String
  let name: EnvironmentName

  /// Throws ``RemoteRefusal/noEnvironment(remote:address:)``.
  init(remote: String, address: String) throws {
    guard let name = EnvironmentName(address) else {
      throw RemoteRefusal.noEnvironment(remote: remote, address: address)
    }
    self.remote = remote
    self.name = name
  }

  /// The environment as somebody named it who typed the remote's name.
  func setting(in repository: Repository) -> Setting<String> {
    let key = "remote.\(remote).url"
    guard let entry = repository.location.configuration[key], entry.value == Self.prefix + name.text
    else { return Setting(name.text, from: .commandLine(option: Self.prefix + name.text)) }
    return Setting(
      name.text,
      from: .gitConfiguration(name: key, file: entry.file, level: entry.level.rawValue))
  }

  /// The remote that may have what this clone lacks: the one that the branch follows, `origin`, or
  /// another that is no environment. `nil` where there is none.
  static func ordinaryRemote(of repository: Repository) throws -> String? {
    let configuration = repository.location.configuration
    let names = configuration.entries.compactMap { entry -> String? in
      guard entry.name.hasPrefix("remote."), entry.name.hasSuffix(".url"),
        entry.value?.hasPrefix(prefix) == false
      else { return nil }
      return String(entry.name.dropFirst("remote.".count).dropLast(".url".count))
    }
    let followed = try repository.head().branch.flatMap {
      configuration["branch.\($0).remote"]?.value
    }
    return [followed, "origin"].compactMap(\.self).first(where: names.contains) ?? names.first
  }
}

/// The branches that a remote shows: an environment runs one commit, and has those of its branches
/// at it that map to it.
struct RemoteReferences {
  /// The branches, by name.
  let branches: [BranchName]
  /// Whether ``branches`` map to the environment. Where no branch does, it is the one that its
  /// version came from.
  let isMapped: Bool
  /// What the environment runs, if it runs something, and that is a commit.
  let commit: ObjectID?

  /// Local branches say which of the branches that could be deployed are meant here: a file that is
  /// shared may name both `master` and `main`.
  init(
    of environment: EnvironmentName, running version: ApplicationVersion?, _ context: Context
  ) throws {
    commit = try Self.commit(of: version, context.repository)
    let mapping = context.mapping
    var own = Set(try context.repository.branches().map(\.name))
    let source = version?.reference.flatMap { BranchName(fullName: $0) }
    if let source { own.insert(source) }
    let mapped = own.filter { mapping.mapping(of: $0)?.environment == environment }.sorted()
    let named = mapped.isEmpty ? mapping.namedBranches(of: environment) : []
    isMapped = !mapped.isEmpty || !named.isEmpty
    branches = isMapped ? mapped + named : source.map { [$0] } ?? []
  }

  /// What a version was made from, as far as that can be told; it need not be here.
  static func commit(
    of version: ApplicationVersion?, _ repository: Repository
  ) throws -> ObjectID? {
    guard let version else { return nil }
    switch try CommitFinder(repository).commit(of: version) {
    case .known(let id): return id
    case .missing(let text): return ObjectID(hex: text)
    case .unknown: return nil
    }
  }

  /// As `list` answers. Source: gitremote-helpers(7).
  var lines: [String] {
    guard let commit else { return [] }
    let lines = branches.map { "\(commit) \($0.fullName)" }
    return branches.count == 1 ? lines + ["@\(branches[0].fullName) HEAD"] : lines
  }

  /// As `list for-push` answers: without HEAD, which `git push --mirror` would delete, and without
  /// the commit where git is not to compare it.
  func linesForPush(isCompared: Bool) -> [String] {
    guard let commit else { return [] }
    return branches.map { "\(isCompared ? commit.hex : "?") \($0.fullName)" }
  }
}

/// Why a remote `eb::<environment>` does not do what git asks of it.
enum RemoteRefusal: Error {
  /// Somebody else than git has started the program.
  case notFromGit
  /// What follows `eb::` is no environment's name.
  case noEnvironment(remote: String, address: String)
  case unknownRequest(String)
  /// A branch is to be deleted.
  case deletion(EnvironmentName)
  /// What is pushed to is no branch and no tag.
  case neitherBranchNorTag(String)
  /// Several references are pushed, and nothing says which one is meant; one of them, such as
  /// `master`.
  case several(count: Int, example: String, remote: String)
  /// The branch that is pushed to is not the one that maps to the environment.
  case otherBranch(BranchName, EnvironmentName, own: BranchName, remote: String)
  /// The environment runs a commit where `--force-with-lease` expects none.
  case runsAlready(EnvironmentName, commit: String)
  /// What is pushed is not checked out, but what is deployed was built of what is.
  case notBuilt(commit: ObjectID, artifact: String)
  /// Another operation has the environment.
  case busy(EnvironmentName, holder: String?)
  /// A repository is to be made from it.
  case cloning(EnvironmentName)
  /// The environment runs a commit that has to be fetched elsewhere first.
  case missingCommit(EnvironmentName, ObjectID, isShallow: Bool, remote: String?)
}
