import FoundationEssentials
import Testing

@testable import AWS

@Suite("Signing") struct SigningTests {
  @Test func `The first vector`() {
    let signer = Signer(
      credentials: Credentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        origin: "test"), region: "us-east-1", service: "service")
    let request = HTTPRequest(
      "GET", Endpoint(scheme: "https", host: "example.amazonaws.com"), path: "/")
    let signed = signer.sign(request, at: Date(timeIntervalSince1970: 1_440_938_160))
    #expect(
      signed["Authorization"]
        == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    )
  }
}
