"""What each tier waited and what it took of the agents' time, of calls that somebody hands in; with 95 % intervals.

Calls of one hour are not independent of each other, so an interval is made from one figure per batch (an hour or a
day): shares by the delta method on the ratio of sums with Student's t, at least as wide as Wilson's, which looks at
calls as if they were independent; quantiles by turning the interval of the share of waits up to them back into waits.

Sources: Law, "Simulation Modeling and Analysis", chapter 9 (batch means); Cochran, "Sampling Techniques", chapter 6
(ratios); Wilson, Journal of the American Statistical Association 22, 1927; Woodruff, the same 47, 1952 (quantiles).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from api.state.records import CallLine, TaskLine
from callcenter.centre import Centre
from callcenter.lifecycle.measures import DEFAULT_THRESHOLD, FORMULAS, Tally, limits_of, service_level
from callcenter.units import DAY, HOUR, SECOND

OVERALL: Final = "overall"
MIN_BATCHES: Final = 3
"""Batches for an interval."""
MOST_HOURS: Final = 48
"""Of hours, as batches; longer times are cut into days."""
Z: Final = 1.959964
Floats = NDArray[np.float64]
Interval = dict[str, float | None]


@dataclass(slots=True)
class _Part:
    """What adds up over the calls of a tier in one batch."""

    tally: Tally = field(default_factory=Tally)
    waits_ms: list[int] = field(default_factory=list)
    agent_ms: int = 0


class Seen:
    """Adds up calls and tasks by tier and batch."""

    def __init__(self, limits: Mapping[str, int], begin: int, until: int, now: int) -> None:
        """Begin with nothing.

        Args:
            limits: Tier → threshold of its service level, milliseconds.
            begin: Calls queued and tasks made before this do not count.
            until: Nor do those from here on.
            now: How long those who wait have waited by now.
        """
        self._limits = limits
        self._begin, self._until, self._now = begin, until, now
        self.batch = HOUR if until - 1 - begin <= MOST_HOURS * HOUR else DAY
        self.batches = max(1, -(-(until - 1 - begin) // self.batch))  # the last instant belongs to the last one
        self._parts: dict[str, dict[int, _Part]] = {name: defaultdict(_Part) for name in limits}

    def _part(self, tier: str, at: int) -> _Part:
        number = min((at - self._begin) // self.batch, self.batches - 1)
        return self._parts.setdefault(tier, defaultdict(_Part))[number]

    def call(self, call: CallLine) -> None:
        """Count a segment; a contact is judged on its first one, agents' time counts on all."""
        if not self._begin <= call.queued_at < self._until:
            return
        part = self._part(call.tier, call.queued_at)
        part.agent_ms += _agent_ms(call, self._now)
        if "/s" not in call.id:
            _count(call, part, self._limits.get(call.tier, DEFAULT_THRESHOLD), self._now)

    def task(self, task: TaskLine) -> None:
        """Count an outbound task."""
        if self._begin <= task.created_at < self._until:
            running = 0 if task.taken_at is None else max(0, self._now - task.taken_at)
            self._part(task.tier, task.created_at).agent_ms += task.busy_ms + running

    def told(self) -> dict[str, Any]:
        """Return the figures of each tier and of all, and how their intervals were made."""
        rows = {name: _Row([parts.get(n, _Part()) for n in range(self.batches)]) for name, parts in self._parts.items()}
        whole = _Row([_sum(row.parts[n] for row in rows.values()) for n in range(self.batches)])
        return {
            "tiers": {name: row.told(whole) for name, row in rows.items()},
            OVERALL: whole.told(whole),
            "intervals": {
                "confidence": 0.95,
                "batch": "1 hour" if self.batch == HOUR else "1 day",
                "batches": self.batches,
                "shares": "ratio of sums, delta method over batches, Student; at least Wilson's score interval",
                "times": "ratio of sums, delta method over batches, Student",
                "quantiles": "Woodruff: the interval of the share of waits up to it, turned back into waits",
                "fewest_batches": MIN_BATCHES,
            },
        }


def _agent_ms(call: CallLine, now: int) -> int:
    """Return agents' time on a call: ring, talk so far, after-call work."""
    if call.agent_id is None or call.left_at is None:
        return 0
    until = call.talked_until if call.talked_until is not None else call.ended_at
    return call.ring_ms + max(0, (now if until is None else until) - call.left_at) + call.wrap_ms


OUTCOMES: Final = {
    "abandoned": "abandoned",
    "overflowed": "overflowed",
    "rejected": "rejected",
    "converted_to_callback": "converted",
    "failed": "failed",
}


def _count(call: CallLine, part: _Part, limit: int, now: int) -> None:
    tally = part.tally
    tally.offered += 1
    wait = max(0, (call.left_at if call.left_at is not None else call.ended_at or now) - call.queued_at)
    within = wait <= limit
    if call.agent_id is not None:
        tally.answered += 1
        tally.answered_in += within
    elif not call.ended:
        tally.open += 1
        tally.open_late += not within
        return
    elif call.state == "abandoned":
        tally.abandoned += 1
        tally.abandoned_in += within
        tally.short_abandoned += call.short
    else:
        name = OUTCOMES[call.state]
        setattr(tally, name, getattr(tally, name) + 1)
        return
    part.waits_ms.append(wait)


def _sum(parts: Iterable[_Part]) -> _Part:
    found = _Part()
    for part in parts:
        found.tally.add(part.tally)
        found.waits_ms += part.waits_ms
        found.agent_ms += part.agent_ms
    return found


class _Row:
    """A tier's batches, in order, and their sum."""

    def __init__(self, parts: list[_Part]) -> None:
        self.parts = parts
        self.sum = _sum(parts)

    def told(self, whole: "_Row") -> dict[str, Any]:
        """Return the figures, single and with their intervals."""
        tally = self.sum.tally
        offered = [part.tally.offered for part in self.parts]
        levels = {name: shares([formula(part.tally) for part in self.parts]) for name, formula in FORMULAS.items()}
        return {
            "offered": tally.offered,
            "answered": tally.answered,
            "abandoned": tally.abandoned,
            "short_abandoned": tally.short_abandoned,
            "overflowed": tally.overflowed,
            "converted": tally.converted,
            "rejected": tally.rejected,
            "failed": tally.failed,
            "open": tally.open,
            "abandonment": tally.abandoned / tally.offered if tally.offered else None,
            **_waits(self.sum.waits_ms),
            "service_level": {formula: service_level(tally, formula) for formula in FORMULAS},
            "agent_time_s": self.sum.agent_ms / SECOND,
            "share_contacts": tally.offered / whole.sum.tally.offered if whole.sum.tally.offered else None,
            "agent_time_share": self.sum.agent_ms / whole.sum.agent_ms if whole.sum.agent_ms else None,
            "ci": {
                "abandonment": shares([(part.tally.abandoned, part.tally.offered) for part in self.parts]),
                **quantiles([part.waits_ms for part in self.parts]),
                "service_level": levels,
                "share_contacts": shares(
                    [(n, part.tally.offered) for n, part in zip(offered, whole.parts, strict=True)]
                ),
                "agent_time_share": shares(
                    [(mine.agent_ms, all_.agent_ms) for mine, all_ in zip(self.parts, whole.parts, strict=True)],
                    counts=False,
                ),
            },
        }


def _waits(waits_ms: list[int]) -> dict[str, float | None]:
    if not waits_ms:
        return {"wait_p50_s": None, "wait_p95_s": None, "wait_max_s": None}
    p50, p95 = np.quantile(np.array(waits_ms), (0.5, 0.95), method="inverted_cdf").tolist()
    return {"wait_p50_s": p50 / SECOND, "wait_p95_s": p95 / SECOND, "wait_max_s": max(waits_ms) / SECOND}


def _between(low: float | None, high: float | None) -> Interval:
    return {"ci_low": low, "ci_high": high}


def shares(batches: list[tuple[int, int]], *, counts: bool = True) -> Interval:
    """Return the 95 % interval of a ratio of sums, inside [0, 1]; null if fewer than `MIN_BATCHES` have any.

    Args:
        batches: Numerator and denominator of each.
        counts: Whether they count calls: the interval is then at least as wide as Wilson's.

    >>> shares([(8, 10), (9, 10), (10, 10)])
    {'ci_low': 0.6515862288249671, 'ci_high': 1.0}
    """
    told = [(above, below) for above, below in batches if below]
    if len(told) < MIN_BATCHES:
        return _between(None, None)
    above, below = np.array(told, dtype=np.float64).T
    ratio = above.sum() / below.sum()
    n = len(told)
    apart = above - ratio * below
    from scipy import special  # a quarter of a second: not at the start of a service

    half = float(special.stdtrit(n - 1, 0.975)) * sqrt(n / (n - 1) * float(apart @ apart)) / float(below.sum())
    low, high = ratio - half, ratio + half
    if counts:
        total = float(below.sum())
        centre = (ratio + Z * Z / (2 * total)) / (1 + Z * Z / total)
        apart_ = Z * sqrt(ratio * (1 - ratio) / total + (Z / (2 * total)) ** 2) / (1 + Z * Z / total)
        low, high = min(low, centre - apart_), max(high, centre + apart_)
    return _between(max(0.0, float(low)), min(1.0, float(high)))


def quantiles(batches: list[list[int]]) -> dict[str, Interval]:
    """Return the intervals of the median and the P95 of waits, seconds, of the waits of each batch in milliseconds.

    >>> quantiles([[0, 1000, 2000], [0, 0, 3000], [1000, 1000, 9000]])["wait_p50_s"]
    {'ci_low': 0.0, 'ci_high': 2.0}
    """
    waits = [np.array(some) for some in batches]
    everything = np.concatenate(waits) if waits else np.empty(0)
    found = {}
    for name, share in (("wait_p50_s", 0.5), ("wait_p95_s", 0.95)):
        found[name] = _between(None, None)
        if not len(everything):
            continue
        at = np.quantile(everything, share, method="inverted_cdf")
        below = shares([(int((some <= at).sum()), len(some)) for some in waits])
        if below["ci_low"] is not None and below["ci_high"] is not None:
            of_all = float((everything <= at).mean())  # with many equal waits it is more than the share
            sides = (share - of_all + below["ci_low"], share - of_all + below["ci_high"])
            low, high = np.quantile(everything, np.clip(sides, 0.0, 1.0), method="inverted_cdf").tolist()
            found[name] = _between(low / SECOND, high / SECOND)
    return found


def figures(
    centre: Centre, calls: Iterable[CallLine], tasks: Iterable[TaskLine], begin: int, now: int
) -> dict[str, Any]:
    """Return the figures of each tier and of all, of the calls and tasks from `begin` to `now`."""
    seen = Seen(limits_of(centre.tiers), begin, now + 1, now)
    for call in calls:
        seen.call(call)
    for task in tasks:
        seen.task(task)
    return seen.told()
