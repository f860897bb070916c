import Testing

@testable import Deployment

@Suite("Checks: Python") struct CheckPythonTests {
  private let platform = "Python 3.13 running on 64bit Amazon Linux 2023"
  private let file = ".ebextensions/a.config"

  private func options(_ path: String) -> SampleFile {
    "option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: \(path)\n"
  }

  // MARK: - EB110

  @Test func `EB110: a path is no module since Amazon Linux 2`() {
    let sample = CheckSample(on: platform, [file: options("mysite/wsgi.py"), "mysite/wsgi.py": ""])
    #expect(
      sample.lines(of: "EB110") == [
        "error \(file):3:5 'mysite/wsgi.py' is a path, and Gunicorn takes a module"
      ])
    #expect(sample.findings.first?.remedy == "set WSGIPath to 'mysite.wsgi:application'")
    let old = CheckSample(
      on: "64bit Amazon Linux running Python 3.6",
      [file: options("mysite/wsgi.py"), "mysite/wsgi.py": ""])
    #expect(old.lines(of: "EB110").isEmpty)
  }

  @Test func `EB110: a module that is not in the bundle is an error`() {
    let sample = CheckSample(
      on: platform, [file: options("mysite.wsgi:application"), "site/wsgi.py": ""])
    #expect(
      sample.lines(of: "EB110") == ["error \(file):3:5 there is no 'mysite/wsgi.py' in the bundle"])
    let old = CheckSample(
      on: "64bit Amazon Linux running Python 3.6", [file: options("mysite/wsgi.py")])
    #expect(
      old.lines(of: "EB110") == ["error \(file):3:5 there is no 'mysite/wsgi.py' in the bundle"])
  }

  @Test(arguments: [
    ("mysite.wsgi:application", "mysite/wsgi.py"), ("mysite.wsgi", "mysite/wsgi/__init__.py"),
    ("mysite:app", "mysite/app.py"), ("app:app", "app.py"), ("app.py", "app.py"), ("''", "x.py"),
    ("mysite/wsgi.py", "Procfile"), ("missing:app", "Procfile"),
  ])
  func `EB110: a module that is there, or a Procfile, is let pass`(value: String, path: String) {
    var sample = CheckSample(on: platform, [file: options(value)])
    sample.files.append((path, "web: gunicorn app\n"))
    #expect(sample.lines(of: "EB110").isEmpty)
  }

  @Test func `EB110: what may be installed or made on the instance only warns`() {
    let line = ["warning \(file):3:5 there is no 'mysite/wsgi.py' in the bundle"]
    let installed = CheckSample(
      on: platform, [file: options("mysite.wsgi:app"), "requirements.txt": "MySite==1.0\n"])
    #expect(installed.lines(of: "EB110") == line)
    var elsewhere = CheckSample(on: platform, [file: options("mysite.wsgi:app")])
    elsewhere.surroundings.variables = ["PYTHONPATH": "/opt/app:/var/app/current"]
    #expect(elsewhere.lines(of: "EB110") == line)
    let made = CheckSample(
      on: platform,
      [
        file: options("mysite.wsgi:app"),
        ".platform/hooks/predeploy/01": .program("#!/bin/sh\ncp wsgi.py.dist mysite/wsgi.py\n"),
      ])
    #expect(made.lines(of: "EB110") == line)
  }

  @Test func `EB110: a directory of the bundle's own in PYTHONPATH is looked through`() {
    var sample = CheckSample(on: platform, [file: options("mysite.wsgi:app"), "src/a.py": ""])
    sample.surroundings.variables = ["PYTHONPATH": "/var/app/current/src:$PYTHONPATH"]
    #expect(
      sample.lines(of: "EB110") == ["error \(file):3:5 there is no 'mysite/wsgi.py' in the bundle"])
    sample.files.append(("src/mysite/wsgi.py", ""))
    #expect(sample.lines(of: "EB110").isEmpty)
    let option = CheckSample(
      on: platform,
      [
        file: """
        option_settings:
          aws:elasticbeanstalk:application:environment: {PYTHONPATH: "/var/app/current:$PYTHONPATH"}
          aws:elasticbeanstalk:container:python: {WSGIPath: src/app:main}
        """, "src/app.py": "",
      ])
    #expect(option.findings.first?.remedy == "set WSGIPath to 'src.app:main'")
  }

  @Test func `EB110: the configuration's option wins over the bundle's`() {
    var sample = CheckSample(on: platform, [file: options("missing:app"), "app.py": ""])
    sample.surroundings.options = [
      EnvironmentOption("aws:elasticbeanstalk:container:python", "WSGIPath", "app:app")
    ]
    #expect(sample.lines(of: "EB110").isEmpty)
    sample.surroundings.options[0].value = "other:app"
    #expect(sample.lines(of: "EB110") == ["error there is no 'other.py' in the bundle"])
  }

  @Test func `EB110: without any of them application py is looked for`() {
    let sample = CheckSample(on: platform, ["app.py": ""])
    #expect(
      sample.lines(of: "EB110") == [
        "warning there is no Procfile, no WSGIPath and no application.py"
      ]
    )
    #expect(sample.findings.first?.remedy.contains("gunicorn --bind :8000 app:app") == true)
    for path in ["application.py", "application/__init__.py", "Procfile"] {
      var near = CheckSample(on: platform, [:])
      near.files = [(path, "web: gunicorn app\n")]
      #expect(near.lines(of: "EB110").isEmpty)
    }
    #expect(
      CheckSample(on: "Docker running on 64bit Amazon Linux 2023", ["a": ""])
        .lines(of: "EB110").isEmpty)
  }

  // MARK: - EB111

  private func requirements(_ text: SampleFile) -> [String] {
    CheckSample(on: platform, ["requirements.txt": text, "libs/a.whl": "", "pkg/setup.py": ""])
      .lines(of: "EB111")
  }

  @Test(arguments: [
    ("flask~1.0", "error requirements.txt:1:1 '~' is no operator; '~=' is one"),
    ("a==1\nnumpy=1.26.4=py312\n", "error requirements.txt:2:1 '=' is no operator; '==' is one"),
    ("flask[async] ~ 1.0", "error requirements.txt:1:1 '~' is no operator; '~=' is one"),
    ("pywin32==306", "error requirements.txt:1:1 'pywin32' is for Windows alone"),
    ("../lib", "error requirements.txt:1:1 '../lib' leads out of the bundle"),
    ("-e ../lib", "error requirements.txt:1:1 '../lib' leads out of the bundle"),
    ("-e ./lib[x]", "error requirements.txt:1:1 there is no 'lib' in the bundle"),
    ("libs/b.whl", "error requirements.txt:1:1 there is no 'libs/b.whl' in the bundle"),
    (
      "a @ file:///home/conda/work",
      "error requirements.txt:1:1 'file:///home/conda/work' is a path "
        + "of one machine"
    ),
    (
      "a @ file:///C:/b/abs_1/work",
      "error requirements.txt:1:1 'file:///C:/b/abs_1/work' is a path of one machine"
    ),
    ("/Users/me/lib", "error requirements.txt:1:1 '/Users/me/lib' is a path of one machine"),
    ("C:\\lib\\a.whl", "error requirements.txt:1:1 'C:\\lib\\a.whl' is a path of one machine"),
    ("/srv/lib.whl", "warning requirements.txt:1:1 '/srv/lib.whl' is a path of one machine"),
    (
      "a @ file://user:hunter2/@host/a.whl",
      "error requirements.txt:1:1 there is no 'host/a.whl' in the bundle"
    ),
    (
      "file://user:hunter2@/home/a.whl",
      "error requirements.txt:1:1 'file:///home/a.whl' is a path of one machine"
    ),
    ("-c dev.txt", "error requirements.txt:1:1 there is no 'dev.txt' in the bundle"),
    ("-r dev.txt", "error requirements.txt:1:1 there is no 'dev.txt' in the bundle"),
    ("-r ../dev.txt", "error requirements.txt:1:1 '../dev.txt' is not in the bundle"),
  ])
  func `EB111: what pip cannot install on the instance is told`(text: String, line: String) {
    #expect(requirements(SampleFile(stringLiteral: text)) == [line])
  }

  @Test(arguments: [
    "flask~=1.0\nflask>=1,<2 # ~1.0\nflask (>=1)\nflask===1\n",
    "pywin32==306; sys_platform == 'win32'",
    "pywin32-ctypes==0.2\n", "# pywin32\n", "-e .\n", "-e ./pkg\n", ".[dev]\n", "libs/a.whl\n",
    "a @ file:./libs/a.whl\n", "a @ https://example.org/a~1.whl\n",
    "-e git+https://x/y.git#egg=y\n",
    "git+ssh://git@example.org/y.git@v1\n", "--index-url=https://x/simple\n-i https://x\n",
    "a==1 \\\n  --hash=sha256:00\n", "/var/app/staging/libs/a.whl\n",
    "a @ file:///home/x ; os_name == 'nt'\n",
    "--find-links ../wheels\n", "", "zope.interface==5\r\n", "-r https://x/y.txt\n",
  ])
  func `EB111: what pip installs is let pass`(text: String) {
    #expect(requirements(SampleFile(stringLiteral: text)).isEmpty)
  }

  @Test func `EB111: bytes that are no UTF-8 are told by their line`() {
    #expect(
      requirements(SampleFile([0xff, 0xfe] + Array("a\0".utf8)))
        == ["warning requirements.txt it is UTF-16"])
    #expect(
      requirements(SampleFile(Array("a\0=\0".utf8))) == ["error requirements.txt it is not UTF-8"])
    #expect(
      requirements("\u{feff}flask~1\n")
        == [
          "warning requirements.txt:1 it begins with a byte order mark",
          "error requirements.txt:1:1 '~' is no operator; '~=' is one",
        ].sorted())
    let latin: [UInt8] = [0x23, 0xe9, 0x0a]
    #expect(requirements(SampleFile(latin)) == ["warning requirements.txt:1 it is not UTF-8"])
    #expect(
      requirements(SampleFile(Array("a\n".utf8) + [0xe9]))
        == ["error requirements.txt:2 it is not UTF-8"])
    #expect(requirements(SampleFile(Array("# -*- coding: latin-1 -*-\n".utf8) + latin)).isEmpty)
  }

  @Test func `EB111: files that are taken in are looked through once`() {
    let sample = CheckSample(
      on: platform,
      [
        "requirements.txt": "-r requirements-base.txt\n-c requirements/limits.txt\n",
        "requirements-base.txt": "-r requirements.txt\npywin32\n", "requirements/limits.txt": "",
      ])
    #expect(
      sample.lines(of: "EB111") == [
        "error requirements-base.txt:2:1 'pywin32' is for Windows alone"
      ])
  }

  @Test func `EB111: a file of constraints installs nothing`() {
    func lines(_ first: String, _ constraints: SampleFile) -> [String] {
      CheckSample(
        on: platform, ["requirements.txt": "\(first)", "requirements-limits.txt": constraints]
      ).lines(of: "EB111")
    }
    let limits = "-c requirements-limits.txt\n"
    #expect(lines(limits, "pywin32==306\n-r missing.txt\n").isEmpty)
    #expect(lines(limits + "-r requirements-limits.txt\n", "pywin32==306\n").count == 1)
    #expect(
      lines(limits, SampleFile([0xff, 0xfe])) == ["warning requirements-limits.txt it is UTF-16"])
  }

  // MARK: - EB112

  @Test func `EB112: a virtual environment is told once`() {
    let sample = CheckSample([
      "venv/pyvenv.cfg": "", "venv/bin/activate_this.py": "", "venv/lib/__pycache__/a.pyc": "",
      "old env/Scripts/activate_this.py": "",
    ])
    #expect(
      sample.lines(of: "EB112")
        == [
          "warning old env/Scripts/activate_this.py 'old env' is a virtual environment",
          "warning venv/bin/activate_this.py 'venv' is a virtual environment",
        ])
    #expect(
      sample.findings.first?.remedy
        == "git rm -r --cached 'old env', and a line in .gitignore")
  }

  @Test func `EB112: compiled modules are told once, and nothing else is`() {
    let sample = CheckSample(["a/__pycache__/x.pyc": "", "b/__pycache__/y.pyc": ""])
    #expect(
      sample.lines(of: "EB112") == [
        "warning a/__pycache__/x.pyc compiled modules are made anew on the instance"
      ])
    let near = CheckSample(["venv.py": "", "bin/activate": "", "docs/pyvenv.cfg.md": ""])
    #expect(near.lines(of: "EB112").isEmpty)
  }
}
