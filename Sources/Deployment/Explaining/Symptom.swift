/// Something that logs and events show when a deployment goes wrong: how it is recognised, what it
/// means, and what mends it.
///
/// Symptoms stand in `Symptoms/`, a file for each family. Identifiers are never given twice, and
/// never change what they mean.
package struct Symptom: Sendable {
  /// Such as `ES210`; that of the rule, such as `EB105`, where `git eb check` finds the same before
  /// the upload.
  package let id: String
  package let bearing: Bearing
  /// What it means, in one sentence without a full stop.
  package let meaning: String
  /// What to do about it: a command, or what to write where.
  package let remedy: String
  /// Where the words or the fact are from.
  package let source: String
  let signs: [Sign]

  init(
    _ id: String, _ meaning: String, bearing: Bearing = .cause, remedy: String, source: String,
    signs: [Sign]
  ) {
    self.id = id
    self.bearing = bearing
    self.meaning = meaning
    self.remedy = remedy
    self.source = source
    self.signs = signs
  }
}

extension Symptom: Equatable {
  package static func == (left: Symptom, right: Symptom) -> Bool { left.id == right.id }
}

/// How much a symptom says of why a deployment failed.
package enum Bearing: Int, Sendable, Comparable {
  /// Only that it failed: what many causes have as their last words.
  case echo
  /// It is said of deployments that succeed, too.
  case notice
  /// That a part of it ended badly, and which.
  case ending
  /// What follows from a cause, such as a proxy that finds nobody to ask.
  case consequence
  case cause

  package static func < (left: Bearing, right: Bearing) -> Bool { left.rawValue < right.rawValue }
}

/// How a symptom is recognised: pieces of text, case as given, that stand in this order in a line.
struct Sign: Sendable, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
  let pieces: [String]
  /// Pieces that stand in this order in the few lines that follow.
  var following: [String] = []

  /// So many lines after the first are looked at for `following`.
  static let reach = 6

  init(_ pieces: String..., following: [String]) {
    self.pieces = pieces
    self.following = following
  }

  init(arrayLiteral pieces: String...) { self.pieces = pieces }
  init(stringLiteral piece: String) { pieces = [piece] }

  /// How much it asks for. Of two signs in one line, that which asks for more says more.
  var weight: Int { (pieces + following).reduce(0) { $0 + $1.utf8.count } }
}

/// Every symptom.
package enum Symptoms {
  package static let all: [Symptom] =
    BundleSymptoms.all + HookSymptoms.all + ExtensionSymptoms.all + ProgramSymptoms.all
    + DependencySymptoms.all + DockerSymptoms.all + ProxySymptoms.all + InstanceSymptoms.all
    + EchoSymptoms.all

  /// The symptom of that identifier, in any case.
  package static func symptom(_ id: String) -> Symptom? {
    let id = id.uppercased()
    return all.first { $0.id == id }
  }
}
