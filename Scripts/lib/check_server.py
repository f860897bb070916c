#!/usr/bin/env python3
"""Usage: Scripts/lib/check_server.py [--without-eb] [<test>...]

Tries the server of Tests/Server: with botocore, with raw requests, and with the real EB CLI, each
of them in an environment that Scripts/lib/python_environment makes. With names, only those tests
(`LifeTests`, `StorageTests.test_conditions_hold`).
"""

from __future__ import annotations

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def environment(purpose: str) -> str:
    """The interpreter of an environment, which is made if need be."""
    script = os.path.join(ROOT, "Scripts", "lib", "python_environment")
    done = subprocess.run([script, purpose], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout.strip()


def main() -> int:
    """Runs the tests and gives their status on."""
    words = sys.argv[1:]
    if words and words[0] in ("-h", "--help"):
        print(__doc__.strip() if __doc__ else "")
        return 0
    with_eb = "--without-eb" not in words
    names = [word for word in words if word != "--without-eb"]
    variables = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if with_eb:
        variables["GIT_EB_TEST_EB"] = os.path.join(os.path.dirname(environment("eb")), "eb")
    command = [environment("server"), os.path.join(ROOT, "Tests", "Server", "test_server.py")]
    done = subprocess.run([*command, *names], env=variables, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
