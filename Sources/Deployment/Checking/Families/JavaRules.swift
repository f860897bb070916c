/// What the Java SE platform trips on.
enum JavaRules {
  static let all = [nothingToStart]

  static let nothingToStart = Rule(
    "EB108", "java-nothing-to-start", .error, "Nothing says which archive is the application",
    server:
      "Unable to launch application as the source bundle does not contain either a file named "
      + "application.jar or a Procfile.",
    remedy: "write a Procfile such as 'web: java -jar app.jar'",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/java-se-procfile.html; "
      + "docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.migration-al.html",
    platforms: [.java]
  ) { bundle in
    // A Buildfile may make it, and an archive by itself is the application.
    if ["Procfile", "Buildfile", "META-INF/MANIFEST.MF"].contains(where: bundle.has) { return [] }
    let archives = bundle.shallow.filter { $0.path.hasSuffix(".jar") && $0.isFile && $0.depth == 1 }
    // With a project's files alone it may as well be for another platform.
    let severity: Severity = bundle.platform?.isFromFiles == true ? .warning : .error
    guard let first = archives.first else {
      return [
        Sighting(
          "there is no Procfile, no Buildfile and no archive at the bundle's root",
          severity: severity)
      ]
    }
    let hasName = bundle.has(name)
    if archives.count > 1 {
      return [
        Sighting(
          "there is no Procfile, and \(archives.count) archives are at the bundle's root",
          at: first.path, remedy: "write a Procfile such as 'web: java -jar \(first.path)'",
          severity: hasName ? .warning : severity)
      ]
    }
    // Up to Amazon Linux 1, a single archive in a zip was called so.
    guard !hasName, !bundle.isForAmazonLinux1 else { return [] }
    return [
      Sighting(
        "it is not called '\(name)', and there is no Procfile", at: first.path,
        remedy: "write a Procfile with 'web: java -jar \(first.path)'", severity: severity)
    ]
  }

  private static let name = "application.jar"
}
