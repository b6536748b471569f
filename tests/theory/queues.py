"""Textbook queues as scenarios of ours, run through the whole simulator, and what is measured on them.

Every figure comes from the records of calls and from agents' time, as a ratio of two sums; its standard error is
that of a ratio over independent replications (delta method), worked out here and not by `sim.results.estimates`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

import numpy as np

from callcenter.centre import Centre, Group, Queue
from callcenter.hours import UTC, OpeningHours
from callcenter.scenario import (
    Horizon,
    Law,
    LawKind,
    RecordedCall,
    Retrial,
    Rule,
    Scenario,
    Staffing,
    Stream,
)
from callcenter.tiers import Tier
from callcenter.units import DAY, HOUR, SECOND, Millis, millis
from sim.results.figures import Figures, figures
from sim.run.driver import Day

FOREVER = 10**9


def exponential(mean_s: float) -> Law:
    return Law(LawKind.EXPONENTIAL, mean_s)


@dataclass(frozen=True)
class Model:
    """A stationary queue: tiers in strict order, one handling law, agents; times in seconds."""

    per_s: tuple[float, ...]
    agents: int
    handling: Law
    patience: tuple[Law, ...] = ()
    places: int | None = None
    redial: Law | None = None
    """Turned-away callers ring again after this, for ever."""

    @property
    def tiers(self) -> tuple[str, ...]:
        return tuple(f"t{n}" for n in range(len(self.per_s)))


def stationary(model: Model, *, warm_up_s: float, measured_s: float, seed: int = 1) -> Scenario:
    """Return `model` as a scenario that starts empty, lives through a warm-up, and is then measured."""
    length = millis(warm_up_s + measured_s)
    length = Millis(length + (length == DAY))
    hours = length // HOUR + 1
    retrials = (("rejected", Retrial(1.0, model.redial, FOREVER)),) if model.redial else ()
    return Scenario(
        name="textbook",
        centre=Centre(
            "textbook",
            (Queue("q", max_waiting=model.places),),
            (Group("g", auto_answer=True),),
            tuple(Tier(name, band) for band, name in enumerate(model.tiers)),
            model.tiers[0],
        ),
        horizon=Horizon(0, warm_up=millis(warm_up_s), length=length),
        streams=tuple(
            Stream(name, "q", (rate * 3600,) * hours, interval=Millis(HOUR), tiers=((name, 1.0),))
            for name, rate in zip(model.tiers, model.per_s, strict=True)
        ),
        handling=(Rule(model.handling),),
        patience=tuple(Rule(law, tiers=(name,)) for name, law in zip(model.tiers, model.patience, strict=False)),
        retrials=retrials,
        staffing=(Staffing("g", (model.agents,), interval=Millis(hours * HOUR)),),
        seed=seed,
    )


def terminating(
    per_hour: Sequence[float],
    agents: Sequence[int],
    handling: Law,
    *,
    patience: Law | None = None,
    places: int | None = None,
    seed: int = 1,
) -> Scenario:
    """Return a day that opens empty, takes calls for so many hours and then serves out who still waits."""
    open_until = len(per_hour) * HOUR
    hours = OpeningHours(UTC, (((0, open_until),),) * 7)
    return Scenario(
        name="day",
        centre=Centre(
            "day",
            (Queue("q", hours=hours, serve_out=True, max_waiting=places),),
            (Group("g", auto_answer=True),),
            (Tier("t0", 0),),
            "t0",
        ),
        horizon=Horizon(0),
        streams=(Stream("calls", "q", tuple(per_hour), interval=Millis(HOUR)),),
        handling=(Rule(handling),),
        patience=(Rule(patience),) if patience else (),
        staffing=(Staffing("g", tuple(agents), interval=Millis(HOUR)),),
        interval=Millis(HOUR),
        seed=seed,
    )


# --- what is measured


@dataclass(frozen=True)
class Measured:
    """A figure, its standard error over replications, and how many calls it rests on."""

    value: float
    se: float
    of: float

    def allows(self, expected: float, *, share: bool = False) -> float:
        """Return four standard errors; a share cannot be surer than so many independent calls would make it."""
        se = self.se
        if share and self.of:
            se = max(se, sqrt(max(expected * (1 - expected), 0.0) / self.of))
        return 4 * se


def over_replications(above: Sequence[float], below: Sequence[float]) -> Measured:
    """Return the ratio of two sums and its standard error."""
    a, b = np.array(above, float), np.array(below, float)
    if not b.sum():
        return Measured(float("nan"), float("nan"), 0)
    value = a.sum() / b.sum()
    deviations = (a - value * b) / b.mean()
    return Measured(float(value), float(deviations.std(ddof=1) / sqrt(len(a))), float(b.sum()))


@dataclass
class Lived:
    """One replication: calls whose wait ended in the window as arrays, and the agents' time.

    By the end of the wait, not by arrival: in a stationary queue both are the same in law, but so no call is cut off.
    """

    day: Day
    begin: int
    end: int

    @cached_property
    def figures(self) -> Figures:
        return figures(self.day)

    @cached_property
    def _rows(self) -> list:
        calls = self.day.ledger.calls
        return [r for r in calls if r.left_at is not None and self.begin <= r.left_at < self.end]

    @cached_property
    def tier(self) -> np.ndarray:
        names = [t.name for t in self.day.scenario.centre.tiers]
        return np.array([names.index(r.tier) for r in self._rows], int)

    @cached_property
    def at_s(self) -> np.ndarray:
        return np.array([r.queued_at for r in self._rows], float) / SECOND

    @cached_property
    def wait_s(self) -> np.ndarray:
        return np.array([r.left_at - r.queued_at for r in self._rows], float) / SECOND

    def ended(self, outcome: str) -> np.ndarray:
        return np.array([r.outcome == outcome for r in self._rows], bool)

    @cached_property
    def answered(self) -> np.ndarray:
        return self.ended("answered")

    @cached_property
    def abandoned(self) -> np.ndarray:
        return self.ended("abandoned")

    @cached_property
    def waited(self) -> np.ndarray:
        """Not answered at once: the caller met no free agent."""
        return ~(self.answered & (self.wait_s == 0))

    def waiting_time(self, tier: int | None) -> float:
        """Return how many call-seconds were waited inside the window, by whomever."""
        name = None if tier is None else self.day.scenario.centre.tiers[tier].name
        total = 0
        for r in self.day.ledger.calls:
            if name is None or r.tier == name:
                left = self.day.now if r.left_at is None else r.left_at
                total += max(0, min(left, self.end) - max(r.queued_at, self.begin))
        return total / SECOND

    @property
    def window_s(self) -> float:
        return (self.end - self.begin) / SECOND

    def orbit_time(self) -> float:
        """Return how many caller-seconds were spent inside the window between an attempt and the next."""
        last: dict[str, int] = {}
        total = 0
        for r in self.day.ledger.calls:
            who = self.day.callers.customer[int(r.call_id)]
            if who in last:
                total += max(0, min(r.queued_at, self.end) - max(last[who], self.begin))
                del last[who]
            if r.outcome == "rejected":
                last[who] = r.queued_at
        return (total + sum(max(0, self.end - max(at, self.begin)) for at in last.values())) / SECOND


def live(scenario: Scenario, replications: int, *, at_start: Callable[[int], int] | None = None) -> list[Lived]:
    """Live through some replications; `at_start` puts so many calls of the first tier at the door at the beginning."""
    found = []
    for r in range(replications):
        mine = scenario
        if at_start is not None:
            calls = (RecordedCall(Millis(0), "q", scenario.centre.tiers[0].name),) * at_start(r)
            mine = replace(scenario, recorded=calls)
        day = Day(mine, r, keep_records=True).run()
        found.append(Lived(day, day.measured_from, day.measured_until))
    return found


def relaxation_s(load: float, agents: int, aht_s: float) -> float:
    """Return how long a queue without patience remembers (its slowest mode, heavy traffic)."""
    return max(aht_s, aht_s / agents / (1 - sqrt(load / agents)) ** 2)


def equilibrium(load: float, agents: int, aht_s: float, patience_s: float, replications: int) -> Callable[[int], int]:
    """Return, for each replication, a number of calls from the stationary law of M/M/n+M: its quantiles in turn.

    Put at the door when the run begins, they make it stationary from the first instant, since nothing remembers how
    long it has been there. For queues that forget too slowly to start empty.
    """
    weights = [1.0]
    while len(weights) < agents or weights[-1] > 1e-12 * max(weights):
        n = len(weights)
        weights.append(weights[-1] * load / (min(n, agents) + max(0, n - agents) * aht_s / patience_s))
    up_to = np.cumsum(weights) / sum(weights)
    return lambda r: int(np.searchsorted(up_to, (r + 0.5) / replications))
