import FoundationEssentials
import Testing

@testable import AWS

@Suite("Query") struct QueryTests {
  private func form(_ parameters: QueryParameters, isFlat: Bool = false) -> String {
    PercentEncoding.encode(parameters.items(isFlat: isFlat))
  }

  @Test func `Texts, numbers, flags and moments are written, and what is nil is not`() {
    var parameters = QueryParameters()
    parameters.set("EnvironmentName", "eins & zwei/ü~")
    parameters.set("MaxRecords", 1_000)
    parameters.set("IncludeDeleted", false)
    parameters.set("StartTime", Date(timeIntervalSince1970: 1_440_938_160.75))
    parameters.set("Empty", "")
    parameters.set("None", String?.none)
    parameters.set("None", Int?.none)
    parameters.set("None", Bool?.none)
    parameters.set("None", Date?.none)
    parameters.set("None", QueryParameters?.none)
    #expect(
      form(parameters)
        == "EnvironmentName=eins%20%26%20zwei%2F%C3%BC~&MaxRecords=1000&IncludeDeleted=false"
        + "&StartTime=2015-08-30T12%3A36%3A00Z&Empty=")
  }

  @Test func `Lists and structures are numbered and named, flat for EC2`() {
    var option = QueryParameters()
    option.set("Namespace", "aws:a")
    option.set("Value", "1")
    var bundle = QueryParameters()
    bundle.set("S3Bucket", "b")
    bundle.set("S3Key", "k")
    var parameters = QueryParameters()
    parameters.list("EnvironmentNames", ["x", "y"])
    parameters.list("OptionSettings", [option, option])
    parameters.set("SourceBundle", bundle)
    parameters.list("Nothing", [String]())
    #expect(
      parameters.items(isFlat: false).map { "\($0.name)=\($0.value ?? "")" } == [
        "EnvironmentNames.member.1=x", "EnvironmentNames.member.2=y",
        "OptionSettings.member.1.Namespace=aws:a", "OptionSettings.member.1.Value=1",
        "OptionSettings.member.2.Namespace=aws:a", "OptionSettings.member.2.Value=1",
        "SourceBundle.S3Bucket=b", "SourceBundle.S3Key=k",
      ])
    #expect(
      parameters.items(isFlat: true).map(\.name).prefix(3) == [
        "EnvironmentNames.1", "EnvironmentNames.2", "OptionSettings.1.Namespace",
      ])
  }

  @Test func `An action is a signed form, and its result comes back`() async throws {
    let scripted = try ScriptedSession([
      .answer(
        200,
        "<CheckDNSAvailabilityResponse><CheckDNSAvailabilityResult><Available>true</Available>"
          + "</CheckDNSAvailabilityResult><ResponseMetadata/></CheckDNSAvailabilityResponse>")
    ])
    var parameters = QueryParameters()
    parameters.set("CNAMEPrefix", "shop")
    let result = try await QueryClient(scripted.session, .elasticBeanstalk)
      .call("CheckDNSAvailability", parameters)
    #expect(result.name == "CheckDNSAvailabilityResult")
    #expect(result.flag("Available") == true)
    let request = try #require(scripted.transport.requests.first)
    #expect(request.method == "POST")
    #expect(request.path == "/")
    #expect(request.query.isEmpty)
    #expect(
      request.body
        == .bytes(
          Array("Action=CheckDNSAvailability&Version=2010-12-01&CNAMEPrefix=shop".utf8)))
    #expect(request["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8")
    let header = try #require(request["Authorization"])
    #expect(header.contains("/eu-central-1/elasticbeanstalk/aws4_request"))
    #expect(header.contains("SignedHeaders=content-type;host;x-amz-date,"))
  }

  @Test func `An action without a result gives an element with nothing in it`() async throws {
    let scripted = try ScriptedSession([
      .answer(200, "<SwapResponse><ResponseMetadata/></SwapResponse>")
    ])
    let result = try await QueryClient(scripted.session, .elasticBeanstalk).call("Swap")
    #expect(result == XMLElement("SwapResult"))
  }

  @Test func `EC2 gives its whole answer, and takes flat lists`() async throws {
    let scripted = try ScriptedSession([
      .answer(
        200, "<DescribeInstancesResponse><requestId>r</requestId></DescribeInstancesResponse>")
    ])
    var parameters = QueryParameters()
    parameters.list("InstanceId", ["i-1"])
    let result = try await QueryClient(scripted.session, .ec2)
      .call("DescribeInstances", parameters)
    #expect(result.string("requestId") == "r")
    #expect(
      scripted.transport.requests.first?.body
        == .bytes(
          Array("Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1".utf8)))
  }

  @Test func `IAM is signed for the partition's own region`() async throws {
    let scripted = try ScriptedSession([.answer(200, "<GetRoleResponse/>")])
    _ = try await QueryClient(scripted.session, .iam).call("GetRole")
    #expect(
      scripted.transport.requests.first?["Authorization"]?.contains("/us-east-1/iam/") == true)
  }

  @Test(arguments: ["<html><body>Log in</body></html>", "<OtherResponse/>"])
  func `An answer of somebody else is invalid`(_ body: String) async throws {
    let name = body.hasPrefix("<html") ? "html" : "OtherResponse"
    let scripted = try ScriptedSession(
      Array(repeating: .answer(200, body), count: 5))
    await #expect(
      throws: InvalidAnswer(
        service: "elasticbeanstalk", operation: "Describe", reason: "the answer is '\(name)'")
    ) {
      _ = try await QueryClient(scripted.session, .elasticBeanstalk).call("Describe")
    }
  }

  @Test func `An answer that is cut short is asked for again where that is harmless`() async throws
  {
    let whole = "<DescribeResponse><DescribeResult/></DescribeResponse>"
    let cut = String(whole.dropLast(3))
    let scripted = try ScriptedSession([.answer(200, cut), .answer(200, ""), .answer(200, whole)])
    let client = QueryClient(scripted.session, .elasticBeanstalk)
    #expect(try await client.call("Describe").name == "DescribeResult")
    let other = try ScriptedSession([.answer(200, cut), .answer(200, whole)])
    await #expect(throws: InvalidAnswer.self) {
      _ = try await QueryClient(other.session, .elasticBeanstalk)
        .call("Describe", isRepeatable: false)
    }
    #expect(other.transport.remaining == 1)
  }

  @Test(
    arguments: [
      (
        "<ErrorResponse><Error><Type>Sender</Type><Code>C</Code><Message>M &amp; m</Message></Error>"
          + "<RequestId>R</RequestId></ErrorResponse>", "C", "M & m", "R"
      ),
      (
        "<Response><Errors><Error><Code>C</Code><Message>M</Message></Error></Errors>"
          + "<RequestID>R</RequestID></Response>", "C", "M", "R"
      ),
      ("<Error><Code>C</Code><Message>M</Message><RequestId>R</RequestId></Error>", "C", "M", "R"),
      (
        #"{"__type":"com.amazonaws.codecommit#C:http://x","message":"M"}"#, "C", "M", nil
      ),
      (#"{"code":"C","Message":"M"}"#, "C", "M", nil),
      ("<html><body>Forbidden</body></html>", "", "", nil),
      ("<ErrorResponse><Error><Code>C</Code>", "", "", nil), ("", "", "", nil),
      ("<ErrorResponse/>", "", "", nil), ("<Error/>", "", "", nil), ("{}", "", "", nil),
    ] as [(String, String, String, String?)])
  func `An error is read in each form that a service has`(
    _ body: String, _ code: String, _ message: String, _ identifier: String?
  ) {
    let response = HTTPResponse(status: 403, headers: [], body: Array(body.utf8))
    #expect(
      ServiceError(response, .ec2, "Act")
        == ServiceError(
          service: "ec2", operation: "Act", status: 403, code: code, message: message,
          requestID: identifier))
  }

  @Test func `Headers tell the request and the region of a bucket`() {
    let headers = [
      HTTPHeader("x-amz-request-id", "R"), HTTPHeader("X-Amz-Bucket-Region", "eu-west-1"),
    ]
    let mute = ServiceError(
      HTTPResponse(status: 301, headers: headers, body: []), .s3, "HeadBucket")
    #expect(mute.requestID == "R")
    #expect(mute.bucketRegion == "eu-west-1")
    let told = ServiceError(
      HTTPResponse(
        status: 400, headers: [],
        body: Array(
          "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>".utf8)
      ), .s3, "PutObject")
    #expect(told.bucketRegion == "eu-west-1")
  }

  @Test(arguments: ["SignatureDoesNotMatch", "InvalidSignatureException"])
  func `A session token that a service repeats is not passed on`(_ code: String) throws {
    let text =
      "The request signature we calculated does not match.\n\nThe Canonical String for this "
      + "request should have been\n'POST\n/\n\nx-amz-security-token:TOKEN\n"
    let xml = "<ErrorResponse><Error><Code>\(code)</Code><Message>\(text)</Message></Error>"
    let json = try JSONEncoder().encode(["__type": code, "message": text])
    for body in [Array((xml + "</ErrorResponse>").utf8), Array(json)] {
      let error = ServiceError(HTTPResponse(status: 403, headers: [], body: body), .sts, "Act")
      #expect(error.code == code)
      #expect(error.message == "The request signature we calculated does not match.")
    }
  }
}
