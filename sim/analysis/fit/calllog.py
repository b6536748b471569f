"""A call log as arrays: what the fit, the forecast and the replay know of the calls that were offered to the agents."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from callcenter.hours import Zone
from callcenter.language.said import said
from callcenter.units import DAY
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.columns import Columns
from sim.analysis.fit.tally import Tally
from sim.model.streams import Floats, Ints

if TYPE_CHECKING:
    from sim.analysis.fit.intervals import Assumed

UNKNOWN: Final = -1
DAY_S: Final = DAY / 1000


@dataclass(frozen=True, slots=True)
class OnDuty:
    """When agents were there, breaks apart; arrays of one length."""

    agent: Ints
    """The number of the agent in the log."""
    begin: Ints
    """By the wall clock, ms since a local 1970-01-01."""
    end: Ints


@dataclass(frozen=True, slots=True)
class CallLog:
    """The calls offered to the agents, in order of arrival; arrays of one length."""

    columns: Columns
    zone: Zone
    tally: Tally
    day: Ints
    """Local day number."""
    clock: Floats
    """Arrival, seconds after local midnight (by the wall clock)."""
    wait: Floats
    """Seconds until the answer or the departure; nan: the log does not tell."""
    answered: Bools
    overflowed: Bools
    """Left the queue by a rule, neither answered nor abandoned."""
    service: Floats
    """Seconds; nan where not served or not told."""
    wrap_up: Floats
    """After-call work, seconds; nan where not told."""
    tier: Ints
    """Index in `tiers`, or UNKNOWN."""
    queue: Ints
    agent: Ints
    """A number for each agent, or UNKNOWN."""
    customer: Ints
    """A number for each customer, or UNKNOWN."""
    tiers: tuple[str, ...]
    queues: tuple[str, ...]
    on_duty: OnDuty | None = None
    """Who was there when, where the log tells it."""

    assumed: "Assumed | None" = None
    """Of an interval history: what it does not tell, as it is taken."""

    def __len__(self) -> int:
        return len(self.day)

    def only(self, which: "Bools | Ints") -> "CallLog":
        """Return the part of the log where `which` is true, or the calls with these places in this order."""
        return replace(self, **{name: getattr(self, name)[which] for name in ARRAYS})

    def with_assumed(self, assumed: "Assumed") -> "CallLog":
        """Return the log with what it does not tell."""
        return replace(self, assumed=assumed)

    def on(self, days: list[int]) -> "CallLog":
        """Return the part of the log on these local day numbers."""
        return self.only(np.isin(self.day, days))

    def days(self) -> list[int]:
        """Return the days with calls, in order."""
        return [int(day) for day in np.unique(self.day)]

    @property
    def abandoned(self) -> Bools:
        """Which callers hung up while waiting."""
        return np.asarray(~self.answered & ~self.overflowed)

    @property
    def unknown_waits(self) -> tuple[int, int]:
        """Answered and abandoned calls whose wait the log does not tell."""
        unknown = np.isnan(self.wait)
        return int((unknown & self.answered).sum()), int((unknown & self.abandoned).sum())


ARRAYS: Final = (
    "day", "clock", "wait", "answered", "overflowed", "service", "wrap_up", "tier", "queue", "agent", "customer",
)  # fmt: skip
"""The fields of a log that have one figure a call."""


def count_notes(log: CallLog) -> list[str]:
    """Return what the counts say that is worth knowing."""
    notes = []
    served, left = log.unknown_waits
    if left:
        more = (
            ""
            if log.columns.wait.start is None
            else said(" (if it has the end of each call: wait: {{…, to: [answer, end]}})")
        )
        notes.append(
            said(
                "the wait of {n:,} of {of:,} calls that were abandoned is not in the log: they count as calls, and "
                "tell nothing of patience{more}",
                n=left,
                of=int(log.abandoned.sum()),
                more=more,
            )
        )
    if served:
        notes.append(
            said("the wait of {n:,} of {of:,} answered calls is not in the log", n=served, of=int(log.answered.sum()))
        )
    if not log.answered.all() and not log.abandoned.any() and not log.overflowed.any():
        notes.append(said("no call was abandoned: are they in the log at all?"))
    return notes
