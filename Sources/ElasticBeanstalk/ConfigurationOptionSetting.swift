import AWS

/// The value of a configuration option.
package struct ConfigurationOptionSetting: Shape, Sendable, Hashable {
  /// Which resource, for an option of a resource of which there can be several.
  package var resourceName: String?
  /// Such as `aws:elasticbeanstalk:application:environment`.
  package var namespace: String
  package var name: String
  /// `nil` where the service tells of an option without a value.
  package var value: String?

  package init(
    namespace: String, name: String, value: String?, resourceName: String? = nil
  ) {
    self.resourceName = resourceName
    self.namespace = namespace
    self.name = name
    self.value = value
  }

  init(_ element: XMLElement) throws(MissingMember) {
    resourceName = element.string("ResourceName")
    namespace = try element.required("Namespace")
    name = try element.required("OptionName")
    value = element.string("Value")
  }

  var parameters: QueryParameters {
    var parameters = QueryParameters()
    parameters.set("ResourceName", resourceName)
    parameters.set("Namespace", namespace)
    parameters.set("OptionName", name)
    parameters.set("Value", value)
    return parameters
  }
}
