import Testing

@testable import Deployment

@Suite("Checks: commands of extensions") struct CheckExtensionSystemTests {
  private let file = ".ebextensions/a.config"
  private let hook = ".platform/hooks/postdeploy/01.sh"

  // MARK: - EB122

  @Test func `EB122: paths of Amazon Linux 1 warn with those that came after`() {
    let sample = CheckSample([
      file: """
      container_commands:
        a:
          command: |
            # not /opt/python/current
            source /opt/python/run/venv/bin/activate && cd "/opt/python/current/app"
            deactivate; rm -r /opt/python/run/venv
      """, hook: .program("#!/bin/sh\ncp x /tmp/deployment/application/\n"),
      ".ebextensions/nginx/conf.d/a.conf": "gzip on;\n",
    ])
    #expect(
      sample.lines(of: "EB122")
        == [
          "warning \(file):5:14 '/opt/python/run/venv' is not there any more",
          "warning .ebextensions/nginx/conf.d/a.conf '.ebextensions/nginx' is not read any more",
          "warning \(hook):2:6 '/tmp/deployment' is not there any more",
        ])
    #expect(
      sample.findings.first { $0.path == hook }?.remedy == "use /var/app/staging")
  }

  @Test func `EB122: Amazon Linux 1 has them, and what only begins alike is something else`() {
    let text: SampleFile = "commands: {a: {command: ls /opt/python/current/app}}\n"
    let old = CheckSample(on: "64bit Amazon Linux running Python 3.6", [file: text])
    #expect(old.lines(of: "EB122").isEmpty)
    let near = CheckSample([
      file: "commands: {a: {command: ls /tmp/deployment.log /opt/python/currently}}\n",
      "run.sh": .program("#!/bin/sh\ncd /opt/python/current\n"),
    ])
    #expect(near.lines(of: "EB122").isEmpty)
  }

  // MARK: - EB123

  @Test func `EB123: what Amazon Linux 2023 lacks warns`() {
    let sample = CheckSample(
      on: "Python 3.13 running on 64bit Amazon Linux 2023",
      [
        file: """
        packages:
          yum:
            postgresql-devel: []
            git: []
        commands:
          a: {command: amazon-linux-extras install epel}
          b: {command: crontab /tmp/x}
        files:
          /etc/cron.d/job: {content: x}
        """
      ])
    let missing = "is not there on Amazon Linux 2023"
    #expect(
      sample.lines(of: "EB123") == [
        "warning \(file):3:5 no package is called 'postgresql-devel' on Amazon Linux 2023",
        "warning \(file):6:16 'amazon-linux-extras' \(missing)",
        "warning \(file):7:16 'crontab' \(missing)", "warning \(file):9:3 '/etc/cron.d' \(missing)",
      ])
  }

  @Test func `EB123: Amazon Linux 2 has them, and who installs cronie has cron`() {
    let text: SampleFile = "commands: {a: {command: amazon-linux-extras install epel}}\n"
    let older = CheckSample(on: "Python 3.8 running on 64bit Amazon Linux 2", [file: text])
    #expect(older.lines(of: "EB123").isEmpty)
    let cron = CheckSample([
      file: "packages: {yum: {cronie: []}}\ncommands: {a: {command: crontab /tmp/x}}\n"
    ])
    #expect(cron.lines(of: "EB123").isEmpty)
    #expect(CheckSample([file: text]).lines(of: "EB123").count == 1)
    let near = CheckSample([file: "commands: {a: {command: my-epel-tool crontabs}}\n"])
    #expect(near.lines(of: "EB123").isEmpty)
  }

  // MARK: - EB131

  @Test func `EB131: compiling on the instance warns where no time is set`() {
    let sample = CheckSample(["Dockerfile": "FROM rust\nRUN cargo build --release\n"])
    #expect(
      sample.lines(of: "EB131") == [
        "warning Dockerfile:2:5 'cargo build' on the instance, and no Timeout is set"
      ])
    var timed = sample
    timed.surroundings.timeout = 1800
    #expect(timed.lines(of: "EB131").isEmpty)
    let option = CheckSample([
      "Dockerfile": "FROM rust\nRUN cargo build\n",
      file: "option_settings: {'aws:elasticbeanstalk:command': {Timeout: 1800}}\n",
    ])
    #expect(option.lines(of: "EB131").isEmpty)
  }

  @Test func `EB131: a quick build is let pass`() {
    let sample = CheckSample([
      "Dockerfile": "FROM node\n# cargo build\nRUN npm ci\n", "Buildfile": "make: make\n",
      "docs/build.md": "cargo build",
    ])
    #expect(sample.lines(of: "EB131").isEmpty)
  }

  // MARK: - EB151

  @Test func `EB151: what every instance needs is not for the leader alone`() {
    let sample = CheckSample([
      file: """
      container_commands:
        01_migrate: {command: python manage.py migrate, leader_only: true}
        02_static: {command: "python manage.py collectstatic --noinput", leader_only: true}
        03_node: {command: npm install, leader_only: "true"}
      """
    ])
    #expect(
      sample.lines(of: "EB151") == [
        "warning \(file):3:3 '02_static' runs 'collectstatic' on the leader alone",
        "warning \(file):4:3 '03_node' runs 'npm install' on the leader alone",
      ])
  }

  @Test func `EB151: on all instances, or stored apart, they are let pass`() {
    let near = CheckSample([
      file: """
      container_commands:
        a: {command: python manage.py collectstatic}
        b: {command: npm install, leader_only: false}
      """
    ])
    #expect(near.lines(of: "EB151").isEmpty)
    let apart = CheckSample([
      file: "container_commands: {a: {command: m collectstatic, leader_only: true}}\n",
      "requirements.txt": "django-storages==1.14\n",
    ])
    #expect(apart.lines(of: "EB151").isEmpty)
  }
}

@Suite("Checks: resources and tiers") struct CheckExtensionResourceTests {
  private let file = ".ebextensions/db.config"

  @Test func `EB136: a database of the environment warns, and is an error for a preview`() {
    var sample = CheckSample([
      file: """
      option_settings:
        aws:rds:dbinstance:
          DBEngine: postgres
          DBInstanceClass: db.t3.micro
      Resources:
        Database:
          Type: AWS::RDS::DBInstance
      """
    ])
    #expect(
      sample.lines(of: "EB136") == [
        "warning \(file):3:5 'aws:rds:dbinstance' makes a database with the environment",
        "warning \(file):7:11 'Database' is made with the environment",
      ])
    sample.surroundings.isEphemeral = true
    #expect(sample.lines(of: "EB136").map { $0.prefix(6) } == ["error ", "error "])
  }

  @Test func `EB136: one that is kept only warns for a preview`() {
    var sample = CheckSample([
      file: """
      option_settings:
        aws:rds:dbinstance: {DBEngine: postgres, DBDeletionPolicy: Snapshot}
      Resources:
        Database: {Type: "AWS::RDS::DBInstance", DeletionPolicy: Retain}
      """
    ])
    sample.surroundings.isEphemeral = true
    #expect(sample.lines(of: "EB136").map { $0.prefix(8) } == ["warning ", "warning "])
  }

  @Test func `EB136: other resources and a database apart are let pass`() {
    let sample = CheckSample([
      file: """
      option_settings:
        aws:rds:dbinstance: {HasCoupledDatabase: false, DBEngine: postgres}
      Resources:
        Group: {Type: "AWS::EC2::SecurityGroup"}
      """
    ])
    #expect(sample.lines(of: "EB136").isEmpty)
  }

  private func worker(_ files: KeyValuePairs<String, SampleFile>) -> CheckSample {
    var sample = CheckSample(files)
    sample.surroundings.isWorker = true
    return sample
  }

  @Test func `EB137: a worker without periodic tasks warns, a web environment does not`() {
    #expect(
      worker(["a": ""]).lines(of: "EB137") == [
        "warning the environment is a worker, and there is no 'cron.yaml'"
      ])
    let misnamed = worker(["cron.yml": ""])
    #expect(misnamed.lines(of: "EB137") == ["warning cron.yml only 'cron.yaml' is read"])
    #expect(misnamed.findings.first?.sighting.mend == .move(from: "cron.yml", to: "cron.yaml"))
    #expect(CheckSample(["cron.yaml": "- a\n"]).lines(of: "EB137").isEmpty)
  }

  @Test(arguments: [
    ("", "1:1 it is empty"), ("- a\n", "1:1 its root is not a map"),
    ("cron: []\n", "1:1 it has no 'version: 1'"),
    ("version: 2\ncron: []\n", "1:10 its version is not 1"),
    ("version: 1\n", "1:1 it has no list under 'cron'"),
    ("version: 1\ncron:\n  - a\n", "3:5 a task is not a map"),
    ("version: 1\ncron:\n  - name: a\n    url: /a\n", "3:5 a task has no 'schedule'"),
    (
      "version: 1\ncron:\n  - {name: a, url: /a, schedule: '0 * * *'}\n",
      "3:34 '0 * * *' has 4 fields, and five are needed"
    ),
    (
      "version: 1\ncron:\n  - {name: a, url: /a, schedule: '0 24 * * *'}\n", "3:34 '24' is no hour"
    ),
    ("version: 1\ncron: [\n", "3:1 did not find expected node content while parsing a flow node"),
  ])
  func `EB137: a cron.yaml that a worker cannot read is an error`(text: String, line: String) {
    let sample = worker(["cron.yaml": SampleFile(stringLiteral: text)])
    #expect(sample.lines(of: "EB137") == ["error cron.yaml:\(line)"])
  }

  @Test func `EB137: two tasks of one name, and an address, are told`() {
    let sample = worker([
      "cron.yaml": """
      version: 1
      cron:
        - {name: a, url: /a, schedule: "0 */12 * * *"}
        - {name: a, url: a, schedule: "*/5 1-5,7 1 JAN MON-FRI"}
      """
    ])
    #expect(
      sample.lines(of: "EB137") == [
        "error cron.yaml:4:12 another task is called 'a' too",
        "warning cron.yaml:4:20 'a' does not begin with '/'",
      ])
  }

  @Test func `EB137: the documentation's example is let pass`() {
    let sample = worker([
      "cron.yaml": """
      version: 1
      cron:
       - name: "backup-job"
         url: "/backup"
         schedule: "0 */12 * * *"
       - name: "audit"
         url: "/audit"
         schedule: "0 23 * * *"
      """
    ])
    #expect(sample.lines(of: "EB137").isEmpty)
  }
}
