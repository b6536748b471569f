"""Pasts of years with a known truth: queues with seasons and trends of their own."""

from types import SimpleNamespace
from typing import Final, cast

import numpy as np

from sim.analysis.fit.calllog import CallLog
from sim.analysis.forecast.daylevel import DayLevels
from sim.analysis.forecast.history import History, weekday_of
from sim.analysis.forecast.levels import Levels
from sim.analysis.forecast.predict import DayForecast
from sim.analysis.forecast.rolling import mornings_of
from sim.model.streams import Chance, Floats

MONDAY: Final = 20514
"""2026-03-02."""
WEEK: Final = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.3, 0.2])
HOURS: Final = np.array([1.0, 2.0, 4.0, 3.0, 2.0, 4.0, 3.0, 1.0]) / 20
YEAR: Final = 365.25
QUEUES: Final = ((300.0, 0.3, 0.0, 0.1), (120.0, 0.5, 3.0, 0.0), (60.0, 0.0, 0.0, 0.5))
"""Calls of a day, size of the season, its phase, growth a year."""


class Counted(SimpleNamespace):
    """Stands for the log of a past of which only counts are looked at."""

    def only(self, _: object) -> "Counted":
        """Return itself: nobody looks at its calls."""
        return self


def years(days: int, queues: tuple[tuple[float, ...], ...] = QUEUES, *, seed: int = 1) -> History:
    """Return a past of so many days; days differ by 5 % beyond Poisson, each queue by 3 % more."""
    rng = Chance(seed, 0).generator("years")
    there = np.arange(MONDAY, MONDAY + days)
    time = (there - MONDAY) / YEAR
    week = WEEK[[weekday_of(int(day)) for day in there]]
    busy = rng.gamma(400, 1 / 400, days)
    rates = [
        calls * week * busy * rng.gamma(1100, 1 / 1100, days)
        * np.exp(size * np.cos(2 * np.pi * time + phase) + growth * time)
        for calls, size, phase, growth in queues
    ]  # fmt: skip
    calls = rng.poisson(np.stack(rates, axis=1)[:, :, None] * HOURS).astype(float)
    nothing = np.zeros((days, len(HOURS)))
    names = tuple(f"q{n}" for n in range(len(queues)))
    return History(cast(CallLog, Counted(queues=names, day=there)), there, calls, nothing, nothing, nothing)


def plain(past: History, wanted: list[int]) -> Levels:
    """Return one level for all calls, without the time of the year."""
    whole = DayLevels(past.days, past.totals, {}, wanted, [*mornings_of(past), past.last + 1])
    return Levels(whole, (None,) * past.calls.shape[1])


def errors_by_queue(days: list[DayForecast], real: Floats) -> Floats:
    """Return the WAPE of each queue; `real` has the calls, shape (days, queues)."""
    found = np.array([day.streams.sum(axis=(1, 2)) for day in days])
    return cast(Floats, np.abs(found - real).sum(axis=0) / real.sum(axis=0))
