import Foundation
import TestSupport
import Testing

@Suite("git eb check") struct CheckTests {
  /// A token of GitHub's shape, made for this test: its checksum is right.
  private static let token = "ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17"

  /// A shop for Beanstalk with three mistakes.
  private func faulty(_ configuration: String = "application: shop\n") throws -> Workplace {
    let platform = "platform: Python 3.8 running on 64bit Amazon Linux 2\n"
    let shop = try Workplace.shop(configuration: configuration + platform)
    try shop.repository.write(".platform/hooks/predeploy/01.sh", "#!/bin/sh\r\ntrue\r\n")
    try shop.repository.write("Procfile", "web: exec python3 app.py\nno process\n")
    try shop.repository.write("settings.py", "A = 1\nTOKEN = '\(Self.token)'\n")
    try shop.repository.commit("Make mistakes")
    return shop
  }

  @Test func `A bundle without faults is said to have none`() throws {
    let shop = try Workplace.shop()
    expect(try shop.eb("check"), "nothing found in 7 entries")
  }

  @Test func `Faults are told with their places, their rules and what to do`() throws {
    let shop = try faulty()
    expect(
      try shop.eb("check"),
      """
      .platform/hooks/predeploy/01.sh: error: it is not executable (mode 644) [EB104]
      hint: git update-index --chmod=+x .platform/hooks/predeploy/01.sh
      .platform/hooks/predeploy/01.sh:1: error: its lines end in CRLF [EB105]
      hint: in .gitattributes: '*.sh text eol=lf', then git add --renormalize .
      Procfile:2:1: error: not of the form 'name: command' [EB109]
      hint: write each process as 'name: command', with web first
      settings.py:2:10: error: it holds a GitHub token [EB161]
        fingerprint: 17cb907cc3faa3a2
      hint: revoke it, since git has it; then take it out, and give it to the bundle under 'secrets' \
      of .git-eb.yml, or allow it under check.allow
      4 errors in 10 entries
      [1]
      """)
    #expect(!(try shop.eb("check").output.contains(Self.token)))
  }

  @Test func `A push stops at errors before anything is sent, and goes on when it is told to`()
    throws
  {
    let shop = try Workplace.shop()
    try shop.repository.write("settings.py", "TOKEN = '\(Self.token)'\n")
    try shop.repository.commit("Add a token")
    let screen = try shop.eb("push")
    #expect(screen.status == 2)
    #expect(screen.error.contains("error: nothing was sent: the checks found 1 error\n"))
    #expect(screen.error.contains("error: settings.py:1:10: it holds a GitHub token [EB161]\n"))
    #expect(screen.error.contains("hint: git eb check --explain EB161\n"))
    #expect(!screen.error.contains(Self.token))
    #expect(shop.files(below: "\(shop.host)/versions") == [])
    #expect(shop.leftovers == [])
    let plan = try shop.eb("push", "--dry-run")
    #expect(plan.status == 2)
    #expect(plan.output.contains("checks:       1 error\n"))
    #expect(try shop.eb("push", "--no-check").status == 0)
  }

  @Test func `Warnings are told and stop nothing`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("Procfile", "clock: sleep 100\nweb: exec python3 app.py\n")
    try shop.repository.commit("Add a clock")
    let screen = try shop.eb("push")
    #expect(screen.status == 0, "\(screen)")
    #expect(
      screen.error.contains(
        "warning: Procfile:1:1: 'web' is not the first process, which is the one that gets the "
          + "requests [EB109]\n"))
    #expect(!(try shop.eb("push", "--quiet").error.contains("EB109")))
  }

  @Test func `The configuration switches rules off, and allows secrets by path and fingerprint`()
    throws
  {
    let shop = try faulty(
      "application: shop\ncheck: {EB104: off, crlf-script: warning, EB109: error}\n")
    let first = try shop.eb("check", "--json").json(CheckAnswer.self)
    #expect(first.findings.map(\.rule) == ["EB109", "EB161", "EB105"])
    let fingerprint = try #require(first.findings.compactMap(\.fingerprint).first)
    for word in [fingerprint, "settings.py", "*.py"] {
      try shop.repository.write(
        ".git-eb.yml",
        "application: shop\ncheck: {EB104: off, EB105: off, EB109: off, allow: ['\(word)']}\n")
      try shop.repository.commit("Allow it by \(word)")
      #expect(try shop.eb("check").status == 0)
    }
  }

  @Test func `A rule that is not there is told with the nearest`() throws {
    let shop = try Workplace.shop(configuration: "application: shop\ncheck: {EB1O4: off}\n")
    let screen = try shop.eb("check")
    #expect(screen.status == 2)
    #expect(screen.error.contains("'check.EB1O4'") && screen.error.contains("EB104"), "\(screen)")
  }

  @Test func `What is staged and what lies in the work tree is looked at`() throws {
    let shop = try Workplace.shop()
    try shop.repository.write("id_rsa", "text\n")
    #expect(try shop.eb("check").status == 0)
    #expect(try shop.eb("check", "--worktree").status == 1)
    #expect(try shop.eb("check", "--staged").status == 0)
    try shop.repository.git("add", "id_rsa")
    #expect(try shop.eb("check", "--staged").output.contains("id_rsa: error: "))
  }

  @Test func `A finished bundle is looked at outside of a repository`() throws {
    let place = try Workplace(nil)
    let outside = "\(place.base)/outside"
    try FileManager.default.createDirectory(
      atPath: outside, withIntermediateDirectories: true)
    try place.python(
      """
      import sys, zipfile
      with zipfile.ZipFile(sys.argv[1], "w") as bundle:
          bundle.writestr("shop/package.json", "{}")
          bundle.writestr("shop\\\\views\\\\index.html", "x")
          bundle.writestr("shop/../../etc/passwd", "x")
          bundle.writestr("__MACOSX/.ebextensions/._a.config", "x")
      """, "\(outside)/app.zip")
    let screen = try place.eb("check", "--bundle", "app.zip", "--json", in: outside)
    let answer = try screen.json(CheckAnswer.self)
    #expect(screen.status == 1)
    #expect(
      Set(answer.findings.filter { $0.severity == "error" }.map(\.rule)).isSuperset(
        of: ["EB116", "EB139"]), "\(answer)")
    #expect(answer.findings.contains { $0.rule == "EB103" && $0.path == "shop\\views\\index.html" })
    #expect(answer.findings.contains { $0.path == "shop/../../etc/passwd" })
    expect(
      try place.eb("check", "--bundle", "none.zip", in: outside),
      """
      ! error: cannot look into the bundle: No such file or directory ('none.zip')
      [2]
      """)
  }

  @Test func `SARIF is what its schema says`() throws {
    let shop = try faulty()
    try shop.repository.write("sub dir/ü.py", "TOKEN = '\(Self.token)'\n")
    try shop.repository.commit("Add a name")
    let screen = try shop.eb("check", "--format", "sarif")
    #expect(screen.status == 1)
    let validation = [CloudServer.python, CloudServer.script("validate_sarif.py")]
    let validated = try shop.command(validation, input: screen.output)
    #expect(validated.output == "valid\n", "\(validated)")
    #expect(screen.output.contains("sub%20dir/%C3%BC.py"))
    // Without findings it is a log all the same.
    let clean = try Workplace.shop().eb("check", "--format", "sarif")
    let again = try shop.command(validation, input: clean.output)
    #expect(again.output == "valid\n", "\(again)")
  }

  @Test func `GitHub's annotations name file, line and column`() throws {
    let shop = try Workplace.shop(configuration: "application: shop\nbundle: {root: web}\n")
    try shop.repository.write("web/Procfile", "web: x\n50%, or: nothing\n")
    try shop.repository.commit("Move")
    expect(
      try shop.eb("check", "--format", "github"),
      """
      ::error file=web/Procfile,line=2,col=1,title=EB109 procfile::'50%25, or' is not a name of \
      letters, digits, '-' and '_'%0Awrite each process as 'name: command', with web first
      [1]
      """)
  }

  @Test func `A rule is explained, and all are listed`() throws {
    let place = try Workplace(nil)
    let screen = try place.eb("check", "--explain", "eb112", in: place.base)
    #expect(screen.output.hasPrefix("EB112 virtual-environment: "))
    #expect(screen.output.contains("check: {EB112: off} in .git-eb.yml\n"))
    let list = try place.eb("check", "--list", in: place.base).output
    for number in [101, 104, 112, 132, 140, 161] { #expect(list.contains("EB\(number)")) }
    let wrong = try place.eb("check", "--explain", "EB9", in: place.base)
    #expect(wrong.status == 64 && wrong.error.contains("there is no rule 'EB9'"))
  }

  @Test func `Secrets that are missing or not filled in are told`() throws {
    let shop = try Workplace.shop(
      configuration: "application: shop\nsecrets: [.secrets/, config/prod.env]\n")
    try shop.repository.write(".secrets/key", "PASSWORD=changeme\n")
    let screen = try shop.eb("check")
    #expect(screen.status == 1)
    #expect(screen.output.contains("error: secret 'config/prod.env'"), "\(screen)")
    try shop.repository.write(".gitignore", ".secrets/\nconfig/prod.env\n")
    try shop.repository.write("config/prod.env", "A=1\n")
    try shop.repository.commit("Ignore it")
    let filled = try shop.eb("check")
    #expect(filled.status == 0)
    #expect(
      filled.output.contains(
        ".secrets/key:1: warning: the secret has a place that is not filled in [EB133]\n"),
      "\(filled)")
  }

  // MARK: - Mending

  @Test func `What is mechanical is shown and mended`() throws {
    let shop = try faulty()
    try shop.repository.write("lib/.ebextensions/app.config", "option_settings: []\n")
    try shop.repository.commit("Misplace")
    let before = try shop.repository.git("rev-parse", "HEAD")
    let asked = try shop.eb("check", "--fix")
    #expect(asked.status == 2, "\(asked)")
    #expect(try shop.repository.git("status", "--porcelain") == "")
    let screen = try shop.eb("check", "--fix", "--yes")
    #expect(screen.status == 1)
    #expect(
      screen.output.hasPrefix(
        """
        diff --git a/.platform/hooks/predeploy/01.sh b/.platform/hooks/predeploy/01.sh
        old mode 100644
        new mode 100755
        diff --git a/.gitattributes b/.gitattributes
        +/.platform/hooks/predeploy/01.sh text eol=lf
        diff --git a/.platform/hooks/predeploy/01.sh b/.platform/hooks/predeploy/01.sh
        CRLF becomes LF in 2 lines

        """), "\(screen)")
    #expect(try shop.repository.git("rev-parse", "HEAD") == before)
    let staged = try shop.eb("check", "--staged", "--json").json(CheckAnswer.self)
    #expect(
      Set(staged.findings.filter { $0.severity == "error" }.map(\.rule)).isDisjoint(
        with: ["EB104", "EB105"]))
    #expect(
      try shop.repository.git("ls-files", "-s", ".platform").hasPrefix("100755 "))
    #expect(
      try shop.bytes("git", "show", ":.platform/hooks/predeploy/01.sh")
        == Data("#!/bin/sh\ntrue\n".utf8))
  }

  @Test func `A file with changes of its own is not rewritten`() throws {
    let shop = try faulty()
    try shop.repository.write(".platform/hooks/predeploy/01.sh", "#!/bin/sh\r\nmine\r\n")
    let screen = try shop.eb("check", "--fix", "--yes")
    #expect(
      screen.error.contains(
        "warning: not mended: '.platform/hooks/predeploy/01.sh' has changes that are not committed\n"
      ), "\(screen)")
    #expect(
      try String(contentsOfFile: "\(shop.path)/.platform/hooks/predeploy/01.sh", encoding: .utf8)
        == "#!/bin/sh\r\nmine\r\n")
  }

  @Test func `Checking leaves the repository as it was`() throws {
    let shop = try faulty()
    let before = shop.files(below: "\(shop.path)/.git")
    _ = try shop.eb("check")
    _ = try shop.eb("check", "--staged")
    _ = try shop.eb("check", "--worktree")
    #expect(shop.files(below: "\(shop.path)/.git") == before)
    #expect(shop.leftovers == [])
  }

  // MARK: - What is kept

  @Test func `What was found once is found again when the contents are kept`() throws {
    let shop = try faulty()
    let first = try shop.eb("check")
    let second = try shop.eb("check")
    #expect(first.output == second.output && first.status == 1)
    // An archive keeps contents without looking at them.
    let other = try Workplace.shop()
    try other.repository.write("settings.py", "TOKEN = '\(Self.token)'\n")
    try other.repository.commit("Add a token")
    #expect(try other.eb("archive", "-o", "\(other.base)/a.zip").status == 0)
    #expect(try other.eb("check").status == 1)
  }
}

private struct CheckAnswer: Decodable {
  struct Finding: Decodable {
    var rule: String
    var severity: String
    var path: String?
    var fingerprint: String?
  }

  var findings: [Finding]
}
