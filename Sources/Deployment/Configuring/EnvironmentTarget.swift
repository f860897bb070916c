/// What a branch maps to: one environment, or one of its own for each branch.
package enum EnvironmentTarget: Sendable, Hashable {
  case named(EnvironmentName)
  /// Text with at least one `{branch}`, such as `review-{branch}`.
  case template(String)
}

extension EnvironmentTarget {
  static let placeholder = "{branch}"

  init(_ text: String) throws(InvalidValue) {
    guard text.contains(Self.placeholder) else {
      guard let name = EnvironmentName(text) else {
        throw InvalidValue(
          text.contains("{") || text.contains("}")
            ? "the only placeholder is {branch}" : EnvironmentTarget.whyNotName)
      }
      self = .named(name)
      return
    }
    // What surrounds the branch has to be part of a name; the branch itself is made to fit.
    let rest = text.replacing(Self.placeholder, with: "")
    if rest.contains("{") || rest.contains("}") {
      throw InvalidValue("the only placeholder is {branch}")
    }
    guard EnvironmentName("x" + rest + "x") != nil else {
      throw InvalidValue("around {branch} there may be letters, digits and hyphens only")
    }
    self = .template(text)
  }

  static let whyNotName =
    "an environment's name is at most 40 letters, digits and hyphens, no hyphen at either end"
}

extension EnvironmentTarget: CustomStringConvertible {
  /// As it is written.
  package var description: String {
    switch self {
    case .named(let name): name.text
    case .template(let text): text
    }
  }
}
