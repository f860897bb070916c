/// What the service says of a bundle and of its names before an instance has it.
enum BundleSymptoms {
  static let all = [
    Symptom(
      "EB102", "the bundle is larger than 500 MB, or the service could not take it",
      remedy: "leave large files out with .gitattributes: '<path> export-ignore'; git eb archive "
        + "--list shows what is in the bundle",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/troubleshooting-deployments.html",
      signs: ["Failed to create the AWS Elastic Beanstalk application version"]),
    Symptom(
      "EB103", "names in the zip are written with backslashes, which Linux takes for one long name",
      remedy: "git eb push, which writes '/'",
      source: "github.com/aws/aws-extensions-for-dotnet-cli/issues/43",
      signs: ["appears to use backslashes as path separators"]),
    Symptom(
      "ES201", "the instance could not unpack the bundle",
      remedy: "git eb archive -o bundle.zip, and try 'unzip -t bundle.zip'",
      source: "github.com/aws/aws-extensions-for-dotnet-cli/issues/43",
      signs: [
        "Failed to unzip source bundle, abort deployment",
        ["End-of-central-directory signature not found"],
      ]),
    Symptom(
      "EB107", "there is nothing that says how the Node.js application is started",
      remedy: "add a Procfile with 'web: node <file>', or 'scripts.start' to package.json, at the "
        + "root of the bundle",
      source: "github.com/udacity/cloud-developer/issues/353",
      signs: [["Instance deployment failed to generate a 'Procfile' for Node.js"]]),
    Symptom(
      "EB108", "there is nothing that says how the Java application is started",
      remedy: "add a Procfile with 'web: java -jar <file>.jar' at the root of the bundle",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/java-se-procfile.html",
      signs: [
        [
          "Unable to launch application as the source bundle does not contain either a file named "
            + "application.jar or a Procfile"
        ]
      ]),
    Symptom(
      "EB109", "the Procfile cannot be read",
      remedy: "write each line as 'name: command', and begin with 'web:'",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/java-se-procfile.html",
      signs: [
        ["Procfile", "invalid format"], ["Procfile", "could not be parsed"],
        ["failed to read Procfile"], ["Procfile, line ", "not of the form"],
      ]),
    Symptom(
      "EB110", "the WSGI application is not where the environment looks for it",
      remedy: "set aws:elasticbeanstalk:container:python WSGIPath to 'package.module:application', "
        + "or write a Procfile; see with git eb archive --list that the bundle has no extra root "
        + "directory",
      source: "github.com/awsdocs/aws-elastic-beanstalk-developer-guide/issues/86; "
        + "github.com/aws-samples/eb-py-flask-signup/issues/6",
      signs: [
        ["Your WSGIPath refers to a file that does not exist"],
        ["ModuleNotFoundError: No module named '", "/wsgi'"],
        ["ModuleNotFoundError: No module named '", "/wsgi.py'"],
        ["ModuleNotFoundError: No module named '", "/application'"],
        ["ModuleNotFoundError: No module named 'application'"],
        ["ImportError: No module named 'application'"],
        ["Failed to find attribute 'application' in "],
        ["Failed to find application object 'application'"],
        ["does not contain WSGI application 'application'"],
      ]),
    Symptom(
      "EB131", "the deployment took longer than the command timeout",
      remedy: "set aws:elasticbeanstalk:command Timeout to more seconds, or build before the push",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/troubleshooting-deployments.html",
      signs: [
        ["complete, but with command timeouts. Try increasing the timeout period"],
        ["TimeoutError - The EB CLI timed out after"],
        ["The following instances have not responded in the allowed command timeout time"],
        ["did not end within "],
      ]),
    Symptom(
      "EB140", "a name or a text is not one that the service takes",
      remedy: "give a name of 4 to 40 letters, digits and hyphens, with no hyphen at its ends",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/api/API_CreateEnvironment.html",
      signs: [
        ["Environment name must be 4-40 characters"], ["Value ", " at 'environmentName' failed"],
      ]),
    Symptom(
      "EB142", "the account has as many application versions as it may have",
      remedy: "git eb versions --prune, or raise the quota",
      source: "github.com/boto/boto3/issues/920",
      signs: [
        ["TooManyApplicationVersionsException"],
        ["You cannot have more than ", " Application Versions"],
      ]),
  ]
}
