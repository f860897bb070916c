/// Why there is no endpoint.
package struct EndpointError: Error, Equatable, Sendable {
  /// The variable, or the file and the profile, that led to it.
  package var source: String
  /// For people. Never the address itself: it can hold a password.
  package var reason: String

  package init(source: String, reason: String) {
    self.source = source
    self.reason = reason
  }
}

extension Service {
  /// The public endpoint of this service, by the rules of botocore's `endpoint-rule-set-1.json`.
  ///
  /// S3 is asked at its regional name in `us-east-1`, too, as `AWS_S3_US_EAST_1_REGIONAL_ENDPOINT`
  /// set to `regional` has it: the global name can answer from another region's cache for hours
  /// after a bucket was made.
  package func endpoint(
    in region: Region, fips: Bool, dualStack: Bool
  ) throws(EndpointError) -> Endpoint {
    let partition = region.partition
    let suffix = dualStack ? partition.dualStackSuffix : partition.dnsSuffix
    let plain = "\(endpointPrefix).\(region).\(suffix)"
    let host: String
    switch naming {
    case .regional:
      host = fips ? "\(endpointPrefix)-fips.\(region).\(suffix)" : plain
    case .regionalWithPlainGovCloud:
      let isPlain = !fips || (partition == .govCloud && !dualStack)
      host = isPlain ? plain : "\(endpointPrefix)-fips.\(region).\(suffix)"
    case .storage:
      guard !fips || partition != .china else {
        throw EndpointError(source: "FIPS", reason: "there is none for S3 in China")
      }
      let first = fips ? "\(endpointPrefix)-fips" : endpointPrefix
      host = "\(first)\(dualStack ? ".dualstack" : "").\(region).\(partition.dnsSuffix)"
    case .signIn:
      let own = fips || dualStack ? nil : Self.signInSuffix(partition)
      host =
        own.map { "\(region).\(endpointPrefix).\($0)" }
        ?? (fips ? "\(endpointPrefix)-fips.\(region).\(suffix)" : plain)
    case .partition:
      host = "\(endpointPrefix)\(partitionPart(partition, fips, dualStack)).\(suffix)"
    }
    return Endpoint(scheme: "https", host: host)
  }

  /// What the sign-in's names end with, in partitions where it is not what all others have.
  private static func signInSuffix(_ partition: Partition) -> String? {
    switch partition {
    case .aws: "aws.amazon.com"
    case .china: "amazonaws.cn"
    case .govCloud: "amazonaws-us-gov.com"
    default: nil
    }
  }

  /// What stands between the prefix and the suffix of a name for a whole partition.
  private func partitionPart(_ partition: Partition, _ fips: Bool, _ dualStack: Bool) -> String {
    switch (partition, fips, dualStack) {
    case (.govCloud, _, _): ".us-gov"
    case (.aws, true, true): "-fips.global"
    case (.aws, false, true), (.china, false, true): ".global"
    case (.aws, false, false): ""
    case (.iso, true, false), (.isoB, true, false): "-fips.\(partition.globalRegion)"
    case (_, false, false): ".\(partition.globalRegion)"
    case (_, true, _): "-fips"
    case (_, false, true): ""
    }
  }
}

extension Endpoint {
  /// Reads `http[s]://HOST[:PORT][/PATH]`; `nil` for anything else. A user, a query and a fragment
  /// have no place in an endpoint.
  package init?(url: String) {
    guard let separator = url.firstRange(of: "://") else { return nil }
    let scheme = url[..<separator.lowerBound].lowercased()
    guard scheme == "https" || scheme == "http" else { return nil }
    let rest = url[separator.upperBound...]
    let end = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<end]
    var path = rest[end...]
    while path.last == "/" { path.removeLast() }
    guard
      path.utf8.allSatisfy({
        $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
      })
    else { return nil }

    var port: Int?
    if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
      let digits = authority[authority.index(after: colon)...]
      if !digits.isEmpty {
        guard digits.utf8.allSatisfy(\.isASCIIDigit), let number = Int(digits),
          (1...65535).contains(number)
        else { return nil }
        port = number
      }
      authority = authority[..<colon]
    }
    let host: Substring
    if authority.first == "[", authority.last == "]" {
      host = authority.dropFirst().dropLast()
      // A zone after `%` is this machine's own business and not part of a name to send.
      guard host.contains(":"),
        host.utf8.allSatisfy({
          $0.isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20)
            || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        })
      else { return nil }
    } else {
      host = authority
      guard host.utf8.count <= 255, Self.isHostName(host) else { return nil }
    }
    self.init(scheme: scheme, host: String(host), port: port, basePath: String(path))
  }

  /// Labels of letters, digits and hyphens, as botocore's `is_valid_endpoint_url`.
  private static func isHostName(_ text: Substring) -> Bool {
    let name = text.last == "." ? text.dropLast() : text
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      let bytes = label.utf8
      let hyphen = UInt8(ascii: "-")
      return !bytes.isEmpty && bytes.count <= 63 && bytes.first != hyphen && bytes.last != hyphen
        && bytes.allSatisfy {
          $0.isASCIILetter || $0.isASCIIDigit || $0 == hyphen
        }
    }
  }
}
