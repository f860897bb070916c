import Testing

@testable import Deployment

@Suite("Checks: hooks") struct CheckHookTests {
  private let script: SampleFile = .program("#!/bin/sh\ntrue\n")

  @Test func `EB104: a hook without its bit is an error, with it none`() {
    let hook = ".platform/hooks/predeploy/01.sh"
    let wrong = CheckSample(on: "Docker running on 64bit Amazon Linux 2", [hook: "#!/bin/sh\n"])
    #expect(wrong.lines(of: "EB104") == ["error \(hook) it is not executable (mode 644)"])
    #expect(wrong.findings.first?.remedy == "git update-index --chmod=+x \(hook)")
    #expect(wrong.findings.first?.sighting.mend == .makeExecutable(hook))
    #expect(CheckSample([hook: script]).lines(of: "EB104").isEmpty)
  }

  @Test func `EB104: platforms that set the bit themselves, or may, only warn`() {
    let hook = ".platform/confighooks/postdeploy/a"
    let line = "warning \(hook) it is not executable (mode 644)"
    let sample = CheckSample(on: "Docker running on 64bit Amazon Linux 2023", [hook: "#!/bin/sh\n"])
    #expect(sample.lines(of: "EB104") == [line])
    #expect(CheckSample([hook: "#!/bin/sh\n"]).lines(of: "EB104") == [line])
  }

  @Test(arguments: [
    ".platform/hooks/README.md", ".platform/nginx/conf.d/a.conf", "hooks/predeploy/a.sh",
    ".platform/hooks/predeploy/.gitkeep", ".platform/hooks/predeploy/lib/a.sh",
  ])
  func `EB104: what Beanstalk does not run needs no bit`(path: String) {
    #expect(CheckSample([path: "text"]).lines(of: "EB104").isEmpty)
    #expect(CheckSample([path: "text"]).lines(of: "EB106").isEmpty)
  }

  @Test func `EB105: CRLF is told in scripts, hooks and the Procfile`() {
    let sample = CheckSample([
      "Procfile": "web: exec ./bin/run --port 80\r\n",
      "bin/run": .program("#!/bin/sh\r\nexec app\r\n"),
      "manage.py": .program("#!/usr/bin/env python\r\n"),
      "scripts/dev.sh": "#!/bin/sh\r\n", "notes.txt": "a\r\nb\r\n",
    ])
    #expect(
      sample.lines(of: "EB105") == [
        "error Procfile:1 its lines end in CRLF", "error bin/run:1 its lines end in CRLF",
        "warning manage.py:1 its lines end in CRLF",
        "warning scripts/dev.sh:1 its lines end in CRLF",
      ])
    let mended = CheckSample(["Procfile": "web: run\n", "bin/run": script])
    #expect(mended.lines(of: "EB105").isEmpty)
  }

  @Test func `EB106: a hook is a script or a program for Linux`() {
    let sample = CheckSample([
      ".platform/hooks/prebuild/01": .program("echo hello\n"),
      ".platform/hooks/prebuild/02": SampleFile([0x7f, 0x45, 0x4c, 0x46, 2], mode: 0o100755),
      ".platform/hooks/prebuild/03": SampleFile([0xcf, 0xfa, 0xed, 0xfe, 7], mode: 0o100755),
      ".platform/hooks/prebuild/04": script,
    ])
    #expect(
      sample.lines(of: "EB106") == [
        "error .platform/hooks/prebuild/01:1:1 it does not begin with '#!'",
        "error .platform/hooks/prebuild/03:1:1 it is a program for another system",
      ])
  }

  @Test func `EB121: hooks where Amazon Linux 1 had them are read no more`() {
    let file = ".ebextensions/a.config"
    let text: SampleFile = """
      files:
        "/opt/elasticbeanstalk/hooks/appdeploy/post/99.sh":
          content: x
      """
    #expect(
      CheckSample([file: text]).lines(of: "EB121") == [
        "error \(file):2:3 '/opt/elasticbeanstalk/hooks' is not read any more"
      ])
    let old = CheckSample(on: "64bit Amazon Linux running Python 3.6", [file: text])
    #expect(old.lines(of: "EB121").isEmpty)
    let near = CheckSample([file: "files:\n  /opt/elasticbeanstalk/tasks/taillogs.d/a.conf: x\n"])
    #expect(near.lines(of: "EB121").isEmpty)
    let cleaned = CheckSample([
      file: """
      commands:
        a:
          # in /opt/elasticbeanstalk/hooks once
          command: rm -rf /opt/elasticbeanstalk/hooks/appdeploy
      """
    ])
    #expect(
      cleaned.lines(of: "EB121") == [
        "warning \(file):4:21 '/opt/elasticbeanstalk/hooks' is not read any more"
      ])
  }

  @Test func `EB124: chmod of hooks comes too late in a container command`() {
    let file = ".ebextensions/a.config"
    let sample = CheckSample([
      file: "container_commands:\n  a: {command: chmod +x .platform/hooks/postdeploy/*}\n"
    ])
    #expect(
      sample.lines(of: "EB124") == [
        "warning \(file):2:16 the executable bit of what is in '.platform' belongs into git"
      ])
    let near = CheckSample([file: "container_commands:\n  a: {command: chmod +x bin/run}\n"])
    #expect(near.lines(of: "EB124").isEmpty)
  }
}
