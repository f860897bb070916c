/// Rules about Proxy.
enum ProxyRules {
  static let all: [Rule] = []
}
