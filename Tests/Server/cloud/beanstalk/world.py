"""The state of every account's Beanstalk, and the time that passes in it.

Nothing runs by itself: whoever looks lets happen what was due by then. So the simulation has no
threads, and is the same whenever it is looked at.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable

from ..clock import Clock
from .store import Application, Course, Environment, Event, Operation, Region, Version

#: How long terminated environments are listed without being asked for, in simulated seconds.
TERMINATED_LISTED = 3600.0

DEFAULT_SETTINGS: dict[str, float] = {
    # Seconds of one step of any operation; an operation takes some three to eight steps.
    "step": 0.15,
    # Steps until an application version is processed.
    "processing": 2,
    # Steps until logs are there.
    "logs": 1,
    # Seconds after which DescribeEvents knows an event.
    "event_lag": 0,
    # Application versions that an account may have.
    "versions_quota": 1000,
    # The smallest part of a multipart upload but its last.
    "minimum_part": 5 * 1024 * 1024,
    # Whether an environment without an instance profile fails to launch, as it does on AWS.
    "require_instance_profile": 0,
    # Bytes that a source bundle may have.
    "largest_bundle": 524288000,
}

#: What a test may ask of an operation by control, beside the marks in a bundle.
KINDS = {
    "fail-deployment", "fail-processing", "fail-launch", "health", "never-ready", "slow-health",
    "green-after-failure", "fail-on",
}


@dataclass
class Behaviour:
    """Something that operations do differently, asked for by a test."""

    kind: str
    value: str = ""
    environment: str | None = None
    application: str | None = None
    version: str | None = None
    times: int | None = None


class World:
    """Everything there is, under one lock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.regions: dict[tuple[str, str], Region] = {}
        self.settings = dict(DEFAULT_SETTINGS)
        self.behaviours: list[Behaviour] = []
        #: The logs that were collected last, by environment id and kind, then by instance.
        self.collected: dict[tuple[str, str], dict[str, tuple[str, datetime]]] = {}
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._events = itertools.count(1)
        #: The moment that is being simulated.
        self.moment = clock.simulation()

    def reset(self) -> None:
        """An empty world."""
        with self.lock:
            self.regions = {}
            self.settings = dict(DEFAULT_SETTINGS)
            self.behaviours = []
            self.collected = {}
            self._queue = []

    def region(self, account: str, name: str) -> Region:
        """One account's Beanstalk in one region."""
        found = self.regions.get((account, name))
        if found is None:
            found = Region(account, name)
            self.regions[(account, name)] = found
        return found

    def configure(self, values: dict[str, Any]) -> None:
        """Changes settings."""
        unknown = set(values) - set(DEFAULT_SETTINGS)
        if unknown:
            raise ValueError(f"unknown settings: {sorted(unknown)}")
        with self.lock:
            self.settings.update({name: float(value) for name, value in values.items()})

    # Time

    def advance(self) -> None:
        """Lets everything happen that is due."""
        now = self.clock.simulation()
        while self._queue and self._queue[0][0] <= now:
            due, _, action = heapq.heappop(self._queue)
            self.moment = due
            action()
        self.moment = now

    def later(self, steps: float, action: Callable[[], None]) -> None:
        """Does something so many steps from the moment."""
        due = self.moment + steps * self.settings["step"]
        heapq.heappush(self._queue, (due, next(self._order), action))

    @property
    def date(self) -> datetime:
        """The moment, on the calendar, in the milliseconds that answers have."""
        date = self.clock.date_of(self.moment)
        return date.replace(microsecond=date.microsecond // 1000 * 1000)

    # Operations

    def start(
        self, environment: Environment, kind: str, request_id: str, course: Course,
        abortable: bool = False,
    ) -> Operation:
        """Begins an operation; what comes before its first wait happens at once."""
        operation = Operation(
            kind, request_id, course, abortable, old_version=environment.version,
            old_options=dict(environment.options), old_platform=environment.platform,
        )
        environment.operation = operation
        self._resume(environment, operation)
        return operation

    def replace(self, environment: Environment, course: Course) -> None:
        """Drops what the environment is doing, for something else."""
        operation = environment.operation
        if operation is None:
            return
        operation.course.close()
        operation.course = course
        operation.abortable = False
        operation.serial += 1
        self._resume(environment, operation)

    def _resume(self, environment: Environment, operation: Operation) -> None:
        serial = operation.serial
        try:
            steps = next(operation.course)
        except StopIteration:
            if environment.operation is operation:
                environment.operation = None
            return

        def go_on() -> None:
            if environment.operation is operation and operation.serial == serial:
                self._resume(environment, operation)

        self.later(steps, go_on)

    # Events

    def event(
        self,
        region: Region,
        message: str,
        severity: str = "INFO",
        environment: Environment | None = None,
        request_id: str | None = None,
        application: str | None = None,
        version: str | None = None,
    ) -> None:
        """Writes a line of history."""
        with_environment = environment is not None
        region.events.append(
            Event(
                next(self._events),
                self.date,
                message,
                severity,
                environment.application if environment is not None else application,
                version,
                None,
                environment.name if environment is not None else None,
                environment.platform.arn(region.region) if environment is not None else None,
                request_id,
                self.moment + (self.settings["event_lag"] if with_environment else 0),
            )
        )

    # Looking

    def live(self, region: Region, name: str | None, id: str | None) -> Environment | None:
        """The environment of this name or id that is not terminated."""
        for environment in region.environments:
            if environment.status == "Terminated":
                continue
            if id is not None and environment.id != id:
                continue
            if name is not None and environment.name != name:
                continue
            return environment
        return None

    def is_listed(self, environment: Environment) -> bool:
        """Whether a terminated environment still shows by itself."""
        if environment.ended is None:
            return True
        return self.moment - environment.ended < TERMINATED_LISTED

    def cname_owner(self, cname: str) -> Environment | None:
        """Who has this name, in whatever account."""
        for region in self.regions.values():
            for environment in region.environments:
                if environment.status != "Terminated" and environment.cname == cname:
                    return environment
        return None

    def version_of(self, region: Region, environment: Environment, label: str | None) -> (
        Version | None
    ):
        """The application version of this label."""
        application: Application | None = region.applications.get(environment.application)
        if application is None or label is None:
            return None
        return application.versions.get(label)

    def behaviour(
        self, kind: str, environment: Environment | None, version: Version | None
    ) -> str | None:
        """What an operation does differently, if anything: the bundle's marks first."""
        if version is not None and version.bundle is not None and kind in version.bundle.marks:
            return version.bundle.marks[kind]
        for behaviour in self.behaviours:
            if behaviour.kind != kind or behaviour.times == 0:
                continue
            if environment is not None and behaviour.environment not in (None, environment.name):
                continue
            if version is not None and (
                behaviour.version not in (None, version.label)
                or behaviour.application not in (None, version.application)
            ):
                continue
            if version is None and behaviour.version is not None:
                continue
            if behaviour.times is not None:
                behaviour.times -= 1
            return behaviour.value
        return None
