import SystemPackage
import TestSupport
import Testing

@testable import Deployment

@Suite("Local host: .ebextensions") struct LocalExtensionsTests {
  private func extensions(_ texts: String...) throws -> LocalExtensions {
    var extensions = LocalExtensions()
    for (index, text) in texts.enumerated() {
      try extensions.add(Array(text.utf8), name: "\(index).config")
    }
    return extensions
  }

  @Test func `Variables come from the mapping form`() throws {
    let found = try extensions(
      """
      option_settings:
        aws:elasticbeanstalk:application:environment:
          DEBUG: false
          WORKERS: 2
          NAME: "a: b"
          EMPTY:
        aws:autoscaling:asg:
          MinSize: 1
      packages: {yum: {git: []}}
      """)
    #expect(found.variables == ["DEBUG": "false", "WORKERS": "2", "NAME": "a: b", "EMPTY": ""])
  }

  @Test func `Variables come from the list form, where no namespace means a variable`() throws {
    let found = try extensions(
      """
      option_settings:
        - option_name: A
          value: 1
        - namespace: aws:elasticbeanstalk:application:environment
          option_name: B
          value: two
        - namespace: aws:elasticbeanstalk:application
          option_name: Application Healthcheck URL
          value: /up
      """)
    #expect(found.variables == ["A": "1", "B": "two"])
    #expect(found.healthPath == "/up")
  }

  @Test func `JSON is read, and a later file wins`() throws {
    let found = try extensions(
      #"{"option_settings": {"aws:elasticbeanstalk:application:environment": {"A": "1", "B": 2}}}"#,
      "option_settings: [{option_name: A, value: later}]", "", "files: {}\noption_settings:\n")
    #expect(found.variables == ["A": "later", "B": "2"])
    #expect(found.healthPath == "/")
  }

  @Test(
    arguments: [
      ("/health", "/health"), ("health", "/health"), ("HTTP:80/status?a=b", "/status?a=b"),
      ("http://example.com:8080/x/y", "/x/y"), ("https://example.com", nil), ("TCP:80", nil),
      ("  /a ", "/a"), ("", nil), ("/go?to=http://a/b", "/go?to=http://a/b"),
    ] as [(String, String?)])
  func `The health path is taken from every form of the setting`(setting: String, path: String?) {
    #expect(LocalExtensions.path(of: setting) == path)
  }

  @Test func `The load balancer's health check path is the second choice`() throws {
    let process = "aws:elasticbeanstalk:environment:process:default: {HealthCheckPath: /alb}"
    #expect(try extensions("option_settings: {\(process)}").healthPath == "/alb")
    let application = "aws:elasticbeanstalk:application: {Application Healthcheck URL: /app}"
    #expect(
      try extensions("option_settings: {\(process), \(application)}").healthPath == "/app")
  }

  @Test(arguments: [
    ("option_settings: [", "line 2"), ("a: 1\noption_settings: 3\n", "line 2"),
    ("option_settings:\n  - value: 3\n", "line 2"),
    ("option_settings:\n  - option_name: A\n    value: [1]\n", "line 3"),
    ("option_settings:\n  ns: 4\n", "line 2"),
  ])
  func `A file that cannot be understood is told with its line`(text: String, place: String) {
    let failure = #expect(throws: LocalFailure.self) { try extensions(text) }
    let reason = failure?.reasons.first ?? ""
    #expect(reason.hasPrefix("0.config, \(place): "), "\(reason)")
  }

  @Test func `Only files that end in config count, in the order of their names`() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      "option_settings: [{option_name: A, value: 2}]", to: ".ebextensions/02.config")
    try directory.write(
      "option_settings: [{option_name: A, value: 1}]", to: ".ebextensions/01.config")
    try directory.write("option_settings: [", to: ".ebextensions/99.yml")
    let found = try LocalExtensions(release: FilePath(directory.path))
    #expect(found.variables == ["A": "2"])
    #expect(try LocalExtensions(release: "/nonexistent").options.isEmpty)
  }
}
