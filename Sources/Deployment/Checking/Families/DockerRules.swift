/// What the two platforms of Docker trip on: the Dockerfile, Dockerrun.aws.json, Docker Compose.
enum DockerRules {
  static let all = [noPort, dockerrunVersion, nothingToRun] + ContainerRules.all

  static let configuration =
    "docs.aws.amazon.com/elasticbeanstalk/latest/dg/single-container-docker-configuration.html"

  /// Where only the files say that it is Docker, and they would do for another platform too.
  private static func ifCertain(_ severity: Severity, in bundle: CheckedBundle) -> Severity {
    let isGuess = bundle.platform?.isFromFiles == true && !bundle.has(Dockerrun.path)
    guard isGuess else { return severity }
    let isOther =
      bundle.has("Procfile") || PlatformGuess.otherSigns.contains(where: bundle.has)
      || bundle.shallow.contains { $0.depth == 1 && $0.path.hasSuffix(".runtimeconfig.json") }
    return isOther ? .warning : severity
  }

  // MARK: - Ports

  static let noPort = Rule(
    "EB128", "no-expose", .error, "Nothing says which port the container listens on",
    server: "No EXPOSE directive found in Dockerfile, abort deployment",
    remedy: "write 'EXPOSE <port>' into the Dockerfile's last stage",
    source: configuration, platforms: [.docker]
  ) { bundle in
    let dockerrun = bundle.dockerrun
    // Docker Compose publishes ports itself, and the other versions of Dockerrun name none.
    guard bundle.composePath == nil, dockerrun?.ports.isEmpty ?? true,
      ["1", nil].contains(dockerrun?.version)
    else { return [] }
    if let bytes = bundle.contents(of: "Dockerfile") {
      return missingPorts(of: Dockerfile(bytes), in: bundle)
    }
    guard !bundle.has("Dockerfile"), let dockerrun, let image = dockerrun.root?["Image"] else {
      return []
    }
    return [
      Sighting(
        "'Image' is there, and no 'Ports'", at: Dockerrun.path, line: image.line,
        column: image.column, remedy: #"add '"Ports": [{"ContainerPort": <port>}]'"#,
        severity: .warning)
    ]
  }

  private static func missingPorts(of file: Dockerfile, in bundle: CheckedBundle) -> [Sighting] {
    guard let final = file.final else { return [] }
    let ports = file.ports
    let unreadable = ports.unreadable.map {
      Sighting(
        "'\($0.text)' is no port", at: "Dockerfile", line: $0.line, column: 1,
        remedy: "write ports as 'EXPOSE 80 443/tcp'", severity: ifCertain(.error, in: bundle))
    }
    let empty = ports.empty.map {
      Sighting(
        "'\($0.text)' comes to nothing: no ARG or ENV of this file gives it a value",
        at: "Dockerfile", line: $0.line, column: 1, remedy: "give it one: ENV PORT=<port>",
        severity: .warning)
    }
    guard ports.open.isEmpty, unreadable.isEmpty, empty.isEmpty else { return unreadable + empty }
    let other = file.stages.flatMap(\.instructions).first { $0.name == "EXPOSE" }
    return [
      Sighting(
        other.map { "the last stage has no EXPOSE; that of line \($0.line) is another stage's" }
          ?? "it has no EXPOSE",
        at: "Dockerfile", line: final.line, column: 1,
        // Whether the text or the image counts is not documented: where they differ, it may work.
        severity: other == nil ? ifCertain(.error, in: bundle) : .warning)
    ]
  }

  // MARK: - Dockerrun.aws.json

  static let dockerrunVersion = Rule(
    "EB129", "dockerrun-version", .error,
    "Dockerrun.aws.json is not JSON, or of a version for another platform",
    server: "Invalid Dockerrun.aws.json version, abort deployment",
    remedy: "write it as the platform reads it: version 1 for Docker, 3 for Docker with "
      + "docker-compose.yml, 2 for ECS",
    source: "github.com/aws-samples/eb-docker-nginx-proxy/issues/1; \(configuration)",
    platforms: [.docker, .ecs]
  ) { bundle in
    guard let file = bundle.dockerrun, let kind = bundle.platform?.kind else { return [] }
    if let problem = file.problem {
      return [
        Sighting(
          "it is not JSON: \(problem.reason)", at: Dockerrun.path, line: problem.line,
          column: problem.column, remedy: "python3 -m json.tool Dockerrun.aws.json")
      ]
    }
    guard let root = file.root, let fault = fault(of: file, on: kind, in: bundle) else { return [] }
    let place = file.versionPlace ?? root
    return [
      Sighting(
        fault.detail, at: Dockerrun.path, line: place.line, column: place.column,
        remedy: fault.remedy, severity: fault.severity)
    ]
  }

  private static func fault(
    of file: Dockerrun, on kind: PlatformKind, in bundle: CheckedBundle
  ) -> (detail: String, remedy: String?, severity: Severity)? {
    let key = Dockerrun.versionKey
    let own = kind == .ecs ? "2" : "1"
    guard let version = file.version else {
      return ("'\(key)' is missing", "add '\"\(key)\": \"\(own)\"'", .error)
    }
    switch (kind, version) {
    case (.ecs, "2"), (.docker, "1"): return nil
    case (.docker, "3"):
      guard bundle.composePath == nil else { return nil }
      return (
        "version 3 goes with 'docker-compose.yml', which is not there",
        "add docker-compose.yml, or make it version 1",
        // It says only where credentials are, and a Dockerfile may do without them.
        bundle.has("Dockerfile") ? .warning : .error
      )
    case (.docker, "2"):
      return (
        "version 2 is for ECS, and this is the Docker platform",
        "write docker-compose.yml instead, or choose the platform 'ECS running on 64bit Amazon "
          + "Linux 2023'", .error
      )
    case (.ecs, "1"), (.ecs, "3"):
      return (
        "version \(version) is for the Docker platform, and this is ECS",
        "write version 2, with 'containerDefinitions'", .error
      )
    default: return ("there is no version '\(version)'", nil, .error)
    }
  }

  // MARK: - Something to run

  static let nothingToRun = Rule(
    "EB143", "no-container", .error, "Nothing says which container to run",
    server: "Instance deployment: Both 'Dockerfile' and 'Dockerrun.aws.json' are missing in your "
      + "source bundle. Include at least one of them. The deployment failed.",
    remedy: "add a Dockerfile, docker-compose.yml or Dockerrun.aws.json at the bundle's root",
    source: "github.com/aws/aws-elastic-beanstalk-cli/issues/60", platforms: [.docker, .ecs]
  ) { bundle in
    if bundle.platform?.kind == .ecs { return missingDefinitions(in: bundle) }
    guard !bundle.has("Dockerfile"), !bundle.has(Dockerrun.path), bundle.composePath == nil else {
      return []
    }
    // A hook could write one.
    let isMade = HookRules.directories.contains { !bundle.files(below: $0).isEmpty }
    let other = bundle.shallow.first { entry in
      entry.depth == 1
        && ["dockerfile", "compose.yml", "compose.yaml"].contains(entry.path.lowercased())
    }
    let nested = bundle.shallow.first { $0.name == "Dockerfile" && $0.depth == 2 }
    return [
      Sighting(
        other.map { "it is called '\($0.path)', which Beanstalk does not look for" }
          ?? nested.map { "the Dockerfile is '\($0.path)', and not at the root" }
          ?? "there is no Dockerfile, docker-compose.yml or Dockerrun.aws.json",
        at: other?.path ?? nested?.path,
        severity: isMade || other?.path.hasPrefix("compose") == true ? .warning : .error)
    ]
  }

  private static func missingDefinitions(in bundle: CheckedBundle) -> [Sighting] {
    let remedy = "write Dockerrun.aws.json, version 2, with 'containerDefinitions'"
    guard bundle.has(Dockerrun.path) else {
      return [Sighting("there is no Dockerrun.aws.json, which ECS needs", remedy: remedy)]
    }
    guard let file = bundle.dockerrun, file.version == "2", file.problem == nil,
      let root = file.root, file.containers.isEmpty
    else { return [] }
    return [
      Sighting(
        "'containerDefinitions' names no container", at: Dockerrun.path, line: root.line,
        column: root.column, remedy: remedy)
    ]
  }
}
