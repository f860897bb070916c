"""A walk of many steps through the life of previews: branches are made, pushed, deployed, merged,
squashed and deleted, time passes, and `git eb push` and `git eb prune` are killed. A model says at
every prune which environments may go, and after the last one which are there."""

import collections
import dataclasses
import datetime
import json
import os
import pathlib
import random
import signal
import subprocess
import time

from torture_aws import CALM_PACE, Cloud, interpreter
from torture_field import Failure, Field
from torture_trial import CRASHES, Progress, Report

LIVING = 8
TTL = 72 * 3600
# Whose previews nothing may touch: the configuration protects one, the other is of another
# repository.
PROTECTED, FOREIGN = "issue-protected", "issue-foreign"
CONFIGURATION = (
    "application: shop\n"
    "branches: {master: production, 'issue*': '{branch}'}\n"
    "previews: {ttl: 72h}\n"
    "push: {timeout: 3m}\n"
)
# Of requests, while a command runs.
FAULTS = ["throttle", "500", "503", "close-after", "reset-before", "delay"]


@dataclasses.dataclass
class Branch:
    name: str
    commits: list[str]
    # How many of them the remote has; `None` when it has not got the branch.
    remote: int | None = None
    # Whether this clone knows that the remote had it.
    is_followed: bool = False
    is_here: bool = True
    # How many of them are merged.
    merged: int = 0
    # Whether the base has changed again what was merged, so that it cannot be merged once more.
    is_overtaken: bool = False
    # How it was merged the last time.
    way: str = ""


@dataclasses.dataclass
class Facts:
    """An environment as its host has it."""
    commit: str | None
    tags: dict[str, str]
    is_late: bool


class World:
    """Git, the model, and what both hosts have in common."""

    def __init__(self, repository: pathlib.Path, environment: dict[str, str], chance: random.Random):
        self.repository, self.environment, self.chance = repository, environment, chance
        self.remote = repository.parent / "remote.git"
        self.branches: dict[str, Branch] = {}
        self.numbers = 0

    def begin(self, binary: str) -> None:
        self.binary = binary
        (self.repository / "page.txt").write_text("Welcome\n")
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "Open the shop")
        self.git("init", "-q", "--bare", "-b", "master", str(self.remote))
        self.git("remote", "add", "origin", str(self.remote))
        self.git("push", "-q", "-u", "origin", "master")
        self.deploy()
        for name in [PROTECTED, FOREIGN]:
            self.create(name)
            self.deploy()
            self.forge_delete(self.branches[name])
        self.give_away(FOREIGN)
        # A name that the configuration speaks of is no branch's: it comes to that later.
        self.git("switch", "-q", "master")
        with open(self.repository / ".git-eb.yml", "a") as file:
            file.write("environments: {" + PROTECTED + ": {protected: true}}\n")
        self.git("commit", "-q", "-a", "-m", "Protect it")
        self.git("push", "-q", "origin", "master")

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self.repository, env=self.environment, check=True,
            capture_output=True, text=True,
        ).stdout.strip()

    def deploy(self) -> None:
        status, said = self.run("push", "-q")
        if status != 0:
            raise Failure(f"git eb push ended with {status}: {said}")

    def run(self, *words: str, delay: float | None = None) -> tuple[int, str]:
        """The exit status, negative when it was killed after the delay; and what it said."""
        process = subprocess.Popen(
            [self.binary, *words], cwd=self.repository, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=120 if delay is None else delay)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            if delay is None:
                raise Failure(f"git eb {' '.join(words)} did not end: {said.decode()}")
        if -process.returncode in CRASHES:
            raise Failure(f"git eb {' '.join(words)} crashed: {said.decode()}")
        return process.returncode, said.decode(errors="replace").strip()

    # What happens to branches

    def commit(self, text: str) -> str:
        """One file more, which no other commit has."""
        self.numbers += 1
        (self.repository / f"file-{self.numbers}").write_text(
            "".join(f"{text} {self.numbers} {line}\n" for line in range(5))
        )
        self.git("add", "--all")
        self.git("commit", "-q", "-m", f"{text} {self.numbers}")
        return self.git("rev-parse", "HEAD")

    def create(self, name: str | None = None) -> None:
        self.numbers += 1
        name = name or f"issue{self.numbers}"
        self.git("switch", "-q", "-c", name, "master")
        commits = [self.commit(name) for _ in range(self.chance.choice([1, 1, 2, 3]))]
        self.branches[name] = Branch(name, commits)
        if self.chance.random() < 0.7 or name in [PROTECTED, FOREIGN]:
            self.publish(self.branches[name])

    def publish(self, branch: Branch) -> None:
        self.git("push", "-q", "origin", branch.name)
        branch.remote, branch.is_followed = len(branch.commits), True

    def forge_delete(self, branch: Branch) -> None:
        """As with a button: this clone does not hear of it."""
        self.git("--git-dir", str(self.remote), "update-ref", "-d", f"refs/heads/{branch.name}")
        branch.remote = None

    def own_delete(self, branch: Branch) -> None:
        self.git("push", "-q", "--delete", "origin", branch.name)
        branch.remote, branch.is_followed = None, False

    def forget(self, branch: Branch) -> None:
        self.git("switch", "-q", "master")
        self.git("branch", "-q", "-D", branch.name)
        branch.is_here = False

    def merge(self, branch: Branch) -> str:
        """What is on the remote, where it is there, comes into master; one of four ways."""
        count = branch.remote or len(branch.commits)
        tip = branch.commits[count - 1]
        self.git("switch", "-q", "master")
        way = self.chance.choice(["--no-ff", "--squash", "--ff", "pick"])
        first = branch.merged
        if way == "--squash":
            self.git("merge", "-q", "--squash", tip)
            self.git("commit", "-q", "--allow-empty", "-m", f"Squash {branch.name}")
        elif way == "pick":
            self.git("cherry-pick", "--allow-empty", *branch.commits[first:count])
        else:
            self.git("merge", "-q", "--no-edit", way, tip)
        branch.merged, branch.way = count, way
        if first == 0 and way != "--ff" and self.chance.random() < 0.5:
            # From now on only the history tells.
            changed = self.git("diff", "--name-only", f"{branch.commits[0]}~1", tip).split("\n")
            for name in changed:
                (self.repository / name).write_text("Rewritten\n")
            self.git("commit", "-q", "-a", "-m", "Go on")
            branch.is_overtaken = True
        self.git("push", "-q", "origin", "master")
        return way

    # The model

    def should_go(self, branch: Branch, facts: Facts) -> bool:
        if branch.name in [PROTECTED, FOREIGN]:
            return False
        if facts.is_late:
            return True
        if branch.remote is None:
            if branch.is_followed or facts.tags.get("git-eb:pushed") == "true":
                return True
        if branch.remote is None and not branch.is_here:
            # What runs is all that is left of the branch.
            tip = branch.commits.index(facts.commit) + 1 if facts.commit else None
            if branch.is_overtaken and branch.way == "--squash" and tip != branch.merged:
                return False
        else:
            tip = branch.remote or len(branch.commits)
        if tip is None or tip > branch.merged:
            return False
        line = self.git("rev-list", "--first-parent", "master").split()
        if facts.tags.get("git-eb:ahead") != "true" and branch.commits[tip - 1] in line:
            # It was made after a fast-forward, and looks as if it never had a commit of its own.
            return False
        # What runs and was merged nowhere is somebody's work.
        return facts.commit is None or branch.commits.index(facts.commit) < branch.merged

    def expected(self) -> tuple[set[str], set[str]]:
        """The environments that are to go, and those that are to stay."""
        going, staying = set(), set()
        for name, facts in self.living().items():
            goes = name != "production" and self.should_go(self.branches[name], facts)
            (going if goes else staying).add(name)
        return going, staying


class LocalWorld(World):
    host = "local"

    def __init__(self, base: pathlib.Path, binary: str, chance: random.Random):
        self.field = Field(str(base), binary, chance)
        super().__init__(self.field.repository, self.field.environment, chance)
        (self.repository / ".git-eb.yml").write_text(
            CONFIGURATION + f"host: local\nlocal: {{directory: {self.field.state}}}\n"
        )
        self.begin(self.field.binary)

    def directory(self, name: str) -> pathlib.Path:
        return self.field.state / "environments" / name

    def serving(self, name: str) -> tuple[pathlib.Path, dict] | None:
        try:
            number = (self.directory(name) / "current").readlink().name
        except OSError:
            return None
        path = self.directory(name) / f"releases/{number}.json"
        return path, json.loads(path.read_text())

    def living(self) -> dict[str, Facts]:
        found = {}
        for path in self.field.state.glob("environments/*/environment.json"):
            name = path.parent.name
            record = json.loads(path.read_text())
            serving = self.serving(name)
            began = parsed(record["created"])
            commit = None
            if serving:
                commit = serving[1]["version"]["commit"]
                # Without a run that serves there is no deployment yet.
                live = (path.parent / f"releases/{serving[1]['number']}.live").read_text().split()
                began = max(
                    parsed(run["started"]) for run in serving[1]["runs"]
                    if str(run["generation"]) == live[0]
                )
            found[name] = Facts(commit, record["tags"], time.time() - began > TTL)
        return found

    def age(self, name: str) -> None:
        """Four days pass for one environment; records of this clone have expired meanwhile."""
        path = self.directory(name) / "environment.json"
        record = json.loads(path.read_text())
        record["created"] = earlier(record["created"])
        path.write_text(json.dumps(record))
        if serving := self.serving(name):
            for run in serving[1]["runs"]:
                run["started"] = earlier(run["started"])
            serving[0].write_text(json.dumps(serving[1]))
        for reference in self.git(
            "for-each-ref", "--format=%(refname)", f"refs/eb/deployments/shop/{name}/"
        ).split():
            self.git("update-ref", "-d", reference)

    def give_away(self, name: str) -> None:
        path = self.directory(name) / "environment.json"
        record = json.loads(path.read_text())
        record["tags"]["git-eb:repository"] = "host.example/other"
        path.write_text(json.dumps(record))

    def settle(self) -> None:
        """What was started goes on only as long as its process."""

    def disturb(self) -> None:
        """Nothing on this machine answers wrongly."""

    calm = disturb

    def labels(self) -> dict[str, str | None]:
        """The environments' versions by label, and what each runs."""
        return {path.stem: None for path in self.field.state.glob("versions/*.json")}

    def left_over(self) -> list[str]:
        bundles = {path.stem for path in self.field.state.glob("versions/*.zip")}
        return sorted(bundles ^ set(self.labels())) + [
            path.name for path in self.field.state.glob("incoming/*")
        ]

    def end(self) -> None:
        for name in self.living():
            (self.repository / ".git-eb.yml").write_text(
                f"application: shop\nhost: local\nlocal: {{directory: {self.field.state}}}\n"
            )
            self.run("terminate", "--yes", "-q", "-e", name)


class CloudWorld(World):
    host = "beanstalk"

    def __init__(self, base: pathlib.Path, binary: str, chance: random.Random, python: str):
        for name in ["home", "tmp"]:
            (base / name).mkdir(mode=0o700)
        self.python = python
        self.cloud = Cloud(python, base / "cloud")
        keys = self.cloud.keys
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(base / "home"), "TMPDIR": str(base / "tmp"),
            "XDG_STATE_HOME": str(base / "waiting"), "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.cloud.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": keys["access_key"], "AWS_SECRET_ACCESS_KEY": keys["secret"],
            "GIT_EB_TEST_PACE": CALM_PACE,
        }
        repository = base / "repository"
        super().__init__(repository, environment, chance)
        repository.mkdir()
        self.git("init", "-q", "-b", "master")
        for setting in ["user.name=A", "user.email=a@example.com", "gc.auto=0"]:
            self.git("config", *setting.split("="))
        (repository / ".git-eb.yml").write_text(
            CONFIGURATION + "platform: Python 3.13 running on 64bit Amazon Linux 2023\n"
            "beanstalk: {createApplication: true}\n"
        )
        self.begin(str(pathlib.Path(binary).resolve()))

    def state(self) -> tuple[dict, dict]:
        state = self.cloud.tell("state", account=self.cloud.keys["account"])
        regions = [one for one in state["regions"] if one["region"] == "us-east-1"]
        return regions[0], state["buckets"]

    def living(self) -> dict[str, Facts]:
        region, _ = self.state()
        versions = region["applications"]["shop"]["versions"]
        found = {}
        for one in region["environments"]:
            if one["status"] in ["Terminated", "Terminating"]:
                continue
            note = versions.get(one["version"], {}).get("description", "").rpartition("[git-eb ")[2]
            commit = note.split(" ")[0] or None
            tags = one["tags"]
            found[one["name"]] = Facts(commit, tags, tags.get("git-eb:ttl") == "1s")
        return found

    def tag(self, name: str, key: str, value: str) -> None:
        program = (
            "import boto3, sys\n"
            "client = boto3.client('elasticbeanstalk')\n"
            "found = client.describe_environments(\n"
            "    EnvironmentNames=[sys.argv[1]], IncludeDeleted=False)['Environments']\n"
            "client.update_tags_for_resource(ResourceArn=found[0]['EnvironmentArn'],\n"
            "    TagsToAdd=[{'Key': sys.argv[2], 'Value': sys.argv[3]}])\n"
        )
        subprocess.run(
            [self.python, "-c", program, name, key, value], env=self.environment, check=True,
            capture_output=True,
        )
        self.settle()

    def age(self, name: str) -> None:
        """As if three days were a second, and that had passed."""
        self.tag(name, "git-eb:ttl", "1s")
        time.sleep(1.1)

    def give_away(self, name: str) -> None:
        self.tag(name, "git-eb:repository", "host.example/other")

    def settle(self) -> None:
        self.cloud.tell("wait", account=self.cloud.keys["account"])

    def disturb(self) -> None:
        rules = [
            {"action": self.chance.choice(FAULTS), "probability": 0.15, "times": 3, "seconds": 0.3}
            for _ in range(2)
        ]
        self.cloud.tell("faults", seed=self.chance.getrandbits(30), rules=rules)

    def calm(self) -> None:
        self.cloud.tell("clear-faults")

    def labels(self) -> dict[str, str | None]:
        region, _ = self.state()
        return dict.fromkeys(region["applications"]["shop"]["versions"])

    def left_over(self) -> list[str]:
        """Bundles of versions that are gone. One whose publishing was cut off has never been one's:
        nobody can tell it from one that is on its way."""
        region, buckets = self.state()
        bundles = {version["key"] for version in region["applications"]["shop"]["versions"].values()}
        keys = {key for one in buckets.values() for key in one["objects"] if key.endswith(".zip")}
        return sorted(key for key in keys - bundles if key not in self.cut_off(keys))

    def cut_off(self, keys: set[str]) -> set[str]:
        """Those that were uploaded, perhaps once more, and not made a version since."""
        sent, made = {}, {}
        for one in self.cloud.tell("log", since=0)["requests"]:
            if one["operation"] == "CreateApplicationVersion" and one["status"] == 200:
                made[one["parameters"].get("SourceBundle.S3Key")] = one["number"]
            elif one["operation"] == "PutObject":
                for key in keys:
                    if one["target"].split("?")[0].endswith(key):
                        sent[key] = one["number"]
        return {key for key in keys if sent.get(key, 0) > made.get(key, 0)}

    def end(self) -> None:
        self.cloud.end()


def parsed(date: str) -> float:
    return datetime.datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp()


def earlier(date: str) -> str:
    moment = time.gmtime(parsed(date) - TTL - 24 * 3600)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)


class Walk:
    def __init__(self, world: World, chance: random.Random):
        self.world, self.chance = world, chance
        self.steps: collections.Counter = collections.Counter()
        # What was done, for who looks for the reason.
        self.journal: list[str] = []
        self.kills = self.hits = self.disturbed = 0

    def note(self, what: str) -> None:
        self.steps[what.split(" ")[0]] += 1
        self.journal.append(what)

    def step(self) -> None:
        world = self.world
        plain = [
            branch for name, branch in world.branches.items()
            if name not in [PROTECTED, FOREIGN] and (branch.is_here or branch.remote is not None)
        ]
        living = world.living()
        here = [branch for branch in plain if branch.is_here]
        choices = []
        if len(plain) < LIVING:
            choices += [self.create] * 4
        if here:
            choices += [lambda: self.change(self.chance.choice(here))] * 2
            choices += [lambda: self.publish(self.chance.choice(here))] * 2
            choices += [lambda: self.push(self.chance.choice(here))] * 8
            open_ones = [
                one for one in here
                if not one.is_overtaken and one.merged < (one.remote or len(one.commits))
            ]
            if open_ones:
                choices += [lambda: self.merge(self.chance.choice(open_ones))] * 2
            forgettable = [one for one in here if one.remote is None]
            if forgettable:
                choices += [lambda: self.forget(self.chance.choice(forgettable))]
        there = [branch for branch in plain if branch.remote is not None]
        if there:
            choices += [lambda: self.delete(self.chance.choice(there))] * 2
        aging = sorted(set(living) - {"production", PROTECTED, FOREIGN})
        if aging:
            choices += [lambda: self.age(self.chance.choice(aging))]
        choices += [self.prune] * 3
        self.chance.choice(choices)()

    def create(self) -> None:
        self.world.create()
        self.note(f"create {list(self.world.branches)[-1]}")

    def change(self, branch: Branch) -> None:
        self.world.git("switch", "-q", branch.name)
        branch.commits.append(self.world.commit(branch.name))
        self.note(f"commit {branch.name}")

    def publish(self, branch: Branch) -> None:
        self.world.publish(branch)
        self.note(f"publish {branch.name}")

    def merge(self, branch: Branch) -> None:
        way = self.world.merge(branch)
        self.note(f"merge {branch.name} {way}" + (", overtaken" if branch.is_overtaken else ""))

    def delete(self, branch: Branch) -> None:
        is_forge = self.chance.random() < 0.5
        (self.world.forge_delete if is_forge else self.world.own_delete)(branch)
        self.note(f"delete {branch.name}" + (" at the forge" if is_forge else ""))

    def forget(self, branch: Branch) -> None:
        self.world.forget(branch)
        self.note(f"forget {branch.name}")

    def age(self, name: str) -> None:
        self.world.settle()
        if name in self.world.living():
            self.world.age(name)
            self.note(f"age {name}")

    def command(self, *words: str) -> tuple[int, str, bool]:
        """Runs it, now and then to its killing or with requests that fail; and whether not."""
        delay = self.chance.uniform(0.02, 0.5) if self.chance.random() < 0.35 else None
        is_disturbed = delay is None and self.chance.random() < 0.2
        if is_disturbed:
            self.world.disturb()
            self.disturbed += self.world.host != "local"
        status, said = self.world.run(*words, delay=delay)
        self.world.calm()
        self.kills += delay is not None
        self.hits += status == -signal.SIGKILL
        is_calm = status != -signal.SIGKILL and not (is_disturbed and self.world.host != "local")
        if not is_calm:
            # What the killed one asked for goes on by itself.
            self.world.settle()
        return status, said, is_calm

    def push(self, branch: Branch) -> None:
        self.world.git("switch", "-q", branch.name)
        followed = branch.is_followed
        status, said, is_calm = self.command("push", "--wait", "30s", "--force")
        self.note(f"push {branch.name}: {status}")
        if not is_calm:
            return
        if status != 0:
            raise Failure(f"git eb push ended with {status}: {said}")
        facts = self.world.living().get(branch.name)
        if facts is None or facts.commit != branch.commits[-1]:
            raise Failure(f"'{branch.name}' was pushed, and is {facts}: {said}")
        if followed and facts.tags.get("git-eb:pushed") != "true":
            raise Failure(f"'{branch.name}' does not say that it was pushed: {facts}")

    def prune(self) -> None:
        self.world.settle()
        going, staying = self.world.expected()
        status, said, is_calm = self.command("prune", "--yes")
        self.note(f"prune: {status}, {len(going)} of {len(going | staying)}")
        self.judge(going, staying, said, is_whole=is_calm)
        if is_calm and status != 0:
            raise Failure(f"git eb prune ended with {status}: {said}")

    def judge(self, going: set[str], staying: set[str], said: str, is_whole: bool) -> None:
        self.world.settle()
        living = set(self.world.living())
        if lost := staying - living:
            raise Failure(f"{sorted(lost)} went, and should not: {said}")
        if is_whole and (left := going & living):
            raise Failure(f"{sorted(left)} should have gone: {said}")

    def finish(self) -> None:
        """One prune, and all is as the model says."""
        self.world.settle()
        going, staying = self.world.expected()
        status, said = self.world.run("prune", "--yes")
        if status != 0:
            raise Failure(f"the last git eb prune ended with {status}: {said}")
        self.judge(going, staying, said, is_whole=True)
        per_branch = collections.Counter()
        for label in self.world.labels():
            branch = label.rsplit("-", 2)[0]
            per_branch[branch] += branch != "master"
            if branch != "master" and branch not in staying:
                raise Failure(f"version {label} is left of an environment that is gone: {said}")
        # What it runs, and two that it can go back to; a killed push may have told of one more.
        if crowded := {name: count for name, count in per_branch.items() if count > 4}:
            raise Failure(f"more versions than anybody needs: {crowded}")
        if left := self.world.left_over():
            raise Failure(f"bundles without a version: {left}")
        followed = self.world.git("for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/eb")
        if strangers := set(followed.split()) - staying:
            raise Failure(f"references of environments that are gone: {sorted(strangers)}")


def walk_previews(
    base: pathlib.Path, binary: str, hosts: list[str], steps: int, chance: random.Random,
    report: Report,
) -> None:
    """The mode `previews`."""
    lines = [
        "| host | steps | pushes and prunes | killed before their end | with failing requests "
        "| made | merged | deleted | aged | violations |", "| --- " * 10 + "|",
    ]
    for host in hosts:
        place = base / host
        place.mkdir()
        python = interpreter() if host == "beanstalk" else None
        if host == "beanstalk" and python is None:
            print("torture: previews on beanstalk skipped: there is no Python for the server\n")
            continue
        began = time.monotonic()
        world = (
            LocalWorld(place, binary, chance) if host == "local"
            else CloudWorld(place, binary, chance, python)
        )
        walk, violations = Walk(world, chance), 0
        progress = Progress(f"previews on {host}")
        try:
            for number in range(steps):
                walk.step()
                progress(f"{number + 1} of {steps} steps")
            walk.finish()
        except (Failure, subprocess.CalledProcessError) as failure:
            violations = 1
            report.violations += 1
            words = getattr(failure, "stderr", None) or failure
            print(
                f"violation: previews on {host}: step {len(walk.journal)}: {failure} {words}\n  "
                + "\n  ".join(walk.journal[-25:]), flush=True,
            )
        finally:
            world.end()
        count = walk.steps
        lines.append(
            f"| {host} | {sum(count.values()):,} | {count['push'] + count['prune:']:,} "
            f"| {walk.hits} of {walk.kills} | {walk.disturbed} | {count['create']} "
            f"| {count['merge']} | {count['delete']} | {count['age']} | **{violations}** |"
        )
        print(f"previews on {host}: {time.monotonic() - began:.0f} s", flush=True)
    report.put("previews", "\n".join(lines))
