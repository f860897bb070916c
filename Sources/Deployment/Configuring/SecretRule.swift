/// One entry of `secrets`: what is laid over a bundle, and for which environments.
package struct SecretRule: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    /// A file, or with a slash at its end a directory, that keeps its place.
    case path(String)
    /// A file from anywhere (`~/` is the home directory, relative is from the work tree's root).
    case file(from: String, to: String)
    /// What a program writes to its standard output.
    case run([String], to: String)
  }

  package let source: Source
  /// `nil` is every environment.
  package let environments: [EnvironmentName]?
  package let origin: Origin

  package init(source: Source, environments: [EnvironmentName]?, origin: Origin) {
    self.source = source
    self.environments = environments
    self.origin = origin
  }

  package func applies(to environment: EnvironmentName) -> Bool {
    environments?.contains(environment) ?? true
  }

  /// The place in the bundle.
  package var destination: String {
    switch source {
    case .path(let path), .file(_, let path), .run(_, let path): path
    }
  }
}

extension SecretRule: CustomStringConvertible {
  /// For people. A program's arguments are left out: one of them may be a secret itself.
  package var description: String {
    switch source {
    case .path(let path): path
    case .file(let from, let to): "\(from) to \(to)"
    case .run(let words, let to):
      "output of \(words.first ?? "")\(words.count > 1 ? " …" : "") to \(to)"
    }
  }
}
