"""Mean handling times to come: a recent level, with factors by interval and weekday that must earn their place.

A factor is a credibility mean: the group's own mean, drawn towards that of all by `k` services, where `k` is the
variance inside groups over the variance between them, both estimated. Groups that do not differ get a factor of 1.
Source: Buhlmann and Straub, "Glaubwurdigkeit fur Schadensatze", 1970; Buhlmann and Gisler, "A Course in Credibility
Theory", 2005, chapter 4.
"""

from typing import Final

import numpy as np

from sim.analysis.forecast.history import History
from sim.analysis.forecast.shape import HALF_LIFE_DAYS, recency
from sim.model.streams import Floats

LEVEL_HALF_LIFE_DAYS: Final = 14.0


def handling_times(past: History) -> Floats | None:
    """Return mean handling times by weekday and interval, seconds, shape (7, intervals); None: the log tells none."""
    there = past.served.sum(axis=1) > 0
    if not there.any():
        return None
    days, weekdays = past.days[there], past.weekdays[there]
    served, seconds, squares = past.served[there], past.service_s[there], past.service_s2[there]
    recent = recency(days, LEVEL_HALF_LIFE_DAYS)
    level = float(recent @ seconds.sum(axis=1) / (recent @ served.sum(axis=1)))
    slow = recency(days, HALF_LIFE_DAYS)[:, None]
    number, total = (slow * served).sum(axis=0), (slow * seconds).sum(axis=0)
    within = float((slow * squares).sum() / number.sum() - (total.sum() / number.sum()) ** 2)
    by_interval = credible_factors(number, total, within)
    # Days differ more than their services do: the spread inside a weekday is that between its dates.
    means = seconds.sum(axis=1) / served.sum(axis=1)
    counted = np.bincount(weekdays, minlength=7).astype(np.float64)
    summed = np.bincount(weekdays, weights=means, minlength=7).astype(np.float64)
    centres = summed / np.maximum(counted, 1.0)
    spread = float(((means - centres[weekdays]) ** 2).sum() / max(1, len(days) - int((counted > 0).sum())))
    by_weekday = credible_factors(counted, summed, spread)
    return np.asarray(level * by_weekday[:, None] * by_interval[None, :])


def credible_factors(number: Floats, total: Floats, within: float) -> Floats:
    """Return the factor of each group: its credible mean over the mean of all.

    Args:
        number: Observations in each group, shape (n,).
        total: Their sums, shape (n,).
        within: Variance of single observations inside a group.

    >>> credible_factors(np.array([1000.0, 1000.0, 0.0]), np.array([90_000.0, 110_000.0, 0.0]), 100.0).round(2)
    array([0.9, 1.1, 1. ])
    """
    seen = number > 0
    whole = float(number.sum())
    overall = float(total.sum()) / whole
    means = np.where(seen, total / np.maximum(number, 1e-12), overall)
    freedom = whole - float((number**2).sum()) / whole
    between = (float((number * (means - overall) ** 2).sum()) - (int(seen.sum()) - 1) * within) / max(freedom, 1e-12)
    if between <= 0:
        return np.ones(len(number))
    credibility = number / (number + within / between)
    return np.asarray(1 + credibility * (means / overall - 1))
