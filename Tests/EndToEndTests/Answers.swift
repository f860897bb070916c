import Foundation

/// The shapes of `--json`, as somebody else's program would read them.
struct VersionAnswer: Decodable {
  var label: String
  var digest: String
  var size: Int
  var created: Date
  var description: String
  var commit: String?
  var reference: String?
  var source: String
  var secrets: [String]
  var builtBy: String
}

struct EnvironmentAnswer: Decodable {
  var name: String
  var status: String
  var health: String
  var causes: [String]
  var version: VersionAnswer?
  var url: String?
  var created: Date
  var updated: Date
  var tags: [String: String]
}

struct OutcomeAnswer: Decodable {
  var outcome: String
  var reasons: [String]
  var runningLabel: String?
}

struct PushAnswer: Decodable {
  var environment: String
  var branch: String?
  var version: VersionAnswer
  var published: Bool
  var upToDate: Bool
  var result: OutcomeAnswer
  var url: String?
  var seconds: Double
}

struct PlanAnswer: Decodable {
  struct Change: Decodable, Equatable {
    var path: String
    var kind: String
  }

  struct Commit: Decodable {
    var id: String
    var subject: String
  }

  var environment: String
  var reason: String
  var host: String
  var location: String
  var creates: Bool
  var running: String?
  var version: VersionAnswer
  var published: Bool
  var refusal: String?
  var commits: [Commit]?
  var changes: [Change]?
}

struct MappingAnswer: Decodable, Equatable {
  var branch: String
  var environment: String?
  var ephemeral: Bool
  var reason: String
}

struct SettingAnswer: Decodable, Equatable {
  var name: String
  var value: String
  var origin: String
}

struct EventAnswer: Decodable {
  var date: Date
  var severity: String
  var message: String
  var versionLabel: String?
}

struct PublishedAnswer: Decodable {
  var version: VersionAnswer
  var environments: [String]
}

struct LogAnswer: Decodable {
  var name: String
  var path: String
  var lines: [String]
}

struct HealthAnswer: Decodable {
  var environment: String
  var health: String
  var causes: [String]
}

struct SummaryAnswer: Decodable {
  var digest: String
  var size: Int
  var contentSize: Int
  var entries: Int
}

struct ListAnswer: Decodable {
  struct Entry: Decodable {
    var path: String
    var mode: String
    var secret: Bool
    var size: Int
    var compressedSize: Int
  }

  var summary: SummaryAnswer
  var entries: [Entry]
}

struct ImportAnswer: Decodable {
  struct Branch: Decodable {
    var branch: String
    var environment: String
  }

  struct Remainder: Decodable {
    var key: String
    var origin: String
    var inForce: Bool
  }

  var path: String?
  var text: String?
  var settings: [String: String]
  var branches: [Branch]
  var notImported: [Remainder]
}

struct LogArchiveAnswer: Decodable {
  struct File: Decodable {
    var name: String
    var size: Int
  }

  var path: String
  var files: [File]
}
