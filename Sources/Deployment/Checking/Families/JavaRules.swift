/// Rules about Java.
enum JavaRules {
  static let all: [Rule] = []
}
