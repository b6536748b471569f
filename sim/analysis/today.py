"""The rest of a day that has begun: how busy it is, learnt from the calls so far, and what that leaves to come.

Prior: the scenario's busyness, a gamma variable of mean 1 by which all rates of a day are multiplied. With `n` calls so
far where `e` were expected, it is a gamma variable again, of shape k + n and rate k + e with k = 1 / cv² (Gelman and
others, Bayesian Data Analysis, section 2.6: gamma and Poisson are conjugate). The rest of the day is simulated after
the calls that came, as they came, so that what waits now waits there too; patience and whatever the log does not tell
is drawn: an estimate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy import special

from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Busyness, Scenario, Staffing, Stream, is_on
from callcenter.units import DAY, HOUR, Millis
from sim.experiment.progress import Progress, tell_nobody
from sim.experiment.replicate import Run, run
from sim.model.shifts import duties
from sim.model.streams import Chance, Floats
from sim.results.estimates import mean, ratio
from sim.results.replication_figures import stacked
from sim.results.result import as_json, counts_of, local_time, shares_of

JSON = dict[str, Any]
USUAL_CV: Final = 0.1
"""Day-to-day spread where the scenario gives none: a guess, and said to be one."""
TAILS: Final = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Busy:
    """How busy the day is: a gamma variable after the calls so far."""

    calls: int
    expected: float
    """By the scenario, up to now."""
    cv: float
    """Before the day began."""
    guessed: bool
    """The scenario says nothing of days that differ."""

    @property
    def shape(self) -> float:
        """Return the posterior's shape."""
        return self.cv**-2 + self.calls

    @property
    def mean(self) -> float:
        """Return how many times the scenario's rates the day's are, on average.

        >>> Busy(0, 0.0, 0.1, False).mean, round(Busy(150, 100.0, 0.1, False).mean, 3)
        (1.0, 1.25)
        """
        return self.shape / (self.cv**-2 + self.expected)

    @property
    def likely(self) -> tuple[float, float]:
        """Return bounds that hold the factor with 90 % chance."""
        low, high = (float(special.gammaincinv(self.shape, q)) / self.shape * self.mean for q in TAILS)
        return low, high


@dataclass(frozen=True, slots=True)
class Today:
    """A day up to `now`, and the scenario of the rest of it."""

    scenario: Scenario
    """The calls so far as recorded, the streams of the rest as busy as the day is."""
    now: int
    """Ms after local midnight."""
    busy: Busy
    rest_expected: float
    """Calls still to come, on average."""


def learn(scenario: Scenario, *, now: int | None = None) -> Today:
    """Return the rest of the day whose calls are recorded in `scenario`.

    Args:
        scenario: With its streams, and with the calls of one day as recorded (see `sim.analysis.recorded_calls`).
        now: Ms after local midnight; None: when the last call came.

    Raises:
        BadInput: no calls, or calls of several days.
    """
    if not scenario.recorded:
        raise BadInput("no call so far: there is nothing to learn from")
    day = scenario.horizon.first_day
    menu = scenario.menu
    if menu is not None:  # a log has what came out of the menu
        reaches = 1 - menu.self_service - menu.hang_up
        streams_ = tuple(replace(s, calls=tuple(n * reaches for n in s.calls)) for s in scenario.streams)
        scenario = replace(scenario, menu=None, streams=streams_)
    scenario = replace(scenario, retrials=())  # those who rang again are in the log, and so in how busy the day is
    at = max(call.at for call in scenario.recorded) + 1 if now is None else now
    if not 0 < at <= DAY:
        raise BadInput("the log goes on past midnight: say until when, --at 12:30, or give one day's calls")
    seen = tuple(call for call in scenario.recorded if call.at < at)
    done = sum(_expected(scenario, day, 0, at))
    rest = _expected(scenario, day, at, DAY)
    cv = scenario.busyness.cv if scenario.busyness is not None else USUAL_CV
    busy = Busy(len(seen), done, cv, scenario.busyness is None)
    streams = tuple(_rest_of(stream, at, busy.mean) for stream in scenario.streams if is_on(stream, day))
    spread = Busyness(float(busy.shape**-0.5), common=True)
    return Today(replace(scenario, recorded=seen, streams=streams, busyness=spread), at, busy, sum(rest) * busy.mean)


def _expected(scenario: Scenario, day: int, begin: int, end: int) -> list[float]:
    """Return the expected calls of each stream that come between two times of the day."""
    return [float(_between(stream, begin, end).sum()) for stream in scenario.streams if is_on(stream, day)]


def _between(stream: Stream, begin: int, end: int) -> Floats:
    """Return how much of each interval's calls comes between two times of the day."""
    edges = stream.begin + stream.interval * np.arange(len(stream.calls) + 1)
    inside = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin), 0, None)
    return np.asarray(np.array(stream.calls) * inside / stream.interval)


def _rest_of(stream: Stream, at: int, factor: float) -> Stream:
    """Return a stream without what is over; an interval that has begun is cut in minutes of what is left of it."""
    fine = [at, *(stream.begin + n * stream.interval for n in range(len(stream.calls) + 1))]
    step = int(np.gcd.reduce(np.array([edge - stream.begin for edge in fine] + [stream.interval])))
    if step < 60_000:  # an odd instant: the rest of the interval comes from its next whole minute on
        step = int(np.gcd(60_000, stream.interval))
        at = -(-at // step) * step
    parts = stream.interval // step
    calls = np.repeat(np.array(stream.calls) / parts, parts) * factor
    begins = stream.begin + step * np.arange(len(calls))
    kept = begins >= at
    if not kept.any():
        return replace(stream, calls=(0.0,), interval=Millis(step))
    first = int(np.argmax(kept))
    return replace(stream, calls=tuple(calls[first:].tolist()), begin=int(begins[first]), interval=Millis(step))


def lived(today: Today, *, processes: int | None = None, progress: Progress = tell_nobody) -> Run:
    """Return the day lived to its end, again and again."""
    return run(today.scenario, processes=processes, progress=progress)


def rest_of_day(today: Today, found: Run) -> JSON:
    """Return the half hours still to come: calls, agents, service level, and the tiers that miss their target there."""
    zone, tiers = found.scenario.centre.zone, found.scenario.centre.tiers
    ahead = [
        n
        for n, start in enumerate(found.starts)
        if zone.local(start) - found.scenario.horizon.first_day * DAY + found.scenario.interval > today.now
    ]
    days = stacked(found.figures)
    offered = [counts_of(days, None, n)["offered"].any() for n in ahead]
    ahead = ahead[: 1 + max((n for n, some in enumerate(offered) if some), default=-1)]
    intervals = []
    for n in ahead:
        misses = []
        for k, tier in enumerate(tiers):
            level = ratio(*shares_of(days, k, n))
            if tier.target is not None and level is not None and level.mean < tier.target.share:
                misses.append(tier.name)
        intervals.append(
            {
                "start": local_time(zone, found.starts[n]),
                "calls": mean(counts_of(days, None, n)["offered"]),
                "service_level": ratio(*shares_of(days, None, n)),
                "misses": misses,
            }
        )
    shares = [shares_of(days, None, n) for n in ahead]
    none = np.zeros(len(found.figures))
    above, below = sum((a for a, _ in shares), none), sum((b for _, b in shares), none)
    rest = sum((counts_of(days, None, n)["offered"] for n in ahead), none)
    data: JSON = as_json(
        {"calls": mean(rest), "service_level": ratio(above, below) if ahead else None, "intervals": intervals}
    )
    return data


def today_result(today: Today, found: Run, tries: Sequence[tuple[str, Run]]) -> JSON:
    """Return what the rest of the day looks like, and what each change that was tried gives, as JSON."""
    low, high = today.busy.likely
    return {
        "scenario": found.scenario.name,
        "date": date_text(found.scenario.horizon.measured.start),
        "now": f"{today.now // HOUR:02}:{today.now % HOUR // 60_000:02}",
        "replications": len(found.figures),
        "formula": DEFAULT_FORMULA,
        "so_far": {"calls": today.busy.calls, "expected": today.busy.expected},
        "busyness": {
            "mean": today.busy.mean, "low": low, "high": high, "chance": TAILS[1] - TAILS[0],
            "prior_cv": today.busy.cv, "prior_guessed": today.busy.guessed,
        },
        "rest": rest_of_day(today, found),
        "tries": [{"change": name, "rest": rest_of_day(today, other)} for name, other in tries],
    }  # fmt: skip


def adherence(scenario: Scenario, there: Sequence[Staffing], now: int) -> list[JSON]:
    """Return planned against seen hours at work by group and interval, up to `now`; breaks are not at work.

    Args:
        scenario: With the plan of the day.
        there: Who was logged in and not on a break, as `sim.analysis.from_journal` reads it from a journal.
        now: Ms after local midnight.
    """
    day, interval = scenario.horizon.first_day, scenario.interval
    midnight = scenario.centre.zone.instant(day * DAY)
    edges = midnight + np.arange(0, now + 1, interval)
    planned: dict[str, Floats] = {group.name: np.zeros(len(edges) - 1) for group in scenario.centre.groups}
    seen = {name: np.zeros(len(edges) - 1) for name in planned}
    for duty in duties(replace(scenario, shrinkage=0.0), Chance(scenario.seed, 0)):
        planned[duty.group] += _inside(duty.begin, duty.end, edges)
        for begin, end in duty.breaks:
            planned[duty.group] -= _inside(begin, end, edges)
    for curve in (part for part in there if is_on(part, day)):
        for n, heads in enumerate(curve.agents):
            at = midnight + curve.begin + n * curve.interval
            seen[curve.group] += heads * _inside(at, at + curve.interval, edges)
    return [
        {
            "start": local_time(scenario.centre.zone, int(edges[n])),
            "group": group,
            "planned_h": float(planned[group][n]),
            "there_h": float(seen[group][n]),
            "adherence": _share(planned[group][n], seen[group][n]),
        }
        for group in planned
        for n in range(len(edges) - 1)
        if planned[group][n] > 0 or seen[group][n] > 0
    ]


def _share(planned: float, seen: float) -> float | None:
    """Return how much of what was planned was there; more than planned makes good for nothing."""
    return None if planned <= 0 else float(min(planned, seen) / planned)


def _inside(begin: int, end: int, edges: Any) -> Floats:
    """Return the hours of a stretch that lie between each edge and the next."""
    return np.asarray(np.clip(np.minimum(end, edges[1:]) - np.maximum(begin, edges[:-1]), 0, None) / HOUR)
