import Foundation
import TestSupport
import Testing

/// Who asks, from where, and what comes in between.
@Suite("git eb push: Beanstalk, access and the way there", .serialized)
struct BeanstalkAccessTests {
  @Test func `Without credentials it says where it looked`() async throws {
    try await Tenant.open { shop in
      let none = ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""]
      expectCloud(
        try shop.eb("push", with: none),
        """
        ! error: there are no AWS credentials
        !   looked in AWS_ACCESS_KEY_ID in the environment
        !   looked in profile 'default' in ~/.aws/credentials
        !   looked in profile 'default' in ~/.aws/config
        !   looked in the instance metadata (AWS_EC2_METADATA_DISABLED)
        ! hint: aws configure, or --profile <name>
        [77]
        """)
      #expect(try await shop.log().isEmpty)
    }
  }

  @Test func `Credentials of the shared files are used, and '--profile' chooses among them`()
    async throws
  {
    try await Tenant.open { shop in
      let aws = "\(shop.repository.home)/.aws"
      try FileManager.default.createDirectory(atPath: aws, withIntermediateDirectories: true)
      try Data(
        """
        [profile shop]
        aws_access_key_id = \(shop.account.accessKey)
        aws_secret_access_key = \(shop.account.secret)
        region = eu-west-1

        """.utf8
      ).write(to: URL(filePath: "\(aws)/config"))
      let none = ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""]
      let first = try shop.eb("push", "-q", with: none.merging(["AWS_PROFILE": "shop"]) { $1 })
      #expect(first.status == 0, "\(first)")
      #expect(try shop.eb("push", "-q", "--profile", "shop", with: none).status == 0)
      let screen = try shop.eb("push", "--profile", "nobody", with: none)
      #expect(screen.status == 77)
      #expect(screen.error.contains("there is no profile 'nobody'"), "\(screen)")
      // The configuration's region beats the profile's.
      #expect(try await shop.state().regions.map(\.region) == ["eu-central-1"])
    }
  }

  @Test func `Wrong, unknown and expired keys, and what is not allowed, are told apart`()
    async throws
  {
    try await Tenant.open { shop in
      expectCloud(
        try shop.eb("push", with: ["AWS_SECRET_ACCESS_KEY": "not-the-secret"]),
        """
        ! error: AWS does not accept the credentials: The request signature we calculated does \
        not match the signature you provided. Check your AWS Secret Access Key and signing method. \
        Consult the service documentation for details.
        !   AWS's request id: <request>
        ! hint: git eb whoami
        [77]
        """)
      let unknown = try shop.eb("push", with: ["AWS_ACCESS_KEY_ID": "AKIANOBODYNOBODYNOBO"])
      #expect(unknown.status == 77)
      #expect(unknown.error.contains("The security token included in the request is invalid."))
      let over = try await shop.session(seconds: -5)
      expectCloud(
        try shop.eb("push", with: over.variables),
        """
        ! error: the credentials have expired
        !   AWS's request id: <request>
        ! hint: aws sso login, or git eb whoami
        [77]
        """)
      try await shop.breaks(.init("denied", "CreateApplicationVersion", times: nil))
      let denied = try shop.eb("push", "-q")
      #expect(denied.status == 77)
      #expect(
        denied.error.hasPrefix("error: CreateApplicationVersion is not allowed: "), "\(denied)")
      try await shop.mend()
      #expect(try shop.eb("push", "-q").status == 0)
      #expect(try await shop.state().objects.count == 1)
    }
  }

  @Test func `Credentials that expire in the middle of an upload are renewed where they can be`()
    async throws
  {
    try await Tenant.open { shop in
      try #require(try shop.eb("push").status == 0)
      try shop.grow(20)
      // Given by hand there are no others: the upload is taken back.
      let session = try await shop.session()
      try await shop.breaks(.init("expired", "UploadPart", nth: 2, times: nil))
      let screen = try shop.eb("push", "-q", with: session.variables)
      #expect(screen.status == 77)
      #expect(screen.error.hasPrefix("error: the credentials have expired\n"), "\(screen)")
      #expect(try await shop.state().uploads == [])
      try await shop.mend()

      // A program gives others.
      let keys = [try await shop.session(), try await shop.session()]
      let program = "\(shop.shop.base)/keys"
      for (number, one) in keys.enumerated() {
        try Data(
          """
          {"Version": 1, "AccessKeyId": "\(one.accessKey)", "SecretAccessKey": "\(one.secret)",
           "SessionToken": "\(one.token)", "Expiration": "2099-01-01T00:00:00Z"}
          """.utf8
        ).write(to: URL(filePath: "\(program).\(number + 1)"))
      }
      try Data("cat \(program).1\ncp \(program).2 \(program).1\n".utf8)
        .write(to: URL(filePath: program))
      let aws = "\(shop.repository.home)/.aws"
      try FileManager.default.createDirectory(atPath: aws, withIntermediateDirectories: true)
      try Data("[profile given]\ncredential_process = sh \(program)\n".utf8)
        .write(to: URL(filePath: "\(aws)/config"))
      let before = try await shop.log().last?.number ?? 0
      try await shop.breaks(.init("delay", "CreateMultipartUpload", seconds: 60))
      let push = try shop.start(
        "push", "-q",
        with: ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "given"])
      try #require(try await shop.hasSeen("CreateMultipartUpload", since: before))
      try await shop.expire(keys[0])
      try await shop.mend()
      let renewed = try #require(push.wait())
      shop.checkSecrecy(renewed)
      #expect(renewed.status == 0, "\(renewed)")
      let codes = try await shop.log(since: before).map { "\($0.operation) \($0.code ?? "")" }
      #expect(codes.contains("CreateMultipartUpload ExpiredToken"))
    }
  }

  @Test func `Without a region, with a wrong one, and with nobody there it is said`() async throws {
    let anywhere = Tenant.configuration.replacing("region: eu-central-1\n", with: "")
    try await Tenant.open(anywhere) { shop in
      expectCloud(
        try shop.eb("push"),
        """
        ! error: no region is set
        ! hint: git config eb.region eu-central-1
        ! hint: or AWS_REGION
        [2]
        """)
      expectCloud(
        try shop.eb("push", with: ["AWS_REGION": "eu central"]),
        """
        ! error: 'eu central' of AWS_REGION is no region
        [2]
        """)
      let nobody = try shop.eb(
        "push", with: ["AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"])
      #expect(nobody.status == 69)
      #expect(nobody.error.hasPrefix("error: cannot reach 127.0.0.1: "), "\(nobody)")
      #expect(try await shop.log().isEmpty)
      #expect(try shop.eb("push", "-q", with: ["AWS_REGION": "eu-west-1"]).status == 0)
      #expect(try await shop.state().regions.map(\.region) == ["eu-west-1"])
    }
  }

  @Test func `A wrong clock is corrected by the server's`() async throws {
    let server = try CloudServer(step: 0.02)
    try await Tenant.open(on: server) { shop in
      for shift in [3600, -7200] {
        try await shop.tell("clock", ["shift": shift])
        try shop.grow(9)
        let requests = try await shop.requests {
          let screen = try shop.eb("push")
          #expect(screen.status == 0, "\(screen)")
          #expect(screen.error.split(separator: "\n").count > 5, "\(screen)")
        }
        // Once, not with every request.
        #expect(requests.count { $0.status == 403 } <= 2)
      }
    }
  }

  @Test func `Throttling, refusals in passing and cut connections are borne`() async throws {
    try await Tenant.open { shop in
      try await shop.breaks(
        .init("throttle", times: 2), .init("slowdown", "PutObject"),
        .init("reset-before", "PutObject"), .init("500", "CreateApplicationVersion"),
        .init("reset-after", "CreateApplicationVersion"),
        .init("reset-after", "CreateEnvironment"), .init("truncate", "DescribeEvents"),
        .init("html", "DescribeEnvironments"))
      let screen = try shop.eb("push")
      #expect(screen.status == 0, "\(screen)")
      let state = try await shop.state()
      #expect(state.labels.count == 1)
      #expect(state.environments.count == 1)
      #expect(state.objects.count == 1)
      // The same for an update.
      try await shop.mend()
      try shop.commit("Greet", ["greeting.txt": "hello\n"])
      try await shop.breaks(
        .init("reset-after", "UpdateEnvironment"), .init("throttle", "DescribeEvents", times: 2))
      let requests = try await shop.requests { try shop.push() }
      #expect(requests.count { $0.operation == "UpdateEnvironment" } == 1)
    }
  }

  @Test func `A bucket elsewhere, of somebody else or nowhere is refused before the upload`()
    async throws
  {
    try await Tenant.open { shop in
      let name = UUID().uuidString.lowercased()
      func bucket(_ kind: String, _ region: String, of account: String) async throws -> String {
        let bucket = "\(kind)-\(name)"
        try await shop.tell("bucket", ["name": bucket, "region": region, "account": account])
        return bucket
      }
      let far = try await bucket("far", "us-east-1", of: shop.account.account)
      let other = try await bucket("other", "eu-central-1", of: "210987654321")
      func push(_ bucket: String) throws -> String {
        let screen = try shop.eb("push", "-q", with: ["GIT_EB_BEANSTALK_BUCKET": bucket])
        return screen.description.replacing(name, with: "<name>")
      }
      // It used to be uploaded, and then refused.
      #expect(
        try push(far) == """
          ! error: bucket 'far-<name>' is in us-east-1, and Beanstalk takes bundles from \
          eu-central-1 only
          ! hint: git config eb.beanstalk.bucket <bucket>
          [2]
          """)
      #expect(
        try push(other) == """
          ! error: bucket 'other-<name>' may not be written to: access denied
          ! hint: it may be somebody else's; git eb whoami says who you are
          [77]
          """)
      #expect(
        try push("none-\(name)") == """
          ! error: there is no bucket 'none-<name>'
          ! hint: git config eb.beanstalk.bucket <bucket>
          [2]
          """)
      #expect(try await shop.state().objects == [])
    }
  }
}
