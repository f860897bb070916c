#!/usr/bin/env python3
"""Runs the commands of README.md's tour and compares what they print with what README.md shows.

The tour is every block marked `console`, in one shell, in a repository that this script makes.
Object ids, digests, times, ports, sizes and paths of the scratch directory may differ. With
--update the output in README.md is replaced by what was printed.
"""

import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARK = "\x01command\x01"
HOME = "/home/ann"


def blocks(text: str) -> list[re.Match]:
    return list(re.finditer(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def commands(block: str) -> list[tuple[str, str]]:
    """Each command of a block with the output that is shown for it."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1] = (found[-1][0] + "\n" + line[2:], "")
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def normalized(text: str) -> str:
    for pattern, replacement in [
        (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?", "<time>"),
        (r"\b(just now|\d+ (minute|hour|day|week|month|year)s? ago)", "<age>"),
        (r"127\.0\.0\.1:\d+|localhost:\d+", "<address>"),
        (r"\b\d+(\.\d+)? (B|kB|MB|ms|s)\b", "<amount>"),
        (r"\b[0-9a-f]{64}\b", "<digest>"),
        (r"\b[0-9a-f]{7,40}\b", "<id>"),
        (r" +", " "),
    ]:
        text = re.sub(pattern, replacement, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def run(tour: list[str], directory: str, binary: str) -> list[str]:
    """What each command of the tour prints, both streams as a terminal would show them."""
    home = pathlib.Path(directory, "home")
    shop = home / "shop"
    shutil.copytree(ROOT / "Scripts/lib/shop", shop)
    (shop / ".secrets").mkdir()
    (shop / ".secrets/base.json").write_text('{"payments": "key-4242"}\n')
    programs = pathlib.Path(directory, "bin")
    programs.mkdir()
    for program in ["git-eb", "git-remote-eb"]:
        (programs / program).symlink_to(pathlib.Path(binary).resolve())
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": directory,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_AUTHOR_DATE": "1700000000 +0000",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
        "GIT_COMMITTER_DATE": "1700000000 +0000",
    }
    git = ["git", "-C", str(shop)]
    for command in [
        ["init", "-q", "-b", "master"],
        ["add", "."],
        ["commit", "-q", "-m", "Open the shop"],
        ["switch", "-q", "-c", "issue91"],
        ["commit", "-q", "--allow-empty", "-m", "Add carts"],
        ["switch", "-q", "master"],
    ]:
        subprocess.run(git + command, env=environment, check=True)
    script = "exec 2>&1\n" + "".join(f"printf '{MARK}'\n{command}\n" for command in tour)
    try:
        printed = subprocess.run(
            ["bash", "-c", script],
            cwd=shop,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=300,
        ).stdout
    finally:
        names = subprocess.run(
            ["git", "eb", "list"], cwd=shop, env=environment, capture_output=True, text=True
        ).stdout
        for line in names.splitlines():
            subprocess.run(
                ["git", "eb", "terminate", "--yes", "-q", "-e", line.split()[0]],
                cwd=shop,
                env=environment,
            )
    return [part.replace(str(home), HOME) for part in printed.split(MARK)[1:]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    readme = ROOT / "README.md"
    text = readme.read_text()
    shown = [commands(match[1]) for match in blocks(text)]
    tour = [command for block in shown for command, _ in block]
    with tempfile.TemporaryDirectory() as directory:
        printed = run(tour, os.path.realpath(directory), options.binary)
    if len(printed) != len(tour):
        sys.exit(f"error: the tour of README.md ended after '{tour[len(printed) - 1]}'")

    answers = iter(printed)
    actual = [[(command, next(answers)) for command, _ in block] for block in shown]
    if options.update:
        for match, block in reversed(list(zip(blocks(text), actual))):
            body = "".join(
                "$ " + command.replace("\n", "\n> ") + "\n" + output for command, output in block
            )
            text = text[: match.start()] + f"```console\n{body}```" + text[match.end() :]
        readme.write_text(text)
        return
    failures = 0
    for before, after in zip(sum(shown, []), sum(actual, [])):
        wanted, given = normalized(before[1]), normalized(after[1])
        if wanted == given:
            continue
        failures += 1
        print(f"error: README.md shows other output for: {before[0]}", file=sys.stderr)
        for line in difflib.unified_diff(
            wanted.splitlines(), given.splitlines(), "README.md", "printed", lineterm=""
        ):
            print("  " + line, file=sys.stderr)
    print(f"README.md: {len(tour) - failures} of {len(tour)} commands print what it shows")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
