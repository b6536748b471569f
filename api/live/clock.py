"""The only reader of a clock: wall time at the start, monotonic from there, never before the last journaled instant."""

import time
from typing import Protocol

from callcenter.units import Millis


class Clock(Protocol):
    """Tells the instant; tests move a clock by hand."""

    def now(self) -> Millis:
        """Return the instant: whole milliseconds since the epoch, UTC, never decreasing."""
        ...


class LiveClock:
    """Wall time read once, then the monotonic clock: steps of the wall clock never reach the engine."""

    def __init__(self, not_before: Millis | None = None) -> None:
        wall = Millis(time.time_ns() // 1_000_000)
        self._base = wall if not_before is None else max(wall, not_before)
        self._begun = time.monotonic_ns()

    def now(self) -> Millis:
        """Return the instant."""
        return Millis(self._base + (time.monotonic_ns() - self._begun) // 1_000_000)


def elapsed_s() -> float:
    """Return seconds since some instant: the event loop's own time stands still while it works through what has come.

    For how long our own work takes; no decision about calls rests on it.
    """
    return time.monotonic()


class HandClock:
    """A clock that is moved by hand: nobody sleeps in a test."""

    def __init__(self, at: int = 0) -> None:
        self._at = at

    def now(self) -> Millis:
        """Return the instant it was last moved to."""
        return Millis(self._at)

    def move(self, by_ms: int) -> None:
        """Let time pass."""
        self._at += by_ms

    def move_to(self, at: int) -> None:
        """Let it be `at`."""
        assert at >= self._at, "time never goes back"
        self._at = at
