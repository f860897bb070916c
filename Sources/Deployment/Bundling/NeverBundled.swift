/// What never goes into a bundle, whatever is tracked.
package enum NeverBundled {
  package static func contains(_ path: [UInt8]) -> Bool {
    if path.starts(with: elasticBeanstalk) {
      return path == configuration || path.starts(with: versions)
    }
    // No part of the path is `.git`; looked at in place, since this is asked of every file.
    var start = 0
    while start + git.count <= path.count {
      let end = path[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
      if end - start == git.count, path[start..<end].elementsEqual(git) { return true }
      start = end + 1
    }
    return false
  }

  private static let git = Array(".git".utf8)
  private static let elasticBeanstalk = Array(".elasticbeanstalk/".utf8)
  private static let configuration = Array(".elasticbeanstalk/config.yml".utf8)
  private static let versions = Array(".elasticbeanstalk/app_versions/".utf8)
}
