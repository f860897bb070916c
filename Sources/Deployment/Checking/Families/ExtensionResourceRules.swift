/// What configuration files make besides instances, and what an environment's tier needs.
enum ExtensionResourceRules {
  static let all = [database, periodicTasks]

  static let database = Rule(
    "EB136", "tied-database", .warning, "A database is tied to the life of the environment",
    server:
      "Nothing; and when the environment is terminated or rebuilt, the database goes with it.",
    remedy: "make the database apart, and pass its address in a variable; allow its security group "
      + "by reference",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.RDS.html"
  ) { bundle in
    // A preview is made to be terminated.
    let severity: Severity = bundle.surroundings.isEphemeral ? .error : .warning
    let coupled = bundle.option(OptionNamespaces.database, "HasCoupledDatabase")?.lowercased()
    let isKept =
      bundle.option(OptionNamespaces.database, "DBDeletionPolicy")
      .map { $0 != "Delete" } ?? false
    let options = coupled == "false" ? [] : bundle.setOptions.filter(isAboutDatabase)
    var sightings: [Sighting] = []
    if let option = options.first {
      sightings.append(
        option.sighting(
          "'\(OptionNamespaces.database)' makes a database with the environment",
          severity: isKept ? .warning : severity))
    }
    return sightings + bundle.extensions.flatMap { resources(of: $0, severity) }
  }

  private static func isAboutDatabase(_ option: SetOption) -> Bool {
    option.namespace == OptionNamespaces.database
  }

  private static func resources(
    of file: ExtensionsFile, _ severity: Severity
  ) -> [Sighting] {
    (file.root?["Resources"]?.mapping ?? []).compactMap { name, resource in
      guard let type = resource["Type"], let text = type.string,
        ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"].contains(text)
      else { return nil }
      let isKept = ["Retain", "Snapshot"].contains(resource["DeletionPolicy"]?.string)
      return Sighting(
        "'\(name.string ?? text)' is made with the environment", at: file.path, line: type.line,
        column: type.column, severity: isKept ? .warning : severity)
    }
  }

  static let periodicTasks = Rule(
    "EB137", "periodic-tasks", .warning,
    "A worker environment has no periodic tasks, or a cron.yaml that it cannot read",
    server: "Nothing happens periodically; a deployment of an unreadable cron.yaml fails.",
    remedy: "write 'version: 1' and a list under 'cron', each with name, url and schedule",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features-managing-env-tiers.html"
  ) { bundle in
    guard bundle.surroundings.isWorker else { return [] }
    let path = PeriodicTasks.path
    guard bundle.has(path) else {
      let other = ["cron.yml", "Cron.yaml"].first(where: bundle.has)
      return [
        Sighting(
          other == nil
            ? "the environment is a worker, and there is no '\(path)'" : "only '\(path)' is read",
          at: other, mend: other.map { .move(from: $0, to: path) })
      ]
    }
    guard let bytes = bundle.contents(of: path) else { return [] }
    return PeriodicTasks(bytes).problems.map {
      Sighting(
        $0.detail, at: path, line: $0.line, column: $0.column,
        severity: $0.isCertain ? .error : .warning)
    }
  }
}
