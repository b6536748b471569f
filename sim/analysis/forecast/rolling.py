"""Backtest of a forecast: on many past mornings the days after are predicted and compared with what came.

Nothing of the days foretold, nor of any after, is used. The same mornings and days are foretold by the seasonal naive:
each interval as on the last known date of the same weekday. WAPE is the sum of absolute errors over the sum of calls;
its denominator is the same for both, so the ratio of two WAPEs is that of their mean absolute errors. Source: Tashman,
"Out-of-sample tests of forecasting accuracy", Int. J. Forecasting 16, 2000 (rolling origins); Hyndman and Koehler,
"Another look at measures of forecast accuracy", Int. J. Forecasting 22, 2006.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from callcenter.config.words import date_text
from callcenter.errors import BadInput
from sim.analysis.forecast.history import History
from sim.analysis.forecast.levels import Levels
from sim.analysis.forecast.predict import DayForecast, predict
from sim.analysis.forecast.specials import Specials
from sim.experiment.progress import Progress, tell_nobody
from sim.model.streams import Floats

WEEK: Final = 7
LEARN_DAYS: Final = 2 * WEEK
"""Before the first morning: each weekday twice."""
NEEDED_WEEKS: Final = 3
"""Two to learn from and one to test on."""
MOST_WEEKS_AHEAD: Final = 4
MOST_MORNINGS: Final = 120
"""The latest ones are taken."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one way to forecast, over all mornings and days."""

    wape_day: float
    wape_interval: float
    mae_day: float
    """Calls."""
    mae_interval: float
    """Calls, over the intervals in which calls came or were expected."""
    aht_mae_s: float | None
    """Of a day's mean handling time, seconds."""
    coverage_day: float | None = None
    """Share of the days inside their 95 % range; None: it gives no range."""
    coverage_interval: float | None = None


@dataclass(frozen=True, slots=True)
class RollingTest:
    """The errors of the method and of the seasonal naive on the same days."""

    method: Errors
    naive: Errors
    mornings: int
    days: int
    """Pairs of a morning and a day foretold on it."""
    days_ahead: int
    """The days foretold are those from the morning itself up to this many days on."""

    @property
    def better(self) -> bool:
        """Whether the method's errors are the smaller ones, per day and per interval."""
        return self.method.wape_day < self.naive.wape_day and self.method.wape_interval < self.naive.wape_interval


@dataclass(slots=True)
class _Sums:
    day: list[float] = field(default_factory=list)
    interval: list[Floats] = field(default_factory=list)
    aht: list[float] = field(default_factory=list)
    inside_day: list[bool] = field(default_factory=list)
    inside: list[np.ndarray[tuple[int], np.dtype[np.bool_]]] = field(default_factory=list)

    def errors(self, calls: float) -> Errors:
        absolute = np.concatenate(self.interval)
        ranged = bool(self.inside_day)
        return Errors(
            sum(self.day) / calls,
            float(absolute.sum()) / calls,
            float(np.mean(self.day)),
            float(absolute.mean()),
            float(np.mean(self.aht)) if self.aht else None,
            float(np.mean(self.inside_day)) if ranged else None,
            float(np.concatenate(self.inside).mean()) if ranged else None,
        )


def check_long_enough(past: History | None, source: str) -> None:
    """Refuse a past that is too short to learn from and to test on."""
    days = 0 if past is None or not len(past.days) else past.last - past.first + 1
    if days < NEEDED_WEEKS * WEEK:
        raise BadInput(
            "{source}: {days} days are too short a log for a forecast: {needed_weeks} weeks are "
            "needed, two to learn from and one to test on; give more logs",
            source=source,
            days=days,
            needed_weeks=NEEDED_WEEKS,
        )


def weeks_ahead(past: History, farthest: int) -> int:
    """Return how many weeks ahead to test: as far as is asked for, if the log is long enough for it."""
    wished = -(-(farthest - past.last) // WEEK)
    room = (past.last - past.first + 1 - LEARN_DAYS) // WEEK
    return max(1, min(wished, room, MOST_WEEKS_AHEAD))


def mornings_of(past: History) -> list[int]:
    """Return the mornings to forecast on."""
    return list(range(past.first + LEARN_DAYS, past.last + 1))[-MOST_MORNINGS:]


def rolling_test(
    past: History, levels: Levels, specials: Specials, *, weeks: int = 1, progress: Progress = tell_nobody
) -> RollingTest:
    """Return the errors on the log's own days.

    Args:
        past: The whole log.
        levels: The filters over it, which remember `mornings_of(past)`.
        specials: Special days.
        weeks: How far ahead to foretell.
        progress: Told how many mornings are done, and of how many.
    """
    mornings = mornings_of(past)
    row = {int(day): i for i, day in enumerate(past.days)}
    ours, naive = _Sums(), _Sums()
    calls = 0.0
    for done, morning in enumerate(mornings):
        progress(done, len(mornings))
        known = past.before(morning)
        wanted = [day for day in range(morning, morning + weeks * WEEK) if day in row]
        same = {day: last for day in wanted if (last := last_same(known, day)) is not None}
        if not same:
            continue
        for found in predict(known, levels, morning, list(same), specials, by_tier=False):
            calls += _compare(found, past, row[found.day], same[found.day], ours, naive)
    progress(len(mornings), len(mornings))
    if not ours.day or not calls:
        raise BadInput(
            "the log from {first} to {last} has no weekday that comes again after two weeks: "
            "{needed_weeks} weeks with calls are needed",
            first=date_text(past.first),
            last=date_text(past.last),
            needed_weeks=NEEDED_WEEKS,
        )
    return RollingTest(ours.errors(calls), naive.errors(calls), len(mornings), len(ours.day), weeks * WEEK)


def last_same(known: History, day: int) -> int | None:
    """Return the row of the last known date of the same weekday."""
    rows = np.nonzero((day - known.days) % WEEK == 0)[0]
    return int(rows[-1]) if len(rows) else None


def _compare(found: DayForecast, past: History, real_row: int, naive_row: int, ours: _Sums, naive: _Sums) -> float:
    """Note the errors of one day and return its calls."""
    real, before = (past.calls[i].sum(axis=0) for i in (real_row, naive_row))
    total = float(real.sum())
    open_ = (real > 0) | (before > 0) | (found.high > 0)
    ours.day.append(abs(found.total - total))
    naive.day.append(abs(float(before.sum()) - total))
    ours.interval.append(np.abs(found.calls - real)[open_])
    naive.interval.append(np.abs(before - real)[open_])
    ours.inside_day.append(found.total_low <= total <= found.total_high)
    ours.inside.append(((found.low <= real) & (real <= found.high))[open_])
    times = [_mean_aht(past, i) for i in (real_row, naive_row)]
    told = found.mean_aht_s
    if told is not None and times[0] is not None and times[1] is not None:
        ours.aht.append(abs(told - times[0]))
        naive.aht.append(abs(times[1] - times[0]))
    return total


def _mean_aht(past: History, row: int) -> float | None:
    served = float(past.served[row].sum())
    return float(past.service_s[row].sum()) / served if served else None
