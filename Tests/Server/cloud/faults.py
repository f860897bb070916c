"""What goes wrong on the way, when a test asks for it."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, fields
from typing import Any

#: Answers instead of processing: status, code, message.
REFUSALS: dict[str, tuple[int, str, str]] = {
    "throttle": (400, "Throttling", "Rate exceeded"),
    "limit": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "slowdown": (503, "SlowDown", "Please reduce your request rate."),
    "500": (
        500, "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
    ),
    "503": (503, "ServiceUnavailable", "Service is unavailable."),
    "expired": (403, "ExpiredToken", "The security token included in the request is expired"),
    "denied": (403, "AccessDenied", "User is not authorized to perform this action"),
}

#: What happens to the connection, and when.
CUTS = {
    "reset-before",  # reset, nothing processed
    "reset-after",  # processed, then reset without an answer
    "close-before",  # closed in an orderly way, nothing processed
    "close-after",
    "stall-before",  # silence, nothing processed
    "stall-after",  # processed, then silence
    "stall-middle",  # processed, half the answer, then silence
    "truncate",  # processed, the answer ends early
    "html",  # a proxy's page instead of an answer, nothing processed
    "200-error",  # S3: processed, but status 200 with an error inside
}


@dataclass
class Rule:
    """One thing that goes wrong.

    Every condition given must hold. `times` counts how often the rule still acts; None is for
    ever.
    """

    action: str
    operation: str | None = None
    service: str | None = None
    method: str | None = None
    path: str | None = None
    #: The account whose keys signed.
    account: str | None = None
    #: Acts on the nth request that the other conditions choose, counted from 1.
    nth: int | None = None
    #: Acts only after this many requests that the other conditions choose.
    after: int | None = None
    probability: float = 1.0
    times: int | None = 1
    #: How long a stall lasts, or the action "delay" waits before it goes on as usual.
    seconds: float = 600.0
    #: `Retry-After`, with a refusal.
    retry_after: int | None = None
    #: How many requests the other conditions have chosen.
    seen: int = field(default=0)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Rule":
        """The rule that a control request describes."""
        known = {one.name for one in fields(cls)} - {"seen"}
        unknown = set(values) - known
        if unknown:
            raise ValueError(f"unknown members of a fault: {sorted(unknown)}")
        rule = cls(**values)
        if rule.action not in REFUSALS and rule.action not in CUTS | {"delay"}:
            raise ValueError(f"unknown fault '{rule.action}'")
        return rule


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.lock = threading.Lock()
        self.random = random.Random(0)
        #: Set to let stalled requests go: those that rules of an account stalled, or of none.
        self.releases: dict[str | None, threading.Event] = {}

    def reset(self, account: str | None = None) -> None:
        """No rules, or none for one account; whoever they stalled is let go."""
        with self.lock:
            if account is None:
                self.rules = []
                self.random = random.Random(0)
            self.rules = [rule for rule in self.rules if rule.account != account]
            for name in [account] if account is not None else list(self.releases):
                event = self.releases.pop(name, None)
                if event is not None:
                    event.set()

    def seed(self, seed: int) -> None:
        """Makes chance repeatable."""
        with self.lock:
            self.random = random.Random(seed)

    def add(self, rule: Rule) -> None:
        """Another rule, after those that are there."""
        with self.lock:
            self.rules.append(rule)

    def choose(
        self, account: str | None, service: str, operation: str, method: str, path: str
    ) -> Rule | None:
        """The rule that acts on this request, if any."""
        with self.lock:
            for rule in self.rules:
                if rule.times == 0:
                    continue
                if rule.service not in (None, service) or rule.method not in (None, method):
                    continue
                if rule.operation not in (None, operation) or rule.account not in (None, account):
                    continue
                if rule.path is not None and rule.path not in path:
                    continue
                rule.seen += 1
                if rule.nth is not None and rule.seen != rule.nth:
                    continue
                if rule.after is not None and rule.seen <= rule.after:
                    continue
                if rule.probability < 1 and self.random.random() >= rule.probability:
                    continue
                if rule.times is not None:
                    rule.times -= 1
                return rule
            return None

    def hold(self, rule: Rule) -> None:
        """Waits as long as the rule says, unless released."""
        with self.lock:
            event = self.releases.setdefault(rule.account, threading.Event())
        event.wait(rule.seconds)
