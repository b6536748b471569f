"""What a plan has to keep, and whether it does: promises per interval and per day, decided together at 95 %.

Every promise is a hypothesis "it is broken" to be refuted; with many promises some would look kept by luck, so they
are tested one after another from the safest on, each at the level that Holm's procedure leaves (never stricter than
Bonferroni's). A day's arrivals explain much of its service level and their expectation is known: the service level
is corrected by how busy the sampled days happened to be (regression on control variates), which narrows intervals.

Sources: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 1979; Lavenberg and
Welch, "A perspective on the use of control variables", Management Science 27(3), 1981.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy import special

from callcenter.language.said import said
from callcenter.lifecycle.measures import COUNTS, FORMULAS, Tally
from callcenter.scenario import Scenario, is_on
from callcenter.tiers import Scope, Sense, Target
from callcenter.units import DAY
from sim.model.streams import Floats, Ints
from sim.results.controlled import Corrected, affordable, corrected
from sim.results.estimates import Est

ALPHA: Final = 0.05
DAYS_FOR_EACH: Final = 10
TOGETHER: Final = said("all calls")
FORMULAS_THAT_FIT: Final = ("sl_all", "sl_offered", "sl_forgiving", "sl_net", "sl_net_overflow")
"""Service levels that are decided once the threshold has passed (`sl_answered` is not)."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing to be kept: a tier's (in one queue or all), or everyone's service level in one interval or the day."""

    who: str
    rows: tuple[int, ...] | None
    """Whose calls, as rows of the counts (`row`); None: all calls together."""
    interval: int | None
    """None: the whole day."""
    target: Target


@dataclass(frozen=True, slots=True)
class Finding:
    """How well a promise is kept on some days."""

    promise: Promise
    level: Est | None
    """Expected service level with its 95 % interval (for a probability target: the share of periods that meet it)."""
    met_in: float
    """Share of days on which this period's own service level reached the target."""
    p: float
    """Chance of looking this well kept, if it were just broken."""
    verdict: str = "undecided"
    """yes, no, undecided: by Holm's procedure over all promises of the plan."""
    error: float = 0.0
    """Standard error of `level`."""

    @property
    def goal(self) -> float:
        """What `level` has to reach."""
        target = self.promise.target
        return (target.probability or 0.5) if target.sense is Sense.PROBABILITY else target.share


Failed = tuple[Finding, float]
"""A promise that fresh days failed, and how much higher its level must be for them to find it kept."""


def row(scenario: Scenario, queue: int, tier: int) -> int:
    """Return the row of the counts that has one tier's calls to one queue."""
    return queue * len(scenario.centre.tiers) + tier


def promises(scenario: Scenario, together: Target | None, intervals: int) -> list[Promise]:
    """Return what the scenario's tiers are promised, in all queues and in each, and `together` for all calls.

    In each queue a tier's promise is judged over the day, whatever its scope: a queue with few calls must not be
    left to wait because the others make up for it.
    """
    tiers, queues = scenario.centre.tiers, scenario.centre.queues
    whole: list[tuple[str, tuple[int, ...] | None, Target]] = [
        (tier.name, tuple(row(scenario, q, n) for q in range(len(queues))), tier.target)
        for n, tier in enumerate(tiers)
        if tier.target is not None
    ]
    if together is not None:
        whole.append((TOGETHER, None, together))
    found = []
    for who, rows, target in whole:
        where = range(intervals) if target.scope is Scope.INTERVAL else (None,)
        found += [Promise(who, rows, h, target) for h in where]
    for q, queue in enumerate(queues if len(queues) > 1 else ()):
        for n, tier in enumerate(tiers):
            if tier.target is not None:
                target = replace(tier.target, scope=Scope.DAY) if tier.target.scope is Scope.INTERVAL else tier.target
                found.append(Promise(f"{tier.name}, {queue.name}", (row(scenario, q, n),), None, target))
    return found


def everyone(scenario: Scenario) -> Target | None:
    """Return the promise for all calls together in each interval: the least of what the tiers are promised.

    None where a tier's own promise is by the interval already, or where nothing is promised.
    """
    targets = [tier.target for tier in scenario.centre.tiers if tier.target is not None]
    if not targets or any(target.scope is Scope.INTERVAL for target in targets):
        return None
    return Target(min(t.share for t in targets), max(t.within for t in targets), Scope.INTERVAL)


def shares(counts: Ints, rows: tuple[int, ...] | None, formula: str) -> tuple[Floats, Floats]:
    """Return numerator and denominator by day, from days x rows x counts."""
    part = counts.sum(axis=1) if rows is None else counts[:, list(rows)].sum(axis=1)
    tally: Any = Tally(**{name: part[:, n] for n, name in enumerate(COUNTS)})
    above, below = FORMULAS[formula](tally)
    return np.asarray(above, np.float64), np.asarray(below, np.float64)


def judge(
    promise: Promise,
    counts: Ints,
    formula: str,
    controls: Floats,
    days_for_each: int = DAYS_FOR_EACH,
    more: float = 0.0,
) -> Finding | None:
    """Return how well `promise` is kept, or None where no call was promised anything.

    Args:
        promise: What to judge.
        counts: Days x rows x counts, of the promise's period.
        formula: Which service level.
        controls: Days x k, figures of the same days whose expectation is zero.
        days_for_each: Controls are used where there are more than so many days for each of them, and once more.
        more: So much is asked for beyond the target.
    """
    above, below = shares(counts, promise.rows, formula)
    total = below.sum()
    if total == 0:
        return None
    target = promise.target
    some = below > 0
    met = np.where(some, above >= target.share * below, True)
    if target.sense is Sense.PROBABILITY:
        values = met.astype(np.float64)
        centre = float(values.mean())
        deviations, goal = values - centre, target.probability or 0.5
    else:
        centre = float(above.sum() / total)
        deviations, goal = (above - centre * below) * (len(below) / total), target.share
    goal += more
    level, error, freedom, _rest = found = _corrected(centre, deviations, controls, days_for_each)
    half = found.half
    if error == 0 or freedom <= 0:
        p = 0.0 if level >= goal and freedom > 0 else 1.0
    else:
        p = float(special.stdtr(freedom, (goal - level) / error))
    est = Est(level, max(level - half, 0.0), min(level + half, 1.0))
    return Finding(promise, est, float(met[some].mean()) if some.any() else 1.0, p, error=error)


def _corrected(centre: float, deviations: Floats, controls: Floats, days_for_each: int) -> Corrected:
    """Return the level at average arrivals, where there are days enough for all the controls."""
    used = affordable(controls, days_for_each)
    found = corrected(centre, deviations, used)
    return found._replace(level=min(max(found.level, 0.0), 1.0)) if used.shape[1] else found


def decide(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with their verdicts: kept, and broken, each by Holm's procedure at 95 %."""
    kept = _holm([f.p for f in findings])
    broken = _holm([1 - f.p for f in findings])
    return [
        replace(f, verdict="yes" if yes else "no" if no else "undecided")
        for f, yes, no in zip(findings, kept, broken, strict=True)
    ]


def _holm(chances: Sequence[float]) -> list[bool]:
    order = sorted(range(len(chances)), key=lambda n: chances[n])
    rejected = [False] * len(chances)
    for rank, n in enumerate(order):
        if chances[n] > ALPHA / (len(chances) - rank):
            break
        rejected[n] = True
    return rejected


def expected_calls(scenario: Scenario, edges: Sequence[int]) -> Floats | None:
    """Return the expected first attempts by interval of the day, or None where arrivals cannot serve as a control."""
    if scenario.menu is not None or scenario.recorded:
        return None
    day, zone = scenario.horizon.measured.start, scenario.centre.zone
    expected = np.zeros(len(edges) - 1)
    ends = np.array(edges, np.float64)
    for stream in scenario.streams:
        if not is_on(stream, day):
            continue
        for i, calls in enumerate(stream.calls):
            begin = zone.instant(day * DAY + stream.begin + i * stream.interval)
            until = zone.instant(day * DAY + stream.begin + (i + 1) * stream.interval)
            if until > begin:
                inside = np.clip(np.minimum(ends[1:], until) - np.maximum(ends[:-1], begin), 0, None)
                expected += calls * inside / (until - begin)
    return expected
