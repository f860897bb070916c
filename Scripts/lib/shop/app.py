"""A small shop: says which commit it is, and what it was told in secret."""

import http.server
import json
import os
import pathlib

here = pathlib.Path(__file__).parent
greeting = (here / "greeting.txt").read_text().strip()
secrets = json.loads((here / ".secrets/base.json").read_text())
page = f"""\
{greeting}
commit:   {os.environ.get("GIT_EB_COMMIT", "none")[:7]}
payments: {secrets["payments"]}
"""


class Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *arguments):
        pass


port = int(os.environ.get("PORT", "8000"))
print("the shop is open", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
