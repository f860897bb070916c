package import FoundationEssentials
package import SystemPackage

/// Where environments live. Everything that a command needs of a host goes through here; a host
/// prints nothing and parses no arguments.
package protocol Host: Sendable {
  /// For people: where this host is, such as a directory or a region.
  var location: String { get }

  /// The directory in which a bundle for this host is written before it is published, so that
  /// publishing can rename it; `nil` when any private temporary directory will do.
  func bundleDirectory() throws -> FilePath?

  /// All application versions, the newest first.
  func versions() async throws -> [ApplicationVersion]

  /// The version with this label, or `nil`.
  func version(labelled label: VersionLabel) async throws -> ApplicationVersion?

  /// The version that has this content already: the same digest, commit and kind of source, under
  /// whatever label. `nil` where there is none, or where it is not found without looking at all.
  func version(like wanted: ApplicationVersion) async throws -> ApplicationVersion?

  /// Hands over the zip file at `bundle` under the version's label. The file may be moved away.
  /// A label that is already there with the same digest is done: `.present`. With another digest it
  /// throws ``HostError/labelTaken(label:digest:)``. `kind` is the ending of the file's name, such
  /// as `zip` or `war`.
  func publish(
    _ version: ApplicationVersion, bundle: FilePath, kind: String,
    progress: @escaping @Sendable (UploadProgress) -> Void
  ) async throws -> Publication

  /// All environments of the application that are not terminated, by name.
  func environments() async throws -> [EnvironmentDescription]

  /// The environment, or `nil` when there is none of that name.
  func environment(named name: EnvironmentName) async throws -> EnvironmentDescription?

  /// All environments of the application that are not terminated, by name, with their tags. What
  /// ``environments()`` and ``environment(named:)`` give may be without, since some services are
  /// asked for the tags of each environment by itself.
  func taggedEnvironments() async throws -> [EnvironmentDescription]

  /// The tags of an environment, by their keys. Throws ``HostError/noSuchEnvironment(_:)``.
  func tags(of name: EnvironmentName) async throws -> [String: String]

  /// Sets tags and takes others away. It is an operation on the environment, which is waited for.
  func setTags(
    _ tags: [String: String], removing keys: [String], of name: EnvironmentName, wait: Duration?,
    timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome

  /// Waits as long as it is fit to wait before an environment that is busy is looked at again:
  /// services count requests. Throws ``Interrupted`` when a signal asks git-eb to stop.
  func waitForNextLook() async throws

  /// Throws what would keep ``deploy(_:progress:)`` from making the environment, such as a missing
  /// platform, so that nothing is bundled or uploaded in vain.
  func checkCreation(of name: EnvironmentName, _ settings: CreationSettings) async throws

  /// Whether the environment has these variables and the options that it shall have.
  func isConfigured(_ name: EnvironmentName, variables: [String: String]) async throws -> Bool

  /// Makes the environment run a published version, creating the environment when it is missing.
  /// Every event is passed to `progress` as it happens. Throws ``HostError/busy(name:holder:)`` when
  /// another operation has the environment, or ``HostError/gaveUpWaiting(name:holder:)`` when it
  /// still has it after `request.wait`.
  func deploy(_ request: DeploymentRequest, progress: @Sendable (Event) -> Void) async throws
    -> Outcome

  /// Does what an earlier operation on the environment was cut off from, such as ending processes
  /// that serve no more, or after the blue/green deployment that is asked for, terminating the
  /// environment that had the address. Leaves an environment alone that is busy.
  func tidy(
    _ name: EnvironmentName, after choice: BlueGreenChoice?, progress: @Sendable (Event) -> Void
  ) async throws

  /// Makes an environment that is not there yet. Throws ``HostError/environmentExists(_:)``.
  func create(_ request: CreationRequest, progress: @Sendable (Event) -> Void) async throws
    -> Outcome

  /// Lets two environments change their addresses. Either both have the other's or none has.
  func swap(
    _ first: EnvironmentName, _ second: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome

  /// Makes the environment anew from the version that it runs, with its variables and address.
  func rebuild(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome

  /// The version that is being deployed to the environment, where ``abort(_:timeout:progress:)``
  /// would stop that; `nil` where nothing goes on, or something else.
  func versionOnItsWay(to name: EnvironmentName) async throws -> ApplicationVersion?

  /// Stops what is being done to the environment, which goes back to what it was. Waits for that
  /// until `timeout`, then throws ``HostError/gaveUpWaiting(name:holder:)``; with `nil` it does not
  /// wait. Throws ``HostError/nothingToAbort(_:)``.
  func abort(
    _ name: EnvironmentName, timeout: Duration?, progress: @Sendable (Event) -> Void
  ) async throws

  /// Takes back a version: its record and its bundle. Throws ``HostError/versionInUse(_:by:)`` while
  /// an environment runs it.
  func delete(_ label: VersionLabel) async throws

  /// Takes away bundles that no version has and nobody is about to make one of: what a publishing or
  /// a deleting left that was cut off. Where that cannot be told, nothing.
  func removeAbandonedBundles() async throws

  /// Lets the version's description say which release it is, such as `v1.4.0`. A description that
  /// says so already is left as it is. Throws ``HostError/noSuchVersion(_:)``.
  func name(_ label: VersionLabel, release: String) async throws

  /// Stops the environment and removes it.
  func terminate(_ name: EnvironmentName, wait: Duration?, progress: @Sendable (Event) -> Void)
    async throws

  /// Starts the environment's processes again with the version it runs.
  func restart(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome

  /// Ends everything of the environment that runs, and keeps what is needed to start it again. One
  /// that sleeps already is left as it is. Throws ``HostError/nothingDeployed(_:)``, and
  /// ``HostError/alwaysAwake(_:)`` where the host cannot do so.
  func sleep(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome

  /// Starts again what ``sleep(_:wait:timeout:progress:)`` has ended; does nothing to an environment
  /// that is awake.
  func wake(
    _ name: EnvironmentName, wait: Duration?, timeout: Duration, progress: @Sendable (Event) -> Void
  ) async throws -> Outcome

  /// The environment's variables, by name.
  func variables(of name: EnvironmentName) async throws -> [String: String]

  /// Sets (or, with `nil`, removes) variables and restarts the processes with them.
  func setVariables(
    _ changes: [String: String?], of name: EnvironmentName, wait: Duration?, timeout: Duration,
    progress: @Sendable (Event) -> Void
  ) async throws -> Outcome

  /// Events of one environment at or after `start`, the oldest first.
  func events(of name: EnvironmentName, since start: Date?) async throws -> [Event]

  /// The environment's log files, by name.
  func logs(of name: EnvironmentName) async throws -> [LogFile]

  /// The machines that the environment runs on, where they cost something; `nil` where not, and for
  /// an environment that is gone.
  func instances(of name: EnvironmentName) async throws -> CostHint.Instances?
}

/// How far an upload is.
package struct UploadProgress: Sendable, Equatable {
  /// Bytes that have been sent, and bytes in all.
  package var sent: Int64
  package var total: Int64

  package init(sent: Int64, total: Int64) {
    self.sent = sent
    self.total = total
  }
}

/// What publishing did.
package enum Publication: Sendable, Equatable {
  case uploaded
  /// The host already had this label with this digest.
  case present
}

/// An environment as its host sees it.
package struct EnvironmentDescription: Sendable, Equatable {
  /// Beanstalk's environment statuses.
  package enum Status: String, Sendable {
    case launching = "Launching"
    case updating = "Updating"
    case ready = "Ready"
    case terminating = "Terminating"
    case terminated = "Terminated"
  }

  /// Beanstalk's health colours.
  package enum Health: String, Sendable {
    case green = "Green"
    case yellow = "Yellow"
    case red = "Red"
    case grey = "Grey"
  }

  package var name: EnvironmentName
  package var status: Status
  package var health: Health
  /// Why the health is not green, for people.
  package var causes: [String]
  /// The version it runs; `nil` before the first deployment succeeded.
  package var version: ApplicationVersion?
  package var url: String?
  package var created: Date
  package var updated: Date
  /// Tags: what made the environment, for whom; see ``PreviewTags`` for git-eb's own. Empty where
  /// they were not asked for: see ``Host/taggedEnvironments()``.
  package var tags: [String: String]
  /// Who has it while it is not Ready, for people, where that is known.
  package var holder: String?
  /// The name or ARN of what its instances run, where the host has such a thing.
  package var platform: String?
  /// Whether it was put to sleep: nothing of it runs, and it can be woken.
  package var isAsleep = false

  package init(
    name: EnvironmentName, status: Status, health: Health, causes: [String],
    version: ApplicationVersion?, url: String?, created: Date, updated: Date,
    tags: [String: String], holder: String? = nil
  ) {
    self.name = name
    self.status = status
    self.health = health
    self.causes = causes
    self.version = version
    self.url = url
    self.created = created
    self.updated = updated
    self.tags = tags
    self.holder = holder
  }
}

/// One deployment, as asked for.
package struct DeploymentRequest: Sendable {
  package var environment: EnvironmentName
  package var label: VersionLabel
  /// Variables to set on the environment, over those it has.
  package var variables: [String: String]
  /// How long to wait for an environment that is busy; `nil` refuses at once.
  package var wait: Duration?
  /// How long the deployment may take.
  package var timeout: Duration
  /// What the environment was a moment ago, where that is known; `nil` has it looked up.
  package var current: EnvironmentDescription?
  /// Do not wait for the end: the answer is ``Outcome/started`` where the host goes on by itself.
  package var isLeftAlone = false
  /// Deploy to a second environment, and let it take over the address once it is healthy; where a
  /// host has no such thing, it deploys as always.
  package var blueGreen: BlueGreenChoice?
  /// How to make the environment when it is missing.
  package var creation: CreationSettings = .init()
  /// Asked with what the environment runs, right before that is replaced, while nobody else can
  /// change it: what it throws refuses the deployment.
  package var allows: @Sendable (ApplicationVersion?) throws -> Void = { _ in }

  package init(
    environment: EnvironmentName, label: VersionLabel, variables: [String: String],
    wait: Duration?, timeout: Duration
  ) {
    self.environment = environment
    self.label = label
    self.variables = variables
    self.wait = wait
    self.timeout = timeout
  }
}

/// What becomes of the environment that a blue/green deployment took the address from.
package enum BlueGreenChoice: Sendable, Equatable {
  /// It stays, for going back at once.
  case keepingOld
  case terminatingOld
}

/// How a new environment is made. What is `nil` is left to the host. A host that has no such thing
/// passes it over.
package struct CreationSettings: Sendable, Equatable {
  /// An environment of the application, or a saved configuration, whose options are taken.
  package var like: String?
  /// The platform's ARN, its branch's name, or a solution stack's name.
  package var platform: String?
  package var isWorker = false
  /// One instance without a load balancer, or several behind one.
  package var isSingleInstance: Bool?
  /// What the address begins with.
  package var cnamePrefix: String?
  /// Where somebody else has that address: another one, and where that is taken too, whatever the
  /// service makes up. `nil` refuses.
  package var otherCNAMEPrefix: String?
  /// What the host calls the environment, where that is not its name.
  package var serviceName: String?
  package var description: String?
  /// Options, over those of ``like``.
  package var options: [EnvironmentOption] = []
  package var tags: [String: String] = [:]
  /// Do not take from ``like`` what it has for itself alone: its secrets, and ``ownVariables``. A
  /// database that is tied to it is refused, since a second one would be made.
  package var isPreview = false
  /// Variables that are meant for ``like`` alone.
  package var ownVariables: Set<String> = []

  package init() {}
}

/// An option of an environment: Beanstalk's namespace, name and value.
package struct EnvironmentOption: Sendable, Hashable, Codable {
  /// Such as `aws:autoscaling:asg`.
  package var namespace: String
  /// Such as `MinSize`.
  package var name: String
  package var value: String

  package init(_ namespace: String, _ name: String, _ value: String) {
    self.namespace = namespace
    self.name = name
    self.value = value
  }
}

/// An environment to be made.
package struct CreationRequest: Sendable {
  package var environment: EnvironmentName
  /// What it shall run; `nil` for nothing of ours.
  package var label: VersionLabel?
  package var variables: [String: String]
  package var settings: CreationSettings
  package var timeout: Duration
  package var isLeftAlone = false

  package init(
    environment: EnvironmentName, label: VersionLabel?, variables: [String: String],
    settings: CreationSettings, timeout: Duration
  ) {
    self.environment = environment
    self.label = label
    self.variables = variables
    self.settings = settings
    self.timeout = timeout
  }
}

/// A log file of an environment.
package struct LogFile: Sendable, Equatable {
  /// Such as `web.stdout.log`.
  package var name: String
  package var path: FilePath
  /// What is in it, where the host keeps it elsewhere than on this machine; the path is empty then.
  package var contents: [UInt8]?
  /// Its size in bytes when the last operation began, where the host knows that.
  package var start: Int64?

  package init(name: String, path: FilePath) {
    self.name = name
    self.path = path
  }
}

/// A fact that a host refuses on or fails with. `Failure` in the command gives it words.
package enum HostError: Error, Equatable {
  case noSuchEnvironment(EnvironmentName)
  case noSuchVersion(VersionLabel)
  /// The label exists with this other digest.
  case labelTaken(label: VersionLabel, digest: String)
  /// Another operation has the environment; `holder` says who, for people, where that is known.
  case busy(name: EnvironmentName, holder: String?)
  /// The environment was waited for as long as was asked, and is still busy.
  case gaveUpWaiting(name: EnvironmentName, holder: String?)
  case environmentExists(EnvironmentName)
  /// Nothing is being done to the environment that could be stopped.
  case nothingToAbort(EnvironmentName)
  /// The environment has no address that it could give to another.
  case nothingToSwap(EnvironmentName)
  /// Two different environments are needed.
  case sameEnvironment(EnvironmentName)
  /// The version runs on these environments.
  case versionInUse(VersionLabel, by: [EnvironmentName])
  /// Nothing has been deployed to the environment, so there is nothing to restart.
  case nothingDeployed(EnvironmentName)
  case noSuchApplication(ApplicationName)
  /// Beanstalk could not process the version; it gives no reason.
  case processingFailed(VersionLabel)
  /// An operation without an outcome of its own, such as terminating, failed.
  case operationFailed(name: EnvironmentName, reasons: [String])
  /// Nothing says which platform the environment is to be made with.
  case noPlatform(EnvironmentName)
  case noSuchPlatform(String, known: [String])
  /// What an environment is to be made like is neither an environment nor a saved configuration.
  case noModel(String)
  /// The host does not take sources from CodeCommit.
  case noCodeCommit
  /// A repository or branch that CodeCommit does not have; what it says of it.
  case notAtCodeCommit(String)
  /// The environment or saved configuration would bring a database of its own.
  case databaseTied(String)
  /// Its kind keeps instances running.
  case alwaysAwake(EnvironmentName)
  /// The name leaves no room for the second environment's.
  case nameTooLong(EnvironmentName, limit: Int)
  /// A worker has no address that another environment could take over.
  case noAddress(EnvironmentName)
  /// The beginning of an address that somebody else has.
  case addressTaken(String)
  /// Another application of the account has an environment of this name.
  case nameTaken(EnvironmentName, as: String)
  /// Instance profiles and roles that an environment needs and that are not there.
  case missingRoles([String])
  /// The configured bucket for bundles is not there.
  case noSuchBucket(String)
  /// It is in another region than the environments, where Beanstalk takes no bundles from.
  case bucketElsewhere(String, region: String, needed: String)
  /// The bucket may not be written to.
  case bucketRefused(String)
  /// Beanstalk's address of a log did not lead to one.
  case badLogAddress
  /// The bundle cannot be used: broken zip, unsafe names. `reason` is for people.
  case badBundle(reason: String)
  /// A file operation on the host's own storage failed.
  case storage(operation: String, path: String, errno: Int32)
}
