extension BeanstalkHost {
  /// By the options: the first of the types that the environment may have, and the least number.
  /// One that sleeps has none.
  package func instances(of name: EnvironmentName) async throws -> CostHint.Instances? {
    let options: [EnvironmentOption]
    do {
      options = try await currentOptions(of: name)
    } catch HostError.noSuchEnvironment {
      return nil
    }
    func value(_ namespace: String, _ option: String) -> String? {
      let found = options.first { $0.namespace == namespace && $0.name == option }?.value
      return found.flatMap { $0.isEmpty ? nil : $0 }
    }
    let types =
      value("aws:autoscaling:launchconfiguration", "InstanceType")
      ?? value("aws:ec2:instances", "InstanceTypes")
    guard let type = types?.split(separator: ",").first else { return nil }
    return CostHint.Instances(
      type: String(type.filter { $0 != " " }),
      count: value("aws:autoscaling:asg", "MinSize").flatMap { Int($0) } ?? 1)
  }
}
