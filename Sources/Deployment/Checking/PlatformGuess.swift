/// The platforms of Beanstalk.
package enum PlatformKind: String, Sendable, CaseIterable {
  case docker
  /// Docker on ECS, which was called multi-container Docker.
  case ecs
  case dotnet
  case go
  /// Java SE: Corretto.
  case java
  case node
  case php
  case python
  case ruby
  case tomcat
  /// .NET on Windows Server, behind IIS.
  case windows
}

/// What a platform's version stands on.
package enum PlatformGeneration: String, Sendable, Comparable {
  case al1, al2, al2023

  package static func < (left: PlatformGeneration, right: PlatformGeneration) -> Bool {
    left.order < right.order
  }

  private var order: Int {
    switch self {
    case .al1: 1
    case .al2: 2
    case .al2023: 3
    }
  }
}

/// What a bundle is to run on, as far as it is known.
package struct PlatformGuess: Sendable, Equatable {
  package var kind: PlatformKind
  /// `nil` where only the kind is known, and on Windows. Amazon Linux 1 is retired since 2022, so
  /// what is not known is not that.
  package var generation: PlatformGeneration?
  /// Of the language, such as `3.13` or `20`.
  package var version: String?
  /// Whether only the bundle's files say so.
  package var isFromFiles = false

  package init(
    _ kind: PlatformKind, _ generation: PlatformGeneration? = nil, version: String? = nil,
    isFromFiles: Bool = false
  ) {
    self.kind = kind
    self.generation = generation
    self.version = version
    self.isFromFiles = isFromFiles
  }

  /// Whether it is Amazon Linux 2 or newer, for all that is known.
  package var isModern: Bool { kind != .windows && generation != .al1 }

  /// Reads a platform branch's name, a solution stack's or a platform version's ARN, such as
  /// `Python 3.13 running on 64bit Amazon Linux 2023`, `64bit Amazon Linux 2 v3.5.0 running Docker`
  /// or what follows `platform/` in an ARN; `nil` for one that names nothing known.
  package init?(_ text: String) {
    // The names are in the documentation's page on supported platforms.
    let name = text.split(separator: "platform/").last.map(String.init) ?? text
    let lower = name.lowercased()
    guard let kind = Self.kinds.first(where: { lower.contains($0.word) }) else { return nil }
    self.kind = kind.kind
    if lower.contains("amazon linux 2023") {
      generation = .al2023
    } else if let end = lower.firstRange(of: "amazon linux 2")?.upperBound,
      lower[end...].first?.isNumber != true
    {
      generation = .al2
    } else if lower.contains("amazon linux") {
      generation = .al1
    }
    version = Self.version(after: kind.word, in: lower)
  }

  /// In the order in which a name is compared with them: a longer one before what it contains.
  private static let kinds: [(word: String, kind: PlatformKind)] = [
    ("multi-container docker", .ecs), ("ecs", .ecs), ("docker", .docker),
    (".net core", .dotnet), ("dotnet", .dotnet), (".net", .dotnet), ("tomcat", .tomcat),
    ("corretto", .java), ("java", .java), ("node.js", .node), ("nodejs", .node), ("node", .node),
    ("python", .python), ("ruby", .ruby), ("php", .php), ("iis", .windows),
    ("windows", .windows), ("golang", .go), ("go", .go),
  ]

  private static func version(after word: String, in name: String) -> String? {
    guard let end = name.firstRange(of: word)?.upperBound else { return nil }
    let number = name[end...].drop { $0 == " " || $0 == "-" }
      .prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    return number.isEmpty ? nil : String(number)
  }

  /// What the files of a bundle say, as the EB CLI guesses it; `nil` where they say nothing, or
  /// more than one thing.
  package init?(has: (String) -> Bool, contents: (String) -> [UInt8]?) {
    if has("Dockerrun.aws.json") {
      let root =
        contents("Dockerrun.aws.json")
        .flatMap { try? YAMLNode.parse($0, name: "Dockerrun.aws.json") }
      // Its second version is for ECS alone.
      let isForECS = root?["AWSEBDockerrunVersion"]?.string == "2"
      self.init(isForECS ? .ecs : .docker, isFromFiles: true)
      return
    }
    let found = Set(
      Self.signs.filter { sign in sign.files.contains(where: has) }.map(\.kind))
    if found.contains(.docker) {
      self.init(.docker, isFromFiles: true)
    } else if found.count == 1, let kind = found.first {
      self.init(kind, isFromFiles: true)
    } else {
      return nil
    }
  }

  /// What says that it is not for Docker.
  static let otherSigns = signs.filter { $0.kind != .docker }.flatMap(\.files)

  private static let signs: [(kind: PlatformKind, files: [String])] = [
    (.docker, ["Dockerfile", "docker-compose.yml", "docker-compose.yaml"]),
    (.node, ["package.json"]),
    (.python, ["requirements.txt", "Pipfile", "application.py"]),
    (.ruby, ["Gemfile", "config.ru"]),
    (.php, ["composer.json", "index.php"]),
    (.go, ["go.mod", "application.go"]),
    (.java, ["pom.xml", "build.gradle", "build.gradle.kts", "application.jar"]),
    (.tomcat, ["WEB-INF/web.xml", "ROOT.war"]),
    (.windows, ["aws-windows-deployment-manifest.json"]),
  ]
}
