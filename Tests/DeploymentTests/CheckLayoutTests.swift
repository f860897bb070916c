import Testing

@testable import Deployment

@Suite("Checks: layout") struct CheckLayoutTests {
  @Test func `EB101: an application below one directory is not at the root`() {
    let sample = CheckSample(["shop/package.json": "{}", "shop/app.js": "x"])
    #expect(
      sample.lines(of: "EB101") == [
        "error shop/package.json 'package.json' is in 'shop/', and nothing is beside that"
      ])
    #expect(CheckSample(["shop/package.json": "{}", "README": "x"]).lines(of: "EB101").isEmpty)
    #expect(
      CheckSample(["public/index.php": "x"]).lines(of: "EB101").map { $0.prefix(7) }
        == ["warning"])
    // Nothing in it says that an application starts there.
    #expect(CheckSample(["public/index.html": "x"]).lines(of: "EB101").isEmpty)
    // What macOS adds beside it does not count.
    #expect(
      CheckSample(["shop/Procfile": "web: x", "__MACOSX/._x": "x"]).lines(of: "EB101").count == 1)
  }

  @Test func `EB102: the size is told from four fifths of the limit on`() {
    var sample = CheckSample(["a": "x"])
    sample.surroundings.size = 420_000_000
    sample.surroundings.largest = [.init(name: "big", size: 1, compressedSize: 300_000_000)]
    #expect(
      sample.lines(of: "EB102") == ["warning 420 MB of 524; the largest are big (300 MB)"])
    sample.surroundings.size = 524_288_001
    #expect(
      sample.lines(of: "EB102") == ["error 524 MB of 524; the largest are big (300 MB)"])
    sample.surroundings.size = 419_000_000
    #expect(sample.lines(of: "EB102").isEmpty)
  }

  @Test func `EB103: names with backslashes are told`() {
    let sample = CheckSample(["views\\index.html": "x"])
    #expect(
      sample.lines(of: "EB103") == [
        "error views\\index.html '\\' is a part of the name, and separates nothing"
      ])
    #expect(CheckSample(["views/index.html": "\\"]).lines(of: "EB103").isEmpty)
    // One among names with slashes is what it is.
    let mixed = CheckSample(["a\\x2db.service": "x", "views/index.html": "x"])
    #expect(mixed.lines(of: "EB103").map { $0.prefix(7) } == ["warning"])
  }

  @Test func `EB109: lines of the Procfile that are none are told, on every host`() {
    var sample = CheckSample(["Procfile": "# how\n\nweb: x\nno process\nclock:\n"])
    let lines = [
      "error Procfile:4:1 not of the form 'name: command'",
      "error Procfile:5:1 'clock' has no command",
    ]
    #expect(sample.lines(of: "EB109") == lines)
    sample.isOnBeanstalk = false
    #expect(sample.lines(of: "EB109") == lines)
    #expect(CheckSample(["Procfile": "web: a: b\nclock: c\n"]).lines(of: "EB109").isEmpty)
    #expect(
      CheckSample(["procfile": "web: x"]).lines(of: "EB109") == [
        "error procfile it is called 'procfile', and only 'Procfile' is read"
      ])
  }

  @Test func `EB109: web is the first process`() {
    #expect(
      CheckSample(["Procfile": "clock: a\nweb: b\n"]).lines(of: "EB109") == [
        "warning Procfile:1:1 'web' is not the first process, which is the one that gets the "
          + "requests"
      ])
    #expect(
      CheckSample(["Procfile": "app: a\n"]).lines(of: "EB109") == [
        "warning Procfile:1:1 no process is called 'web'; the first one, 'app', gets the requests"
      ])
  }

  @Test func `EB116: what macOS leaves is an error where Beanstalk reads it`() {
    let sample = CheckSample([
      "__MACOSX/.ebextensions/._app.config": "x", "__MACOSX/._app.py": "x", "a/.DS_Store": "x",
      "._notes/x": "x",
    ])
    #expect(
      sample.lines(of: "EB116") == [
        "error __MACOSX/.ebextensions/._app.config macOS keeps its own attributes in it",
        "warning ._notes/x macOS keeps its own attributes in it",
        "warning __MACOSX/._app.py macOS keeps its own attributes in it",
        "warning a/.DS_Store macOS keeps its own attributes in it",
      ])
    #expect(CheckSample(["a/_.py": "x", ".hidden": "x"]).lines(of: "EB116").isEmpty)
  }

  @Test func `EB134: stand-ins for contents and marks of a merge are told`() {
    let pointer: SampleFile = """
      version https://git-lfs.github.com/spec/v1
      oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
      size 12345

      """
    let sample = CheckSample([
      "logo.png": pointer, "key": SampleFile(Array("\0GITCRYPT\0abc".utf8)),
      "package.json": "{\n<<<<<<< HEAD\n=======\n>>>>>>> topic\n}\n",
    ])
    #expect(
      sample.lines(of: "EB134") == [
        "error key git-crypt has encrypted it", "error logo.png it is a pointer of Git LFS",
        "error package.json:2:1 a merge left its marks in it",
      ])
    #expect(
      CheckSample(["docs/logo.png": pointer]).lines(of: "EB134") == [
        "warning docs/logo.png it is a pointer of Git LFS"
      ])
    let near = CheckSample([
      "docs.txt": "version https://git-lfs.github.com/spec/v1 is its first line".padded,
      "package.json": "{\n\"a\": \"<<<<<<< HEAD\"\n}\n", "Procfile": "web: x\n=======\n",
    ])
    #expect(near.lines(of: "EB134").isEmpty)
  }

  @Test func `EB135: an .ebignore that brings something in is told`() {
    #expect(
      CheckSample([".ebignore": "*.log\n!/.secrets\n"]).lines(of: "EB135") == [
        "warning .ebignore:2:1 '!/.secrets' brings in what git leaves out"
      ])
    #expect(
      CheckSample([".ebignore": "*.log\n"]).lines(of: "EB135") == [
        "warning .ebignore the EB CLI takes it in the place of git's ignore files"
      ])
    #expect(CheckSample(["docs/.ebignore": "!a\n"]).lines(of: "EB135").isEmpty)
  }

  @Test func `EB139: entries that cannot be unpacked, or lead out, are told`() {
    let sample = CheckSample([
      "../etc/passwd": "x", "/root": "x", "a/link": .link(to: "../../out"),
      "b/link": .link(to: "../a/link"), "absolute": .link(to: "/etc"),
      "dead": SampleFile([1], mode: 0o100000), "pipe": SampleFile([], mode: 0o010644),
      "Makefile": "x", "makefile": "x",
    ])
    #expect(
      sample.lines(of: "EB139") == [
        "error ../etc/passwd its name leads out of the bundle",
        "error /root its name leads out of the bundle",
        "error a/link it links to '../../out', out of the bundle",
        "error absolute it links to '/etc', out of the bundle",
        "error b/link it links to '../a/link', out of the bundle",
        "error dead nobody may read it: its mode is 000",
        "error pipe it is a pipe, a socket or a device, and no file",
        "warning Makefile only its case tells it from 'makefile'",
      ])
    let near = CheckSample([
      "a/..b": "x", "a/link": .link(to: "../c"), "c": SampleFile([1], mode: 0o100400),
      "loop": .link(to: "loop"),
    ])
    #expect(near.lines(of: "EB139").isEmpty)
  }

  @Test func `EB139: a link of a hundred thousand parts leads nowhere, at once`() {
    let target = String(repeating: "a/", count: 100_000)
    #expect(CheckSample(["link": .link(to: target)]).lines(of: "EB139").isEmpty)
  }

  @Test func `EB139: what is there twice is told`() {
    var sample = CheckSample(["a": "x"])
    sample.files.append(("a", "y"))
    #expect(sample.lines(of: "EB139") == ["error a it is there twice"])
  }

  @Test func `EB152: the EB CLI's directory needs not leave`() {
    #expect(
      CheckSample([".elasticbeanstalk/saved_configs/a.cfg.yml": "x"]).lines(of: "EB152") == [
        "warning .elasticbeanstalk/saved_configs/a.cfg.yml "
          + "the EB CLI's own directory needs not leave"
      ])
    #expect(CheckSample(["docs/.elasticbeanstalk/a": "x"]).lines(of: "EB152").isEmpty)
  }
}

@Suite("Checks: names") struct CheckNameTests {
  @Test func `EB140: names that the service refuses are told`() {
    var sample = CheckSample(["a": "x"])
    sample.surroundings.cnamePrefix = "ab"
    sample.surroundings.label = "a/b"
    #expect(
      sample.lines(of: "EB140") == [
        "error the address 'ab' is not 4 to 63 letters, digits and hyphens",
        "error the label 'a/b' is not 1 to 100 characters without '/'",
      ])
    sample.surroundings.cnamePrefix = "abcd"
    sample.surroundings.label = String(repeating: "l", count: 100)
    #expect(sample.lines(of: "EB140").isEmpty)
  }

  @Test func `EB142: many versions are told before there are too many`() {
    var sample = CheckSample(["a": "x"])
    sample.surroundings.versionCount = 899
    #expect(sample.lines(of: "EB142").isEmpty)
    sample.surroundings.versionCount = 900
    #expect(sample.lines(of: "EB142").count == 1)
  }
}

extension String {
  /// Long enough not to be a pointer of Git LFS.
  fileprivate var padded: SampleFile {
    SampleFile(Array((self + String(repeating: " ", count: 1024)).utf8))
  }
}
