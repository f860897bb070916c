#!/usr/bin/env python3
"""Measures git-eb against git; called by Scripts/bench."""

import argparse
import collections.abc
import datetime
import math
import os
import pathlib
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

import bench_aws
import bench_checks
import bench_records

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = 20_240_602
MIB = 1 << 20
# How many files are other ones in a warm run.
CHANGED = 10
# What the names of repositories in the cache end with; a new number when what is made changes.
EDITION = 3
CURVE = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000]
# Where git is measured as well.
CURVE_BESIDE = [1_000, 10_000, 100_000, 200_000]
RELEASES = """
3.2 3.2.4 3.2.8 3.2.12 3.2.16 3.2.20 3.2.25 4.0 4.0.2 4.0.4 4.0.6 4.0.8 4.0.10 4.1 4.1.3 4.1.5
4.1.7 4.1.9 4.1.11 4.1.13 4.2 4.2.3 4.2.6 4.2.9 4.2.11 4.2.14 4.2.17 4.2.20 4.2.23 5.0 5.0.2 5.0.4
5.0.6 5.0.8 5.0.10 5.0.12 5.0.14 5.1 5.1.2 5.1.4 5.1.6 5.1.8 5.1.10 5.2 5.2.1 5.2.2 5.2.3 5.2.4
5.2.5 5.2.6
""".split()


class Unavailable(Exception):
    """A repository cannot be made here and now."""


# Making repositories


class History:
    """Commits on their way into `git fast-import`."""

    def __init__(self, repository: pathlib.Path, *options: str):
        self.process = subprocess.Popen(
            ["git", *options, "-C", str(repository), "fast-import", "--quiet", "--date-format=raw",
             "--force"],
            stdin=subprocess.PIPE,
        )
        self.write = self.process.stdin.write

    def commit(self, reference: str, message: str, seconds: int, parent: str = "") -> None:
        """A commit that goes on from the last one of the reference; `change` says what is in it."""
        text = message.encode()
        self.write(f"commit {reference}\ncommitter A <a@example.com> {seconds} +0000\n".encode())
        self.write(f"data {len(text)}\n".encode() + text + b"\n")
        if parent:
            self.write(f"from {parent}\n".encode())

    def change(self, path: str, content: bytes, mode: str = "100644") -> None:
        self.write(f"M {mode} inline {path}\ndata {len(content)}\n".encode() + content + b"\n")

    def finish(self) -> None:
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit("error: git fast-import failed")


class Text:
    """Text that is about as regular as source code, always the same."""

    def __init__(self):
        self.chance = chance = random.Random(SEED)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.words = [
            "".join(chance.choices(letters, k=chance.randint(3, 11))) for _ in range(6000)
        ]
        weights = [1 / (rank + 10) for rank in range(len(self.words))]
        marks = [" ", " ", ".", "(", ") ", ", ", " = ", "_", ": ", " {", " + "]
        self.lines = []
        for _ in range(80_000):
            chosen = chance.choices(self.words, weights, k=chance.randint(2, 9))
            line = "  " * chance.randint(1, 5)
            self.lines.append(line + "".join(word + chance.choice(marks) for word in chosen))
        self.line_size = sum(map(len, self.lines)) / len(self.lines) + 1

    def file(self, size: float) -> bytes:
        count = max(1, round(size / self.line_size))
        # A file repeats itself, as code does, so that it becomes about a quarter when compressed.
        own = self.chance.choices(self.lines, k=max(1, count * 2 // 5))
        return ("\n".join(self.chance.choices(own, k=count)) + "\n").encode()

    def path(self, number: int) -> str:
        """A dozen files to a directory, a dozen directories to the one above, and so on."""
        parts = [f"{self.words[number % len(self.words)]}{number}.txt"]
        number //= 12
        while number:
            parts.append(f"{self.words[number % 12 * 7]}{number % 12}")
            number //= 12
        return "/".join(["source", *reversed(parts)])


def make_text(repository: pathlib.Path, sizes: collections.abc.Callable) -> None:
    """A commit with files of text; `sizes` is given the source of chance."""
    text = Text()
    history = History(repository)
    history.commit("refs/heads/master", "first", 1_700_000_000)
    for number, size in enumerate(sizes(text.chance)):
        history.change(text.path(number), text.file(size))
    history.finish()


def large_sizes(chance: random.Random) -> list[float]:
    shares = [chance.lognormvariate(0, 1) for _ in range(10_000)]
    return [share * 200_000_000 / sum(shares) for share in shares]


def small_sizes(chance: random.Random) -> list[float]:
    return [chance.triangular(200, 2_000, 500) for _ in range(100_000)]


def curve_sizes(count: int) -> collections.abc.Callable:
    return lambda chance: [1_200 * chance.lognormvariate(0, 1) for _ in range(count)]


def programs() -> collections.abc.Iterator[bytes]:
    """The programs and libraries of the machine, the toolchain's first, one megabyte at a time."""
    places = [pathlib.Path("/usr/bin"), pathlib.Path("/usr/lib")]
    if swift := shutil.which("swift"):
        places.insert(0, pathlib.Path(swift).resolve().parent)
    for place in places:
        for path in sorted(place.rglob("*")):
            if not path.is_file() or path.is_symlink() or path.stat().st_size < MIB:
                continue
            with open(path, "rb") as file:
                if file.read(4) != b"\x7fELF":
                    continue
                while len(piece := file.read(MIB)) == MIB:
                    yield piece


def make_binaries(repository: pathlib.Path) -> None:
    """Programs with pictures inside, and pictures: what shrinks to a half, and what does not."""
    chance = random.Random(SEED)
    material = programs()
    history = History(repository, "-c", "pack.compression=1")
    history.commit("refs/heads/master", "first", 1_700_000_000)
    sizes = [60, 55, 40, 35, 30, 20, 15, 12, 10, 10, 8, 5]
    for number, size in enumerate(sizes):
        pieces = []
        for position in range(size):
            is_random = number % 2 == 1 or position % 4 == 3
            piece = None if is_random else next(material, None)
            pieces.append(chance.randbytes(MIB) if piece is None else piece)
        content = b"".join(pieces)[: size * 1_000_000]
        if number % 2:
            history.change(f"pictures/{number}.dat", content)
        else:
            history.change(f"programs/{number}", content, "100755")
    history.finish()


def make_releases(repository: pathlib.Path) -> None:
    """The wheels of Django, a commit for each, in the order of their versions."""
    history = History(repository)
    try:
        with tempfile.TemporaryDirectory(dir=repository.parent) as scratch:
            for number, version in enumerate(RELEASES):
                result = subprocess.run(
                    [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                     "--no-cache-dir", "--only-binary", ":all:", "--dest", scratch,
                     f"django=={version}"],
                    capture_output=True, text=True,
                )
                wheels = list(pathlib.Path(scratch).glob("*.whl"))
                if result.returncode != 0 or len(wheels) != 1:
                    lines = result.stderr.strip().splitlines() or ["pip says nothing"]
                    raise Unavailable(f"Django {version} cannot be had: {lines[-1]}")
                with zipfile.ZipFile(wheels[0]) as wheel:
                    add_release(history, version, wheel, is_first=number == 0)
                wheels[0].unlink()
    finally:
        history.finish()


def add_release(history: History, version: str, wheel: zipfile.ZipFile, is_first: bool) -> None:
    entries = [entry for entry in wheel.infolist() if not entry.is_dir()]
    moment = max(entry.date_time for entry in entries)
    seconds = int(datetime.datetime(*moment, tzinfo=datetime.timezone.utc).timestamp())
    history.commit("refs/heads/master", f"Django {version}", seconds)
    if not is_first:
        history.write(b"deleteall\n")
    for entry in sorted(entries, key=lambda entry: entry.filename):
        mode = "100755" if entry.external_attr >> 16 & 0o111 else "100644"
        history.change(entry.filename, wheel.read(entry), mode)


class Repository:
    """One that is measured: made once, and kept."""

    def __init__(
        self, name: str, title: str, make: collections.abc.Callable, cold: float | None = None,
        warm: float | None = None, repack: list[str] = [], has_changes: bool = True,
    ):
        self.name = name
        self.title = title
        self.make = make
        # How many times as fast as git it has to be.
        self.cold = cold
        self.warm = warm
        self.repack = repack
        self.has_changes = has_changes
        cache = pathlib.Path(os.environ.get("TMPDIR", "/tmp"), "git-eb-bench")
        self.path = cache / f"{name}-{EDITION}"

    def git(self, *arguments: str, data: bytes = b"") -> bytes:
        return subprocess.run(
            ["git", "-C", str(self.path), *arguments], input=data, capture_output=True, check=True
        ).stdout

    def prepare(self, changes: int) -> None:
        complete = self.path / ".git/complete"
        if not complete.exists():
            print(f"making repository {self.name} ...", file=sys.stderr)
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir(parents=True)
            self.git("init", "-q", "-b", "master")
            self.git("config", "gc.auto", "0")
            try:
                self.make(self.path)
            except Unavailable:
                shutil.rmtree(self.path)
                raise
            self.git("repack", "-adq", *self.repack)
            self.git("gc", "-q")
            self.git("read-tree", "HEAD")
            complete.touch()
        listed = self.git("ls-tree", "-r", "-l", "-z", "HEAD").split(b"\0")[:-1]
        self.files = [line.partition(b"\t")[2].decode() for line in listed]
        self.blobs = [line.split()[2].decode() for line in listed]
        self.size = sum(int(line.split()[3]) for line in listed)
        if self.has_changes:
            self.prepare_changes(changes)

    def prepare_changes(self, count: int) -> None:
        """Commits on top of HEAD that have ten other files each, which lie loose as new ones do."""
        there = self.git("for-each-ref", "--format=%(refname)", "refs/changes").split()
        for number in range(len(there), count):
            chosen = sorted(random.Random(number).sample(range(len(self.files)), CHANGED))
            history = History(self.path, "-c", "fastimport.unpackLimit=10000")
            history.commit(
                self.change(number), f"change {number}", 1_700_000_000, parent="refs/heads/master"
            )
            for index in chosen:
                content = self.git("cat-file", "blob", self.blobs[index])
                history.change(self.files[index], content + f"\nchange {number}\n".encode())
            history.finish()

    def change(self, number: int) -> str:
        return f"refs/changes/{number}"


REPOSITORIES = {
    "a": Repository(
        "a", "10,000 files of text, 200 MB", lambda path: make_text(path, large_sizes), 3.5, 15
    ),
    "b": Repository(
        "b", "100,000 small files", lambda path: make_text(path, small_sizes), 2.7, 15
    ),
    "c": Repository(
        "c", "300 MB in twelve binaries", make_binaries, 4,
        repack=["--window=0"], has_changes=False,
    ),
    "d": Repository("d", f"{len(RELEASES)} releases of Django", make_releases, 3.5, 15, ["-f"]),
}


# What is measured beside them.
OTHERS = ["aws", "records", "checks"]


# Measuring


class Anonymous(threading.Thread):
    """Watches how much memory of its own, without mapped files, a process and the programs that it
    runs have at most."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ended.wait(0.002):
            self.peak = max(self.peak, self.of(self.pid))

    def of(self, pid: int) -> int:
        found = 0
        try:
            with open(f"/proc/{pid}/status") as status:
                for line in status:
                    if line.startswith("RssAnon:"):
                        found = int(line.split()[1]) * 1024
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as children:
                    found += sum(self.of(int(child)) for child in children.read().split())
        except OSError:
            pass
        return found


class Run:
    """One run of a program."""

    def __init__(self, seconds: float, usage=None, peak: int = 0):
        self.seconds = seconds
        if usage:
            self.busy = usage.ru_utime + usage.ru_stime
            self.resident = usage.ru_maxrss * 1024
        self.peak = peak


class Bench:
    def __init__(self, binary: str, scratch: str):
        self.binary = binary
        self.scratch = pathlib.Path(scratch)
        self.store = self.scratch / "cache"
        self.own = self.scratch / "own.zip"
        self.other = self.scratch / "git.zip"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": scratch,
            "XDG_CACHE_HOME": str(self.store),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, *command: str, watch: bool = False) -> Run:
        null = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
        began = time.perf_counter()
        pid = os.posix_spawnp(command[0], command, self.environment, file_actions=actions)
        watcher = Anonymous(pid) if watch else None
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - began
        os.close(null)
        if watcher:
            watcher.ended.set()
        if status != 0:
            sys.exit(f"error: {' '.join(command)} failed")
        return Run(seconds, usage, watcher.peak if watcher else 0)

    def ours(self, commit: str, watch: bool = False) -> Run:
        # What is not there is neither cut off nor, later, written to the disk in somebody's time.
        self.own.unlink(missing_ok=True)
        return self.run(
            self.binary, "archive", "-q", "--no-secrets", "-o", str(self.own), commit, watch=watch
        )

    def theirs(self, commit: str, watch: bool = False) -> Run:
        self.other.unlink(missing_ok=True)
        return self.run(
            "git", "archive", "--format=zip", "-o", str(self.other), commit, watch=watch
        )

    def forget(self) -> None:
        """Empties the store."""
        shutil.rmtree(self.store, ignore_errors=True)

    def cold(self, watch: bool = False) -> Run:
        self.forget()
        return self.ours("HEAD", watch)

    def pairs(
        self, runs: int, ours: collections.abc.Callable, theirs: collections.abc.Callable
    ) -> "Pairs":
        """Runs that follow each other, after one of each that does not count."""
        found = [(ours(number), theirs(number)) for number in range(runs + 1)]
        return Pairs(found[1:])

    # Floors

    def reading(self, repository: Repository) -> float:
        """Seconds that git needs to read every blob, one process for each processor."""
        count = os.cpu_count() or 1
        lists = []
        for number in range(count):
            lists.append(self.scratch / f"blobs{number}")
            lists[-1].write_text("".join(f"{blob}\n" for blob in repository.blobs[number::count]))
        began = time.perf_counter()
        processes = []
        for path in lists:
            with open(path) as ids:
                processes.append(subprocess.Popen(
                    ["git", "cat-file", "--batch", "--buffer"], stdin=ids,
                    stdout=subprocess.DEVNULL, env=self.environment,
                ))
        if any([process.wait() for process in processes]):
            sys.exit("error: git cat-file failed")
        return time.perf_counter() - began

    def writing(self) -> float:
        """Seconds for writing a file of as many bytes as the archive, in the same place."""
        copy = self.scratch / "copy"
        copy.unlink(missing_ok=True)
        return self.run("dd", f"if={self.own}", f"of={copy}", "bs=1M").seconds


class Pairs:
    """Runs of ours and of theirs, one after the other."""

    def __init__(self, runs: list[tuple[Run, Run]]):
        self.own = statistics.median(own.seconds for own, _ in runs)
        self.other = statistics.median(other.seconds for _, other in runs)
        self.busy = statistics.median(own.busy for own, _ in runs)
        self.other_busy = statistics.median(other.busy for _, other in runs)
        # How many times as fast.
        self.speed = statistics.median(other.seconds / own.seconds for own, other in runs)


# Telling


def duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.{1 if seconds < 0.01 else 0}f} ms"


def megabytes(size: float) -> str:
    return f"{size / 1e6:.1f} MB"


def mebibytes(size: float) -> str:
    return f"{size / MIB:.0f} MiB"


class Table:
    def __init__(self, *columns: str):
        self.lines = [self.line(columns), self.line(["---"] * len(columns))]

    @staticmethod
    def line(cells: collections.abc.Iterable[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    def add(self, *cells: str) -> None:
        self.lines.append(self.line(cells))

    def __str__(self) -> str:
        return "\n".join(self.lines)


class Report:
    """The tables, each under the name of its place in Documentation/Performance.md."""

    def __init__(self):
        self.sections: dict[str, str] = {}
        self.missed: list[str] = []

    def put(self, name: str, text: object) -> None:
        self.sections[name] = str(text)
        print(text, end="\n\n", flush=True)

    def expect(self, what: str, is_met: bool) -> None:
        if not is_met:
            self.missed.append(what)

    def update(self, path: pathlib.Path) -> None:
        text = path.read_text()
        for name, section in self.sections.items():
            before, mark, rest = text.partition(f"<!-- bench {name} -->\n")
            end = f"<!-- /bench {name} -->"
            if not mark or end not in rest:
                sys.exit(f"error: {path} has no place for '{name}'")
            text = before + mark + section + "\n" + rest[rest.index(end):]
        path.write_text(text)


def measure(bench: Bench, repository: Repository, runs: int, report: Report) -> None:
    # One for each warm run, the one that does not count, and the one that is watched.
    repository.prepare(runs + 2)
    os.chdir(repository.path)
    name = repository.name
    heading = f"({name}) {len(repository.files):,} files, {megabytes(repository.size)}"
    table = Table(heading, "git", "git-eb", "figure", "target")

    def speed(what: str, pairs: Pairs, target: float) -> None:
        report.expect(f"{name}, {what}", pairs.speed >= target)
        table.add(
            f"time, {what}", duration(pairs.other), duration(pairs.own),
            f"{pairs.speed:.1f} times as fast", f"≥ {target:g}",
        )

    cold = bench.pairs(runs, lambda _: bench.cold(), lambda _: bench.theirs("HEAD"))
    speed("cold", cold, repository.cold)
    size, other_size = bench.own.stat().st_size, bench.other.stat().st_size
    reading = statistics.median(bench.reading(repository) for _ in range(3))
    writing = statistics.median(bench.writing() for _ in range(3))
    watched = [bench.cold(watch=True) for _ in range(3)]
    if repository.warm:
        warm = bench.pairs(
            runs,
            lambda number: bench.ours(repository.change(number)),
            lambda number: bench.theirs(repository.change(number)),
        )
        speed("warm, ten files changed", warm, repository.warm)
        last = repository.change(runs + 1)
        watched.append(bench.ours(last, watch=True))
        warm_bytes = bench.own.read_bytes()
        bench.forget()
        bench.ours(last)
        if warm_bytes != bench.own.read_bytes():
            sys.exit(f"error: {name}: a warm archive has other bytes than a cold one")
    ratio = size / other_size
    report.expect(f"{name}, size", ratio <= 1.02)
    table.add(
        "size of the zip", megabytes(other_size), megabytes(size), f"{ratio:.3f}", "≤ 1.02"
    )
    other = bench.theirs("HEAD", watch=True)
    peak = max(run.peak for run in watched)
    report.expect(f"{name}, memory", peak <= 64 * MIB)
    table.add(
        "memory of its own, peak", mebibytes(other.peak), mebibytes(peak), mebibytes(peak),
        "≤ 64 MiB",
    )
    resident = max(run.resident for run in watched)
    table.add("resident with mapped files, peak", mebibytes(other.resident), mebibytes(resident),
              "", "")
    table.add(
        "processor time, cold", duration(cold.other_busy), duration(cold.busy),
        f"{cold.busy / cold.other_busy:.2f}", "",
    )
    if repository.warm:
        table.add(
            "processor time, warm", duration(warm.other_busy), duration(warm.busy),
            f"{warm.busy / warm.other_busy:.2f}", "",
        )
    table.add("floor: reading every blob", duration(reading), "", "", "")
    table.add("floor: writing the zip's bytes", duration(writing), "", "", "")
    report.put(name, table)


def measure_start(bench: Bench, runs: int, report: Report) -> None:
    """What every command costs before it does anything."""
    table = Table("start-up", "git", "git-eb", "figure", "target")
    for command in ["which", "version"]:
        pairs = bench.pairs(
            runs * 15, lambda _: bench.run(bench.binary, command),
            lambda _: bench.run("git", "rev-parse", "HEAD"),
        )
        ratio = 1 / pairs.speed
        report.expect(command, ratio <= 4)
        table.add(
            f"`git-eb {command}` against `git rev-parse HEAD`", duration(pairs.other),
            duration(pairs.own), f"{ratio:.1f}", "≤ 4",
        )
    report.put("start", table)


def slope(points: list[tuple[int, float]]) -> float:
    """The power of the number of files that seconds grow with."""
    logarithms = [(math.log(count), math.log(seconds)) for count, seconds in points]
    counts, times = zip(*logarithms)
    return statistics.linear_regression(counts, times).slope


def measure_curve(bench: Bench, runs: int, report: Report) -> None:
    table = Table(
        "files", "MB", "git", "a file", "git-eb, cold", "a file", "git-eb, warm", "a file"
    )
    cold_points, warm_points, other_points = [], [], []
    for count in CURVE:
        sizes = curve_sizes(count)
        repository = Repository(f"curve-{count}", "", lambda path: make_text(path, sizes))
        repository.prepare(runs + 1)
        os.chdir(repository.path)
        cells = ["", ""]
        if count in CURVE_BESIDE:
            pairs = bench.pairs(runs, lambda _: bench.cold(), lambda _: bench.theirs("HEAD"))
            cold = pairs.own
            other_points.append((count, pairs.other))
            cells = [duration(pairs.other), f"{pairs.other / count * 1e6:.0f} µs"]
        else:
            cold = statistics.median([bench.cold().seconds for _ in range(runs + 1)][1:])
        bench.cold()
        warm = statistics.median(
            [bench.ours(repository.change(number)).seconds for number in range(runs + 1)][1:]
        )
        cold_points.append((count, cold))
        warm_points.append((count, warm))
        for seconds in (cold, warm):
            cells += [duration(seconds), f"{seconds / count * 1e6:.0f} µs"]
        table.add(f"{count:,}", f"{repository.size / 1e6:.0f}", *cells)
    # Below this the start of the program still shows.
    large = [point for point in cold_points if point[0] >= 10_000]
    cold_slope = slope(large)
    warm_slope = slope([point for point in warm_points if point[0] >= 10_000])
    other_slope = slope([point for point in other_points if point[0] >= 10_000])
    costs = [seconds / count * 1e6 for count, seconds in large]
    report.expect("curve, cold", cold_slope <= 1.1)
    report.expect("curve, warm", warm_slope <= 1.1)
    verdict = "stays" if max(costs) <= 1.25 * min(costs) else "does not stay"
    report.put("curve", (
        f"{table}\n\nFrom 10,000 files on, a file's cost, cold, {verdict} about the same:\n"
        f"{min(costs):.0f} to {max(costs):.0f} µs. Time grows with the number of files to the "
        f"power of {cold_slope:.2f} cold and {warm_slope:.2f}\nwarm, git's with "
        f"{other_slope:.2f}; the target is at most 1.10."
    ))


def machine(bench: Bench) -> str:
    versions = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        for command in (["git", "--version"], [bench.binary, "version"])
    ]
    model = platform.machine()
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return (
        f"{versions[0]}, {versions[1]}, {os.cpu_count()} processors ({model}), "
        f"{platform.system()} {platform.release().partition('-')[0]}."
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join([*REPOSITORIES, *OTHERS]))
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    names = [name for name in options.only.split(",") if name]
    if unknown := set(names) - REPOSITORIES.keys() - set(OTHERS):
        there = ", ".join([*REPOSITORIES, *OTHERS])
        parser.error(f"no part '{min(unknown)}'; there are {there}")
    repositories = [name for name in names if name not in OTHERS]
    cache = REPOSITORIES["a"].path.parent
    cache.mkdir(parents=True, exist_ok=True)
    report = Report()
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        # As Scripts/install puts it in place: the file that the linker wrote starts slower.
        installed = os.path.join(scratch, "git-eb")
        subprocess.run(["strip", "-o", installed, options.binary], check=True)
        bench = Bench(installed, scratch)
        for name in repositories:
            try:
                measure(bench, REPOSITORIES[name], options.runs, report)
            except Unavailable as reason:
                print(f"({name}) is left out: {reason}\n", file=sys.stderr)
        if options.curve:
            measure_curve(bench, min(options.runs, 5), report)
        if "aws" in names:
            try:
                REPOSITORIES["a"].prepare(0)
                bench_aws.measure_aws(
                    bench, REPOSITORIES["a"].path, options.runs, report, sys.modules[__name__])
            except bench_aws.Unavailable as reason:
                print(f"(aws) is left out: {reason}\n", file=sys.stderr)
        if "records" in names:
            bench_records.measure_records(
                bench, options.runs, report, sys.modules[__name__])
        if "checks" in names:
            bench_checks.measure_checks(
                bench, [REPOSITORIES[name] for name in ("a", "b")], options.runs, report,
                sys.modules[__name__])
        if repositories:
            measure_start(bench, options.runs, report)
        report.put("machine", machine(bench))
        os.chdir(ROOT)
    if options.update:
        report.update(ROOT / "Documentation/Performance.md")
    if report.missed:
        print(f"missed: {'; '.join(report.missed)}", file=sys.stderr)
        sys.exit(1 if options.check else 0)


if __name__ == "__main__":
    main()
