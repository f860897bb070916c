import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Deployment

@Suite("Local host: events and logs") struct LocalEventsTests {
  private let directory: TemporaryDirectory
  private var events: LocalEvents { LocalEvents(path: FilePath(directory.file("events.jsonl"))) }

  init() throws { directory = try TemporaryDirectory() }

  private func event(_ message: String, at seconds: Double) -> Event {
    Event(
      date: LocalJSON.stored(Date(timeIntervalSince1970: seconds)), severity: .info,
      message: message, versionLabel: "v1")
  }

  @Test func `Events come back as they were, from the moment asked for`() throws {
    let all = [
      event("one\nline \"two\" é", at: 1_700_000_000.1234567), event("two", at: 1_700_000_001.5),
      event("three", at: 1_700_000_002.999),
    ]
    for event in all { events.append(event) }
    #expect(try events.read(since: nil) == all)
    #expect(try events.read(since: all[1].date) == Array(all[1...]))
    #expect(try events.read(since: Date(timeIntervalSince1970: 1_700_000_003)).isEmpty)
  }

  @Test func `A torn last line is left out, and does not swallow the next one`() throws {
    events.append(event("one", at: 1))
    let whole = try directory.read("events.jsonl")
    try directory.write(whole + whole.dropLast(20), to: "events.jsonl")
    #expect(try events.read(since: nil).map(\.message) == ["one"])
    events.append(event("two", at: 2))
    #expect(try events.read(since: nil).map(\.message) == ["one", "two"])
  }

  @Test func `An event that cannot be stored is no error`() throws {
    LocalEvents(path: "/nonexistent/events.jsonl").append(event("one", at: 1))
    #expect(try LocalEvents(path: "/nonexistent/events.jsonl").read(since: nil).isEmpty)
  }

  @Test func `The tail of a log is its last lines since the start, fit for a terminal`() throws {
    let old = "old\n"
    let lines = (1...12).map { "line \($0)" }
    let path = FilePath(
      try directory.write(
        old + lines.joined(separator: "\n") + "\n\u{1b}[31mred\u{7}\tend", to: "web.log"))
    #expect(
      LocalLogs.tail(of: path, from: Int64(old.utf8.count))
        == Array(lines.suffix(9)) + ["[31mred\tend"])
    #expect(LocalLogs.tail(of: path, from: 1 << 30).isEmpty)
    #expect(LocalLogs.tail(of: "/nonexistent", from: 0).isEmpty)
  }

  @Test func `A log that grew too large is put aside`() throws {
    try directory.write("0123456789", to: "web.log")
    try directory.write("0123", to: "worker.log")
    try LocalLogs.rotate(FilePath(directory.path), sizeLimit: 5)
    #expect(try LocalStorage.names(in: FilePath(directory.path)) == ["web.log.1", "worker.log"])
  }
}
