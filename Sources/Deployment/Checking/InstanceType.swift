/// What an instance of EC2 has.
package struct InstanceType: Sendable, Equatable {
  /// Such as `t3.micro`.
  package let name: String
  package let virtualCPUs: Int
  /// In MiB.
  package let memory: Int

  /// The type of this name; `nil` for one that the table does not have.
  package static func named(_ name: String) -> InstanceType? {
    let parts = name.split(separator: ".", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    for row in InstanceTypes.table.split(separator: "\n") {
      let words = row.split(separator: " ")
      guard words.first == parts[0] else { continue }
      for place in stride(from: 1, to: words.count - 2, by: 3) where words[place] == parts[1] {
        guard let count = Int(words[place + 1]), let memory = Int(words[place + 2]) else {
          return nil
        }
        return InstanceType(name: name, virtualCPUs: count, memory: memory)
      }
    }
    return nil
  }

  /// The smallest of its family that has so much memory; `nil` where none has.
  package func larger(memory: Int) -> InstanceType? {
    let family = name.prefix { $0 != "." }
    return InstanceTypes.table.split(separator: "\n").flatMap { row -> [InstanceType] in
      let words = row.split(separator: " ")
      guard words.first == family else { return [] }
      return stride(from: 1, to: words.count - 2, by: 3)
        .compactMap { Self.named("\(family).\(words[$0])") }
    }.first { $0.memory >= memory }
  }
}
