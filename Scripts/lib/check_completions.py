#!/usr/bin/env python3
"""Asks bash, zsh and fish to complete `git eb` commands, through their own completion of git."""

import argparse
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

# What is typed, and words that have to be offered. Exactly those, where the last is "only".
CASES = [
    ("git eb pu", ["push", "only"]),
    ("git eb push --sta", ["--staged", "only"]),
    ("git eb push --dry", ["--dry-run", "only"]),
    ("git eb which iss", ["issue91", "only"]),
    ("git eb push iss", ["issue91", "only"]),
    ("git eb push -e prod", ["production", "only"]),
    ("git eb status --environment prod", ["production", "only"]),
    ("git eb init --host lo", ["local", "only"]),
    ("git eb archive -o bund", ["bundle.zip", "only"]),
    ("git eb terminate --y", ["--yes", "only"]),
    ("git eb re", ["rebuild", "recover", "release", "restart", "only"]),
    ("git eb ", ["init", "push", "status", "archive"]),
]

BASH = r"""
source /usr/share/bash-completion/bash_completion
_completion_loader git
line=$1
COMP_WORDS=($line)
case $line in *' ') COMP_WORDS+=('') ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9
__git_wrap__git_main git "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")); fi
printf '%s\n' "${COMPREPLY[@]}"
"""


class Scratch:
    """A repository, and git-eb installed below a prefix with its completions."""

    def __init__(self, directory: str, binary: str):
        self.repository = f"{directory}/repository"
        self.share = f"{directory}/share"
        documentation = pathlib.Path(__file__).resolve().parents[2] / "Documentation/completions"
        for source, target in [
            (documentation / "git-eb.bash", "share/bash-completion/completions/git-eb"),
            (documentation / "_git-eb", "share/zsh/site-functions/_git-eb"),
            (documentation / "git-eb.fish", "share/fish/vendor_completions.d/git-eb.fish"),
            (documentation / "git-eb-conf.fish", "share/fish/vendor_conf.d/git-eb.fish"),
            (pathlib.Path(binary).resolve(), "bin/git-eb"),
        ]:
            path = pathlib.Path(directory, target)
            path.parent.mkdir(parents=True)
            path.symlink_to(source)
        home = f"{directory}/home"
        os.mkdir(home)
        self.environment = {
            "PATH": f"{directory}/bin:{os.environ['PATH']}",
            "HOME": home,
            "XDG_DATA_HOME": self.share,
            "XDG_DATA_DIRS": "/usr/local/share:/usr/share",
            "XDG_CONFIG_HOME": f"{home}/.config",
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
        }
        git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com"]
        for command in [
            ["git", "init", "-q", "-b", "master", self.repository],
            git + ["-C", self.repository, "commit", "-q", "--allow-empty", "-m", "first"],
            ["git", "-C", self.repository, "branch", "issue91"],
        ]:
            subprocess.run(command, env=self.environment, check=True)
        pathlib.Path(self.repository, "bundle.zip").touch()

    def run(self, *command: str) -> str:
        return subprocess.run(
            command,
            cwd=self.repository,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=60,
        ).stdout

    def bash(self, line: str) -> list[str]:
        answer = self.run("bash", "--norc", "--noprofile", "-c", BASH, "bash", line)
        return [word.strip() for word in answer.splitlines() if word.strip()]

    def fish(self, line: str) -> list[str]:
        answer = self.run("fish", "-c", "complete -C $argv[1]", line)
        return [word.split("\t")[0] for word in answer.splitlines()]


class Zsh:
    """An interactive zsh on a terminal of its own: its completion works nowhere else."""

    def __init__(self, scratch: Scratch):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(scratch.repository)
            os.execvpe("zsh", ["zsh", "-f", "-i"], scratch.environment)
        os.set_blocking(self.terminal, False)
        for line in [
            "PS1='READY> '; stty -echo cols 200 rows 100; unsetopt zle_bracketed_paste prompt_sp",
            "fpath=($XDG_DATA_HOME/zsh/site-functions $fpath)",
            "autoload -U compinit; compinit -u -D",
            "zstyle ':completion:*' list-colors ''; zstyle ':completion:*' menu no",
            "LISTMAX=0; setopt no_beep no_list_ambiguous",
            # What would be run is printed instead.
            "accept() { print -r -- \"<<$BUFFER>>\"; BUFFER=; zle .accept-line }",
            "zle -N accept; bindkey '^X' accept; echo SET''UP",
        ]:
            self.write(line + "\n")
        self.read("SETUP")

    def write(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def read(self, until: str, limit: float = 30) -> str:
        text, end = "", time.monotonic() + limit
        while until not in text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                sys.exit(f"error: zsh did not answer: {text!r}")
            text += os.read(self.terminal, 65536).decode(errors="replace")
        return text

    def complete(self, line: str) -> list[str]:
        self.write(line + "\t\x18")
        text = self.read(">>")
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
        buffer = text.rpartition("<<")[2].partition(">>")[0]
        listed = re.findall(r"^(\S+)", text.replace("\r", "\n"), re.MULTILINE)
        return [buffer.split(" ")[-2 if buffer.endswith(" ") else -1]] + listed

    def close(self) -> None:
        self.write("exit\n")
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


def check(shell: str, complete, exact: bool) -> int:
    failures = 0
    for line, words in CASES:
        wanted = [word for word in words if word != "only"]
        offered = complete(line)
        if exact and words[-1] == "only":
            good = sorted(set(offered)) == sorted(wanted)
        else:
            good = set(wanted) <= set(offered)
        if not good:
            failures += 1
            print(f"error: {shell}: '{line}' gave {offered}, not {wanted}", file=sys.stderr)
    print(f"completions: {shell}: {len(CASES) - failures} of {len(CASES)}")
    return failures


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        scratch = Scratch(os.path.realpath(directory), options.binary)
        if os.path.exists("/usr/share/bash-completion/completions/git"):
            failures += check("bash", scratch.bash, exact=True)
        if shutil.which("zsh"):
            zsh = Zsh(scratch)
            failures += check("zsh", zsh.complete, exact=False)
            zsh.close()
        if shutil.which("fish"):
            failures += check("fish", scratch.fish, exact=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
