/// How a file is cut up for S3. Pure: the same length gives the same plan.
package enum UploadPlan: Sendable, Equatable {
  /// One PutObject.
  case whole
  /// So many parts of `size` bytes, of which the last may be shorter.
  case parts(size: Int64, count: Int)

  /// Why there is no plan: S3 takes no object of that length.
  package struct TooLarge: Error, Equatable, Sendable {
    package let length: Int64
  }

  /// What S3 allows (S3 User Guide, "Amazon S3 multipart upload limits").
  static let smallestPart: Int64 = 5 << 20
  static let largestPart: Int64 = 5 << 30
  static let mostParts: Int64 = 10_000
  static let largestObject: Int64 = 5 << 40

  /// - Parameter part: what a part has where nothing speaks against it, and what goes in one piece.
  /// - Throws: ``TooLarge``.
  package init(length: Int64, part: Int64) throws(TooLarge) {
    guard length <= Self.largestObject else { throw TooLarge(length: length) }
    var size = min(max(part, Self.smallestPart), Self.largestPart)
    guard length > size else {
      self = .whole
      return
    }
    // Rounded to whole mebibytes, so that parts begin where pages of the file do.
    let needed = (length + Self.mostParts - 1) / Self.mostParts
    let unit: Int64 = 1 << 20
    size = max(size, (needed + unit - 1) / unit * unit)
    self = .parts(size: size, count: Int((length + size - 1) / size))
  }

  /// Where part `number`, counted from 1, is in a file of `length` bytes.
  func range(ofPart number: Int, in length: Int64) -> Range<Int64> {
    guard case .parts(let size, _) = self else { return 0..<length }
    let start = min(Int64(number - 1) * size, length)
    return start..<min(start + size, length)
  }
}
