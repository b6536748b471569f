"""The M/M/n retrial queue: no place to wait, who finds every agent busy tries again after a while (an orbit)."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Bools, Floats
from callcenter.erlang.errors import SearchEnded
from callcenter.erlang.figures import Figures, above_zero, arrays, at_least_zero, share, together, whole
from callcenter.erlang.retrial import redial_after_blocking

_MOST_STATES = 4_000_000
_START = 64
_NOTHING = 1e-13
_LARGE = 1e100


@dataclass(frozen=True, slots=True, eq=False)
class RetrialQueue(Figures):
    """What callers between attempts do to each case; arrays of one shape."""

    p_no_wait: Floats
    """Share of callers whose first attempt finds an agent free."""
    p_wait: Floats
    """Share of callers whose first attempt finds every agent busy."""
    p_lost: Floats
    """Share of callers who give up in the end."""
    mean_orbit: Floats
    """Mean number of callers between attempts."""
    mean_wait_all: Floats
    """Mean time between attempts of all callers, served or not, seconds."""
    attempts: Floats
    """Attempts per caller, the first included."""
    occupancy: Floats
    """Share of the agents' time spent on calls."""
    stable: Bools
    """False where everybody tries again and the agents cannot serve them all."""


def _entered(up: float, load: float, n: int, down: float, gone: float, back: list[float]) -> list[float]:
    """Return the weights of a level, by agents busy, where `up` enters it with every agent busy.

    Args:
        up: Rate of entry.
        load: Rate of first attempts.
        n: Agents.
        down: Rate of attempts anew from this level, while an agent is free.
        gone: Rate of giving up from it, while none is.
        back: Rates at which the level above comes back to this one, by agents busy, per unit of full weight here.

    States are eliminated without one subtraction (Grassmann, Taksar and Heyman, 1985): near saturation the
    differences would be all rounding.
    """
    den, arrive = [load + down], [back[0]]
    exits = down
    for k in range(1, n):
        exits = down + k * exits / den[-1]
        arrive.append(back[k] + load * arrive[-1] / den[-1])
        den.append(load + exits)
    leaving = gone + n * exits / den[-1]
    chance = 0.0  # of leaving the level before all agents are busy again
    for k in range(n - 1, -1, -1):
        chance = 1.0 - (load / den[k]) * (1.0 - chance) if down else 0.0
        leaving += back[k] * chance
    weights = [0.0] * (n + 1)
    weights[n] = up / leaving if up else 1.0
    for k in range(n - 1, -1, -1):
        weights[k] = ((k + 1) * weights[k + 1] + weights[n] * arrive[k]) / den[k]
    return weights


def _case(load: float, n: int, retry: float, again: float, guess: float) -> tuple[float, float, float]:
    """Return P(all agents busy), the mean number between attempts, and the mean number of busy agents.

    Level j + 1 is reached from level j only while all agents are busy, so it is a fixed vector times that one
    probability: each level is eliminated once, from the top down.
    """
    agents = np.arange(n + 1.0)
    levels = int(min(guess + 10 * sqrt(guess), _MOST_STATES)) + _START
    while levels * n <= _MOST_STATES:
        steps: list[Floats] = []
        back = [0.0] * (n + 1)
        for j in range(levels, 0, -1):
            rate = j * retry
            step = _entered(load * again, load, n, rate, rate * (1.0 - again), back) if again else [0.0] * (n + 1)
            steps.append(np.array(step))
            back = [0.0, *(rate * weight for weight in step[:-1])]
            back[n] += rate * (1.0 - again) * step[n]
        level = np.array(_entered(0.0, load, n, 0.0, 0.0, back))
        level /= level.sum()
        total, mean, busy, full, weight = 1.0, 0.0, float(level @ agents), float(level[-1]), 1.0
        for j, vector in enumerate(reversed(steps), 1):
            level = vector * level[-1]
            weight = float(level.sum())
            total, mean = total + weight, mean + j * weight
            busy, full = busy + float(level @ agents), full + float(level[-1])
            if total > _LARGE:
                level, total, mean, busy, full = level / total, 1.0, mean / total, busy / total, full / total
        if weight < _NOTHING * total:
            return full / total, mean / total, busy / total
        levels *= 2
    raise SearchEnded("agents times callers between attempts", _MOST_STATES)


def retrial_queue(
    *,
    load_erl: npt.ArrayLike,
    agents: npt.ArrayLike,
    redial_s: npt.ArrayLike,
    redial_share: npt.ArrayLike = 1.0,
    aht_s: npt.ArrayLike = 1.0,
) -> RetrialQueue:
    """Return what meets callers who find no place to wait and try again (M/M/n retrial queue), numerically exact.

    Assumes Poisson first attempts, exponential handling times and times between attempts, nobody waiting on the
    line; a caller who finds every agent busy tries again with the same chance each time.

    Args:
        load_erl: Offered load of first attempts, erlangs, from 0, any shape.
        agents: Agents or lines, count, from 1.
        redial_s: Mean time between a caller's attempts, seconds, above 0.
        redial_share: Chance that an attempt in vain is followed by another, 0 to 1.
        aht_s: Mean handling time, seconds, above 0.

    Returns:
        `RetrialQueue`. Where everybody tries again and the load reaches the agents: orbit and waits infinite,
        `stable` False.

    Raises:
        BadFigure: A negative or NaN figure, times of 0, agents not whole or below 1, a share above 1.
        SearchEnded: More than 4,000,000 states (agents times callers between attempts) matter.

    Source: G. I. Falin and J. G. C. Templeton, "Retrial Queues", 1997, chapter 2; block elimination from the top.

    >>> answer = retrial_queue(load_erl=0.7, agents=1, redial_s=2.0)
    >>> float(answer.mean_orbit.round(6)), float(answer.p_wait.round(6))
    (4.9, 0.7)
    """
    load, n, gap, again, aht = together(
        load_erl=at_least_zero("load_erl", load_erl),
        agents=whole("agents", agents, at_least=1, at_most=10_000),
        redial_s=above_zero("redial_s", redial_s),
        redial_share=share("redial_share", redial_share),
        aht_s=above_zero("aht_s", aht_s),
    )
    rows = []
    for a, c, g, h, s in zip(*(x.ravel().tolist() for x in (load, n, gap, again, aht)), strict=True):
        if a == 0:
            rows.append((1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0))
            continue
        if h == 1 and a >= c:
            rows.append((0.0, 1.0, 0.0, np.inf, np.inf, np.inf, 1.0, 0.0))
            continue
        # If attempts looked like fresh calls: where the search for the top level begins.
        guess = (float(redial_after_blocking(load_erl=a, servers=c, redial_share=h)) - a) * g / s
        full, orbit, busy = _case(a, int(c), s / g, h, guess)
        tries = 1.0 + orbit * s / g / a
        given_up = 0.0 if h == 1 else max(0.0, 1.0 - busy / a)
        rows.append((1.0 - full, full, given_up, orbit, orbit * s / a, tries, min(busy / c, 1.0), 1.0))
    columns = np.array(rows, np.float64).reshape(-1, 8).T.reshape(8, *load.shape)
    first, waits, lost, between, wait, attempts, used = arrays(*columns[:7])
    return RetrialQueue(first, waits, lost, between, wait, attempts, used, stable=np.asarray(columns[7] > 0))
