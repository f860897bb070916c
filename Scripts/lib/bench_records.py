"""Measures what looks at records against `git log`; used by bench.py."""

import datetime
import os
import pathlib
import subprocess

# How many deployments there are.
COUNT = 1_000
START = 1_700_000_000
# Seconds from one deployment to the next.
PACE = 3_600


def git(*arguments: str, environment: dict[str, str], data: str = "") -> str:
    return subprocess.run(
        ["git", *arguments], input=data, capture_output=True, check=True, text=True,
        env=environment,
    ).stdout


def record(commit: str, number: int) -> tuple[str, str]:
    """The text of a record, and the time in its reference's name."""
    seconds = START + number * PACE
    time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    began = (time - datetime.timedelta(seconds=42)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    ended = time.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    compact = time.strftime("%Y%m%dT%H%M%S.000Z")
    label = f"master-{commit[:7]}-{number:08x}"
    return (
        f"object {commit}\ntype commit\ntag shop/production/{compact}\n"
        f"tagger A <a@example.com> {seconds} +0000\n\nDeploy {label} to production\n\n"
        "Application: shop\nEnvironment: production\nKind: push\nOutcome: deployed\n"
        f"Version-Label: {label}\nBundle-Digest: {number:064x}\nSource: commit\n"
        f"Commit: {commit}\nReference: refs/heads/master\nSubject: change {number}\n"
        "Secret: .secrets/key\nHost: local\nLocation: /var/shop\nMachine: laptop\n"
        f"Began-At: {began}\nEnded-At: {ended}\nGit-Eb: 0.1.0\n",
        compact,
    )


def make(bench, history) -> pathlib.Path:
    """A repository with COUNT commits, each of which was deployed; the last one really."""
    path = bench.scratch / "records"
    environment = bench.environment | {"GIT_CONFIG_GLOBAL": "/dev/null"}
    git("init", "-q", "-b", "master", str(path), environment=environment)
    os.chdir(path)
    git("config", "user.name", "A", environment=environment)
    git("config", "user.email", "a@example.com", environment=environment)
    importing = history(path)
    for number in range(COUNT):
        importing.commit("refs/heads/master", f"change {number}", START + number * PACE)
        importing.change(f"file{number % 50}.txt", f"change {number}\n".encode())
        if number == 0:
            importing.change(".git-eb.yml", b"{application: shop, host: local}\n")
    importing.finish()
    git("reset", "-q", "--hard", environment=environment)
    commits = git("rev-list", "--reverse", "HEAD", environment=environment).split()
    names, files = [], []
    for number, commit in enumerate(commits[:-1]):
        text, time = record(commit, number)
        file = bench.scratch / f"record{number}"
        file.write_text(text)
        files.append(str(file))
        names.append(f"refs/eb/deployments/shop/production/{time}")
    ids = git(
        "hash-object", "-t", "tag", "-w", "--stdin-paths", environment=environment,
        data="\n".join(files) + "\n",
    ).split()
    git(
        "update-ref", "--stdin", environment=environment,
        data="".join(f"create {name}-{id[:7]} {id}\n" for name, id in zip(names, ids)),
    )
    for file in files:
        os.unlink(file)
    subprocess.run(
        [bench.binary, "push", "-q"], check=True, capture_output=True, env=bench.environment)
    found = git("for-each-ref", "refs/eb", environment=environment).count("\n")
    if found != COUNT:
        raise SystemExit(f"error: {found} records instead of {COUNT}")
    return path


def measure_records(bench, runs: int, report, tools) -> None:
    """`tools` is bench.py itself."""
    make(bench, tools.History)
    table = tools.Table(
        f"{COUNT:,} deployments", "`git log -n 20`", "git-eb", "figure", "target")
    for state in ["loose", "packed"]:
        if state == "packed":
            git("pack-refs", "--all", environment=bench.environment)
            git("gc", "-q", environment=bench.environment)
        for command in [["status"], ["log", "-n", "20"], ["list"]]:
            pairs = bench.pairs(
                runs * 15, lambda _: bench.run(bench.binary, *command),
                lambda _: bench.run("git", "log", "-n", "20"),
            )
            ratio = 1 / pairs.speed
            words = " ".join(command)
            report.expect(f"{words}, {state}", ratio < 3)
            table.add(
                f"`git-eb {words}`, references {state}", tools.duration(pairs.other),
                tools.duration(pairs.own), f"{ratio:.1f}", "< 3",
            )
    subprocess.run(
        [bench.binary, "terminate", "-q", "--yes"], check=True, capture_output=True,
        env=bench.environment)
    report.put("records", table)
