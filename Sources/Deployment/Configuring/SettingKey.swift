/// Every key of the configuration, by its path in `.git-eb.yml`.
///
/// What a key means, takes and defaults to is declared here and nowhere else: validation, the
/// template of `git eb init` and the documentation are made from it.
package enum SettingKey: String, Sendable, CaseIterable {
  case application
  case host
  case region
  case profile
  case platform
  case branches
  case environmentProtected = "environments.<name>.protected"
  case environmentOnly = "environments.<name>.only"
  case environmentSecrets = "environments.<name>.secrets"
  case environmentVariables = "environments.<name>.variables"
  case environmentOptions = "environments.<name>.options"
  case environmentPolicy = "environments.<name>.policy"
  case environmentBatch = "environments.<name>.batch"
  case environmentLike = "environments.<name>.like"
  case environmentPlatform = "environments.<name>.platform"
  case environmentTier = "environments.<name>.tier"
  case environmentSingle = "environments.<name>.single"
  case environmentCNAME = "environments.<name>.cname"
  case environmentTags = "environments.<name>.tags"
  case previewsLike = "previews.like"
  case previewsSettings = "previews.settings"
  case previewsSingle = "previews.single"
  case previewsInstanceType = "previews.instanceType"
  case previewsCNAME = "previews.cname"
  case previewsTTL = "previews.ttl"
  case previewsMaximum = "previews.maximum"
  case previewsLimit = "previews.limit"
  case previewsSleep = "previews.sleep"
  case secrets
  case check
  case bundleRoot = "bundle.root"
  case bundleSubmodules = "bundle.submodules"
  case bundleLFS = "bundle.lfs"
  case bundleArtifact = "bundle.artifact"
  case bundleAutocrlf = "bundle.autocrlf"
  case bundleCache = "bundle.cache"
  case beanstalkBucket = "beanstalk.bucket"
  case beanstalkPrefix = "beanstalk.prefix"
  case beanstalkEncryption = "beanstalk.encryption"
  case beanstalkKMSKey = "beanstalk.kmsKey"
  case beanstalkProcess = "beanstalk.process"
  case beanstalkCreateApplication = "beanstalk.createApplication"
  case localDirectory = "local.directory"
  case localHooks = "local.hooks"
  case localHealth = "local.health"
  case commandDeploy = "command.deploy"
  case pushTimeout = "push.timeout"
  case pushWait = "push.wait"
  case recordsTracking = "records.tracking"
  case recordsExpire = "records.expire"
  case recordsKeep = "records.keep"

  package struct Declaration: Sendable {
    package let type: ValueType
    /// As it would be written in the file; `nil` when the key is not set unless somebody sets it.
    package let fallback: String?
    package let example: String
    /// One sentence.
    package let meaning: String
  }

  /// What a key takes.
  package enum ValueType: Sendable, Equatable {
    case text
    case applicationName
    case choice([String])
    case flag
    case duration(allowingZero: Bool)
    case count(ClosedRange<Int>)
    /// Bytes, with k, m or g as in git's configuration.
    case size
    /// A file or directory, absolute, from `~/`, or from the work tree's root.
    case path
    /// A directory of the repository, from its root.
    case repositoryPath
    /// The path of a URL, from `/`.
    case urlPath
    /// One component of a reference's name.
    case referenceComponent
    /// A program and its arguments.
    case words
    /// Written only in `.git-eb.yml`; the words say in which form.
    case structure(String)
  }

  package var declaration: Declaration {
    switch self {
    case .application:
      Declaration(
        type: .applicationName, fallback: nil, example: "shop",
        meaning: "The application that the environments belong to.")
    case .host:
      Declaration(
        type: .choice(HostKind.allCases.map(\.rawValue)), fallback: "beanstalk", example: "local",
        meaning: "Where environments live: AWS, this machine, or a program of your own.")
    case .region:
      Declaration(
        type: .text, fallback: nil, example: "ap-northeast-2",
        meaning: "The AWS region of the application.")
    case .profile:
      Declaration(
        type: .text, fallback: nil, example: "eb",
        meaning: "The profile in AWS's shared files whose credentials are used.")
    case .platform:
      Declaration(
        type: .text, fallback: nil, example: "Python 3.13 running on 64bit Amazon Linux 2023",
        meaning: "The platform of environments that are made: its branch's name or its ARN.")
    case .branches:
      Declaration(
        type: .structure("patterns with an environment or a template with {branch}"), fallback: nil,
        example: "{master: production, \"issue*\": \"{branch}\"}",
        meaning: "Which environment each branch is deployed to: the first pattern that matches.")
    case .environmentProtected:
      Declaration(
        type: .flag, fallback: "false", example: "true",
        meaning: "Deploy here only from the branch that maps here; never terminate or prune.")
    case .environmentOnly:
      Declaration(
        type: .choice(Admission.allCases.map(\.rawValue)), fallback: nil, example: "tags",
        meaning: "Deploy here only commits that a tag names, or that are signed.")
    case .environmentSecrets:
      Declaration(
        type: .structure("a list as under secrets"), fallback: nil,
        example: "[{from: ~/.config/shop/production.json, to: .secrets/base.json}]",
        meaning: "Secrets that only this environment's bundles get.")
    case .environmentVariables:
      Declaration(
        type: .structure("names with values"), fallback: nil,
        example: "{DJANGO_SETTINGS_MODULE: config.settings.production}",
        meaning: "Variables to set on this environment when it is deployed to.")
    case .environmentOptions:
      Declaration(
        type: .structure("namespaces, each with names and values"), fallback: nil,
        example: "{\"aws:autoscaling:asg\": {MinSize: 2, MaxSize: 4}}",
        meaning: "Beanstalk's options that this environment shall have; a push sets what differs.")
    case .environmentPolicy:
      Declaration(
        type: .choice(DeploymentPolicy.allCases.map(\.rawValue)), fallback: nil,
        example: "rolling",
        meaning: "How a version gets onto the environment's instances.")
    case .environmentBatch:
      Declaration(
        type: .text, fallback: nil, example: "25%",
        meaning: "How many instances a policy takes at once: a number or a percentage.")
    case .environmentLike:
      Declaration(
        type: .text, fallback: nil, example: "dev",
        meaning: "The environment or saved configuration that this one is made like.")
    case .environmentPlatform:
      Declaration(
        type: .text, fallback: nil, example: "Docker running on 64bit Amazon Linux 2023",
        meaning: "The platform that this environment is made with.")
    case .environmentTier:
      Declaration(
        type: .choice(["web", "worker"]), fallback: "web", example: "worker",
        meaning: "Whether the environment is made to serve a web site or to work on a queue.")
    case .environmentSingle:
      Declaration(
        type: .flag, fallback: nil, example: "true",
        meaning: "Make the environment with a single instance and no load balancer.")
    case .environmentCNAME:
      Declaration(
        type: .text, fallback: nil, example: "shop-dev",
        meaning: "What the address of the environment begins with when it is made.")
    case .environmentTags:
      Declaration(
        type: .structure("names with values"), fallback: nil, example: "{team: web}",
        meaning: "Tags that the environment is made with.")
    case .previewsLike:
      Declaration(
        type: .text, fallback: nil, example: "dev",
        meaning: "The environment or saved configuration that previews take their options from.")
    case .previewsSettings:
      Declaration(
        type: .structure("namespaces, each with names and values"), fallback: nil,
        example: "{\"aws:autoscaling:asg\": {MaxSize: 1}}",
        meaning: "Beanstalk's options that previews are made with, over those they take.")
    case .previewsSingle:
      Declaration(
        type: .flag, fallback: nil, example: "true",
        meaning: "Make previews with a single instance and no load balancer.")
    case .previewsInstanceType:
      Declaration(
        type: .text, fallback: nil, example: "t4g.small",
        meaning: "The type of previews' instances, or several with commas between.")
    case .previewsCNAME:
      Declaration(
        type: .text, fallback: nil, example: "\"shop-{branch}\"",
        meaning: "What a preview's address begins with, from {branch}, instead of its name.")
    case .previewsTTL:
      Declaration(
        type: .duration(allowingZero: false), fallback: nil, example: "72h",
        meaning: "How long after its last deployment a preview may be pruned.")
    case .previewsMaximum:
      Declaration(
        type: .duration(allowingZero: false), fallback: nil, example: "14d",
        meaning: "How long after it was made a preview may be pruned, whatever is deployed to it.")
    case .previewsLimit:
      Declaration(
        type: .count(0...1000), fallback: nil, example: "10",
        meaning: "How many previews there may be at once.")
    case .previewsSleep:
      Declaration(
        type: .duration(allowingZero: false), fallback: nil, example: "8h",
        meaning: "How long after its last deployment git eb prune puts a preview to sleep.")
    case .secrets:
      Declaration(
        type: .structure("a list of paths, {from, to} and {run, to}, each with environments"),
        fallback: nil, example: "[.secrets/, {run: [sops, -d, prod.enc], to: .env}]",
        meaning: "Files that git does not track and the bundle needs.")
    case .check:
      Declaration(
        type: .structure(
          "rules' identifiers with off, warning or error; allow with paths and fingerprints"),
        fallback: nil, example: "{EB112: off, allow: [tests/keys/]}",
        meaning: "What is made of what git eb check finds.")
    case .bundleRoot:
      Declaration(
        type: .repositoryPath, fallback: nil, example: "services/web",
        meaning: "The directory of the repository that is the bundle's root.")
    case .bundleSubmodules:
      Declaration(
        type: .flag, fallback: "true", example: "false",
        meaning: "Put the recorded commits of submodules into the bundle.")
    case .bundleLFS:
      Declaration(
        type: .flag, fallback: "true", example: "false",
        meaning: "Put contents in place of Git LFS pointers.")
    case .bundleArtifact:
      Declaration(
        type: .path, fallback: nil, example: "build/app.war",
        meaning: "A finished bundle (zip, war or jar) to deploy where no commit is named.")
    case .bundleAutocrlf:
      Declaration(
        type: .flag, fallback: "false", example: "true",
        meaning: "Let core.autocrlf and core.eol of this machine count in what is pushed.")
    case .bundleCache:
      Declaration(
        type: .size, fallback: "1g", example: "200m",
        meaning: "How much compressed contents may be kept for the next bundle; 0 keeps none.")
    case .beanstalkBucket:
      Declaration(
        type: .text, fallback: nil, example: "shop-bundles",
        meaning: "The S3 bucket for bundles, instead of Beanstalk's own.")
    case .beanstalkPrefix:
      Declaration(
        type: .text, fallback: nil, example: "bundles/shop",
        meaning: "What the keys of bundles begin with, instead of the application's name.")
    case .beanstalkEncryption:
      Declaration(
        type: .choice(["AES256", "aws:kms"]), fallback: nil, example: "aws:kms",
        meaning: "The encryption that S3 is asked to keep bundles with.")
    case .beanstalkKMSKey:
      Declaration(
        type: .text, fallback: nil, example: "alias/bundles",
        meaning: "The key for aws:kms, instead of S3's own.")
    case .beanstalkProcess:
      Declaration(
        type: .flag, fallback: "false", example: "true",
        meaning: "Have Beanstalk check env.yaml and .ebextensions before a version is deployed.")
    case .beanstalkCreateApplication:
      Declaration(
        type: .flag, fallback: "false", example: "true",
        meaning: "Make the application on AWS when it is missing.")
    case .localDirectory:
      Declaration(
        type: .path, fallback: nil, example: "~/.local/state/git-eb/shop",
        meaning: "Where the local host keeps versions and environments.")
    case .localHooks:
      Declaration(
        type: .flag, fallback: "false", example: "true",
        meaning: "Run the bundle's .platform/hooks on the local host.")
    case .localHealth:
      Declaration(
        type: .urlPath, fallback: nil, example: "/health",
        meaning: "The path that has to answer 200 before the local host switches to a release.")
    case .commandDeploy:
      Declaration(
        type: .words, fallback: nil, example: "[./upload.sh, --quiet]",
        meaning: "The program of the command host, and its arguments.")
    case .pushTimeout:
      Declaration(
        type: .duration(allowingZero: false), fallback: "10m", example: "30m",
        meaning: "How long a deployment may take.")
    case .pushWait:
      Declaration(
        type: .duration(allowingZero: true), fallback: nil, example: "5m",
        meaning: "How long to wait for an environment that is busy, instead of refusing.")
    case .recordsTracking:
      Declaration(
        type: .referenceComponent, fallback: "eb", example: "deployed",
        meaning: "The name below refs/remotes that says which commit each environment runs.")
    case .recordsExpire:
      Declaration(
        type: .duration(allowingZero: true), fallback: "400d", example: "90d",
        meaning: "How old a record must be for git eb log --expire to remove it.")
    case .recordsKeep:
      Declaration(
        type: .count(1...100_000), fallback: "50", example: "10",
        meaning: "How many records of each environment git eb log --expire leaves at least.")
    }
  }

  /// The path in `.git-eb.yml`.
  package var name: String { rawValue }

  /// Whether the key takes one value, so that it can be set outside of `.git-eb.yml` too.
  package var isScalar: Bool {
    if case .structure = declaration.type { return false }
    return !name.contains("<")
  }

  /// The name in git's configuration; `nil` for what only `.git-eb.yml` can hold.
  package var gitName: String? { isScalar ? "eb." + name : nil }

  /// What the environment variables begin with.
  static let variablePrefix = "GIT_EB_"

  /// The environment variable; `nil` for what only `.git-eb.yml` can hold.
  package var environmentVariable: String? {
    guard isScalar else { return nil }
    let letters = name.uppercased().utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "_") : $0 }
    return Self.variablePrefix + String(decoding: letters, as: UTF8.self)
  }

  /// The keys that hold scalar keys, such as `bundle`, in the order of declaration.
  static let sections: [String] = {
    var sections: [String] = []
    for key in allCases where key.isScalar {
      guard let dot = key.name.firstIndex(of: ".") else { continue }
      let section = String(key.name[..<dot])
      if !sections.contains(section) { sections.append(section) }
    }
    return sections
  }()

  /// The keys directly under `section` (a path, or "" for the top), in the order of declaration.
  static func keys(under section: String) -> [String] {
    let prefix = section.isEmpty ? "" : section + "."
    var keys: [String] = []
    for name in allCases.map(\.name) where name.hasPrefix(prefix) {
      let key = String(name.dropFirst(prefix.count).prefix { $0 != "." })
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  /// Variables that commands read and that are not settings.
  package static let commandVariables = [
    (name: "GIT_EB_BRANCH", meaning: "The branch to deploy for when HEAD is detached."),
    (name: "GIT_EB_ENVIRONMENT", meaning: "The environment to use, whatever the branch maps to."),
  ]
}

extension SettingKey.ValueType: CustomStringConvertible {
  /// What to write, for messages and the documentation.
  package var description: String {
    switch self {
    case .text: "text"
    case .applicationName: "1 to 100 characters without a slash"
    case .choice(let words): words.joined(separator: ", ")
    case .flag: "true or false"
    case .duration: "a duration such as 90s, 10m, 72h or 3d"
    case .count(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .size: "a number of bytes such as 200m or 1g"
    case .path: "a path"
    case .repositoryPath: "a path in the repository"
    case .urlPath: "a path that starts with /"
    case .referenceComponent: "letters, digits, hyphens and underscores"
    case .words: "a program and its arguments"
    case .structure(let form): form
    }
  }
}
