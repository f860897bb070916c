"""Measures what the checks add to a bundle; used by bench.py."""

import os


def measure_checks(bench, repositories, runs: int, report, tools) -> None:
    """A push that would be made, with the checks and without. Each keeps its contents in a store of
    its own, so that neither finds what only the other has looked at."""
    table = tools.Table("checks", "without", "with", "figure", "target")
    environment = bench.environment
    stores = {flag: str(bench.scratch / f"store-{flag}") for flag in ("with", "without")}

    def push(flag: str, commit: str, is_cold: bool):
        if is_cold:
            tools.shutil.rmtree(stores[flag], ignore_errors=True)
        bench.environment = environment | {
            "XDG_CACHE_HOME": stores[flag], "GIT_EB_HOST": "local",
            "GIT_EB_APPLICATION": "bench", "GIT_EB_BRANCH": "master",
        }
        options = ["--no-check"] if flag == "without" else []
        try:
            return bench.run(bench.binary, "push", "-q", "--dry-run", *options, commit)
        finally:
            bench.environment = environment

    for repository in repositories:
        repository.prepare(runs + 2)
        os.chdir(repository.path)
        for what, commit in (
            ("cold", lambda _: "HEAD"), ("warm, ten files changed", repository.change)
        ):
            is_cold = what == "cold"
            pairs = bench.pairs(
                runs, lambda number: push("with", commit(number), is_cold),
                lambda number: push("without", commit(number), is_cold))
            ratio = 1 / pairs.speed
            report.expect(f"checks, {repository.name}, {what}", ratio <= 1.2)
            table.add(
                f"({repository.name}) {len(repository.files):,} files, {what}",
                tools.duration(pairs.other), tools.duration(pairs.own), f"{ratio:.2f}", "≤ 1.2")
    report.put("checks", table)
