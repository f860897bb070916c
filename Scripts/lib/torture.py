#!/usr/bin/env python3
"""Kills `git eb push` to the local host at random moments, and lets the disk fill up under it;
called by Scripts/torture."""

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

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.binary, *arguments],
            cwd=self.repository,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def eb(self, *arguments: str) -> str:
        result = self.run(*arguments)
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
    parser.add_argument("--levels", type=int, default=15)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    if options.inside:
        fill_disk(options, chance)
        return
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
    if options.levels > 0:
        start_filling_disk(options)


def start_filling_disk(options: argparse.Namespace) -> None:
    """Goes on in a mount namespace of its own, where a small disk is seen by nobody else."""
    skipped = None
    if not sys.platform.startswith("linux"):
        skipped = "this is not Linux"
    elif os.geteuid() != 0:
        skipped = "only root can mount a disk"
    else:
        with tempfile.TemporaryDirectory(prefix="git-eb-torture-") as directory:
            try:
                trial = subprocess.run(
                    ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "none", directory],
                    capture_output=True, text=True,
                )
                skipped = trial.stderr.strip() if trial.returncode != 0 else None
            except FileNotFoundError:
                skipped = "there is no unshare"
    if skipped is not None:
        print(f"torture: full disk skipped: {skipped}")
        return
    status = subprocess.run([
        "unshare", "-m", sys.executable, os.path.realpath(__file__), "--inside",
        f"--levels={options.levels}", f"--seed={options.seed}", f"--binary={options.binary}",
    ]).returncode
    if status != 0:
        sys.exit(status)


def fill_disk(options: argparse.Namespace, chance: random.Random) -> None:
    with tempfile.TemporaryDirectory(prefix="git-eb-torture-") as directory:
        field = Field(os.path.realpath(directory), options.binary, chance)
        disk = Disk(field.state)
        try:
            full_disk(field, disk, options.levels, chance)
        except Failure as failure:
            sys.exit(f"error: full disk: {failure}\nnote: seed {options.seed}")
        finally:
            disk.make_space()
            try:
                field.eb("terminate", "--yes", "-q")
            except Failure as failure:
                print(f"warning: {failure}", file=sys.stderr)
            subprocess.run(["umount", "-l", str(field.state)], check=True)


class Disk:
    """A small disk that can be filled to the page."""

    def __init__(self, place: pathlib.Path):
        self.filler = place / "filler"
        place.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "none", str(place)], check=True
        )
        self.page = os.statvfs(place).f_bsize

    def leave(self, pages: int) -> None:
        """Takes all but so many pages."""
        free = os.statvfs(self.filler.parent).f_bfree
        with open(self.filler, "wb") as file:
            file.write(bytes(max(0, free - pages) * self.page))

    def make_space(self) -> None:
        self.filler.unlink(missing_ok=True)

    def pages(self, place: pathlib.Path) -> int:
        """The pages that the files at or below a place take."""
        return sum(path.lstat().st_blocks * 512 // self.page for path in [place, *place.rglob("*")])


def half_made(field: Field) -> list[str]:
    """What a push that has ended must not leave in the state directory."""
    found = [
        str(path.relative_to(field.state)) for path in field.state.rglob("*")
        if path.name.endswith((".tmp", ".partial", ".previous")) or path.parent.name == "incoming"
    ]
    versions = field.state / "versions"
    for bundle in versions.glob("*.zip"):
        if not bundle.with_suffix(".json").exists():
            found.append(f"versions/{bundle.name} without its record")
    environment = field.state / "environments/production"
    serving = int((environment / "current").resolve().name)
    for path in (environment / "releases").iterdir():
        if int(path.name.split(".")[0]) > serving:
            found.append(f"releases/{path.name}, newer than what serves")
    return found


def full_disk(field: Field, disk: Disk, levels: int, chance: random.Random) -> None:
    """Pushes with more and more space, mostly where a step more or less is taken."""
    start = time.monotonic()
    (field.repository / "data").write_bytes(chance.randbytes(1 << 17))
    field.commit(1)
    field.eb("push", "-q")
    url = field.eb("open", "--print")
    field.check_page(url, {1})
    bundle = disk.pages(next((field.state / "versions").glob("*.zip")))
    release = disk.pages(field.state / "environments/production/releases/1")
    total = bundle + release
    steps = [
        # Enough for half of the bundle; all of it and no record; half of the release; all of it.
        bundle // 2, bundle, bundle + release // 2, total + 1,
        0, 1, bundle - 1, bundle + 1, bundle + 2,
        *(total + more for more in [0, 2, 3, 4, 5, -1, 6, 7, 8, -2]),
    ]
    running, release, deployed = 1, 1, 0
    for free in sorted(steps[:levels]):
        release += 1
        field.commit(release)
        before = field.git_directory()
        disk.leave(free)
        try:
            result = field.run("push")
            if result.returncode == 0:
                field.check_page(url, {release})
                running = release
                deployed += 1
            elif result.returncode not in [1, 2] or "error: " not in result.stderr:
                raise Failure(f"the push ended with {result.returncode}: {result.stderr!r}")
            field.check_page(url, {running})
            said = f"after status {result.returncode}, {result.stderr.strip()!r}"
            # What was deployed with this warning is cleaned up by the next push.
            is_warned = result.returncode == 0 and "Cleaning up after" in result.stderr
            if not is_warned and (found := half_made(field)):
                raise Failure(f"{said}: left behind: {found}")
            if found := field.strangers("production"):
                raise Failure(f"{said}: left behind: {found}")
            field.eb("status")
            disk.make_space()
            field.eb("push", "-q")
            field.check_page(url, {release})
            running = release
            if found := half_made(field) + field.strangers("production"):
                raise Failure(f"after the next push: left behind: {found}")
            if field.git_directory() != before:
                raise Failure("a push changed .git")
            if found := field.leaks():
                raise Failure(f"the secret is in {found}")
        except Failure as failure:
            raise Failure(
                f"{free} free pages of {disk.page} bytes, release {release}: {failure}"
            ) from None
    print(
        f"torture: a full disk at {min(levels, len(steps))} levels, {deployed} deployed all the "
        f"same; the others said why, left nothing, and the next push succeeded "
        f"({time.monotonic() - start:.0f} s)"
    )


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
