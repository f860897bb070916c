/// What stands before the application: the platform's nginx, what may be in its way, and an nginx
/// that runs in a container.
enum ProxyRules {
  static let all = [configuration, portTaken, unknownHost] + PortRules.all

  /// The proxy that the platform runs; `nil` where there is none. Source:
  /// docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.proxy.html; the platforms
  /// for several containers leave it to one of them.
  static func proxy(in bundle: CheckedBundle) -> String? {
    let kind = bundle.platform?.kind
    if kind == .ecs || kind == .docker && bundle.composePath != nil { return nil }
    let server = bundle.option(OptionNamespaces.proxy, "ProxyServer")
    let name = server?.lowercased() ?? "nginx"
    return name == "none" ? nil : name
  }

  // MARK: - The platform's nginx

  private static let own = ".platform/nginx/nginx.conf"

  static let configuration = Rule(
    "EB125", "nginx-configuration", .warning,
    "What is in .platform/nginx cannot be read, or takes away what Beanstalk adds",
    server: "nginx: [emerg] … in /etc/nginx/…, or the health report and static files are gone.",
    remedy: "add 'include conf.d/elasticbeanstalk/*.conf;' to the server's block of nginx.conf",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.proxy.html",
    platforms: PlatformKind.linux
  ) { bundle in
    guard proxy(in: bundle) == "nginx", bundle.platform?.generation != .al1 else { return [] }
    let isWhole = bundle.entry(own)?.isFile == true
    let whole = isWhole ? bundle.contents(of: own).map { NginxConfiguration($0) } : nil
    var sightings = readFiles(of: bundle, whole).flatMap { path in
      faults(of: bundle.contents(of: path) ?? [], at: path)
    }
    if let whole, whole.problem == nil,
      !whole.includes.contains(where: { $0.text.contains("conf.d/elasticbeanstalk/") })
    {
      let server = whole.directives("server").first { $0.block != nil }?.name
      sightings.append(
        Sighting(
          "it does not include 'conf.d/elasticbeanstalk/*.conf'", at: own, line: server?.line,
          column: server?.column))
    }
    return sightings
  }

  /// The files that nginx reads there: of a bundle's own nginx.conf, what that includes.
  private static func readFiles(
    of bundle: CheckedBundle, _ whole: NginxConfiguration?
  ) -> [String] {
    let entries = bundle.files(below: ".platform/nginx/").filter {
      $0.isFile && $0.path.hasSuffix(".conf")
    }
    return entries.map(\.path).filter { path in
      if path == own { return true }
      let directory = path.dropFirst(".platform/nginx/".count).split(separator: "/").dropLast()
        .joined(separator: "/")
      guard ["conf.d", "conf.d/elasticbeanstalk"].contains(directory) else { return false }
      guard let whole else { return true }
      return whole.includes.contains { include in
        let folder = include.text.split(separator: "/").dropLast().joined(separator: "/")
        return folder == directory || folder == "etc/nginx/\(directory)"
      }
    }
  }

  private static func faults(of bytes: [UInt8], at path: String) -> [Sighting] {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if let index = lines.firstIndex(where: { String(validating: $0, as: UTF8.self) == nil }) {
      return [
        Sighting(
          "it is not written in UTF-8", at: path, line: index + 1,
          remedy: "iconv -f latin1 -t utf-8 \(ShellWords.line(path))")
      ]
    }
    let file = NginxConfiguration(bytes)
    if let problem = file.problem {
      return [
        Sighting(
          "nginx cannot read it: \(problem.reason)", at: path, line: problem.line,
          column: problem.column, remedy: "nginx -t -c FILE tells the same", severity: .error)
      ]
    }
    return file.swallowed.map { directive, word, isRefused in
      Sighting(
        "'\(directive.name.text)' of line \(directive.name.line) does not end in ';' before "
          + "'\(word.text)'", at: path, line: word.line, column: word.column,
        remedy: "end line \(directive.name.line) in ';'", severity: isRefused ? .error : .warning)
    }
  }

  // MARK: - Another server on port 80

  static let portTaken = Rule(
    "EB127", "port-80-taken", .warning, "Something besides the platform's proxy listens on port 80",
    server: "bind() to 0.0.0.0:80 failed (98: Address already in use)",
    remedy: "set ProxyServer of \(OptionNamespaces.proxy) to none, or let it listen elsewhere",
    source: "github.com/team-5io/BACK-Fighters/issues/93", platforms: PlatformKind.linux
  ) { bundle in
    guard let proxy = proxy(in: bundle) else { return [] }
    let commands = hostCommands(in: bundle)
    // Who stops the proxy first knows what they do.
    let unit = proxy == "apache" ? "httpd" : proxy
    if commands.contains(where: { $0.text.stops(unit) }) { return [] }
    let servers = ["httpd", "apache2", "nginx", "caddy"].filter { $0 != unit }
    var sightings = commands.compactMap { command -> Sighting? in
      guard let server = servers.first(where: command.text.starts) else { return nil }
      return Sighting(
        "'\(server)' is started, and \(proxy) listens on port 80", at: command.path,
        line: command.line)
    }
    sightings += declaredServices(in: bundle, servers, proxy)
    sightings += publishedPorts(in: bundle, commands, proxy)
    return sightings
  }

  private typealias Command = (text: HostCommand, path: String, line: Int)

  /// Lines that the instance runs: of hooks, of `.ebextensions`, of the Procfile.
  private static func hostCommands(in bundle: CheckedBundle) -> [Command] {
    let hooks = bundle.hidden.filter(HookRules.isHook).flatMap { entry in
      (bundle.lines(of: entry.path) ?? []).enumerated().map {
        (HostCommand($0.element), entry.path, $0.offset + 1)
      }
    }
    let files = bundle.extensions.flatMap { file in
      file.commands.flatMap { node -> [Command] in
        // A block's text begins in the line after its sign.
        let lines = TextLines.of(node.string ?? "")
        return lines.enumerated().map { index, line in
          (HostCommand(line), file.path, lines.count > 1 ? node.line + 1 + index : node.line)
        }
      }
    }
    return hooks + files
  }

  /// `services: {systemd: {httpd: {enabled: true}}}`.
  private static func declaredServices(
    in bundle: CheckedBundle, _ servers: [String], _ proxy: String
  ) -> [Sighting] {
    bundle.extensions.flatMap { file in
      (file.root?["services"]?.mapping ?? []).flatMap { _, services in
        (services.mapping ?? []).compactMap { name, wanted in
          guard let server = name.string, servers.contains(server),
            wanted["ensureRunning"]?.isTrue == true || wanted["enabled"]?.isTrue == true
          else { return nil }
          return Sighting(
            "'\(server)' is started, and \(proxy) listens on port 80", at: file.path,
            line: name.line, column: name.column)
        }
      }
    }
  }

  /// Containers that are started beside the application, on platforms that are not Docker's.
  private static func publishedPorts(
    in bundle: CheckedBundle, _ commands: [Command], _ proxy: String
  ) -> [Sighting] {
    var sightings = commands.filter(\.text.runsContainerOnPort80).map {
      Sighting(
        "a container is given port 80, on which \(proxy) listens", at: $0.path, line: $0.line)
    }
    guard commands.contains(where: \.text.runsCompose), let file = bundle.compose else {
      return sightings
    }
    for port in file.services.flatMap(\.ports) where port.host?.contains(80) == true {
      sightings.append(
        Sighting(
          "port 80 is published, on which \(proxy) listens", at: file.path, line: port.place.line,
          column: port.place.column))
    }
    return sightings
  }

  // MARK: - nginx in a container

  static let unknownHost = Rule(
    "EB150", "proxy-host", .warning, "nginx hands requests to a host that is no container's name",
    server: "nginx: [emerg] host not found in upstream",
    remedy: "name the container as nginx's configuration does, and link to it",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/create_deploy_docker_v2config.html",
    platforms: [.docker, .ecs]
  ) { bundle in
    let names = containerNames(in: bundle)
    guard !names.isEmpty else { return [] }
    let files = bundle.noted.filter { $0.isFile && isContainers($0.path) }
      .compactMap { entry in
        bundle.contents(of: entry.path).map { (entry.path, NginxConfiguration($0)) }
      }
    let upstreams = files.flatMap { $0.1.upstreams }
    let known = Set(names.map { $0.lowercased() } + upstreams + ["localhost"])
    let examples = ", which are \(names.prefix(5).map { "'\($0)'" }.joined(separator: ", "))"
    var hints: [String: String] = [:]
    return files.flatMap { path, file in
      file.targets.filter { !known.contains($0.host) && isLocal($0.host) }.map { target in
        if hints[target.host] == nil, hints.count < suggested {
          hints[target.host] =
            nearest(to: target.host, among: names).map { "; did you mean '\($0)'?" } ?? examples
        }
        return Sighting(
          "'\(target.host)' is no container's name" + (hints[target.host] ?? examples), at: path,
          line: target.word.line, column: target.word.column)
      }
    }
  }

  /// For so many hosts a name is suggested: each is compared with every name.
  private static let suggested = 5

  private static func nearest(to host: String, among names: [String]) -> String? {
    let length = host.unicodeScalars.count
    return EditDistance.nearest(
      to: host, among: names.filter { abs($0.unicodeScalars.count - length) <= 3 })
  }

  /// A name without dots: neither an address nor one that the world's DNS knows.
  private static func isLocal(_ host: String) -> Bool {
    host.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  /// Whether it is for a container and for the deployment, as its name says.
  private static func isContainers(_ path: String) -> Bool {
    guard path.hasSuffix(".conf"), !path.hasPrefix(".") else { return false }
    let words = path.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    return Set(words).isDisjoint(with: ["dev", "development", "local", "test", "tests", "example"])
  }

  /// What containers may be called by others; none where they are not known.
  private static func containerNames(in bundle: CheckedBundle) -> [String] {
    if bundle.platform?.kind == .ecs {
      let containers = bundle.dockerrun?.containers ?? []
      return containers.compactMap(\.name) + containers.flatMap { $0.links.map(\.alias) }
    }
    return (bundle.compose?.services ?? []).flatMap(\.names)
  }
}
