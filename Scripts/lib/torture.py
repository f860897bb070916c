#!/usr/bin/env python3
"""Kills `git eb push` to the local host at random moments; called by Scripts/torture."""

import argparse
import hashlib
import os
import pathlib
import random
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

# Reads its release anew for every answer, so that a release that is not whole shows.
APPLICATION = '''\
import hashlib, http.server, os, pathlib
here = pathlib.Path(os.getcwd())
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        parts = sorted(here.glob("parts/*.txt"))
        numbers = {part.read_text().split()[0] for part in parts}
        secret = hashlib.sha256((here / ".secrets/key").read_bytes()).hexdigest()
        answer = f"release={'+'.join(sorted(numbers))} parts={len(parts)} secret={secret}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())
    def log_message(self, *arguments): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
'''
PARTS = 40


class Failure(Exception):
    pass


class Field:
    """A repository with a secret, and a local host, below one directory."""

    def __init__(self, directory: str, binary: str, chance: random.Random):
        self.base = pathlib.Path(directory)
        self.repository = self.base / "repository"
        self.state = self.base / "state"
        self.binary = str(pathlib.Path(binary).resolve())
        # Random bytes do not get smaller, so they lie in a bundle as they are.
        self.canary = chance.randbytes(256)
        for name in ["home", "tmp"]:
            (self.base / name).mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.base / "home"),
            "TMPDIR": str(self.base / "tmp"),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.git("init", "-q", "-b", "master", str(self.repository), cwd=self.base)
        for setting in [
            "user.name=A", "user.email=a@example.com", "gc.auto=0", "maintenance.auto=false",
            "commit.gpgSign=false",
        ]:
            self.git("config", *setting.split("="))
        (self.repository / ".git-eb.yml").write_text(
            f"application: shop\nhost: local\nsecrets: [.secrets/]\n"
            f"branches: {{master: production, 'issue*': '{{branch}}'}}\n"
            f"local: {{directory: {self.state}}}\n"
        )
        (self.repository / ".gitignore").write_text("/.secrets/\n")
        (self.repository / "app.py").write_text(APPLICATION)
        (self.repository / "Procfile").write_text("web: exec python3 app.py\n")
        (self.repository / ".secrets").mkdir()
        (self.repository / ".secrets/key").write_bytes(self.canary)
        (self.repository / "parts").mkdir()
        (self.repository / "data").write_bytes(chance.randbytes(1 << 20))

    def git(self, *arguments: str, cwd: pathlib.Path | None = None) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.repository,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def eb(self, *arguments: str) -> str:
        result = subprocess.run(
            [self.binary, *arguments],
            cwd=self.repository,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if result.returncode != 0:
            raise Failure(
                f"git eb {' '.join(arguments)} ended with {result.returncode}: {result.stderr}"
            )
        return result.stdout.strip()

    def commit(self, release: int) -> None:
        for part in range(PARTS):
            text = f"{release} of part {part}\n"
            (self.repository / f"parts/{part:02}.txt").write_text(text)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", f"Release {release}")

    def push_and_kill(self, delay: float) -> bool:
        """Whether the push was still going on when it was killed."""
        process = subprocess.Popen(
            [self.binary, "push"],
            cwd=self.repository,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(delay)
            return False
        except subprocess.TimeoutExpired:
            # What it started for the environment is in sessions or groups of its own, and stays.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True

    def git_directory(self) -> dict[str, tuple]:
        """Everything in .git: kind and mode, size, and content."""
        found = {}
        root = self.repository / ".git"
        for path in [root, *root.rglob("*")]:
            status = path.lstat()
            content = ""
            if stat.S_ISREG(status.st_mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            found[str(path.relative_to(root))] = (status.st_mode, size, content)
        return found

    def leaks(self) -> list[str]:
        """Files that hold the secret where it must not be."""
        allowed = self.repository / ".secrets"
        found = []
        for folder, directories, files in os.walk(self.base):
            here = pathlib.Path(folder)
            directories[:] = [d for d in directories if here / d not in (self.state, allowed)]
            for name in files:
                path = here / name
                if path.is_file() and not path.is_symlink() and self.canary in path.read_bytes():
                    found.append(str(path))
        # What holds it by right is closed to others.
        if self.state.exists() and self.state.stat().st_mode & 0o077:
            found.append(f"{self.state} is open to others")
        return found

    def page(self, url: str) -> str | None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def check_page(self, url: str, releases: set[int], may_be_gone: bool = False) -> int | None:
        """The release that answers. It has to be one of these, and whole."""
        end = time.monotonic() + (1 if may_be_gone else 10)
        while (answer := self.page(url)) is None:
            if time.monotonic() > end:
                if may_be_gone:
                    return None
                raise Failure(f"{url} does not answer")
            time.sleep(0.05)
        secret = hashlib.sha256(self.canary).hexdigest()
        for release in releases:
            if answer == f"release={release} parts={PARTS} secret={secret}":
                return release
        raise Failure(f"{url} answers '{answer}' and not one of the releases {releases}")

    def strangers(self, environment: str) -> list[str]:
        """Processes in a release of the environment that does not serve."""
        directory = self.state / "environments" / environment
        current = os.path.realpath(directory / "current")
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                place = os.readlink(process / "cwd")
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if place.startswith(str(directory / "releases")) and place != current:
                found.append(f"{process.name} ({words.strip()}) in {place}")
        return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="git-eb-torture-") as directory:
        field = Field(os.path.realpath(directory), options.binary, chance)
        environments = {"production"}
        try:
            torture(field, options.kills, chance, environments)
        except Failure as failure:
            sys.exit(f"error: {failure}\nnote: seed {options.seed}")
        finally:
            for environment in environments:
                try:
                    field.eb("terminate", "--yes", "-q", "-e", environment)
                except Failure as failure:
                    print(f"warning: {failure}", file=sys.stderr)


def torture(field: Field, kills: int, chance: random.Random, environments: set[str]) -> None:
    start = time.monotonic()
    release = 0
    durations = {}
    for kind in ["first", "next", "next"]:
        release += 1
        field.commit(release)
        began = time.monotonic()
        field.eb("push", "-q")
        durations[kind] = time.monotonic() - began
    url = field.eb("open", "--print")
    running = field.check_page(url, {release})
    during = switched = 0
    for kill in range(kills):
        # Every sixth push makes its environment.
        is_first = kill % 6 == 5
        release += 1
        if is_first:
            field.git("switch", "-q", "-c", f"issue{kill}")
        field.commit(release)
        environment = re.split(r"\s", field.eb("which"))[0]
        environments.add(environment)
        before = field.git_directory()
        delay = chance.uniform(0, durations["first" if is_first else "next"] * 1.1)
        during += field.push_and_kill(delay)
        context = f"kill {kill} after {delay:.3f} s, release {release} on '{environment}'"
        try:
            if field.git_directory() != before:
                raise Failure("the kill changed .git")
            if found := field.leaks():
                raise Failure(f"the secret is in {found}")
            seen = field.check_page(url, {running} if is_first else {running, release})
            switched += seen == release
            field.eb("push", "-q")
            if field.git_directory() != before:
                raise Failure("the push changed .git")
            if found := field.leaks():
                raise Failure(f"after the next push the secret is in {found}")
            own = field.eb("open", "--print") if is_first else url
            field.check_page(own, {release})
            if found := field.strangers(environment):
                raise Failure(f"left behind: {found}")
        except Failure as failure:
            raise Failure(f"{context}: {failure}") from None
        if is_first:
            field.eb("terminate", "--yes", "-q")
            environments.discard(environment)
            field.git("switch", "-q", "master")
        else:
            running = release
    seconds = time.monotonic() - start
    print(
        f"torture: {kills} kills, {during} of them before the push had ended, {switched} after the "
        f"switch; nothing leaked, nothing lost, every next push succeeded ({seconds:.0f} s)"
    )


if __name__ == "__main__":
    main()
