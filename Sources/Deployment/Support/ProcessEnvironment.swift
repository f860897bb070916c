#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The variables of this process, read once. (`Environment` is Beanstalk's word.)
package enum ProcessEnvironment {
  /// All variables, by name.
  package static func current() -> [String: String] {
    var variables: [String: String] = [:]
    var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = unsafe environ
    while let entry = unsafe pointer.pointee {
      let text = unsafe String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      unsafe pointer += 1
    }
    return variables
  }
}
