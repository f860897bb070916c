"""Kills `git eb push` of an application with processes at random moments, and lets the disk fill up
under it."""

import hashlib
import os
import pathlib
import random
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from torture_field import Failure, Field

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


class Shop(Field):
    """A field whose application answers with what it was started from."""

    def __init__(self, directory: str, binary: str, chance: random.Random):
        super().__init__(directory, binary, chance)
        (self.repository / "app.py").write_text(APPLICATION)
        (self.repository / "Procfile").write_text("web: exec python3 app.py\n")
        (self.repository / "parts").mkdir()
        (self.repository / "data").write_bytes(chance.randbytes(1 << 20))

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


def half_made(field: Shop) -> list[str]:
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


def full_disk(field: Shop, disk: Disk, levels: int, chance: random.Random) -> str:
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
            if found := field.changed(before):
                raise Failure(f"a push changed .git: {found}")
            if found := field.waiting():
                raise Failure(f"records wait after the next push: {found}")
            if found := field.leaks():
                raise Failure(f"the secret is in {found}")
        except Failure as failure:
            raise Failure(
                f"{free} free pages of {disk.page} bytes, release {release}: {failure}"
            ) from None
    return (
        f"A full disk at {min(levels, len(steps))} levels under a push: {deployed} deployed all "
        f"the same; the others said why and left nothing, and the next push succeeded "
        f"({time.monotonic() - start:.0f} s)."
    )


def kill_pushes(
    field: Shop, kills: int, chance: random.Random, environments: set[str]
) -> str:
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
            if found := field.changed(before):
                raise Failure(f"the kill changed .git: {found}")
            if found := field.leaks():
                raise Failure(f"the secret is in {found}")
            seen = field.check_page(url, {running} if is_first else {running, release})
            switched += seen == release
            field.eb("push", "-q")
            if found := field.changed(before):
                raise Failure(f"the push changed .git: {found}")
            if found := field.waiting():
                raise Failure(f"records wait after the next push: {found}")
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
    return (
        f"{kills} kills of pushes of an application with processes, {during} of them before the "
        f"push had ended, {switched} after the switch: nothing leaked, nothing was lost, `.git` was as "
        f"before, one whole release answered, every next push succeeded ({seconds:.0f} s)."
    )
