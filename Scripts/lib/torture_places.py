"""Full disks, and a .git that nobody can write to; as root, with mounts that only we see."""

import os
import pathlib
import random
import subprocess
import time

from torture_field import FILLER, SHARED_MEMORY
from torture_signals import start
from torture_trial import Ground, Report, Run, Tally, Victim

PAGES = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 80, 160, 161, 200]
FILES = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20]


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


class SmallDisk:
    """A small disk over a directory."""

    def __init__(self, place: pathlib.Path):
        self.place = place
        mount("-t", "tmpfs", "-o", "size=4m,nr_inodes=10000,mode=0700", "none", str(place))
        self.page = os.statvfs(place).f_bsize

    def leave_pages(self, pages: int) -> None:
        free = os.statvfs(self.place).f_bfree
        with open(self.place / FILLER, "wb") as file:
            file.write(bytes(max(0, free - pages) * self.page))

    def leave_files(self, count: int) -> None:
        status = os.statvfs(self.place)
        used = status.f_files - status.f_ffree
        mount("-o", f"remount,nr_inodes={used + count}", str(self.place))

    def make_space(self) -> None:
        (self.place / FILLER).unlink(missing_ok=True)
        mount("-o", "remount,nr_inodes=10000", str(self.place))

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.place)], check=True)


def ended(ground: Ground, victim: Victim) -> Run:
    with open(ground.base / "stderr", "w+b") as error:
        process = start(ground, victim, error)
        has_hung = False
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            has_hung = True
            process.kill()
            process.wait()
        error.seek(0)
        said = error.read().decode(errors="replace")
    return Run(process.returncode, said, process.returncode != 0, has_hung=has_hung)


def fill(
    ground: Ground, found: list[Victim], chance: random.Random, levels: int, report: Report
) -> None:
    """Mode (d); so many levels of pages and of files for each place."""
    began = time.monotonic()
    tallies = {victim.name: (victim, Tally()) for victim in found}
    places = {
        "`.git`": ground.repository / ".git",
        "TMPDIR": ground.base / "tmp",
        "XDG_RUNTIME_DIR": ground.base / "run",
        "/dev/shm": SHARED_MEMORY,
        "XDG_CACHE_HOME": ground.base / "cache",
        "output": ground.base / "out",
    }
    for name, place in places.items():
        disk = SmallDisk(place)
        ground.relieve = disk.make_space
        if name == "/dev/shm":
            # Where it is used, there is no better place.
            del ground.environment["XDG_RUNTIME_DIR"]
        try:
            for victim, tally in tallies.values():
                kinds = [("pages", PAGES), ("files", FILES)]
                for kind, steps in kinds:
                    chosen = steps if levels >= len(steps) else chance.sample(steps, levels)
                    for free in chosen:
                        disk.make_space()
                        ground.begin(victim)
                        if kind == "pages":
                            disk.leave_pages(free)
                        else:
                            disk.leave_files(free)
                        run = ended(ground, victim)
                        ground.judge(victim, run, tally, f"{free} {kind} free in {name}")
        finally:
            disk.remove()
            ground.relieve = lambda: None
            ground.environment["XDG_RUNTIME_DIR"] = str(ground.base / "run")
    report.tallies(
        "disks", "runs", "failed", list(tallies.values()), f"In {time.monotonic() - began:.0f} s."
    )


def read_only(ground: Ground, found: list[Victim], report: Report) -> None:
    """Mode (e)."""
    directory = str(ground.repository / ".git")

    # os.path.ismount() does not see a directory that is mounted on itself.
    mounted = False

    def relieve() -> None:
        nonlocal mounted
        if mounted:
            subprocess.run(["umount", directory], check=True)
        mounted = False

    rows = []
    for victim in found:
        tally = Tally()
        ground.begin(victim)
        mount("--bind", directory, directory)
        mounted = True
        mount("-o", "remount,bind,ro", directory)
        ground.relieve = relieve
        try:
            run = ended(ground, victim)
            must_fail = victim.is_in_place
            if run.is_hit != must_fail:
                run.error = run.error or "it did not fail"
                tally.violations += 1
                print(f"violation: {victim.name}: read-only .git: {run.status}: {run.error}")
            ground.judge(victim, run, tally, "read-only .git")
        finally:
            relieve()
            ground.relieve = lambda: None
        rows.append((victim, tally))
    report.tallies("read-only", "runs", "refused", rows)
