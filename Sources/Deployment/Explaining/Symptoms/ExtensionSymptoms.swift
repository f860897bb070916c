/// Configuration files in `.ebextensions`, and the options that they set.
enum ExtensionSymptoms {
  private static let page = "docs.aws.amazon.com/elasticbeanstalk/latest/dg/ebextensions.html"

  static let all = [
    Symptom(
      "EB116", "what macOS adds to zips was taken for a configuration file",
      remedy: "git rm -r --cached __MACOSX, and '._*' in .gitignore",
      source: "github.com/awsdocs/aws-elastic-beanstalk-developer-guide/issues/60",
      signs: [
        ["The configuration file ", "__MACOSX", "contains invalid YAML or JSON"],
        ["The configuration file ", "/._", "contains invalid YAML or JSON"],
      ]),
    Symptom(
      "EB115", "a file in .ebextensions is neither YAML nor JSON",
      remedy: "indent with blanks, not with tabs, and quote what holds ': ' or begins with '*' or "
        + "'%'; git eb check says where",
      source: "github.com/aws-samples/elastic-beanstalk-samples/issues/90",
      signs: [
        ["The configuration file ", "contains invalid YAML or JSON"],
        ["Error processing file (Skipping): ", "YAML"],
        [".ebextensions/", ".config, line "],
      ]),
    Symptom(
      "EB118", "a file in .ebextensions has a key that the service does not know",
      remedy: "write 'option_settings', 'packages', 'files', 'commands', 'container_commands' and "
        + "the others in lower case, as they are documented",
      source: "github.com/blueimp/aws-lambda/issues/8; " + page,
      signs: [
        ["Error processing file (Skipping): ", "Contains invalid key: "],
        ["Contains invalid key: '"],
      ]),
    Symptom(
      "EB119", "an option setting is not written as a map",
      remedy: "under 'option_settings' write 'namespace:', and below it 'name: value'",
      source: "github.com/awsdocs/aws-elastic-beanstalk-developer-guide/issues/93",
      signs: [
        ["Each option setting in configuration file ", "must be a map"],
        ["'option_settings' is no list and no map"],
      ]),
    Symptom(
      "EB120", "an option is set that the platform does not know: mostly one of an older platform",
      remedy:
        "take it out, or use its successor: aws:elasticbeanstalk:environment:proxy:staticfiles "
        + "for static files, a Procfile for start commands",
      source: "github.com/aws-samples/eb-node-express-sample/issues/18",
      signs: [
        ["Invalid option specification (Namespace: ", "Unknown configuration setting"],
        ["Invalid option specification (Namespace: "], ["Invalid option value: "],
      ]),
    Symptom(
      "ES210", "a command of .ebextensions failed",
      remedy: "see its own lines in cfn-init-cmd.log, and try it on an instance with git eb ssh",
      source: page,
      signs: [
        ["[ERROR] Command ", ") failed"], ["Command failed on instance", "container_command"],
        ["Error occurred during build: Command ", " failed"],
        ["ToolError: Command ", " failed"],
        ["[ERROR] Error encountered during build of ", "failed"],
      ]),
    Symptom(
      "ES211", "a package of .ebextensions could not be installed",
      remedy:
        "look its name up with 'dnf search' (Amazon Linux 2023) or 'yum search' on an instance",
      source: page,
      signs: [
        ["Unable to find a match"], ["No package ", " available"],
        ["Could not successfully install yum packages"],
        ["Could not successfully install dnf packages"], ["Error: Nothing to do"],
        ["[ERROR] Error encountered during build of ", "package"],
        ["yum", "Cannot find a valid baseurl for repo"],
        ["Cannot retrieve repository metadata (repomd.xml)"],
      ]),
    Symptom(
      "ES212", "a file that .ebextensions names as a source could not be fetched",
      remedy: "see that the address is right, and that the instance profile may read it "
        + "(s3:GetObject)",
      source: page,
      signs: [
        ["Failed to retrieve https://", "HTTP Error"],
        ["Failed to retrieve http://", "HTTP Error"],
        ["[ERROR] Error encountered during build of ", "HTTP Error 403"],
        ["[ERROR] Error encountered during build of ", "HTTP Error 404"],
      ]),
    Symptom(
      "ES213", "a setting or a resource of the environment was refused by CloudFormation",
      remedy: "see the reason behind the colon; git eb config shows what is set",
      source: "docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html",
      signs: [
        ["Creating ", "failed Reason: "], ["Updating ", "failed Reason: "],
        ["Template format error: "], ["Template validation error: "],
      ]),
  ]
}
