/// Which files rules read, by their names. All others they know by name, mode and traits alone.
enum WantedFiles {
  static func contains(_ path: [UInt8]) -> Bool {
    let slash = UInt8(ascii: "/")
    guard let separator = path.lastIndex(of: slash) else {
      return isWantedAtRoot(String(decoding: path, as: UTF8.self))
    }
    if path.starts(with: extensions) || path.starts(with: platform) { return true }
    if path.starts(with: requirements) { return path.count { $0 == slash } == 1 }
    // An nginx that runs in a container of its own has its configuration anywhere.
    return path.count { $0 == slash } <= 4 && path.suffix(5).elementsEqual(configuration)
      && !path.starts(with: modules) && path.count - separator > 6
  }

  private static func isWantedAtRoot(_ name: String) -> Bool {
    names.contains(name) || name.hasPrefix(".env") || name.hasPrefix("docker-compose")
      || name.hasPrefix("Dockerfile") || name.hasPrefix("requirements")
  }

  private static let extensions = Array(".ebextensions/".utf8)
  private static let requirements = Array("requirements/".utf8)
  private static let platform = Array(".platform/".utf8)
  private static let configuration = Array(".conf".utf8)
  private static let modules = Array("node_modules/".utf8)

  private static let names: Set<String> = [
    "Procfile", "Buildfile", "Dockerrun.aws.json", "compose.yml", "compose.yaml", "package.json",
    "Pipfile", "pyproject.toml", "cron.yaml", "env.yaml", "application.py", "app.py", "main.py",
    "wsgi.py", "server.js", "app.js", "index.js", "main.js", "application.go", "main.go",
    "server.rb", "config.ru", "Gemfile", "pom.xml", "build.gradle", ".npmrc", ".pypirc",
    ".netrc", ".gitattributes", ".ebignore", "aws-windows-deployment-manifest.json",
  ]
}
