/// How S3 is to encrypt what it stores, where the bucket's own default is not to decide
/// (Amazon S3 API Reference, PutObject and CreateMultipartUpload: the same headers).
package enum ServerSideEncryption: Sendable, Hashable {
  /// With S3's own keys.
  case aes256
  /// With a key of KMS: an id, an ARN or an alias; `nil` for the account's key for S3. `bucketKey`
  /// asks for fewer, cheaper calls to KMS; `nil` leaves that to the bucket.
  case kms(key: String?, bucketKey: Bool?)

  var headers: [HTTPHeader] {
    switch self {
    case .aes256:
      return [HTTPHeader("x-amz-server-side-encryption", "AES256")]
    case .kms(let key, let bucketKey):
      var headers = [HTTPHeader("x-amz-server-side-encryption", "aws:kms")]
      if let key {
        headers.append(HTTPHeader("x-amz-server-side-encryption-aws-kms-key-id", key))
      }
      if let bucketKey {
        headers.append(
          HTTPHeader("x-amz-server-side-encryption-bucket-key-enabled", "\(bucketKey)"))
      }
      return headers
    }
  }
}
