#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The terminal that the answer goes to.
enum Terminal {
  /// Its columns, `COLUMNS` before what it says itself; `nil` where the answer goes elsewhere.
  static func width(_ environment: [String: String]) -> Int? {
    guard Output.isTerminal else { return nil }
    if let columns = environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return columns }
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 80
    }
    return Int(size.ws_col)
  }
}
