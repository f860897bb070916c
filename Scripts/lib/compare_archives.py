#!/usr/bin/env python3
"""Compares git-eb's archives with git's; called by Scripts/compare-archives."""

import argparse
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import zipfile

ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "TZ": "UTC",
}


def repositories(places: list[str]) -> list[pathlib.Path]:
    found = []
    for place in places:
        for folder, directories, files in os.walk(place):
            if ".git" in directories + files:
                found.append(pathlib.Path(folder))
            elif "HEAD" in files and {"objects", "refs"} <= set(directories):
                found.append(pathlib.Path(folder))
            else:
                directories.sort()
                continue
            directories.clear()
    return found


def run(*command: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, **more
    )


def revision(repository: pathlib.Path) -> str | None:
    """HEAD, or where there is none the newest commit that has a name."""
    git = ["git", "-C", str(repository)]
    head = run(*git, "rev-parse", "--quiet", "--verify", "HEAD^{commit}")
    if head.returncode == 0:
        return head.stdout.strip()
    newest = run(*git, "for-each-ref", "--sort=-creatordate", "--count=1", "--format=%(refname)")
    name = newest.stdout.strip()
    found = run(*git, "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}") if name else None
    return found.stdout.strip() if found and found.returncode == 0 else None


def mode(entry: zipfile.ZipInfo) -> int:
    """The mode that unpacking gives: git writes none for a plain file."""
    if entry.is_dir():
        return stat.S_IFDIR
    written = entry.external_attr >> 16
    if stat.S_ISLNK(written):
        return stat.S_IFLNK
    return stat.S_IFREG | (0o755 if written & 0o111 else 0o644)


def differences(theirs: str, ours: str) -> list[str]:
    found = []
    with zipfile.ZipFile(theirs) as git, zipfile.ZipFile(ours) as own:
        git_names, own_names = git.namelist(), own.namelist()
        if git_names != own_names:
            missing = sorted(set(git_names) - set(own_names))[:3]
            added = sorted(set(own_names) - set(git_names))[:3]
            found.append(f"names: missing {missing}, added {added}, or in another order")
        if git.comment != own.comment:
            found.append(f"comment: {own.comment!r}, not {git.comment!r}")
        for entry in git.infolist():
            if entry.filename not in own.NameToInfo:
                continue
            other = own.getinfo(entry.filename)
            if mode(entry) != mode(other):
                found.append(f"{entry.filename}: mode {mode(other):o}, not {mode(entry):o}")
            if git.read(entry) != own.read(other):
                found.append(f"{entry.filename}: other contents")
            # Before 1980, which DOS does not know, git's years wrap around.
            if entry.date_time != other.date_time and entry.date_time[0] < 2098:
                found.append(f"{entry.filename}: {other.date_time}, not {entry.date_time}")
    return found[:5]


def compare(binary: str, repository: pathlib.Path, commit: str, scratch: str) -> list[str]:
    theirs, ours, again = (f"{scratch}/{name}.zip" for name in ["git", "eb", "again"])
    made = run(
        "git", "-C", str(repository), "archive", "--format=zip", "-o", theirs, commit
    )
    if made.returncode != 0:
        return [f"git archive: {made.stderr.strip()}"]
    for output in [ours, again]:
        made = run(
            binary, "archive", "-C", str(repository), "--no-secrets", "-q", "-o", output, commit
        )
        if made.returncode != 0:
            return [f"git eb archive ended with {made.returncode}: {made.stderr.strip()}"]
    found = differences(theirs, ours)
    if pathlib.Path(ours).read_bytes() != pathlib.Path(again).read_bytes():
        found.append("a second archive has other bytes")
    for reader in [["unzip", "-tqq", ours], ["bsdtar", "-tf", ours]]:
        result = run(*reader)
        if result.returncode != 0:
            found.append(f"{reader[0]}: {(result.stdout + result.stderr).strip()[-300:]}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("directories", nargs="+")
    options = parser.parse_args()
    binary = os.path.realpath(options.binary)
    compared = entries = failures = 0
    for repository in repositories(options.directories):
        commit = revision(repository)
        if commit is None:
            print(f"{repository}: no commit")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            found = compare(binary, repository, commit, scratch)
            if os.path.exists(f"{scratch}/git.zip"):
                with zipfile.ZipFile(f"{scratch}/git.zip") as archive:
                    entries += len(archive.namelist())
        compared += 1
        failures += bool(found)
        for difference in found:
            print(f"error: {repository} at {commit[:7]}: {difference}", file=sys.stderr)
    print(f"archives: {compared - failures} of {compared} repositories equal, {entries} entries")
    sys.exit(1 if failures or not compared else 0)


if __name__ == "__main__":
    main()
