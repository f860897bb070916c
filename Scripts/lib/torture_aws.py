"""Pushes to AWS Elastic Beanstalk, as Tests/Server simulates it, while requests are refused, cut,
held back and answered by halves; and servers that fall silent after every single request."""

import collections
import concurrent.futures
import dataclasses
import functools
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

from torture_field import Failure, changes, clear, contents, waiting
from torture_trial import CRASHES, Progress, Report

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = ROOT / "Tests/Server/serve.py"
# What `git eb push` ends with. 130 is for who is asked to stop, and nobody asks here.
STATUSES = {0, 1, 2, 3, 69, 77}
# What waits and time limits are multiplied by: of the run that is disturbed, and of the next one.
PACE, CALM_PACE = "0.02", "0.1"
# Pushes in one world, one after the other, until everything begins anew.
CHAIN = 4
# Every so many of these have a bundle that goes up in parts.
LARGE = 6
# What is looked for, and how the tables call it.
KINDS = {
    "upload": "uploads open",
    "orphan": "bundles without a version",
    "version": "versions too many",
    "template": "saved configurations",
    "environment": "environments",
    "git": "`.git` and files",
    "answer": "wrong answer",
    "next": "next push fails",
}
# What only git-eb itself can take back, so that it may be there when nobody let it.
TOLERATED = {"upload", "orphan", "template", "environment"}
Problems = dict[str, list[str]]


@functools.cache
def interpreter() -> str | None:
    """A Python that can run the server; `None` where there is none."""
    has_all = (
        "import importlib.util, sys; "
        "sys.exit(not all(map(importlib.util.find_spec, ['awscrt', 'botocore', 'moto'])))"
    )
    for python in [os.environ.get("GIT_EB_TEST_PYTHON"), sys.executable]:
        if python and subprocess.run([python, "-c", has_all]).returncode == 0:
            return python
    made = subprocess.run(
        [ROOT / "Scripts/lib/python_environment"], stdout=subprocess.PIPE, text=True
    )
    return made.stdout.strip() if made.returncode == 0 else None


class Cloud:
    """A server of its own, and what is told to it."""

    def __init__(self, python: str, state: pathlib.Path):
        # What it says of its own mistakes is kept, and looked at in the end.
        self.words = open(state.with_suffix(".txt"), "w+")
        self.process = subprocess.Popen(
            [python, SERVER, "--state", state, "--step", "0.004", "--until-eof"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.words,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"the server of Tests/Server does not start: {self.mistakes()}")
        greeting = json.loads(line)
        self.endpoint = greeting["endpoint"]
        self.keys = greeting["keys"][0]
        self.line = http.client.HTTPConnection("127.0.0.1", greeting["port"], timeout=60)
        self.tell("roles")

    def tell(self, call: str, **body: object) -> dict:
        self.line.request("POST", f"/_control/{call}", json.dumps(body))
        response = self.line.getresponse()
        answer = json.loads(response.read())
        if response.status != 200:
            raise Failure(f"the server says of '{call}': {answer}")
        return answer

    def begin(self) -> None:
        """An empty account that has the roles of Beanstalk."""
        self.tell("reset", keep_roles=True)

    def mistakes(self) -> str:
        self.words.seek(0)
        return self.words.read()

    def end(self) -> None:
        self.line.close()
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.words.close()


@dataclasses.dataclass(frozen=True)
class Push:
    """What is pushed, and how."""
    is_large: bool = False
    is_new: bool = True
    process: bool = False
    blue_green: bool = False
    terminate_old: bool = False

    @property
    def words(self) -> list[str]:
        words = ["push"]
        if self.process:
            words.append("--process")
        if self.blue_green:
            words.append("--blue-green")
        if self.terminate_old:
            words.append("--terminate-old")
        return words

    @property
    def title(self) -> str:
        where = "a new environment" if self.is_new else "an environment"
        if self.blue_green and not self.is_new:
            where = "blue/green"
        return ("in parts" if self.is_large else "one PUT") + ", " + where

    def __str__(self) -> str:
        return f"{self.title}: {' '.join(self.words)}"


@dataclasses.dataclass
class Ending:
    """How a push ended."""
    status: int
    said: str
    has_hung: bool = False
    was_killed: bool = False


@dataclasses.dataclass
class Tally:
    """One row."""
    runs: int = 0
    hits: int = 0
    deployed: int = 0
    at_once: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    after: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    violations: int = 0

    def __iadd__(self, other: "Tally") -> "Tally":
        for field in dataclasses.fields(self):
            setattr(
                self, field.name, getattr(self, field.name) + getattr(other, field.name)
            )
        return self


class Shop:
    """A repository, and a cloud that it is pushed to."""

    def __init__(self, directory: pathlib.Path, binary: str, python: str, chance: random.Random):
        self.base = directory
        self.binary = str(pathlib.Path(binary).resolve())
        for name in ["home", "tmp", "keys"]:
            (directory / name).mkdir(mode=0o700)
        self.cloud = Cloud(python, directory / "cloud")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory / "home"),
            "XDG_STATE_HOME": str(directory / "waiting"),
            "TMPDIR": str(directory / "tmp"),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.cloud.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PROFILE": "shop",
        }
        self.write_profiles()
        self.repositories = {
            is_large: self.make(directory / name, size, chance)
            for is_large, name, size in [(False, "small", 4_000), (True, "large", 20 << 20)]
        }
        self.commits = 0
        # The contents that have been pushed since the world began.
        self.pushed = 0

    def write_profiles(self) -> None:
        """Credentials that stay, and such that can be had anew."""
        script = self.base / "keys/next"
        script.write_text(
            "#!/bin/sh\n"
            "# The next of the keys that lie here; the last one stays.\n"
            f"cd '{self.base}/keys' && set -- [0-9]* && cat \"$1\" && "
            "{ [ $# = 1 ] || rm \"$1\"; }\n"
        )
        script.chmod(0o700)
        place = self.base / "home/.aws"
        place.mkdir()
        keys = self.cloud.keys
        (place / "config").write_text(
            f"[profile shop]\naws_access_key_id = {keys['access_key']}\n"
            f"aws_secret_access_key = {keys['secret']}\n"
            f"[profile renewing]\ncredential_process = {script}\n"
        )

    def issue_keys(self, count: int) -> None:
        for path in (self.base / "keys").glob("[0-9]*"):
            path.unlink()
        for number in range(count):
            keys = self.cloud.tell("issue-keys", seconds=3600)
            (self.base / f"keys/{number}").write_text(json.dumps({
                "Version": 1, "AccessKeyId": keys["access_key"],
                "SecretAccessKey": keys["secret"], "SessionToken": keys["token"],
                "Expiration": keys["expires"],
            }))

    def git(self, repository: pathlib.Path, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=repository, env=self.environment, check=True,
            capture_output=True, text=True,
        ).stdout.strip()

    def make(self, repository: pathlib.Path, size: int, chance: random.Random) -> pathlib.Path:
        self.git(self.base, "init", "-q", "-b", "master", str(repository))
        for setting in [
            "user.name=A", "user.email=a@example.com", "gc.auto=0", "maintenance.auto=false",
            "commit.gpgSign=false",
        ]:
            self.git(repository, "config", *setting.split("="))
        (repository / ".git-eb.yml").write_text(
            "application: shop\nplatform: Python 3.13 running on 64bit Amazon Linux 2023\n"
            "beanstalk: {createApplication: true}\nbranches: {master: production}\n"
            "push: {timeout: 3m}\n"
        )
        (repository / "application.py").write_text("application = None\n")
        (repository / "data").write_bytes(chance.randbytes(size))
        self.git(repository, "add", "--all")
        self.git(repository, "commit", "-q", "-m", "Open the shop")
        return repository

    def commit(self, push: Push) -> None:
        """New contents, which have never been pushed."""
        repository = self.repositories[push.is_large]
        self.commits += 1
        (repository / "release.txt").write_text(f"{self.commits}\n")
        self.git(repository, "add", "release.txt")
        self.git(repository, "commit", "-q", "-m", f"Release {self.commits}")

    def begin(self) -> None:
        self.cloud.begin()
        self.pushed = 0
        for repository in self.repositories.values():
            for place in ["refs/eb", "refs/remotes/eb"]:
                shutil.rmtree(repository / ".git" / place, ignore_errors=True)

    def start(self, push: Push, pace: str, more: list[str], profile: str) -> subprocess.Popen:
        return subprocess.Popen(
            [self.binary, *push.words, *more], cwd=self.repositories[push.is_large],
            env=self.environment | {"GIT_EB_TEST_PACE": pace, "AWS_PROFILE": profile},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self, process: subprocess.Popen, seconds: float) -> Ending:
        has_hung = False
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            has_hung = True
            os.killpg(process.pid, signal.SIGKILL)
            _, said = process.communicate()
        return Ending(process.returncode, said.decode(errors="replace").strip(), has_hung)

    # What must hold

    def look(self) -> tuple[dict, dict]:
        """The region, and the buckets."""
        state = self.cloud.tell("state", account=self.cloud.keys["account"])
        regions = [one for one in state["regions"] if one["region"] == "us-east-1"]
        return (
            regions[0] if regions else {"applications": {}, "environments": []}, state["buckets"]
        )

    def serving(self, region: dict) -> dict | None:
        """What has the address of the environment, or is to have it."""
        living = [one for one in region["environments"] if one["status"] != "Terminated"]
        for one in living:
            if not one["cname"].startswith("git-eb-idle-"):
                return one
        return None

    def living(self) -> int:
        return sum(one["status"] != "Terminated" for one in self.look()[0]["environments"])

    def release(self) -> str | None:
        """The version that serves, where all is well with it."""
        one = self.serving(self.look()[0])
        if one is None or one["status"] != "Ready" or one["health"] != "Green":
            return None
        if any(instance["version"] != one["version"] for instance in one["instances"]):
            return None
        return one["version"]

    def leftovers(self) -> Problems:
        """What is there and should not be."""
        problems: Problems = collections.defaultdict(list)
        region, buckets = self.look()
        application = region["applications"].get("shop", {"versions": {}, "templates": []})
        versions = application["versions"].values()
        bundles = {(version["bucket"], version["key"]) for version in versions}
        for name, bucket in buckets.items():
            problems["upload"] += [
                f"{upload['key']} of {len(upload['parts'])} parts" for upload in bucket["uploads"]
            ]
            problems["orphan"] += [
                key for key in bucket["objects"]
                if key.endswith(".zip") and (name, key) not in bundles
            ]
        problems["version"] += [
            f"{version['key']} is missing" for version in versions
            if version["key"] not in buckets.get(version["bucket"], {"objects": {}})["objects"]
        ]
        digests = collections.Counter(
            version["tags"].get("git-eb:digest", "none") for version in versions
        )
        problems["version"] += [
            f"{count} versions of {digest[:8]}" for digest, count in digests.items() if count > 1
        ]
        if len(digests) > self.pushed:
            problems["version"].append(f"{len(digests)} contents, of which {self.pushed} are ours")
        problems["template"] += [
            template for template in application["templates"] if template.startswith("git-eb-")
        ]
        living = [one for one in region["environments"] if one["status"] != "Terminated"]
        names = {one["name"] for one in living}
        busy = [one["name"] for one in living if one["status"] != "Ready"]
        if strangers := names - {"production", "production-green"}:
            problems["environment"].append(" ".join(strangers))
        if busy:
            problems["environment"].append(f"{' '.join(busy)} at work")
        return {kind: found for kind, found in problems.items() if found}

    def files(self, push: Push) -> dict[str, tuple]:
        return contents(self.repositories[push.is_large] / ".git")

    def lies_about(self) -> list[str]:
        return [str(path.relative_to(self.base)) for path in (self.base / "tmp").rglob("*")]


@dataclasses.dataclass
class Trial:
    """One push that is disturbed, and what came of it."""
    shop: Shop
    push: Push
    context: str
    tally: Tally = dataclasses.field(default_factory=Tally)
    before: dict[str, tuple] = dataclasses.field(default_factory=dict)

    def prepare(self) -> None:
        """Something new to push, and perhaps an environment that it goes to."""
        self.shop.commit(self.push)
        self.shop.pushed += 1
        self.before = self.shop.files(self.push)
        self.shop.cloud.tell("clear-log")

    def judge(self, ending: Ending) -> str | None:
        """Looks around, pushes once more in peace, and looks again. What is wrong, in words."""
        shop = self.shop
        at_once: Problems = {}
        released = shop.release()
        entries = shop.cloud.tell("log")["requests"]
        faults = collections.Counter(one["fault"] for one in entries if one["fault"])
        shop.cloud.tell("clear-faults")
        at_once |= shop.leftovers()
        if found := self.wrong_files(ending.was_killed):
            at_once["git"] = found
        if any(one["unknown_members"] for one in entries):
            at_once.setdefault("answer", []).append("it sent what AWS does not know")
        clear(shop.base / "tmp")
        shop.issue_keys(1)
        process = shop.start(self.push, CALM_PACE, ["--wait", "10m"], "shop")
        calm = shop.finish(process, 120)
        shop.cloud.tell("wait", seconds=10)
        after = shop.leftovers()
        wanted = shop.release()
        if calm.status != 0:
            after["next"] = [f"it ended with {calm.status}: {calm.said}"]
        elif wanted is None:
            after["next"] = [f"it has deployed nothing: {shop.serving(shop.look()[0])}"]
        elif self.push.terminate_old and shop.living() > 1:
            after.setdefault("environment", []).append("the old one is still there")
        if found := self.wrong_files(False) + waiting(shop.base / "waiting"):
            after["git"] = found
        if wrong := self.wrong_answer(ending, released, wanted):
            at_once.setdefault("answer", []).append(wrong)
        return self.note(ending, at_once, after, faults)

    def wrong_files(self, was_killed: bool) -> list[str]:
        repository = self.shop.repositories[self.push.is_large]
        found = sorted(changes(self.before, self.shop.files(self.push), repository / ".git"))
        return found + ([] if was_killed else self.shop.lies_about())

    def wrong_answer(self, ending: Ending, released: str | None, wanted: str | None) -> str | None:
        """What the exit status says and is not so."""
        if ending.was_killed:
            return None
        if ending.has_hung:
            return "it did not end"
        if -ending.status in CRASHES or ending.status - 128 in CRASHES:
            return f"it crashed with {ending.status}"
        if ending.status not in STATUSES:
            return f"it ended with {ending.status}"
        if ending.status != 0 and not ending.said:
            return f"it ended with {ending.status} without a word"
        if ending.status == 0 and (released is None or released != wanted):
            return "success, and not deployed"
        if ending.status == 1 and released is not None and released == wanted:
            return "failure, and deployed"
        return None

    def note(
        self, ending: Ending, at_once: Problems, after: Problems, faults: collections.Counter
    ) -> str | None:
        self.tally.runs += 1
        self.tally.hits += bool(faults)
        self.tally.deployed += ending.status == 0
        self.tally.at_once.update(at_once.keys())
        self.tally.after.update(after.keys())
        wrong = {kind: found for kind, found in at_once.items() if kind not in TOLERATED}
        if ending.status == 0:
            # Who says that all is done has to have cleaned up, or to have said what is left.
            allowed = {"environment"}
            if "could not be removed; the next push does it" in ending.said:
                allowed.add("template")
            wrong |= {kind: found for kind, found in at_once.items() if kind not in allowed}
        for kind, found in after.items():
            wrong[kind] = wrong.get(kind, []) + [f"afterwards: {one}" for one in found]
        if not wrong:
            return None
        self.tally.violations += 1
        words = "; ".join(f"{kind}: {', '.join(found)}" for kind, found in wrong.items())
        met = ", ".join(f"{count} {name}" for name, count in faults.items())
        how = "was killed" if ending.was_killed else f"ended with {ending.status}"
        return (
            f"violation: {self.push}: {self.context}: {words} (it met {met or 'nothing'}, {how}: "
            f"{ending.said})"
        )


# Faults by chance

# With how many of a hundred each comes.
FAULTS = {
    "throttle": 14, "limit": 4, "slowdown": 10, "500": 10, "503": 6, "html": 3,
    "reset-before": 8, "reset-after": 10, "close-before": 4, "close-after": 5, "stall-before": 4,
    "stall-after": 6, "stall-middle": 4, "truncate": 8, "expired": 6, "200-error": 2,
}
# A push has some 15 to 40 requests.
REQUESTS = 30


def mixed(chance: random.Random) -> list[dict]:
    """Rules for the server: what goes wrong in one run."""
    names, weights = list(FAULTS), list(FAULTS.values())
    rules = []
    for name in chance.choices(names, weights, k=chance.choice([1, 1, 2, 3, 4, 6])):
        rule: dict = {"action": name, "times": chance.choice([1, 1, 1, 2, 3, 5])}
        if name == "200-error":
            rule["operation"] = "CompleteMultipartUpload"
        elif chance.random() < 0.6:
            rule["after"] = int(chance.triangular(0, REQUESTS, 4))
        else:
            rule["probability"] = chance.choice([0.05, 0.1, 0.2, 0.4])
            rule["times"] *= 2
        if name in ["slowdown", "throttle", "503"] and chance.random() < 0.5:
            rule["retry_after"] = chance.choice([0, 1, 2, 5])
        if name in ["reset-after", "close-after", "stall-after", "truncate", "500"]:
            # Where an answer that is lost hurts most.
            if chance.random() < 0.4:
                rule = {
                    "action": name, "times": rule["times"], "operation": chance.choice(CHANGES),
                }
        rules.append(rule)
    if chance.random() < 0.05:
        # From one request on, nothing works any more.
        rules.append({
            "action": chance.choice(["500", "reset-before", "close-after", "throttle"]),
            "after": chance.randrange(REQUESTS), "times": None,
        })
    return rules


# Operations that change something.
CHANGES = [
    "CreateApplicationVersion", "CreateEnvironment", "UpdateEnvironment", "PutObject",
    "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "CreateStorageLocation",
    "CreateConfigurationTemplate", "DeleteConfigurationTemplate", "SwapEnvironmentCNAMEs",
    "TerminateEnvironment",
]


def chosen(chance: random.Random, is_large: bool, is_new: bool) -> Push:
    blue_green = not is_new and chance.random() < 0.4
    return Push(
        is_large, is_new, process=chance.random() < 0.25, blue_green=blue_green,
        terminate_old=blue_green and chance.random() < 0.5,
    )


class Crew:
    """Those who work at once, each with a shop of its own."""

    def __init__(self, directory: pathlib.Path, binary: str, count: int, chance: random.Random):
        python = interpreter()
        if python is None:
            raise Failure("there is no Python with moto and botocore")
        self.lock = threading.Lock()
        self.tallies: dict[str, Tally] = collections.defaultdict(Tally)
        self.count = count
        places = [directory / str(number) for number in range(count)]
        seeds = [chance.getrandbits(30) for _ in places]

        def open_shop(place: pathlib.Path, seed: int) -> Shop:
            place.mkdir()
            return Shop(place, binary, python, random.Random(seed))

        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            self.shops = list(pool.map(open_shop, places, seeds))
        self.free = list(self.shops)

    def work(self, tasks: list, do, progress: Progress) -> None:
        """Does every task in a shop that nobody else is in."""
        done = 0

        def one(task) -> None:
            nonlocal done
            with self.lock:
                shop = self.free.pop()
            try:
                for title, tally, words in do(shop, task):
                    with self.lock:
                        self.tallies[title] += tally
                        if words:
                            print(words, file=sys.stderr, flush=True)
            finally:
                with self.lock:
                    self.free.append(shop)
                    done += 1
                    progress(f"{done} of {len(tasks)}")

        with concurrent.futures.ThreadPoolExecutor(self.count) as pool:
            for future in [pool.submit(one, task) for task in tasks]:
                future.result()

    def end(self) -> None:
        with concurrent.futures.ThreadPoolExecutor(self.count) as pool:
            list(pool.map(lambda shop: shop.cloud.end(), self.shops))


def chain(seed: int, runs: int):
    """Does one chain of pushes in a new world: the first makes the environment."""

    def do(shop: Shop, number: int):
        chance = random.Random(f"{seed} aws {number}")
        is_large = number % LARGE == LARGE - 1
        shop.begin()
        for turn in range(min(CHAIN, runs - number * CHAIN)):
            push = chosen(chance, is_large, is_new=turn == 0)
            rules = mixed(chance)
            profile = chance.choice(["shop", "renewing"])
            trial = Trial(shop, push, f"run {number}.{turn} with {json.dumps(rules)}")
            trial.prepare()
            shop.issue_keys(8 if profile == "renewing" else 0)
            shop.cloud.tell("faults", seed=chance.getrandbits(30), rules=rules)
            more = ["--wait", "10m"] if chance.random() < 0.5 else []
            ending = shop.finish(shop.start(push, PACE, more, profile), 90)
            yield push.title, trial.tally, trial.judge(ending)

    return do


# Silence from one request on

@dataclasses.dataclass(frozen=True)
class Silence:
    """How a server falls silent."""
    title: str
    action: str
    # Killed at the first request that is not answered; else it ends by itself.
    is_kill: bool


SILENCES = [
    Silence("closes; killed", "close-before", True),
    Silence("does it and is silent; killed", "stall-after", True),
    Silence("closes", "close-before", False),
    Silence("does it and resets", "reset-after", False),
    Silence("is silent", "stall-before", False),
]
# To a new application from nothing, and with what a push can have beyond that.
PUSHES = [
    Push(), Push(is_large=True), Push(process=True), Push(is_new=False),
    Push(is_new=False, blue_green=True), Push(is_new=False, blue_green=True, terminate_old=True),
]


# More requests than an undisturbed push has.
MOST = 120


def silences(seed: int, stride: int):
    """Lets the server fall silent after every request of a push, or after every so many."""

    def do(shop: Shop, task: tuple[Push, Silence]):
        push, silence = task
        chance = random.Random(f"{seed} aws {push} {silence.title}")
        for count in range(chance.randrange(stride), MOST, stride):
            trial, words = silenced(shop, push, silence, count)
            yield silence.title, trial.tally, words
            if trial.tally.hits == 0:
                return
        raise Failure(f"{push} had more than {MOST} requests")

    return do


def silenced(shop: Shop, push: Push, silence: Silence, count: int) -> tuple[Trial, str | None]:
    """A push to a server that falls silent after so many requests."""
    shop.begin()
    if not push.is_new:
        shop.commit(push)
        shop.pushed += 1
        first = shop.finish(shop.start(Push(push.is_large), CALM_PACE, [], "shop"), 120)
        if first.status != 0:
            raise Failure(f"an undisturbed push ended with {first.status}: {first.said}")
        shop.cloud.tell("wait")
    trial = Trial(shop, push, f"silence after request {count} ({silence.title})")
    trial.prepare()
    rule = {"action": silence.action, "after": count, "times": None}
    shop.cloud.tell("faults", rules=[rule])
    process = shop.start(push, PACE, [], "shop")
    was_killed = False
    if silence.is_kill:
        while process.poll() is None and not was_killed:
            [state] = shop.cloud.tell("faults")["rules"]
            if state["seen"] > count:
                os.killpg(process.pid, signal.SIGKILL)
                was_killed = True
            time.sleep(0.003)
    ending = shop.finish(process, 120)
    ending.was_killed = was_killed
    return trial, trial.judge(ending)


# The tables

def table(what: str, hit: str, tallies: dict[str, Tally], report: Report) -> str:
    lines = [[what, "runs", hit, "ended deployed", *KINDS.values(), "violations"]]
    lines.append(["---"] * len(lines[0]))
    whole = Tally()
    for title, tally in sorted(tallies.items()):
        whole += tally
        lines.append(row(title, tally))
    lines.append(row("all", whole))
    report.violations += whole.violations
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def row(title: str, tally: Tally) -> list[str]:
    cells = [f"{tally.at_once[kind]:,} / {tally.after[kind]:,}" for kind in KINDS]
    return [
        title, f"{tally.runs:,}", f"{tally.hits:,}", f"{tally.deployed:,}", *cells,
        f"**{tally.violations:,}**",
    ]


def disturb_pushes(
    directory: pathlib.Path, binary: str, seed: int, runs: int, stride: int, chance: random.Random,
    report: Report,
) -> None:
    """The mode `aws`: `runs` pushes with faults by chance, and silence after every request, or
    after every `stride`; none of these for 0."""
    # Most of the time goes by in waiting.
    crew = Crew(directory, binary, 4 * (os.cpu_count() or 1), chance)
    try:
        if runs > 0:
            began = time.monotonic()
            chains = list(range((runs + CHAIN - 1) // CHAIN))
            crew.work(chains, chain(seed, runs), Progress("aws"))
            seconds = time.monotonic() - began
            text = table("faults by chance", "disturbed", crew.tallies, report)
            pace = f"In {seconds:,.0f} s, {60 * runs / seconds:,.0f} a minute."
            report.put("aws", f"{text}\n\n{pace}")
            crew.tallies.clear()
        if stride > 0:
            began = time.monotonic()
            tasks = [(push, silence) for push in PUSHES for silence in SILENCES]
            # A sample is one of the pushes, too.
            tasks = tasks[:: max(1, stride // 10)]
            crew.work(tasks, silences(seed, stride), Progress("aws"))
            seconds = time.monotonic() - began
            text = table("the server", "fell silent", crew.tallies, report)
            every = "After every request" if stride == 1 else f"After every {stride}th request"
            report.put("aws-silence", f"{text}\n\n{every}, in {seconds:,.0f} s.")
    finally:
        crew.end()
