/// The last words of a deployment that failed, whatever it failed of. They are known so that none of
/// them is taken for a cause.
enum EchoSymptoms {
  static let all = [
    Symptom(
      "ES299", "the deployment failed; these lines do not say why", bearing: .echo,
      remedy: "git eb logs --all, and see the lines before it",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/troubleshooting-deployments.html",
      signs: [
        ["Instance deployment failed. For details, see 'eb-engine.log'"],
        ["Engine execution has encountered an error"],
        ["An error occurred during execution of command ", "Stop running the command"],
        ["Unsuccessful command execution on instance id(s) "],
        ["Command failed on instance. Return code: "],
        ["Command failed on instance. An unexpected error has occurred"],
        ["Failed to deploy application"], ["Failed to launch environment"],
        ["During an aborted deployment, some instances may have deployed the new"],
        ["The environment was reverted to the previous configuration setting"],
        ["Stack named ", " aborted operation"],
        ["One or more TargetGroup", "failed"], ["Service:AmazonCloudFormation, Message:", "state"],
        ["Error occurred during build: "], ["\"status\":\"FAILURE\""],
        ["Responding to ", "FAILED"], ["Failed Environment update activity"],
      ])
  ]
}
