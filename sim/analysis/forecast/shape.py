"""How a day's calls spread over its intervals and queues: shares by weekday, drawn towards those of the other days.

The shares of a weekday are a Dirichlet mean: its own calls plus `k` calls spread as on the other weekdays (the
Poisson-gamma shrinkage of rates, given the day's total). `k` is the one of a grid under which the weekday's own calls
were likeliest, so a Tuesday borrows nearly all from its neighbours and a short Friday nearly nothing. Older days count
less. What half hours vary beyond Poisson when the day's total is known is measured on days left out one at a time.

Sources: Minka, "Estimating a Dirichlet distribution", 2000 (the Polya likelihood); Jongbloed and Koole, "Managing
uncertainty in call centres using Poisson mixtures", 2001.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln

from sim.analysis.forecast.history import History
from sim.model.streams import Floats, Ints

HALF_LIFE_DAYS: Final = 42.0
"""A day six weeks old counts half."""
BORROWED: Final = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
"""Calls borrowed from the other weekdays."""
FLOOR: Final = 0.5
"""Calls in all cells of the other weekdays together, so that none is impossible."""
SURELY_OPEN: Final = 5.0
"""Calls that would have come if the weekday were like the others: none seen in so many is no chance (e^-5)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of the days of a week."""

    shares: Floats
    """Shares of a day's calls, shape (7, queues, intervals); each weekday adds up to 1."""
    cv2: float
    """Squared coefficient of variation of an interval's rate, all queues, when the day's total is known."""


def shape_of(past: History) -> Shape:
    """Return the shares by weekday, learnt from all days of `past`."""
    cells = past.calls.reshape(len(past.days), -1)
    weekdays = past.weekdays
    weights = recency(past.days, HALF_LIFE_DAYS)
    own = np.array([cells[weekdays == w].T @ weights[weekdays == w] for w in range(7)])
    others = own.sum(axis=0) - own + FLOOR / cells.shape[1]
    # A log of one weekday only has nothing to borrow from.
    prior = others / others.sum(axis=1, keepdims=True)
    borrowed = np.array([_borrowed(own[w], prior[w]) for w in range(7)])
    raw = np.array([cells[weekdays == w].sum(axis=0) for w in range(7)])
    shut = (raw == 0) & (raw.sum(axis=1, keepdims=True) * prior > SURELY_OPEN)
    shut |= raw.sum(axis=0) == 0
    shares = _shares(own, prior, borrowed[:, None], shut)
    left_out = own[weekdays] - weights[:, None] * cells
    without = _shares(left_out, prior[weekdays], borrowed[weekdays][:, None], shut[weekdays])
    shape = (-1, *past.calls.shape[1:])
    cv2 = _surplus(past.calls.sum(axis=1), without.reshape(shape).sum(axis=1))
    return Shape(shares.reshape(shape), cv2)


def recency(days: Ints, half_life: float) -> Floats:
    """Return the weights of days that count less the older they are; the newest counts 1."""
    return np.asarray(0.5 ** ((days[-1] - days) / half_life))


def _shares(
    own: Floats, prior: Floats, borrowed: Floats, shut: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> Floats:
    mixed = np.where(shut, 0.0, own + borrowed * prior)
    return np.asarray(mixed / np.maximum(mixed.sum(axis=1, keepdims=True), 1e-12))


def _borrowed(own: Floats, prior: Floats) -> float:
    """Return how many calls to borrow: the likeliest under the Polya law."""
    total = own.sum()
    if total <= 0:
        return BORROWED[-1]
    used = own > 0
    fits = [
        float(gammaln(k) - gammaln(k + total) + (gammaln(own + k * prior) - gammaln(k * prior))[used].sum())
        for k in BORROWED
    ]
    return BORROWED[int(np.argmax(fits))]


def _surplus(calls: Floats, shares: Floats) -> float:
    """Return the squared cv of interval rates beyond what Poisson noise and the day's total explain.

    Given the total N, a count has mean Np and variance Np(1 - p) + cv2 (Np)^2: the moments are equated.
    """
    expected = calls.sum(axis=1, keepdims=True) * shares
    beyond = (calls - expected) ** 2 - expected * (1 - shares)
    return max(0.0, float(beyond.sum() / max(float((expected**2).sum()), 1e-12)))
