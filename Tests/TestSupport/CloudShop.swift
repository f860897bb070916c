import Foundation

/// The shop on Elastic Beanstalk, on a server of its own on this machine.
package struct CloudShop {
  package let server: CloudServer
  package let shop: Workplace

  /// A version is pushed to `production`, which is made with `instances` behind a load balancer,
  /// unless that is `nil`.
  package init(instances: Int? = 1, more: String = "") throws {
    server = try CloudServer()
    let key = server.keys[0]
    let size = instances.map { "\($0)" } ?? "1"
    shop = try Workplace.shop(
      configuration: """
        application: shop
        host: beanstalk
        platform: Python 3.13 running on 64bit Amazon Linux 2023
        branches: {master: production}
        environments:
          production:
            options:
              "aws:autoscaling:asg": {MinSize: \(size), MaxSize: \(size)}
        secrets: [.secrets/]
        \(more)
        """,
      environment: [
        "AWS_ACCESS_KEY_ID": key.accessKey, "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://\(CloudServer.host):\(server.port)",
        "AWS_EC2_METADATA_DISABLED": "true",
      ])
    guard instances != nil else { return }
    try makeRoles()
    let push = try shop.eb("push", "-q", "--create-application")
    guard push.status == 0 else {
      throw ShellError(
        arguments: ["push"], status: push.status, output: push.output, error: push.error)
    }
  }

  /// Makes what an environment needs of IAM.
  package func makeRoles() throws {
    try boto(
      """
      iam = client("iam")
      for name in ("aws-elasticbeanstalk-ec2-role", "aws-elasticbeanstalk-service-role"):
          iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
      iam.create_instance_profile(InstanceProfileName="aws-elasticbeanstalk-ec2-role")
      """)
  }

  /// Runs a Python program with botocore, in which `client` makes a client of a service, and gives
  /// what it printed.
  @discardableResult
  package func boto(_ program: String) throws -> String {
    let start = """
      import json, boto3
      def client(name):
          return boto3.client(name)

      """
    let screen = try shop.command(
      [CloudServer.python, "-c", start + program], with: ["AWS_DEFAULT_REGION": "us-east-1"])
    guard screen.status == 0 else {
      throw ShellError(
        arguments: ["python"], status: screen.status, output: screen.output, error: screen.error)
    }
    return screen.output
  }

  package struct Empty: Codable, Sendable {}

  /// One request that the server got.
  package struct Request: Decodable, Sendable {
    package var operation: String?
    package var status: Int?
  }

  private struct Journal: Decodable {
    var requests: [Request]
  }

  /// What was asked, in order.
  package func operations() async throws -> [String] {
    try await server.control("log", as: Journal.self).requests.compactMap(\.operation)
  }
}
