#!/usr/bin/env python3
"""Measures git-eb against git; called by Scripts/bench."""

import argparse
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = 10_000
BYTES = 200_000_000
SEED = 20_240_602
MIB = 1 << 20


def generate(repository: pathlib.Path) -> None:
    """A packed repository of text that is about as regular as source code, always the same."""
    chance = random.Random(SEED)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [
        "".join(chance.choices(letters, k=chance.randint(3, 11))) for _ in range(6000)
    ]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    marks = [" ", " ", ".", "(", ") ", ", ", " = ", "_", ": ", " {", " + "]
    lines = []
    for _ in range(80_000):
        count = chance.randint(2, 9)
        chosen = chance.choices(words, weights, k=count)
        line = "  " * chance.randint(1, 5)
        lines.append(line + "".join(word + chance.choice(marks) for word in chosen))
    shares = [chance.lognormvariate(0, 1) for _ in range(FILES)]
    scale = BYTES / sum(shares)
    average = sum(map(len, lines)) / len(lines) + 1

    subprocess.run(["git", "init", "-q", "-b", "master", str(repository)], check=True)
    stream = subprocess.Popen(
        ["git", "-C", str(repository), "fast-import", "--quiet"], stdin=subprocess.PIPE
    )
    write = stream.stdin.write
    write(b"commit refs/heads/master\ncommitter A <a@example.com> 1700000000 +0000\n")
    write(b"data 5\nfirst\n")
    for number, share in enumerate(shares):
        count = max(1, round(share * scale / average))
        # A file repeats itself, as code does, so that it becomes about a quarter when compressed.
        own = chance.choices(lines, k=max(1, count * 2 // 5))
        text = ("\n".join(chance.choices(own, k=count)) + "\n").encode()
        path = f"source/{number % 97:02}/{number % 13}/{words[number % len(words)]}{number}.txt"
        write(f"M 100644 inline {path}\ndata {len(text)}\n".encode() + text + b"\n")
    stream.stdin.close()
    if stream.wait() != 0:
        sys.exit("error: git fast-import failed")
    for command in [["repack", "-adq"], ["reset", "-q", "--hard"], ["gc", "-q"]]:
        subprocess.run(["git", "-C", str(repository), *command], check=True)


class Anonymous(threading.Thread):
    """Watches how much memory of its own, without mapped files, a process has at most."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.path = f"/proc/{pid}/status"
        self.peak = 0
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ended.wait(0.002):
            try:
                with open(self.path) as status:
                    for line in status:
                        if line.startswith("RssAnon:"):
                            self.peak = max(self.peak, int(line.split()[1]) * 1024)
            except OSError:
                return


class Bench:
    def __init__(self, binary: str, repository: pathlib.Path):
        self.binary = binary
        self.repository = repository
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, *command: str, watch: bool = False) -> tuple[float, float, int, int]:
        """Seconds of time and of processor time; bytes that were resident, and those of its own."""
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
        busy = usage.ru_utime + usage.ru_stime
        return seconds, busy, usage.ru_maxrss * 1024, watcher.peak if watcher else 0

    def against(
        self, ours: list[str], theirs: list[str], runs: int
    ) -> tuple[float, float, float]:
        """Medians of both in seconds, and of the ratios of runs that followed each other."""
        for command in (ours, theirs):
            self.run(*command)
        pairs = [(self.run(*ours)[0], self.run(*theirs)[0]) for _ in range(runs)]
        return (
            statistics.median(own for own, _ in pairs),
            statistics.median(other for _, other in pairs),
            statistics.median(own / other for own, other in pairs),
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    cache = pathlib.Path(os.environ.get("TMPDIR", "/tmp"), "git-eb-bench")
    repository = cache / f"repository-{SEED}"
    if not (repository / ".git/complete").exists():
        print("generating the repository ...", file=sys.stderr)
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["rm", "-rf", str(repository)], check=True)
        generate(repository)
        (repository / ".git/complete").touch()
    bench = Bench(os.path.realpath(options.binary), repository)
    os.chdir(repository)
    missed = []
    table = ["| what | git | git-eb | figure | target |", "| --- | --- | --- | --- | --- |"]

    def row(what: str, git: str, own: str, value: float, text: str, limit: float, target: str):
        if value > limit:
            missed.append(what)
        table.append(f"| {what} | {git} | {own} | {text} | {target} |")

    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        own, other = f"{scratch}/own.zip", f"{scratch}/git.zip"
        ours = [bench.binary, "archive", "-q", "-o", own]
        theirs = ["git", "archive", "--format=zip", "-o", other, "HEAD"]
        seconds, git_seconds, ratio = bench.against(ours, theirs, options.runs)
        row(
            "archive of 10,000 files, 200 MB: time", f"{git_seconds:.2f} s", f"{seconds:.2f} s",
            ratio, f"{ratio:.2f}", 1 / 3, "≤ 0.33",
        )
        size, git_size = os.path.getsize(own), os.path.getsize(other)
        row(
            "the same: size of the zip", f"{git_size / 1e6:.1f} MB", f"{size / 1e6:.1f} MB",
            size / git_size, f"{size / git_size:.3f}", 1.03, "≤ 1.03",
        )
        watched = [bench.run(*ours, watch=True) for _ in range(3)]
        git_watched = bench.run(*theirs, watch=True)
        busy, git_busy = statistics.median(run[1] for run in watched), git_watched[1]
        row(
            "the same: processor time", f"{git_busy:.2f} s", f"{busy:.2f} s", 0,
            f"{busy / git_busy:.2f}", 1, "",
        )
        anonymous = max(peak for *_, peak in watched)
        row(
            "the same: memory of its own, peak", f"{git_watched[3] / MIB:.0f} MiB",
            f"{anonymous / MIB:.0f} MiB", anonymous / MIB, f"{anonymous / MIB:.0f} MiB", 64,
            "≤ 64 MiB",
        )
        resident = max(peak for *_, peak, _ in watched)
        row(
            "the same: resident with mapped files, peak", f"{git_watched[2] / MIB:.0f} MiB",
            f"{resident / MIB:.0f} MiB", 0, f"{resident / MIB:.0f} MiB", 1, "",
        )
    for command in ["which", "version"]:
        seconds, git_seconds, ratio = bench.against(
            [bench.binary, command], ["git", "rev-parse", "HEAD"], options.runs * 15
        )
        row(
            f"`git-eb {command}` against `git rev-parse HEAD`", f"{git_seconds * 1e3:.1f} ms",
            f"{seconds * 1e3:.1f} ms", ratio, f"{ratio:.1f}", 4, "≤ 4",
        )
    versions = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        for command in (["git", "--version"], [bench.binary, "version"])
    ]
    table += ["", f"{versions[0]}, {versions[1]}, {os.cpu_count()} processors."]
    print("\n".join(table))
    if options.update:
        path = ROOT / "Documentation/Performance.md"
        before, mark, rest = path.read_text().partition("<!-- bench -->\n")
        after = rest[rest.index("<!-- /bench -->") :]
        path.write_text(before + mark + "\n".join(table) + "\n" + after)
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)
        sys.exit(1 if options.check else 0)


if __name__ == "__main__":
    main()
