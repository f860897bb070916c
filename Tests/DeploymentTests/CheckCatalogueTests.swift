import Foundation
import Testing

@testable import Deployment

@Suite("Checks: the rules together") struct CheckCatalogueTests {
  @Test func `Identifiers and names are given once, and every rule says what to do`() {
    let rules = Rules.all
    #expect(Set(rules.map(\.id)).count == rules.count)
    #expect(Set(rules.map(\.name)).count == rules.count)
    for rule in rules {
      #expect(rule.id.wholeMatch(of: /EB1\d\d/) != nil, "\(rule.id)")
      #expect(rule.name.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil, "\(rule.name)")
      for text in [rule.title, rule.server, rule.remedy, rule.source] {
        #expect(!text.isEmpty, "\(rule.id)")
      }
      #expect(!rule.title.hasSuffix("."), "\(rule.id)")
      #expect(Rules.rule(rule.name.uppercased())?.id == rule.id)
    }
  }

  /// Rows 1 to 42 of the list of facts, but for 133, which is about secrets, all are rules.
  @Test func `Every fact that a bundle can tell is a rule`() {
    #expect(Set((101...142).map { "EB\($0)" }).isSubset(of: Rules.all.map(\.id)))
  }

  @Test func `Every rule has bundles that trip it and bundles that nearly do`() throws {
    let directory = URL(filePath: #filePath).deletingLastPathComponent()
    let suites = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter {
      $0.hasPrefix("Check") && $0.hasSuffix("Tests.swift")
    }
    let text = try suites.map {
      try String(contentsOf: directory.appending(path: $0), encoding: .utf8)
    }.joined()
    for rule in Rules.all {
      #expect(text.ranges(of: "\"\(rule.id)\"").count >= 2, "\(rule.id)")
    }
  }

  // MARK: - Applications that deploy

  private static let procfile: SampleFile = "web: gunicorn --bind :8000 --workers 3 shop.wsgi\n"

  /// Applications as people deploy them, small: what is in the documentation's samples and tutorials.
  static let applications: [(name: String, sample: CheckSample)] = [
    (
      "Flask",
      CheckSample(
        on: "Python 3.13 running on 64bit Amazon Linux 2023",
        [
          "application.py": "from flask import Flask\napplication = Flask(__name__)\n",
          "requirements.txt": "flask==3.0.3\nWerkzeug>=3.0\n# pinned\nboto3~=1.34\n",
          ".ebextensions/python.config": """
          option_settings:
            "aws:elasticbeanstalk:container:python":
              WSGIPath: application:application
            aws:elasticbeanstalk:environment:proxy:staticfiles:
              /static: static
          """, "static/site.css": "a {}\n",
        ])
    ),
    (
      "Django",
      CheckSample(
        on: "64bit Amazon Linux 2023 v4.3.0 running Python 3.12",
        [
          "manage.py": .program("#!/usr/bin/env python\n"), "shop/__init__.py": "",
          "shop/settings.py": "SECRET_KEY = os.environ['SECRET_KEY']\nDEBUG = False\n",
          "shop/wsgi.py": "application = get_wsgi_application()\n", "Procfile": procfile,
          "requirements.txt": "Django==5.0.6\ngunicorn==22.0.0\npsycopg[binary]==3.1.19\n",
          ".ebextensions/django.config": """
          container_commands:
            01_migrate:
              command: "source /var/app/venv/*/bin/activate && python3 manage.py migrate"
              leader_only: true
            02_collectstatic:
              command: "source /var/app/venv/*/bin/activate && python3 manage.py collectstatic"
          option_settings:
            - namespace: aws:elasticbeanstalk:container:python
              option_name: WSGIPath
              value: shop.wsgi:application
            - option_name: DJANGO_SETTINGS_MODULE
              value: shop.settings
            - namespace: aws:elasticbeanstalk:application
              option_name: Application Healthcheck URL
              value: /health/
          """, ".platform/hooks/postdeploy/01_notify.sh": .program("#!/bin/bash\necho done\n"),
          ".github/workflows/ci.yml": "on: push\n", "docs/index.md": "# Shop\n",
          "tests/test_shop.py": "def test(): pass\n", ".env.example": "SECRET_KEY=changeme\n",
        ])
    ),
    (
      "Express",
      CheckSample(
        on: "Node.js 20 running on 64bit Amazon Linux 2023",
        [
          "package.json": """
          {
            "name": "shop", "version": "1.0.0", "engines": {"node": ">=20"},
            "scripts": {"start": "node app.js"}, "dependencies": {"express": "^4.19.2"}
          }
          """, "package-lock.json": "{}",
          "app.js": "const port = process.env.PORT || 3000;\napp.listen(port);\n",
          ".platform/nginx/conf.d/upload.conf": "client_max_body_size 20M;\n",
          ".npmrc": "engine-strict=true\n//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n",
        ])
    ),
    (
      "Next.js with a Procfile",
      CheckSample(
        on: "Node.js 22 running on 64bit Amazon Linux 2023",
        [
          "Procfile": "web: npm start -- -p $PORT\n",
          "package.json":
            #"{"name": "shop", "scripts": {"build": "next build", "start": "next start"}}"#,
          ".platform/hooks/prebuild/build.sh": .program(
            "#!/usr/bin/env bash\nnpm ci\nnpm run build\n"),
          "pages/index.js": "export default () => null\n",
        ])
    ),
    (
      "Spring Boot",
      CheckSample(
        on: "Corretto 21 running on 64bit Amazon Linux 2023",
        ["Procfile": "web: java -jar shop.jar\n", "shop.jar": "PK\u{3}\u{4}"])
    ),
    (
      "Tomcat",
      CheckSample(
        on: "Tomcat 10 with Corretto 17 running on 64bit Amazon Linux 2023",
        [
          "WEB-INF/web.xml": "<web-app/>", "index.jsp": "<html/>",
          "META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n",
          ".ebextensions/jvm.config": """
          option_settings:
            aws:elasticbeanstalk:container:tomcat:jvmoptions:
              Xms: 512m
              JVM Options: '-Xmn128m'
          """,
        ])
    ),
    (
      "Docker",
      CheckSample(
        on: "Docker running on 64bit Amazon Linux 2023",
        [
          "Dockerfile": """
          # syntax=docker/dockerfile:1
          FROM golang:1.22 AS build
          WORKDIR /src
          COPY . .
          RUN --mount=type=cache,target=/root/.cache <<EOF
          go build -o /out/shop ./cmd/shop
          EOF

          FROM gcr.io/distroless/base
          COPY --from=build /out/shop /shop
          EXPOSE 8080
          ENTRYPOINT ["/shop"]
          """, ".dockerignore": ".git\n", "cmd/shop/main.go": "package main\n",
        ])
    ),
    (
      "Docker Compose",
      CheckSample(
        on: "Docker running on 64bit Amazon Linux 2",
        [
          "docker-compose.yml": """
          version: "3.8"
          services:
            web:
              build: ./web
              ports: ["80:8000"]
              depends_on: [redis]
            redis:
              image: redis:7-alpine
          """, "web/Dockerfile": "FROM python:3.12\nEXPOSE 8000\nCMD gunicorn app\n",
        ])
    ),
    (
      "ECS",
      CheckSample(
        on: "ECS running on 64bit Amazon Linux 2023",
        [
          "Dockerrun.aws.json": """
          {
            "AWSEBDockerrunVersion": 2,
            "volumes": [{"name": "conf", "host": {"sourcePath": "/var/app/current/proxy/conf.d"}}],
            "containerDefinitions": [
              {"name": "app", "image": "shop:1", "essential": true, "memory": 256},
              {"name": "proxy", "image": "nginx", "essential": true, "memory": 128,
               "portMappings": [{"hostPort": 80, "containerPort": 80}], "links": ["app"],
               "mountPoints": [{"sourceVolume": "conf", "containerPath": "/etc/nginx/conf.d"}]}
            ]
          }
          """,
          "proxy/conf.d/default.conf": """
          server {
            listen 80;
            location / { proxy_pass http://app:8080; }
          }
          """,
        ])
    ),
    (
      "Laravel",
      CheckSample(
        on: "PHP 8.3 running on 64bit Amazon Linux 2023",
        [
          "composer.json": #"{"require": {"laravel/framework": "^11.0"}}"#, "composer.lock": "{}",
          "artisan": .program("#!/usr/bin/env php\n<?php\n"), "public/index.php": "<?php\n",
          ".env.example": "APP_KEY=\n",
          ".ebextensions/document-root.config": """
          option_settings:
            aws:elasticbeanstalk:container:php:phpini:
              document_root: /public
          """,
          ".platform/nginx/conf.d/elasticbeanstalk/laravel.conf":
            "location / {\n  try_files $uri $uri/ /index.php?$query_string;\n}\n",
        ])
    ),
    (
      "Rails",
      CheckSample(
        on: "Ruby 3.3 running on 64bit Amazon Linux 2023",
        [
          "Gemfile": "source 'https://rubygems.org'\ngem 'rails'\n", "Gemfile.lock": "GEM\n",
          "config.ru": "run Rails.application\n",
          "Procfile": "web: bundle exec puma -C /opt/p.rb\n",
          "config/master.key.example": "x\n", "bin/rails": .program("#!/usr/bin/env ruby\n"),
          "config/database.yml": "production:\n  password: <%= ENV['DB_PASSWORD'] %>\n",
        ])
    ),
    (
      "Go",
      CheckSample(
        on: "Go 1 running on 64bit Amazon Linux 2023",
        [
          "application.go": "package main\nfunc main() { http.ListenAndServe(\":5000\", nil) }\n",
          "go.mod": "module shop\n", "Buildfile": "make: ./build.sh\n",
          "build.sh": .program("#!/usr/bin/env bash\ngo build -o bin/application\n"),
        ])
    ),
    (
      "a worker",
      CheckSample(
        on: "Python 3.13 running on 64bit Amazon Linux 2023",
        [
          "application.py": "application = print\n",
          "cron.yaml": """
          version: 1
          cron:
            - name: "backup"
              url: "/backup"
              schedule: "0 */12 * * *"
          """,
        ])
    ),
  ]

  @Test(arguments: applications)
  func `An application that deploys has no errors`(name: String, sample: CheckSample) {
    let errors = sample.findings.filter { $0.severity == .error }
    #expect(errors.map(\.testLine) == [], "\(name)")
    // Nor where the platform has to be told from the files.
    var unknown = sample
    unknown.surroundings.platform = nil
    let more = unknown.findings.filter { $0.severity == .error }
    #expect(more.map(\.testLine) == [], "\(name), by its files")
  }

  @Test(arguments: applications)
  func `An application that deploys is warned of hardly anything`(name: String, sample: CheckSample)
  {
    #expect(
      sample.findings.map(\.testLine).count <= 1, "\(name): \(sample.findings.map(\.testLine))")
  }
}
