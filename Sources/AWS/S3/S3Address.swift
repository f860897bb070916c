/// Where a bucket and its objects are: in the host's name, or in the path.
struct S3Address: Equatable {
  /// With the bucket in front of the host, for the virtual-hosted style.
  let endpoint: Endpoint
  /// What every path starts with: empty, or `/bucket`.
  let root: String

  /// - Parameters:
  ///   - endpoint: S3's, without the bucket.
  ///   - suffix: what the names of AWS's own hosts end with here, such as `amazonaws.com`.
  ///   - pathStyle: `nil` to decide as botocore does.
  init(bucket: String, at endpoint: Endpoint, suffix: String, pathStyle: Bool?) {
    if pathStyle ?? !Self.isVirtualHost(bucket, at: endpoint, suffix: suffix) {
      self.endpoint = endpoint
      root = "/" + S3Encoding.path(bucket)
    } else {
      var endpoint = endpoint
      endpoint.host = "\(bucket).\(endpoint.host)"
      self.endpoint = endpoint
      root = ""
    }
  }

  /// The encoded path of an object, or of the bucket itself.
  func path(of key: String?) -> String { "\(root)/" + (key.map(S3Encoding.path) ?? "") }

  /// Whether the bucket's name goes in front of the host's.
  ///
  /// AWS's own hosts want that (path style is kept for buckets with dots, whose names the wildcard
  /// of the certificate does not cover). An endpoint that somebody named gets path style, as
  /// botocore does (`compute_endpoint_resolver_builtin_defaults` in its args.py): an address has no
  /// names below it, and few other servers answer to them. So does a VPC endpoint
  /// (`bucket.vpce-….s3.REGION.vpce.amazonaws.com`), which is such a named one.
  private static func isVirtualHost(_ bucket: String, at endpoint: Endpoint, suffix: String)
    -> Bool
  {
    guard endpoint.basePath.isEmpty, endpoint.host.hasSuffix("." + suffix),
      endpoint.host.hasPrefix("s3.") || endpoint.host.hasPrefix("s3-")
    else { return false }
    return isHostLabel(bucket)
  }

  /// Whether `bucket` can be one label of a host's name: 3 to 63 lower-case letters, digits and
  /// hyphens, no hyphen at either end (S3 User Guide, "General purpose bucket naming rules").
  private static func isHostLabel(_ bucket: String) -> Bool {
    let bytes = bucket.utf8
    let hyphen = UInt8(ascii: "-")
    return (3...63).contains(bytes.count) && bytes.first != hyphen && bytes.last != hyphen
      && bytes.allSatisfy { byte in
        byte == hyphen || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
  }
}
