/// A service of AWS, as requests need it. The values are the `metadata` of botocore's models.
package struct Service: Sendable, Hashable {
  /// For messages, `services` sections and variables such as `AWS_ENDPOINT_URL_ELASTIC_BEANSTALK`:
  /// the model's `serviceId` in lower case with `_` for spaces.
  package var name: String
  /// What a signature names the service.
  package var signingName: String
  /// What its host name starts with.
  package var endpointPrefix: String
  /// The API's version for Query requests, such as `2010-12-01`; empty for REST and JSON.
  package var version: String
  /// How its host names are made.
  package var naming: Naming

  /// The forms of host names; each service's `endpoint-rule-set-1.json` in botocore has the rules.
  package enum Naming: Sendable, Hashable {
    /// `PREFIX[-fips].REGION.SUFFIX`.
    case regional
    /// The same, but in GovCloud the plain names are those that obey FIPS.
    case regionalWithPlainGovCloud
    /// One name for a whole partition: IAM.
    case partition
    /// `s3[-fips][.dualstack].REGION.SUFFIX`.
    case storage
    /// `REGION.PREFIX.SUFFIX`, with suffixes of its own: the sign-in of the web console.
    case signIn
  }

  package init(
    name: String, signingName: String? = nil, endpointPrefix: String? = nil, version: String = "",
    naming: Naming = .regional
  ) {
    self.name = name
    self.signingName = signingName ?? name
    self.endpointPrefix = endpointPrefix ?? name
    self.version = version
    self.naming = naming
  }

  package static let elasticBeanstalk = Service(
    name: "elastic_beanstalk", signingName: "elasticbeanstalk", endpointPrefix: "elasticbeanstalk",
    version: "2010-12-01", naming: .regionalWithPlainGovCloud)
  package static let s3 = Service(name: "s3", naming: .storage)
  package static let sts = Service(
    name: "sts", version: "2011-06-15", naming: .regionalWithPlainGovCloud)
  package static let ec2 = Service(
    name: "ec2", version: "2016-11-15", naming: .regionalWithPlainGovCloud)
  package static let iam = Service(name: "iam", version: "2010-05-08", naming: .partition)
  package static let sso = Service(
    name: "sso", signingName: "awsssoportal", endpointPrefix: "portal.sso",
    naming: .regionalWithPlainGovCloud)
  package static let ssoOIDC = Service(
    name: "sso_oidc", signingName: "sso-oauth", endpointPrefix: "oidc",
    naming: .regionalWithPlainGovCloud)
  package static let signIn = Service(name: "signin", naming: .signIn)
  package static let codeCommit = Service(name: "codecommit")

  /// The region that a request to this service is signed for: the partition's own for IAM.
  package func signingRegion(in region: Region) -> String {
    naming == .partition ? region.partition.globalRegion : region.name
  }

  /// The variable that names an endpoint for this service alone.
  package var endpointVariable: String { "AWS_ENDPOINT_URL_\(name.uppercased())" }
}
