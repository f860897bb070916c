package import FoundationEssentials
package import Git

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Who this is by git's rules for a committer, without ever refusing: a deployment that was made is
/// recorded under whatever name there is.
///
/// Source: git-commit(1), "Commit information".
package enum Committer {
  package static func signature(_ location: Location, at date: Date) -> Signature {
    let environment = location.environment
    func setting(_ variable: String, _ keys: [String]) -> String? {
      let values = [environment[variable]] + keys.map { location.configuration[$0]?.value }
      return values.compactMap { $0.map(plain) }.first { !$0.isEmpty }
    }
    let account = account()
    return Signature(
      name: setting("GIT_COMMITTER_NAME", ["committer.name", "user.name"]) ?? account.name,
      email: setting("GIT_COMMITTER_EMAIL", ["committer.email", "user.email"])
        ?? environment["EMAIL"].map(plain) ?? "\(account.login)@\(machine())",
      time: Int64(date.timeIntervalSince1970), offsetMinutes: zone(at: date))
  }

  /// The name of this machine.
  package static func machine() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func account() -> (login: String, name: String) {
    guard let record = unsafe getpwuid(getuid()), let login = unsafe record.pointee.pw_name else {
      return ("\(getuid())", "\(getuid())")
    }
    let text = unsafe String(cString: login)
    let full = unsafe record.pointee.pw_gecos.map { unsafe String(cString: $0) } ?? ""
    let name = plain(String(full.prefix { $0 != "," }))
    return (text, name.isEmpty ? text : name)
  }

  /// Minutes east of UTC.
  private static func zone(at date: Date) -> Int {
    var seconds = time_t(date.timeIntervalSince1970)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil else { return 0 }
    return unsafe parts.tm_gmtoff / 60
  }

  /// What may stand in an object's header.
  private static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { $0.value >= 0x20 && $0 != "<" && $0 != ">" }))
  }
}

extension Signature {
  /// As it stands in the header of an object.
  var headerText: String {
    let sign = offsetMinutes < 0 ? "-" : "+"
    let minutes = abs(offsetMinutes)
    let zone = String(minutes / 60 * 100 + minutes % 60)
    return "\(name) <\(email)> \(time) \(sign)"
      + String(repeating: "0", count: max(0, 4 - zone.utf8.count)) + zone
  }
}
