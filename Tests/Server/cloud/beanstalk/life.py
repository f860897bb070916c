"""How environments live: what happens in which order, in AWS's words.

Every operation is a generator that yields how many steps pass before it goes on.

A bundle decides its own fate by files below `.test/`, the same names that a test may use by
control:

- `fail-deployment`: the deployment fails on the instances; the file's text is their output;
- `fail-on`: with the above, only from the nth batch on (rolling policies);
- `fail-launch`: creating an environment with it ends without a working environment;
- `fail-processing`: with Process, the version ends FAILED;
- `health`: a colour and a status, such as `Red Severe`, after the deployment;
- `slow-health`: so many steps of Yellow before it is Green;
- `never-ready`: the operation never ends;
- `green-after-failure`: after a failed deployment the health is Green all the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Generator

from . import options as known
from .options import AUTOSCALING, COMMAND, EC2, LAUNCH, Options
from .platforms import Platform
from .store import Course, Environment, Instance, Region, Version, identifier
from .world import World

HEX = "0123456789abcdef"

#: The part of a course that ends in whether the deployment went well.
Deployment = Generator[float, None, bool]


@dataclass
class Change:
    """What an update changes."""

    version: Version | None = None
    options: Options = field(default_factory=dict)
    removed: list[tuple[str, str]] = field(default_factory=list)
    platform: Platform | None = None

    @property
    def is_configuration(self) -> bool:
        """Whether anything but the version changes."""
        return bool(self.options or self.removed or self.platform)


class Life:
    """The courses of one environment."""

    def __init__(
        self, world: World, region: Region, environment: Environment, request: str
    ) -> None:
        self.world = world
        self.region = region
        self.environment = environment
        self.request = request

    # Words

    def say(self, message: str, severity: str = "INFO") -> None:
        """An event of this operation."""
        self.world.event(
            self.region, message, severity, self.environment, self.request,
            version=self.environment.version,
        )

    def log(self, instance: Instance, level: str, text: str) -> None:
        """A line of eb-engine.log on an instance."""
        self.environment.logs.setdefault(instance.id, []).append(
            (self.world.date, level, text)
        )

    # State

    def health(self, color: str, status: str, causes: list[str] | None = None) -> None:
        """Sets the environment's health, saying so as enhanced reporting does."""
        environment = self.environment
        old = environment.health_status
        environment.health = color
        environment.health_status = status
        environment.causes = causes or []
        if environment.is_enhanced and old != status and environment.status != "Terminated":
            severity = {"Ok": "INFO", "Info": "INFO", "Pending": "INFO", "Unknown": "INFO"}
            tail = " ".join(environment.causes)
            self.say(
                f"Environment health has transitioned from {old} to {status}."
                + (f" {tail}" if tail else ""),
                severity.get(status, "WARN"),
            )

    def ready(self) -> None:
        """The operation is over."""
        self.environment.status = "Ready"
        self.environment.updated = self.world.date

    def instance(self) -> Instance:
        """A new server."""
        environment = self.environment
        number = sum(len(one.environments) for one in self.world.regions.values())
        types = environment.options.get((EC2, "InstanceTypes"), "t3.micro")
        kind = environment.options.get((LAUNCH, "InstanceType")) or types.split(",")[0].strip()
        index = len(environment.instances)
        last = int(identifier(4, "123456789")) % 250 + 4
        return Instance(
            "i-0" + identifier(16, HEX),
            self.world.date,
            kind,
            self.region.region + "abc"[index % 3],
            f"172.31.{number % 250}.{last}",
            f"203.0.113.{last}",
        )

    def deployed(self, instance: Instance, version: str | None, status: str = "Deployed") -> None:
        """Marks what runs on an instance."""
        instance.version = version
        instance.deployment = self.environment.deployment
        instance.deployment_status = status
        instance.deployed = self.world.date

    # Creation

    def launch(self, version: Version | None, new: bool = True) -> Course:
        """CreateEnvironment, and RebuildEnvironment's second half."""
        environment = self.environment
        world = self.world
        environment.status = "Launching"
        environment.health, environment.health_status = "Grey", "Pending"
        if new:
            self.say("createEnvironment is starting.")
        yield 1
        environment.cname_known = True
        self.say(
            f"Using {self.region.storage_name} as Amazon S3 storage bucket for environment data."
        )
        problem = self.broken(version)
        has_profile = environment.options.get((LAUNCH, "IamInstanceProfile"))
        if world.settings["require_instance_profile"] and not has_profile:
            problem = "Environment must have instance profile associated with it."
        if problem is not None:
            self.say(problem, "ERROR")
            yield from self.failed_launch()
            return
        yield 1
        self.say(f"Created security group named: {environment.stack}-AWSEBSecurityGroup-"
                 f"{identifier(12).upper()}")
        if not environment.is_single and not environment.is_worker:
            self.say(f"Created load balancer named: {self.load_balancer_arn()}")
        self.say(f"Created Auto Scaling group named: {environment.stack}-AWSEBAutoScalingGroup")
        if world.behaviour("fail-launch", environment, version) is not None:
            self.say(
                "Stack named '" + environment.stack + "' aborted operation. Current state: "
                "'CREATE_FAILED'  Reason: The following resource(s) failed to create: "
                "[AWSEBInstanceLaunchWaitCondition]. ",
                "ERROR",
            )
            yield from self.failed_launch()
            return
        self.say("Waiting for EC2 instances to launch. This may take a few minutes.")
        yield 1
        environment.instances = [self.instance() for _ in range(environment.wanted_instances)]
        if environment.is_enhanced:
            names = ", ".join(one.id for one in environment.instances)
            self.say(f"Added instance [{names}] to your environment.")
        if world.behaviour("never-ready", environment, version) is not None:
            yield from self.forever()
        yield 1
        environment.deployment += 1
        failure = world.behaviour("fail-deployment", environment, version)
        failure = failure if failure is not None else self.unpackable(version)
        label = version.label if version is not None else None
        environment.endpoint = self.endpoint()
        if failure is not None:
            for one in environment.instances:
                self.deployed(one, label, "Failed")
            self.instance_failure(environment.instances, failure)
            yield 1
            self.say(
                "Create environment operation is complete, but with errors. For more "
                "information, see troubleshooting documentation.",
                "ERROR",
            )
            self.degrade(environment.instances, "Red", "Degraded")
            self.ready()
            return
        for one in environment.instances:
            self.deployed(one, label)
            self.log(one, "INFO", "Instance deployment completed successfully.")
        self.say("Instance deployment completed successfully.")
        yield 1
        if not environment.is_worker:
            self.say(f"Application available at {environment.cname}.")
        self.say(f"Successfully launched environment: {environment.name}")
        self.ready()
        yield from self.settle(version)

    def failed_launch(self) -> Course:
        """The end of an environment that never had an instance."""
        yield 1
        self.say("Failed to launch environment.", "ERROR")
        self.environment.version = None
        self.ready()
        self.health("Grey", "Unknown")

    def settle(self, version: Version | None) -> Course:
        """The health after a deployment that went well, once the environment is Ready."""
        environment = self.environment
        slow = self.world.behaviour("slow-health", environment, version)
        if slow is not None:
            self.colour(environment.instances, "Yellow", "Warning")
            self.health("Yellow", "Warning", ["50.0 % of the requests are failing with HTTP 5xx."])
            # Being Ready, the environment takes other operations meanwhile.
            self.world.later(float(slow.strip() or "3"), self.turn_green)
            return
        wanted = self.world.behaviour("health", environment, version)
        if wanted is not None:
            words = wanted.split()
            color = words[0] if words else "Red"
            status = words[1] if len(words) > 1 else "Severe"
            self.colour(environment.instances, color, status)
            causes = [] if color == "Green" else [
                "100.0 % of the requests are failing with HTTP 5xx."
            ]
            self.health(color, status, causes)
            return
        self.turn_green()
        yield from ()

    def turn_green(self) -> None:
        """All is well, unless the environment has got busy with something else."""
        if self.environment.status == "Ready" and not self.environment.instances:
            self.health("Grey", "No Data", ["There are no instances."])
        elif self.environment.status == "Ready":
            self.colour(self.environment.instances, "Green", "Ok")
            self.health("Green", "Ok")

    def colour(self, instances: list[Instance], color: str, status: str) -> None:
        """The health of instances."""
        for one in instances:
            one.color, one.health, one.causes = color, status, []
            if color in ("Red", "Yellow"):
                one.causes = ["100.0 % of the requests are failing with HTTP 5xx."]

    def forever(self) -> Course:
        """Never goes on."""
        while True:
            yield 1_000_000

    # Failures

    def broken(self, version: Version | None) -> str | None:
        """What AWS says of a version whose configuration files it cannot read."""
        if version is None or version.bundle is None or version.bundle.broken_file is None:
            return None
        found = version.bundle
        text = (
            f"The configuration file {found.broken_file} in application version "
            f"{version.label} contains invalid YAML or JSON. YAML exception: Invalid Yaml: "
            f"{found.yaml_problem}"
        )
        if found.json_problem:
            text += f", JSON exception: Invalid JSON: {found.json_problem}"
        return text + ". Update the configuration file."

    def unpackable(self, version: Version | None) -> str | None:
        """The instances' output for an archive that is none."""
        if version is None or version.bundle is None or version.bundle.unreadable is None:
            return None
        return "Failed to unzip source bundle, abort deployment"

    def instance_failure(self, instances: list[Instance], output: str) -> None:
        """The events and the log of a deployment that failed on instances."""
        output = output.strip()
        for one in instances:
            self.log(one, "INFO", "Executing instruction: StageApplication")
            for line in output.splitlines() or ["An error occurred."]:
                self.log(one, "ERROR", line)
            self.log(
                one, "ERROR",
                "An error occurred during execution of command [app-deploy] - "
                "[StageApplication]. Stop running the command.",
            )
        self.say(
            "Instance deployment failed. For details, see 'eb-engine.log'.", "ERROR"
        )
        detail = output or "Engine execution has encountered an error."
        for one in instances:
            self.say(
                f"[Instance: {one.id}] Command failed on instance. Return code: 1 Output: "
                f"{detail}.",
                "ERROR",
            )
        total = len(self.environment.instances)
        self.say(
            f"Command execution completed on all instances. Summary: [Successful: "
            f"{total - len(instances)}, Failed: {len(instances)}]."
        )
        names = ", ".join(one.id for one in instances)
        self.say(
            f"Unsuccessful command execution on instance id(s) '{names}'. Aborting the "
            "operation.",
            "ERROR",
        )

    def degrade(self, instances: list[Instance], color: str, status: str) -> None:
        """Bad health after a failed deployment."""
        environment = self.environment
        if self.world.behaviour("green-after-failure", environment, None) is not None:
            self.colour(environment.instances, "Green", "Ok")
            self.health("Green", "Ok")
            return
        expected = environment.version or "none"
        count = "all" if len(instances) == len(environment.instances) else str(len(instances))
        cause = (
            f"Incorrect application version found on {count} instances. Expected version "
            f'"{expected}" (deployment {max(environment.deployment - 1, 0)}).'
        )
        for one in instances:
            one.color, one.health, one.causes = color, status, [
                f'Incorrect application version "{one.version}" (deployment {one.deployment}). '
                f'Expected version "{expected}".'
            ]
        self.health(color, status, [cause])

    # Updates

    def update(self, change: Change) -> Course:
        """UpdateEnvironment."""
        environment = self.environment
        world = self.world
        old_version, old_options = environment.version, dict(environment.options)
        old_platform = environment.platform
        environment.status = "Updating"
        environment.health, environment.health_status = "Grey", "Info"
        version = change.version
        if version is not None:
            environment.version = version.label
        self.say("Environment update is starting.")
        yield 1
        if world.behaviour("never-ready", environment, version) is not None:
            yield from self.forever()
        problem = self.broken(version)
        if problem is not None:
            self.say(problem, "ERROR")
            self.say("Failed to deploy application.", "ERROR")
            environment.version = old_version
            self.ready()
            self.turn_green()
            return
        if change.is_configuration:
            yield from self.configure(change)
        if version is not None:
            went_well = yield from self.deploy(version)
            if not went_well:
                environment.version = old_version
                environment.options, environment.platform = old_options, old_platform
                if change.is_configuration:
                    self.say(
                        "The environment was reverted to the previous configuration setting."
                    )
                self.ready()
                failed = [one for one in environment.instances if one.version != old_version]
                if failed:
                    self.degrade(failed, "Red", "Degraded")
                else:
                    self.turn_green()
                return
            self.say("New application version was deployed to running EC2 instances.")
        if change.is_configuration and version is None:
            self.say("Successfully deployed new configuration to environment.")
        yield 1
        self.say("Environment update completed successfully.")
        self.ready()
        yield from self.settle(version)

    def configure(self, change: Change) -> Course:
        """The configuration's part of an update."""
        environment = self.environment
        self.say(f"Updating environment {environment.name}'s configuration settings.")
        replaced = change.platform is not None
        for key, value in change.options.items():
            option = known.find(*key)
            if option is not None and option.severity == known.REPLACE:
                replaced = replaced or environment.options.get(key) != value
            environment.options[key] = value
        for key in change.removed:
            environment.options.pop(key, None)
            restored = known.defaults(environment.is_worker).get(key)
            if restored is not None:
                environment.options[key] = restored
        if change.platform is not None:
            environment.platform = change.platform
        yield 1
        wanted = environment.wanted_instances
        if replaced:
            old = list(environment.instances)
            environment.instances = []
            for _ in range(wanted):
                one = self.instance()
                self.deployed(one, old[0].version if old else environment.version)
                environment.instances.append(one)
            yield 1
        elif len(environment.instances) < wanted:
            yield 1
            while len(environment.instances) < wanted:
                one = self.instance()
                present = environment.instances
                self.deployed(one, present[0].version if present else environment.version)
                environment.instances.append(one)
                if environment.is_enhanced:
                    self.say(f"Added instance [{one.id}] to your environment.")
        else:
            highest = int(environment.options.get((AUTOSCALING, "MaxSize"), "4"))
            most = 1 if environment.is_single else max(wanted, highest)
            shrunk = (AUTOSCALING, "MinSize") in change.options
            most = wanted if shrunk else most
            while len(environment.instances) > most:
                one = environment.instances.pop()
                if environment.is_enhanced:
                    self.say(f"Removed instance [{one.id}] from your environment.")

    def deploy(self, version: Version) -> Deployment:
        """The version's part of an update, by the environment's policy; says how it went."""
        environment = self.environment
        policy = environment.options.get((COMMAND, "DeploymentPolicy"), "AllAtOnce")
        environment.deployment += 1
        failure = self.world.behaviour("fail-deployment", environment, version)
        failure = failure if failure is not None else self.unpackable(version)
        if policy in ("Immutable", "TrafficSplitting"):
            return (yield from self.deploy_beside(version, failure, policy))
        if policy == "AllAtOnce" or (environment.is_single and policy == "Rolling"):
            return (yield from self.deploy_all(version, failure))
        return (
            yield from self.deploy_rolling(
                version, failure, policy == "RollingWithAdditionalBatch"
            )
        )

    def put(self, instances: list[Instance], version: Version, failure: str | None) -> None:
        """The version arrives on instances, or does not."""
        for one in instances:
            self.deployed(one, version.label, "Failed" if failure is not None else "Deployed")
            if failure is None:
                self.log(one, "INFO", "Instance deployment completed successfully.")

    def deploy_all(self, version: Version, failure: str | None) -> Deployment:
        """All at once."""
        instances = self.environment.instances
        self.say("Deploying new version to instance(s).")
        for one in instances:
            one.deployment_status = "In Progress"
        yield 1
        self.put(instances, version, failure)
        if failure is not None:
            self.instance_failure(instances, failure)
            self.say("Failed to deploy application.", "ERROR")
            return False
        self.say("Instance deployment completed successfully.")
        yield 1
        return True

    def batch_size(self, total: int) -> int:
        """How many instances one batch has."""
        options = self.environment.options
        size = int(options.get((COMMAND, "BatchSize"), "100"))
        if options.get((COMMAND, "BatchSizeType"), "Percentage") == "Percentage":
            return max(1, math.floor(total * min(size, 100) / 100))
        return max(1, min(size, total))

    def deploy_rolling(
        self, version: Version, failure: str | None, additional: bool
    ) -> Deployment:
        """In batches, perhaps with a batch that exists only meanwhile."""
        environment = self.environment
        usual = len(environment.instances)
        size = self.batch_size(usual)
        if additional:
            self.say(f"Launching {size} new instance(s) for the additional batch.")
            yield 1
            for _ in range(size):
                one = self.instance()
                environment.instances.insert(0, one)
        self.say(f"Rolling deployment started with a batch size of {size}.")
        first = int((self.world.behaviour("fail-on", environment, version) or "1").strip())
        todo = list(environment.instances)
        if additional:
            todo = todo[:usual]
        number = 0
        while todo:
            number += 1
            batch, todo = todo[:size], todo[size:]
            names = ", ".join(one.id for one in batch)
            self.say(f"Batch {number}: Starting application deployment on instance(s) [{names}].")
            for one in batch:
                one.deployment_status = "In Progress"
            yield 1
            text = failure if failure is not None and number >= first else None
            self.put(batch, version, text)
            if text is not None:
                self.instance_failure(batch, text)
                self.say("Failed to deploy application.", "ERROR")
                return False
            self.say(f"Batch {number}: Completed application deployment on instance(s) [{names}].")
            yield 1
        if additional:
            yield 1
            for one in environment.instances[usual:]:
                self.say(f"Terminating excess instance(s): [{one.id}].")
            environment.instances = environment.instances[:usual]
        self.say("Instance deployment completed successfully.")
        return True

    def deploy_beside(
        self, version: Version, failure: str | None, policy: str
    ) -> Deployment:
        """On new instances beside the old ones: immutable and traffic splitting."""
        environment = self.environment
        old = list(environment.instances)
        splitting = policy == "TrafficSplitting"
        if splitting:
            self.say("Traffic-splitting deployment policy enabled. Launching new instances.")
        else:
            self.say(
                "Immutable deployment policy enabled. Launching one instance with the new "
                "settings to verify health."
            )
        self.say(f"Created temporary auto scaling group {environment.stack}-immutable.")
        yield 1
        new = [self.instance() for _ in range(max(1, len(old)) if splitting else 1)]
        environment.instances = old + new
        yield 1
        self.put(new, version, failure)
        if failure is not None:
            self.instance_failure(new, failure)
            yield 1
            environment.instances = old
            self.say(
                "Failed to deploy application. The temporary auto scaling group was deleted.",
                "ERROR",
            )
            return False
        if splitting:
            percent = environment.options.get((known.SPLITTING, "NewVersionPercent"), "10")
            self.say(f"Shifted {percent}% of traffic to the new instances.")
            yield 2
        else:
            self.say("Test instance passed health checks. Launching remaining new instances.")
            more = [self.instance() for _ in range(len(old) - 1)]
            environment.instances = old + new + more
            yield 1
            self.put(more, version, None)
            new += more
        self.say("Instance deployment completed successfully.")
        self.say("Attached new instances to the permanent auto scaling group.")
        yield 1
        environment.instances = new
        return True

    def rollback(self) -> Course:
        """AbortEnvironmentUpdate."""
        environment = self.environment
        operation = environment.operation
        environment.status = "Aborting"
        self.say("Aborting the environment update.")
        yield 1
        if operation is not None:
            environment.version = operation.old_version
            if operation.old_options is not None:
                environment.options = operation.old_options
            if operation.old_platform is not None:
                environment.platform = operation.old_platform
        environment.instances = environment.instances[: max(1, environment.wanted_instances)]
        for one in environment.instances:
            self.deployed(one, environment.version)
        self.say(
            "The environment was reverted to the previous configuration setting.", "INFO"
        )
        yield 1
        self.say("Environment update was aborted.", "WARN")
        self.ready()
        self.turn_green()

    # Other operations

    def terminate(self) -> Course:
        """TerminateEnvironment."""
        environment = self.environment
        environment.status = "Terminating"
        environment.health, environment.health_status = "Grey", "Unknown"
        self.say("terminateEnvironment is starting.")
        yield 1
        environment.instances = []
        self.say(f"Deleted Auto Scaling group named: {environment.stack}-AWSEBAutoScalingGroup")
        yield 1
        self.say(f"Deleting SNS topic for environment {environment.name}.")
        self.say("terminateEnvironment completed successfully.")
        environment.status = "Terminated"
        environment.ended = self.world.moment
        environment.endpoint = None
        environment.updated = self.world.date

    def rebuild(self, version: Version | None) -> Course:
        """RebuildEnvironment."""
        environment = self.environment
        environment.status = "Updating"
        environment.ended = None
        self.say("rebuildEnvironment is starting.")
        environment.instances = []
        yield 1
        environment.status = "Launching"
        yield from self.launch(version, new=False)

    def restart(self) -> Course:
        """RestartAppServer."""
        environment = self.environment
        environment.status = "Updating"
        self.say("restartAppServer is starting.")
        yield 1
        for one in environment.instances:
            self.log(one, "INFO", "Executing instruction: RestartAppServer")
        self.say("restartAppServer completed successfully.")
        self.ready()
        yield from self.settle(None)

    def tags(self) -> Course:
        """UpdateTagsForResource on an environment, an update of its own."""
        self.environment.status = "Updating"
        self.say("Environment tag update is starting.")
        yield 1
        self.say("Environment tag update completed successfully.")
        self.ready()
        self.turn_green()

    # Names

    def load_balancer_arn(self) -> str:
        """The load balancer's ARN."""
        return (
            f"arn:aws:elasticloadbalancing:{self.region.region}:{self.region.account}:"
            f"loadbalancer/app/awseb--AWSEB-{self.environment.id}/50dc6c495c0c9188"
        )

    def endpoint(self) -> str | None:
        """What EndpointURL says."""
        environment = self.environment
        if environment.is_worker:
            return None
        if environment.is_single:
            return environment.instances[0].public_ip if environment.instances else None
        return f"awseb--AWSEB-{environment.id}.{self.region.region}.elb.amazonaws.com"
