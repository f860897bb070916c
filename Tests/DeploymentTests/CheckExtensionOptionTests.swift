import Testing

@testable import Deployment

@Suite("Checks: options of extensions") struct CheckExtensionOptionTests {
  private let file = ".ebextensions/a.config"

  private func options(_ text: SampleFile, on platform: String? = nil) -> CheckSample {
    var sample = CheckSample([file: text])
    sample.surroundings.platform = platform.flatMap { PlatformGuess($0) }
    return sample
  }

  // MARK: - EB119

  @Test func `EB119: every setting is a map`() {
    let list = options(
      "option_settings:\n  - aws:autoscaling:asg\n  - namespace: x\n    value: y\n")
    #expect(
      list.lines(of: "EB119") == [
        "error \(file):2:5 an item of the list is not a map",
        "warning \(file):3:5 it has no 'option_name'",
      ])
    let map = options("option_settings:\n  MinSize: 1\n  aws:autoscaling:asg:\n")
    #expect(
      map.lines(of: "EB119") == [
        "error \(file):2:3 'MinSize' is not a map of options",
        "warning \(file):3:3 'aws:autoscaling:asg' is not a map of options",
      ])
    let scalar = options("option_settings: none\n")
    #expect(
      scalar.lines(of: "EB119") == [
        "error \(file):1:18 'option_settings' is neither a list nor a map"
      ])
  }

  @Test func `EB119: a value that is no text warns`() {
    let sample = options(
      """
      option_settings:
        aws:elasticbeanstalk:application:environment:
          LIST: [a, b]
          MAP: {a: b}
      """)
    #expect(
      sample.lines(of: "EB119") == [
        "warning \(file):3:11 the value of 'LIST' is a list",
        "warning \(file):4:10 the value of 'MAP' is a map",
      ])
  }

  @Test(arguments: [
    "option_settings:\n", "option_settings:\n  - option_name: A\n    value: b\n",
    "option_settings:\n  aws:autoscaling:asg:\n    MinSize: 1\n",
    "option_settings:\n  - {namespace: a, option_name: B, value: {Ref: C}}\n",
    "option_settings:\n  - {namespace: a, option_name: B}\n",
    """
    option_settings:
      aws:elasticbeanstalk:healthreporting:system:
        ConfigDocument: {"Version": 1}
    """,
  ])
  func `EB119: both forms of the documentation are let pass`(text: String) {
    #expect(options(SampleFile(stringLiteral: text)).lines(of: "EB119").isEmpty)
  }

  // MARK: - EB120

  @Test func `EB120: what was for Amazon Linux 1 is an error with what does it now`() {
    let text: SampleFile = """
      option_settings:
        aws:elasticbeanstalk:container:nodejs:
          NodeCommand: npm start
          NodeVersion: 4.4.6
          ProxyServer: nginx
        aws:elasticbeanstalk:container:nodejs:staticfiles:
          /static: public
        aws:elasticbeanstalk:environment:proxy:
          ProxyServer: none
      """
    let sample = options(text, on: "Node.js 20 running on 64bit Amazon Linux 2023")
    let node = "of 'aws:elasticbeanstalk:container:nodejs"
    #expect(
      sample.lines(of: "EB120") == [
        "error \(file):3:5 'NodeCommand' \(node)' was for Amazon Linux 1 alone",
        "error \(file):4:5 'NodeVersion' \(node)' was for Amazon Linux 1 alone",
        "error \(file):5:5 'ProxyServer' \(node)' was for Amazon Linux 1 alone",
        "error \(file):7:5 '/static' \(node):staticfiles' was for Amazon Linux 1 alone",
        "error \(file):9:5 'ProxyServer' with the value 'none' was for Amazon Linux 1 alone",
      ])
    #expect(
      sample.findings.filter { $0.rule.id == "EB120" }.map(\.remedy).first
        == "write a Procfile, or 'start' under 'scripts' in package.json")
    #expect(
      options(text, on: "64bit Amazon Linux 2018.03 v4.17.0 running Node.js")
        .lines(of: "EB120").isEmpty)
  }

  @Test(arguments: [
    ("Tomcat 9 with Corretto 8 running on 64bit Amazon Linux 2", "GzipCompression: true", "error"),
    ("Python 3.8 running on 64bit Amazon Linux 2", "GzipCompression: true", "warning"),
    ("Python 3.8 running on 64bit Amazon Linux 2", "ProxyServer: none", "warning"),
    (
      "Tomcat 9 with Corretto 8 running on 64bit Amazon Linux 2", "ProxyServer: apache/2.2", "error"
    ),
  ])
  func `EB120: how much a value of the proxy matters is said by its platform`(
    platform: String, option: String, severity: String
  ) {
    let text = "option_settings:\n  aws:elasticbeanstalk:environment:proxy:\n    \(option)\n"
    let lines = options(SampleFile(stringLiteral: text), on: platform).lines(of: "EB120")
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix(severity + " ") == true)
  }

  @Test(arguments: [
    ("Docker running on 64bit Amazon Linux 2", "ProxyServer: none"),
    (".NET 8 running on 64bit Amazon Linux 2023", "ProxyServer: none"),
    ("Node.js 20 running on 64bit Amazon Linux 2023", "ProxyServer: apache"),
  ])
  func `EB120: other values of the proxy are let pass`(platform: String, option: String) {
    let text = "option_settings:\n  aws:elasticbeanstalk:environment:proxy:\n    \(option)\n"
    #expect(options(SampleFile(stringLiteral: text), on: platform).lines(of: "EB120").isEmpty)
  }

  @Test func `EB120: Java only warns of a permanent generation`() {
    let text: SampleFile =
      "option_settings:\n  aws:elasticbeanstalk:container:tomcat:jvmoptions:\n    XX:MaxPermSize: 64m\n"
    #expect(
      options(text, on: "Tomcat 9 with Corretto 8 running on 64bit Amazon Linux 2").lines(
        of: "EB120") == [
          "warning \(file):3:5 'XX:MaxPermSize' of 'aws:elasticbeanstalk:container:tomcat:"
            + "jvmoptions' was for Amazon Linux 1 alone"
        ])
  }

  @Test func `EB120: the configuration's own options are looked at too`() {
    var sample = options("", on: "Node.js 20 running on 64bit Amazon Linux 2023")
    sample.surroundings.options = [
      EnvironmentOption("aws:elasticbeanstalk:container:nodejs", "NodeCommand", "x")
    ]
    #expect(
      sample.lines(of: "EB120") == [
        "error 'NodeCommand' of 'aws:elasticbeanstalk:container:nodejs' was for Amazon Linux 1 alone"
      ])
  }

  // MARK: - EB146

  @Test func `EB146: an unknown namespace warns once with the nearest`() {
    let sample = options(
      """
      option_settings:
        aws:autoscaling:asgs: {MinSize: 1, MaxSize: 2}
        application:environment: {A: b}
        aws:elasticbeanstalk:container:python: {WSGIPath: a}
      """, on: "Node.js 20 running on 64bit Amazon Linux 2023")
    #expect(
      sample.lines(of: "EB146") == [
        "warning \(file):2:26 no namespace is called 'aws:autoscaling:asgs'",
        "warning \(file):3:29 no namespace is called 'application:environment'",
        "warning \(file):4:43 'aws:elasticbeanstalk:container:python' is of another platform than "
          + "node",
      ])
    #expect(
      sample.findings.first { $0.rule.id == "EB146" }?.remedy
        == "did you mean 'aws:autoscaling:asg'?")
  }

  @Test(
    arguments: OptionNamespaces.general + [
      "aws:elasticbeanstalk:environment:process:admin", "aws:elbv2:listener:443",
      "aws:elbv2:listenerrule:admin", "aws:elb:listener:443", "aws:elb:policies:tls",
      "aws:elasticbeanstalk:container:python", "aws:elasticbeanstalk:container:php:phpini",
      "aws:elasticbeanstalk:container:nodejs:staticfiles",
    ])
  func `EB146: documented and retired namespaces are let pass`(namespace: String) {
    let text = "option_settings:\n  \(namespace):\n    a: b\n"
    #expect(options(SampleFile(stringLiteral: text)).lines(of: "EB146").isEmpty)
  }

  // MARK: - EB138

  @Test func `EB138: what is asked for is a path`() {
    let sample = options(
      """
      option_settings:
        aws:elasticbeanstalk:application: {Application Healthcheck URL: health}
        aws:elasticbeanstalk:environment:process:default: {HealthCheckPath: health/}
        aws:elb:healthcheck: {Target: /health}
      """)
    #expect(
      sample.lines(of: "EB138") == [
        "warning \(file):2:38 'Application Healthcheck URL' is 'health'",
        "warning \(file):3:54 'HealthCheckPath' is 'health/'",
        "warning \(file):4:25 'Target' is '/health'",
      ])
  }

  @Test(arguments: [
    "aws:elasticbeanstalk:application: {Application Healthcheck URL: /}",
    "aws:elasticbeanstalk:application: {Application Healthcheck URL: 'HTTPS:443/health'}",
    "aws:elasticbeanstalk:application: {Application Healthcheck URL: 'TCP:80'}",
    "aws:elasticbeanstalk:application: {Application Healthcheck URL: ''}",
    "aws:elasticbeanstalk:environment:process:default: {HealthCheckPath: /health}",
    "aws:elb:healthcheck: {Target: 'HTTP:80/health'}", "aws:autoscaling:asg: {MinSize: 1}",
  ])
  func `EB138: paths and addresses are let pass`(option: String) {
    let sample = options(SampleFile(stringLiteral: "option_settings:\n  \(option)\n"))
    #expect(sample.lines(of: "EB138").isEmpty)
  }
}
