import Git

/// The one place that decides whether an answer is coloured, and how.
struct Style {
  /// As ECMA-48 numbers them.
  enum Colour: String {
    case bold = "1"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  let isColoured: Bool

  /// As git decides it, by `color.ui`, the terminal and `TERM`; `NO_COLOR` comes before all of them.
  ///
  /// Source: git-config(1), "color.ui"; no-color.org.
  init(
    _ configuration: GitConfiguration, _ environment: [String: String],
    isTerminal: Bool = Output.isTerminal
  ) {
    func isSet(_ name: String) -> Bool { environment[name]?.isEmpty == false }
    let setting = configuration["color.ui"]?.value
    if isSet("NO_COLOR") || setting == "never" || GitConfiguration.bool(setting) == false {
      isColoured = false
    } else if setting == "always" {
      isColoured = true
    } else {
      // `git -p eb` has put a pager between here and the terminal.
      let isPaged = isSet("GIT_PAGER_IN_USE")
      isColoured = (isTerminal || isPaged) && isSet("TERM") && environment["TERM"] != "dumb"
    }
  }

  func callAsFunction(_ text: String, _ colour: Colour?) -> String {
    guard isColoured, let colour, !text.isEmpty else { return text }
    return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[m"
  }
}
