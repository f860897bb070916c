/// The time at which a line of a log was written, as Beanstalk's logs have it at its beginning.
///
/// Known are `2024/05/01 10:00:00.123456` (eb-engine.log, nginx), `[2024-05-01T10:00:00.123Z]`
/// (eb-activity.log, ISO 8601), `2024-05-01 10:00:00,123` (cfn-init.log) and `May  1 10:00:00`
/// (syslog). Without a zone it is UTC, which the instances keep.
enum LogTime {
  /// Seconds since 1970; `nil` where the line begins otherwise. Syslog's has no year: `year` says it.
  static func read(_ line: ArraySlice<UInt8>, year: Int) -> Double? {
    var reader = Reader(rest: line.prefix(48))
    if reader.rest.first == UInt8(ascii: "[") { reader.rest.removeFirst() }
    return reader.numbered() ?? reader.named(year)
  }

  /// The year, where the line says it.
  static func year(_ line: ArraySlice<UInt8>) -> Int? {
    var reader = Reader(rest: line.prefix(48))
    if reader.rest.first == UInt8(ascii: "[") { reader.rest.removeFirst() }
    guard reader.rest.dropFirst(4).first.map({ "/-".utf8.contains($0) }) == true else { return nil }
    return reader.number(4)
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    /// A date in numbers, such as `2024/05/01 10:00:00.123456`.
    mutating func numbered() -> Double? {
      let start = rest
      guard let year = number(4), skip("/-"), let month = number(2), skip("/-"),
        let day = number(2), skip(" T"), let time = time()
      else {
        rest = start
        return nil
      }
      return LogTime.seconds(year, month, day) + time - zone()
    }

    /// A date with the month's name, such as `May  1 10:00:00`.
    mutating func named(_ year: Int) -> Double? {
      let name = String(decoding: rest.prefix(3), as: UTF8.self)
      guard let month = LogTime.months.firstIndex(of: name) else { return nil }
      rest = rest.dropFirst(3)
      guard skip(" ") else { return nil }
      while skip(" ") {}
      guard let day = number(2) ?? number(1), skip(" "), let time = time() else { return nil }
      return LogTime.seconds(year, month + 1, day) + time
    }

    private mutating func time() -> Double? {
      guard let hour = number(2), skip(":"), let minute = number(2), skip(":"),
        let second = number(2), hour < 24, minute < 60, second < 61
      else { return nil }
      var time = Double(hour * 3600 + minute * 60 + second)
      guard skip(".,") else { return time }
      var unit = 0.1
      while let digit = number(1) {
        time += Double(digit) * unit
        unit /= 10
      }
      return time
    }

    /// Seconds that the zone is ahead of UTC.
    private mutating func zone() -> Double {
      guard let sign = rest.first, "+-".utf8.contains(sign) else { return 0 }
      rest.removeFirst()
      guard let hours = number(2) else { return 0 }
      _ = skip(":")
      let seconds = Double(hours * 3600 + (number(2) ?? 0) * 60)
      return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    /// So many digits as a number.
    mutating func number(_ count: Int) -> Int? {
      let digits = rest.prefix(count)
      guard digits.count == count,
        digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
      else { return nil }
      rest = rest.dropFirst(count)
      return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private mutating func skip(_ any: StaticString) -> Bool {
      guard let byte = rest.first, "\(any)".utf8.contains(byte) else { return false }
      rest.removeFirst()
      return true
    }
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Seconds since 1970 at the beginning of the day, by the proleptic Gregorian calendar.
  ///
  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
  private static func seconds(_ year: Int, _ month: Int, _ day: Int) -> Double {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Double((era * 146_097 + dayOfEra - 719_468) * 86400)
  }
}
