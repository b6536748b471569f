"""Forecasts of a library beside ours, on the same mornings and days: is ours worth its keep?

`python -m benchmarks.forecast_models MAP.yaml LOG...` needs `pip install statsmodels` (it is no part of the product:
with what it brings it is larger than all the rest). Its models know days; half hours are their day's total times the
mean course of that weekday so far. ETS takes the seasonal naive's word where it has seen less than two weeks.

Like is set beside like: absolute errors are least for the middle of what may come (the median), expected calls (the
mean) lie above it, the more so the less is known. A forecast that is planned by is a mean; the models' own words, taken
back from logarithms, are medians. So both are printed of each, where there are both (Gneiting, "Making and evaluating
point forecasts", JASA 106, 2011).
"""

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from callcenter.cli.logs import read_calls
from sim.analysis.forecast.daylevel import MOST_VARIANCE
from sim.analysis.forecast.history import History, history_of
from sim.analysis.forecast.levels import Levels, levels_of
from sim.analysis.forecast.predict import predict
from sim.analysis.forecast.rolling import WEEK, last_same, mornings_of, rolling_test
from sim.model.streams import Floats

SOME: Final = 0.5
"""Calls of a day without any, where a logarithm is taken."""


def smoothing(known: History, days: list[int]) -> tuple[Floats, Floats | None]:
    """Return ETS(A,N,A) on the logarithms of open days, its season the open weekdays (Hyndman and others, 2008)."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    open_ = sorted({int(day) % WEEK for day in known.days})
    if len(known.days) < 2 * len(open_):
        places = [last_same(known, day) for day in days]
        return np.array([float(known.totals[place]) for place in places if place is not None]), None
    fitted = ExponentialSmoothing(
        np.log(known.totals), trend=None, seasonal="add", seasonal_periods=len(open_), initialization_method="estimated"
    ).fit()
    last = int(known.days[-1])
    steps = [sum(day % WEEK in open_ for day in range(last + 1, ahead + 1)) for ahead in days]
    return np.exp(fitted.forecast(max(steps)))[np.array(steps) - 1], None


def structure(known: History, days: list[int], trend: str = "local level") -> tuple[Floats, Floats | None]:
    """Return a structural model with a weekly season on the logarithms, holes left out (Harvey 1989)."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    first, last = int(known.days[0]), int(known.days[-1])
    series = np.full(last - first + 1, np.nan)
    series[known.days - first] = np.log(np.maximum(known.totals, SOME))
    open_ = np.isin(np.array(days) % WEEK, known.days % WEEK)
    fitted = UnobservedComponents(series, trend, seasonal=WEEK).fit(disp=False, maxiter=200)
    ahead = fitted.get_forecast(days[-1] - last)
    at = np.array(days) - last - 1
    mean, variance = ahead.predicted_mean[at], np.minimum(ahead.var_pred_mean[at], MOST_VARIANCE)
    return np.exp(mean) * open_, np.exp(mean + variance / 2) * open_


def trending(known: History, days: list[int]) -> tuple[Floats, Floats | None]:
    """Return the same with a slope that wanders."""
    return structure(known, days, "local linear trend")


Model = Callable[[History, list[int]], tuple[Floats, Floats | None]]
"""Medians and means of the day totals as a past foretells them."""
MODELS: Final[dict[str, Model]] = {
    "ETS(A,N,A)": smoothing,
    "local level, weekly season": structure,
    "local trend, weekly season": trending,
}


def errors_of(
    past: History, told: Callable[[History, int, list[int]], list[list[Floats]]]
) -> list[tuple[float, float]]:
    """Return WAPE by day and by interval over all mornings, of each list of days by interval that is told."""
    row = {int(day): i for i, day in enumerate(past.days)}
    sums: list[list[float]] = []
    calls = 0.0
    for morning in mornings_of(past):
        known = past.before(morning)
        wanted = [day for day in range(morning, morning + WEEK) if day in row and last_same(known, day) is not None]
        if not wanted:
            continue
        real = [past.calls[row[day]].sum(axis=0) for day in wanted]
        calls += float(np.sum(real))
        ways = told(known, morning, wanted)
        sums = sums or [[0.0, 0.0] for _ in ways]
        for way, days in zip(sums, ways, strict=True):
            way[0] += sum(abs(float(day.sum() - came.sum())) for day, came in zip(days, real, strict=True))
            way[1] += sum(float(np.abs(day - came).sum()) for day, came in zip(days, real, strict=True))
    return [(day / calls, interval / calls) for day, interval in sums]


def of_library(model: Model) -> Callable[[History, int, list[int]], list[list[Floats]]]:
    """Return what a model of days tells of intervals: medians, then means where it has some."""

    def told(known: History, morning: int, days: list[int]) -> list[list[Floats]]:
        courses = [course(known, day) for day in days]
        ways = [totals for totals in model(known, days) if totals is not None]
        return [[total * each for total, each in zip(totals, courses, strict=True)] for totals in ways]

    return told


def of_ours(levels: Levels) -> Callable[[History, int, list[int]], list[list[Floats]]]:
    """Return the same of ours."""

    def told(known: History, morning: int, days: list[int]) -> list[list[Floats]]:
        found = [day.calls for day in predict(known, levels, morning, days, {}, by_tier=False)]
        rates = levels.whole.before(morning, days)
        return [[calls * part for calls, part in zip(found, rates.middle / rates.calls, strict=True)], found]

    return told


def course(known: History, day: int) -> Floats:
    """Return the mean share of each interval on that weekday so far."""
    same = known.calls[(day - known.days) % WEEK == 0].sum(axis=(0, 1))
    return np.asarray(same / same.sum())


def main(columns: str, *logs: str) -> None:
    """Print the table."""
    warnings.simplefilter("ignore")  # of fits on two weeks: what they foretell is what counts
    past = history_of(read_calls([Path(log) for log in logs], Path(columns), None, None))
    levels = levels_of(past, {}, [past.last + WEEK], mornings_of(past))
    ours = rolling_test(past, levels, {})
    print(f"{ours.mornings} mornings, {ours.days} days foretold; WAPE by day, by interval: of the median, of the mean")
    print(f"{'seasonal naive':30}{ours.naive.wape_day:8.1%}{ours.naive.wape_interval:8.1%}", flush=True)
    for name, told in {"ours": of_ours(levels), **{name: of_library(model) for name, model in MODELS.items()}}.items():
        ways = errors_of(past, told)
        print(f"{name:30}" + "   ".join(f"{day:8.1%}{interval:8.1%}" for day, interval in ways), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
