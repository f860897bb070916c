/// The namespaces of configuration options, as Beanstalk's documentation lists them.
///
/// Sources: "General options for all environments"
/// (https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html) and
/// "Platform specific options" (…/command-options-specific.html).
enum OptionNamespaces {
  static let process = "aws:elasticbeanstalk:environment:process:"
  static let proxy = "aws:elasticbeanstalk:environment:proxy"
  static let staticFiles = "aws:elasticbeanstalk:environment:proxy:staticfiles"
  static let command = "aws:elasticbeanstalk:command"
  static let application = "aws:elasticbeanstalk:application"
  static let database = "aws:rds:dbinstance"
  static let python = "aws:elasticbeanstalk:container:python"
  static let node = "aws:elasticbeanstalk:container:nodejs"
  static let tomcat = "aws:elasticbeanstalk:container:tomcat:jvmoptions"
  static let classicHealth = "aws:elb:healthcheck"

  /// A namespace that any platform knows.
  static let general: [String] = [
    "aws:autoscaling:asg", "aws:autoscaling:launchconfiguration", "aws:autoscaling:scheduledaction",
    "aws:autoscaling:trigger", "aws:autoscaling:updatepolicy:rollingupdate",
    "aws:cloudformation:template:parameter", "aws:cloudformation:template:resource:property",
    "aws:ec2:instances", "aws:ec2:vpc", application, EnvironmentOption.variables,
    "aws:elasticbeanstalk:application:environmentsecrets", "aws:elasticbeanstalk:cloudwatch:logs",
    "aws:elasticbeanstalk:cloudwatch:logs:health", command, "aws:elasticbeanstalk:control",
    "aws:elasticbeanstalk:customoption", "aws:elasticbeanstalk:environment", proxy, staticFiles,
    "aws:elasticbeanstalk:healthreporting:system", "aws:elasticbeanstalk:hostmanager",
    "aws:elasticbeanstalk:managedactions", "aws:elasticbeanstalk:managedactions:platformupdate",
    "aws:elasticbeanstalk:monitoring", "aws:elasticbeanstalk:sns:topics",
    "aws:elasticbeanstalk:sqsd", "aws:elasticbeanstalk:trafficsplitting",
    "aws:elasticbeanstalk:xray", classicHealth, "aws:elb:loadbalancer", "aws:elb:listener",
    "aws:elb:policies", "aws:elbv2:loadbalancer", database,
  ]

  /// What a name of one's own follows.
  static let openEnded: [String] = [
    process, "aws:elb:listener:", "aws:elb:policies:", "aws:elbv2:listener:",
    "aws:elbv2:listenerrule:",
  ]

  /// A namespace that only some platforms know.
  static let specific: [String: Set<PlatformKind>] = [
    python: [.python],
    tomcat: [.tomcat],
    "aws:elasticbeanstalk:container:php:phpini": [.php],
    "aws:elasticbeanstalk:container:dotnet:apppool": [.windows],
  ]

  static func isKnown(_ name: String) -> Bool {
    general.contains(name) || specific[name] != nil || openEnded.contains { name.hasPrefix($0) }
  }

  static func nearest(to name: String) -> String? {
    EditDistance.nearest(
      to: name, among: general + specific.keys.sorted() + openEnded.map { $0 + "default" })
  }
}

/// An option, a namespace or a value that Beanstalk knew on Amazon Linux 1 alone.
struct RetiredOption: Sendable {
  /// How a namespace is told.
  enum Namespace: Sendable {
    case named(String)
    /// `aws:elasticbeanstalk:container:<kind>:<ending>`
    case container(ending: String)
  }

  let namespace: Namespace
  /// `nil` for all of the namespace.
  var name: String?
  /// `nil` for any.
  var value: String?
  /// The platforms whose documentation says so; `nil` for all.
  var platforms: Set<PlatformKind>?
  var severity = Severity.error
  /// What does it now.
  let instead: String

  func describes(_ namespace: String, _ name: String, _ value: String?) -> Bool {
    switch self.namespace {
    case .named(let own): if own != namespace { return false }
    case .container(let ending):
      guard namespace.hasPrefix("aws:elasticbeanstalk:container:"), namespace.hasSuffix(ending)
      else { return false }
    }
    return (self.name ?? name) == name && (self.value == nil || self.value == value?.lowercased())
  }

  /// The first that fits counts.
  ///
  /// Sources: "Platform specific options" and "Migrating your Elastic Beanstalk Linux application"
  /// (https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.migration-al.html).
  static let all: [RetiredOption] = [
    RetiredOption(
      namespace: .container(ending: ":staticfiles"),
      instead: "set it in '\(OptionNamespaces.staticFiles)'"),
    RetiredOption(
      namespace: .named(OptionNamespaces.node), name: "NodeCommand",
      instead: "write a Procfile, or 'start' under 'scripts' in package.json"),
    RetiredOption(
      namespace: .named(OptionNamespaces.node), name: "NodeVersion",
      instead: "write 'engines' in package.json, and choose the platform branch of that version"),
    RetiredOption(
      namespace: .named(OptionNamespaces.node), name: "ProxyServer",
      instead: "set it in '\(OptionNamespaces.proxy)'"),
    RetiredOption(
      namespace: .named(OptionNamespaces.node),
      instead: "take it out; nginx is set up in .platform/nginx/conf.d"),
    RetiredOption(
      namespace: .named(OptionNamespaces.proxy), name: "GzipCompression", platforms: [.tomcat],
      instead: "take it out; nginx is set up in .platform/nginx/conf.d"),
    RetiredOption(
      namespace: .named(OptionNamespaces.proxy), name: "GzipCompression", severity: .warning,
      instead: "take it out; nginx is set up in .platform/nginx/conf.d"),
    RetiredOption(
      namespace: .named(OptionNamespaces.proxy), name: "ProxyServer", value: "none",
      platforms: [.node], instead: "take it out, and listen at the port in the variable PORT"),
    // The documentation names two other values for them; not how the service takes it.
    RetiredOption(
      namespace: .named(OptionNamespaces.proxy), name: "ProxyServer", value: "none",
      platforms: [.python, .php, .tomcat, .go, .java, .ruby], severity: .warning,
      instead: "set it to nginx or apache"),
    RetiredOption(
      namespace: .named(OptionNamespaces.proxy), name: "ProxyServer", value: "apache/2.2",
      platforms: [.tomcat], instead: "set it to nginx or apache"),
    // Java 8 to 16 only warn of it.
    RetiredOption(
      namespace: .named(OptionNamespaces.tomcat), name: "XX:MaxPermSize", severity: .warning,
      instead: "take it out; Java 8 has no permanent generation any more"),
  ]
}
