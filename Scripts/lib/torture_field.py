"""Where Scripts/torture works: a repository with a secret, and every directory that git-eb may
write to, below one directory; and the processes that it starts."""

import ctypes
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import zlib

# All that may lie about of a run is below these, or in the machine's shared memory.
SCRATCH = ["home", "tmp", "run", "cache", "out"]
# What takes up the space of a disk.
FILLER = "filler"
SHARED_MEMORY = pathlib.Path("/dev/shm")


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
        for name in SCRATCH:
            (self.base / name).mkdir(mode=0o700)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.base / "home"),
            "TMPDIR": str(self.base / "tmp"),
            "XDG_RUNTIME_DIR": str(self.base / "run"),
            "XDG_CACHE_HOME": str(self.base / "cache"),
            # Records wait here for their deployment's end.
            "XDG_STATE_HOME": str(self.base / "waiting"),
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
        (self.repository / ".secrets").mkdir()
        (self.repository / ".secrets/key").write_bytes(self.canary)

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

    def git_directory(self) -> dict[str, tuple]:
        """Everything in .git: kind and mode, size, and content."""
        return contents(self.repository / ".git")

    def changed(self, before: dict[str, tuple]) -> set[str]:
        """What of .git is not as it was, apart from what records a deployment."""
        return changes(before, self.git_directory(), self.repository / ".git")

    def waiting(self) -> list[str]:
        """Records that are not in the repository yet."""
        return waiting(self.base / "waiting")

    def leaks(self) -> list[str]:
        """Files that hold the secret where it must not be."""
        allowed = {self.state, self.repository / ".secrets", self.base / "out"}
        found = []
        places = [self.base] + ([SHARED_MEMORY] if SHARED_MEMORY.is_dir() else [])
        for place in places:
            for folder, directories, files in os.walk(place):
                here = pathlib.Path(folder)
                directories[:] = [d for d in directories if here / d not in allowed]
                found += [str(here / name) for name in files if self.holds_canary(here / name)]
        # What holds it by right is closed to others.
        if self.state.exists() and self.state.stat().st_mode & 0o077:
            found.append(f"{self.state} is open to others")
        return found

    def holds_canary(self, path: pathlib.Path) -> bool:
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                return False
            content = path.read_bytes()
        except FileNotFoundError:
            return False
        if self.canary in content:
            return True
        # A loose object, also one that was not finished.
        if content[:1] != b"\x78":
            return False
        try:
            return self.canary in zlib.decompressobj().decompress(content)
        except zlib.error:
            return False

    def packed_leaks(self) -> list[str]:
        """Objects that hold the secret, whatever they are stored in."""
        command = ["git", "cat-file", "--batch-all-objects", "--unordered", "--batch"]
        result = subprocess.run(
            command, cwd=self.repository, env=self.environment, capture_output=True
        )
        return ["an object of the repository"] if self.canary in result.stdout else []


def contents(root: pathlib.Path) -> dict[str, tuple]:
    """Everything at or below a place: kind and mode, size, and content."""
    found = {}
    for path in [root, *root.rglob("*")]:
        if path.name == FILLER:
            continue
        try:
            status = path.lstat()
            content = ""
            if stat.S_ISREG(status.st_mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
        except FileNotFoundError:
            # Gone in this instant.
            continue
        size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
        found[str(path.relative_to(root))] = (status.st_mode, size, content)
    return found


def changes(before: dict[str, tuple], now: dict[str, tuple], root: pathlib.Path) -> set[str]:
    """What differs, apart from what records a deployment."""
    differing = {name for name in before | now if before.get(name) != now.get(name)}
    return {name for name in differing if not is_record(root / name, name)}


def is_record(path: pathlib.Path, name: str) -> bool:
    """Whether it is a record of a deployment, or of what an environment runs; of a lock it is not,
    since one that stays keeps the next record out."""
    if re.match(r"(logs/)?refs/(eb|remotes)(/|$)", name):
        return not name.endswith(".lock")
    if re.fullmatch("objects/[0-9a-f]{2}", name):
        return True
    if not re.fullmatch("objects/[0-9a-f]{2}/([0-9a-f]{38}|tmp_obj_[^/]+)", name):
        return False
    try:
        content = path.read_bytes()
        # Git leaves what it was writing when it is killed, and takes it away at the next gc.
        if "tmp_obj_" in name and len(content) < 4096:
            return True
        content = zlib.decompress(content)
    except (OSError, zlib.error):
        return False
    return content.startswith(b"tag ") and b"\nOutcome: " in content


def waiting(place: pathlib.Path) -> list[str]:
    return [str(path.relative_to(place)) for path in place.rglob("*") if not path.is_dir()]


def clear(directory: pathlib.Path) -> None:
    """Removes what is in a directory, and not the directory."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


class Descendants:
    """All processes that were started here, also those whose parents have ended."""

    PR_SET_CHILD_SUBREAPER = 36

    def __init__(self):
        self.is_complete = (
            sys.platform.startswith("linux")
            and ctypes.CDLL(None).prctl(self.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        )

    @staticmethod
    def children(process: int) -> list[int]:
        found = []
        for task in pathlib.Path(f"/proc/{process}/task").glob("*"):
            try:
                found += map(int, (task / "children").read_text().split())
            except OSError:
                continue
        return found

    def reap(self) -> list[int]:
        """Collects those that have ended; the others. Nobody may be waiting for one of them."""
        living = []
        for process in self.children(os.getpid()):
            try:
                if os.waitpid(process, os.WNOHANG)[0] == 0:
                    living.append(process)
            except ChildProcessError:
                continue
        return living

    def wait(self, seconds: float) -> list[str]:
        """Those that are still there after so long, each with its words."""
        end = time.monotonic() + seconds
        pause = 0.001
        while living := self.reap():
            if time.monotonic() > end:
                return [f"{process} ({self.words(process)})" for process in living]
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        return []

    @staticmethod
    def words(process: int) -> str:
        try:
            content = pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            return "?"
        return content.replace(b"\0", b" ").decode(errors="replace").strip()

    def signal_all(self, number: int) -> None:
        waiting = self.children(os.getpid())
        seen = set()
        while waiting:
            process = waiting.pop()
            if process in seen:
                continue
            seen.add(process)
            waiting += self.children(process)
            try:
                os.kill(process, number)
            except ProcessLookupError:
                continue

    def end(self) -> None:
        """Kills every one, with their children."""
        for _ in range(100):
            self.signal_all(signal.SIGKILL)
            if not self.reap():
                return
            time.sleep(0.01)
