import AWS
import ElasticBeanstalk
package import FoundationEssentials

/// An environment's health as enhanced health reporting knows it.
package struct EnhancedHealth: Sendable, Equatable {
  /// Such as `Ok` or `Degraded`; `nil` where it is not known.
  package var status: String?
  package var health: EnvironmentDescription.Health
  /// Sentences for people.
  package var causes: [String]
  package var instances: [Instance]

  package struct Instance: Sendable, Equatable, Encodable {
    /// Such as `i-0123456789abcdef0`.
    package var id: String
    package var status: String?
    package var health: String
    package var causes: [String]
    /// The version that was deployed to it last, and whether that is done.
    package var version: String?
    package var deployment: String?
    package var type: String?
    package var zone: String?
    /// Over one minute.
    package var load: Double?
    /// The processor's time that is not idle, in per cent.
    package var busy: Double?
    package var launched: Date?
  }
}

extension BeanstalkHost {
  /// The health of an environment and of each of its instances; `nil` with basic health reporting,
  /// which knows a colour only.
  package func enhancedHealth(of name: EnvironmentName) async throws -> EnhancedHealth? {
    let service = try await locate(name)
    do {
      let found = try await client.describeEnvironmentHealth(name: service)
      let instances = try await client.describeInstancesHealth(name: service)
      return EnhancedHealth(
        status: found.healthStatus?.rawValue, health: .init(found.color), causes: found.causes,
        instances: instances.sorted { $0.id < $1.id }.map(EnhancedHealth.Instance.init))
    } catch let error as ServiceError where error.beanstalkFailure == .noEnhancedHealth {
      return nil
    } catch let error as ServiceError where error.beanstalkFailure == .noSuchEnvironment {
      throw HostError.noSuchEnvironment(name)
    }
  }
}

extension EnhancedHealth.Instance {
  init(_ found: SingleInstanceHealth) {
    self.init(
      id: found.id, status: found.healthStatus?.rawValue,
      health: EnvironmentDescription.Health(found.color).rawValue, causes: found.causes,
      version: found.deployment?.versionLabel, deployment: found.deployment?.status,
      type: found.type, zone: found.availabilityZone, load: found.system?.loadAverage.first,
      busy: found.system?.cpu?.idle.map { max(0, 100 - $0) }, launched: found.launched)
  }
}
