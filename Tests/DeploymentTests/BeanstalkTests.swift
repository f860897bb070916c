import AWS
import Foundation
import Testing

@testable import Deployment
@testable import ElasticBeanstalk

@Suite("Beanstalk: names, notes, pairs and events") struct BeanstalkTests {
  private let commit = String(repeating: "a", count: 40)
  private let digest = String(repeating: "b", count: 64)

  @Test(arguments: ["Fix the login", "", "ends in [brackets]", "[git-eb x]", "日本語 и ещё"])
  func `A description says where the version is from, and gives the subject back`(subject: String)
    throws
  {
    let note = VersionNote(commit: commit, digest: digest, source: "staged")
    let text = note.description(subject: subject)
    #expect(text.utf16.count <= 200)
    let parsed = try #require(VersionNote.parse(text))
    #expect(parsed.note == note)
    #expect(parsed.subject == subject)
  }

  @Test func `A long subject gives way to the note, between characters`() throws {
    let note = VersionNote(commit: nil, digest: digest, source: "worktree")
    let text = note.description(subject: String(repeating: "👩‍👩‍👧 long\n", count: 40))
    #expect(text.utf16.count <= 200)
    let parsed = try #require(VersionNote.parse(text))
    #expect(parsed.note == note)
    #expect(parsed.subject.hasSuffix("…"))
    #expect(!parsed.subject.contains("\n"))
  }

  @Test(arguments: [
    "", "EB-CLI deploy", "fix [git-eb]", "[git-eb - x commit]", "[git-eb a b c d]",
    "x [git-eb \(String(repeating: "A", count: 40)) \(String(repeating: "b", count: 64)) commit]",
  ])
  func `A description of somebody else is only that`(text: String) {
    #expect(VersionNote.parse(text) == nil)
  }

  @Test func `A tag's value has only what Beanstalk allows`() {
    #expect(TagValue.text("refs/heads/issue#1") == "refs/heads/issue=231")
    #expect(TagValue.text("a=b") == "a=3Db")
    #expect(TagValue.text("ü\n") == "=C3=BC=0A")
    #expect(TagValue.text(String(repeating: "ü", count: 300)).utf8.count <= 256)
  }

  @Test func `A name that is too short for Beanstalk is the application's`() throws {
    let dev = try #require(EnvironmentName("dev"))
    let shop = BeanstalkNames(application: try #require(ApplicationName("My shop!")), known: [dev])
    #expect(shop.serviceName(dev) == "My-shop-dev")
    #expect(shop.name("My-shop-dev") == dev)
    let production = try #require(EnvironmentName("production"))
    #expect(shop.serviceName(production) == "production")
    #expect(shop.name("production") == production)
    // What nobody called `qa` is not made shorter.
    #expect(shop.name("My-shop-qa") == EnvironmentName("My-shop-qa"))
    let long = BeanstalkNames(
      application: try #require(ApplicationName(String(repeating: "x", count: 100))), known: [dev])
    #expect(EnvironmentName(long.serviceName(dev)) != nil)
    let odd = BeanstalkNames(application: try #require(ApplicationName("店")), known: [dev])
    #expect(odd.serviceName(dev) == "env-dev")
  }

  // MARK: - Pairs

  private func environment(_ name: String, cname: String) throws -> BlueGreenPairs.Environment {
    try environments([(name, cname)])[0]
  }

  private func environments(_ list: [(String, String)]) throws -> [BlueGreenPairs.Environment] {
    try list.map { name, cname in
      try BlueGreenPairs.Environment(
        XMLElement(
          "member",
          children: [
            XMLElement("EnvironmentName", text: name),
            XMLElement("EnvironmentId", text: "e-" + name),
            XMLElement("CNAME", text: cname),
          ]))
    }
  }

  @Test func `Who has the idle address is the idle one, and the other is meant by the name`() throws
  {
    let pairs = BlueGreenPairs()
    #expect(!pairs.isKnown)
    pairs.note(
      try environments([("shop", "shop.example"), ("shop-green", "git-eb-idle-1.example")]))
    #expect(pairs.serviceName("shop") == "shop")
    #expect(pairs.serviceName("shop-idle") == "shop-green")
    #expect(pairs.logicalName("shop-green") == "shop-idle")
    pairs.note(
      try environments([("shop", "git-eb-idle-1.example"), ("shop-green", "shop.example")]))
    #expect(pairs.serviceName("shop") == "shop-green")
    #expect(pairs.serviceName("shop-idle") == "shop")
    #expect(pairs.logicalName("shop") == "shop-idle")
    #expect(pairs.logicalName("shop-green") == "shop")
  }

  @Test func `An environment that somebody else calls green is itself`() throws {
    let pairs = BlueGreenPairs()
    pairs.note(try environments([("shop", "a.example"), ("shop-green", "b.example")]))
    #expect(pairs.serviceName("shop") == "shop")
    #expect(pairs.logicalName("shop-green") == "shop-green")
    pairs.note(try environments([("shop-green", "b.example")]))
    #expect(pairs.serviceName("shop") == "shop")
  }

  // MARK: - Events

  private func event(_ second: Int, _ message: String) throws -> EventDescription {
    try EventDescription(
      XMLElement(
        "member",
        children: [
          XMLElement(
            "EventDate",
            text: Date(timeIntervalSince1970: 1_700_000_000 + Double(second)).ISO8601Format()),
          XMLElement("Message", text: message), XMLElement("Severity", text: "INFO"),
        ]))
  }

  @Test func `Every event is passed on once, also what comes to light late`() throws {
    var events = BeanstalkEvents.Passed()
    let first = [try event(2, "b"), try event(1, "a")]
    #expect(events.take(first).map(\.event.message) == ["a", "b"])
    #expect(events.take(first).isEmpty)
    let second = [try event(3, "c"), try event(2, "b"), try event(1, "late"), try event(1, "a")]
    #expect(events.take(second).map(\.event.message) == ["late", "c"])
    // The same words twice at one moment are two events.
    let third = [try event(3, "c"), try event(3, "c")]
    #expect(events.take(third).map(\.event.message) == ["c"])
    #expect(events.take(third).isEmpty)
  }

  @Test func `Lines that tell of a failure are found among the others`() {
    let log = """
      starting
      2026-11-21 INFO 0 errors so far
      Traceback (most recent call last):
        ModuleNotFoundError: No module named 'flask'
      done
      """
    #expect(
      BeanstalkLogs.telling(Array(log.utf8)) == [
        "Traceback (most recent call last):", "ModuleNotFoundError: No module named 'flask'",
      ])
  }
}
