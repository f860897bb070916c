"""One disturbed run after the other: what is run, what must hold afterwards, and the figures."""

import collections
import dataclasses
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable

from torture_field import FILLER, SCRATCH, SHARED_MEMORY, Descendants, Failure, Field, clear

# What is looked for after a run, and how the tables call it.
KINDS = {
    "index": "index",
    "status": "`git status`",
    "git": "rest of `.git`",
    "secret": "secret lies about",
    "left": "files left",
    "bundle": "half a bundle",
    "process": "still running",
    "answer": "wrong answer",
    "next": "next command fails",
}
CRASHES = {
    signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV
}
HAND_MADE = (
    "git add -f .secrets && "
    "git archive --format=zip -o ../out/app.zip $(git write-tree) && "
    "git reset -q HEAD .secrets"
)
Problems = dict[str, list[str]]


@dataclasses.dataclass(frozen=True)
class Victim:
    name: str
    words: tuple[str, ...]
    title: str
    # Whether it may show in .git until the next command.
    is_in_place: bool = False
    # Whether a watcher cleans up when it is killed.
    is_watched: bool = False
    is_ours: bool = True
    # What is run afterwards, where that is something else.
    again: tuple[str, ...] = ()


def victims(binary: str) -> dict[str, Victim]:
    seen = "git cat-file blob :.secrets/key | cmp - .secrets/key && {} && : >../out/seen"
    outside = seen.format("git archive --format=zip -o ../out/app.zip $(git write-tree)")
    # What the command writes to the repository is not git-eb's to take away.
    inside = seen.format("git diff --cached --quiet --diff-filter=U")
    in_place = (binary, "with-secrets", "-q", "--in-place", "--wait", "2s", "--")
    return {
        victim.name: victim for victim in [
            Victim("push", (binary, "push", "-q"), "`git eb push`"),
            Victim(
                "archive", (binary, "archive", "-q", "-o", "../out/app.zip"), "`git eb archive -o`"
            ),
            Victim(
                "with-secrets", (binary, "with-secrets", "-q", "--", "sh", "-c", outside),
                "`git eb with-secrets`", is_watched=True,
            ),
            Victim(
                "in-place", (*in_place, "sh", "-c", inside), "`… --in-place`", is_in_place=True,
                is_watched=True,
            ),
            Victim("script", ("sh", "-c", HAND_MADE), "by hand", is_in_place=True, is_ours=False),
        ]
    }


@dataclasses.dataclass
class Run:
    """One that has ended."""
    status: int
    error: str
    # Whether the disturbance came while it ran.
    is_hit: bool
    # What may be there until the next command, since nobody could clean up.
    tolerated: frozenset[str] = frozenset()
    # Whether it may end without a word, since that could not be written.
    is_mute: bool = False
    has_hung: bool = False


@dataclasses.dataclass
class Tally:
    """The figures of one victim in one mode."""
    runs: int = 0
    hits: int = 0
    at_once: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    after: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    violations: int = 0

    def say(self, what: str) -> "Tally":
        """A line for who waits for the table."""
        print(f"{what}: {self.runs:,} runs, {self.violations:,} violations", file=sys.stderr)
        return self

    def cells(self) -> list[str]:
        return [f"{self.at_once[kind]} / {self.after[kind]}" for kind in KINDS]


class Ground(Field):
    """A field with something staged, and a copy of all to begin anew from."""

    def __init__(self, directory: str, binary: str, chance: random.Random):
        super().__init__(directory, binary, chance)
        self.descendants = Descendants()
        self.has_own_memory = False
        # Called before the next command, to take away what disturbs.
        self.relieve: Callable[[], None] = lambda: None
        files = {"index.html": b"hello\n", "data": chance.randbytes(5 << 17)}
        for part in range(12):
            files[f"parts/{part:02}.txt"] = f"part {part}\n".encode() * 20
        for name, content in files.items():
            self.write(name, content)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "One")
        self.git("tag", "-a", "-m", "One", "v1")
        self.git("gc", "-q")
        self.first = self.git("rev-parse", "HEAD")
        self.eb("push", "-q")
        self.write("parts/00.txt", b"changed\n")
        self.write("parts/more.txt", b"more\n")
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "Two")
        # What a user may have staged, and must not lose.
        self.write("parts/01.txt", b"staged\n")
        self.write("added.txt", b"staged as well\n")
        self.git("add", "parts/01.txt", "added.txt")
        self.write("parts/01.txt", b"and changed again\n")
        self.git("rm", "-q", "--cached", "parts/03.txt")
        self.write("intended.txt", b"to come\n")
        self.git("add", "-N", "intended.txt")
        self.write("untracked.txt", b"of nobody\n")
        self.environment["GIT_OPTIONAL_LOCKS"] = "0"
        self.eb("archive", "-q", "-o", "../out/app.zip")
        self.bundle = (self.base / "out/app.zip").read_bytes()
        subprocess.run(["unzip", "-tqq", str(self.base / "out/app.zip")], check=True)
        self.pristine = self.base / "pristine"
        self.keep()

    def write(self, name: str, content: bytes) -> None:
        path = self.repository / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    def keep(self) -> None:
        """Takes what is there now as what every run begins with."""
        shutil.rmtree(self.pristine, ignore_errors=True)
        shutil.copytree(self.repository / ".git", self.pristine / "git", symlinks=True)
        shutil.copytree(self.state, self.pristine / "state", symlinks=True)
        self.look()
        self.work_tree = self.names()
        self.original = {"parts/02.txt": (self.repository / "parts/02.txt").read_bytes()}

    def look(self) -> None:
        """Takes .git and its status as what they have to be afterwards."""
        self.before = self.git_directory()
        self.status = self.git("status", "--porcelain=v2")

    def names(self) -> set[str]:
        """The work tree's, without .git's own."""
        return {
            str(path.relative_to(self.repository))
            for top in self.repository.iterdir() if top.name != ".git"
            for path in [top, *top.rglob("*")]
        }

    def begin(self, victim: Victim) -> None:
        for name in SCRATCH:
            clear(self.base / name)
        if self.has_own_memory:
            clear(SHARED_MEMORY)
        if victim.name == "push":
            shutil.rmtree(self.state, ignore_errors=True)
            shutil.copytree(self.pristine / "state", self.state, symlinks=True)
        if self.git_directory() != self.before:
            self.restore()
        shutil.rmtree(self.base / "waiting", ignore_errors=True)

    def restore(self) -> None:
        directory = self.repository / ".git"
        if directory.is_mount():
            clear(directory)
        else:
            shutil.rmtree(directory)
        shutil.copytree(self.pristine / "git", directory, symlinks=True, dirs_exist_ok=True)

    def leaks(self) -> list[str]:
        return [path for path in super().leaks() if not path.startswith(str(self.pristine))]

    # What must hold

    def look_around(self, victim: Victim) -> Problems:
        """What is not as it was before the run."""
        problems: Problems = collections.defaultdict(list)
        changed = self.changed(self.before)
        if changed:
            if "index" in changed:
                problems["index"].append("the index")
            if (status := self.text("status", "--porcelain=v2")) != self.status:
                problems["status"].append(status)
            # Those on records keep out nothing but records.
            locks = {name for name in changed if re.match("refs/(eb|remotes)/.*[.]lock$", name)}
            problems["left"] += sorted(locks)
            if rest := sorted(changed - locks - {"index"}):
                problems["git"].append(" ".join(rest))
            if trouble := self.text("fsck", "--full", "--no-progress", "--no-dangling"):
                problems["git"].append(f"fsck: {trouble}")
            problems["secret"] += self.packed_leaks()
        problems["secret"] += self.leaks()
        problems["left"] += self.left_files()
        problems["bundle"] += self.half_bundles(victim)
        return {kind: found for kind, found in problems.items() if found}

    def text(self, *arguments: str) -> str:
        """All that git says, which may be that it cannot."""
        result = subprocess.run(
            ["git", *arguments], cwd=self.repository, env=self.environment, capture_output=True
        )
        return (result.stdout + result.stderr).decode(errors="replace").strip()

    def left_files(self) -> list[str]:
        found = [
            str(path.relative_to(self.base)) for place in ["home", "tmp", "run"]
            for path in (self.base / place).rglob("*") if path.name != FILLER
        ]
        if self.has_own_memory:
            found += [str(path) for path in SHARED_MEMORY.rglob("*") if path.name != FILLER]
        found += sorted(self.names() - self.work_tree)
        found += [
            f"out/{path.name}" for path in (self.base / "out").iterdir()
            if path.name not in ["app.zip", "seen", "ready", FILLER]
        ]
        return found

    def half_bundles(self, victim: Victim) -> list[str]:
        found = []
        path = self.base / "out/app.zip"
        if victim.name == "archive" and path.exists() and path.read_bytes() != self.bundle:
            found.append("app.zip")
        if victim.name == "script" and path.exists() and not is_whole(path):
            found.append("app.zip")
        if victim.name == "push":
            if self.serving() is None:
                found.append("what is deployed is neither release")
            for version in self.state.glob("versions/*.zip"):
                if version.with_suffix(".json").exists() and not is_whole(version):
                    found.append(version.name)
        return found

    def serving(self) -> int | None:
        """The release that is deployed, when it is whole."""
        try:
            directory = (self.state / "environments/production/current").resolve(strict=True)
            files = {
                str(path.relative_to(directory)): path.read_bytes()
                for path in directory.rglob("*") if path.is_file()
            }
        except OSError:
            return None
        key = files.pop(".secrets/key", None)
        for release, commit in [(2, "HEAD"), (1, self.first)]:
            if key == self.canary and files == self.files(commit):
                return release
        return None

    def files(self, commit: str) -> dict[str, bytes]:
        if not hasattr(self, "committed"):
            self.committed = {}
        if commit not in self.committed:
            names = self.git("ls-tree", "-r", "--name-only", commit).splitlines()
            self.committed[commit] = {
                name: subprocess.run(
                    ["git", "cat-file", "blob", f"{commit}:{name}"], cwd=self.repository,
                    env=self.environment, check=True, capture_output=True,
                ).stdout
                for name in names
            }
        return self.committed[commit]

    def half_made(self) -> list[str]:
        """What a push that has ended must not leave in the state directory."""
        return [
            str(path.relative_to(self.base)) for path in self.state.rglob("*")
            if path.name.endswith((".tmp", ".partial", ".previous"))
            or path.parent.name == "incoming"
        ]

    def wrong_answers(self, victim: Victim, run: Run) -> list[str]:
        """What the exit status says and is not so, and what it should have said."""
        if run.has_hung:
            return ["it did not end"]
        if -run.status in CRASHES or run.status - 128 in CRASHES:
            return [f"it crashed with {run.status}: {run.error}"]
        if run.status > 0 and run.status < 128 and not run.error and not run.is_mute:
            return [f"it ended with {run.status} without a word"]
        if run.status != 0:
            return []
        if victim.name in ["archive", "script"] and not (self.base / "out/app.zip").exists():
            return ["success, and no bundle"]
        if victim.name == "push" and self.serving() != 2:
            return ["success, and not deployed"]
        if victim.name in ["with-secrets", "in-place"] and not (self.base / "out/seen").exists():
            return ["success, and the command has not seen the secret"]
        return []

    # Judging

    def undisturbed(self, victim: Victim) -> subprocess.CompletedProcess:
        return subprocess.run(
            victim.again or victim.words, cwd=self.repository, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )

    def next_command(self, victim: Victim) -> Problems:
        """What is still wrong after it."""
        problems: Problems = collections.defaultdict(list)

        def must_succeed(result: subprocess.CompletedProcess) -> None:
            if result.returncode != 0:
                problems["next"].append(
                    f"{' '.join(map(str, result.args))} ended with {result.returncode}: "
                    f"{result.stderr.strip()}"
                )

        def merge(more: Problems) -> None:
            for kind, found in more.items():
                problems[kind] += found

        if victim.is_ours:
            must_succeed(self.run("which"))
            found = self.look_around(victim)
            lasting = {"index", "status", "git", "bundle"}
            merge({kind: found[kind] for kind in found if kind in lasting})
            if "left" in found or "secret" in found:
                must_succeed(self.run("recover"))
        (self.base / "out/app.zip").unlink(missing_ok=True)
        (self.base / "out/seen").unlink(missing_ok=True)
        result = self.undisturbed(victim)
        must_succeed(result)
        merge(self.look_around(victim))
        problems["left"] += self.waiting()
        if victim.name == "push":
            if result.returncode == 0 and self.serving() != 2:
                problems["next"].append("what was pushed is not deployed")
            problems["left"] += self.half_made()
        if running := self.descendants.wait(10):
            problems["process"] += running
        return {kind: found for kind, found in problems.items() if found}

    def judge(self, victim: Victim, run: Run, tally: Tally, context: str) -> None:
        """Looks around after a run, and after the next command."""
        at_once: Problems = {}
        if running := self.descendants.wait(15):
            at_once["process"] = running
            self.descendants.end()
        at_once |= self.look_around(victim)
        if wrong := self.wrong_answers(victim, run):
            at_once["answer"] = wrong
        self.relieve()
        after: Problems = {}
        if at_once or victim.name == "push":
            after = self.next_command(victim)
        tally.runs += 1
        tally.hits += run.is_hit
        tally.at_once.update(at_once.keys())
        tally.after.update(after.keys())
        tolerated = set(run.tolerated)
        if victim.is_in_place:
            tolerated |= {"index", "status", "git", "secret", "left"}
        violations = {kind: found for kind, found in at_once.items() if kind not in tolerated}
        for kind, found in after.items():
            violations[kind] = violations.get(kind, []) + [f"afterwards: {one}" for one in found]
        if violations:
            tally.violations += 1
            if victim.is_ours:
                words = [f"{kind}: {', '.join(found)}" for kind, found in violations.items()]
                said = run.error.strip()
                print(
                    f"violation: {victim.name}: {context}: {'; '.join(words)}"
                    + (f" (it said: {said})" if said else ""),
                    file=sys.stderr, flush=True,
                )


def is_whole(path: pathlib.Path) -> bool:
    try:
        with zipfile.ZipFile(path) as file:
            return file.testzip() is None
    except (zipfile.BadZipFile, OSError, EOFError, ValueError):
        return False


class Report:
    """The tables, each under the name of its place in Documentation/Safety.md."""

    def __init__(self):
        self.sections: dict[str, str] = {}
        self.violations = 0

    def put(self, name: str, text: str) -> None:
        self.sections[name] = text
        print(f"{text}\n", flush=True)

    def tallies(
        self, name: str, what: str, hit: str, tallies: list[tuple[Victim, Tally]], note: str = ""
    ) -> None:
        """One row for each victim."""
        lines = [["", what, hit, *KINDS.values(), "violations"]]
        lines.append(["---"] * len(lines[0]))
        for victim, tally in tallies:
            title = getattr(victim, "title", victim)
            violations = f"**{tally.violations}**"
            lines.append([title, f"{tally.runs:,}", f"{tally.hits:,}", *tally.cells(), violations])
            if getattr(victim, "is_ours", True):
                self.violations += tally.violations
            elif tally.runs > 20 and tally.violations == 0:
                raise Failure("nothing was found wrong with the script by hand: nothing can be")
        text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        self.put(name, text + (f"\n\n{note}" if note else ""))

    def update(self, path: pathlib.Path) -> None:
        text = path.read_text()
        for name, section in self.sections.items():
            before, mark, rest = text.partition(f"<!-- torture {name} -->\n")
            end = f"<!-- /torture {name} -->"
            if not mark or end not in rest:
                sys.exit(f"error: {path} has no place for '{name}'")
            text = before + mark + section + "\n" + rest[rest.index(end):]
        path.write_text(text)


class Progress:
    """A line now and then on standard error, when that is a terminal."""

    def __init__(self, what: str):
        self.what, self.last = what, time.monotonic()

    def __call__(self, text: str) -> None:
        if sys.stderr.isatty() and time.monotonic() - self.last > 2:
            self.last = time.monotonic()
            print(f"{self.what}: {text}", file=sys.stderr)
