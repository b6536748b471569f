"""Tiers with strict precedence and endless patience (non-preemptive priority M/M/n)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Bools, Complexes, Floats
from callcenter.erlang.delay import waiting_share
from callcenter.erlang.errors import BadFigure
from callcenter.erlang.figures import Figures, above_zero, arrays, at_least_zero, together, whole
from callcenter.erlang.transform import at_times


@dataclass(frozen=True, slots=True, eq=False)
class TierWaits(Figures):
    """What each tier meets; `p_wait` and `occupancy` of shape (...), the rest (..., tiers)."""

    p_wait: Floats
    """Share of calls that wait at all: the same in every tier."""
    mean_wait: Floats
    """Mean wait of the tier's calls, seconds."""
    sd_wait: Floats
    """Standard deviation of that wait, seconds."""
    mean_queue: Floats
    """Mean number of the tier's calls waiting."""
    service_level: Floats
    """Share of the tier's calls answered within its limit."""
    occupancy: Floats
    """Share of the agents' time spent on calls, at most 1."""
    stable: Bools
    """False for a tier whose queue grows without end."""


def per_tier(load_erl: npt.ArrayLike) -> Floats:
    """Return loads with tiers on the last axis, or refuse a single number."""
    loads = at_least_zero("load_erl", load_erl)
    if loads.ndim == 0 or loads.shape[-1] == 0:
        raise BadFigure("load_erl", load_erl, "must have one load per tier on its last axis, best first")
    return loads


def spread(value: Floats) -> Floats:
    """Return a per-case figure with an axis for the tiers."""
    return value[..., None]


def _late_share(m: Floats, above: Floats, spare: Floats, times: Floats) -> Floats:
    """Return P(W > t | all agents busy on arrival).

    Args:
        m: Rate at which agents come free while all are busy, per second.
        above: Arrival rate of the higher tiers, per second, below m.
        spare: m less the arrival rate of this tier and the higher ones, above 0.
        times: t, seconds, above 0.
    """
    slow = ((np.sqrt(m) - np.sqrt(above)) ** 2)[..., None]
    fast = ((np.sqrt(m) + np.sqrt(above)) ** 2)[..., None]
    rate, over, left = m[..., None], above[..., None], spare[..., None]

    def tail(s: Complexes) -> Complexes:
        # A delay busy period: each of the calls ahead brings with it the higher tiers' later arrivals.
        busy = 2.0 * rate / (s + over + rate + np.sqrt(s + slow) * np.sqrt(s + fast))
        wait = rate * (1.0 - busy)
        return np.asarray(wait / (left * busy + wait) / s)

    return np.clip(at_times(tail, times), 0.0, 1.0)


def tier_waits(
    *,
    load_erl: npt.ArrayLike,
    agents: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
    within_s: npt.ArrayLike = 0.0,
) -> TierWaits:
    """Return each tier's waits where a free agent always takes the highest tier waiting.

    Assumes Poisson arrivals, one exponential law of handling time for all tiers, patience without end,
    arrival order inside a tier, nobody interrupted once answered.

    Args:
        load_erl: Offered loads, erlangs, from 0, shape (..., tiers), highest tier first.
        agents: Agents on duty, count, from 0, shape (...).
        aht_s: Mean handling time, seconds, above 0, shape (...).
        within_s: Limit of the service level, seconds, from 0, shape (...) + (tiers,) or fitting it.

    Returns:
        `TierWaits`. A tier for which the load down to it reaches the agents: wait and queue infinite,
        service level 0, `stable` False; the tiers above it stay finite. A tier without calls gets what one
        rare call would meet.

    Raises:
        BadFigure: A negative or NaN figure, an AHT of 0, agents not whole, no axis of tiers.

    Source: A. Cobham, Operations Research 2(1), 1954 (means); O. Kella and U. Yechiali, Stochastic
    Models 1(3), 1985 (transform of the wait).

    >>> answer = tier_waits(load_erl=[1.5, 6.0, 1.5], agents=11, aht_s=180, within_s=20)
    >>> answer.mean_wait.round(1), answer.service_level.round(3)
    (array([  8.2,  25.6, 121.8]), array([0.85 , 0.701, 0.635]))
    """
    loads, n, aht, limit = together(
        load_erl=per_tier(load_erl),
        agents=spread(whole("agents", agents)),
        aht_s=spread(above_zero("aht_s", aht_s)),
        within_s=at_least_zero("within_s", within_s, infinite=True),
    )
    down_to = np.cumsum(loads, axis=-1)
    above = down_to - loads
    above[..., 0] = 0.0
    total = down_to[..., -1]
    waits = waiting_share(n[..., 0], total)
    share = waits[..., None]
    quiet = total[..., None] == 0
    stable = (down_to < n) | quiet
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        m = np.where(stable & ~quiet, n, 1.0)  # per AHT
        over = np.where(stable & ~quiet, above, 0.0)
        spare = np.where(stable & ~quiet, n - down_to, 1.0)
        free = 1.0 - over / m
        mean = 1.0 / (spare * free)
        square = 2.0 / (spare * free) ** 2 + 2.0 * over / (m * spare * m * free**3)
        sd = np.sqrt(share * square - (share * mean) ** 2)
        time = np.where((limit > 0) & np.isfinite(limit), limit / aht, 1.0)
        late = np.where(over > 0, _late_share(m, over, spare, time), np.exp(-spare * time))
        late = np.where(limit == 0, 1.0, np.where(np.isinf(limit), 0.0, late))
        mean_wait = np.where(stable, share * mean * aht, np.inf)
        queue = np.where(loads > 0, mean_wait * loads / aht, 0.0)
        busy = np.where(total == 0, 0.0, np.minimum(total / n[..., 0], 1.0))
        sd = np.where(stable, sd * aht, np.inf)
        level = np.where(stable, 1.0 - share * late, 0.0)
    p_wait, occupancy = arrays(waits, busy)
    return TierWaits(p_wait, mean_wait, sd, queue, level, occupancy, stable=np.asarray(stable))
