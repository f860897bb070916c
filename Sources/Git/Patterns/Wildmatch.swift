/// git's shell patterns, byte by byte, as `wildmatch.c` has them since 2.40: the same answers as
/// before, without trying for ever.
package enum Wildmatch {
  /// Whether all of `text` matches `pattern`.
  ///
  /// - Parameter pathname: `*`, `?` and classes stop at a slash, and `**` between slashes does not.
  package static func matches(
    _ pattern: String, _ text: String, pathname: Bool = true, ignoringCase: Bool = false
  ) -> Bool {
    matches(
      Array(pattern.utf8), Array(text.utf8), pathname: pathname, ignoringCase: ignoringCase)
  }

  /// The same on bytes, which need not be UTF-8.
  package static func matches(
    _ pattern: [UInt8], _ text: [UInt8], pathname: Bool = true, ignoringCase: Bool = false
  ) -> Bool {
    matches(
      pattern, pattern.indices, text, text.indices, pathname: pathname, ignoringCase: ignoringCase)
  }

  /// The same on parts of both.
  static func matches(
    _ pattern: [UInt8], _ patternRange: Range<Int>, _ text: [UInt8], _ textRange: Range<Int>,
    pathname: Bool, ignoringCase: Bool
  ) -> Bool {
    let matcher = Matcher(
      pattern: pattern, patternEnd: patternRange.upperBound, text: text,
      textEnd: textRange.upperBound, pathname: pathname, ignoringCase: ignoringCase)
    return matcher.match(patternRange.lowerBound, textRange.lowerBound) == .match
  }

  /// Whether a pattern means more than its own letters from this byte on.
  static func isSpecial(_ byte: UInt8) -> Bool {
    byte == star || byte == question || byte == bracket || byte == backslash
  }

  fileprivate static let star = UInt8(ascii: "*")
  fileprivate static let question = UInt8(ascii: "?")
  fileprivate static let bracket = UInt8(ascii: "[")
  fileprivate static let closing = UInt8(ascii: "]")
  fileprivate static let backslash = UInt8(ascii: "\\")
  fileprivate static let slash = UInt8(ascii: "/")
}

private struct Matcher {
  enum Answer {
    case match
    case noMatch
    /// No longer text can match either, so that an outer `*` need not go on trying.
    case abort
    /// As `abort`, up to the nearest `**` outside.
    case abortToDoubleStar
  }

  let pattern: [UInt8]
  let patternEnd: Int
  let text: [UInt8]
  let textEnd: Int
  let pathname: Bool
  let ignoringCase: Bool

  /// The byte of the pattern, or 0 behind its end, as the C original has it.
  private func patternByte(_ index: Int) -> UInt8 { index < patternEnd ? pattern[index] : 0 }

  private func textByte(_ index: Int) -> UInt8 { index < textEnd ? text[index] : 0 }

  private func folded(_ byte: UInt8) -> UInt8 {
    ignoringCase && byte.isUppercase ? byte + 32 : byte
  }

  func match(_ patternStart: Int, _ textStart: Int) -> Answer {
    var p = patternStart
    var t = textStart
    while p < patternEnd {
      if t >= textEnd && pattern[p] != Wildmatch.star { return .abort }
      let character = folded(textByte(t))
      switch pattern[p] {
      case Wildmatch.question:
        if pathname && character == Wildmatch.slash { return .noMatch }
      case Wildmatch.star:
        switch star(p, t, patternStart) {
        case .answer(let answer): return answer
        case .goOn(let nextPattern, let nextText):
          p = nextPattern
          t = nextText
          continue
        }
      case Wildmatch.bracket:
        guard let (end, isIn) = bracket(p, character) else { return .abort }
        if !isIn || (pathname && character == Wildmatch.slash) { return .noMatch }
        p = end
      case Wildmatch.backslash:
        p += 1
        // A lone backslash at the end of a pattern matches nothing. What it escapes is not folded:
        // in git an escaped capital matches no letter at all where case is ignored.
        if p >= patternEnd || pattern[p] != character { return .noMatch }
      case let literal:
        if folded(literal) != character { return .noMatch }
      }
      p += 1
      t += 1
    }
    return t < textEnd ? .noMatch : .match
  }

  private enum Step {
    case answer(Answer)
    /// To be compared next: the position in the pattern and in the text.
    case goOn(Int, Int)
  }

  /// The star at `start`, with all that it may stand for.
  private func star(_ start: Int, _ textStart: Int, _ patternStart: Int) -> Step {
    var p = start + 1
    var t = textStart
    var crossesSlash = !pathname
    if patternByte(p) == Wildmatch.star {
      while patternByte(p) == Wildmatch.star { p += 1 }
      if pathname {
        let opens = start == patternStart || pattern[start - 1] == Wildmatch.slash
        let next = patternByte(p)
        let closes =
          p >= patternEnd || next == Wildmatch.slash
          || (next == Wildmatch.backslash && patternByte(p + 1) == Wildmatch.slash)
        if opens && closes {
          // `foo/**/bar` also matches `foo/bar`.
          if next == Wildmatch.slash && match(p + 1, t) == .match { return .answer(.match) }
          crossesSlash = true
        }
      }
    }
    if p >= patternEnd {
      let rest = t..<textEnd
      if !crossesSlash && rest.contains(where: { text[$0] == Wildmatch.slash }) {
        return .answer(.abortToDoubleStar)
      }
      return .answer(.match)
    }
    if !crossesSlash && pattern[p] == Wildmatch.slash {
      // One star before a slash takes the rest of this directory's name.
      guard let slash = (t..<textEnd).first(where: { text[$0] == Wildmatch.slash }) else {
        return .answer(.abort)
      }
      return .goOn(p + 1, slash + 1)
    }
    while t < textEnd {
      if !Wildmatch.isSpecial(pattern[p]) {
        // What comes before the first such letter can only belong to the star.
        let letter = folded(pattern[p])
        while t < textEnd, folded(text[t]) != letter {
          if !crossesSlash && text[t] == Wildmatch.slash { return .answer(.abortToDoubleStar) }
          t += 1
        }
        if t >= textEnd { return .answer(crossesSlash ? .abort : .abortToDoubleStar) }
      }
      switch match(p, t) {
      case .noMatch:
        if !crossesSlash && text[t] == Wildmatch.slash { return .answer(.abortToDoubleStar) }
      case .abortToDoubleStar where crossesSlash: break
      case let answer: return .answer(answer)
      }
      t += 1
    }
    return .answer(.abort)
  }

  /// The class that opens at `start`: where its `]` is, and whether `character` is in it. `nil`
  /// when it is malformed.
  private func bracket(_ start: Int, _ character: UInt8) -> (end: Int, isIn: Bool)? {
    var p = start + 1
    var isNegated = false
    if patternByte(p) == UInt8(ascii: "!") || patternByte(p) == UInt8(ascii: "^") {
      isNegated = true
      p += 1
    }
    var isIn = false
    var previous: UInt8 = 0
    repeat {
      guard p < patternEnd else { return nil }
      var current = pattern[p]
      let next = patternByte(p + 1)
      if current == Wildmatch.backslash {
        p += 1
        guard p < patternEnd else { return nil }
        current = pattern[p]
        if character == current { isIn = true }
      } else if current == UInt8(ascii: "-"), previous != 0, p + 1 < patternEnd,
        next != Wildmatch.closing
      {
        p += 1
        if pattern[p] == Wildmatch.backslash {
          p += 1
          guard p < patternEnd else { return nil }
        }
        // Not `previous...pattern[p]`: a range may be written backwards, and then holds nothing.
        if previous <= character && character <= pattern[p] {
          isIn = true
        } else if ignoringCase && character.isLowercase {
          let upper = character - 32
          if previous <= upper && upper <= pattern[p] { isIn = true }
        }
        current = 0
      } else if current == Wildmatch.bracket && next == UInt8(ascii: ":") {
        let nameStart = p + 2
        guard
          let close = (min(nameStart, patternEnd)..<patternEnd).first(where: {
            pattern[$0] == Wildmatch.closing
          })
        else { return nil }
        if close - nameStart - 1 < 0 || pattern[close - 1] != UInt8(ascii: ":") {
          // No `:]`: an ordinary set that has a `[` in it.
          if character == Wildmatch.bracket { isIn = true }
        } else {
          let name = String(decoding: pattern[nameStart..<(close - 1)], as: UTF8.self)
          guard let isOfClass = isOf(name, character) else { return nil }
          if isOfClass { isIn = true }
          p = close
          current = 0
        }
      } else if character == current {
        isIn = true
      }
      previous = current
      p += 1
    } while patternByte(p) != Wildmatch.closing
    return (p, isIn != isNegated)
  }

  /// Whether `character` is of the POSIX class `name`; `nil` when there is no such class.
  private func isOf(_ name: String, _ character: UInt8) -> Bool? {
    switch name {
    case "alnum": character.isLetter || character.isDigit
    case "alpha": character.isLetter
    case "blank": character == 0x20 || character == 0x09
    case "cntrl": character < 0x20 || character == 0x7f
    case "digit": character.isDigit
    case "graph": (0x21...0x7e).contains(character)
    case "lower": character.isLowercase
    case "print": (0x20...0x7e).contains(character)
    case "punct":
      (0x21...0x7e).contains(character) && !character.isLetter && !character.isDigit
    case "space": character == 0x20 || (0x09...0x0d).contains(character)
    case "upper": character.isUppercase || (ignoringCase && character.isLowercase)
    case "xdigit":
      character.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(character | 0x20)
    default: nil
    }
  }
}

/// ASCII only, as in git: the locale changes nothing.
extension UInt8 {
  var isUppercase: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
  var isLowercase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
  var isLetter: Bool { isUppercase || isLowercase }
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  /// git's `isspace`: not the vertical tab nor the form feed.
  var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
  var lowercased: UInt8 { isUppercase ? self + 32 : self }
}
