/// Rules about Docker.
enum DockerRules {
  static let all: [Rule] = []
}
