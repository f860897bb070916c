import Testing

@testable import Deployment

@Suite("Checks: nginx's configuration") struct CheckNginxTests {
  static let sample = #"""
    # comment { ;
    http {
      upstream back {
        server app:3000 weight=5;
        server 10.0.0.1;
      }
      log_format main '$remote_addr "{$request}" '
        "it's";
      server {
        listen 80 default_server; include conf.d/elasticbeanstalk/*.conf;
        location ~ "^/[a-z]{3}$" { proxy_pass http://back/x; }
        location /b { proxy_pass http://${host}:80; fastcgi_pass php:9000; }
        if ($request_uri = "a") { return 301 https://$host$request_uri; }
      }
    }
    """#

  @Test func `Directives come with their blocks and places`() {
    let file = NginxConfiguration(Self.sample)
    #expect(file.problem == nil)
    #expect(file.upstreams == ["back"])
    #expect(file.includes.map(\.text) == ["conf.d/elasticbeanstalk/*.conf"])
    #expect(file.targets.map(\.host) == ["app", "10.0.0.1", "back", "php"])
    #expect(file.targets.map(\.port) == [3000, nil, nil, 9000])
    #expect(file.targets.map(\.word.line) == [4, 5, 11, 12])
    #expect(file.targets.first?.word.column == 12)
    #expect(file.directives("log_format").first?.arguments.map(\.text).last == "it's")
    #expect(file.directives("listen").first?.arguments.map(\.text) == ["80", "default_server"])
    #expect(file.swallowed.isEmpty)
  }

  @Test(arguments: [
    ("a {\n b c;\n", "1:1 the block of 'a' that begins here has no '}'"),
    ("a b;\n}\n", "2:1 unexpected '}'"), ("a {\n b c\n}", "2:2 'b' does not end in ';'"),
    ("a b", "1:1 'a' does not end in ';'"), (";", "1:1 unexpected ';'"),
    ("{", "1:1 unexpected '{'"), ("a 'b;\nc", "1:3 the quote that begins here does not end"),
    ("a \"b\"c;", "1:6 unexpected 'c' after a quote"),
    (String(repeating: "a {", count: 100_000), "1:195 too many blocks in blocks"),
  ])
  func `What nginx refuses is told with its place`(text: String, problem: String) {
    let found = NginxConfiguration(text).problem
    #expect(found.map { "\($0.line):\($0.column) \($0.reason)" } == problem)
  }

  @Test(arguments: ["", "# }\n", "a \\;b;", "a 'x\\'};';", "a {}", "a b c {d;}", "a x}y;\n"])
  func `What nginx takes is taken`(text: String) {
    #expect(NginxConfiguration(text).problem == nil)
  }

  @Test func `What is Lua is left alone`() {
    #expect(
      NginxConfiguration("location / { content_by_lua_block { x = { } ; ' } }").problem == nil)
  }
}
