#!/usr/bin/env python3
"""Amazon's services on this machine, for tests.

Prints one line of JSON when it listens: the port, the address, and the keys that it knows.
Ends on SIGTERM and, if told so, when its standard input or another process ends.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time


def end_with(parent: int, state: str | None) -> None:
    """Ends the server once the process is gone that it serves, and takes its directory away."""
    while True:
        try:
            os.kill(parent, 0)
        except OSError:
            break
        time.sleep(0.5)
    if state is not None:
        shutil.rmtree(state, ignore_errors=True)
    os._exit(0)


def main() -> int:
    """Starts the server and serves until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", help="a directory for what does not fit into memory")
    parser.add_argument("--step", type=float, help="seconds of one step of an operation")
    parser.add_argument(
        "--until-eof", action="store_true", help="end when standard input ends"
    )
    parser.add_argument("--parent", type=int, help="end when this process does")
    parser.add_argument("--tls", action="store_true", help="speak TLS; needs --state")
    options = parser.parse_args()
    if options.state is not None:
        os.makedirs(options.state, exist_ok=True)
        tempfile.tempdir = options.state
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from cloud.app import App
    from cloud.wire import Server

    if options.parent is not None:
        threading.Thread(
            target=end_with, args=(options.parent, options.state), daemon=True
        ).start()
    app = App()
    if options.step is not None:
        from cloud.beanstalk import world

        world.DEFAULT_SETTINGS["step"] = options.step
        app.world.reset()
    context, authority = None, None
    if options.tls:
        if options.state is None:
            parser.error("--tls needs --state")
        from cloud.tls import make_context

        context, authority = make_context(options.state)
    server = Server(options.host, options.port, app.begin, context)
    scheme = "https" if options.tls else "http"
    app.s3.origin = f"{scheme}://{options.host}:{server.port}"
    line = {
        "port": server.port,
        "endpoint": app.s3.origin,
        "ca_bundle": authority,
        "keys": [
            {"access_key": one.access_key, "secret": one.secret, "account": one.account}
            for one in app.identities.keys.values()
        ],
    }
    print(json.dumps(line), flush=True)
    if options.until_eof:
        threading.Thread(target=server.serve, daemon=True).start()
        while sys.stdin.buffer.read(65536):
            pass
        return 0
    try:
        server.serve()
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
