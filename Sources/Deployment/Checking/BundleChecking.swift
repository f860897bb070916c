package import Git
import Zip

/// Makes the bundle of a source for the sake of what is found in it.
package struct BundleChecking {
  /// What was found.
  package struct Checked: Sendable {
    package var findings: [Finding]
    package var entryCount: Int
  }

  private let repository: Repository
  private let configuration: Configuration
  private let environment: EnvironmentName?
  private let isEphemeral: Bool
  private let surroundings: Surroundings

  /// - Parameter environment: the one that the bundle is for; without it no secrets are laid over.
  package init(
    repository: Repository, configuration: Configuration, environment: EnvironmentName?,
    isEphemeral: Bool, _ surroundings: Surroundings
  ) {
    self.repository = repository
    self.configuration = configuration
    self.environment = environment
    self.isEphemeral = isEphemeral
    self.surroundings = surroundings
  }

  /// A secret that is missing is a finding, in the words that `words` has for the error; whatever
  /// else keeps the bundle from being made is thrown.
  package func check(
    _ source: Source, words: (any Error) -> String
  ) async throws -> Checked {
    var findings: [Finding] = []
    var overlay = Overlay()
    if let environment, !configuration.allSecrets.isEmpty {
      let reader = OverlayReader(
        repository: repository, configuration: configuration, environment: environment,
        surroundings)
      do {
        overlay = try await reader.read().overlay
      } catch let error as SecretError {
        overlay = Overlay(places: reader.allPlaces)
        findings.append(
          Finding(
            rule: LeakRules.missingSecrets, severity: .error, sighting: Sighting(words(error))))
      }
    }
    let listing = try await SourceLister(
      repository: repository, options: .init(configuration.bundle, surroundings)
    ).listing(of: source, overlay: overlay)
    let examination = Examination(listing)
    // With digests, so that a push that follows finds all of it in the store.
    let bundler = SourceBundler(
      store: .init(configuration.bundle, surroundings, of: repository.location))
    let summary = try await bundler.bundle(
      listing, of: source, into: CountingSink(), isInterrupted: surroundings.isInterrupted,
      examination: examination)
    var target = CheckSurroundings(of: environment, isEphemeral: isEphemeral, configuration)
    target.take(summary)
    findings += Checker(configuration).findings(in: examination.bundle(target))
    return Checked(
      findings: findings.sorted(by: Finding.precedes), entryCount: listing.entries.count)
  }
}
