import AWS
import Deployment

/// Findings in the Static Analysis Results Interchange Format, version 2.1.0, as GitHub and editors
/// read it.
///
/// Source: OASIS, docs.oasis-open.org/sarif/sarif/v2.1.0.
struct SARIF: Encodable {
  private struct Text: Encodable {
    var text: String
  }

  private struct RuleView: Encodable {
    struct Configuration: Encodable {
      var level: String
    }

    var id: String
    var name: String
    var shortDescription: Text
    var fullDescription: Text
    var help: Text
    var defaultConfiguration: Configuration
  }

  private struct Driver: Encodable {
    var name: String
    var semanticVersion: String
    var rules: [RuleView]
  }

  private struct Tool: Encodable {
    var driver: Driver
  }

  private struct Region: Encodable {
    var startLine: Int
    var startColumn: Int?
  }

  private struct ArtifactLocation: Encodable {
    var uri: String
    var uriBaseId: String
  }

  private struct PhysicalLocation: Encodable {
    var artifactLocation: ArtifactLocation
    var region: Region?
  }

  private struct Location: Encodable {
    var physicalLocation: PhysicalLocation
  }

  private struct Result: Encodable {
    var ruleId: String
    var ruleIndex: Int
    var level: String
    var message: Text
    var locations: [Location]?
    var partialFingerprints: [String: String]?
  }

  private struct Run: Encodable {
    var tool: Tool
    var columnKind: String
    var results: [Result]
  }

  private enum CodingKeys: String, CodingKey {
    case schema = "$schema"
    case version, runs
  }

  private let schema = "https://json.schemastore.org/sarif-2.1.0.json"
  private let version = "2.1.0"
  private let runs: [Run]

  init(_ findings: [Finding], root: String) {
    let rules = Rules.all.map { rule in
      RuleView(
        id: rule.id, name: rule.name, shortDescription: Text(text: rule.title + "."),
        fullDescription: Text(text: "Beanstalk: \(rule.server)"), help: Text(text: rule.remedy),
        defaultConfiguration: .init(level: rule.severity.rawValue))
    }
    let results = findings.map { finding in
      Result(
        ruleId: finding.rule.id, ruleIndex: Rules.all.firstIndex(of: finding.rule) ?? -1,
        level: finding.severity.rawValue,
        message: Text(text: "\(finding.detail); \(finding.remedy)"),
        locations: FindingLines.path(of: finding, root: root).map { path in
          [
            Location(
              physicalLocation: PhysicalLocation(
                artifactLocation: ArtifactLocation(
                  uri: PercentEncoding.encode(path, keepingSlashes: true), uriBaseId: "%SRCROOT%"),
                region: finding.line.map { Region(startLine: $0, startColumn: finding.column) }))
          ]
        },
        partialFingerprints: finding.sighting.fingerprint.map { ["secret/v1": $0] })
    }
    runs = [
      Run(
        tool: Tool(driver: Driver(name: "git-eb", semanticVersion: Version.text, rules: rules)),
        columnKind: "unicodeCodePoints", results: results)
    ]
  }
}
