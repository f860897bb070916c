"""Kills at every system call that can write, and lets every such call fail; with strace."""

import collections
import dataclasses
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

from torture_field import Failure
from torture_trial import Ground, Progress, Report, Run, Tally, Victim

# What changes a file, a directory, or what others see; and what starts a program.
WRITING = """
write pwrite64 writev pwritev sendfile splice copy_file_range truncate ftruncate fallocate
openat open creat rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir
mkdirat rmdir chmod fchmod fchmodat chown fchown fchownat utimensat setxattr fsetxattr fsync
fdatasync syncfs msync flock clone clone3 vfork execve
""".split()
# What tells of files, and may fail as well.
READING = "read pread64 newfstatat access faccessat2 getdents64 readlink statfs mmap".split()
ERRORS = "EIO ENOSPC EACCES EMFILE EROFS EINTR".split()
# From a call on, all of that name fail; not those that start threads and programs, since the
# language's own runtime waits for the threads that it needs.
LASTING = "ENOSPC EROFS".split()
STARTING = ["clone", "clone3", "vfork", "execve"]
CALL = re.compile(r"(\d+) +(\w+)\((.*)")
# Longer than the watcher goes on trying.
LIMIT = 90


@dataclasses.dataclass(frozen=True)
class Point:
    name: str
    number: int
    # Of the programs `git` that are started, the one that is meant, or all that runs.
    turn: int = 0


def fitting(name: str, faults: list[str]) -> list[str]:
    return [fault for fault in faults if name not in STARTING or not fault.endswith("+")]


def calls(log: str) -> dict[tuple[str, str], list[str]]:
    """Of each task and each name, the arguments of all calls."""
    found = collections.defaultdict(list)
    for line in log.splitlines():
        if call := CALL.match(line):
            found[call[1], call[2]].append(call[3])
    return found


def numbers(log: str, names: list[str]) -> dict[str, set[int]]:
    """Which calls of each name there are, by task; of opening only those that write."""
    found = collections.defaultdict(set)
    for (_, name), texts in calls(log).items():
        if name not in names:
            continue
        for number, text in enumerate(texts, 1):
            if name in ["openat", "open"] and not re.search("O_WRONLY|O_RDWR|O_CREAT", text):
                continue
            # The program's loader, which does not look whether it was given its first memory.
            if name == "mmap" and number == 1:
                continue
            found[name].add(number)
    return found


class Faults:
    def __init__(self, ground: Ground, chance: random.Random, share: int):
        """`share` is how many points of each victim are taken, or 0 for all."""
        self.ground = ground
        self.chance = chance
        self.share = share
        self.log = ground.base / "strace"
        self.turns = ground.base / "turns"
        self.wrapper = ground.base / "wrapper"

    # Running

    def traced(self, victim: Victim, options: list[str]) -> tuple[int, str, bool]:
        """Exit status, standard error, and whether it did not end."""
        return self.wait([
            "strace", "-f", "-q", "-o", str(self.log), *options, "--", *victim.words
        ])

    def wait(
        self, words: list[str] | tuple[str, ...], environment: dict[str, str] | None = None
    ) -> tuple[int, str, bool]:
        # A file, for a pipe would be waited for until all who have it have ended.
        with open(self.ground.base / "stderr", "w+b") as error:
            process = subprocess.Popen(
                words, cwd=self.ground.repository, env=environment or self.ground.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=error,
                start_new_session=True,
            )
            has_hung = False
            try:
                process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                has_hung = True
                self.ground.descendants.signal_all(signal.SIGKILL)
                process.wait()
            error.seek(0)
            return process.returncode, error.read().decode(errors="replace"), has_hung

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def is_before_the_program(self) -> bool:
        """Whether the stack's bounds could not be read: the C library reads /proc/self/maps for
        Swift's runtime, which ends the process before anything of git-eb's has run."""
        return re.search(r"/proc/(self|\d+)/maps[\">].*\(INJECTED\)", self.text()) is not None

    def disturbed(self, victim: Victim, point: Point, fault: str) -> Run:
        """A run with a kill or an error at a point."""
        is_kill = fault == "KILL"
        number = point.number
        if is_kill:
            rule = f"signal=SIGKILL:when={number}"
        elif fault.endswith("+"):
            rule = f"error={fault[:-1]}:when={number}+"
        else:
            rule = f"error={fault}:when={number}"
        options = ["-y", "-e", f"trace={point.name}", "-e", f"inject={point.name}:{rule}"]
        # Quicker, but no signal is sent then.
        if not is_kill:
            options.append("--seccomp-bpf")
        self.log.unlink(missing_ok=True)
        if point.turn:
            status, error, has_hung = self.wrapped(victim, point.turn, options)
        else:
            status, error, has_hung = self.traced(victim, options)
        log = self.text()
        is_hit = "+++ killed by SIGKILL" in log if is_kill else "(INJECTED)" in log
        # A watcher is killed at its own calls too, and errors can keep it from its work.
        return Run(
            status, error, is_hit, frozenset({"secret", "left"}), has_hung=has_hung,
            is_mute=point.name in ["write", "writev"] or is_kill,
        )

    def wrapped(self, victim: Victim, turn: int, options: list[str]) -> tuple[int, str, bool]:
        """Only the so-manieth `git` that is started is traced; all, each by itself, when 0."""
        shutil.rmtree(self.turns, ignore_errors=True)
        shutil.rmtree(self.wrapper, ignore_errors=True)
        self.turns.mkdir()
        self.wrapper.mkdir()
        git = shutil.which("git", path=self.ground.environment["PATH"])
        words = " ".join(options)
        log = self.log if turn else f"{self.turns}/$turn/log"
        script = self.wrapper / "git"
        script.write_text(
            f"#!/bin/sh\nturn=1\n"
            f"while ! mkdir {self.turns}/$turn 2>/dev/null; do turn=$((turn + 1)); done\n"
            f"if [ {turn} = 0 ] || [ {turn} = $turn ]; then\n"
            f"  exec strace -f -q -o {log} {words} -- {git} \"$@\"\nfi\n"
            f"exec {git} \"$@\"\n"
        )
        script.chmod(0o755)
        path = f"{self.wrapper}:{self.ground.environment['PATH']}"
        return self.wait(victim.words, self.ground.environment | {"PATH": path})

    # Where

    def points(self, victim: Victim, names: list[str]) -> list[Point]:
        self.ground.begin(victim)
        self.check(victim, self.traced(victim, ["-e", f"trace={','.join(names)}"]))
        return [
            Point(name, number) for name, found in numbers(self.text(), names).items()
            for number in sorted(found)
        ]

    def git_points(self, victim: Victim, names: list[str]) -> list[Point]:
        self.ground.begin(victim)
        self.check(victim, self.wrapped(victim, 0, ["-e", f"trace={','.join(names)}"]))
        points = []
        for turn in sorted(self.turns.iterdir(), key=lambda path: int(path.name)):
            log = (turn / "log").read_text(errors="replace")
            for name, found in numbers(log, names).items():
                points += [Point(name, number, int(turn.name)) for number in sorted(found)]
        return points

    def check(self, victim: Victim, ended: tuple[int, str, bool]) -> None:
        if ended[0] != 0:
            raise Failure(f"{victim.name} ended with {ended[0]} undisturbed: {ended[1]}")

    def sample(self, points: list[Point], share: int) -> list[Point]:
        """Some of them, of every name if possible."""
        if not share or len(points) <= share:
            return points
        by_name = collections.defaultdict(list)
        for point in points:
            by_name[point.name].append(point)
        groups = list(by_name.values())
        self.chance.shuffle(groups)
        for found in groups:
            self.chance.shuffle(found)
        chosen: list[Point] = []
        while len(chosen) < share:
            for found in groups:
                if found and len(chosen) < share:
                    chosen.append(found.pop())
        return chosen

    def walk(self, victim: Victim, points: list[Point], faults: list[str], tally: Tally) -> None:
        progress = Progress(victim.name)
        last = {}
        for index, point in enumerate(points):
            for fault in fitting(point.name, faults):
                self.one(victim, point, fault, tally)
                progress(f"{point.name} {point.number}, {index + 1} of {len(points)}")
            key = point.name, point.turn
            last[key] = max(last.get(key, 0), point.number)
        if self.share:
            return
        # Another run may have more of them, so it goes on until none is hit any more.
        for (name, turn), number in last.items():
            while name not in ["openat", "open"]:
                number += 1
                hits = tally.hits
                for fault in fitting(name, faults):
                    self.one(victim, Point(name, number, turn), fault, tally, counts_miss=False)
                if tally.hits == hits:
                    break

    def one(
        self, victim: Victim, point: Point, fault: str, tally: Tally, counts_miss: bool = True
    ) -> None:
        self.ground.begin(victim)
        run = self.disturbed(victim, point, fault)
        if (not counts_miss and not run.is_hit) or self.is_before_the_program():
            self.ground.descendants.wait(15)
            return
        turn = f" of git {point.turn}" if point.turn else ""
        self.ground.judge(victim, run, tally, f"{fault} at {point.name} {point.number}{turn}")


def kill(
    ground: Ground, found: list[Victim], chance: random.Random, share: int, report: Report
) -> None:
    """Mode (a)."""
    start = time.monotonic()
    faults = Faults(ground, chance, share)
    rows = []
    for victim in found:
        tally = Tally()
        points = faults.points(victim, WRITING)
        faults.walk(victim, faults.sample(points, share), ["KILL"], tally)
        points = faults.git_points(victim, WRITING)
        faults.walk(victim, faults.sample(points, share), ["KILL"], tally)
        rows.append((victim, tally.say(f"kill: {victim.name}")))
    if any(victim.name == "in-place" for victim in found):
        victim = next(victim for victim in found if victim.name == "in-place")
        rows.append(kill_recovery(ground, victim, faults, share))
        rows.append(kill_watcher(ground, victim, faults, share))
    report.tallies(
        "kills", "runs", "killed", rows,
        f"{'All' if not share else 'Some'} points, in {time.monotonic() - start:.0f} s.",
    )


def fail(
    ground: Ground, found: list[Victim], chance: random.Random, share: int, report: Report
) -> None:
    """Mode (c)."""
    start = time.monotonic()
    faults = Faults(ground, chance, share)
    lasting = [f"{error}+" for error in LASTING]
    rows = []
    for victim in found:
        tally = Tally()
        if share:
            points = faults.points(victim, WRITING)
            for fault in ERRORS + lasting:
                faults.walk(victim, faults.sample(points, share), [fault], tally)
        else:
            faults.walk(victim, faults.points(victim, WRITING), ERRORS + lasting, tally)
            faults.walk(victim, faults.git_points(victim, WRITING), ["EIO", "ENOSPC"], tally)
            faults.walk(victim, faults.points(victim, READING), ["EIO", "EACCES"], tally)
        rows.append((victim, tally.say(f"error: {victim.name}")))
    report.tallies(
        "errors", "runs", "failed", rows,
        f"{'All' if not share else 'Some'} points, in {time.monotonic() - start:.0f} s.",
    )


# After a kill


def cut_off(ground: Ground, victim: Victim, faults: Faults) -> int:
    """An in-place run that waits in its command; its process."""
    ready = ground.base / "out/ready"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [*victim.words[:victim.words.index("sh")], "sh", "-c", ": >../out/ready; exec sleep 60"],
        cwd=ground.repository, env=ground.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    end = time.monotonic() + 30
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise Failure("an in-place run did not come to its command")
        time.sleep(0.005)
    return process.pid


def kill_recovery(
    ground: Ground, victim: Victim, faults: Faults, share: int
) -> tuple[Victim, Tally]:
    """Kills what heals a repository whose git-eb and watcher were killed."""
    ground.begin(victim)
    cut_off(ground, victim, faults)
    ground.descendants.end()
    wounded = ground.base / "pristine/wounded"
    shutil.rmtree(wounded, ignore_errors=True)
    shutil.copytree(ground.repository / ".git", wounded / "git", symlinks=True)
    shutil.copytree(ground.base / "run", wounded / "run", symlinks=True)
    healing = dataclasses.replace(
        victim, name="recover", words=(ground.binary, "recover", "-q"), title="`git eb recover`",
        again=victim.words,
    )

    def wound() -> None:
        ground.begin(victim)
        shutil.rmtree(ground.repository / ".git")
        shutil.copytree(wounded / "git", ground.repository / ".git", symlinks=True)
        shutil.copytree(wounded / "run", ground.base / "run", symlinks=True, dirs_exist_ok=True)

    wound()
    faults.check(healing, faults.traced(healing, ["-e", f"trace={','.join(WRITING)}"]))
    found = numbers(faults.text(), WRITING)
    points = [Point(name, number) for name in found for number in sorted(found[name])]
    tally = Tally()
    for point in faults.sample(points, share):
        wound()
        run = faults.disturbed(healing, point, "KILL")
        ground.judge(healing, run, tally, f"KILL at {point.name} {point.number}")
    return healing, tally.say("kill: recover")


def kill_watcher(
    ground: Ground, victim: Victim, faults: Faults, share: int
) -> tuple[Victim, Tally]:
    """Kills the watcher while it does what the killed git-eb could not."""

    def run(options: list[str]) -> Run:
        ground.begin(victim)
        faults.log.unlink(missing_ok=True)
        process = cut_off(ground, victim, faults)
        watcher = next(
            child for child in [*ground.descendants.children(process),
                                *ground.descendants.children(os.getpid())]
            if f"{ground.binary} watch " in ground.descendants.words(child) + " "
        )
        tracer = subprocess.Popen(
            ["strace", "-f", "-q", "-o", str(faults.log), *options, "-p", str(watcher)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        status = pathlib.Path(f"/proc/{watcher}/status")
        while "TracerPid:\t0\n" in status.read_text():
            time.sleep(0.002)
        os.killpg(process, signal.SIGKILL)
        try:
            tracer.wait(LIMIT)
        except subprocess.TimeoutExpired:
            tracer.kill()
            tracer.wait()
            return Run(0, "the watcher does not end", True, has_hung=True)
        return Run(-9, "", "+++ killed by SIGKILL" in faults.text())

    watching = dataclasses.replace(victim, name="watcher", title="its watcher")
    # With every git that it starts killed it tries for a minute, and leaves it to the next command.
    names = [name for name in WRITING if name != "execve"]
    run(["-e", f"trace={','.join(names)}"])
    ground.descendants.wait(15)
    found = numbers(faults.text(), names)
    points = [Point(name, number) for name in found for number in sorted(found[name])]
    tally = Tally()
    for point in faults.sample(points, share):
        rule = f"inject={point.name}:signal=SIGKILL:when={point.number}"
        ended = run(["-e", f"trace={point.name}", "-e", rule])
        ground.judge(watching, ended, tally, f"KILL at {point.name} {point.number}")
    return watching, tally.say("kill: watcher")
