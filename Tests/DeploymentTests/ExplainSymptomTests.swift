import Testing

@testable import Deployment

/// Every symptom by itself.
@Suite("Explaining: symptoms") struct ExplainSymptomTests {
  /// What AWS shows, word for word as people have quoted it, and the symptom that it is.
  static let quoted: [(message: String, id: String)] = [
    ("Your WSGIPath refers to a file that does not exist.", "EB110"),
    ("Failed to create the AWS Elastic Beanstalk application version", "EB102"),
    ("warning: …/source_bundle appears to use backslashes as path separators", "EB103"),
    ("Failed to unzip source bundle, abort deployment", "ES201"),
    ("failed with error fork/exec .platform/hooks/…: permission denied", "EB104"),
    (#"/usr/bin/env: bash\r: No such file or directory"#, "EB105"),
    (
      "Instance deployment failed to generate a 'Procfile' for Node.js. Provide one of these files: "
        + "'package.json', 'server.js', or 'app.js'.", "EB107"
    ),
    (
      "Unable to launch application as the source bundle does not contain either a file named "
        + "application.jar or a Procfile.", "EB108"
    ),
    ("ModuleNotFoundError: No module named 'ebdjango/wsgi'", "EB110"),
    ("Your requirements.txt is invalid. Snapshot your logs for details.", "EB111"),
    ("Instance deployment failed to install application dependencies.", "ES247"),
    ("invalid ELF header", "EB113"),
    (
      "The configuration file .ebextensions/x.config in application version … contains invalid "
        + "YAML or JSON. …", "EB115"
    ),
    (
      "The configuration file __MACOSX/…/._app.config in application version … contains invalid "
        + "YAML or JSON. …", "EB116"
    ),
    ("Error processing file (Skipping): … Contains invalid key: 'OptionSettings'", "EB118"),
    ("Each option setting in configuration file … must be a map.", "EB119"),
    (
      "Invalid option specification (Namespace: "
        + "'aws:elasticbeanstalk:container:nodejs:staticfiles', …): Unknown configuration setting.",
      "EB120"
    ),
    (
      "connect() failed (111: Connection refused) while connecting to upstream … 127.0.0.1:8081",
      "EB126"
    ),
    ("bind() to 0.0.0.0:80 failed (98: Address already in use)", "EB127"),
    ("No EXPOSE directive found in Dockerfile, abort deployment", "EB128"),
    ("Invalid Dockerrun.aws.json version, abort deployment", "EB129"),
    (
      "unable to place a task because no container instance met all of its requirements", "EB130"
    ),
    ("…complete, but with command timeouts. Try increasing the timeout period.", "EB131"),
    ("TimeoutError - The EB CLI timed out after 10 minute(s)", "EB131"),
    ("Environment name must be 4-40 characters…", "EB140"),
    ("You didn't specify a Node.js version…", "EB141"),
    (
      "TooManyApplicationVersionsException: You cannot have more than 500 Application Versions",
      "EB142"
    ),
    ("AWSEBInstanceLaunchWaitCondition", "ES270"),
  ]

  private static let harmless = ExplainSample.harmless()
  private static let engine = ExplainSample.harmless(kind: .engine)

  @Test(arguments: quoted.indices)
  func `What people have quoted is recognised among ten thousand other lines`(index: Int) {
    let (message, id) = Self.quoted[index]
    var chance = ExplainSample.Chance(state: UInt64(index) &+ 42)
    let line = Int.random(in: 0...Self.harmless.count, using: &chance)
    for (name, kind, lines) in [
      ("web.stdout.log", LogKind.application, Self.harmless),
      ("eb-engine.log", .engine, Self.engine),
    ] {
      var lines = lines
      lines.insert(ExplainSample.time(Double(line) / 10, kind) + message, at: line)
      let found = Explainer().explain([ExplainSample.log(name, lines)])
      #expect(found.cause?.testLine == "\(id) \(name):\(line + 1)")
      #expect(found.others == [])
    }
  }

  @Test func `Ten thousand harmless lines give nothing, in any log`() {
    for (name, kind) in [
      ("web.stdout.log", LogKind.application), ("eb-engine.log", .engine),
      ("eb-activity.log", .activity), ("nginx/error.log", .proxy), ("cfn-init.log", .resources),
      ("eb-ecs-mgr.log", .containers), ("cloud-init-output.log", .boot),
    ] {
      let lines = ExplainSample.harmless(2000, kind: kind, seed: UInt64(kind.rawValue))
      let found = Explainer().explain([ExplainSample.log(name, lines)])
      #expect(found.isEmpty, "\(name): \(found)")
    }
    let found = Explainer().explain([ExplainSample.log("web.stdout.log", Self.harmless)])
    #expect(found.isEmpty, "\(found)")
  }

  @Test func `Identifiers are given once, and each symptom says everything`() {
    let ids = Symptoms.all.map(\.id)
    #expect(Set(ids).count == ids.count)
    for symptom in Symptoms.all {
      #expect(!symptom.signs.isEmpty, "\(symptom.id)")
      #expect(!symptom.meaning.hasSuffix(".") && !symptom.meaning.isEmpty, "\(symptom.id)")
      // A command may end with the directory that it is run on.
      let isSentence = symptom.remedy.hasSuffix(".") && !symptom.remedy.hasSuffix(" .")
      #expect(!isSentence && !symptom.remedy.isEmpty, "\(symptom.id)")
      #expect(symptom.source.contains("."), "\(symptom.id)")
      let isRules = symptom.id.hasPrefix("EB1")
      #expect(symptom.id.count == 5 && (isRules || symptom.id.hasPrefix("ES2")), "\(symptom.id)")
    }
    #expect(Symptoms.symptom("eb105")?.id == "EB105")
    #expect(Symptoms.symptom("EB999") == nil)
  }

  @Test func `Each sign of each symptom is found by itself, and in that order alone`() {
    for symptom in Symptoms.all {
      for sign in symptom.signs {
        let line = sign.pieces.joined(separator: " x ")
        let lines = ["before", line] + (sign.following.isEmpty ? [] : ["x"] + sign.following)
        let log = ExplainSample.log("x.log", lines)
        let search = SymptomSearch([symptom])
        #expect(
          search.hits(in: log, lines: 0..<log.lineCount).contains {
            $0.symptom == symptom && $0.line == 1
          }, "\(symptom.id): \(line)")
      }
    }
    let two = Symptom(
      "ES999", "it", remedy: "it", source: "a.b", signs: [["first piece", "second piece"]])
    func hits(_ lines: String...) -> Int {
      let log = ExplainSample.log("x.log", lines)
      return SymptomSearch([two]).hits(in: log, lines: 0..<log.lineCount).count
    }
    #expect(hits("first piece, second piece") == 1)
    #expect(hits("second piece, first piece") == 0)
    #expect(hits("first piece", "second piece") == 0)
    #expect(hits("First piece, second piece") == 0)
  }

  @Test func `What follows is looked for a few lines on, and no further`() {
    let symptom = Symptom(
      "ES999", "it", remedy: "it", source: "a.b",
      signs: [Sign("os.environ[", following: ["KeyError: "])])
    func hits(_ lines: [String]) -> Int {
      let log = ExplainSample.log("x.log", lines)
      return SymptomSearch([symptom]).hits(in: log, lines: 0..<log.lineCount).count
    }
    let first = "    key = os.environ['KEY']"
    #expect(hits([first, "    ~~~^^^", "KeyError: 'KEY'"]) == 1)
    #expect(hits([first] + Array(repeating: "x", count: Sign.reach) + ["KeyError: 'KEY'"]) == 0)
    #expect(hits(["KeyError: 'KEY'", first]) == 0)
  }

  @Test(.timeLimit(.minutes(1)))
  func `What a long line repeats is looked at once`() {
    let symptom = Symptom(
      "ES999", "it", remedy: "it", source: "a.b", signs: [["dial tcp: lookup ", "no such host"]])
    func hits(_ text: String) -> Int {
      let log = LogText("x.log", Array(text.utf8))
      return SymptomSearch([symptom]).hits(in: log, lines: 0..<log.lineCount).count
    }
    let line = String(repeating: "dial tcp: lookup ", count: 50_000)
    #expect(hits("\(line)no such host\n") == 0)
    let returns = String(repeating: "\r", count: 200_000)
    #expect(hits("\(line)\(returns)\n") == 0)
    #expect(hits("\(line)\ndial tcp: lookup a: no such host\r\n") == 1)
  }

  @Test func `One carriage return ends a line, and the others belong to it`() {
    let log = LogText("x.log", Array("ab\r\r\n\r\n\nc\r".utf8))
    #expect((0..<log.lineCount).map { log.bytes(of: $0).count } == [3, 0, 0, 1])
  }

  /// Lines as the programs write them, with the symptom that the end of a failed push names.
  @Test(arguments: [
    ("npm: not found", "ES205"), ("sh: 1: gunicorn: not found", "ES205"),
    ("bash: foo: command not found", "ES205"),
    ("OSError: [Errno 98] Address already in use", "ES223"),
    ("Error: listen EADDRINUSE: address already in use :::8080", "ES223"),
    ("GET / did not answer 200 within 60 s; last answer: connection refused", "EB126"),
    ("Error: Cannot find module 'express'", "ES220"),
    ("kernel: Out of memory: Killed process 3105 (node)", "ES224"),
    ("toomanyrequests: You have reached your pull rate limit.", "ES251"),
    ("exec /usr/local/bin/docker-entrypoint.sh: exec format error", "ES204"),
    ("npm ERR! code ERESOLVE", "ES241"),
    ("Service role x is missing required permissions", "ES272"),
    ("/bin/bash^M: bad interpreter: No such file or directory", "EB105"),
    ("The instance profile x associated with the environment does not exist.", "ES271"),
  ])
  func `A line says what to do`(line: String, id: String) {
    #expect(Explainer().symptom(in: ["one", line, "two"])?.id == id)
  }

  @Test(arguments: [
    "process 'web' exited with status 3", "the shop is closed", "Failed to deploy application.",
    "Instance deployment failed. For details, see 'eb-engine.log'.",
    "You didn't specify a Node.js version in the 'package.json' file in your source bundle.",
  ])
  func `A line that only says that it failed, or nothing, says nothing of what to do`(line: String)
  {
    #expect(Explainer().symptom(in: [line]) == nil)
  }

  @Test func `No lines say nothing`() {
    #expect(Explainer().symptom(in: []) == nil)
    #expect(Explainer().explain([]).isEmpty)
  }
}
