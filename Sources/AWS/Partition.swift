/// A part of AWS with accounts, regions and host names of its own. Names, suffixes and the forms of
/// the regions' names are those of botocore's `data/partitions.json`; the value is what an ARN
/// begins with after `arn:`.
package enum Partition: String, Sendable, Hashable, CaseIterable {
  case aws
  case china = "aws-cn"
  case govCloud = "aws-us-gov"
  case europeanSovereign = "aws-eusc"
  case iso = "aws-iso"
  case isoB = "aws-iso-b"
  case isoE = "aws-iso-e"
  case isoF = "aws-iso-f"

  /// What the services' host names end with.
  package var dnsSuffix: String {
    switch self {
    case .aws, .govCloud: "amazonaws.com"
    case .china: "amazonaws.com.cn"
    case .europeanSovereign: "amazonaws.eu"
    case .iso: "c2s.ic.gov"
    case .isoB: "sc2s.sgov.gov"
    case .isoE: "cloud.adc-e.uk"
    case .isoF: "csp.hci.ic.gov"
    }
  }

  /// What the host names end with that have IPv6 addresses, too. S3 has another form.
  package var dualStackSuffix: String {
    switch self {
    case .aws, .govCloud: "api.aws"
    case .china: "api.amazonwebservices.com.cn"
    case .europeanSovereign: "api.amazonwebservices.eu"
    case .iso: "api.aws.ic.gov"
    case .isoB: "api.aws.scloud"
    case .isoE: "api.cloud-aws.adc-e.uk"
    case .isoF: "api.aws.hci.ic.gov"
    }
  }

  /// The region that requests to a service without regions are signed for.
  var globalRegion: String {
    switch self {
    case .aws: "us-east-1"
    case .china: "cn-north-1"
    case .govCloud: "us-gov-west-1"
    case .europeanSovereign: "eusc-de-east-1"
    case .iso: "us-iso-east-1"
    case .isoB: "us-isob-east-1"
    case .isoE: "eu-isoe-west-1"
    case .isoF: "us-isof-south-1"
    }
  }

  /// What a region's name starts with; after it come a word, a hyphen and a number.
  private var prefixes: [String] {
    switch self {
    case .aws:
      ["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"]
    case .china: ["cn-"]
    case .govCloud: ["us-gov-"]
    case .europeanSovereign: ["eusc-de-"]
    case .iso: ["us-iso-"]
    case .isoB: ["us-isob-"]
    case .isoE: ["eu-isoe-"]
    case .isoF: ["us-isof-"]
    }
  }

  /// Whether a region of that name is in this partition.
  func contains(_ region: String) -> Bool {
    if region == "\(rawValue)-global" { return true }
    for prefix in prefixes where region.hasPrefix(prefix) {
      let words = region.dropFirst(prefix.count).split(
        separator: "-", omittingEmptySubsequences: false)
      if words.count == 2, !words[0].isEmpty, !words[1].isEmpty,
        words[1].utf8.allSatisfy(\.isASCIIDigit)
      {
        return true
      }
    }
    return false
  }
}
