import AWS

/// A resource's tag. A name of at most 128 characters and a value of at most 256.
package struct Tag: Shape, Sendable, Hashable {
  package var key: String
  package var value: String

  package init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }

  init(_ element: XMLElement) throws(MissingMember) {
    key = try element.required("Key")
    value = element.string("Value") ?? ""
  }

  var parameters: QueryParameters {
    var parameters = QueryParameters()
    parameters.set("Key", key)
    parameters.set("Value", value)
    return parameters
  }
}
