import AWS
import FoundationEssentials

/// A member is missing of an answer, without which the answer says nothing.
struct MissingMember: Error {
  /// As in the service's model, such as `EnvironmentName`.
  var name: String
}

/// A structure of the service's model, read from an answer.
protocol Shape {
  init(_ element: XMLElement) throws(MissingMember)
}

/// A word of the service's, kept as it came: a value that is new to us is no error.
protocol Word: RawRepresentable where RawValue == String {
  init(rawValue: String)
}

extension XMLElement {
  /// The member's text, which has to be there.
  func required(_ name: String) throws(MissingMember) -> String {
    guard let text = string(name) else { throw MissingMember(name: name) }
    return text
  }

  /// The member as a structure, which has to be there.
  func required<T: Shape>(_ name: String, _ type: T.Type = T.self) throws(MissingMember) -> T {
    guard let element = self[name] else { throw MissingMember(name: name) }
    return try T(element)
  }

  /// The member as a structure; `nil` where it is left out.
  func shape<T: Shape>(_ name: String, _ type: T.Type = T.self) throws(MissingMember) -> T? {
    guard let element = self[name] else { return nil }
    return try T(element)
  }

  /// The member as a list of structures; empty where it is left out.
  func shapes<T: Shape>(_ name: String, _ type: T.Type = T.self) throws(MissingMember) -> [T] {
    try members(name).map { (element) throws(MissingMember) -> T in try T(element) }
  }

  /// The member as a list of texts; empty where it is left out.
  func strings(_ name: String) -> [String] { members(name).map(\.text) }

  /// The member as a word; `nil` where it is left out or empty.
  func word<T: Word>(_ name: String, _ type: T.Type = T.self) -> T? {
    guard let text = string(name), !text.isEmpty else { return nil }
    return T(rawValue: text)
  }

  /// The member as a number; `nil` where it is left out or is none.
  func number(_ name: String) -> Double? { string(name).flatMap { Double($0) } }

  /// What the next page is asked for with; `nil` on the last page.
  var nextToken: String? {
    guard let token = string("NextToken"), !token.isEmpty else { return nil }
    return token
  }
}

extension QueryParameters {
  /// A time to the millisecond, as events are told: `2026-03-01T12:00:00.123Z`.
  mutating func set(_ name: String, toTheMillisecond date: Date?) {
    guard let date else { return }
    // From 1970 to the year 9999: years with four digits, whatever the clock says. The order of the
    // arguments makes 0 of what is no number.
    let seconds = min(max(0, date.timeIntervalSince1970), 253_402_300_799)
    // Half a millisecond more, since the style cuts off and a Date is a binary fraction.
    let milliseconds = (seconds * 1000).rounded()
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    set(name, Date(timeIntervalSince1970: (milliseconds + 0.5) / 1000).formatted(style))
  }
}
