import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Deployment

@Suite("Local host: versions") struct LocalVersionsTests {
  @Test func `A published version is there with everything that was said of it`() async throws {
    try await withLocalHost { local in
      let before = try await local.host.versions()
      #expect(before.isEmpty)
      #expect(try await local.publish("v1", ["a": "1"]) == .uploaded)
      #expect(try await local.host.version(labelled: VersionLabel("v1")!) == local.version("v1"))
      #expect(try await local.host.versions() == [local.version("v1")])
      #expect(try await local.host.version(labelled: VersionLabel("v2")!) == nil)
    }
  }

  @Test func `Versions and their directories are for their owner only`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["a": "1"])
      let modes = try ["host", "host/versions", "host/versions/v1.zip", "host/versions/v1.json"]
        .map { try FileSystem.status(local.directory.file($0)).map { $0.mode & 0o777 } }
      #expect(modes == [0o700, 0o700, 0o600, 0o600])
    }
  }

  @Test func `Publishing the same again is done, another digest is refused`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["a": "1"])
      #expect(try await local.publish("v1", ["a": "1"]) == .present)
      await #expect(
        throws: HostError.labelTaken(label: VersionLabel("v1")!, digest: "digest of v1")
      ) { try await local.publish("v1", ["a": "2"], digest: "other") }
    }
  }

  @Test func `A bundle in the host's own directory is renamed, with nothing left behind`()
    async throws
  {
    try await withLocalHost { local in
      let directory = try #require(try local.host.bundleDirectory())
      let bundle = directory.appending("draft")
      try FileManager.default.moveItem(
        atPath: try local.writeBundle(["a": "1"], to: "x.zip").string, toPath: bundle.string)
      let inode = try FileSystem.status(bundle.string)?.inode
      _ = try await local.host.publish(local.version("v1"), bundle: bundle)
      #expect(try FileSystem.status(local.directory.file("host/versions/v1.zip"))?.inode == inode)
      #expect(try LocalStorage.names(in: directory).isEmpty)
    }
  }

  @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm")))
  func `A bundle on another file system is copied`() async throws {
    try await withLocalHost { local in
      let bundle = try local.writeBundle(["a": "1"], to: "x.zip")
      let other = FilePath("/dev/shm/git-eb-test-\(UUID().uuidString)")
      try FileManager.default.copyItem(atPath: bundle.string, toPath: other.string)
      defer { try? FileManager.default.removeItem(atPath: other.string) }
      #expect(try await local.host.publish(local.version("v1"), bundle: other) == .uploaded)
      #expect(
        FileManager.default.contentsEqual(
          atPath: bundle.string, andPath: local.directory.file("host/versions/v1.zip")))
      #expect(try LocalStorage.names(in: local.root.appending("incoming")).isEmpty)
    }
  }

  @Test func `What is no zip is refused and leaves nothing`() async throws {
    try await withLocalHost { local in
      let bundle = FilePath(try local.directory.write("not a zip", to: "x.zip"))
      await #expect {
        _ = try await local.host.publish(local.version("v1"), bundle: bundle)
      } throws: { error in
        if case HostError.badBundle = error { true } else { false }
      }
      #expect(try await local.host.versions().isEmpty)
      #expect(try LocalStorage.names(in: local.root.appending("incoming")).isEmpty)
    }
  }

  @Test func `Half a version is none, and publishing it again mends it`() async throws {
    try await withLocalHost { local in
      try await local.publish("v1", ["a": "1"])
      let record = local.directory.file("host/versions/v1.json")
      try FileManager.default.removeItem(atPath: record)
      #expect(try await local.host.versions().isEmpty)
      #expect(try await local.publish("v1", ["a": "1"]) == .uploaded)
      try Data("{".utf8).write(to: URL(filePath: record))
      #expect(try await local.publish("v1", ["a": "1"]) == .uploaded)
      try FileManager.default.removeItem(atPath: local.directory.file("host/versions/v1.zip"))
      #expect(try await local.host.version(labelled: VersionLabel("v1")!) == nil)
      #expect(try await local.publish("v1", ["a": "1"]) == .uploaded)
      #expect(try await local.host.versions().count == 1)
    }
  }

  @Test func `Versions are listed with the newest first, whatever their labels`() async throws {
    try await withLocalHost { local in
      for (label, age) in [("a.json", 30.0), ("b.zip", 10), ("..c", 20)] {
        var version = local.version(label)
        version.created = Date(timeIntervalSince1970: 1_700_000_000 - age)
        _ = try await local.host.publish(
          version, bundle: try local.writeBundle(["a": label], to: "x.zip"))
      }
      #expect(try await local.host.versions().map(\.label.text) == ["b.zip", "..c", "a.json"])
    }
  }

  @Test func `Of many that publish one label at once, one uploads`() async throws {
    try await withLocalHost { local in
      let bundles = try (0..<8).map { try local.writeBundle(["a": "1"], to: "\($0).zip") }
      let results = try await withThrowingTaskGroup(of: Publication.self) { group in
        for bundle in bundles {
          group.addTask { try await local.host.publish(local.version("v1"), bundle: bundle) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.count { $0 == .uploaded } == 1)
      #expect(try LocalStorage.names(in: local.root.appending("incoming")).isEmpty)
    }
  }
}
