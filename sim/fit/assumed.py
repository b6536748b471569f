"""Patience where a file does not show how long those waited who hung up: exponential by assumption, its mean estimated.

What is estimated so is marked as assumed wherever it is shown: the mean is as good as the assumption.
"""

from math import inf
from typing import Final

import numpy as np
from scipy import optimize

from callcenter.scenario import NEVER, Law, LawKind
from sim.fit.calllog import CallLog
from sim.fit.survival import SurvivalFit

ASSUMED: Final = "exponential (assumed)"
"""The family of such a law."""
SHORTEST_S, LONGEST_S = 1.0, 100_000.0


def assumed(mean_s: float, samples: int, left: int) -> SurvivalFit:
    """Return an assumed law as a fit: nothing to compare it with."""
    law = Law(LawKind.EXPONENTIAL, mean_s) if mean_s < inf else NEVER
    return SurvivalFit(law, ASSUMED if mean_s < inf else "never", {}, samples, left, 0.0, 0.0, None, None, None)


def assumed_from_answered(log: CallLog) -> SurvivalFit:
    """Return the patience that waits of answered calls and the number of those who hung up come to."""
    waits = log.wait[log.answered & ~np.isnan(log.wait)]
    answered, left = int(log.answered.sum()), int(log.abandoned.sum())
    return assumed(mean_patience_s(waits, answered, left), answered + left, left)


def mean_patience_s(waits_s: "np.ndarray[tuple[int], np.dtype[np.float64]]", answered: int, abandoned: int) -> float:
    """Return the mean of an exponential patience.

    Args:
        waits_s: Of answered calls, seconds; those of the callers who hung up are not known.
        answered: Calls.
        abandoned: Likewise.

    A caller offered a wait w stays with probability exp(-w/m). So each answered call that waited w stands for
    exp(w/m) offered ones, and those have to add up to all calls (Horvitz and Thompson, JASA 47, 1952).

    >>> round(mean_patience_s(np.array([0.0, 100.0]), answered=2, abandoned=1), 1)
    144.3
    """
    if not abandoned or not len(waits_s) or not waits_s.max() > 0:
        return inf
    wanted = (answered + abandoned) / answered

    def surplus(mean: float) -> float:
        return float(np.mean(np.exp(np.minimum(waits_s / mean, 700.0)))) - wanted

    if surplus(SHORTEST_S) < 0 or surplus(LONGEST_S) > 0:
        return inf if surplus(LONGEST_S) > 0 else SHORTEST_S
    return float(optimize.brentq(surplus, SHORTEST_S, LONGEST_S))
