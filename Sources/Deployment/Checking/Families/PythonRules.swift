/// What the Python platform trips on.
enum PythonRules {
  static let all = [virtualEnvironment]

  static let virtualEnvironment = Rule(
    "EB112", "virtual-environment", .warning, "A virtual environment is in the bundle",
    server: "Nothing, but the upload is slow, and its interpreter is that of another machine.",
    remedy: "git rm -r --cached <directory>, and a line in .gitignore",
    source: "docs.aws.amazon.com/elasticbeanstalk/latest/dg/python-development-environment.html"
  ) { bundle in
    // One is made by `python3 -m venv`, which writes this file (PEP 405).
    let roots = bundle.entries.filter { $0.name == "pyvenv.cfg" }.map(\.path)
    let caches = bundle.entries.first { $0.path.contains("__pycache__/") }
    return roots.map {
      Sighting("'\($0.dropLast("/pyvenv.cfg".count))' is a virtual environment", at: $0)
    }
      + (caches.map { [Sighting("compiled modules are made anew on the instance", at: $0.path)] }
        ?? [])
  }
}
