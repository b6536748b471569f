"""A bounded number of waiting places, with or without patience (M/M/n/K and M/M/n/K+M)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Floats
from callcenter.erlang.figures import Figures, above_zero, arrays, at_least_zero, together, whole
from callcenter.erlang.loss import blocking
from callcenter.erlang.special import beta_below, gamma_below

_MAX_PLACES = 200_000
_CELLS = 200_000
"""Cases times places in one pass: a few megabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class FiniteQueue(Figures):
    """What a queue with bounded places does to each case; arrays of one shape. t is the limit `within_s`."""

    p_no_wait: Floats
    """Share of all calls that find an agent free."""
    p_wait: Floats
    """Share of all calls that join the queue."""
    p_block: Floats
    """Share of all calls turned away because every place is taken."""
    p_abandon: Floats
    """Share of all calls that hang up in the queue."""
    p_served_within_t: Floats
    """Answered within t, of all calls."""
    p_wait_le_t_given_served: Floats
    """Answered within t, of the answered."""
    sl_excl_abandoned_within_t: Floats
    """Answered within t, of all calls but those that hung up within t (`sl_net` with short = t)."""
    p_virtual_wait_le_t: Floats
    """Of all calls, those that would be answered within t if nobody in particular hung up; turned away never are."""
    p_wait_le_t: Floats
    """Wait over within t, answered or hung up, of all calls; turned away are not (`sl_forgiving`)."""
    p_wait_le_t_given_abandoned: Floats
    """Hung up within t, of those who hang up; nan where none does."""
    mean_wait_all: Floats
    """Mean wait of all calls (0 for those turned away), seconds."""
    mean_wait_served: Floats
    """Mean wait of the answered (ASA), seconds."""
    var_wait_served: Floats
    """Variance of that wait, seconds squared."""
    mean_wait_abandoned: Floats
    """Mean wait of those who hang up, seconds; nan where none does."""
    mean_queue: Floats
    """Mean number of waiting calls."""
    mean_in_system: Floats
    """Mean number of calls waiting or with an agent."""
    occupancy: Floats
    """Share of the agents' time spent on calls."""


def _pass(load: Floats, n: Floats, places: Floats, aht: Floats, patience: Floats, limit: Floats) -> list[Floats]:
    """Return the figures in the order of `FiniteQueue`, shape (m,)."""
    j = np.arange(int(places.max(initial=0.0)) + 1.0)
    a, c, r = load[:, None], n[:, None], (aht / patience)[:, None]
    exits = c + j * r  # per AHT, with j waiting
    with np.errstate(divide="ignore"):
        steps = np.log(a) - np.log(exits)
    steps[:, 0] = 0.0
    log_weight = np.where(j <= places[:, None], np.cumsum(steps, axis=1), -np.inf)
    peak = log_weight.max(axis=1, keepdims=True)
    lost = blocking(n, load)[:, None]
    weight = lost * np.exp(log_weight - peak)
    with np.errstate(over="ignore"):
        norm = (1.0 - lost) * np.exp(-peak) + weight.sum(axis=1, keepdims=True)
    found = weight / norm  # all agents busy and j waiting
    block = np.where(j == places[:, None], found, 0.0).sum(axis=1)
    joins = np.where(j < places[:, None], found, 0.0)
    p_wait = joins.sum(axis=1)

    # With j ahead, exp(-V / patience) has a beta law; without end of patience, V is a gamma.
    ahead = j + 1.0
    served = c / (c + ahead * r)
    t, z = (limit / aht)[:, None], (limit / patience)[:, None]
    endless = np.isinf(patience)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(endless, 1.0, c / r)
        by_then = np.where(endless, 1.0, -np.expm1(-z))
        impatient = served * beta_below(ahead, shape + 1.0, by_then)
        reached = np.where(endless, gamma_below(ahead, c * t), impatient)
        arrived = np.where(endless, 1.0, beta_below(ahead, shape, by_then))
    gone = np.where(endless, 0.0, 1.0 - np.exp(-z) * (1.0 - arrived) - reached)
    stages = 1.0 / (c + ahead * r)  # mean time to each step forward, had the caller stayed, AHTs
    mean = np.cumsum(stages, axis=1)
    square = np.cumsum(stages**2, axis=1) + mean**2
    unlucky = np.cumsum(ahead * stages, axis=1) * stages * r  # E wait of those who hang up

    def over_joins(value: Floats) -> Floats:
        return np.asarray((joins * value).sum(axis=1))

    p_abandon = over_joins(ahead * r * stages)
    in_time = over_joins(reached)
    gone_in_time = over_joins(gone)
    due_in_time = over_joins(np.where(endless, reached, arrived))
    no_wait = np.maximum(((1.0 - lost) * np.exp(-peak) / norm)[:, 0], 0.0)
    answered = no_wait + over_joins(served)
    queue = (found * j).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        all_wait = np.where(load > 0, queue * aht / load, 0.0)
        asa = over_joins(served * mean) / answered
        return [
            no_wait,
            p_wait,
            block,
            p_abandon,
            no_wait + in_time,
            np.minimum((no_wait + in_time) / answered, 1.0),
            np.minimum((no_wait + in_time) / (1.0 - gone_in_time), 1.0),
            np.minimum(no_wait + due_in_time, 1.0),
            np.minimum(no_wait + in_time + gone_in_time, 1.0),
            gone_in_time / p_abandon,
            all_wait,
            asa * aht,
            (over_joins(served * square) / answered - asa**2) * aht**2,
            over_joins(unlucky) / p_abandon * aht,
            queue,
            queue + load * answered,
            np.minimum(load * answered / n, 1.0),
        ]


def finite_queue(
    *,
    load_erl: npt.ArrayLike,
    agents: npt.ArrayLike,
    waiting_places: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
    patience_s: npt.ArrayLike = np.inf,
    within_s: npt.ArrayLike = 0.0,
) -> FiniteQueue:
    """Return waits and losses where at most `waiting_places` calls can wait.

    Assumes Poisson arrivals, exponential handling times and patience, arrival order; a call that finds
    all places taken is turned away and does not ring again.

    Args:
        load_erl: Offered load, erlangs, from 0, any shape.
        agents: Agents on duty, count, from 1.
        waiting_places: Calls that can wait, count, 0 (Erlang B) to 200,000. Agents not counted.
        aht_s: Mean handling time, seconds, above 0.
        patience_s: Mean patience, seconds, above 0; infinite by default.
        within_s: Limit of the service level, seconds, from 0, finite.

    Returns:
        `FiniteQueue`, each array of the broadcast shape; always a steady state.

    Raises:
        BadFigure: A negative or NaN figure, an AHT or patience of 0, agents or places not whole or out of
            range.

    Source: birth-death sums; W. Whitt, Management Science 51(2), 2005, for the waits.

    >>> answer = finite_queue(load_erl=102, agents=100, waiting_places=200, patience_s=1, within_s=0.1)
    >>> float(answer.p_abandon.round(4)), float(answer.p_wait_le_t_given_served.round(4))
    (0.0499, 0.7986)
    """
    load, n, places, aht, patience, limit = together(
        load_erl=at_least_zero("load_erl", load_erl),
        agents=whole("agents", agents, at_least=1),
        waiting_places=whole("waiting_places", waiting_places, at_most=_MAX_PLACES),
        aht_s=above_zero("aht_s", aht_s),
        patience_s=above_zero("patience_s", patience_s, infinite=True),
        within_s=at_least_zero("within_s", within_s),
    )
    flat = [x.ravel() for x in (load, n, places, aht, patience, limit)]
    size = max(1, int(_CELLS // (places.max(initial=0.0) + 1.0)))
    with np.errstate(under="ignore"):
        passes = [_pass(*(x[first : first + size] for x in flat)) for first in range(0, load.size, size)]
    if not passes:
        return FiniteQueue(*[np.zeros(load.shape)] * 17)
    figures = (np.concatenate(column).reshape(load.shape) for column in zip(*passes, strict=True))
    return FiniteQueue(*arrays(*figures))
