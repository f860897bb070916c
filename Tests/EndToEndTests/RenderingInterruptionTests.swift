import Foundation
import TestSupport
import Testing

@Suite("interrupted while git renders") struct RenderingInterruptionTests {
  /// A repository whose bundle waits for a filter until the file `go` is there.
  private func waiting() throws -> Workplace {
    let place = try Workplace.plain()
    try place.repository.write(".gitattributes", "*.slow filter=slow\n")
    try place.repository.write("sub/a.slow", "a\n")
    try place.repository.commit()
    try place.repository.write("sub/a.slow", "staged\n")
    try place.repository.git("add", "--all")
    let base = place.base
    try place.repository.git(
      "config", "filter.slow.smudge",
      "touch '\(base)/begun'; while ! test -e '\(base)/go'; do sleep 0.05; done; cat")
    return place
  }

  private func start(_ place: Workplace, _ command: String) throws -> Background {
    let words = ["sh", "-c", "exec git eb \(command)"]
    let background = try place.start(words[0], words[1], words[2])
    try #require(eventually { FileManager.default.fileExists(atPath: "\(place.base)/begun") })
    return background
  }

  @Test(arguments: ["push --staged", "push", "archive --staged -o ../x.zip"], [SIGINT, SIGTERM])
  func `It ends at once and leaves nothing`(_ command: String, _ signal: Int32) throws {
    let place = try waiting()
    let before = try place.listing()
    let background = try start(place, command)
    background.interrupt(signal)
    let screen = try #require(background.wait(seconds: 10))
    #expect(screen.status == 128 + signal, "\(screen)")
    #expect(screen.error.contains("error: interrupted"), "\(screen)")
    #expect(try place.listing() == before)
    #expect(place.leftovers == [])
    #expect(place.published == [])
    #expect(!FileManager.default.fileExists(atPath: "\(place.base)/x.zip"))
    #expect(eventually(seconds: 5) { place.processes.isEmpty })
  }

  @Test func `A signal to git-eb alone ends git too`() throws {
    let place = try waiting()
    let background = try start(place, "archive --staged -o ../x.zip")
    try background.interrupt(only: "git-eb")
    let screen = try #require(background.wait(seconds: 10))
    #expect(screen.status == 130, "\(screen)")
    #expect(place.leftovers == [])
    // git leaves a filter behind that takes no notice of its end.
    _ = FileManager.default.createFile(atPath: "\(place.base)/go", contents: nil)
    #expect(eventually(seconds: 5) { place.processes.isEmpty })
  }

  @Test func `Killed outright it leaves .git as it was, and the next run cleans up`() throws {
    let place = try waiting()
    let before = try place.listing()
    let background = try start(place, "push --staged")
    background.interrupt(SIGKILL)
    _ = try #require(background.wait(seconds: 10))
    #expect(try place.listing() == before)
    #expect(place.leftovers != [])
    _ = FileManager.default.createFile(atPath: "\(place.base)/go", contents: nil)
    #expect(try place.bundled("sub/a.slow", "--staged") == "staged\n")
    #expect(place.leftovers == [])
    #expect(try place.listing() == before)
  }
}
