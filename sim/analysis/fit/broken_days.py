"""Days that a log does not hold in whole: it begins, ends or pauses while on other such days calls come."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np

from sim.model.streams import Floats

MISSED: Final = 30.0
"""Calls that other days have at a time at which this one has none: chance does that once in 10**13 days."""
WEEK: Final = 7


def broken_days(days: Sequence[int], calls: Floats) -> list[int]:
    """Return the first and the last day of a log, where it begins after the others of that weekday or ends before.

    Args:
        days: Local day numbers, in order.
        calls: Of each by interval, shape (days, intervals).

    >>> week = np.full((3, 4), 40.0)
    >>> week[2, 2:] = 0
    >>> broken_days([1, 8, 15], week), broken_days([1, 9, 17], week)
    ([15], [])
    """
    edges = ((0, 0, 0), (-1, 1, calls.shape[1])) if len(days) > 1 else ()
    found = []
    for row, side, edge in edges:
        hole = hole_of(calls[row], usual) if (usual := usual_of(days, calls, days[row])) is not None else None
        if hole is not None and hole[side] == edge:
            found.append(days[row])
    return found


def usual_of(days: Sequence[int], calls: Floats, day: int) -> Floats | None:
    """Return the median of the other days of a day's weekday, by interval; None: there is none."""
    alike = [row for row, date in enumerate(days) if date != day and (date - day) % WEEK == 0]
    return np.asarray(np.median(calls[alike], axis=0)) if alike else None


def hole_of(calls: Floats, usual: Floats) -> tuple[int, int] | None:
    """Return the intervals from, and to, in which a day has no call and by what is usual would have many.

    >>> hole_of(np.array([40.0, 0, 0, 40]), np.array([50.0, 50, 50, 50])), hole_of(np.ones(4), np.ones(4))
    ((1, 3), None)
    """
    for empty, places in groupby(range(len(calls)), key=lambda place: calls[place] == 0):
        run = list(places)
        within = float(usual[run].sum())
        around = float(usual.sum()) - within
        if empty and around > 0 and within * float(calls.sum()) / around > MISSED:
            return run[0], run[-1] + 1
    return None
