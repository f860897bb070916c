/// What several containers on one instance trip on: its memory, its ports.
enum ContainerRules {
  static let all = [memory, samePort]

  // MARK: - Memory

  static let memory = Rule(
    "EB130", "container-memory", .warning,
    "The containers ask for more memory than an instance has, or do not say how much",
    server: "unable to place a task because no container instance met all of its requirements",
    remedy: "lower 'memory', set 'memoryReservation', or choose a larger instance type",
    source: "docs.aws.amazon.com/AmazonECS/latest/developerguide/memory-management.html",
    platforms: [.docker, .ecs]
  ) { bundle in
    bundle.platform?.kind == .ecs ? taskMemory(in: bundle) : serviceMemory(in: bundle)
  }

  /// MiB of an instance that no container gets: what ECS advises to keep for its agent and the
  /// system. The kernel takes a share of its own, which differs from version to version and is not
  /// counted, so that what is told is certain not to fit.
  static let kept = 32

  private static func taskMemory(in bundle: CheckedBundle) -> [Sighting] {
    guard let file = bundle.dockerrun else { return [] }
    let unknown = file.containers.filter { $0.needed == nil }.map {
      Sighting(
        "container '\($0.name ?? "?")' has neither 'memory' nor 'memoryReservation'",
        at: Dockerrun.path, line: $0.place.line, column: $0.place.column,
        remedy: #"add '"memory": <MiB>'"#)
    }
    let needed = sum(file.containers.compactMap(\.needed))
    let place = file.root?["containerDefinitions"]
    return unknown + tooMuch(needed, at: Dockerrun.path, place, in: bundle)
  }

  private static func serviceMemory(in bundle: CheckedBundle) -> [Sighting] {
    guard let file = bundle.compose else { return [] }
    let needed = sum(
      file.services.filter { !$0.hasProfile }.compactMap(\.memoryReservation)
        .map { Int($0 / 1_048_576) })
    return tooMuch(needed, at: file.path, file.root?["services"], in: bundle)
  }

  /// Numbers that people write may be of any size.
  private static func sum(_ numbers: [Int]) -> Int {
    numbers.reduce(0) { $0.addingReportingOverflow($1).overflow ? Int.max : $0 + $1 }
  }

  private static func tooMuch(
    _ needed: Int, at path: String, _ place: YAMLNode?, in bundle: CheckedBundle
  ) -> [Sighting] {
    guard let type = smallestType(in: bundle), needed > type.memory - kept else { return [] }
    let (wanted, overflow) = needed.addingReportingOverflow(kept)
    let larger = overflow ? nil : type.larger(memory: wanted)
    return [
      Sighting(
        "the containers ask for \(needed) MiB, and a \(type.name) has \(type.memory), of which "
          + "\(kept) are for the system",
        at: path, line: place?.line, column: place?.column,
        remedy: larger.map {
          "lower 'memory', set 'memoryReservation', or choose \($0.name) (\($0.memory) MiB)"
        })
    ]
  }

  /// Of the types that may be launched, that with the least memory. `InstanceTypes` wins over the
  /// older option. Source: command-options-general.html, "aws:ec2:instances".
  private static func smallestType(in bundle: CheckedBundle) -> InstanceType? {
    let names =
      bundle.option("aws:ec2:instances", "InstanceTypes")
      ?? bundle.option("aws:autoscaling:launchconfiguration", "InstanceType")
    return (names ?? "").split(separator: ",")
      .compactMap { InstanceType.named(String($0.trimming(while: \.isWhitespace))) }
      .min { $0.memory < $1.memory }
  }

  // MARK: - Ports

  static let samePort = Rule(
    "EB144", "same-host-port", .error, "Two containers publish one port of the instance",
    server: "Bind for 0.0.0.0:80 failed: port is already allocated",
    remedy: "publish it for one of them only",
    source: "docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html; "
      + "docs.docker.com/reference/compose-file/services/#ports",
    platforms: [.docker, .ecs]
  ) { bundle in
    let isECS = bundle.platform?.kind == .ecs
    guard let path = isECS ? Dockerrun.path : bundle.composePath else { return [] }
    // Each is compared with those before it. Nobody publishes so many ports.
    let claims = (isECS ? taskClaims(in: bundle) : serviceClaims(in: bundle)).prefix(1000)
    return claims.enumerated().compactMap { index, claim in
      guard let other = claims[..<index].first(where: claim.collides) else { return nil }
      let common = max(claim.ports.lowerBound, other.ports.lowerBound)
      let whose = other.owner == claim.owner ? "it" : "'\(other.owner)'"
      return Sighting(
        "'\(claim.owner)' publishes port \(common), which \(whose) has in line \(other.place.line)",
        at: path, line: claim.place.line, column: claim.place.column)
    }
  }

  /// What a container takes of the instance.
  private struct Claim {
    let owner: String
    let binding: Binding
    let place: YAMLNode

    var ports: ClosedRange<Int> { binding.ports }

    func collides(_ other: Claim) -> Bool { binding.collides(other.binding) }
  }

  private struct Binding: Hashable {
    let ports: ClosedRange<Int>
    let transport: String
    /// `nil` for every address of the instance.
    let address: String?

    func collides(_ other: Binding) -> Bool {
      transport == other.transport && ports.overlaps(other.ports)
        && (address == nil || other.address == nil || address == other.address)
    }
  }

  private static func taskClaims(in bundle: CheckedBundle) -> [Claim] {
    (bundle.dockerrun?.containers ?? []).flatMap { container in
      container.mappings.compactMap { mapping in
        // Of 0, ECS makes a port that is free.
        guard let host = mapping.host, host != 0 else { return nil }
        return Claim(
          owner: container.name ?? "?",
          binding: Binding(ports: host...host, transport: mapping.transport, address: nil),
          place: mapping.place)
      }
    }
  }

  private static func serviceClaims(in bundle: CheckedBundle) -> [Claim] {
    let services = (bundle.compose?.services ?? []).filter { !$0.hasProfile }
    return services.flatMap { service -> [Claim] in
      var seen: Set<Binding> = []
      return service.ports.compactMap { port in
        // Of several for one, Docker takes one that is free.
        guard let host = port.host, port.container?.count == host.count else { return nil }
        let binding = Binding(
          ports: host, transport: port.transport,
          address: port.address == "0.0.0.0" ? nil : port.address)
        // Compose takes a line that is there twice for one.
        guard seen.insert(binding).inserted else { return nil }
        return Claim(owner: service.name, binding: binding, place: port.place)
      }
    }
  }
}
