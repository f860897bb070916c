import Testing

@testable import Deployment

@Suite("Checks: docker") struct CheckDockerTests {
  private let docker = "Docker running on 64bit Amazon Linux 2023"
  private let ecs = "ECS running on 64bit Amazon Linux 2023"

  @Test func `EB128: a Dockerfile without EXPOSE is an error`() {
    let sample = CheckSample(on: docker, ["Dockerfile": "FROM scratch\nCMD [\"/run\"]\n"])
    #expect(sample.lines(of: "EB128") == ["error Dockerfile:1:1 it has no EXPOSE"])
    let near = CheckSample(on: docker, ["Dockerfile": "FROM scratch\nexpose 80\n"])
    #expect(near.lines(of: "EB128").isEmpty)
    let other = CheckSample(
      on: "Node.js 22 running on 64bit Amazon Linux 2023", ["Dockerfile": "FROM a\n"])
    #expect(other.lines(of: "EB128").isEmpty)
  }

  @Test func `EB128: an EXPOSE of another stage may do, one that is inherited does`() {
    let sample = CheckSample(
      on: docker,
      ["Dockerfile": "FROM node AS build\nEXPOSE 80\n\nFROM nginx\nCOPY --from=build a b\n"])
    #expect(
      sample.lines(of: "EB128") == [
        "warning Dockerfile:4:1 the last stage has no EXPOSE; that of line 2 is another stage's"
      ])
    let near = CheckSample(
      on: docker, ["Dockerfile": "FROM node AS base\nEXPOSE 80\nFROM base\nCMD a\n"])
    #expect(near.lines(of: "EB128").isEmpty)
  }

  @Test func `EB128: ports come from elsewhere too`() {
    let file: SampleFile = "FROM scratch\n"
    let named = CheckSample(
      on: docker,
      [
        "Dockerfile": file,
        "Dockerrun.aws.json": #"{"AWSEBDockerrunVersion":"1","Ports":[{"ContainerPort":"80"}]}"#,
      ])
    #expect(named.lines(of: "EB128").isEmpty)
    let composed = CheckSample(
      on: docker, ["Dockerfile": file, "docker-compose.yml": "services: {a: {build: .}}"])
    #expect(composed.lines(of: "EB128").isEmpty)
    let without = CheckSample(
      on: docker, ["Dockerfile": file, "Dockerrun.aws.json": #"{"AWSEBDockerrunVersion":1}"#])
    #expect(without.lines(of: "EB128") == ["error Dockerfile:1:1 it has no EXPOSE"])
  }

  @Test func `EB128: an image without ports may bring its own`() {
    let sample = CheckSample(
      on: docker,
      [
        "Dockerrun.aws.json":
          "{\"AWSEBDockerrunVersion\": \"1\",\n \"Image\": {\"Name\": \"nginx\"}}"
      ])
    #expect(
      sample.lines(of: "EB128") == [
        "warning Dockerrun.aws.json:2:11 'Image' is there, and no 'Ports'"
      ])
  }

  @Test func `EB128: what is exposed has to be a port, and to have a value`() {
    let wrong = CheckSample(on: docker, ["Dockerfile": "FROM a\nEXPOSE 80, 443\n"])
    #expect(wrong.lines(of: "EB128") == ["error Dockerfile:2:1 '80,' is no port"])
    let empty = CheckSample(on: docker, ["Dockerfile": "FROM a\nARG PORT\nEXPOSE $PORT\n"])
    #expect(
      empty.lines(of: "EB128") == [
        "warning Dockerfile:3:1 '$PORT' comes to nothing: no ARG or ENV of this file gives it a value"
      ])
    // What it held used to be shown.
    let secret = CheckSample(
      on: docker, ["Dockerfile": "FROM a\nENV P=hunter2secret\nEXPOSE 80 ${P}/tcp\n"])
    #expect(secret.lines(of: "EB128") == ["error Dockerfile:3:1 '${P}/tcp' is no port"])
    let near = CheckSample(on: docker, ["Dockerfile": "FROM a\nARG PORT=80\nEXPOSE $PORT\n"])
    #expect(near.lines(of: "EB128").isEmpty)
  }

  @Test func `EB128: what may be for another platform only warns`() {
    let sample = CheckSample(["Dockerfile": "FROM node\n", "package.json": "{}"])
    #expect(sample.lines(of: "EB128") == ["warning Dockerfile:1:1 it has no EXPOSE"])
    let alone = CheckSample(["Dockerfile": "FROM node\n"])
    #expect(alone.lines(of: "EB128") == ["error Dockerfile:1:1 it has no EXPOSE"])
  }

  @Test(arguments: [
    (
      "{\"AWSEBDockerrunVersion\": \"1\",}",
      "1:31 it is not JSON: a name in quotes is expected here"
    ),
    ("{ // one\n}", "1:3 it is not JSON: a name in quotes is expected here"),
    ("{\"a\": 1\n \"b\": 2}", "2:2 it is not JSON: ',' or '}' is expected here"),
    ("{\"a\": [1, 2}", "1:12 it is not JSON: ',' or ']' is expected here"),
    ("{'a': 1}", "1:2 it is not JSON: a name in quotes is expected here"),
    ("\u{feff}{}", "1:1 it is not JSON: it begins with a byte order mark"),
    ("{\"a\": 01}", "1:7 it is not JSON: no number"),
    ("{\"a\": 1} 2", "1:10 it is not JSON: nothing may follow here"),
    ("{\"a\": \"b", "1:7 it is not JSON: it ends before it is complete"),
    ("{\"a\"", "1:5 it is not JSON: it ends before it is complete"),
    ("{\"a\": yes}", "1:7 it is not JSON: a value is expected here"),
    ("", "1:1 it is not JSON: it ends before it is complete"),
  ])
  func `EB129: Dockerrun is JSON to the letter`(text: String, line: String) {
    let sample = CheckSample(on: docker, ["Dockerrun.aws.json": SampleFile(Array(text.utf8))])
    #expect(sample.lines(of: "EB129") == ["error Dockerrun.aws.json:\(line)"])
  }

  private func version(
    _ version: String, on platform: String, _ files: KeyValuePairs<String, SampleFile> = [:]
  ) -> [String] {
    var sample = CheckSample(on: platform, files)
    sample.files.append(("Dockerrun.aws.json", "{\n  \"AWSEBDockerrunVersion\": \(version)\n}"))
    return sample.lines(of: "EB129")
  }

  @Test func `EB129: each version is for one platform`() {
    let place = "Dockerrun.aws.json:2:28"
    #expect(
      version("2", on: docker) == [
        "error \(place) version 2 is for ECS, and this is the Docker platform"
      ])
    #expect(
      version("\"1\"", on: ecs) == [
        "error \(place) version 1 is for the Docker platform, and this is ECS"
      ])
    #expect(version("\"3\"", on: ecs).count == 1)
    #expect(version("4", on: docker) == ["error \(place) there is no version '4'"])
    #expect(version("\"1\"", on: docker).isEmpty)
    #expect(version("\"2\"", on: ecs).isEmpty)
    let bare = CheckSample(on: docker, ["Dockerrun.aws.json": "{\"Image\": {}}"])
    #expect(
      bare.lines(of: "EB129") == [
        "error Dockerrun.aws.json:1:1 'AWSEBDockerrunVersion' is missing"
      ])
  }

  @Test func `EB129: where a link leads is not JSON, and not looked at`() {
    let sample = CheckSample(
      on: docker, ["Dockerrun.aws.json": .link(to: "deploy/run.json"), "deploy/run.json": "{}"])
    #expect(sample.lines(of: "EB129").isEmpty && sample.lines(of: "EB143").isEmpty)
  }

  @Test func `EB129: version 3 goes with docker-compose.yml`() {
    let detail =
      "Dockerrun.aws.json:2:28 version 3 goes with 'docker-compose.yml', which is not there"
    #expect(version("3", on: docker) == ["error \(detail)"])
    #expect(version("3", on: docker, ["Dockerfile": "FROM a"]) == ["warning \(detail)"])
    #expect(version("3", on: docker, ["docker-compose.yml": "services: {}"]).isEmpty)
  }

  @Test func `EB143: Docker needs something to run`() {
    let sample = CheckSample(on: docker, ["app.py": "x"])
    #expect(
      sample.lines(of: "EB143") == [
        "error there is no Dockerfile, docker-compose.yml or Dockerrun.aws.json"
      ])
    let nested = CheckSample(on: docker, ["a/Dockerfile": "x", "b": "x"])
    #expect(
      nested.lines(of: "EB143") == [
        "error a/Dockerfile the Dockerfile is 'a/Dockerfile', and not at the root"
      ])
    let lower = CheckSample(on: docker, ["dockerfile": "x"])
    #expect(
      lower.lines(of: "EB143") == [
        "error dockerfile it is called 'dockerfile', which Beanstalk does not look for"
      ])
    let newer = CheckSample(on: docker, ["compose.yml": "services: {}"])
    #expect(
      newer.lines(of: "EB143") == [
        "warning compose.yml it is called 'compose.yml', which Beanstalk does not look for"
      ])
    for name in ["Dockerfile", "Dockerrun.aws.json", "docker-compose.yml"] {
      #expect(
        CheckSample(on: docker, .init(dictionaryLiteral: (name, "x"))).lines(of: "EB143").isEmpty)
    }
  }

  @Test func `EB143: a hook may write the Dockerfile`() {
    let hook = CheckSample(
      on: docker, [".platform/hooks/prebuild/a.sh": .program("#!/bin/sh\n")])
    #expect(
      hook.lines(of: "EB143") == [
        "warning there is no Dockerfile, docker-compose.yml or Dockerrun.aws.json"
      ])
  }

  @Test func `EB143: ECS needs a Dockerrun with containers`() {
    let none = CheckSample(on: ecs, ["Dockerfile": "FROM a\n"])
    #expect(none.lines(of: "EB143") == ["error there is no Dockerrun.aws.json, which ECS needs"])
    let empty = CheckSample(on: ecs, ["Dockerrun.aws.json": #"{"AWSEBDockerrunVersion": 2}"#])
    #expect(
      empty.lines(of: "EB143") == [
        "error Dockerrun.aws.json:1:1 'containerDefinitions' names no container"
      ])
    let near = CheckSample(
      on: ecs,
      [
        "Dockerrun.aws.json":
          #"{"AWSEBDockerrunVersion": 2, "containerDefinitions": [{"name": "a"}]}"#
      ])
    #expect(near.lines(of: "EB143").isEmpty)
  }
}
