"""Every request that came in, for tests to ask about."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Entry:
    """One request and what became of it."""

    number: int
    service: str
    operation: str
    method: str
    target: str
    access_key: str | None
    account: str | None
    #: Seconds since the epoch, by the real clock.
    time: float
    headers: dict[str, str]
    parameters: dict[str, str] = field(default_factory=dict)
    bytes_in: int = 0
    bytes_out: int = 0
    status: int | None = None
    code: str | None = None
    fault: str | None = None
    #: Whether the request took effect (it reached the service itself).
    processed: bool = False
    request_id: str | None = None
    #: Parameters that the service's model does not have.
    unknown_members: list[str] = field(default_factory=list)
    duration: float | None = None


class Journal:
    """The log, numbered from 1."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.lock = threading.Lock()

    def reset(self) -> None:
        """Forgets everything; numbers start again."""
        with self.lock:
            self.entries = []

    def begin(self, **values: Any) -> Entry:
        """A new entry."""
        with self.lock:
            entry = Entry(number=len(self.entries) + 1, time=time.time(), **values)
            self.entries.append(entry)
            return entry

    def dump(self, since: int = 0, account: str | None = None) -> list[dict[str, Any]]:
        """The entries after number `since`, of one account if given."""
        with self.lock:
            return [
                asdict(entry)
                for entry in self.entries[since:]
                if account in (None, entry.account)
            ]
