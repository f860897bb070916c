"""A user who works on beside git-eb."""

import dataclasses
import random
import shutil
import subprocess
import threading
import time

from torture_signals import start
from torture_trial import Ground, Report, Victim

LOCKED = "index.lock"
HELD_OFF = "gc is already running"


@dataclasses.dataclass
class User:
    """Adds, commits, switches and packs in a loop, as quickly as it goes."""
    ground: Ground
    commands: int = 0
    locked: int = 0
    held_off: int = 0
    trouble: list[str] = dataclasses.field(default_factory=list)
    committed: list[int] = dataclasses.field(default_factory=list)
    is_done: bool = False

    def git(self, *arguments: str) -> bool:
        self.commands += 1
        environment = dict(self.ground.environment)
        del environment["GIT_OPTIONAL_LOCKS"]
        result = subprocess.run(
            ["git", *arguments], cwd=self.ground.repository, env=environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )
        if result.returncode == 0:
            return True
        if LOCKED in result.stderr:
            self.locked += 1
            # As somebody who reads it and tries again.
            time.sleep(0.1)
        elif HELD_OFF in result.stderr:
            self.held_off += 1
        else:
            self.trouble.append(f"git {' '.join(arguments)}: {result.stderr.strip()}")
        return False

    def work(self) -> None:
        turn = 0
        while not self.is_done:
            turn += 1
            self.ground.write(f"user/{turn}.txt", f"{turn}\n".encode())
            if self.git("add", f"user/{turn}.txt") and self.git("commit", "-q", "-m", f"{turn}"):
                self.committed.append(turn)
            if turn % 3 == 0 and self.git("checkout", "-q", "-B", "other"):
                while not self.git("checkout", "-q", "master"):
                    pass
                # Both are at the same commit, so nothing is brought back.
            if turn % 5 == 0:
                self.git("checkout", "-q", "HEAD", "--", "parts/02.txt")
            if turn % 20 == 0:
                self.git("gc", "-q")


def work_beside(
    ground: Ground, found: list[Victim], chance: random.Random, seconds: float, report: Report
) -> None:
    """Mode (f)."""
    lines = [
        ["beside", "runs", "of them failed", "the user's commands", "locked out", "`gc` held off",
         "other errors", "work lost", "commits with the secret", "violations"],
        ["---"] * 10,
    ]
    for victim in found:
        if victim.name == "archive":
            continue
        if victim.is_ours:
            # Of the user's branches only one is mapped, and it goes on meanwhile.
            words = [*victim.words[:2], "-e", "production", *victim.words[2:]]
            words += ["--force"] if victim.name == "push" else []
            victim = dataclasses.replace(victim, words=tuple(words))
        ground.begin(victim)
        ground.git("commit", "-q", "-a", "-m", "All")
        user = User(ground)
        thread = threading.Thread(target=user.work)
        thread.start()
        runs = failed = 0
        errors = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            runs += 1
            (ground.base / "out/app.zip").unlink(missing_ok=True)
            with open(ground.base / "stderr", "w+b") as error:
                if start(ground, victim, error).wait() != 0:
                    failed += 1
                    error.seek(0)
                    errors.append(error.read().decode(errors="replace").strip())
        user.is_done = True
        thread.join()
        ground.descendants.wait(15)
        there = set(ground.git("ls-tree", "-r", "--name-only", "HEAD", "user/").splitlines())
        lost = [turn for turn in user.committed if f"user/{turn}.txt" not in there]
        secret = ground.git("log", "--all", "--format=%h", "--", ".secrets").splitlines()
        trouble = ground.text("fsck", "--full", "--no-progress", "--no-dangling")
        is_shared = victim.is_in_place
        found_wrong = [f"work lost: {lost}"] if lost else []
        found_wrong += [f"fsck: {trouble}"] if trouble else []
        if not is_shared:
            found_wrong += [f"locked out {user.locked} times"] if user.locked else []
            found_wrong += [f"gc held off {user.held_off} times"] if user.held_off else []
            found_wrong += user.trouble + errors
            found_wrong += [f"commits with the secret: {secret}"] if secret else []
        elif not victim.is_ours:
            found_wrong += ["locked out"] * user.locked + secret + errors + user.trouble
        lines.append([
            victim.title, f"{runs:,}", f"{failed:,}", f"{user.commands:,}",
            f"{user.locked:,} ({user.locked / max(1, user.commands):.1%})",
            f"{user.held_off:,}", f"{len(user.trouble):,}", f"{len(lost):,}", f"{len(secret):,}",
            f"**{len(found_wrong)}**",
        ])
        if victim.is_ours:
            report.violations += len(found_wrong)
            for one in found_wrong:
                print(f"violation: {victim.name}: beside a user: {one}", flush=True)
            for one in (errors + user.trouble if is_shared else []):
                print(f"note: {victim.name}: beside a user: {one}", flush=True)
        shutil.rmtree(ground.repository / "user", ignore_errors=True)
        # What was committed on the work tree's files is undone with .git.
        ground.restore()
        ground.write("parts/02.txt", ground.original["parts/02.txt"])
    report.put("users", "\n".join("| " + " | ".join(line) + " |" for line in lines))
