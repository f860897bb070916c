"""The service's clocks: what time it claims to be, and how far its simulation has come."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone


class Clock:
    """Real time plus what tests have added to it.

    `shift` moves the calendar (a client whose clock is wrong), `jump` moves the simulation (a
    deployment that takes hours).
    """

    def __init__(self) -> None:
        self.shift = 0.0
        self.jump = 0.0

    def reset(self) -> None:
        """Back to real time. The simulation never goes back, so its jump stays."""
        self.shift = 0.0

    def now(self) -> datetime:
        """The calendar's time, in UTC."""
        return datetime.now(timezone.utc) + timedelta(seconds=self.shift)

    def simulation(self) -> float:
        """Seconds of simulated time."""
        return time.monotonic() + self.jump

    def date_of(self, simulated: float) -> datetime:
        """The calendar's time of a moment of the simulation."""
        return self.now() + timedelta(seconds=simulated - self.simulation())
