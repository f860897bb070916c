/// The kinds of host that environments live on.
package enum HostKind: String, Sendable, CaseIterable {
  /// AWS Elastic Beanstalk and S3.
  case beanstalk
  /// Processes under one directory of this machine.
  case local
  /// A program of the user's.
  case command
}
