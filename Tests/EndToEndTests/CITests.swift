import Foundation
import TestSupport
import Testing

@Suite("git eb ci, and push --ci") struct CITests {
  // MARK: - The workflows

  /// A job as PyYAML reads it.
  struct Job: Decodable {
    var name: String
    /// What it runs in a shell, step by step.
    var scripts: [String]
    /// What it uses of others.
    var uses: [String]
    /// Everything else, as JSON.
    var rest: String
  }

  private func jobs(_ service: String, _ shop: Workplace) throws -> [String: Job] {
    let workflow = try shop.eb("ci", service)
    try #require(workflow.status == 0, "\(workflow)")
    // YAML 1.1 takes `on` for true.
    let program = """
      import json, sys, yaml
      flow = yaml.safe_load(sys.stdin)
      jobs = flow.pop("jobs", None) or {
          name: job for name, job in flow.items()
          if isinstance(job, dict) and name not in ("workflow", "default", "variables")}
      answer = []
      for name, job in jobs.items():
          steps = job.pop("steps", [])
          scripts = [s["run"] for s in steps if "run" in s]
          scripts += job.pop("before_script", []) + job.pop("script", [])
          uses = [s["uses"] for s in steps if "uses" in s]
          steps = [{k: v for k, v in s.items() if k != "run"} for s in steps]
          answer.append(dict(
              name=name, scripts=scripts, uses=uses, rest=json.dumps([job, steps], sort_keys=True)))
      head = {str(k): v for k, v in flow.items()}
      answer.append(dict(name="", scripts=[], uses=[], rest=json.dumps(head, sort_keys=True)))
      print(json.dumps(answer))
      """
    let screen = try shop.command(
      [CloudServer.python, "-c", program], input: workflow.output)
    try #require(screen.status == 0, "\(screen)")
    let found = try screen.json([Job].self)
    return Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0) })
  }

  @Test func `GitHub's workflow asks for little, and its scripts are fixed`() throws {
    let shop = try Workplace.shop()
    let jobs = try jobs("github", shop)
    let head = try #require(jobs[""]?.rest)
    #expect(head.contains(#""permissions": {}"#))
    #expect(head.contains(#""types": ["opened", "synchronize", "reopened", "closed"]"#))
    #expect(head.contains(#""schedule": [{"cron""#))
    #expect(!head.contains("pull_request_target"))
    let deploy = try #require(jobs["deploy"])
    #expect(
      deploy.rest.contains(
        #""permissions": {"contents": "read", "id-token": "write", "pull-requests": "write"}"#))
    #expect(deploy.rest.contains(#""cancel-in-progress": true"#))
    #expect(deploy.rest.contains(#""persist-credentials": false"#))
    let prune = try #require(jobs["prune"])
    #expect(
      prune.rest.contains(#""permissions": {"contents": "read", "id-token": "write"}"#))
    for job in [deploy, prune] {
      #expect(!job.scripts.isEmpty)
      for script in job.scripts { #expect(!script.contains("${{"), "\(script)") }
      for use in job.uses { #expect(use.contains(/@[0-9a-f]{40}$/), "\(use)") }
    }
  }

  @Test func `GitLab's workflow lets a newer push end an older one`() throws {
    let shop = try Workplace.shop()
    let jobs = try jobs("gitlab", shop)
    #expect(try #require(jobs[""]?.rest).contains(#""on_new_commit": "interruptible""#))
    #expect(try #require(jobs["preview"]?.rest).contains(#""interruptible": true"#))
    #expect(try #require(jobs["stop"]?.rest).contains(#""action": "stop""#))
    #expect(try #require(jobs[".git-eb"]?.rest).contains(#""id_tokens": {"AWS_ID_TOKEN""#))
  }

  @Test(arguments: ["github", "gitlab"])
  func `It is written where the service looks for it, and over no other file`(
    _ service: String
  ) throws {
    let shop = try Workplace.shop()
    let path = service == "github" ? ".github/workflows/preview.yml" : ".gitlab-ci.yml"
    expect(
      try shop.eb("ci", service, "--write"),
      """
      wrote \(path)
      ! hint: fill in the step that installs git-eb
      """)
    let text = try String(contentsOfFile: "\(shop.path)/\(path)", encoding: .utf8)
    #expect(try shop.eb("ci", service).output == text)
    expect(
      try shop.eb("ci", service, "--write"),
      """
      ! error: '\(path)' exists already
      ! hint: git eb ci prints the workflow, to be merged with it
      [2]
      """)
  }

  // MARK: - The workflows' lines, run as the services run them

  /// A clone as a service makes it for a pull request from `branch`, of a repository that has it.
  private func checkOut(_ branch: String) throws -> Workplace {
    let shop = try Workplace.shop()
    let repository = shop.repository
    try repository.git("clone", "--quiet", "--bare", ".", "\(shop.base)/remote.git")
    try repository.git("remote", "add", "origin", "\(shop.base)/remote.git")
    try repository.git("switch", "--quiet", "--create", branch)
    try repository.write("greeting.txt", "hello\n")
    try repository.commit("Greet `otherwise` | <b>@everybody</b>")
    try repository.git("push", "--quiet", "origin", branch)
    try repository.git("fetch", "--quiet", "origin")
    try repository.git("switch", "--quiet", "--detach")
    try repository.git("branch", "-D", branch, "master")
    return shop
  }

  private func github(_ shop: Workplace, _ branch: String) throws -> [String: String] {
    let base = shop.base
    try FileManager.default.createDirectory(
      atPath: "\(base)/runner", withIntermediateDirectories: true)
    return [
      "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request",
      "GITHUB_HEAD_REF": branch, "GITHUB_BASE_REF": "master", "GITHUB_REF_NAME": "7/merge",
      "GITHUB_REF_TYPE": "branch", "GITHUB_REPOSITORY": "shop/shop", "GITHUB_RUN_ID": "42",
      "GITHUB_SERVER_URL": "https://github.com", "RUNNER_TEMP": "\(base)/runner",
      "GITHUB_OUTPUT": "\(base)/runner/output",
      "GITHUB_STEP_SUMMARY": "\(base)/runner/summary", "NUMBER": "7", "GH_TOKEN": "token",
    ]
  }

  private func text(_ shop: Workplace, _ file: String) throws -> String {
    try String(contentsOfFile: "\(shop.base)/\(file)", encoding: .utf8)
  }

  /// A program in PATH.
  private func install(_ name: String, _ text: String, _ shop: Workplace) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(shop.base)/bin/\(name)"))
    try shop.command(["chmod", "+x", "\(shop.base)/bin/\(name)"])
  }

  @Test func `GitHub's steps deploy, and one comment is made and edited`() throws {
    let shop = try checkOut("issue91")
    let variables = try github(shop, "issue91")
    let scripts = try #require(try jobs("github", shop)["deploy"]).scripts
    // Knows comments as GitHub's API does: one that it was given, with the number 41.
    try install(
      "gh",
      """
      #!/bin/sh
      echo "$*" >> '\(shop.base)/asked'
      case "$*" in *--jq*) [ ! -e '\(shop.base)/comment' ] || echo 41; exit ;; esac
      for word; do case $word in body=@*) cp "${word#body=@}" '\(shop.base)/comment' ;; esac; done
      """, shop)
    for round in 1...2 {
      for script in scripts where !script.contains("fill in") {
        let screen = try shop.command(["bash", "-e", "-c", script], with: variables)
        #expect(screen.status == 0, "\(round): \(screen)")
      }
    }
    #expect(try shop.page("issue91").contains("greeting: hello"))
    let comment = try text(shop, "comment")
    #expect(comment.hasPrefix("<!-- git-eb:preview -->\n### `issue91` on `issue91`: deployed\n"))
    #expect(comment.contains("<http://127.0.0.1:"))
    let asked = try text(shop, "asked").split(separator: "\n")
    #expect(asked.filter { $0.contains("--method POST") }.count == 1, "\(asked)")
    #expect(
      asked.filter { $0.contains("--method PATCH repos/shop/shop/issues/comments/41 ") }.count == 1,
      "\(asked)")
  }

  @Test(arguments: ["github", "gitlab"])
  func `The lines that prune take away the preview of a branch that is gone`(
    _ service: String
  ) throws {
    let shop = try checkOut("issue91")
    var variables = try github(shop, "issue91")
    try #require(try shop.eb("push", with: variables).status == 0)
    try shop.repository.git("push", "--quiet", "origin", ":issue91")
    if service == "gitlab" { variables = ["GITLAB_CI": "true", "CI_COMMIT_BRANCH": "master"] }
    let scripts = try #require(try jobs(service, shop)["prune"]).scripts
      .filter { $0.contains("git eb") }
    #expect(scripts.count == 1)
    for script in scripts {
      let screen = try shop.command(["bash", "-e", "-c", script], with: variables)
      #expect(screen.status == 0, "\(screen)")
    }
    #expect(try shop.eb("status", "-e", "issue91").status == 2)
  }

  @Test func `GitLab's lines deploy, and one note is made and edited`() throws {
    let shop = try checkOut("issue91")
    let variables = [
      "CI": "true", "GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "7",
      "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "issue91", "AWS_ID_TOKEN": "header.body.signature",
      "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "master", "CI_PROJECT_ID": "3",
      "CI_API_V4_URL": "https://gitlab.example/api/v4", "PREVIEW_TOKEN": "glpat-canary",
    ]
    try shop.repository.git("update-ref", "-d", "refs/remotes/origin/master")
    try install(
      "curl",
      """
      #!/bin/sh
      echo "$*" >> '\(shop.base)/asked'
      case "$*" in
        *--request*)
          for word; do case $word in body@*) cp "${word#body@}" '\(shop.base)/note' ;; esac; done ;;
        */user) echo '{"id": 5}' ;;
        *) echo notes ;;
      esac
      """, shop)
    // The two questions that are asked of it.
    try install(
      "jq",
      """
      #!/bin/sh
      case "$*" in .id) echo 5 ;; *) [ ! -e '\(shop.base)/note' ] || echo 41 ;; esac
      """, shop)
    let found = try jobs("gitlab", shop)
    let before = try #require(found[".git-eb"]).scripts.filter { !$0.contains("fill in") }
    let lines = before + (try #require(found["preview"])).scripts
    for round in 1...2 {
      // A job's lines are run by one shell.
      let screen = try shop.command(
        ["bash", "-e", "-c", lines.joined(separator: "\n")], with: variables)
      #expect(screen.status == 0, "\(round): \(screen)")
    }
    let url = try shop.eb("open", "--print", "-e", "issue91").output
    let dotenv = try String(contentsOfFile: "\(shop.path)/preview.env", encoding: .utf8)
    #expect(dotenv.hasPrefix("PREVIEW_URL=\(url)PREVIEW_ENVIRONMENT=issue91\n"), "\(dotenv)")
    #expect(try text(shop, "note").hasPrefix("<!-- git-eb:preview -->\n"))
    let asked = try text(shop, "asked")
    #expect(asked.contains(/--request PUT .*\/merge_requests\/7\/notes\/41\n/), "\(asked)")
    #expect(!asked.contains("glpat-canary"))
  }

  // MARK: - What is written

  @Test func `Outputs are what was deployed, each between delimiters of its own`() throws {
    let shop = try checkOut("issue91")
    let variables = try github(shop, "issue91")
    let status = "\(shop.base)/status.json"
    let push = try shop.eb(
      "push", "--ci", "--ci-deployment-status", status, "--json", with: variables)
    let answer = try push.json(PushAnswer.self)
    let output = try text(shop, "runner/output")
    let pattern =
      /(?<name>[a-z-]+)<<(?<delimiter>git-eb-[0-9a-f]+)\n(?<value>[^\n]*)\n\k<delimiter>\n/
    let values = Dictionary(
      uniqueKeysWithValues: output.matches(of: pattern).map {
        (String($0.output.name), String($0.output.value))
      })
    #expect(Set(output.matches(of: pattern).map(\.output.delimiter)).count == 7)
    let url = try shop.eb("open", "--print", "-e", "issue91").output.dropLast()
    #expect(
      values == [
        "url": String(url), "environment": "issue91", "label": answer.version.label,
        "commit": answer.version.commit ?? "", "digest": answer.version.digest,
        "outcome": "deployed", "previous-commit": "",
      ])
    expect(
      Screen(status: 0, output: try text(shop, "status.json"), error: "", base: shop.base),
      """
      {
        "auto_inactive" : true,
        "description" : "issue91-<id>-<digest8>: deployed",
        "environment" : "issue91",
        "environment_url" : "http://127.0.0.1:<port>/",
        "log_url" : "https://github.com/shop/shop/actions/runs/42",
        "state" : "success"
      }
      """)
    // A second step adds to what the first wrote.
    _ = try shop.eb("push", "--ci", with: variables)
    #expect(try text(shop, "runner/output").hasPrefix(output))
    #expect(try text(shop, "runner/output") != output)
  }

  @Test func `The comment says what changed, and nothing in it is markup`() throws {
    let shop = try checkOut("issue91")
    let variables = try github(shop, "issue91")
    let comment = "\(shop.base)/comment.md"
    try #require(try shop.eb("push", "HEAD~1", with: variables).status == 0)
    #expect(
      try shop.eb("push", "--ci", "--ci-comment", comment, with: variables).status == 0)
    expect(
      Screen(status: 0, output: try text(shop, "comment.md"), error: "", base: shop.base),
      """
      <!-- git-eb:preview -->
      ### `issue91` on `issue91`: deployed

      <http://127.0.0.1:<port>/>

      - Commit: <id> ``Greet `otherwise` | <b>@everybody</b>``
      - Version: `issue91-<id>-<digest8>`
      - Digest: `<digest>`
      - Since <id>: 1 commit
        - <id> ``Greet `otherwise` | <b>@everybody</b>``
      - Roll back: `git eb rollback -e issue91`
      """)
    #expect(
      try text(shop, "comment.md").hasSuffix(try text(shop, "runner/summary").dropLast(1)))
  }

  @Test func `A preview that expires says when`() throws {
    let shop = try checkOut("issue91")
    let comment = "\(shop.base)/comment.md"
    _ = try shop.eb(
      "push", "--branch", "issue91", "--ci-comment", comment, with: ["GIT_EB_PREVIEWS_TTL": "72h"])
    let line = /- Expires: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, unless it is deployed to again\n/
    #expect(try text(shop, "comment.md").contains(line))
  }

  @Test func `A deployment that fails or is refused is told as well`() throws {
    let shop = try checkOut("issue91")
    let variables = try github(shop, "issue91")
    func push(_ arguments: String...) throws -> Int32 {
      try shop.command(
        [
          "git", "eb", "push", "--ci", "--ci-comment", "\(shop.base)/comment.md",
          "--ci-deployment-status", "\(shop.base)/status.json",
        ] + arguments, with: variables
      ).status
    }
    try #require(try push() == 0)
    try shop.repository.write("broken", "b`r`o|ken\n")
    try shop.repository.commit("Break")
    #expect(try push() == 1)
    #expect(try text(shop, "comment.md").contains("### `issue91` on `issue91`: failed\n"))
    #expect(try text(shop, "comment.md").contains("- Logs: `git eb logs -e issue91`\n"))
    #expect(try text(shop, "status.json").contains(#""state" : "failure""#))
    #expect(try text(shop, "runner/output").contains("\nfailed\n"))
    #expect(try push("HEAD~2") == 2)
    #expect(try text(shop, "comment.md").contains("### `issue91` on `issue91`: refused\n"))
    #expect(try text(shop, "status.json").contains(#""state" : "error""#))
  }

  @Test func `Where the service has no such files nothing is written, and that is said`() throws {
    let shop = try Workplace.shop()
    let screen = try shop.eb("push", "--ci")
    #expect(screen.status == 0)
    for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
      #expect(
        screen.error.contains("note: \(name) is not set, so nothing is written there\n"),
        "\(screen)")
    }
    let lost = try shop.eb(
      "push", "--ci-comment", "\(shop.base)/none/comment.md", with: ["GITHUB_OUTPUT": "/none/x"])
    #expect(lost.status == 0, "\(lost)")
    #expect(lost.error.contains("warning: cannot create"), "\(lost)")
    #expect(try shop.eb("push", "--dry-run", "--ci").status == 64)
  }
}
