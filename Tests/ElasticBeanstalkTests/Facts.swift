import Foundation

/// What was read from an answer, by the path of the model's names: `Environments.0.CNAME`; the
/// numbers of items of lists are at `#`, times are milliseconds, the request's id is at `@request`.
struct Facts {
  struct Fact {
    var path: String
    var value: String?
    /// What is read where the answer leaves it out.
    var absent: String?
  }

  private(set) var all: [Fact] = []
  private var prefix = ""

  mutating func set(_ name: String, _ value: (some CustomStringConvertible)?) {
    all.append(Fact(path: prefix + name, value: value?.description))
  }

  mutating func set(_ name: String, _ value: some CustomStringConvertible, absent: String) {
    all.append(Fact(path: prefix + name, value: value.description, absent: absent))
  }

  mutating func set(_ name: String, _ date: Date?) {
    set(name, date.map { Int(($0.timeIntervalSince1970 * 1000).rounded()) })
  }

  mutating func set(_ name: String, word: (some RawRepresentable<String>)?) {
    set(name, word?.rawValue)
  }

  mutating func list<T>(_ name: String, _ items: [T], _ add: (inout Facts, T) -> Void) {
    set(name + ".#", items.count, absent: "0")
    for (index, item) in items.enumerated() { structure("\(name).\(index)", item, add) }
  }

  mutating func list(_ name: String, _ items: [String]) {
    set(name + ".#", items.count, absent: "0")
    for (index, item) in items.enumerated() { set("\(name).\(index)", item) }
  }

  mutating func structure<T>(_ name: String, _ item: T?, _ add: (inout Facts, T) -> Void) {
    guard let item else { return }
    let outer = prefix
    defer { prefix = outer }
    prefix = "\(outer)\(name)."
    add(&self, item)
  }
}
