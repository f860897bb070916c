"""Measures `git eb push` against `eb deploy`, on the server of Tests/Server; part of bench.py."""

import collections.abc
import dataclasses
import http.client
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MIB = 1 << 20
REGION = "eu-central-1"
PLATFORM = "Python 3.13 running on 64bit Amazon Linux 2023"
STACK = "64bit Amazon Linux 2023 v4.7.2 running Python 3.13"
# Seconds of a step of Beanstalk's: nothing to wait for.
STEP = 0.001


class Unavailable(Exception):
    """The programs cannot be had here and now."""


def interpreter(purpose: str) -> str:
    """The interpreter of an environment that Scripts/lib/python_environment makes."""
    script = str(ROOT / "Scripts/lib/python_environment")
    done = subprocess.run([script, purpose], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable("PyPI cannot be reached")
    return done.stdout.strip()


class Server:
    """Amazon's services on this machine."""

    def __init__(self, state: pathlib.Path):
        self.python = interpreter("server")
        self.process = subprocess.Popen(
            [self.python, str(ROOT / "Tests/Server/serve.py"), "--until-eof", "--state",
             str(state), "--step", str(STEP)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        greeting = json.loads(self.process.stdout.readline())
        self.port = greeting["port"]
        self.endpoint = greeting["endpoint"]

    def account(self) -> dict:
        """The keys of a new account that has the roles of environments."""
        keys = self.control("new-account")
        self.control("roles", account=keys["account"])
        return keys

    def control(self, call: str, **values: object) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", f"/_control/{call}", json.dumps(values))
        answer = connection.getresponse()
        value = json.loads(answer.read())
        connection.close()
        if answer.status != 200:
            sys.exit(f"error: the test server's {call}: {value}")
        return value

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)


class Memory(threading.Thread):
    """Watches the most resident memory that a process had, mapped files with it, and that of the
    programs that it ran."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid = pid
        self.own = 0
        self.total = 0
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ended.wait(0.002):
            self.own = max(self.own, self.field(self.pid, "VmHWM:"))
            self.total = max(self.total, self.tree(self.pid))

    def tree(self, pid: int) -> int:
        found = self.field(pid, "VmRSS:")
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as children:
                    found += sum(self.tree(int(child)) for child in children.read().split())
        except OSError:
            pass
        return found

    @staticmethod
    def field(pid: int, name: str) -> int:
        try:
            with open(f"/proc/{pid}/status") as status:
                for line in status:
                    if line.startswith(name):
                        return int(line.split()[1]) * 1024
        except OSError:
            pass
        return 0


@dataclasses.dataclass
class Deployment:
    """One run of either program."""

    #: From start to end.
    wall: float
    #: Without the pauses before each look at the events.
    seconds: float
    requests: int
    #: In the bodies of requests.
    sent: int
    #: Resident memory of the process itself, and with the programs that it runs.
    own: int
    total: int


class Project:
    """A work tree with an environment for each program."""

    def __init__(self, server: Server, place: pathlib.Path, binary: str, name: str):
        self.server = server
        self.path = place / name
        self.binary = binary
        self.application = name
        self.store = place / "cache"
        keys = server.account()
        self.environment = {
            # The EB CLI runs git, and looks for a newer version of itself: that is refused at once.
            "PATH": os.environ["PATH"], "HOME": str(place), "LC_ALL": "C.UTF-8",
            "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1",
            "GIT_CONFIG_NOSYSTEM": "1", "XDG_CACHE_HOME": str(self.store),
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com",
            "AWS_ACCESS_KEY_ID": keys["access_key"], "AWS_SECRET_ACCESS_KEY": keys["secret"],
            "AWS_ENDPOINT_URL": server.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DEFAULT_REGION": REGION, "GIT_EB_APPLICATION": name, "GIT_EB_REGION": REGION,
            "GIT_EB_PLATFORM": PLATFORM,
        }

    def git(self, *arguments: str) -> None:
        subprocess.run(
            ["git", *arguments], cwd=self.path, env=self.environment, check=True,
            stdout=subprocess.DEVNULL,
        )

    def make(self, files: dict[str, bytes]) -> None:
        self.path.mkdir()
        self.git("init", "-q", "-b", "master")
        for name, content in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_bytes(content)
        self.git("add", "-A")
        self.git("commit", "-qm", "First")

    def clone(self, source: pathlib.Path) -> None:
        subprocess.run(
            ["git", "clone", "-q", "--local", "--branch", "master", str(source), str(self.path)],
            env=self.environment, check=True,
        )

    def begin(self) -> None:
        """Makes an environment for each."""
        self.push("--create-application")
        (self.path / ".git/info/exclude").write_text(".elasticbeanstalk/\n")
        (self.path / ".elasticbeanstalk").mkdir()
        (self.path / ".elasticbeanstalk/config.yml").write_text(
            f"branch-defaults:\n  master:\n    environment: {self.application}-eb\n"
            f"global:\n  application_name: {self.application}\n  default_region: {REGION}\n"
            "  sc: git\n"
        )
        program = (
            "import boto3, sys\n"
            "boto3.client('elasticbeanstalk').create_environment(ApplicationName=sys.argv[1],"
            " EnvironmentName=sys.argv[1] + '-eb', SolutionStackName=sys.argv[2])\n"
        )
        subprocess.run(
            [self.server.python, "-c", program, self.application, STACK], env=self.environment,
            check=True,
        )
        self.server.control("wait")

    def change(self, number: int) -> None:
        """A commit with ten other files, or all where there are less."""
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=self.path, capture_output=True, check=True
        ).stdout.decode().split("\0")[:-1]
        for name in random.Random(number).sample(listed, min(10, len(listed))):
            with open(self.path / name, "ab") as file:
                file.write(f"\nchange {number}\n".encode())
        self.git("commit", "-qam", f"Change {number}")

    def push(self, *options: str) -> Deployment:
        return self.run(self.binary, "push", "-q", *options)

    def deploy(self) -> Deployment:
        eb = str(pathlib.Path(interpreter("eb")).parent / "eb")
        done = self.run(eb, "deploy", f"{self.application}-eb")
        # It keeps every bundle.
        shutil.rmtree(self.path / ".elasticbeanstalk/app_versions", ignore_errors=True)
        return done

    def forget(self) -> None:
        """Empties git-eb's store."""
        shutil.rmtree(self.store, ignore_errors=True)

    def run(self, *command: str) -> Deployment:
        self.server.control("clear-log")
        output = self.path.parent / "output"
        with open(output, "w") as file:
            began = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=self.path, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=file, stderr=subprocess.STDOUT,
            )
            memory = Memory(process.pid)
            status = process.wait()
            wall = time.perf_counter() - began
            memory.ended.set()
        if status != 0:
            sys.exit(f"error: {' '.join(command)} failed\n{output.read_text()}")
        log = self.server.control("log")["requests"]
        return Deployment(
            wall, wall - pauses(log), len(log), sum(one["bytes_in"] for one in log), memory.own,
            memory.total,
        )


def pauses(log: list[dict]) -> float:
    """Seconds between the end of a request and the next look at the events, once the deployment was
    asked for: both programs wait then for what takes no time here."""
    found = 0.0
    is_asked = False
    for before, one in zip([None, *log], log):
        if is_asked and one["operation"] == "DescribeEvents":
            found += max(0.0, one["time"] - before["time"] - before["duration"])
        is_asked = is_asked or one["operation"] in ("UpdateEnvironment", "CreateEnvironment")
    return found


class Sides:
    """Runs of ours and of theirs that follow each other, but for the first of each."""

    def __init__(self, runs: list[tuple[Deployment, Deployment]]):
        self.own, self.other = zip(*runs)
        self.speed = statistics.median(
            other.seconds / own.seconds for own, other in runs
        )


def measure(
    project: Project, runs: int, is_cold: bool, first: int = 0
) -> Sides:
    found = []
    for number in range(runs + 1):
        project.change(first + number)
        if is_cold:
            project.forget()
        found.append((project.push(), project.deploy()))
    return Sides(found[1:])


def amount(size: float) -> str:
    """Bytes, in the unit that fits."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def median(values: collections.abc.Iterable[float]) -> float:
    return statistics.median(values)


def measure_aws(bench, large: "pathlib.Path", runs: int, report, tools) -> None:
    """The table of `git eb push` against `eb deploy`. `tools` has bench.py's ways of telling."""
    interpreter("eb")
    state = bench.scratch / "server"
    server = Server(state)
    try:
        table = tools.Table("", "eb deploy", "git eb push", "figure", "target")

        def times(what: str, sides: Sides, least: float | None) -> None:
            table.add(
                what, tools.duration(median(one.seconds for one in sides.other)),
                tools.duration(median(one.seconds for one in sides.own)),
                f"{sides.speed:.1f} times as fast", f"≥ {least:g}" if least else "",
            )
            if least:
                report.expect(what, sides.speed >= least)

        def rest(what: str, sides: Sides) -> None:
            table.add(
                f"{what}: requests", f"{median(one.requests for one in sides.other):.0f}",
                f"{median(one.requests for one in sides.own):.0f}", "", "",
            )
            table.add(
                f"{what}: bytes sent", amount(median(one.sent for one in sides.other)),
                amount(median(one.sent for one in sides.own)), "", "",
            )
            table.add(
                f"{what}: memory, peak",
                tools.mebibytes(max(one.total for one in sides.other)),
                tools.mebibytes(max(one.total for one in sides.own)), "", "",
            )
            table.add(
                f"{what}: time with the pauses",
                tools.duration(median(one.wall for one in sides.other)),
                tools.duration(median(one.wall for one in sides.own)), "", "",
            )

        chance = random.Random(1)
        small = Project(server, bench.scratch, bench.binary, "small")
        small.make({
            f"source/{number}.py": "".join(
                f"value_{chance.randrange(1000)} = {chance.random()}\n" for _ in range(100)
            ).encode()
            for number in range(20)
        })
        small.begin()
        sides = measure(small, runs, is_cold=False)
        times("small project, time", sides, 5)
        rest("small project", sides)

        project = Project(server, bench.scratch, bench.binary, "large")
        project.clone(large)
        project.begin()
        sides = measure(project, max(3, runs // 2), is_cold=True)
        times("10,000 files, 200 MB, time, cold", sides, 3)
        warm = measure(project, max(3, runs // 2), is_cold=False, first=100)
        times("10,000 files, 200 MB, time, warm", warm, 3)
        rest("10,000 files, 200 MB", sides)
        shutil.rmtree(project.path)

        huge = Project(server, bench.scratch, bench.binary, "huge")
        huge.make({f"{number}.dat": chance.randbytes(25_000_000) for number in range(12)})
        huge.git("repack", "-adq", "--window=0")
        huge.begin()
        sides = measure(huge, 1, is_cold=True)
        times("300 MB that do not shrink, time", sides, None)
        own = max(one.own for one in sides.own)
        table.add(
            "300 MB that do not shrink: memory of the process, peak",
            tools.mebibytes(max(one.own for one in sides.other)), tools.mebibytes(own),
            tools.mebibytes(own), "≤ 96 MiB",
        )
        report.expect("300 MB, memory", own <= 96 * MIB)
        rest("300 MB that do not shrink", sides)
        shutil.rmtree(huge.path)
        report.put("aws", table)
    finally:
        server.close()
