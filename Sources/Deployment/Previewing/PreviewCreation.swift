import Git

extension Configuration {
  /// How the environment of a branch alone is made when it is missing: as `previews` says, and
  /// `environments.<name>` over that.
  func creation(
    ofPreview environment: EnvironmentName, for branch: BranchName, _ application: ApplicationName,
    in repository: RepositoryIdentity?
  ) -> CreationSettings {
    var settings = creation(of: environment)
    settings.isPreview = true
    settings.like = settings.like ?? previews.like?.value
    settings.isSingleInstance = settings.isSingleInstance ?? previews.single?.value
    settings.options = previewOptions + settings.options
    if let model = settings.like.flatMap({ EnvironmentName($0) }) {
      settings.ownVariables = Set(environments[model]?.variables.keys.map(\.self) ?? [])
    }
    if settings.cnamePrefix == nil {
      let wanted = previews.cname?.value.replacing("{branch}", with: branch.text)
      let prefix = PreviewAddress.prefix(wanted ?? environment.text)
      settings.cnamePrefix = prefix
      settings.otherCNAMEPrefix = PreviewAddress.other(
        prefix, seed: "\(application) \(repository?.text ?? "")")
    }
    return settings
  }

  private var previewOptions: [EnvironmentOption] {
    let type = previews.instanceType.map { type in
      EnvironmentOption("aws:ec2:instances", "InstanceTypes", type.value)
    }
    return previews.settings.map(\.value) + [type].compactMap { $0 }
  }
}
