"""Power cuts: the repository lies on a disk of its own, which is copied as it is at one moment,
without what the system has not written yet, and mounted again."""

import pathlib
import random
import shutil
import signal
import subprocess
import time

from torture_faults import WRITING, Faults, Point
from torture_field import SHARED_MEMORY, Failure, clear
from torture_trial import Ground, Progress, Report, Run, Tally, Victim

MIB = 1 << 20
SIZE = 40 * MIB
# The file system shall not write earlier than it must.
OPTIONS = "loop,noauto_da_alloc,commit=600"


class Machine:
    """A disk with the ground's repository, which can lose its power."""

    def __init__(self, ground: Ground):
        self.ground = ground
        self.place = ground.repository
        disks = ground.base.with_name(f"{ground.base.name}-disks")
        disks.mkdir()
        self.image = disks / "disk"
        self.pristine = disks / "pristine"
        self.cut = disks / "cut"
        with open(self.pristine, "wb") as file:
            file.truncate(SIZE)
        subprocess.run(
            ["mkfs.ext4", "-q", "-F", "-b", "4096", "-J", "size=4", str(self.pristine)], check=True
        )
        before = ground.base / "before"
        before.mkdir()
        self.mount(self.pristine, before)
        try:
            (before / "lost+found").rmdir()
            shutil.copytree(self.place, before, symlinks=True, dirs_exist_ok=True)
        finally:
            self.unmount(before)
        self.mount(self.pristine, self.place)
        try:
            # The files have other numbers here.
            subprocess.run(
                ["git", "update-index", "-q", "--refresh"], cwd=self.place, env=ground.environment
            )
            ground.keep()
        finally:
            self.unmount(self.place)

    @staticmethod
    def mount(image: pathlib.Path, place: pathlib.Path) -> None:
        subprocess.run(["mount", "-o", OPTIONS, str(image), str(place)], check=True)

    @staticmethod
    def unmount(place: pathlib.Path) -> None:
        for _ in range(100):
            if subprocess.run(["umount", str(place)], capture_output=True).returncode == 0:
                return
            time.sleep(0.05)
        raise Failure(f"{place} is in use")

    def start(self) -> None:
        shutil.copyfile(self.pristine, self.image)
        self.mount(self.image, self.place)

    def lose_power(self, writes_first: bool) -> None:
        """Everything stands still already. `writes_first` lets the disk have all, and in order."""
        if writes_first:
            subprocess.run(["sync", "-f", str(self.place)], check=True)
        while True:
            shutil.copyfile(self.image, self.cut)
            # Nobody may have written meanwhile.
            if self.image.read_bytes() == self.cut.read_bytes():
                break
        self.ground.descendants.end()
        self.unmount(self.place)
        self.mount(self.cut, self.place)
        clear(self.ground.base / "run")
        if self.ground.has_own_memory:
            clear(SHARED_MEMORY)

    def stop(self) -> None:
        self.ground.descendants.end()
        self.unmount(self.place)


def stopped_run(faults: Faults, victim: Victim, point: Point) -> bool:
    """Runs it until all of it stands still before a call; whether it came so far."""
    ground = faults.ground
    faults.log.unlink(missing_ok=True)
    process = subprocess.Popen(
        ["strace", "-f", "-q", "-o", str(faults.log), "-e", f"trace={point.name}",
         "-e", f"inject={point.name}:signal=SIGSTOP:when={point.number}", "--", *victim.words],
        cwd=ground.repository, env=ground.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        if "stopped by SIGSTOP" in faults.text():
            ground.descendants.signal_all(signal.SIGSTOP)
            return True
        time.sleep(0.01)
    return False


def cut_power(
    ground: Ground, found: list[Victim], chance: random.Random, share: int, report: Report
) -> None:
    """Mode (g)."""
    began = time.monotonic()
    faults = Faults(ground, chance, share)
    machine = Machine(ground)
    rows = []
    for victim in found:
        if not victim.is_in_place:
            continue
        tally = Tally()
        machine.start()
        try:
            points = faults.sample(faults.points(victim, WRITING), share)
        finally:
            machine.stop()
        progress = Progress(victim.name)
        for index, point in enumerate(points):
            for writes_first in [False, True]:
                machine.start()
                try:
                    clear(ground.base / "out")
                    is_hit = stopped_run(faults, victim, point)
                    machine.lose_power(writes_first)
                    run = Run(-9, "", is_hit)
                    ground.judge(
                        victim, run, tally,
                        f"power cut at {point.name} {point.number}"
                        + (" after all was written" if writes_first else ""),
                    )
                finally:
                    machine.stop()
            progress(f"{index + 1} of {len(points)}")
        rows.append((victim, tally.say(f"power: {victim.name}")))
    report.tallies(
        "power", "power cuts", "within the run", rows, f"In {time.monotonic() - began:.0f} s."
    )
