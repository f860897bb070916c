import AWS
import ArgumentParser
import CPlatform
import Deployment

/// `git eb ssh`
struct SSH: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh",
    abstract: "Log in to an environment's instances (Beanstalk).",
    usage: "git eb ssh [<options>] [-- <command> [<argument> ...]]",
    discussion: """
      Runs your own ssh, with its own configuration, keys and known hosts. A command in one word is \
      a line for the shell over there; several words arrive as they are given.

      The port is not opened: with --open-port, and when that is confirmed, port 22 of the \
      instance's security group lets in this machine's address alone for as long as ssh runs.

      Exit status: ssh's own, which is the command's or 255; with --all the first that is not 0.

      Examples:
        git eb ssh
        git eb ssh -e production --instance i-0123456789abcdef0
        git eb ssh --all -- uptime
        git eb ssh -- 'tail -n 50 /var/log/web.stdout.log | grep -i error'
        git eb ssh --private --jump ann@bastion.example.com
        git eb ssh --open-port
      """)

  @Argument(
    parsing: .postTerminator,
    help: .init("The command and its arguments, after '--'.", valueName: "command"))
  var command: [String] = []

  @Option(help: .init("The instance.", valueName: "id"))
  var instance: String?

  @Flag(help: "Run the command on all instances, one after the other.")
  var all = false

  @Option(help: .init("The user over there; ec2-user without it.", valueName: "user"))
  var user = "ec2-user"

  @Option(
    name: .customShort("i"),
    help: .init("The file of the private key, as ssh -i.", valueName: "file"))
  var identity: String?

  @Flag(name: .customLong("private"), help: "Go to the private address.")
  var isPrivate = false

  @Option(help: .init("Go through this host, as ssh -J.", valueName: "user@host"))
  var jump: String?

  @Flag(name: .customLong("open-port"), help: "Open port 22 to this machine while ssh runs.")
  var opensPort = false

  @Option(
    name: .customLong("from"),
    help: .init(
      "With --open-port, this machine's address as AWS sees it, instead of asking AWS.",
      valueName: "address"))
  var ownAddress: String?

  @Flag(help: "Open the port without asking.")
  var yes = false

  @OptionGroup var environment: EnvironmentOptions
  @OptionGroup var place: HostOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if all, instance != nil {
      throw ValidationError("'--all' and '--instance' cannot be used together")
    }
    if all, command.isEmpty { throw ValidationError("'--all' needs a command, after '--'") }
    if common.json { throw ValidationError("'--json' has no meaning here") }
    if opensPort, isPrivate || jump != nil {
      throw ValidationError("'--open-port' cannot be used with '--private' or '--jump'")
    }
    if !opensPort, ownAddress != nil { throw ValidationError("'--from' needs '--open-port'") }
    if let ownAddress, BeanstalkShell.range(of: ownAddress) == nil {
      throw ValidationError("'\(ownAddress)' is no address, such as 203.0.113.7")
    }
  }

  /// An instance and where ssh finds it.
  private struct Destination {
    var instance: EC2Instance
    var address: String
  }

  mutating func execute() async throws -> ExitStatus {
    let context = try Context(common, flags: place.flags)
    let host = try context.beanstalk("ssh")
    let name = try context.environment(environment)
    let shell = BeanstalkShell(host: host)
    let destinations = try select(try await shell.instances(of: name), of: name).map(destination)
    guard opensPort else { return try await visit(destinations, context) }
    let openings = try await openings(for: destinations, shell)
    // From now on nothing but SIGKILL ends git-eb: what it opens it closes.
    platform_pass_signals_to(0)
    return try await whileOpen(openings[...], shell) { try await visit(destinations, context) }
  }

  // MARK: - Which instances

  private func select(_ found: [EC2Instance], of name: EnvironmentName) throws -> [EC2Instance] {
    let known = found.map(\.id)
    if let instance {
      guard let asked = found.first(where: { $0.id == instance }) else {
        throw InstanceError.noSuchInstance(instance, of: name, known: known)
      }
      return [asked]
    }
    if all || found.count == 1 { return found }
    guard let chosen = choose(found) else { throw InstanceError.several(name, known: known) }
    return [chosen]
  }

  /// Asks on a terminal; `nil` where nobody answers with one of the numbers.
  private func choose(_ found: [EC2Instance]) -> EC2Instance? {
    guard Output.isInputTerminal, Output.isErrorTerminal else { return nil }
    for (index, instance) in found.enumerated() {
      Output.message("\(index + 1)  \(instance.id)  \(instance.availabilityZone ?? "")")
    }
    Output.status("which one? [1] ")
    guard let line = readLine() else { return nil }
    let number = line.isEmpty ? 1 : Int(line) ?? 0
    return found.indices.contains(number - 1) ? found[number - 1] : nil
  }

  /// Behind a jump host the private address is the one that is reached, where there is one.
  private func destination(_ instance: EC2Instance) throws -> Destination {
    let address =
      if isPrivate {
        instance.privateAddress
      } else if jump != nil {
        instance.privateAddress ?? instance.publicAddress
      } else {
        instance.publicAddress
      }
    guard let address else {
      throw InstanceError.noAddress(instance.id, isPrivate: isPrivate)
    }
    return Destination(instance: instance, address: address)
  }

  // MARK: - The port

  /// What is to be opened, each group once, after it was confirmed.
  private func openings(
    for destinations: [Destination], _ shell: BeanstalkShell
  ) async throws -> [PortOpening] {
    var range = ownAddress.flatMap(BeanstalkShell.range)
    if range == nil { range = try await shell.ownRange() }
    guard let range else { throw InstanceError.ownAddressUnknown }
    var openings: [PortOpening] = []
    for destination in destinations {
      guard
        let opening = try await shell.opening(of: destination.instance, port: 22, to: range),
        !openings.contains(opening)
      else { continue }
      openings.append(opening)
    }
    if openings.isEmpty {
      if !common.quiet { Output.message("port 22 is open to \(range) already") }
      return []
    }
    let groups = openings.map(\.group).joined(separator: ", ")
    if !yes { try Confirmation.agree("open port 22 of \(groups) to \(range) while ssh runs?") }
    if !common.quiet { Output.message("opening port 22 of \(groups) to \(range)") }
    return openings
  }

  /// Opens one after the other, and closes each again however `body` ends.
  private func whileOpen(
    _ openings: ArraySlice<PortOpening>, _ shell: BeanstalkShell,
    _ body: () async throws -> ExitStatus
  ) async throws -> ExitStatus {
    guard let opening = openings.first else { return try await body() }
    try await shell.open(opening)
    let result: Result<ExitStatus, any Error>
    do {
      result = .success(try await whileOpen(openings.dropFirst(), shell, body))
    } catch {
      result = .failure(error)
    }
    do {
      try await shell.close(opening)
    } catch {
      throw InstanceError.stillOpen(opening, reason: Failure(error).message)
    }
    if !common.quiet { Output.message("closed port 22 of \(opening.group)") }
    return try result.get()
  }

  // MARK: - ssh

  private func visit(_ destinations: [Destination], _ context: Context) async throws -> ExitStatus {
    let shell = SecureShell(user: user, identity: identity, jumpHost: jump)
    let environment = context.processEnvironment
    let command = command
    var first = ExitStatus.success
    for destination in destinations {
      if all, !common.quiet { Output.message("==> \(destination.instance.id) <==") }
      let arguments = shell.arguments(to: destination.address, command: command)
      let ending = try await Threads.run {
        try OutsideCommand(arguments, environment: environment, directory: nil).run { _ in }
      }
      if case .interrupted = ending { throw CancellationError() }
      let status = ExitStatus.command(ending)
      if first == .success { first = status }
      if Interruption.isRequested { break }
    }
    return first
  }
}
