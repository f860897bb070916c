"""What Elastic Beanstalk remembers, per account and region."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generator

from .bundle import Bundle
from .options import AUTOSCALING, ENVIRONMENT, HEALTH, Options
from .platforms import Platform, partition

#: One operation on an environment: it yields how many steps to wait.
Course = Generator[float, None, None]


def identifier(length: int, letters: str = string.ascii_lowercase + string.digits) -> str:
    """A random name."""
    return "".join(secrets.choice(letters) for _ in range(length))


@dataclass
class Event:
    """One line of an environment's history."""

    number: int
    date: datetime
    message: str
    severity: str
    application: str | None = None
    version: str | None = None
    template: str | None = None
    environment: str | None = None
    platform_arn: str | None = None
    request_id: str | None = None
    #: Simulated time from which DescribeEvents knows it.
    visible: float = 0.0


@dataclass
class Version:
    """An application version."""

    application: str
    label: str
    description: str | None
    status: str
    created: datetime
    updated: datetime
    bucket: str | None = None
    key: str | None = None
    size: int = 0
    source: dict[str, str] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    bundle: Bundle | None = None


@dataclass
class Template:
    """A saved configuration."""

    name: str
    description: str | None
    options: Options
    platform: Platform
    created: datetime
    updated: datetime
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Application:
    """An application with its versions and saved configurations."""

    name: str
    description: str | None
    created: datetime
    updated: datetime
    versions: dict[str, Version] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    lifecycle: dict[str, object] | None = None


@dataclass
class Instance:
    """A server of an environment."""

    id: str
    launched: datetime
    type: str
    zone: str
    private_ip: str
    public_ip: str
    version: str | None = None
    deployment: int = 0
    deployment_status: str = "Deployed"
    deployed: datetime | None = None
    health: str = "Ok"
    color: str = "Green"
    causes: list[str] = field(default_factory=list)


@dataclass
class Operation:
    """What an environment is busy with."""

    kind: str
    request_id: str
    course: Course
    abortable: bool = False
    #: Counts the resumptions, so that one that was scheduled for a dropped course is ignored.
    serial: int = 0
    old_version: str | None = None
    old_options: Options | None = None
    old_platform: Platform | None = None


@dataclass
class Environment:
    """An environment, from its launch until it is forgotten."""

    application: str
    name: str
    id: str
    tier: str
    platform: Platform
    options: Options
    created: datetime
    updated: datetime
    cname: str
    description: str | None = None
    version: str | None = None
    template: str | None = None
    status: str = "Launching"
    health: str = "Grey"
    health_status: str = "Pending"
    causes: list[str] = field(default_factory=list)
    endpoint: str | None = None
    group: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    instances: list[Instance] = field(default_factory=list)
    operation: Operation | None = None
    deployment: int = 0
    operations_role: str | None = None
    cname_known: bool = False
    #: Simulated time at which it was terminated.
    ended: float | None = None
    logs: dict[str, list[tuple[datetime, str, str]]] = field(default_factory=dict)

    @property
    def stack(self) -> str:
        """The name that the environment's resources begin with."""
        return f"awseb-{self.id}-stack"

    @property
    def is_worker(self) -> bool:
        """Whether it reads a queue instead of answering requests."""
        return self.tier == "Worker"

    @property
    def is_single(self) -> bool:
        """Whether it has one instance and no load balancer."""
        return self.options.get((ENVIRONMENT, "EnvironmentType")) == "SingleInstance"

    @property
    def is_enhanced(self) -> bool:
        """Whether it reports enhanced health."""
        return self.options.get((HEALTH, "SystemType")) == "enhanced"

    @property
    def wanted_instances(self) -> int:
        """How many instances it should have."""
        if self.is_single:
            return 1
        return int(self.options.get((AUTOSCALING, "MinSize"), "1"))


@dataclass
class Region:
    """One account's Beanstalk in one region."""

    account: str
    region: str
    applications: dict[str, Application] = field(default_factory=dict)
    environments: list[Environment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    bucket: str | None = None

    def arn(self, kind: str, name: str) -> str:
        """The ARN of something here."""
        part = partition(self.region)
        return f"arn:{part}:elasticbeanstalk:{self.region}:{self.account}:{kind}/{name}"

    @property
    def storage_name(self) -> str:
        """The name of Beanstalk's own bucket."""
        return f"elasticbeanstalk-{self.region}-{self.account}"
