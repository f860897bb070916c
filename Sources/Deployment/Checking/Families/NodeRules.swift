/// Rules about Node.
enum NodeRules {
  static let all: [Rule] = []
}
