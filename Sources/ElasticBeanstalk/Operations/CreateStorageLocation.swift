import AWS

extension ElasticBeanstalkClient {
  /// The bucket for source bundles of this account and region, made when there is none yet.
  package func createStorageLocation() async throws -> String {
    try await answer("CreateStorageLocation") { (answer) throws(MissingMember) in
      try answer.result.required("S3Bucket")
    }
  }
}
