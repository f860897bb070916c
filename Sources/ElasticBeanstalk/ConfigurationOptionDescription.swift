import AWS

/// A configuration option and what it can be set to.
package struct ConfigurationOptionDescription: Shape, Sendable, Equatable {
  package var namespace: String
  package var name: String
  package var defaultValue: String?
  /// What a change of it does, such as `NoInterruption` or `RestartEnvironment`.
  package var changeSeverity: String?
  /// Whether it is one that people made, as environment variables are.
  package var isUserDefined: Bool
  /// `Scalar` or `List`.
  package var valueType: String?
  /// Empty where anything goes.
  package var valueOptions: [String]
  package var minimum: Int?
  package var maximum: Int?
  /// In characters.
  package var maximumLength: Int?
  package var pattern: String?

  init(_ element: XMLElement) throws(MissingMember) {
    namespace = try element.required("Namespace")
    name = try element.required("Name")
    defaultValue = element.string("DefaultValue")
    changeSeverity = element.string("ChangeSeverity")
    isUserDefined = element.flag("UserDefined") ?? false
    valueType = element.string("ValueType")
    valueOptions = element.strings("ValueOptions")
    minimum = element.integer("MinValue")
    maximum = element.integer("MaxValue")
    maximumLength = element.integer("MaxLength")
    pattern = element["Regex"]?.string("Pattern")
  }
}
