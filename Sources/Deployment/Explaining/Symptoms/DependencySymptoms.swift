/// What pip, npm, bundler, composer and the others say when they cannot install.
enum DependencySymptoms {
  static let all = [
    Symptom(
      "EB111", "requirements.txt cannot be installed",
      remedy: "see pip's own lines; pip install -r requirements.txt in a container of the platform "
        + "shows the same",
      source: "github.com/aws-samples/eb-py-flask-signup/issues/9",
      signs: [
        ["Your requirements.txt is invalid"],
        ["ERROR: Could not find a version that satisfies the"],
        ["ERROR: No matching distribution found for "], ["ERROR: Invalid requirement: "],
        ["InvalidRequirement"], ["ERROR: Could not open requirements file"],
        ["ERROR: ResolutionImpossible"], ["ERROR: Cannot install ", "conflicting dependencies"],
        ["ERROR: Failed building wheel for "], ["error: subprocess-exited-with-error"],
        ["ERROR: Could not build wheels for "], ["ERROR: Command errored out with exit status"],
        ["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"],
        ["Error: pg_config executable not found"],
        ["ERROR: Package ", " requires a different Python"],
        ["UnicodeDecodeError: ", "requirements"],
        ["is not a valid editable requirement"], ["mysql_config: not found"],
      ]),
    Symptom(
      "EB141", "no version of Node.js is named, or one that the platform does not have",
      bearing: .notice,
      remedy: "name the platform branch's major version under 'engines' in package.json",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/nodejs-platform-dependencies.html",
      signs: [["You didn't specify a Node.js version"]]),
    Symptom(
      "ES240", "package.json asks for another version of Node.js than the platform has",
      remedy:
        "name the platform branch's major version under 'engines' in package.json, or move to "
        + "another branch",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/nodejs-platform-dependencies.html",
      signs: [
        ["npm ERR! code EBADENGINE"], ["npm error code EBADENGINE"], ["npm ERR! notsup "],
        ["npm error notsup "], ["The engine \"node\" is incompatible with this module"],
        ["Unsupported Node.js version"], ["is not a supported Node.js version"],
      ]),
    Symptom(
      "ES241", "npm or yarn could not install what package.json names",
      remedy: "npm ci in an empty clone shows the same; commit package.json and its lock file "
        + "together",
      source: "docs.npmjs.com/common-errors",
      signs: [
        ["npm ERR! code E"], ["npm error code E"], ["npm ERR! 404 "], ["npm error 404 "],
        ["npm ERR! `npm ci` can only install"], ["npm error `npm ci` can only install"],
        ["npm ERR! Missing: ", " from lock file"], ["npm ERR! JSON.parse Failed to parse"],
        ["npm ERR! gyp ERR! "], ["gyp ERR! build error"], ["npm ERR! ERESOLVE"],
        ["npm ERR! Missing script: "], ["npm error Missing script: "], ["missing script: "],
        ["error Your lockfile needs to be updated"], ["error Couldn't find package "],
        ["ERR_PNPM_"], ["YN0028"],
      ]),
    Symptom(
      "ES242", "bundler could not install the gems",
      remedy: "bundle lock --add-platform x86_64-linux, and commit Gemfile.lock",
      source: "bundler.io/man/bundle-lock.1.html",
      signs: [
        ["Could not find gem '"], ["An error occurred while installing "],
        ["Your bundle only supports platforms"],
        ["Your Ruby version is ", "but your Gemfile specified"],
        ["Could not find ", " in any of the sources"], ["Gem::Ext::BuildError"],
        ["Bundler could not find compatible versions"], ["You must use Bundler "],
        ["bundle install", "failed with error"],
      ]),
    Symptom(
      "ES243", "composer could not install what composer.json names",
      remedy: "composer install --no-dev in a container of the platform shows the same; commit "
        + "composer.lock",
      source: "getcomposer.org/doc/articles/troubleshooting.md",
      signs: [
        ["Your requirements could not be resolved to an installable set of packages"],
        ["Your lock file does not contain a compatible set of packages"],
        ["requires php ", "your php version ("],
        ["requires ext-", "it is missing from your system"],
        ["Allowed memory size of ", "exhausted"],
      ]),
    Symptom(
      "ES244", "the application could not be compiled on the instance",
      remedy: "build it before the push and deploy the result, or mend the first error that the "
        + "compiler names",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/java-se-buildfile.html",
      signs: [
        ["[ERROR] BUILD FAILURE"], ["[INFO] BUILD FAILURE"], ["BUILD FAILED in "],
        ["COMPILATION ERROR"], [".go:", ": undefined: "], ["go: ", "no required module provides"],
        ["error TS", ": "], ["Build failed with exit code"], ["Execution failed for task '"],
        ["go: cannot find main module"], ["gcc' failed with exit status"],
        ["fatal error: ", ".h: No such file or directory"],
      ]),
    Symptom(
      "ES245", "a package server could not be reached",
      remedy: "give the instances a way out (a NAT gateway, or public addresses), or install from "
        + "what is in the bundle",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/vpc.html",
      signs: [
        ["Temporary failure in name resolution"], ["Could not resolve host: "],
        ["getaddrinfo EAI_AGAIN"], ["getaddrinfo ENOTFOUND"], ["npm ERR! network "],
        ["ConnectTimeoutError", "pip"], ["Connection to pypi.org timed out"],
        ["Read timed out", "pypi"], ["Name or service not known"],
        ["Timeout was reached", "repo"], ["dial tcp: lookup ", "no such host"],
      ]),
    Symptom(
      "ES246", "a private repository or package could not be read from the instance",
      remedy: "give the instance a key or token as a secret, or build before the push",
      source: "docs.npmjs.com/using-private-packages-in-a-ci-cd-workflow",
      signs: [
        ["Permission denied (publickey)"], ["fatal: could not read Username for '"],
        ["Host key verification failed"], ["npm ERR! code E401"], ["npm error code E401"],
        ["npm ERR! code E403"], ["fatal: Authentication failed for '"],
      ]),
    Symptom(
      "ES247", "dependencies could not be installed", bearing: .ending,
      remedy: "git eb logs --all, and see what the package manager says in eb-engine.log",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/troubleshooting-deployments.html",
      signs: [
        ["Instance deployment failed to install application dependencies"],
        ["fail to install dependencies with requirements.txt"],
        ["Command /var/app/venv/", "pip install", "failed with error"],
        ["Command /bin/su webapp -c npm", "failed with error"],
        ["npm install", "failed with error"],
        ["Command composer.phar ", "failed with error"], ["pipenv", "failed with error"],
      ]),
  ]
}
