"""Records → figures: counts by outcome, and what a service level is, live and simulated alike.

Service-level formulas (A answered, A_T answered within T, at exactly T counts as within; B abandoned, B_T abandoned
within T, B_s short; F overflowed; a call still waiting past T is a miss wherever its kind of call is counted):

    sl_all          = A_T / offered
    sl_answered     = A_T / A
    sl_offered      = A_T / (A + B)
    sl_forgiving    = (A_T + B_T) / (A + B)
    sl_net          = A_T / (A + B - B_s)            the default
    sl_net_overflow = A_T / (A + B - B_s + F)
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from callcenter import events as ev
from callcenter.ids import is_first_segment
from callcenter.tiers import Tier
from callcenter.units import SECOND, Millis

DEFAULT_THRESHOLD: Final = Millis(20 * SECOND)
"""T for tiers without a target of their own."""


def limits_of(tiers: Iterable[Tier]) -> dict[str, int]:
    """Return the T of each tier by its name, ms: its target's, or `DEFAULT_THRESHOLD`."""
    return {tier.name: DEFAULT_THRESHOLD if tier.target is None else tier.target.within for tier in tiers}


@dataclass(slots=True)
class Tally:
    """Counts of calls by outcome; `_in` is within the threshold T."""

    offered: int = 0
    answered: int = 0
    answered_in: int = 0
    abandoned: int = 0
    abandoned_in: int = 0
    short_abandoned: int = 0
    overflowed: int = 0
    converted: int = 0
    rejected: int = 0
    failed: int = 0
    open: int = 0
    open_late: int = 0
    """Open calls that have waited past T: missed already."""

    def add(self, other: "Tally") -> None:
        """Add the counts of `other`."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


COUNTS: Final = tuple(Tally.__dataclass_fields__)
OUTCOMES: Final = ("answered", "abandoned", "overflowed", "converted", "rejected", "failed", "open")
"""Every offered call is in exactly one of these."""

Share = tuple[int, int]
"""Numerator, denominator: kept apart, so that shares can be added up before they are divided."""

FORMULAS: Final[dict[str, Callable[[Tally], Share]]] = {
    "sl_all": lambda t: (t.answered_in, t.offered),
    "sl_answered": lambda t: (t.answered_in, t.answered),
    "sl_offered": lambda t: (t.answered_in, t.answered + t.abandoned + t.open_late),
    "sl_forgiving": lambda t: (t.answered_in + t.abandoned_in, t.answered + t.abandoned + t.open_late),
    "sl_net": lambda t: (t.answered_in, t.answered + t.abandoned - t.short_abandoned + t.open_late),
    "sl_net_overflow": lambda t: (
        t.answered_in,
        t.answered + t.abandoned - t.short_abandoned + t.overflowed + t.open_late,
    ),
}
"""Name → numerator and denominator; every figure that shows a service level names its formula."""
DEFAULT_FORMULA: Final = "sl_net"


def service_level(tally: Tally, formula: str = DEFAULT_FORMULA) -> float | None:
    """Return the service level by the named formula, or None where its denominator is zero.

    >>> service_level(Tally(offered=10, answered=8, answered_in=6, abandoned=2, short_abandoned=1)).__round__(4)
    0.6667
    """
    above, below = FORMULAS[formula](tally)
    return above / below if below else None


class CallRecord:
    """One segment, from entering its queue (or being turned away from it) to the end of its after-call work."""

    customer: str | None = None
    left_at: Millis | None = None
    """When the wait ended: by connection or departure."""
    outcome: str = "open"
    short: bool = False
    agent: str | None = None
    group: str | None = None
    offered_at: Millis | None = None
    """When the phone of the agent who answered began to ring."""
    talk_ms: int | None = None
    held_at: Millis | None = None
    hold_ms: int = 0
    cost: int = 100
    """Of the agent's capacity while they talk, percent."""
    wrap_ms: int = 0
    target: str | None = None
    """Where an overflowed call went, why a rejected one was turned away, what made a failed one fail."""

    def __init__(self, call_id: str, contact: str, queue: str, tier: str, queued_at: Millis) -> None:
        self.call_id = call_id
        self.contact = contact
        self.queue = queue
        self.tier = tier
        self.queued_at = queued_at

    @property
    def first_segment(self) -> bool:
        """A contact is judged on its first segment."""
        return is_first_segment(self.call_id)

    def count(self, into: Tally, threshold: int, now: Millis) -> None:
        """Count this segment into a tally; `now` decides whether a call still open is late."""
        into.offered += 1
        wait = (self.left_at if self.left_at is not None else now) - self.queued_at
        outcome = self.outcome
        if outcome == "answered":
            into.answered += 1
            into.answered_in += wait <= threshold
        elif outcome == "abandoned":
            into.abandoned += 1
            into.abandoned_in += wait <= threshold
            into.short_abandoned += self.short
        elif outcome == "open":
            into.open += 1
            into.open_late += wait > threshold
        else:
            setattr(into, outcome, getattr(into, outcome) + 1)


class TaskRecord:
    """One outbound task, from its promise to its end."""

    __slots__ = (
        "attempted_in_time",
        "attempts",
        "cost",
        "doing",
        "due_at",
        "ended_at",
        "kind",
        "late",
        "outcome",
        "promise",
        "queue",
        "reached",
        "reached_in_time",
        "scheduled_at",
        "since",
        "solved",
        "task_id",
        "tier",
    )

    def __init__(self, event: ev.TaskScheduled) -> None:
        self.task_id = event.task_id
        self.kind = event.kind
        self.queue = event.queue
        self.tier = event.tier
        self.scheduled_at = self.since = event.at
        """`since`: when the stretch of dialling or talking that it is in began."""
        self.doing: tuple[str, str] | None = None
        """What it keeps an agent doing since then (dial or talk), and the agent's group."""
        self.due_at = event.due_at
        self.promise = event.promise
        self.attempts = 0
        self.cost = 100
        self.attempted_in_time = False
        self.reached = False
        self.reached_in_time = False
        self.solved: bool | None = None
        """Whether the business is finished, where the agent said so."""
        self.late = False
        self.outcome = "open"
        """completed, unreachable, out_of_time, cancelled, superseded, open."""
        self.ended_at: Millis | None = None


class Span:
    """A stretch of one agent's time: what (logged_in, not_ready, ring, talk, wrap_up, dial), for which tier."""

    __slots__ = ("begin", "cost", "end", "group", "tier", "what")

    def __init__(
        self, what: str, group: str, begin: Millis, end: Millis, tier: str | None = None, cost: int = 100
    ) -> None:
        self.what = what
        self.group = group
        self.begin = begin
        self.end = end
        self.tier = tier
        self.cost = cost
        """Of the agent's capacity, percent: three chats at once of 33 % each keep nobody busy for 300 %."""


OCCUPIED: Final = ("ring", "talk", "wrap_up", "dial")
"""Occupancy = these (hold is part of talk), each times the share of the agent it takes ÷ (logged in - not ready)."""


def occupied_ms(sums: Mapping[str, int]) -> int:
    """Return for how long agents were occupied, by the share of them that it took, ms.

    >>> occupied_ms({"talk_ms": 3000, "spare_ms": 2010})
    990
    """
    return sum(sums.get(f"{what}_ms", 0) for what in OCCUPIED) - sums.get("spare_ms", 0)
