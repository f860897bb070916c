import Testing

@testable import Deployment

/// A file of a bundle that is made for one test.
struct SampleFile: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, Sendable {
  var bytes: [UInt8]
  var mode: UInt32 = 0o100644
  var isSecret = false

  init(_ bytes: [UInt8], mode: UInt32 = 0o100644) {
    self.bytes = bytes
    self.mode = mode
  }

  init(stringLiteral value: String) { bytes = Array(value.utf8) }

  /// With the executable bit.
  static func program(_ text: String) -> SampleFile { SampleFile(Array(text.utf8), mode: 0o100755) }

  static func link(to target: String) -> SampleFile {
    SampleFile(Array(target.utf8), mode: 0o120777)
  }

  /// One that the overlay puts there.
  static func secret(_ text: String) -> SampleFile {
    var file = SampleFile(Array(text.utf8))
    file.isSecret = true
    return file
  }
}

/// A bundle of a few files, looked at as a push does.
struct CheckSample {
  var files: [(path: String, file: SampleFile)]
  var surroundings = CheckSurroundings()
  var settings = CheckSettings()
  var isOnBeanstalk = true

  init(_ files: KeyValuePairs<String, SampleFile>) {
    self.files = files.map { ($0.key, $0.value) }
  }

  /// On a platform, by its branch's name.
  init(on platform: String, _ files: KeyValuePairs<String, SampleFile>) {
    self.init(files)
    surroundings.platform = PlatformGuess(platform)
  }

  var bundle: CheckedBundle {
    let examiner = ContentExaminer()
    let parts = files.sorted { $0.path < $1.path }.map { path, file in
      let isDirectory = path.hasSuffix("/")
      let entry = BundleEntry(
        path: Array(path.utf8), mode: isDirectory ? FileMode.directory : file.mode,
        content: file.isSecret
          ? .secret(Self.secret(path, file.bytes))
          : isDirectory ? .directory : .file(path: path))
      let examined = unsafe file.bytes.withUnsafeBytes { unsafe examiner.examine(entry, $0) }
      return (
        CheckedBundle.Entry(
          path: entry.path, mode: entry.mode, size: Int64(file.bytes.count),
          traits: examined.traits, isSecret: file.isSecret),
        isDirectory ? nil : examined
      )
    }
    return CheckedBundle(parts, surroundings: surroundings)
  }

  private static func secret(_ path: String, _ bytes: [UInt8]) -> Secret {
    let storage = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(bytes.count, 1), alignment: 1)
    unsafe storage.copyBytes(from: bytes)
    return unsafe Secret(
      path: path, source: path, mode: FileMode.regular,
      storage: UnsafeMutableRawBufferPointer(rebasing: storage[..<bytes.count]))
  }

  var findings: [Finding] {
    Checker(settings, isOnBeanstalk: isOnBeanstalk).findings(in: bundle)
  }

  /// The findings of one rule, each as `severity path:line:column detail`.
  func lines(of id: String) -> [String] {
    findings.filter { $0.rule.id == id }.map(\.testLine)
  }
}

extension Finding {
  /// `error Procfile:2:1 what is wrong`, with what is known of the place.
  var testLine: String {
    let place = [path, line.map(String.init), column.map(String.init)].compactMap(\.self)
    return (["\(severity)"] + (place.isEmpty ? [] : [place.joined(separator: ":")]) + [detail])
      .joined(separator: " ")
  }
}
