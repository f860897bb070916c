import Testing

@testable import Deployment

@Suite("Checks: the proxy") struct CheckProxyTests {
  private let node = "Node.js 22 running on 64bit Amazon Linux 2023"
  private let python = "Python 3.13 running on 64bit Amazon Linux 2023"
  private let docker = "Docker running on 64bit Amazon Linux 2023"
  private let ecs = "ECS running on 64bit Amazon Linux 2023"
  private let own = ".platform/nginx/nginx.conf"

  private func proxied(_ name: String, _ sample: CheckSample) -> CheckSample {
    var sample = sample
    sample.surroundings.options = [
      EnvironmentOption("aws:elasticbeanstalk:environment:proxy", "ProxyServer", name)
    ]
    return sample
  }

  // MARK: - EB125

  @Test func `EB125: a whole nginx.conf includes what Beanstalk adds`() {
    let sample = CheckSample([own: "http {\n  server {\n    listen 80;\n  }\n}\n"])
    #expect(
      sample.lines(of: "EB125") == [
        "warning \(own):2:3 it does not include 'conf.d/elasticbeanstalk/*.conf'"
      ])
    let near = CheckSample([
      own: "http { server { include /etc/nginx/conf.d/elasticbeanstalk/*.conf; } }"
    ])
    #expect(near.lines(of: "EB125").isEmpty)
    #expect(proxied("apache", sample).lines(of: "EB125").isEmpty)
    #expect(proxied("none", sample).lines(of: "EB125").isEmpty)
    var containers = sample
    containers.surroundings.platform = PlatformGuess(ecs)
    #expect(containers.lines(of: "EB125").isEmpty)
  }

  @Test func `EB125: what nginx cannot read stops it`() {
    let file = ".platform/nginx/conf.d/a.conf"
    let open = CheckSample([file: "location / {\n  return 200;\n"])
    #expect(
      open.lines(of: "EB125") == [
        "error \(file):1:1 nginx cannot read it: the block of 'location' that begins here has no '}'"
      ])
    let sample = CheckSample([file: "client_max_body_size 20M\nproxy_read_timeout 60s;\n"])
    #expect(
      sample.lines(of: "EB125") == [
        "error \(file):2:1 'client_max_body_size' of line 1 does not end in ';' before "
          + "'proxy_read_timeout'"
      ])
    let names = CheckSample([file: "server_name a b\n  listen 80;"])
    #expect(
      names.lines(of: "EB125") == [
        "warning \(file):2:3 'server_name' of line 1 does not end in ';' before 'listen'"
      ])
    #expect(CheckSample([file: "client_max_body_size 20M;\n"]).lines(of: "EB125").isEmpty)
    let latin = CheckSample([file: SampleFile([0x23, 0xc3, 0xa9, 0x0a, 0x23, 0xe9, 0x0a])])
    #expect(latin.lines(of: "EB125") == ["warning \(file):2 it is not written in UTF-8"])
  }

  @Test func `EB125: what nginx does not include is not read`() {
    let broken: SampleFile = "a {"
    #expect(CheckSample([".platform/nginx/old/a.conf": broken]).lines(of: "EB125").isEmpty)
    let ownAlone = CheckSample([
      own: "http { include conf.d/elasticbeanstalk/*.conf; }",
      ".platform/nginx/conf.d/a.conf": broken,
      ".platform/nginx/conf.d/elasticbeanstalk/b.conf": broken,
    ])
    #expect(
      ownAlone.lines(of: "EB125") == [
        "error .platform/nginx/conf.d/elasticbeanstalk/b.conf:1:1 nginx cannot read it: the block "
          + "of 'a' that begins here has no '}'"
      ])
  }

  // MARK: - EB126

  private func port(_ platform: String, _ files: KeyValuePairs<String, SampleFile>) -> [String] {
    CheckSample(on: platform, files).lines(of: "EB126")
  }

  @Test func `EB126: a literal port is not the one that the proxy asks`() {
    let detail = "it listens on 3000, and the proxy hands requests to"
    #expect(
      port(node, ["app.js": "const a = 1\napp.listen(3000, () => {})\n"]) == [
        "warning app.js:2:12 \(detail) 8080"
      ])
    #expect(
      port(
        node, ["package.json": #"{"scripts": {"start": "node src.js"}}"#, "app.js": "x.listen(1)"]
      )
      .isEmpty)
    #expect(
      port(
        node,
        [
          "package.json": #"{"scripts": {"start": "node index.js"}}"#,
          "index.js": "const port = 3000;\napp.listen(port);",
        ]) == ["warning index.js:2:12 \(detail) 8080"])
    #expect(
      port(python, ["Procfile": "web: gunicorn --bind 0.0.0.0:3000 app:app\n"]) == [
        "warning Procfile:1:22 \(detail) 8000"
      ])
    #expect(
      port(python, ["Procfile": "web: gunicorn -b :3000 app:app\n"]) == [
        "warning Procfile:1:18 \(detail) 8000"
      ])
    let go = "Go 1 running on 64bit Amazon Linux 2023"
    #expect(
      port(go, ["application.go": "http.ListenAndServe(\":3000\", nil)"]) == [
        "warning application.go:1:23 \(detail) 5000"
      ])
    let java = "Corretto 21 running on 64bit Amazon Linux 2023"
    #expect(
      port(java, ["Procfile": "web: java -jar a.jar --server.port=3000\n"]) == [
        "warning Procfile:1:36 \(detail) 5000"
      ])
  }

  @Test func `EB126: what reads PORT, or listens where it should, is right`() {
    #expect(port(node, ["app.js": "app.listen(8080)"]).isEmpty)
    #expect(port(node, ["app.js": "app.listen(5000)"]).isEmpty)
    #expect(port(node, ["app.js": "app.listen(process.env.PORT || 3000)"]).isEmpty)
    #expect(port(node, ["app.js": "// app.listen(3000)"]).isEmpty)
    #expect(port(node, ["app.js": "a.listen(3000)\nb.listen(3001)"]).isEmpty)
    #expect(port(node, ["app.js": "app.listen(3000 + 1)"]).isEmpty)
    #expect(port(node, ["index.js": "app.listen(3000)", "server.js": "import './index'"]).isEmpty)
    #expect(port(python, ["application.py": "app.run(port=3000)"]).isEmpty)
    #expect(port(python, ["Procfile": "web: gunicorn -b :$PORT a\nx: a -b :3000\n"]).isEmpty)
    #expect(port(docker, ["Procfile": "web: a --port 3000\n"]).isEmpty)
    #expect(
      port(
        node,
        [
          "app.js": "app.listen(3000)",
          ".platform/nginx/conf.d/elasticbeanstalk/a.conf":
            "location / { proxy_pass http://127.0.0.1:3000; }",
        ]
      ).isEmpty)
  }

  @Test func `EB126: .ebextensions may write nginx's configuration`() {
    let text: SampleFile = "files: {/etc/nginx/conf.d/a.conf: {content: 'server 127.0.0.1:3000;'}}"
    #expect(
      port(node, ["app.js": "app.listen(3000)", ".ebextensions/a.config": text]).isEmpty)
  }

  @Test func `EB126: with PORT set, the proxy asks there`() {
    var sample = CheckSample(on: node, ["app.js": "app.listen(3000)"])
    #expect(sample.lines(of: "EB126").count == 1)
    #expect(proxied("none", sample).lines(of: "EB126").isEmpty)
    sample.surroundings.variables = ["PORT": "3000"]
    #expect(sample.lines(of: "EB126").isEmpty)
    let option = CheckSample(
      on: node,
      [
        "app.js": "app.listen(3000)",
        ".ebextensions/a.config": "option_settings: [{option_name: PORT, value: 3000}]",
      ])
    #expect(option.lines(of: "EB126").isEmpty)
  }

  // MARK: - EB127

  private func hook(_ text: String) -> CheckSample {
    CheckSample(on: node, [".platform/hooks/postdeploy/a.sh": .program("#!/bin/sh\n\(text)\n")])
  }

  @Test func `EB127: another server takes port 80`() {
    let path = ".platform/hooks/postdeploy/a.sh"
    #expect(
      hook("sudo systemctl enable --now httpd").lines(of: "EB127") == [
        "warning \(path):2 'httpd' is started, and nginx listens on port 80"
      ])
    #expect(
      hook("true && caddy start").lines(of: "EB127") == [
        "warning \(path):2 'caddy' is started, and nginx listens on port 80"
      ])
    #expect(
      proxied("apache", hook("service nginx restart")).lines(of: "EB127") == [
        "warning \(path):2 'nginx' is started, and apache listens on port 80"
      ])
    #expect(
      hook("docker run -d -p 80:3000 a").lines(of: "EB127") == [
        "warning \(path):2 a container is given port 80, on which nginx listens"
      ])
  }

  @Test(arguments: [
    "systemctl restart nginx", "# systemctl start httpd", "systemctl stop httpd",
    "systemctl disable nginx; systemctl start httpd", "docker run -p 8080:80 a",
    "echo httpd start", "yum install httpd",
  ])
  func `EB127: what leaves port 80 alone is right`(line: String) {
    #expect(hook(line).lines(of: "EB127").isEmpty)
  }

  @Test func `EB127: without the platform's proxy, port 80 is free`() {
    #expect(proxied("none", hook("caddy run")).lines(of: "EB127").isEmpty)
    #expect(proxied("apache", hook("systemctl start httpd")).lines(of: "EB127").isEmpty)
  }

  @Test func `EB127: .ebextensions may start a server too`() {
    let file = ".ebextensions/a.config"
    let sample = CheckSample(
      on: node,
      [
        file: """
        commands:
          a:
            command: |
              yum install -y httpd
              systemctl start httpd
        services:
          systemd:
            caddy: {enabled: true, ensureRunning: "true"}
            httpd: {enabled: false}
        """
      ])
    #expect(
      sample.lines(of: "EB127") == [
        "warning \(file):5 'httpd' is started, and nginx listens on port 80",
        "warning \(file):8:5 'caddy' is started, and nginx listens on port 80",
      ])
  }

  @Test func `EB127: Compose beside another platform's proxy`() {
    let compose: SampleFile = "services:\n  a:\n    image: a\n    ports:\n      - '80:80'\n"
    let sample = CheckSample(
      on: node,
      [
        ".ebextensions/a.config": "container_commands: {a: {command: docker-compose up -d}}",
        "docker-compose.yml": compose,
      ])
    #expect(
      sample.lines(of: "EB127") == [
        "warning docker-compose.yml:5:9 port 80 is published, on which nginx listens"
      ])
    #expect(CheckSample(on: docker, ["docker-compose.yml": compose]).lines(of: "EB127").isEmpty)
    #expect(CheckSample(on: node, ["docker-compose.yml": compose]).lines(of: "EB127").isEmpty)
  }

  // MARK: - EB150

  private func task(_ path: String, _ text: String) -> [String] {
    CheckSample(
      on: ecs,
      [
        "Dockerrun.aws.json": SampleFile(Array(CheckContainerTests.dockerrun.utf8)),
        path: SampleFile(Array(text.utf8)),
      ]
    ).lines(of: "EB150")
  }

  @Test func `EB150: nginx hands requests to a container by its name`() {
    let path = "nginx/conf.d/default.conf"
    #expect(
      task(path, "upstream a {\n  server apps:3000;\n}\n") == [
        "warning \(path):2:10 'apps' is no container's name; did you mean 'app'?"
      ])
    #expect(
      task(path, "location / { proxy_pass http://production:80/x; }") == [
        "warning \(path):1:25 'production' is no container's name, which are 'app', 'nginx', "
          + "'backend'"
      ])
  }

  @Test(arguments: [
    "upstream x { server app:3000; } server { location / { proxy_pass http://x; } }",
    "location / { proxy_pass http://backend:80; }", "location / { proxy_pass http://localhost; }",
    "location / { proxy_pass http://127.0.0.1:80; }", "location / { proxy_pass http://$x; }",
    "location / { proxy_pass http://api.example.com; }", "upstream x { server unix:/run/a.sock; }",
    "location / { proxy_pass http://[::1]:80; }", "server { server_name other; }",
  ])
  func `EB150: what is found without containers is right`(text: String) {
    #expect(task("nginx/default.conf", text).isEmpty)
  }

  @Test func `EB150: services of Compose are called by their names`() {
    func lines(_ text: String, _ path: String = "nginx/a.conf") -> [String] {
      CheckSample(
        on: docker,
        [
          "docker-compose.yml": SampleFile(Array(CheckContainerTests.compose.utf8)),
          path: SampleFile(Array(text.utf8)),
        ]
      ).lines(of: "EB150")
    }
    #expect(
      lines("location / { fastcgi_pass php:9000; }") == [
        "warning nginx/a.conf:1:27 'php' is no container's name, which are 'web', 'front', 'db', "
          + "'store'"
      ])
    #expect(lines("location / { proxy_pass http://front; }").isEmpty)
    #expect(lines("location / { proxy_pass http://php; }", "nginx/dev.conf").isEmpty)
    #expect(lines("location / { proxy_pass http://php; }", ".platform/nginx/a.conf").isEmpty)
    let alone = CheckSample(on: docker, ["a.conf": "location / { proxy_pass http://php; }"])
    #expect(alone.lines(of: "EB150").isEmpty)
  }
}
