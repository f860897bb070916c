/// A value and where it comes from.
package struct Setting<Value: Sendable>: Sendable {
  package var value: Value
  package var origin: Origin

  package init(_ value: Value, from origin: Origin) {
    self.value = value
    self.origin = origin
  }

  /// The setting with another value, or `nil` where `transform` has none.
  package func compactMap<Other: Sendable>(_ transform: (Value) -> Other?) -> Setting<Other>? {
    transform(value).map { Setting<Other>($0, from: origin) }
  }
}

extension Setting: Equatable where Value: Equatable {}
