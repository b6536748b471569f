"""Patience by assumption, where a file does not show how long lost callers waited: exponential, mean estimated.

What is estimated so is marked as assumed wherever it is shown: the mean is as good as the assumption.
"""

from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np
from scipy import optimize

from callcenter.erlang import erlang_a
from callcenter.scenario import NEVER, Law, LawKind
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.survival import SurvivalFit
from sim.model.streams import Floats

ASSUMED: Final = "exponential (assumed)"
"""The family of such a law."""
SHORTEST_S, LONGEST_S = 1.0, 100_000.0
TRIED_S: Final = np.geomspace(20.0, 2_400.0, 25)
"""Means of patience that are tried."""


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


@dataclass(frozen=True, slots=True)
class Seen:
    """What an interval history tells of times of the day; arrays of one length, all queues together."""

    calls: Floats
    load_erl: Floats
    """Of a day."""
    aht_s: float
    abandoned: Floats
    """Shares."""
    level: Floats | None
    """Answered within the limit, of all; None: not told."""
    asa_s: Floats | None
    """Mean wait of the answered; None: not told."""
    within_s: float


def erlang_a_patience_s(seen: Seen) -> float:
    """Return the mean patience under which Erlang A gives the abandonment seen together with the waits seen.

    How many agents there were is not known. For each patience the number that gives the abandonment of a time of the
    day is taken (between whole numbers, linearly), and with it the service level or mean wait that this patience comes
    to; the patience that is nearest to those seen, over the day, counts. Endless where nobody hung up or the file tells
    no wait at all.
    """
    use = (seen.calls > 0) & (seen.load_erl > 0) & (seen.abandoned > 0) & (seen.abandoned < 1)
    target = seen.level if seen.level is not None else seen.asa_s
    if target is None or not use.any():
        return inf
    load, share, weight = seen.load_erl[use], seen.abandoned[use], seen.calls[use]
    agents = np.arange(1, int(2 * load.max() + 20))
    errors = []
    for mean in TRIED_S:
        found = erlang_a(
            load_erl=load[:, None], agents=agents[None, :], aht_s=seen.aht_s, patience_s=mean, within_s=seen.within_s
        )
        told = found.p_served_within_t if seen.level is not None else found.mean_wait_served
        # Abandonment falls with every agent more: the number at which it is what was seen.
        given = [
            float(np.interp(-s, -row, values)) for s, row, values in zip(share, found.p_abandon, told, strict=True)
        ]
        errors.append(float(np.average((np.array(given) - target[use]) ** 2, weights=weight)))
    best = int(np.argmin(errors))
    if 0 < best < len(TRIED_S) - 1:  # the lowest point of the parabola through three neighbours
        a, b, c = errors[best - 1 : best + 2]
        step = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c > 0 else 0.0
        return float(TRIED_S[best] * (TRIED_S[1] / TRIED_S[0]) ** step)
    return float(TRIED_S[best])
