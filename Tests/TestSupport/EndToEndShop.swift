/// The application that the end-to-end tests deploy.
package enum Shop {
  /// The value of its secret, searched for wherever it must not be.
  package static let secret = "canary-4242-of-the-shop"

  package static let configuration = """
    application: shop
    host: local
    branches:
      master: production
      dev: dev
      "issue*": "{branch}"
    secrets:
      - .secrets/
    push:
      timeout: 60s

    """

  /// Says what it is. A file `broken` makes it end at once, a file `slow` makes it wait so many
  /// seconds before it serves.
  private static let application = """
    import http.server, os, pathlib, sys, time

    here = pathlib.Path(__file__).parent


    def read(name):
        file = here / name
        return file.read_text().strip() if file.exists() else "none"


    if read("broken") != "none":
        print("the shop is", read("broken"), flush=True)
        sys.exit(3)
    if read("slow") != "none":
        time.sleep(float(read("slow")))
    page = f\"\"\"\\
    greeting: {read("greeting.txt")}
    commit: {os.environ.get("GIT_EB_COMMIT", "none")}
    secret: {read(".secrets/key")}
    mode: {os.environ.get("MODE", "none")}
    \"\"\"


    class Shop(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *arguments):
            pass


    print("the shop opens:", read("greeting.txt"), flush=True)
    address = ("127.0.0.1", int(os.environ["PORT"]))
    http.server.ThreadingHTTPServer(address, Shop).serve_forever()

    """

  package static func write(to repository: GitFixture, configuration: String) throws {
    try repository.write("app.py", application)
    try repository.write("Procfile", "web: exec python3 app.py\n")
    try repository.write("greeting.txt", "welcome\n")
    try repository.write(".gitignore", ".secrets/\n*.log\n")
    try repository.write(".git-eb.yml", configuration)
    try repository.write(".secrets/key", secret + "\n")
  }

  /// What the page of this commit says.
  package static func page(
    _ commit: String, greeting: String = "welcome", secret: String = Shop.secret,
    mode: String = "none"
  ) -> String {
    "greeting: \(greeting)\ncommit: \(commit)\nsecret: \(secret)\nmode: \(mode)\n"
  }
}
