package import FoundationEssentials

/// What an environment's instances may have cost: an estimate, for people.
///
/// Load balancers, disks, traffic, databases and discounts are not in it, and instances that were
/// not always there are counted as if they were.
package struct CostHint: Sendable, Equatable {
  /// What the instances of an environment are.
  package struct Instances: Sendable, Equatable {
    /// Such as `t3.micro`.
    package var type: String
    /// How many there are at least.
    package var count: Int

    package init(type: String, count: Int) {
      self.type = type
      self.count = count
    }
  }

  package var instances: Instances
  /// US dollars for an hour of all instances.
  package var hourly: Double
  /// US dollars since the environment was made.
  package var soFar: Double

  /// `nil` for a type that the table does not have.
  package init?(_ instances: Instances, since created: Date, now: Date) {
    guard let price = Self.prices[instances.type] else { return nil }
    self.instances = instances
    hourly = price * Double(instances.count)
    soFar = hourly * max(0, now.timeIntervalSince(created)) / 3600
  }

  /// When ``prices`` was written down.
  package static let date = "2026-06"

  /// US dollars for an hour on demand, Linux, in us-east-1. Other regions ask for more, mostly by up
  /// to a half.
  ///
  /// Source: prices as they have been published for years, of which `t3.large` and `m7g.large` were
  /// compared with reports of 2026; aws.amazon.com/ec2/pricing/on-demand is what counts. The types
  /// that Beanstalk makes unless told otherwise, and those that previews are made smaller with.
  private static let prices: [String: Double] = [
    "t2.nano": 0.0058, "t2.micro": 0.0116, "t2.small": 0.023, "t2.medium": 0.0464,
    "t2.large": 0.0928,
    "t3.nano": 0.0052, "t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416,
    "t3.large": 0.0832, "t3.xlarge": 0.1664, "t3.2xlarge": 0.3328,
    "t3a.nano": 0.0047, "t3a.micro": 0.0094, "t3a.small": 0.0188, "t3a.medium": 0.0376,
    "t3a.large": 0.0752, "t3a.xlarge": 0.1504,
    "t4g.nano": 0.0042, "t4g.micro": 0.0084, "t4g.small": 0.0168, "t4g.medium": 0.0336,
    "t4g.large": 0.0672, "t4g.xlarge": 0.1344,
    "m5.large": 0.096, "m5.xlarge": 0.192, "m6i.large": 0.096, "m6i.xlarge": 0.192,
    "m6g.large": 0.077, "m6g.xlarge": 0.154, "m7g.large": 0.0816, "m7g.xlarge": 0.1632,
    "c5.large": 0.085, "c5.xlarge": 0.17, "c6i.large": 0.085, "c6g.large": 0.068,
    "r5.large": 0.126, "r6g.large": 0.1008,
  ]
}
