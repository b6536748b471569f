"""Tiers with strict precedence whose callers hang up (non-preemptive priority M/M/n+M)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callcenter.erlang.abandonment import weigh
from callcenter.erlang.array_types import Floats
from callcenter.erlang.busy import busy_integrals
from callcenter.erlang.figures import Figures, above_zero, arrays, at_least_zero, together, whole
from callcenter.erlang.loss import blocking
from callcenter.erlang.priority import per_tier, spread
from callcenter.erlang.tier_chain import Ahead, queue_weights
from callcenter.erlang.tier_grid import every_tier


@dataclass(frozen=True, slots=True, eq=False)
class TierLosses(Figures):
    """What each tier meets; `p_wait` and `occupancy` of shape (...), the rest (..., tiers)."""

    p_wait: Floats
    """Share of calls that do not find an agent free: the same in every tier."""
    p_abandon: Floats
    """Share of the tier's calls that hang up."""
    p_served_within_t: Floats
    """Share of the tier's calls answered within its limit (of all its calls)."""
    p_wait_le_t_given_served: Floats
    """The same, of the tier's answered calls."""
    mean_wait_all: Floats
    """Mean wait of all the tier's calls, answered or not, seconds."""
    mean_wait_served: Floats
    """Mean wait of the tier's answered calls (ASA), seconds."""
    mean_wait_abandoned: Floats
    """Mean wait of the tier's calls that hang up, seconds; nan where none does."""
    mean_queue: Floats
    """Mean number of the tier's calls waiting."""
    occupancy: Floats
    """Share of the agents' time spent on calls."""


_Served = tuple[Floats, Floats, Floats]


def _ahead(load: Floats, above: Floats, n: Floats, ratio: Floats, limit: Floats, *, timed: bool = True) -> _Served:
    """Return of those who wait: share served, share served within the limit, wait of the served (AHTs)."""
    chain = Ahead(n, above, ratio, queue_weights(load, n, ratio))
    served, wait = chain.leaving()
    ends = (limit <= 0) | np.isinf(limit)
    within = np.where(np.isinf(limit), served, 0.0)
    if timed and not np.all(ends):
        within = np.where(ends, within, chain.served_within(np.where(ends, 1.0, limit)))
    return served, np.minimum(within, served), wait / served


def _one_patience(loads: Floats, n: Floats, ratio: Floats, limit: Floats) -> tuple[Floats, ...]:
    """Return p_wait, and of those who wait per tier: lost, served within, wait of the served."""
    down_to = np.cumsum(loads, axis=-1)
    lost, within, wait = np.empty_like(loads), np.empty_like(loads), np.empty_like(loads)
    queue_above = np.zeros_like(n)
    waits = np.zeros_like(n)
    for k in range(loads.shape[-1]):
        load, above = down_to[:, k], down_to[:, k] - loads[:, k]
        served, within[:, k], wait[:, k] = _ahead(load, above if k else np.zeros_like(n), n, ratio, limit[:, k])
        # The tiers down to k are, while all agents are busy, an Erlang A queue of their own.
        busy = busy_integrals(load, n, 1.0 / ratio, np.zeros_like(n), waits=False)
        gone = busy.lost / busy.all * load
        with np.errstate(divide="ignore", invalid="ignore"):
            lost[:, k] = np.where(loads[:, k] > 0, (gone - queue_above) / loads[:, k], 1.0 - served)
        queue_above = gone
        waits = weigh(load, n, 1.0 / ratio, busy)
    return waits, lost, within, wait


def _own_patiences(loads: Floats, n: Floats, ratios: Floats, limit: Floats) -> tuple[Floats, ...]:
    """Return what `_one_patience` does where each tier has a patience of its own, case by case."""
    waits = np.empty_like(n)
    lost, within, wait = np.empty_like(loads), np.empty_like(loads), np.empty_like(loads)
    for row, (load, agents, ratio, limits) in enumerate(zip(loads, n.tolist(), ratios, limit, strict=True)):
        found, alone = every_tier(load, agents, ratio, limits)
        lost[row] = [tier.lost for tier in found]
        within[row] = [tier.within for tier in found]
        wait[row] = [tier.wait for tier in found]
        blocked = float(blocking(np.asarray(agents), np.asarray(load.sum())))
        waits[row] = blocked / (blocked + (1.0 - blocked) * alone)
    return waits, lost, within, wait


def tier_losses(
    *,
    load_erl: npt.ArrayLike,
    agents: npt.ArrayLike,
    patience_s: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
    within_s: npt.ArrayLike = 0.0,
) -> TierLosses:
    """Return each tier's waits and abandonment where a free agent always takes the highest tier waiting.

    Assumes Poisson arrivals, one exponential law of handling time for all tiers, exponential patience,
    arrival order inside a tier, nobody interrupted once answered, nobody rings again.

    Args:
        load_erl: Offered loads, erlangs, from 0, shape (..., tiers), highest tier first.
        agents: Agents on duty, count, from 1, shape (...).
        patience_s: Mean patience, seconds, above 0, finite: shape (...) + (tiers,) or fitting it.
        aht_s: Mean handling time, seconds, above 0, shape (...).
        within_s: Limit of the service level, seconds, from 0, shape (...) + (tiers,) or fitting it.

    Returns:
        `TierLosses`, exact.

    Raises:
        BadFigure: A negative or NaN figure, an AHT or patience of 0, agents not whole or below 1, no axis
            of tiers.
        SearchEnded: Queues so long (50,000 calls; 150,000 states where patiences differ) that the chain is
            given up.

    Source: while all agents are busy, the tiers down to k are a birth-death chain of their own; the
    wait is a first passage in it, inverted from its transform. Different patiences: the chain of all
    their queues, solved as it is; the limit by uniformization (Jensen, 1953).

    >>> answer = tier_losses(load_erl=[10.5, 15.75, 26.25], agents=50, patience_s=120, aht_s=300,
    ...                      within_s=20)
    >>> answer.mean_wait_all.round(3), answer.p_served_within_t.round(3)
    (array([ 3.621,  6.232, 17.525]), array([0.943, 0.86 , 0.637]))
    """
    loads, n, patience, aht, limit = together(
        load_erl=per_tier(load_erl),
        agents=spread(whole("agents", agents, at_least=1)),
        patience_s=above_zero("patience_s", patience_s),
        aht_s=spread(above_zero("aht_s", aht_s)),
        within_s=at_least_zero("within_s", within_s, infinite=True),
    )
    shape, tiers = loads.shape, loads.shape[-1]
    loads, patience, limit, n, aht = (x.reshape(-1, tiers) for x in (loads, patience, limit, n, aht))
    ratios, limits = aht / patience, limit / aht
    same = np.all(patience == patience[:, :1], axis=-1)
    waits = np.empty(same.shape)
    lost, within, wait = np.empty_like(loads), np.empty_like(loads), np.empty_like(loads)
    with np.errstate(under="ignore"):
        if np.any(same):
            waits[same], lost[same], within[same], wait[same] = _one_patience(
                loads[same], n[same, 0], ratios[same, 0], limits[same]
            )
        if not np.all(same):
            waits[~same], lost[~same], within[~same], wait[~same] = _own_patiences(
                loads[~same], n[~same, 0], ratios[~same], limits[~same]
            )
    share = waits[:, None]
    gone = share * lost
    served = 1.0 - gone
    mean = gone * patience
    answered = 1.0 - share + share * within
    asa = share * (1.0 - lost) * wait * aht / served
    with np.errstate(divide="ignore", invalid="ignore"):
        hung_up = np.where(gone > 0, np.maximum(mean - served * asa, 0.0) / gone, np.nan)
    figures = [gone, answered, np.minimum(answered / served, 1.0), mean, asa, hung_up, mean * loads / aht]
    busy = (loads * served).sum(axis=-1) / n[:, 0]
    return TierLosses(
        *arrays(
            waits.reshape(shape[:-1]),
            *(f.reshape(shape) for f in figures),
            np.minimum(busy, 1.0).reshape(shape[:-1]),
        )
    )
