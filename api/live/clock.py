"""The only reader of a clock: wall time at the start, monotonic from there, never before the last journaled instant."""

import time
from typing import Final, Protocol

from callcenter.units import Millis

GOES_ON: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux has one that goes on while the machine sleeps."""


class Clock(Protocol):
    """Tells the instant; tests move a clock by hand."""

    def now(self) -> Millis:
        """Return the instant: whole milliseconds since the epoch, UTC, never decreasing."""
        ...

    def ahead_ms(self) -> int:
        """Return how far it is ahead of the machine's clock; below 0: behind."""
        ...


class LiveClock:
    """Wall time read once, then the monotonic clock: steps of the wall clock never reach the engine."""

    def __init__(self, not_before: Millis | None = None) -> None:
        wall = _wall_ms()
        self._base = wall if not_before is None else max(wall, not_before)
        self._begun = time.clock_gettime_ns(GOES_ON)

    def now(self) -> Millis:
        """Return the instant."""
        return Millis(self._base + (time.clock_gettime_ns(GOES_ON) - self._begun) // 1_000_000)

    def ahead_ms(self) -> int:
        """Return how far the machine's clock was set back since, or the journal was ahead of it at the start."""
        return self.now() - _wall_ms()


def _wall_ms() -> Millis:
    return Millis(time.time_ns() // 1_000_000)


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

    def ahead_ms(self) -> int:
        """Return nothing: it goes by no other clock."""
        return 0

    def move(self, by_ms: int) -> None:
        """Let time pass."""
        self._at += by_ms

    def move_to(self, at: int) -> None:
        """Let it be `at`."""
        assert at >= self._at, "time never goes back"
        self._at = at
