"""Places among customers, and grades cut from them, so that equal customers are treated equally.

A place is a mid-rank, counted from the best: how many are better, and half of those who are equal, oneself included.
So a group of equals is never split, it goes where its middle lies; no order of rows can matter; and whoever rises
can only come nearer to the first place.

Source of mid-ranks: Kendall, "The treatment of ties in ranking problems", Biometrika 33(3), 1945.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from callcenter.customers.columns import Floats, Ints

SLACK: Final = 1e-9
"""Shares that should add up to a boundary may miss it by their last binary digit."""
BITS: Final = 40
"""Sums are compared to so many binary digits (twelve decimal ones): rounding makes nobody better."""


@dataclass(frozen=True, slots=True)
class Step:
    """How many customers have a grade: a share of all, a count, or (neither) all the others."""

    grade: str
    share: float | None = None
    count: int | None = None


def places(values: Floats) -> Floats:
    """Return the place of each value from the highest: 0.5 is alone at the top of all; nan stays nan.

    >>> places(np.array([10.0, 30.0, 30.0, 5.0, np.nan]))
    array([2.5, 1. , 1. , 3.5, nan])
    """
    found = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    _, inverse, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    above = known.sum() - below - counts
    found[known] = (above + counts / 2)[inverse]
    return found


def cut(values: Floats, steps: Sequence[Step]) -> Ints:
    """Return for each value the index of its step, the highest values in the first one.

    What is not known (nan) is in the last step, and counts among all of whom the steps take their shares.

    >>> cut(np.array([5.0, 1.0, 3.0, np.nan]), [Step("top", share=0.25), Step("next", count=1), Step("rest")])
    array([0, 2, 1, 2])
    """
    n = len(values)
    bounds = np.cumsum([n * s.share if s.share is not None else s.count or 0 for s in steps[:-1]])
    place = places(values)
    found = np.searchsorted(bounds, place - SLACK * max(1, n), side="left").astype(np.int64)
    found[np.isnan(place)] = len(steps) - 1
    return found


def standing(values: Floats) -> Floats:
    """Return how far up each value is among all, above 0 and below 1; what is not known stands at 0.

    >>> standing(np.array([10.0, 30.0, 20.0, 40.0])), standing(np.array([7.0, 7.0])), standing(np.array([np.nan]))
    (array([0.125, 0.625, 0.375, 0.875]), array([0.5, 0.5]), array([0.]))
    """
    return np.nan_to_num(1 - places(values) / max(1, len(values)), nan=0.0)


def steady(values: Floats) -> Floats:
    """Return values rounded to `BITS` binary digits: sums that are equal on paper compare equal.

    >>> bool(0.1 + 0.2 == 0.3), bool(steady(np.array([0.1 + 0.2]))[0] == steady(np.array([0.3]))[0])
    (False, True)
    """
    fraction, power = np.frexp(values)
    return np.asarray(np.ldexp(np.round(np.ldexp(fraction, BITS)), power - BITS), np.float64)


def told_place(place: float, customers: int) -> str:
    """Return a place in words; equals share one.

    >>> told_place(0.5, 40), told_place(2.0, 40)
    ('place 1 of 40', 'place 2 of 40')
    """
    return f"place {int(place + 0.5):,} of {customers:,}"


def told_step(steps: Sequence[Step], at: int) -> str:
    """Return in words whom a step takes.

    >>> told_step([Step("gold", share=0.05), Step("lead")], 0), told_step([Step("gold", count=5), Step("lead")], 1)
    ('the top 5 %', 'the others')
    """
    step = steps[at]
    first = "the top" if at == 0 else "the next"
    if at == len(steps) - 1:
        return "all" if at == 0 else "the others"
    return f"{first} {100 * step.share:g} %" if step.share is not None else f"{first} {step.count:,}"
