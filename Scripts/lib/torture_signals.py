"""Signals at random moments."""

import os
import random
import signal
import statistics
import subprocess
import time

from torture_trial import Ground, Progress, Report, Run, Tally, Victim

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]


def start(ground: Ground, victim: Victim, error) -> subprocess.Popen:
    return subprocess.Popen(
        victim.words, cwd=ground.repository, env=ground.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=error, start_new_session=True,
    )


def duration(ground: Ground, victim: Victim) -> float:
    times = []
    for _ in range(5):
        ground.begin(victim)
        began = time.monotonic()
        start(ground, victim, subprocess.DEVNULL).wait()
        times.append(time.monotonic() - began)
        ground.descendants.wait(15)
    return statistics.median(times)


def interrupted(
    ground: Ground, victim: Victim, delay: float, number: int, is_group: bool, gap: float | None
) -> Run:
    def send() -> None:
        (os.killpg if is_group else os.kill)(process.pid, number)

    with open(ground.base / "stderr", "w+b") as error:
        process = start(ground, victim, error)
        is_hit = has_hung = False
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            is_hit = True
            send()
            if gap is not None:
                time.sleep(gap)
                # Not yet waited for, so the number is still its own.
                send()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            has_hung = True
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        error.seek(0)
        said = error.read().decode(errors="replace")
    tolerated = set()
    if number == signal.SIGKILL:
        # What is made before the watcher starts is an empty directory.
        tolerated = {"left"} if victim.is_watched else {"left", "secret"}
    return Run(process.returncode, said, is_hit, frozenset(tolerated), True, has_hung)


def interrupt(
    ground: Ground, found: list[Victim], chance: random.Random, count: int, report: Report
) -> None:
    """Mode (b)."""
    began = time.monotonic()
    rows = []
    for victim in found:
        usual = duration(ground, victim)
        tally = Tally()
        progress = Progress(victim.name)
        for turn in range(count):
            number = chance.choice(SIGNALS)
            is_group = chance.random() < 0.5
            gap = chance.uniform(0, 0.005) if chance.random() < 0.3 else None
            delay = chance.uniform(0, 1.1 * usual)
            ground.begin(victim)
            run = interrupted(ground, victim, delay, number, is_group, gap)
            ground.judge(
                victim, run, tally,
                f"{number.name} {turn} after {delay * 1e3:.1f} ms"
                + (" to the group" if is_group else "")
                + (f" and again after {gap * 1e3:.1f} ms" if gap is not None else ""),
            )
            progress(f"{turn + 1} of {count}")
        rows.append((victim, tally.say(f"signal: {victim.name}")))
    report.tallies(
        "signals", "runs", "interrupted", rows, f"In {time.monotonic() - began:.0f} s."
    )
