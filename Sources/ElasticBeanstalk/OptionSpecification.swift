import AWS

/// Which configuration option.
package struct OptionSpecification: Sendable, Hashable {
  /// Which resource, for an option of a resource of which there can be several.
  package var resourceName: String?
  package var namespace: String
  package var name: String

  package init(namespace: String, name: String, resourceName: String? = nil) {
    self.resourceName = resourceName
    self.namespace = namespace
    self.name = name
  }

  var parameters: QueryParameters {
    var parameters = QueryParameters()
    parameters.set("ResourceName", resourceName)
    parameters.set("Namespace", namespace)
    parameters.set("OptionName", name)
    return parameters
  }
}
