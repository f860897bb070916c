import AWS

/// Where a source bundle is.
package struct S3Location: Shape, Sendable, Hashable {
  package var bucket: String
  package var key: String

  package init(bucket: String, key: String) {
    self.bucket = bucket
    self.key = key
  }

  init(_ element: XMLElement) throws(MissingMember) {
    bucket = try element.required("S3Bucket")
    key = try element.required("S3Key")
  }
}
