/// Hooks, scripts, and programs that the system will not run.
enum HookSymptoms {
  private static let hooks =
    "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.hooks.html"

  static let all = [
    Symptom(
      "EB104", "a platform hook has no executable bit",
      remedy: "git update-index --chmod=+x <file>, and commit it",
      source: "github.com/rennokki/laravel-aws-eb/issues/10; " + hooks,
      signs: [
        ["fork/exec ", ".platform/hooks/", "permission denied"],
        [".platform/hooks/", "Permission denied"],
      ]),
    Symptom(
      "EB124",
      "a configuration hook has no executable bit, which a container command sets too late",
      remedy: "git update-index --chmod=+x <file>, and commit it",
      source: "github.com/aws/elastic-beanstalk-roadmap/issues/110",
      signs: [
        ["fork/exec ", ".platform/confighooks/", "permission denied"],
        [".platform/confighooks/", "Permission denied"],
      ]),
    Symptom(
      "EB105",
      "a script's lines end in CRLF, and its interpreter is looked for with a CR in its name",
      remedy: "in .gitattributes: '*.sh text eol=lf', then git add --renormalize .",
      source: "github.com/FoxxMD/laravel-elasticbeanstalk-queue-worker/issues/9",
      signs: [
        ["/usr/bin/env: ", "\\r", "No such file or directory"],
        ["/usr/bin/env: ", "\r", "No such file or directory"],
        ["bad interpreter", "^M"], ["^M: bad interpreter"], ["\r: bad interpreter"],
        ["\\r: command not found"], ["\r: command not found"],
      ]),
    Symptom(
      "EB106", "a platform hook neither begins with #! nor is a program for this system",
      remedy: "begin it with a line such as '#!/bin/bash'", source: hooks,
      signs: [["fork/exec ", ".platform/", "exec format error"]]),
    Symptom(
      "ES202", "a platform hook failed, or its interpreter is not there",
      remedy: "run the hook in a container of the platform, and see its last lines below",
      source: hooks,
      signs: [
        ["fork/exec ", ".platform/", "no such file or directory"],
        ["'.platform/", "could not be started: No such file or directory"],
      ]),
    Symptom(
      "ES203", "a platform hook ended with an error", bearing: .ending,
      remedy: "see the hook's own lines before this one", source: hooks,
      signs: [
        ["Command .platform/hooks/", " failed with error exit status"],
        ["Command .platform/confighooks/", " failed with error exit status"],
        ["hook '.platform/", "exited with status "], ["hook '.platform/", "was ended by signal "],
      ]),
    Symptom(
      "EB122",
      "a path of the old platform's is used, which is not there on Amazon Linux 2 and later",
      remedy: "use /var/app/current, /var/app/staging and /var/app/venv/*",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.migration-al.html",
      signs: [
        ["/opt/python/", "No such file or directory"],
        ["/opt/elasticbeanstalk/support/envvars", "No such file or directory"],
        ["/var/lib/tomcat8/webapps", "No such file or directory"],
        ["/tmp/deployment", "No such file or directory"],
      ]),
    Symptom(
      "EB123", "a command is used that Amazon Linux 2023 does not have",
      remedy: "install what is needed with dnf, such as cronie for crontab; there are no "
        + "amazon-linux-extras and no EPEL",
      source: "github.com/amazonlinux/amazon-linux-2023/issues/188",
      signs: [
        ["amazon-linux-extras: ", "not found"], ["amazon-linux-extras: No such file"],
        ["crontab: ", "not found"], ["crontab: No such file"], ["epel-release", "o package "],
        ["epel-release", "Unable to find a match"], ["Unable to find a match: epel-release"],
      ]),
    Symptom(
      "ES204", "a program was built for another processor, or is no program at all",
      remedy: "build for linux/amd64 where the instance type is Intel's or AMD's, for linux/arm64 "
        + "where it is Graviton's",
      source: "docs.docker.com/build/building/multi-platform",
      signs: [
        ["exec format error"], ["Exec format error"], ["cannot execute binary file"],
        ["does not match the detected host platform"], ["no matching manifest for linux/"],
      ]),
    Symptom(
      "ES205", "a command is run that the platform does not have",
      remedy: "install it in a prebuild hook or under 'packages' in .ebextensions, or correct its "
        + "name",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/customize-containers-ec2.html",
      signs: [
        [": command not found"], ["sh: ", ": not found"],
        ["executable file not found in $PATH"], ["npm: not found"], ["yarn: not found"],
        ["node: not found"], ["python: not found"], ["python3: not found"],
        ["exec: ", ": not found"],
        ["/usr/bin/env: ", "No such file or directory"],
      ]),
    Symptom(
      "ES206", "the application may not read or write what it wants to",
      remedy: "commit executable bits with git update-index --chmod=+x <file>, and write below "
        + "/var/app/current or /tmp: the application runs as webapp, not as root",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.html",
      signs: [
        ["PermissionError: [Errno 13]"], ["EACCES: permission denied"],
        ["Error: EACCES"], ["java.nio.file.AccessDeniedException"],
        ["fork/exec ", "permission denied"], ["Errno::EACCES"],
        ["bash: ", "Permission denied"], ["sh: ", "Permission denied"],
        ["failed to open stream: Permission denied"],
        ["open() ", "failed (13: Permission denied)"],
      ]),
  ]
}
