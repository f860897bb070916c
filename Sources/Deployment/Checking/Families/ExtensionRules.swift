/// Rules about Extension.
enum ExtensionRules {
  static let all: [Rule] = []
}
