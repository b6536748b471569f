"""Rates of many kinds of calls, each by its own evidence: much of it, its own rate; little, the common one.

The kinds' true rates are taken to be the common rate times multipliers that are spread about 1. The spread is estimated
from how far the observed ones lie apart beyond chance; each estimate is then drawn towards 1 as far as its chance error
is large beside that spread. No threshold says from how many events on a kind counts.

Sources: Clayton and Kaldor, Biometrics 43, 1987 (gamma multipliers); Marshall, Applied Statistics 40, 1991 (the
spread by moments).
"""

import numpy as np

from sim.model.streams import Floats


def multipliers(events: Floats, expected: Floats) -> Floats:
    """Return by how much the rate of each kind is above the common one.

    Args:
        events: Seen of each kind, count.
        expected: Events of each kind if all had the common rate, above 0.

    >>> multipliers(np.array([200.0, 50.0, 3.0]), np.array([100.0, 100.0, 1.0])).round(2)
    array([1.98, 0.52, 1.79])
    >>> multipliers(np.array([10.0, 9.0]), np.array([9.5, 9.5]))  # no further apart than chance has them
    array([1., 1.])
    """
    mean = events.sum() / expected.sum()
    if mean == 0:
        return np.ones(len(events))
    expected = expected * mean
    apart = float(expected @ (events / expected - 1) ** 2 / expected.sum()) - len(events) / float(expected.sum())
    if apart <= 0:
        return np.full(len(events), float(mean))
    return np.asarray(mean * (events + 1 / apart) / (expected + 1 / apart))
