"""Times of the day at which services last longer or shorter than usual: as few periods as the log asks for."""

from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Final

import numpy as np

from sim.analysis.fit.arrivals import interval_index, intervals_of
from sim.analysis.fit.calllog import CallLog
from sim.model.streams import Floats

MIN_SERVICES: Final = 200
"""Services in a period."""
MOST: Final = 8
PRICE: Final = 3.0
"""What one more period must explain, in times of log(services): a place and a level, found by looking everywhere."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin` to `end` (ms after midnight) services last `factor` times what their tier's law says."""

    begin: int
    end: int
    factor: float


def handling_periods(served: CallLog, expected: Floats) -> tuple[Period, ...]:
    """Return the periods of the day, covering all of it, and their factors.

    Args:
        served: The calls with a usable service time.
        expected: What their laws say each of them takes on average, seconds, shape (calls,).

    Binary segmentation of the ratio of the two: the split that explains most is made while it explains more than
    Schwarz's criterion asks for it.
    """
    step, total = served.columns.interval, intervals_of(served)
    services, interval = served.service, interval_index(served)
    ratio = services / expected
    number = np.bincount(interval, minlength=total).astype(np.float64)
    ratios = np.bincount(interval, weights=ratio, minlength=total).astype(np.float64)
    price = PRICE * log(max(len(services), 2)) * float(ratio.var())
    edges = [0, total]
    while len(edges) - 1 < MOST:
        splits = [
            (_gain(number, ratios, a, middle, b), middle)
            for a, b in pairwise(edges)
            for middle in range(a + 1, b)
            if min(number[a:middle].sum(), number[middle:b].sum()) >= MIN_SERVICES
        ]
        gain, middle = max(splits, default=(0.0, 0))
        if gain <= price:
            break
        edges = sorted([*edges, middle])
    real, planned = np.bincount(interval, services, total), np.bincount(interval, expected, total)
    return tuple(
        Period(a * step, b * step, float(real[a:b].sum() / planned[a:b].sum()) if planned[a:b].sum() else 1.0)
        for a, b in pairwise(edges)
    )


def _gain(number: Floats, ratios: Floats, a: int, middle: int, b: int) -> float:
    """Return how much less the squares are when the two sides of `middle` have means of their own."""
    left, right = number[a:middle].sum(), number[middle:b].sum()
    apart = ratios[a:middle].sum() / left - ratios[middle:b].sum() / right
    return float(left * right / (left + right) * apart * apart)
