import AWS
package import FoundationEssentials

/// Where logs of an instance are.
package struct EnvironmentInfoDescription: Shape, Sendable, Equatable {
  package var kind: InfoKind?
  /// The instance.
  package var instance: String?
  /// When they were collected.
  package var sampled: Date?
  /// A presigned URL, good for a few minutes, of the text or the zip file. Not for logs: whoever
  /// has it can read them.
  package var message: String

  init(_ element: XMLElement) throws(MissingMember) {
    kind = element.word("InfoType")
    instance = element.string("Ec2InstanceId")
    sampled = element.date("SampleTimestamp")
    message = try element.required("Message")
  }
}
