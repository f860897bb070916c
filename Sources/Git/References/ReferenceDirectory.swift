/// The references of one directory, such as `refs/tags/`, without those of directories below it.
///
/// Their names lie in one block of bytes. They become text, and come in order, only as far as they
/// are asked for: of thousands of records mostly the last few are wanted.
package struct ReferenceDirectory: Sendable {
  /// Ends with a slash.
  package let path: String
  let pathBytes: [UInt8]
  private var bytes: [UInt8] = []
  /// Once the first was asked for, a heap with the last name on top.
  private var names: [Name] = []
  private var isHeap = false

  private struct Name {
    var range: Range<Int>
    /// The eight bytes behind what all names begin with.
    var key: UInt64 = 0
  }

  init(path: String) {
    self.path = path
    pathBytes = Array(path.utf8)
  }

  /// `name` is what stands behind the path. The same name may be added twice.
  mutating func append(_ name: some Collection<UInt8>) {
    let start = bytes.count
    bytes.append(contentsOf: name)
    names.append(Name(range: start..<bytes.count))
    isHeap = false
  }

  /// Takes away the name that is the last in the order of bytes, and answers all of it. A name that
  /// is not UTF-8 is left out.
  package mutating func popLast() -> String? {
    if !isHeap { makeHeap() }
    while let name = removeLast() {
      // Loose and packed as well.
      while let next = names.first, isSame(next, name) { removeLast() }
      if let text = String(validating: bytes[name.range], as: UTF8.self) { return path + text }
    }
    return nil
  }

  /// All full names, in the order of their bytes.
  var sorted: [String] {
    var rest = self
    var sorted: [String] = []
    sorted.reserveCapacity(names.count)
    while let name = rest.popLast() { sorted.append(name) }
    sorted.reverse()
    return sorted
  }

  // MARK: - The heap

  private mutating func makeHeap() {
    let common = commonCount
    for index in names.indices { names[index].key = key(of: names[index], after: common) }
    for index in (0..<names.count / 2).reversed() { sink(index) }
    isHeap = true
  }

  @discardableResult
  private mutating func removeLast() -> Name? {
    guard let first = names.first, let last = names.popLast() else { return nil }
    guard !names.isEmpty else { return first }
    names[0] = last
    sink(0)
    return first
  }

  private mutating func sink(_ start: Int) {
    var parent = start
    while true {
      var child = 2 * parent + 1
      guard child < names.count else { return }
      if child + 1 < names.count, isBefore(names[child], names[child + 1]) { child += 1 }
      guard isBefore(names[parent], names[child]) else { return }
      names.swapAt(parent, child)
      parent = child
    }
  }

  /// How many bytes all names begin with alike.
  private var commonCount: Int {
    guard let first = names.first else { return 0 }
    var count = first.range.count
    for name in names.dropFirst() {
      let limit = min(count, name.range.count)
      count = 0
      while count < limit,
        bytes[first.range.lowerBound + count] == bytes[name.range.lowerBound + count]
      { count += 1 }
    }
    return count
  }

  private func key(of name: Name, after common: Int) -> UInt64 {
    let start = name.range.lowerBound + common
    var key: UInt64 = 0
    for position in start..<start + 8 {
      key = key << 8 | (position < name.range.upperBound ? UInt64(bytes[position]) : 0)
    }
    return key
  }

  private func isBefore(_ left: Name, _ right: Name) -> Bool {
    left.key == right.key
      ? bytes[left.range].lexicographicallyPrecedes(bytes[right.range]) : left.key < right.key
  }

  private func isSame(_ left: Name, _ right: Name) -> Bool {
    left.key == right.key && bytes[left.range] == bytes[right.range]
  }
}
