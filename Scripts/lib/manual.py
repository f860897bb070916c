"""Writes the manual, the command reference and the completions; called by Scripts/manual."""

import argparse
import json
import pathlib
import re
import subprocess
import sys

from completions import bash, fish, fish_git, zsh
from reference import Tool, checks_markdown, commands_markdown, configuration_markdown
from roff import page

EXIT_MEANINGS = {
    "success": "It is done: for a push, the environment runs the version and is healthy.",
    "deploymentFailed": "The deployment failed, or the answer is no.",
    "refused": "It could not start: the configuration, a refusal, something that was not found.",
    "gaveUpWaiting": "The time was over; what had been started goes on.",
    "misuse": "The command line is wrong.",
    "unavailable": "The service could not be reached.",
    "noPermission": "There are no credentials, or they do not suffice.",
    "notExecutable": "The command of `git eb with-secrets` cannot be run.",
    "commandNotFound": "There is no such command, of `git eb with-secrets`.",
    "interrupted": "Interrupted by a signal.",
}


def exit_statuses(root: pathlib.Path) -> list[tuple[int, str]]:
    """Each exit status that the program has, with its meaning; a new one needs its words here."""
    source = (root / "Sources/git-eb/ExitStatus.swift").read_text()
    return [
        (int(number), EXIT_MEANINGS[name])
        for name, number in re.findall(r"let (\w+) = ExitStatus\(rawValue: (\d+)\)", source)
    ]


def answer(binary: str, *arguments: str) -> str:
    result = subprocess.run([binary, *arguments], capture_output=True, text=True)
    if result.returncode or not result.stdout:
        sys.exit(f"error: git-eb {' '.join(arguments)} failed\n{result.stderr}")
    return result.stdout


def generate(binary: str, root: pathlib.Path) -> dict[str, str]:
    """Every generated file, by its path below Documentation."""
    tool = Tool(
        help=json.loads(answer(binary, "--experimental-dump-help")),
        dump=json.loads(answer(binary, "dump-settings")),
        version=json.loads(answer(binary, "version", "--json"))["version"],
        exit_statuses=exit_statuses(root),
    )
    files = {
        "Commands.md": commands_markdown(tool),
        "Configuration.md": configuration_markdown(tool),
        "Checks.md": checks_markdown(json.loads(answer(binary, "check", "--list", "--json"))),
        "completions/git-eb.bash": bash(tool),
        "completions/_git-eb": zsh(tool),
        "completions/git-eb.fish": fish(tool),
        "completions/git-eb-conf.fish": fish_git(),
        "man/man1/git-eb.1": page(tool, None),
    }
    for command in tool.commands:
        files[f"man/man1/git-eb-{command.name}.1"] = page(tool, command)
    return files


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    documentation = root / "Documentation"
    files = generate(options.binary, root)
    there = {
        str(path.relative_to(documentation))
        for folder in ("man", "completions")
        for path in (documentation / folder).rglob("*")
        if path.is_file()
    }
    stale = []
    for name in sorted(files.keys() | there):
        path = documentation / name
        old = path.read_text() if path.exists() else None
        if old == files.get(name):
            continue
        stale.append(name)
        if options.check:
            continue
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name])
        else:
            path.unlink()
        print(f"wrote Documentation/{name}" if name in files else f"removed Documentation/{name}")
    if options.check and stale:
        for name in stale:
            print(f"error: Documentation/{name} is stale", file=sys.stderr)
        sys.exit("hint: Scripts/manual")


if __name__ == "__main__":
    main()
