"""Progress of a run on standard error: a line that is rewritten on a terminal, elsewhere one now and then."""

import asyncio
import shutil
import sys
from typing import Final

from callcenter import events as ev
from callcenter.cli.driving.live_day import LiveDay
from callcenter.hours import Zone
from callcenter.units import DAY, MINUTE

REWRITTEN_S: Final = 0.5
SAID_S: Final = 15.0
CLEAR: Final = "\r\x1b[2K"


class Passing:
    """Tells now and then how far a run is."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._every = REWRITTEN_S if self._terminal else SAID_S
        self._next = asyncio.get_running_loop().time() + self._every

    def __call__(self, played: LiveDay) -> None:
        """Tell it, unless it was told a moment ago."""
        now = asyncio.get_running_loop().time()
        if now < self._next:
            return
        self._next = now + self._every
        line = how_far(played)
        if self._terminal:
            line = CLEAR + line[: shutil.get_terminal_size().columns - 1]
        print(line, end="" if self._terminal else "\n", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the line away."""
        if self._terminal:
            print(CLEAR, end="", file=sys.stderr, flush=True)


def how_far(played: LiveDay) -> str:
    """Return where the people's clock stands, and what has come of their calls so far."""
    zone, count = played.scenario.centre.zone, played.count
    now = played.people_now()
    told = {
        "calls": len(played.ledger.calls), "waiting": played.customers.waiting, "talking": played.customers.talking,
        "answered": count[ev.CallConnected], "abandoned": count[ev.CallAbandoned], "callbacks": count[ev.TaskScheduled],
    }  # fmt: skip
    told = {what: n for what, n in told.items() if n or what != "callbacks"}
    clock = f"{reading(zone, played.first, now)} of {reading(zone, played.first, played.end)}"
    return f"{clock}  " + "  ".join(f"{n:,} {what}" for what, n in told.items())


def reading(zone: Zone, first: int, at: int) -> str:
    """Return a wall clock's reading, with the day from the second one on.

    >>> from callcenter.hours import UTC
    >>> reading(UTC, 0, 9 * 3_600_000), reading(UTC, 0, 34 * 3_600_000)
    ('09:00', 'day 2 10:00')
    """
    day = zone.local(at) // DAY - zone.local(first) // DAY
    hour, minute = divmod(zone.local(at) % DAY // MINUTE, 60)
    return f"{f'day {day + 1} ' if day else ''}{hour:02d}:{minute:02d}"
