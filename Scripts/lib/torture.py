#!/usr/bin/env python3
"""Disturbs git-eb in every way that can be had, and looks at what is left; called by
Scripts/torture."""

import argparse
import os
import pathlib
import platform
import random
import shutil
import subprocess
import sys
import tempfile

from torture_aws import disturb_pushes, interpreter
from torture_faults import fail, kill
from torture_field import SHARED_MEMORY, Descendants, Failure
from torture_places import fill, read_only
from torture_power import cut_power
from torture_previews import walk_previews
from torture_push import Disk, Shop, full_disk, kill_pushes
from torture_signals import interrupt
from torture_trial import Ground, Report, victims
from torture_user import work_beside

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODES = ["push", "aws", "kill", "signal", "error", "disk", "read-only", "user", "power", "previews"]
# What each needs beside Python and git: a program, and whether only root can do it.
NEEDS = {
    "kill": ("strace", False), "error": ("strace", False), "disk": ("mount", True),
    "read-only": ("mount", True), "power": ("mkfs.ext4", True),
}
# How much of everything: in the short form, and else.
AMOUNTS = {
    "kills": (15, 300), "levels": (3, 15), "points": (6, 0), "errors": (1, 0), "signals": (15, 250),
    "fillings": (1, 17), "seconds": (2, 60), "cuts": (4, 0), "faults": (60, 10_000),
    "stride": (30, 1), "steps": (60, 2000),
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default=",".join(MODES))
    parser.add_argument("--victim", default="push,archive,with-secrets,in-place,script")
    parser.add_argument("--host", default="local,beanstalk")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--update", action="store_true")
    for name in AMOUNTS:
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    for name, (short, long) in AMOUNTS.items():
        if getattr(options, name) is None:
            setattr(options, name, short if options.short else long)
    options.only = options.only.split(",")
    options.victim = options.victim.split(",")
    options.host = options.host.split(",")
    for name, known in [
        ("only", MODES), ("victim", list(victims(""))), ("host", ["local", "beanstalk"])
    ]:
        if unknown := set(getattr(options, name)) - set(known):
            parser.error(f"no '{min(unknown)}'; there are {', '.join(known)}")
    return options


def skipped(mode: str) -> str | None:
    """Why a mode cannot be had here."""
    if mode in ["push", "previews"]:
        return None
    if mode == "aws":
        return None if interpreter() else "there is no Python with moto and botocore"
    if not sys.platform.startswith("linux"):
        return "this is not Linux"
    program, needs_root = NEEDS.get(mode, (None, False))
    if program and not shutil.which(program):
        return f"there is no {program}"
    if needs_root and not is_alone():
        return "only root can mount a disk"
    if mode == "power":
        return no_loop_device()
    return None


def is_alone() -> bool:
    """Whether mounts made here are seen by nobody else."""
    return "--inside" in sys.argv


def no_loop_device() -> str | None:
    with tempfile.TemporaryDirectory() as directory:
        image = pathlib.Path(directory, "image")
        with open(image, "wb") as file:
            file.truncate(4 << 20)
        place = pathlib.Path(directory, "place")
        place.mkdir()
        for command in [
            ["mkfs.ext4", "-q", "-F", str(image)], ["mount", "-o", "loop", str(image), str(place)],
            ["umount", str(place)],
        ]:
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode != 0:
                return result.stderr.strip()
    return None


def main() -> None:
    options = parse()
    if not options.inside and can_be_alone():
        # With mounts of its own, and none of what others have in memory.
        os.execvp("unshare", [
            "unshare", "-m", "--propagation", "private", sys.executable, os.path.realpath(__file__),
            "--inside", *sys.argv[1:],
        ])
    with tempfile.TemporaryDirectory(prefix="git-eb-torture-") as directory:
        base = pathlib.Path(os.path.realpath(directory))
        if options.inside:
            subprocess.run(["mount", "-t", "tmpfs", "none", str(SHARED_MEMORY)], check=True)
            subprocess.run(["mount", "-t", "tmpfs", "none", str(base)], check=True)
        report = Report()
        try:
            run(options, base, report)
        except Failure as failure:
            sys.exit(f"error: {failure}\nnote: seed {options.seed}")
        finally:
            if options.inside:
                subprocess.run(["umount", "-l", str(base)], check=True)
    report.put("machine", machine())
    if options.update:
        report.update(ROOT / "Documentation/Safety.md")
    if report.violations:
        sys.exit(f"error: {report.violations} violations\nnote: seed {options.seed}")


def can_be_alone() -> bool:
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    command = ["unshare", "-m", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(command, capture_output=True).returncode == 0


def run(options: argparse.Namespace, base: pathlib.Path, report: Report) -> None:
    Descendants()
    for mode in options.only:
        if reason := skipped(mode):
            print(f"torture: {mode} skipped: {reason}\n")
            continue
        # Each begins with the same, so that one can be had again alone.
        chance = random.Random(f"{options.seed} {mode}")
        directory = base / mode
        directory.mkdir()
        if mode == "push":
            push(options, directory, chance, report)
            continue
        if mode == "aws":
            disturb_pushes(
                directory, options.binary, options.seed, options.faults, options.stride, chance,
                report,
            )
            continue
        if mode == "previews":
            walk_previews(
                directory, options.binary, options.host, options.steps, chance, report
            )
            continue
        ground = Ground(str(directory), options.binary, chance)
        ground.has_own_memory = options.inside
        known = victims(ground.binary)
        found = [known[name] for name in options.victim]
        match mode:
            case "kill":
                kill(ground, found, chance, options.points, report)
            case "signal":
                interrupt(ground, found, chance, options.signals, report)
            case "error":
                fail(ground, found, chance, options.errors, report)
            case "disk":
                fill(ground, found, chance, options.fillings, report)
            case "read-only":
                read_only(ground, found, report)
            case "user":
                work_beside(ground, found, chance, options.seconds, report)
            case "power":
                cut_power(ground, found, chance, options.cuts, report)


def push(
    options: argparse.Namespace, base: pathlib.Path, chance: random.Random, report: Report
) -> None:
    lines = []
    if options.kills > 0:
        (base / "kills").mkdir()
        field = Shop(str(base / "kills"), options.binary, chance)
        environments = {"production"}
        try:
            lines.append(kill_pushes(field, options.kills, chance, environments))
        finally:
            for environment in environments:
                terminate(field, environment)
    if options.levels > 0:
        if not options.inside:
            print("torture: full disk skipped: only root can mount a disk")
        else:
            (base / "disk").mkdir()
            field = Shop(str(base / "disk"), options.binary, chance)
            disk = Disk(field.state)
            try:
                lines.append(full_disk(field, disk, options.levels, chance))
            finally:
                disk.make_space()
                terminate(field, "production")
                subprocess.run(["umount", "-l", str(field.state)], check=True)
    report.put("push", "\n".join(f"- {line}" for line in lines))


def terminate(field: Shop, environment: str) -> None:
    try:
        field.eb("terminate", "--yes", "-q", "-e", environment)
    except Failure as failure:
        print(f"warning: {failure}", file=sys.stderr)


def machine() -> str:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True).stdout.split()[-1]
    return f"Measured with git {git} on {platform.system()} {platform.release()}."


if __name__ == "__main__":
    main()
