import Testing

@testable import Deployment

@Suite("Checks: Node.js") struct CheckNodeTests {
  private let platform = "Node.js 20 running on 64bit Amazon Linux 2023"
  private static let foreign = SampleFile([0xcf, 0xfa, 0xed, 0xfe, 0x07])
  private static let linux = SampleFile([0x7f, 0x45, 0x4c, 0x46, 0x02])

  // MARK: - EB107

  @Test func `EB107: something has to say how the application starts`() {
    let sample = CheckSample(on: platform, ["index.js": "", "src/package.json": "{}"])
    #expect(
      sample.lines(of: "EB107") == [
        "error there is no package.json, server.js, app.js or Procfile at the bundle's root"
      ])
    let script = CheckSample(on: platform, ["package.json": #"{"scripts": {"test": "x"}}"#])
    #expect(
      script.lines(of: "EB107") == [
        "warning package.json:1:13 it has no 'start' script, and there is no server.js, app.js or "
          + "Procfile"
      ])
  }

  @Test(arguments: [
    ("package.json", #"{"scripts": {"start": "node ."}}"#), ("server.js", ""), ("app.js", ""),
    ("Procfile", "web: node .\n"), ("package.json", "{"),
  ])
  func `EB107: each of them is enough`(path: String, text: String) {
    var sample = CheckSample(on: platform, [:])
    sample.files = [(path, SampleFile(stringLiteral: text))]
    #expect(sample.lines(of: "EB107").isEmpty)
  }

  @Test func `EB107: other platforms start otherwise`() {
    let sample = CheckSample(on: "Docker running on 64bit Amazon Linux 2023", ["index.js": ""])
    #expect(sample.lines(of: "EB107").isEmpty)
  }

  // MARK: - EB145

  @Test func `EB145: package json is JSON to the letter`() {
    let sample = CheckSample(on: platform, ["package.json": "{\n  \"name\": \"a\",\n}\n"])
    #expect(
      sample.lines(of: "EB145") == ["error package.json:3:1 a name in quotes is expected here"])
    let sound = CheckSample(on: platform, ["package.json": "\u{feff}{\t\"name\": \"a\"}\n"])
    #expect(sound.lines(of: "EB145").isEmpty)
    let pointer = CheckSample(
      on: platform, ["package.json": "version https://git-lfs.github.com/spec/v1\noid x\n"])
    #expect(pointer.lines(of: "EB145").isEmpty)
  }

  // MARK: - EB113

  @Test func `EB113: modules that are shipped warn, and those for another system are errors`() {
    let sample = CheckSample(
      on: platform,
      [
        "node_modules/a/index.js": "", "node_modules/bcrypt/lib/bcrypt.node": Self.foreign,
        "node_modules/@x/y/build/Release/y.node": Self.foreign,
      ])
    #expect(
      sample.lines(of: "EB113") == [
        "error node_modules/@x/y/build/Release/y.node it was compiled for another system",
        "error node_modules/bcrypt/lib/bcrypt.node it was compiled for another system",
        "warning node_modules/@x/y/build/Release/y.node what is there is used as it is, and nothing "
          + "is installed",
      ])
  }

  @Test(arguments: [
    ("node_modules/a/prebuilds/darwin-x64/a.node", true),
    ("node_modules/@next/swc-darwin-arm64/next-swc.darwin-arm64.node", true),
    ("node_modules/fsevents/fsevents.node", true), ("node_modules/a/build/a.node", false),
    ("node_modules/a/tool.dylib", true), ("native/a.node", true),
  ])
  func `EB113: modules that Linux does not load are no error`(path: String, isForeign: Bool) {
    var sample = CheckSample(on: platform, [:])
    sample.files = [(path, isForeign ? Self.foreign : Self.linux)]
    #expect(!sample.lines(of: "EB113").contains { $0.hasPrefix("error") })
  }

  @Test func `EB113: below another directory nothing is told, and for Docker neither`() {
    let nested = CheckSample(on: platform, ["client/node_modules/a/index.js": ""])
    #expect(nested.lines(of: "EB113").isEmpty)
    let docker = CheckSample(["Dockerfile": "FROM node\n", "node_modules/a.node": Self.foreign])
    #expect(docker.lines(of: "EB113").isEmpty)
  }

  // MARK: - EB141

  @Test func `EB141: a version that the platform does not have warns`() {
    let sample = CheckSample(
      on: platform, ["package.json": "{\n  \"engines\": {\"node\": \"18.x\"}\n}\n"])
    #expect(
      sample.lines(of: "EB141") == [
        "warning package.json:2:23 it asks for '18.x', and the platform has 20"
      ])
    let unknown = CheckSample(["package.json": "{\"engines\": {\"node\": \"18.x\"}}"])
    #expect(unknown.lines(of: "EB141").isEmpty)
  }

  @Test(arguments: [
    "18", "v18", "18.19.1", "^18.1", "~18", "<20", "<20.0.0", ">20", ">=22", "16 - 18", "<=18",
    "16 || 18", ">=18 <20", ">= 21", "=18",
  ])
  func `EB141: ranges without the platform's version`(text: String) throws {
    #expect(try !#require(VersionRange(text)).mayContain(major: 20))
  }

  @Test(arguments: [
    "20", "20.x", "^20.1", ">=18", ">=18 <21", "18 || 20", "*", "", "x", "18 - 22", "~20.10",
    ">20.1", ">19", "<=20", "<20.5", ">=18.0.0 <19 || >= 20.0.0", "v20.1.0", "=20", "20.*",
  ])
  func `EB141: ranges with the platform's version`(text: String) throws {
    #expect(try #require(VersionRange(text)).mayContain(major: 20))
  }

  @Test(arguments: [
    "lts/*", "latest", "node20", ">=18 <", "<0", ">=22 <20", "1.2.3.4", "20-alpine",
  ])
  func `EB141: what is not understood is no range`(text: String) {
    #expect(VersionRange(text) == nil)
  }
}

@Suite("Checks: Java") struct CheckJavaTests {
  private let platform = "Corretto 21 running on 64bit Amazon Linux 2023"

  @Test func `EB108: something has to say which archive is the application`() {
    let none = CheckSample(on: platform, ["src/Main.java": "", "lib/a.jar": ""])
    #expect(
      none.lines(of: "EB108") == [
        "error there is no Procfile, no Buildfile and no archive at the bundle's root"
      ])
    let two = CheckSample(on: platform, ["a.jar": "", "b.jar": ""])
    #expect(
      two.lines(of: "EB108") == [
        "error a.jar there is no Procfile, and 2 archives are at the bundle's root"
      ])
    #expect(two.findings.first?.remedy == "write a Procfile such as 'web: java -jar a.jar'")
    let one = CheckSample(on: platform, ["a.jar": ""])
    #expect(
      one.lines(of: "EB108") == [
        "error a.jar it is not called 'application.jar', and there is no Procfile"
      ])
  }

  @Test func `EB108: what only the files say, and one of several by the right name, warn`() {
    let guessed = CheckSample(["pom.xml": "<project/>"])
    #expect(
      guessed.lines(of: "EB108") == [
        "warning there is no Procfile, no Buildfile and no archive at the bundle's root"
      ])
    let named = CheckSample(on: platform, ["application.jar": "", "b.jar": ""])
    #expect(
      named.lines(of: "EB108") == [
        "warning application.jar there is no Procfile, and 2 archives are at the bundle's root"
      ])
  }

  @Test(arguments: ["application.jar", "Procfile", "Buildfile", "META-INF/MANIFEST.MF"])
  func `EB108: each of them is enough`(path: String) {
    var sample = CheckSample(on: platform, [:])
    sample.files = [(path, "web: java -jar x.jar\n")]
    #expect(sample.lines(of: "EB108").isEmpty)
  }

  @Test func `EB108: Amazon Linux 1 gave a single archive its name`() {
    let sample = CheckSample(on: "64bit Amazon Linux running Java 8", ["a.jar": ""])
    #expect(sample.lines(of: "EB108").isEmpty)
  }
}
