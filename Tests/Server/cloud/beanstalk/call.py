"""One call of an operation, and the register of operations."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Callable, Protocol

from ..errors import ServiceError, invalid
from .bundle import Bundle
from .store import Application, Environment, Region
from .world import World

Values = dict[str, Any]


class Objects(Protocol):
    """What Beanstalk itself does in S3."""

    def ensure_bucket(self, account: str, region: str, name: str) -> None:
        """Makes a bucket unless it is there."""

    def describe(self, account: str, bucket: str, key: str) -> tuple[str, int, str]:
        """How an object is to be had: a reason that it is not, its size, its bucket's region."""

    def inspect(self, bucket: str, key: str) -> Bundle:
        """Looks into a bundle."""

    def delete(self, bucket: str, key: str) -> None:
        """Removes an object."""

    def has_instance_profile(self, account: str, name: str) -> bool:
        """Whether IAM has an instance profile of this name or ARN."""

    def store(self, account: str, bucket: str, key: str, data: bytes) -> None:
        """Puts an object."""

    def address(self, account: str, region: str, bucket: str, key: str) -> str:
        """A presigned address."""


@dataclass
class Call:
    """Who calls what."""

    world: World
    region: Region
    objects: Objects
    request_id: str
    account: str
    host: str
    scheme: str
    #: Whether the EB CLI calls, which knows members that the public model lacks.
    is_eb: bool = False


Operation = Callable[[Call, Values], Values]
OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Operation], Operation]:
    """Registers a function under AWS's name."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


def application(call: Call, name: str) -> Application:
    """The application of this name."""
    found = call.region.applications.get(name)
    if found is None:
        raise invalid(f"No Application named '{name}' found.")
    return found


def environment(call: Call, values: Values, name: str = "EnvironmentName",
                id: str = "EnvironmentId") -> Environment:
    """The live environment that a request names."""
    wanted, number = values.get(name), values.get(id)
    if wanted is None and number is None:
        raise ServiceError(
            "MissingParameter", "Either EnvironmentName or EnvironmentId must be specified."
        )
    found = call.world.live(call.region, wanted, number)
    if found is None:
        if number is not None and wanted is None:
            raise invalid(f"No Environment found for EnvironmentId = '{number}'.")
        raise invalid(f"No Environment found for EnvironmentName = '{wanted}'.")
    return found


def ready(found: Environment) -> Environment:
    """The environment, when it is free for an operation."""
    if found.status != "Ready":
        raise invalid(
            f"Environment named {found.name} is in an invalid state for this operation. "
            "Must be Ready."
        )
    return found


def page(items: list[Any], values: Values, name: Callable[[Any], str], default: int = 1000) -> (
    tuple[list[Any], str | None]
):
    """A page of a list, and the token of the next one.

    Tokens name the last item of the page, so what comes meanwhile neither shifts nor repeats
    anything.
    """
    size = values.get("MaxRecords") or default
    start = 0
    token = values.get("NextToken")
    if token is not None:
        try:
            after = json.loads(base64.urlsafe_b64decode(token.encode()))
        except ValueError:
            raise invalid("Invalid NextToken.") from None
        start = next((i + 1 for i, item in enumerate(items) if name(item) == after), len(items))
    chosen = items[start : start + size]
    if start + size >= len(items) or not chosen:
        return chosen, None
    last = json.dumps(name(chosen[-1])).encode()
    return chosen, base64.urlsafe_b64encode(last).decode()
