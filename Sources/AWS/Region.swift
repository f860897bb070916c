/// A region of AWS, such as `eu-central-1`.
package struct Region: Sendable, Hashable, CustomStringConvertible {
  package let name: String

  /// `nil` for text that cannot be a label of a host's name, as botocore's `validate_region_name`
  /// has it: up to 63 letters, digits and hyphens, no hyphen at either end, not digits alone.
  /// Whether AWS has such a region is not asked: new ones appear.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard !bytes.isEmpty, bytes.count <= 63, bytes.first != UInt8(ascii: "-"),
      bytes.last != UInt8(ascii: "-"),
      bytes.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }),
      !bytes.allSatisfy(\.isASCIIDigit)
    else { return nil }
    name = text
  }

  package var description: String { name }

  /// The part of AWS that the region is in, told by its name (botocore's `data/partitions.json`);
  /// ``Partition/aws`` for a name that fits nowhere, as botocore does.
  package var partition: Partition {
    Partition.allCases.first { $0.contains(name) } ?? .aws
  }
}

extension UInt8 {
  /// A digit of ASCII.
  var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  /// A letter of ASCII, of either case.
  var isASCIILetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}
