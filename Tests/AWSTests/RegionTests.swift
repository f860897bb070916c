import AWS
import Testing

@Suite("A region")
struct RegionTests {
  @Test(
    "belongs to the partition that its name tells",
    arguments: [
      ("us-east-1", Partition.aws), ("eu-central-1", .aws), ("ap-southeast-7", .aws),
      ("mx-central-1", .aws), ("cn-north-1", .china), ("us-gov-west-1", .govCloud),
      ("eusc-de-east-1", .europeanSovereign), ("us-iso-east-1", .iso), ("us-isob-west-1", .isoB),
      ("eu-isoe-west-1", .isoE), ("us-isof-south-1", .isoF), ("aws-cn-global", .china),
      ("moon-far-1", .aws), ("us-east", .aws), ("us-gov-west", .aws),
    ])
  func partition(name: String, partition: Partition) throws {
    #expect(try #require(Region(name)).partition == partition)
  }

  @Test(
    "is no more than a label of a host's name",
    arguments: [
      "", "-", "us-east-1-", "-us", "us east", "us.east", "eu-central-1/", "é", "12",
      "evil.example#", String(repeating: "a", count: 64),
    ])
  func refused(name: String) {
    #expect(Region(name) == nil)
  }

  @Test("is where IAM's requests are signed for only in one region of each partition")
  func signing() throws {
    let table = [
      "eu-west-1": "us-east-1", "cn-northwest-1": "cn-north-1", "us-gov-east-1": "us-gov-west-1",
    ]
    for (name, signed) in table {
      let region = try #require(Region(name))
      #expect(Service.iam.signingRegion(in: region) == signed)
      #expect(Service.sts.signingRegion(in: region) == name)
    }
  }
}
