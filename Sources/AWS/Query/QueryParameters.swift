package import FoundationEssentials

/// The parameters of a Query request: names with texts, structures and lists in them.
///
/// Kept as a tree, because the same tree is written in two ways (see ``items(isFlat:)``). What is
/// `nil`, or a list of nothing, is not sent.
package struct QueryParameters: Sendable, Equatable {
  private indirect enum Value: Sendable, Equatable {
    case text(String)
    case structure(QueryParameters)
    case list([Value])
  }

  private var values: [(name: String, value: Value)] = []

  package init() {}

  package static func == (left: QueryParameters, right: QueryParameters) -> Bool {
    left.values.elementsEqual(right.values) { $0.name == $1.name && $0.value == $1.value }
  }

  package mutating func set(_ name: String, _ value: String?) {
    if let value { values.append((name, .text(value))) }
  }

  package mutating func set(_ name: String, _ value: Int?) {
    set(name, value.map { String($0) })
  }

  package mutating func set(_ name: String, _ value: Bool?) {
    set(name, value.map { $0 ? "true" : "false" })
  }

  /// A moment, to the whole second.
  package mutating func set(_ name: String, _ value: Date?) {
    set(name, value.map { Timestamp.text($0) })
  }

  /// A structure: its parameters are written as `Name.Parameter`.
  package mutating func set(_ name: String, _ value: QueryParameters?) {
    if let value { values.append((name, .structure(value))) }
  }

  package mutating func list(_ name: String, _ values: [String]) {
    self.values.append((name, .list(values.map { .text($0) })))
  }

  package mutating func list(_ name: String, _ items: [QueryParameters]) {
    values.append((name, .list(items.map { .structure($0) })))
  }

  /// What is sent, not encoded: `Name.member.N` for an item of a list, `Name.N` where `isFlat`, as
  /// EC2 has it. Numbers start at 1.
  package func items(isFlat: Bool) -> [QueryItem] {
    var items: [QueryItem] = []
    for (name, value) in values { Self.write(value, name, isFlat, &items) }
    return items
  }

  private static func write(
    _ value: Value, _ name: String, _ isFlat: Bool, _ items: inout [QueryItem]
  ) {
    switch value {
    case .text(let text): items.append(QueryItem(name, text))
    case .structure(let parameters):
      for (inner, value) in parameters.values { write(value, "\(name).\(inner)", isFlat, &items) }
    case .list(let values):
      for (index, value) in values.enumerated() {
        write(value, name + (isFlat ? "." : ".member.") + String(index + 1), isFlat, &items)
      }
    }
  }
}
