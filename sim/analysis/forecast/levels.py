"""Which day levels suit a log: with the time of the year or without it, of all calls together or of a queue alone.

A log of a year and some weeks decides it by its own errors: on one morning a week, of a year at most, the days are
foretold as far ahead as is asked for, in each way, from what was known then. A queue that is best foretold alone (it
has a season or a trend that others have not) gets a level of its own; what all queues come to stays the forecast of
all calls, and only how it parts into queues goes by their own levels (forecast proportions). A shorter log cannot tell
the time of the year from the level: there all queues share one level without it.

Sources: Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter", 1989, 2.3.4 (waves); Tashman, Int.
J. Forecasting 16, 2000 (choice by rolling origins); Athanasopoulos, Ahmed and Hyndman, "Hierarchical forecasts for
Australian domestic tourism", Int. J. Forecasting 25, 2009 (forecast proportions).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from sim.analysis.forecast.daylevel import DayLevels
from sim.analysis.forecast.history import History, weekday_of
from sim.analysis.forecast.shape import HALF_LIFE_DAYS, recency
from sim.analysis.forecast.specials import Specials
from sim.model.streams import Floats, Ints

WEEK: Final = 7
YEAR_WEEKS: Final = 52
LONG_DAYS: Final = 60 * WEEK
"""A year to see all its times, and eight weeks to test on."""
FEWEST_CALLS: Final = 5.0
"""Of a queue, on a day: the level of one with fewer is mostly chance."""
Told = Callable[[int, Sequence[int]], Floats]
"""Calls of some days as they were foretold on a morning."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Errors of the ways to foretell something; the smallest was taken."""

    errors: dict[str, float]
    """WAPE of day totals, by way: `level`, `year`, of a queue also `share` (of all calls)."""

    @property
    def taken(self) -> str:
        """The way with the smallest error; of equals the plainest, which stands first."""
        return min(self.errors, key=lambda way: self.errors[way])


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a log: of all its calls, and of those queues that are better foretold alone."""

    whole: DayLevels
    queues: tuple[DayLevels | None, ...]
    """In the order of the log's queues; None: a share of all calls."""
    choice: Choice | None = None
    """Of all calls; None: the log is too short to tell."""
    queue_choices: tuple[Choice | None, ...] = ()
    """Likewise of each queue."""
    weeks: int = 1
    """How far ahead the errors were measured."""

    def parted(self, shares: Floats, morning: int, days: Sequence[int]) -> Floats:
        """Return the shares of the intervals and queues with the queues' own levels taken in.

        Args:
            shares: Of a day's calls by the course of past weeks, shape (days, queues, intervals).
            morning: On which it is foretold.
            days: Local day numbers.
        """
        own = [q for q, levels in enumerate(self.queues) if levels is not None]
        if not own:
            return shares
        whole = self.whole.before(morning, days).calls
        found = shares.copy()
        for q in own:
            levels = self.queues[q]
            assert levels is not None
            usual = shares[:, q].sum(axis=1)
            scale = levels.before(morning, days).calls / np.maximum(usual * whole, 1e-9)
            found[:, q] *= scale[:, None]
        return np.asarray(found / np.maximum(found.sum(axis=(1, 2), keepdims=True), 1e-12))


def levels_of(past: History, specials: Specials, wanted: Sequence[int], mornings: Iterable[int]) -> Levels:
    """Return the levels that suit a log.

    Args:
        past: The log.
        specials: Special days, past and to come.
        wanted: Days to foretell, in order.
        mornings: On which forecasts will be made, beside the one after the log.
    """
    kept = {*mornings, past.last + 1}
    weeks = min(YEAR_WEEKS, max(1, -(-(wanted[-1] - past.last) // WEEK)))
    nobody = (None,) * past.calls.shape[1]
    if past.last - past.first + 1 < LONG_DAYS:
        return Levels(DayLevels(past.days, past.totals, specials, wanted, kept), nobody)
    whole, choice = _best(past.days, past.totals, specials, wanted, kept, weeks, {})
    assert whole is not None
    queues: list[DayLevels | None] = []
    choices: list[Choice | None] = []
    for q in range(past.calls.shape[1] if past.calls.shape[1] > 1 else 0):
        levels, found = _of_queue(past, q, whole, specials, wanted, kept, weeks)
        queues.append(levels)
        choices.append(found)
    return Levels(whole, tuple(queues) or nobody, choice, tuple(choices), weeks)


def weekly_mornings(first: int, last: int) -> list[int]:
    """Return the mornings that a choice is made by: one a week, a year of them at most, a year of log before each."""
    return list(range(last - WEEK + 1, first + YEAR_WEEKS * WEEK - 1, -WEEK))[:YEAR_WEEKS][::-1]


def _of_queue(
    past: History,
    queue: int,
    whole: DayLevels,
    specials: Specials,
    wanted: Sequence[int],
    kept: set[int],
    weeks: int,
) -> tuple[DayLevels | None, Choice | None]:
    """Return a queue's own levels if it is better foretold by them."""
    calls = past.calls[:, queue].sum(axis=1)
    weekdays = past.weekdays
    # On weekdays without a call it is closed, and before its first call it was not there.
    open_ = np.isin(weekdays, np.unique(weekdays[calls > 0]))
    open_[: int(np.argmax(calls > 0))] = False
    days, totals = past.days[open_], calls[open_]
    if not len(days) or past.last - int(days[0]) + 1 < LONG_DAYS or totals.mean() < FEWEST_CALLS:
        return None, None

    def share(morning: int, some: Sequence[int]) -> Floats:
        known = past.days < morning
        weights = recency(past.days[known], HALF_LIFE_DAYS)
        mine, all_ = (
            np.bincount(weekdays[known], weights=weights * counted[known], minlength=WEEK)
            for counted in (calls, past.totals)
        )
        at = [weekday_of(day) for day in some]
        return np.asarray((mine / np.maximum(all_, 1e-9))[at] * whole.before(morning, some).middle)

    return _best(days, totals, specials, wanted, kept, weeks, {"share": share})


def _best(
    days: Ints,
    totals: Floats,
    specials: Specials,
    wanted: Sequence[int],
    kept: set[int],
    weeks: int,
    others: dict[str, Told],
) -> tuple[DayLevels | None, Choice]:
    """Return the levels with the smallest error, or None where one of the other ways has it; and all errors."""
    mornings = weekly_mornings(int(days[0]), int(days[-1]))
    filters = {
        name: DayLevels(days, totals, specials, wanted, {*kept, *mornings}, yearly=yearly)
        for name, yearly in (("level", False), ("year", True))
    }
    ways = others | {name: partial(_middle, levels) for name, levels in filters.items()}
    choice = Choice({name: _error(days, totals, told, mornings, weeks) for name, told in ways.items()})
    return filters.get(choice.taken), choice


def _middle(levels: DayLevels, morning: int, days: Sequence[int]) -> Floats:
    return levels.before(morning, days).middle


def _error(days: Ints, totals: Floats, told: Told, mornings: Sequence[int], weeks: int) -> float:
    """Return the WAPE of the days that were foretold."""
    apart = calls = 0.0
    for morning in mornings:
        ahead = (days >= morning) & (days < morning + weeks * WEEK)
        if not ahead.any():
            continue
        real = totals[ahead]
        apart += float(np.abs(told(morning, days[ahead].tolist()) - real).sum())
        calls += float(real.sum())
    return apart / calls if calls else 0.0
