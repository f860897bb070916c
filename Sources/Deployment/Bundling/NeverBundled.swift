/// What never goes into a bundle, whatever is tracked.
package enum NeverBundled {
  package static func contains(_ path: [UInt8]) -> Bool {
    if path.first == elasticBeanstalk.first, path.starts(with: elasticBeanstalk) {
      return path == configuration || path.starts(with: versions)
    }
    // No part of the path is `.git`; looked at in place, since this is asked of every file.
    let bytes = path.span
    let (dot, slash) = (UInt8(ascii: "."), UInt8(ascii: "/"))
    var start = 0
    while start < bytes.count {
      if bytes[start] == dot, path[start...].starts(with: git),
        start + git.count == bytes.count || bytes[start + git.count] == slash
      {
        return true
      }
      while start < bytes.count, bytes[start] != slash { start += 1 }
      start += 1
    }
    return false
  }

  private static let git = Array(".git".utf8)
  private static let elasticBeanstalk = Array(".elasticbeanstalk/".utf8)
  private static let configuration = Array(".elasticbeanstalk/config.yml".utf8)
  private static let versions = Array(".elasticbeanstalk/app_versions/".utf8)
}
