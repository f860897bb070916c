/// What the application's own process says when it does not start.
enum ProgramSymptoms {
  private static let procfile =
    "docs.aws.amazon.com/elasticbeanstalk/latest/dg/platforms-linux-extend.html"

  static let all = [
    Symptom(
      "EB113", "a compiled module was built for another system",
      remedy: "take node_modules or the virtual environment out of git, and let the platform "
        + "install from the lock file",
      source: "github.com/kelektiv/node.bcrypt.js/issues/595",
      signs: [
        ["invalid ELF header"], ["wrong ELF class"],
        ["was compiled against a different Node.js version"],
      ]),
    Symptom(
      "ES220", "a module that the application imports is not installed",
      remedy:
        "name it in requirements.txt, Pipfile or package.json (not among devDependencies), and "
        + "see that the file itself is in git",
      source:
        "docs.aws.amazon.com/elasticbeanstalk/latest/dg/python-configuration-requirements.html",
      signs: [
        ["ModuleNotFoundError: No module named "], ["ImportError: No module named "],
        ["ImportError: cannot import name "], ["Error: Cannot find module "],
        ["Error [ERR_MODULE_NOT_FOUND]"], ["ERR_MODULE_NOT_FOUND"],
        ["cannot load such file -- "], ["java.lang.ClassNotFoundException"],
        ["java.lang.NoClassDefFoundError"], ["Could not find or load main class"],
        ["Failed opening required '"],
        ["Failed to open stream: No such file", "vendor/autoload.php"],
        ["Could not load file or assembly"], ["Error: Cannot find package "],
      ]),
    Symptom(
      "ES221", "a shared library is missing on the instance",
      remedy: "install the package that has it, under 'packages' in .ebextensions or in a prebuild "
        + "hook",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/customize-containers-ec2.html",
      signs: [
        ["error while loading shared libraries: "],
        ["cannot open shared object file: No such file or directory"],
        ["version `GLIBC_", "not found"],
      ]),
    Symptom(
      "ES222", "the application's code has a mistake in its grammar, or is for another version",
      remedy: "start it here with the platform's version of the language",
      source: procfile,
      signs: [
        ["SyntaxError: "], ["IndentationError: "], ["PHP Parse error: "],
        ["syntax error, unexpected"],
        ["UnsupportedClassVersionError"],
        ["has been compiled by a more recent version of the Java"],
      ]),
    Symptom(
      "ES223", "the port that a process wants is in use",
      remedy: "listen on the port in the variable PORT, and start one server only",
      source: procfile,
      signs: [
        ["EADDRINUSE"], ["Address already in use"], ["address already in use"],
        ["Only one usage of each socket address"], ["Port ", " was already in use"],
        ["Connection in use: ("],
      ]),
    Symptom(
      "ES224", "the instance ran out of memory, and the kernel ended a process",
      remedy: "take a larger instance type, fewer workers, or swap space",
      source: "docs.kernel.org/admin-guide/mm/concepts.html",
      signs: [
        ["Out of memory: Kill"], ["Out of memory: Killed process"], ["oom-kill:"],
        ["invoked oom-killer"], ["Memory cgroup out of memory"],
        ["JavaScript heap out of memory"], ["java.lang.OutOfMemoryError"], ["MemoryError"],
        ["npm", "Killed"], ["ENOMEM"], ["Cannot allocate memory"], ["cannot allocate memory"],
        ["OOMKilled"], ["was ended by signal 9"],
      ]),
    Symptom(
      "ES225", "the instance's disk is full",
      remedy: "take a larger RootVolumeSize (aws:autoscaling:launchconfiguration), and remove old "
        + "images and logs",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html",
      signs: [
        ["No space left on device"], ["no space left on device"], ["ENOSPC"],
        ["Disk quota exceeded"], ["There is not enough space on the disk"],
      ]),
    Symptom(
      "ES226", "a variable that the application needs is not set",
      remedy: "git eb setenv <name>=<value>, or name the file that has it under 'secrets' in "
        + ".git-eb.yml",
      source:
        "docs.aws.amazon.com/elasticbeanstalk/latest/dg/environments-cfg-softwaresettings.html",
      signs: [
        Sign("os.environ[", following: ["KeyError: "]),
        ["The SECRET_KEY setting must not be empty"],
        ["Missing required environment variable"], ["environment variable", " is not set"],
        ["environment variable", " must be set"], ["Missing `secret_key_base`"],
        ["No application encryption key has been specified"],
        ["Could not resolve placeholder '"],
      ]),
    Symptom(
      "ES227", "the application cannot reach its database",
      remedy: "let the database's security group accept the environment's, and see that host, name "
        + "and password are set (git eb printenv)",
      source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.RDS.html",
      signs: [
        ["OperationalError: ", "could not connect to server"],
        ["OperationalError: ", "onnection", "failed"], ["Can't connect to MySQL server"],
        ["SQLSTATE[HY000] [2002]"], ["SQLSTATE[HY000] [1045]"], ["password authentication failed"],
        ["FATAL: ", "no pg_hba.conf entry"], ["ECONNREFUSED", ":5432"], ["ECONNREFUSED", ":3306"],
        ["Communications link failure"], ["MongoServerSelectionError"], ["ETIMEDOUT", ":5432"],
        ["PG::ConnectionBad"], ["ActiveRecord::ConnectionNotEstablished"],
        ["Access denied for user '"],
      ]),
    Symptom(
      "ES228", "a migration of the database failed",
      remedy: "run it here against a copy of the database, and again with git eb ssh",
      source: "docs.djangoproject.com/en/stable/topics/migrations",
      signs: [
        ["InconsistentMigrationHistory"], ["django.db.utils.ProgrammingError"],
        ["StandardError: An error has occurred, this and all later migrations canceled"],
        ["An error has occurred, all later migrations canceled"],
        ["ActiveRecord::PendingMigrationError"],
      ]),
    Symptom(
      "ES229", "a worker of gunicorn did not start in time, or did not start at all",
      bearing: .consequence,
      remedy: "see the lines before it; give more time with 'gunicorn --timeout' where it only "
        + "starts slowly",
      source: "docs.gunicorn.org/en/stable/settings.html",
      signs: [["Worker failed to boot"], ["[CRITICAL] WORKER TIMEOUT"], ["HaltServer"]]),
    Symptom(
      "ES230", "a process of the application ended or never answered", bearing: .ending,
      remedy: "see its last lines; start it here with the Procfile's command and PORT set",
      source: procfile,
      signs: [
        ["process '", "' exited with status "], ["process '", "' was ended by signal "],
        ["did not answer 200 within "], ["web.service: Main process exited, code=exited"],
        ["web.service: Failed with result "], ["web.service: Start request repeated too quickly"],
        ["npm ERR! code ELIFECYCLE"], ["npm error Lifecycle script"],
        ["Failed at the ", " start script"],
      ]),
    Symptom(
      "ES231", "the application ended on an error of its own that it did not catch",
      bearing: .ending,
      remedy: "see the last line of the traceback",
      source: procfile,
      signs: [
        ["Traceback (most recent call last):"], ["UnhandledPromiseRejection"],
        ["Uncaught exception"], ["PHP Fatal error: "], ["Exception in thread \"main\""],
        ["panic: "], ["Unhandled exception."], ["throw err;"],
        ["APPLICATION FAILED TO START"],
      ]),
  ]
}
