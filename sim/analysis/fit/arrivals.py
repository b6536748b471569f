"""When calls come: expected calls per interval, weekday class and tier, and how much days differ.

Weekdays whose days look alike share a profile. Days differ more than Poisson: the surplus is given as the coefficient
of variation of a gamma multiplier (its square is the variance of the day totals beyond Poisson, over the mean squared).
If one multiplier moves the whole day, the first and the second half of a day rise together: their correlation,
corrected for Poisson noise, says how far that is true. Source: Avramidis, Deslauriers and L'Ecuyer 2004; Jongbloed and
Koole, "Managing uncertainty in call centres using Poisson mixtures", 2001.
"""

from dataclasses import dataclass
from itertools import combinations
from math import log, sqrt
from typing import Final

import numpy as np

from callcenter.hours import weekday
from callcenter.units import DAY
from sim.analysis.fit.broken_days import broken_days
from sim.analysis.fit.calllog import CallLog
from sim.model.streams import Floats

ODD_DAY: Final = 1 / 3
"""A date with less than this share of its weekday's median is a holiday or a hole in the log: left out."""
PRIOR_CALLS: Final = 50.0
"""The mix of tiers in an interval is drawn towards that of the whole log by this many calls."""


@dataclass(frozen=True, slots=True)
class WeekdayClass:
    """Weekdays with one profile."""

    weekdays: tuple[int, ...]
    """Monday is 0."""
    days: tuple[int, ...]
    """Local day numbers it was estimated from."""
    calls: Floats
    """Expected calls, shape (queues, tiers, intervals)."""

    @property
    def total(self) -> float:
        """Expected calls of a day."""
        return float(self.calls.sum())


@dataclass(frozen=True, slots=True)
class ArrivalFit:
    """The demand of a log."""

    classes: tuple[WeekdayClass, ...]
    cv: float
    """Of the day's busyness, Poisson noise taken out."""
    halves: float | None
    """Correlation of the two halves of a day, Poisson noise taken out; None where days hardly differ."""
    odd_days: tuple[int, ...]
    """Days left out because they are unlike their weekday."""


def intervals_of(log: CallLog) -> int:
    """Return how many intervals a day has."""
    return round(DAY / log.columns.interval)


def interval_index(log: CallLog) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the interval of each call (a clock beyond midnight belongs to the last)."""
    return np.minimum((log.clock * 1000 / log.columns.interval).astype(np.int64), intervals_of(log) - 1)


def counts(log: CallLog, days: list[int]) -> Floats:
    """Return the calls of each of `days`, shape (days, queues, intervals)."""
    found = np.zeros((len(days), len(log.queues), intervals_of(log)))
    place = np.searchsorted(days, log.day)
    here = (place < len(days)) & (np.array([*days, -1])[np.minimum(place, len(days))] == log.day)
    np.add.at(found, (place[here], log.queue[here], interval_index(log)[here]), 1.0)
    return found


def tier_mix(log: CallLog) -> Floats:
    """Return the share of each tier by queue and interval, from the calls whose tier is known.

    Shape (queues, tiers, intervals). Few calls lean on more: an interval on its queue's day, a queue on the centre's.
    """
    known = log.tier >= 0
    found = np.zeros((len(log.queues), len(log.tiers), intervals_of(log)))
    np.add.at(found, (log.queue[known], log.tier[known], interval_index(log)[known]), 1.0)
    everywhere = np.full((1, len(log.tiers)), 1 / len(log.tiers))
    if found.sum():
        everywhere = found.sum(axis=(0, 2))[None] / found.sum()
    of_queue = _leaning(found.sum(axis=2), everywhere)
    return _leaning(found, of_queue[:, :, None])


def _leaning(found: Floats, prior: Floats) -> Floats:
    """Return counts as shares along axis 1, as if `PRIOR_CALLS` more had come as `prior` says."""
    return np.asarray((found + PRIOR_CALLS * prior) / (found.sum(axis=1, keepdims=True) + PRIOR_CALLS))


def fit_arrivals(log: CallLog) -> ArrivalFit:
    """Return the profile per weekday class and tier, and the spread of the day totals."""
    days, odd = _usual_days(log)
    table = counts(log, days)
    weekdays = np.array([weekday(day * DAY) for day in days])
    groups = _classes(table.sum(axis=1), weekdays)
    mix = tier_mix(log)
    classes = []
    for group in groups:
        mine = np.isin(weekdays, group)
        mean = table[mine].mean(axis=0)
        classes.append(
            WeekdayClass(group, tuple(d for d, m in zip(days, mine, strict=True) if m), mean[:, None, :] * mix)
        )
    cv, halves = _busyness(table.sum(axis=1), [np.isin(weekdays, group) for group in groups])
    return ArrivalFit(tuple(classes), cv, halves, tuple(odd))


def _usual_days(log: CallLog) -> tuple[list[int], list[int]]:
    """Return the days to learn from, and those too unlike their weekday or not whole in the log."""
    days = log.days()
    totals = {day: int((log.day == day).sum()) for day in days}
    days = [day for day in days if totals[day] >= log.columns.fewest_calls]
    usual: list[int] = []
    odd: list[int] = []
    for day in days:
        alike = [totals[other] for other in days if (other - day) % 7 == 0]
        (usual if totals[day] >= ODD_DAY * float(np.median(alike)) else odd).append(day)
    broken = broken_days(usual, counts(log, usual).sum(axis=1))
    return [day for day in usual if day not in broken], sorted(odd + broken)


def _classes(table: Floats, weekdays: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[tuple[int, ...]]:
    """Return weekdays grouped by likeness: the nearest two are joined while an information criterion asks for it.

    Two groups differ in shape (likelihood ratio of their hourly shares) and in volume (a t statistic from the spread
    of day totals). Each free figure may cost log(days), as in Schwarz's criterion.
    """
    hours = table.reshape(len(table), 24, -1).sum(axis=2) if table.shape[1] % 24 == 0 else table
    groups: list[tuple[int, ...]] = [(day,) for day in sorted({int(day) for day in weekdays})]
    penalty = log(max(2, len(table)))
    while len(groups) > 1:
        worth = {pair: _unlike(hours, weekdays, *pair, penalty) for pair in combinations(groups, 2)}
        nearest = min(worth, key=lambda pair: worth[pair])
        if worth[nearest] > 0:
            break
        groups = [group for group in groups if group not in nearest] + [tuple(sorted(nearest[0] + nearest[1]))]
    return sorted(groups)


def _unlike(
    hours: Floats,
    weekdays: np.ndarray[tuple[int], np.dtype[np.int64]],
    one: tuple[int, ...],
    other: tuple[int, ...],
    penalty: float,
) -> float:
    """Return how much better two profiles explain two groups than one does, less what they cost."""
    a, b = hours[np.isin(weekdays, one)], hours[np.isin(weekdays, other)]
    first, second = a.sum(axis=0), b.sum(axis=0)
    together = first + second
    used = together > 0
    share = together[used] / together.sum()
    shape = 0.0
    for part in (first[used], second[used]):
        with np.errstate(divide="ignore", invalid="ignore"):
            shape += 2 * float(np.where(part > 0, part * np.log(part / (share * part.sum())), 0.0).sum())
    # Half hours of one day move together beyond Poisson: their spread between days scales the statistic.
    shape /= max(1.0, _shape_dispersion([a, b], used))
    x, y = a.sum(axis=1), b.sum(axis=1)
    spread = (x.var() * len(x) + y.var() * len(y)) / max(1, len(x) + len(y) - 2)
    spread = max(spread, (x.sum() + y.sum()) / (len(x) + len(y)))
    volume = float((x.mean() - y.mean()) ** 2 / (spread * (1 / len(x) + 1 / len(y))))
    return shape + volume - penalty * int(used.sum())


def _shape_dispersion(groups: list[Floats], used: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Return how much more the hourly shares of days of one group differ than by Poisson noise (1: not at all)."""
    squares, freedom = 0.0, 0
    for days in groups:
        part = days[:, used]
        expected = part.sum(axis=1, keepdims=True) * part.sum(axis=0) / max(part.sum(), 1.0)
        seen = expected > 0
        squares += float((((part - expected) ** 2)[seen] / expected[seen]).sum())
        freedom += (len(part) - 1) * (int((part.sum(axis=0) > 0).sum()) - 1)
    return squares / freedom if freedom > 0 else 1.0


def _busyness(table: Floats, groups: list[np.ndarray[tuple[int], np.dtype[np.bool_]]]) -> tuple[float, float | None]:
    """Return the cv of the day multiplier and the correlation of the two halves of a day, Poisson noise taken out."""
    surplus = weight = 0.0
    covariance, first_var, second_var = 0.0, 0.0, 0.0
    for mine in groups:
        days = table[mine]
        if len(days) < 2 or not days.sum():
            continue
        totals = days.sum(axis=1)
        mean = float(totals.mean())
        surplus += (float(totals.var(ddof=1)) - mean) * (len(days) - 1)
        weight += mean * mean * (len(days) - 1)
        middle = int(np.searchsorted(np.cumsum(days.sum(axis=0)), days.sum() / 2)) + 1
        halves = days[:, :middle].sum(axis=1), days[:, middle:].sum(axis=1)
        if min(half.mean() for half in halves) > 0:
            x, y = (half / half.mean() - 1 for half in halves)
            covariance += float(x @ y)
            first_var += float(x @ x) - (len(days) - 1) / float(halves[0].mean())
            second_var += float(y @ y) - (len(days) - 1) / float(halves[1].mean())
    cv = sqrt(max(0.0, surplus / weight)) if weight else 0.0
    if first_var <= 0 or second_var <= 0:
        return cv, None
    return cv, max(-1.0, min(1.0, covariance / sqrt(first_var * second_var)))
