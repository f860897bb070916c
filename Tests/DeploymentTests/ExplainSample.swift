@testable import Deployment

/// Logs that are made for tests.
enum ExplainSample {
  /// A random sequence that is the same in every run, by SplitMix64.
  struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  /// What logs of deployments that succeed hold. `#` stands for a number.
  private static let patterns = [
    "[INFO] Executing instruction: CheckProcfileForNodeApplication",
    "[INFO] Executing instruction: FlipApplication",
    "[INFO] Running command /bin/sh -c systemctl show -p PartOf nginx.service",
    "[INFO] Running command /bin/sh -c /opt/aws/bin/cfn-get-metadata -s arn:aws:cloudformation:#",
    "[INFO] The dir .platform/hooks/predeploy/ does not exist",
    "[INFO] Following platform hooks will be executed in order: [#.sh]",
    "[INFO] checking whether command app-deploy is applicable to this instance...",
    "[INFO] the step ended with 0 errors after # s",
    "[WARN] A Procfile is not provided, a default one is used",
    "[INFO] CommandService Response: {\"status\":\"SUCCESS\",\"api_version\":\"1.0\",\"truncated\":\"#\"}",
    "[INFO] Copying file /opt/elasticbeanstalk/config/private/rsyslog.conf.d/# to /etc/rsyslog.d",
    "Requirement already satisfied: click>=8.0 in /var/app/venv/staging-LQM1lest/lib64/python3.13",
    "Collecting Flask==3.0.# (from -r requirements.txt (line 1))",
    "npm WARN deprecated har-validator@5.1.#: this library is no longer supported",
    "added # packages, and audited 5# packages in 3s; found 0 vulnerabilities",
    "npm notice New minor version of npm available! 10.#.0 -> 10.9.0",
    "Using bundler 2.#.9", "Installing dependencies from lock file (including require-dev)",
    "[#] [INFO] Booting worker with pid: #", "[#] [INFO] Listening at: http://127.0.0.1:8000",
    "GET /status 200 # ms - 12", "user # signed in", "Listening on port 8080",
    "[notice] #: start worker processes",
    "[warn] #: *3 a client request body is buffered to a file",
    "Step #/12 : RUN npm ci --omit=dev", " ---> Using cache", "Successfully built 0a1b2c3d4e#f",
    "Status: Downloaded newer image for node:22-alpine", "#%#% retrieved, permission granted",
    "systemd[1]: Started web.service - This is web daemon.", "systemd[1]: Reloading.",
    "healthd: checking /var/app/current every # seconds", "cache hit for /images/error-page.#.png",
    "Cloud-init v. 22.2.2 running 'modules:final'", "Complete!", "Nothing to do for package #",
    "Installed: libpq-15.#-1.amzn2023.0.1.x86_64", "migration # already applied", "port # is free",
    "memory: # MB of 960 MB used", "disk: #% of / used", "task # placed on container instance",
  ]

  /// So many lines that tell of nothing, with times as each kind of log has them.
  static func harmless(_ count: Int = 10_000, kind: LogKind = .application, seed: UInt64 = 7)
    -> [String]
  {
    var chance = Chance(state: seed)
    return (0..<count).map { index in
      let pattern = patterns.randomElement(using: &chance) ?? ""
      let text = pattern.replacing("#", with: "\(Int.random(in: 1...999, using: &chance))")
      return time(Double(index) / 10, kind) + text
    }
  }

  /// The time at the beginning of a line, so many seconds after 10 o'clock.
  static func time(_ seconds: Double, _ kind: LogKind) -> String {
    let (whole, day) = (Int(seconds), 1 + Int(seconds) / 36_000)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let clock = "\(two(10 + whole / 3600 % 10)):\(two(whole / 60 % 60)):\(two(whole % 60))"
    return switch kind {
    case .engine: "2024/05/\(two(day)) \(clock).123456 "
    case .activity, .containers: "[2024-05-\(two(day))T\(clock).123Z] INFO  [3105]  - "
    case .resources: "2024-05-\(two(day)) \(clock),123 "
    case .proxy: "2024/05/\(two(day)) \(clock) "
    case .application: "May  \(day) \(clock) ip-10-0-0-1 web[3105]: "
    default: ""
    }
  }

  static func log(_ name: String, _ lines: [String]) -> LogText {
    LogText(name, Array((lines.joined(separator: "\n") + "\n").utf8))
  }
}

extension SymptomSighting {
  /// Such as `EB111 eb-engine.log:9`.
  var testLine: String { "\(symptom.id) \(log)" + (line.map { ":\($0)" } ?? "") }
}
