import AWS
import SystemPackage
import Testing

@testable import Deployment

@Suite("Beanstalk: instances") struct InstanceTests {
  @Test func `ssh is called with what was asked for`() {
    var shell = SecureShell(user: "ec2-user", identity: nil, jumpHost: nil)
    #expect(
      shell.arguments(to: "1.2.3.4", command: []) == ["ssh", "-l", "ec2-user", "--", "1.2.3.4"])
    shell.identity = "~/key.pem"
    shell.jumpHost = "ann@gate"
    #expect(
      shell.arguments(to: "10.0.0.1", command: ["uptime; id"]) == [
        "ssh", "-i", "~/key.pem", "-J", "ann@gate", "-l", "ec2-user", "--", "10.0.0.1",
        "uptime; id",
      ])
  }

  @Test(arguments: [
    ["printf", "%s|", "a b", "it's", "$HOME", "*", "", "\\", "\"", "a\nb"], ["echo", ";"],
  ])
  func `Several words arrive as they were given`(words: [String]) throws {
    let shell = SecureShell(user: "x", identity: nil, jumpHost: nil)
    let line = try #require(shell.arguments(to: "h", command: words).last)
    #expect(try ShellWords.split(line) == words)
  }

  @Test(arguments: [
    ("203.0.113.7\n", "203.0.113.7/32"), ("0.0.0.0", "0.0.0.0/32"),
    ("2001:db8::1", "2001:db8::1/128"),
    ("::1", "::1/128"), ("256.0.0.1", nil), ("1.2.3", nil), ("1.2.3.4.5", nil), ("1.2.3.4/8", nil),
    ("", nil), ("here", nil), ("a:b", nil), ("1..2.3", nil), ("-1.2.3.4", nil), ("+1.2.3.4", nil),
  ])
  func `An address becomes the range of it alone`(text: String, range: String?) {
    #expect(BeanstalkShell.range(of: text) == range)
  }

  @Test(arguments: [
    ("3", 3, 3), ("2-4", 2, 4), ("0", 0, 0), ("1-1", 1, 1), ("10000", 10_000, 10_000),
  ])
  func `A number of instances is one number or two`(text: String, minimum: Int, maximum: Int) throws
  {
    let count = try #require(InstanceCount(text))
    #expect(count.minimum == minimum)
    #expect(count.maximum == maximum)
  }

  @Test(arguments: [
    "", "-", "3-", "-3", "4-2", "1-2-3", "x", "1 2", "10001", "+1", "99999999999999999999",
  ])
  func `What is no number of instances is refused`(text: String) {
    #expect(InstanceCount(text) == nil)
  }

  @Test(arguments: [
    (
      "eu-central-1",
      "https://eu-central-1.console.aws.amazon.com/elasticbeanstalk/home?region=eu-central-1"
    ),
    (
      "cn-north-1",
      "https://cn-north-1.console.amazonaws.cn/elasticbeanstalk/home?region=cn-north-1"
    ),
    (
      "us-gov-west-1",
      "https://us-gov-west-1.console.amazonaws-us-gov.com/elasticbeanstalk/home?region=us-gov-west-1"
    ),
  ])
  func `Every partition has its console`(region: String, start: String) throws {
    let region = try #require(Region(region))
    let application = try #require(ApplicationName("my shop"))
    #expect(
      ConsolePage.address(region: region, application: application, environmentID: "e-1")
        == start + "#/environment/dashboard?environmentId=e-1")
    #expect(
      ConsolePage.address(region: region, application: application, environmentID: nil)
        == start + "#/application/overview?applicationName=my%20shop")
  }

  @Test func `A partition whose console is not known has none`() throws {
    #expect(
      ConsolePage.address(
        region: try #require(Region("us-iso-east-1")),
        application: try #require(ApplicationName("shop")), environmentID: nil) == nil)
  }

  // MARK: - Tails

  private func split(_ text: String) -> [(name: String, text: String)] {
    var tail = LogFile(name: "i-1.log", path: "")
    tail.contents = Array(text.utf8)
    return LogSections.split(tail).map {
      ($0.name, String(decoding: $0.contents ?? [], as: UTF8.self))
    }
  }

  @Test func `A tail is split into the logs that are joined in it`() {
    let rule = String(repeating: "-", count: 40)
    let parts = split(
      "\(rule)\n/var/log/a.log\n\(rule)\none\n\n\(rule)\nnot a heading\n\(rule)\n\n\n"
        + "\(rule)\n/var/log/b.log\n\(rule)\n\(rule)\n/var/log/c.log\n\(rule)\nthree")
    #expect(parts.map(\.name) == ["i-1/var/log/a.log", "i-1/var/log/b.log", "i-1/var/log/c.log"])
    #expect(parts.map(\.text) == ["one\n\n\(rule)\nnot a heading\n\(rule)", "", "three"])
  }

  @Test(arguments: ["", "one\ntwo", "/var/log/a.log\n", "----\n/a\n----\n"])
  func `A tail without headings is itself`(text: String) {
    let parts = split(text)
    #expect(parts.map(\.name) == ["i-1.log"])
    #expect(parts.map(\.text) == [text])
  }
}
