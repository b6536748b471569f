"""Erlang C: callers wait as long as it takes (M/M/n)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Bools, Floats
from callcenter.erlang.figures import Figures, above_zero, arrays, at_least_zero, share, together, whole
from callcenter.erlang.loss import blocking


@dataclass(frozen=True, slots=True, eq=False)
class ErlangC(Figures):
    """What Erlang C says of each case; arrays of one shape."""

    p_wait: Floats
    """Share of calls that wait at all."""
    service_level: Floats
    """Share of all calls answered within the limit; at exactly the limit counts as within."""
    asa_s: Floats
    """Mean wait of all calls (all are answered), seconds; infinite at or above saturation."""
    mean_queue: Floats
    """Mean number of waiting calls; infinite at or above saturation."""
    occupancy: Floats
    """Share of the agents' time spent on calls, at most 1."""
    stable: Bools
    """False at or above saturation: the queue would grow without end."""


def waiting_share(n: Floats, load: Floats) -> Floats:
    """Return Erlang C without checks; 1 at or above saturation, 0 without load."""
    lost = blocking(n, load)
    with np.errstate(divide="ignore", invalid="ignore"):
        waits = n * lost / (n - load * (1.0 - lost))
    return np.where(load == 0, 0.0, np.where(load >= n, 1.0, np.minimum(waits, 1.0)))


def erlang_c(
    *,
    load_erl: npt.ArrayLike,
    agents: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
    within_s: npt.ArrayLike = 0.0,
) -> ErlangC:
    """Return waits, queue and occupancy where nobody hangs up.

    Assumes Poisson arrivals, exponential handling times, one queue served in order of arrival, patience
    without end, agents always staffed.

    Args:
        load_erl: Offered load, erlangs (arrivals per second × AHT), from 0, any shape.
        agents: Agents on duty, count, from 0.
        aht_s: Mean handling time, seconds, above 0. Left out, times are in handling times.
        within_s: Limit of the service level, seconds, from 0.

    Returns:
        `ErlangC`, each array of the broadcast shape. At or above saturation: p_wait 1, service level 0,
        waits and queue infinite, `stable` False. Without load nobody waits, whatever the staff.

    Raises:
        BadFigure: A negative or NaN figure, an AHT of 0, agents not whole.

    Source: A. K. Erlang (1917); notation of Gans, Koole and Mandelbaum, "Telephone Call Centers",
    M&SOM 5(2), 2003.

    >>> answer = erlang_c(load_erl=10, agents=[13, 14], aht_s=180, within_s=20)
    >>> answer.service_level.round(4), answer.asa_s.round(2)
    (array([0.7956, 0.8884]), array([17.12,  7.84]))
    """
    load, n, aht, limit = together(
        load_erl=at_least_zero("load_erl", load_erl),
        agents=whole("agents", agents),
        aht_s=above_zero("aht_s", aht_s),
        within_s=at_least_zero("within_s", within_s, infinite=True),
    )
    waits = waiting_share(n, load)
    idle = load == 0
    stable = (load < n) | idle
    with np.errstate(divide="ignore", invalid="ignore"):
        spare = np.where(stable & ~idle, n - load, 1.0)
        level = np.where(stable, 1.0 - waits * np.exp(-spare * limit / aht), 0.0)
        asa = np.where(stable, waits * aht / spare, np.inf)
        queue = np.where(stable, waits * load / spare, np.inf)
        busy = np.where(idle, 0.0, np.where(stable, load / np.where(n > 0, n, 1.0), 1.0))
    p_wait, service_level, asa_s, mean_queue, occupancy = arrays(waits, level, asa, queue, busy)
    return ErlangC(p_wait, service_level, asa_s, mean_queue, occupancy, stable=np.asarray(stable))


def wait_percentile(
    quantile: npt.ArrayLike, *, load_erl: npt.ArrayLike, agents: npt.ArrayLike, aht_s: npt.ArrayLike
) -> Floats:
    """Return the wait that the share `quantile` of all calls does not exceed (Erlang C).

    Args:
        quantile: Share of calls, 0..1, any shape.
        load_erl: Offered load, erlangs, from 0.
        agents: Agents on duty, count, from 0.
        aht_s: Mean handling time, seconds, above 0.

    Returns:
        Seconds, broadcast shape; 0 where that share is answered at once, infinite at or above saturation
        and for the quantile 1 where anyone waits.

    Raises:
        BadFigure: As `erlang_c`; a quantile outside 0..1.

    Source: the wait of those who wait is exponential with mean AHT ÷ (agents - load).

    >>> wait_percentile([0.5, 0.9], load_erl=10, agents=13, aht_s=180).round(2)
    array([ 0. , 62.9])
    """
    q, load, n, aht = together(
        quantile=share("quantile", quantile),
        load_erl=at_least_zero("load_erl", load_erl),
        agents=whole("agents", agents),
        aht_s=above_zero("aht_s", aht_s),
    )
    waits = waiting_share(n, load)
    with np.errstate(divide="ignore", invalid="ignore"):
        wait = aht / (n - load) * np.log(waits / (1.0 - q))
    return np.asarray(np.where(waits <= 1.0 - q, 0.0, np.where(load >= n, np.inf, wait)))
