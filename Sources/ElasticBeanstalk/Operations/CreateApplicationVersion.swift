import AWS

/// What a version is made of.
package struct CreateApplicationVersionRequest: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    case bundle(S3Location)
    /// The service fetches the source itself.
    case build(SourceBuildInformation)
  }

  package var application: String
  /// 1–100 characters without a slash.
  package var label: String
  /// At most 200 characters.
  package var description: String?
  package var source: Source
  /// Whether the service looks into the bundle now; its status tells when that is done.
  package var process: Bool
  /// Whether the application is made when there is none of that name.
  package var autoCreateApplication: Bool
  package var tags: [Tag]

  package init(
    application: String, label: String, description: String? = nil, source: Source,
    process: Bool = false, autoCreateApplication: Bool = false, tags: [Tag] = []
  ) {
    self.application = application
    self.label = label
    self.description = description
    self.source = source
    self.process = process
    self.autoCreateApplication = autoCreateApplication
    self.tags = tags
  }
}

extension ElasticBeanstalkClient {
  /// Makes a version; not repeated, since the label would be taken the second time.
  package func createApplicationVersion(
    _ request: CreateApplicationVersionRequest
  ) async throws -> ApplicationVersionDescription {
    var parameters = QueryParameters()
    parameters.set("ApplicationName", request.application)
    parameters.set("VersionLabel", request.label)
    parameters.set("Description", request.description)
    switch request.source {
    case .bundle(let location):
      parameters.set("SourceBundle.S3Bucket", location.bucket)
      parameters.set("SourceBundle.S3Key", location.key)
    case .build(let information):
      parameters.set("SourceBuildInformation.SourceType", information.type)
      parameters.set("SourceBuildInformation.SourceRepository", information.repository)
      parameters.set("SourceBuildInformation.SourceLocation", information.location)
    }
    parameters.set("AutoCreateApplication", request.autoCreateApplication)
    parameters.set("Process", request.process)
    parameters.list("Tags", request.tags.map(\.parameters))
    return try await answer("CreateApplicationVersion", parameters, isRepeatable: false) {
      (answer) throws(MissingMember) in
      try answer.result.required("ApplicationVersion")
    }
  }
}
