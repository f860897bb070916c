package import AWS
import ElasticBeanstalk

/// Pages of AWS's console.
package enum ConsolePage {
  /// The page of an environment or, where there is none yet, of its application; `nil` in a
  /// partition whose console is not known.
  ///
  /// The hosts are those of AWS's documentation: of the consoles by region
  /// (https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/console-help-gsg.html), of China
  /// and of GovCloud.
  package static func address(
    region: Region, application: ApplicationName, environmentID: String?
  ) -> String? {
    let domain: String
    switch region.partition {
    case .aws: domain = "console.aws.amazon.com"
    case .china: domain = "console.amazonaws.cn"
    case .govCloud: domain = "console.amazonaws-us-gov.com"
    case .europeanSovereign: domain = "console.amazonaws-eusc.eu"
    case .iso, .isoB, .isoE, .isoF: return nil
    }
    let page =
      environmentID.map { "/environment/dashboard?environmentId=\(encoded($0))" }
      ?? "/application/overview?applicationName=\(encoded(application.text))"
    return "https://\(region).\(domain)/elasticbeanstalk/home?region=\(region)#\(page)"
  }

  private static func encoded(_ text: String) -> String {
    PercentEncoding.encode(text)
  }
}

extension BeanstalkHost {
  /// The console's page of the environment, or of the application where it is not there.
  package func consoleAddress(of name: EnvironmentName) async throws -> String? {
    ConsolePage.address(
      region: region, application: application,
      environmentID: try await describe(name).first?.id)
  }
}
