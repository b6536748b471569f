"""Forecasts of a library beside ours, on the same mornings and days: is ours worth its keep?

`python -m benchmarks.forecast_models MAP.yaml LOG...` needs `pip install statsmodels` (it is no part of the product:
with what it brings it is larger than all the rest). Its models know days; half hours are their day's total times the
mean course of that weekday so far. ETS takes the seasonal naive's word where it has seen less than two weeks.
"""

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from callcenter.cli.logs import read_calls
from sim.analysis.forecast.daylevel import DayLevels
from sim.analysis.forecast.history import History, history_of
from sim.analysis.forecast.rolling import WEEK, last_same, mornings_of, rolling_test
from sim.model.streams import Floats

SOME: Final = 0.5
"""Calls of a day without any, where a logarithm is taken."""


def smoothing(known: History, days: list[int]) -> list[float]:
    """Return ETS(A,N,A) on the logarithms of open days, its season the open weekdays (Hyndman and others, 2008)."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    open_ = sorted({int(day) % WEEK for day in known.days})
    if len(known.days) < 2 * len(open_):
        places = [last_same(known, day) for day in days]
        return [float(known.totals[place]) for place in places if place is not None]
    fitted = ExponentialSmoothing(
        np.log(known.totals), trend=None, seasonal="add", seasonal_periods=len(open_), initialization_method="estimated"
    ).fit()
    last = int(known.days[-1])
    steps = [sum(day % WEEK in open_ for day in range(last + 1, ahead + 1)) for ahead in days]
    return [float(np.exp(fitted.forecast(max(steps))[step - 1])) for step in steps]


def structure(known: History, days: list[int], trend: str = "local level") -> list[float]:
    """Return a structural model with a weekly season on the logarithms, holes left out (Harvey 1989)."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    first, last = int(known.days[0]), int(known.days[-1])
    series = np.full(last - first + 1, np.nan)
    series[known.days - first] = np.log(np.maximum(known.totals, SOME))
    open_ = {int(day) % WEEK for day in known.days}
    fitted = UnobservedComponents(series, trend, seasonal=WEEK).fit(disp=False, maxiter=200)
    ahead = fitted.forecast(days[-1] - last)
    return [float(np.exp(ahead[day - last - 1])) if day % WEEK in open_ else 0.0 for day in days]


def damped(known: History, days: list[int]) -> list[float]:
    """Return the same with a slope that wanders."""
    return structure(known, days, "local linear trend")


MODELS: Final[dict[str, Callable[[History, list[int]], list[float]]]] = {
    "ETS(A,N,A)": smoothing,
    "local level, weekly season": structure,
    "local trend, weekly season": damped,
}


def errors_of(past: History, model: Callable[[History, list[int]], list[float]]) -> tuple[float, float]:
    """Return WAPE by day and by interval over all mornings."""
    row = {int(day): i for i, day in enumerate(past.days)}
    day_error = interval_error = calls = 0.0
    for morning in mornings_of(past):
        known = past.before(morning)
        wanted = [day for day in range(morning, morning + WEEK) if day in row and last_same(known, day) is not None]
        if not wanted:
            continue
        for day, told in zip(wanted, model(known, wanted), strict=True):
            real = past.calls[row[day]].sum(axis=0)
            calls += float(real.sum())
            day_error += abs(told - float(real.sum()))
            interval_error += float(np.abs(told * course(known, day) - real).sum())
    return day_error / calls, interval_error / calls


def course(known: History, day: int) -> Floats:
    """Return the mean share of each interval on that weekday so far."""
    same = known.calls[(day - known.days) % WEEK == 0].sum(axis=(0, 1))
    return np.asarray(same / same.sum())


def main(columns: str, *logs: str) -> None:
    """Print the table."""
    warnings.simplefilter("ignore")  # of fits on two weeks: what they foretell is what counts
    past = history_of(read_calls([Path(log) for log in logs], Path(columns), None, None))
    specials: Any = {}
    days = list(range(past.last + 1, past.last + 1 + WEEK))
    ours = rolling_test(past, DayLevels(past.days, past.totals, specials, days, mornings_of(past)), specials)
    print(f"{ours.mornings} mornings, {ours.days} days foretold; WAPE by day, by interval")
    table = {"ours": ours.method, "seasonal naive": ours.naive}
    for name, errors in table.items():
        print(f"{name:30}{errors.wape_day:8.1%}{errors.wape_interval:8.1%}", flush=True)
    for name, model in MODELS.items():
        by_day, by_interval = errors_of(past, model)
        print(f"{name:30}{by_day:8.1%}{by_interval:8.1%}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
