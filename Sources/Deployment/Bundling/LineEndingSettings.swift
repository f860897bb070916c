package import Git

/// What a machine's configuration says of the ends of lines: `core.autocrlf` and `core.eol`.
///
/// `git archive` goes by them, and so does `git eb archive`. A push does not, unless
/// `bundle.autocrlf` says so: two machines make the same bundle.
package struct LineEndingSettings: Sendable, Equatable {
  package enum AutomaticCRLF: Sendable, Equatable {
    case no, yes, input
  }

  package var automaticCRLF: AutomaticCRLF
  /// Whether `core.eol` is `crlf`.
  package var isCRLF: Bool

  package static let none = LineEndingSettings(automaticCRLF: .no, isCRLF: false)

  package init(automaticCRLF: AutomaticCRLF, isCRLF: Bool) {
    self.automaticCRLF = automaticCRLF
    self.isCRLF = isCRLF
  }

  package init(_ configuration: GitConfiguration) {
    switch configuration["core.autocrlf"]?.value?.lowercased() {
    case "input": automaticCRLF = .input
    default: automaticCRLF = configuration.bool("core.autocrlf") == true ? .yes : .no
    }
    isCRLF = configuration["core.eol"]?.value?.lowercased() == "crlf"
  }

  /// Whether paths of which no attribute says anything are converted.
  var convertsUnspecified: Bool { automaticCRLF == .yes }

  /// Whether text ends its lines with CRLF (text_eol_is_crlf of git's convert.c).
  var textIsCRLF: Bool {
    switch automaticCRLF {
    case .yes: true
    case .input: false
    case .no: isCRLF
    }
  }
}
