/// The numbers of the format. Source: PKWARE's APPNOTE.TXT 6.3.10, and Info-ZIP's `extrafld.txt`
/// for the extended timestamp.
enum ZipFormat {
  static let localHeader: UInt32 = 0x0403_4b50
  static let centralHeader: UInt32 = 0x0201_4b50
  static let dataDescriptor: UInt32 = 0x0807_4b50
  static let end: UInt32 = 0x0605_4b50
  static let zip64End: UInt32 = 0x0606_4b50
  static let zip64Locator: UInt32 = 0x0706_4b50

  static let localHeaderSize = 30
  static let centralHeaderSize = 46
  static let endSize = 22
  static let zip64EndSize = 56
  static let zip64LocatorSize = 20

  static let timestampField: UInt16 = 0x5455
  static let zip64Field: UInt16 = 0x0001

  static let encrypted: UInt16 = 1 << 0
  static let hasDataDescriptor: UInt16 = 1 << 3
  static let strongEncryption: UInt16 = 1 << 6
  static let utf8: UInt16 = 1 << 11
  static let masked: UInt16 = 1 << 13

  /// Made on Unix, after version 2.3 of the format: what git writes too.
  static let madeBy: UInt16 = 3 << 8 | 23
  static let madeByZip64: UInt16 = 3 << 8 | 45
  static let dosDirectory: UInt32 = 0x10

  /// In a 16-bit or 32-bit field: the number is in the zip64 field or record.
  static let in64: UInt32 = 0xffff_ffff
  static let in64Short: UInt16 = 0xffff

  /// The longest path that Linux follows.
  static let longestLinkTarget = 4096
}

/// The bits of a `st_mode`, which are the same numbers on every system that matters here.
enum FileMode {
  static let type: UInt32 = 0o170000
  static let regular: UInt32 = 0o100000
  static let directory: UInt32 = 0o040000
  static let link: UInt32 = 0o120000
  static let pipe: UInt32 = 0o010000
}

/// A time as DOS has it: without a zone (here always UTC), from 1980 to 2107, in steps of two
/// seconds.
struct DOSTime: Hashable {
  var time: UInt16
  var date: UInt16

  init(time: UInt16, date: UInt16) {
    self.time = time
    self.date = date
  }

  /// The nearest that can be said about a time in Unix seconds.
  init(unixSeconds: Int64) {
    // 1980-01-01 00:00:00 and 2107-12-31 23:59:58
    let seconds = min(max(unixSeconds, 315_532_800), 4_354_819_198)
    let (days, second) = seconds.quotientAndRemainder(dividingBy: 86400)
    // Howard Hinnant, "chrono-compatible low-level date algorithms": days to a civil date, counting
    // years from March so that the leap day is the last.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    date = UInt16((year - 1980) << 9 | month << 5 | day)
    time = UInt16((second / 3600) << 11 | (second / 60 % 60) << 5 | (second % 60 / 2))
  }

  /// In Unix seconds; fields that are out of range, which only a damaged archive has, run over.
  var unixSeconds: Int64 {
    let month = Int64(date >> 5 & 15)
    let year = Int64(date >> 9) + 1980 - (month <= 2 ? 1 : 0)
    let day = Int64(date & 31)
    let marchMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
    let yearOfEra = year % 400
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = year / 400 * 146_097 + dayOfEra - 719_468
    return days * 86400 + Int64(time >> 11) * 3600 + Int64(time >> 5 & 63) * 60
      + Int64(time & 31) * 2
  }
}

/// The fixed part of a header, at most 64 bytes: numbers with the little end first. Two headers are
/// made of every entry, so their bytes go into an array at once.
struct HeaderFields {
  private var bytes = SIMD64<UInt8>()
  private var count = 0

  mutating func append<Number: FixedWidthInteger>(number: Number) {
    let offset = count
    unsafe withUnsafeMutableBytes(of: &bytes) { bytes in
      unsafe bytes.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }
    count += MemoryLayout<Number>.size
  }

  func append(to array: inout [UInt8]) {
    unsafe withUnsafeBytes(of: bytes) { bytes in
      unsafe array.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
  }
}

extension [UInt8] {
  /// Appends a number, little end first.
  mutating func append<Number: FixedWidthInteger>(number: Number) {
    var fields = HeaderFields()
    fields.append(number: number)
    fields.append(to: &self)
  }

  /// The number at `offset`, little end first.
  func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self)
    -> Number
  {
    var result: Number = 0
    for index in 0..<Number.bitWidth / 8 {
      result |= Number(truncatingIfNeeded: self[offset + index]) << (8 * index)
    }
    return result
  }
}
