"""Callers who ring again: turned away or hung up, they come back and add to the load."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from callcenter.erlang.abandonment import weigh
from callcenter.erlang.array_types import Floats
from callcenter.erlang.busy import busy_integrals
from callcenter.erlang.errors import BadFigure
from callcenter.erlang.figures import above_zero, at_least_zero, goal_at_least, together, whole
from callcenter.erlang.finite import finite_queue
from callcenter.erlang.loss import blocking

_BISECTIONS = 200
_ROOM = 1e-12


def retrial_single_agent(*, load_erl: npt.ArrayLike, redial_aht: npt.ArrayLike) -> Floats:
    """Return the mean number of callers between attempts, one agent and no queue (M/M/1 retrial).

    Assumes Poisson first calls, exponential handling times and times between attempts; nobody gives up.

    Args:
        load_erl: Offered load of first calls, erlangs, from 0 to less than 1, any shape: the share of time
            the agent is busy.
        redial_aht: Mean time between a caller's attempts, in handling times, from 0.

    Returns:
        Callers, mean, broadcast shape.

    Raises:
        BadFigure: A load of 1 or more (no steady state), a negative or NaN figure.

    Source: G. I. Falin and J. G. C. Templeton, "Retrial Queues", 1997.

    >>> float(retrial_single_agent(load_erl=0.7, redial_aht=2.0).round(6))
    4.9
    """
    load, gap = together(
        load_erl=goal_at_least("load_erl", load_erl), redial_aht=at_least_zero("redial_aht", redial_aht)
    )
    return np.asarray(load * load * (1.0 + gap) / (1.0 - load))


def _settle(first: Floats, again: Floats, room: Floats, lost: Callable[[Floats], Floats]) -> Floats:
    """Return the load x, first calls and repeats, at which x (1 - again × lost(x)) = first.

    The left side rises with x: what is served does, and so does what gives up.

    Args:
        first: Load of first calls, erlangs.
        again: Chance that a lost call is repeated.
        room: Load beyond which the agents cannot serve the first calls, if everybody repeats.
        lost: Share of calls lost at a load.
    """
    hopeless = (again == 1.0) & (first >= room)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = first.copy(), np.where(again < 1.0, first / (1.0 - again), first)
    patient = (again == 1.0) & ~hopeless
    for _ in range(60):
        short = patient & (high * (1.0 - lost(high)) < first)
        if not short.any():
            break
        high = np.where(short, 2.0 * high, high)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if np.all((middle <= low) | (middle >= high)):
            break
        below = middle * (1.0 - again * lost(middle)) < first
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(np.where(hopeless, np.inf, np.where(first > 0, high, 0.0)))


def redial_after_blocking(*, load_erl: npt.ArrayLike, servers: npt.ArrayLike, redial_share: npt.ArrayLike) -> Floats:
    """Return the load with repeats, where a share of those turned away rings again (fixed point).

    Assumes what `erlang_b` assumes of first calls and repeats together: repeats come so much later that
    they look like fresh Poisson calls. Quick repeats are worse than this.

    Args:
        load_erl: Offered load of first calls, erlangs, from 0, any shape.
        servers: Agents or lines, count, from 1.
        redial_share: Chance that a call turned away is repeated, 0 to 1.

    Returns:
        Load of all attempts, erlangs, broadcast shape; feed it to `erlang_b`. Infinite where everybody
        rings again and the servers cannot serve the first calls.

    Raises:
        BadFigure: A negative or NaN figure, servers not whole or below 1, a share above 1.

    Source: J. W. Cohen (1957), slow-retrial limit; bisection.

    >>> float(redial_after_blocking(load_erl=10, servers=12, redial_share=0.5).round(4))
    10.8214
    """
    first, n, again = together(
        load_erl=at_least_zero("load_erl", load_erl),
        servers=whole("servers", servers, at_least=1),
        redial_share=_chance("redial_share", redial_share),
    )
    return _settle(first, again, n * (1.0 - _ROOM), lambda load: blocking(n, load))


def redial_after_abandoning(
    *,
    load_erl: npt.ArrayLike,
    agents: npt.ArrayLike,
    patience_s: npt.ArrayLike,
    redial_share: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
) -> Floats:
    """Return the load with repeats, where a share of those who hang up rings again (fixed point).

    Assumes what `erlang_a` assumes of first calls and repeats together: repeats come so much later that
    they look like fresh Poisson calls.

    Args:
        load_erl: Offered load of first calls, erlangs, from 0, any shape.
        agents: Agents on duty, count, from 1.
        patience_s: Mean patience, seconds, above 0, finite.
        redial_share: Chance that a caller who hung up rings again, 0 to 1.
        aht_s: Mean handling time, seconds, above 0.

    Returns:
        Load of all attempts, erlangs, broadcast shape; feed it to `erlang_a`. Infinite where everybody
        rings again and the agents cannot serve the first calls.

    Raises:
        BadFigure: A negative or NaN figure, an AHT or patience of 0, agents not whole or below 1, a share
            above 1.

    Source: fixed point of Erlang A; bisection.

    >>> float(redial_after_abandoning(load_erl=50, agents=50, patience_s=120, aht_s=300,
    ...                               redial_share=0.5).round(3))
    52.477
    """
    first, n, patience, again, aht = together(
        load_erl=at_least_zero("load_erl", load_erl),
        agents=whole("agents", agents, at_least=1),
        patience_s=above_zero("patience_s", patience_s),
        redial_share=_chance("redial_share", redial_share),
        aht_s=above_zero("aht_s", aht_s),
    )
    shape = first.shape
    flat_n, ratio = n.ravel(), (patience / aht).ravel()

    def lost(load: Floats) -> Floats:
        a = load.ravel()
        busy = busy_integrals(a, flat_n, ratio, np.zeros_like(a), waits=False)
        return np.asarray((weigh(a, flat_n, ratio, busy) * busy.lost / busy.all).reshape(shape))

    return _settle(first, again, n * (1.0 - _ROOM), lost)


def redial_when_lost(
    *,
    load_erl: npt.ArrayLike,
    agents: npt.ArrayLike,
    waiting_places: npt.ArrayLike,
    redial_share: npt.ArrayLike,
    patience_s: npt.ArrayLike = np.inf,
    aht_s: npt.ArrayLike = 1.0,
) -> Floats:
    """Return the load with repeats, where a share of those turned away or gone rings again (Erlang X, fixed point).

    Assumes what `finite_queue` assumes of first calls and repeats together: repeats come so much later that
    they look like fresh Poisson calls.

    Args:
        load_erl: Offered load of first calls, erlangs, from 0, any shape.
        agents: Agents on duty, count, from 1.
        waiting_places: Calls that can wait, count.
        redial_share: Chance that a lost call is repeated, 0 to 1.
        patience_s: Mean patience, seconds, above 0; infinite by default.
        aht_s: Mean handling time, seconds, above 0.

    Returns:
        Load of all attempts, erlangs, broadcast shape; feed it to `finite_queue`. Infinite where everybody
        rings again and the agents cannot serve the first calls.

    Raises:
        BadFigure: As `finite_queue`, or a share above 1.

    Source: fixed point of M/M/n/K+M, as in G. Koole, "Call Center Optimization", 2013; bisection.

    >>> float(redial_when_lost(load_erl=10, agents=12, waiting_places=0, redial_share=0.5).round(4))
    10.8214
    """
    first, n, places, again, patience, aht = together(
        load_erl=at_least_zero("load_erl", load_erl),
        agents=whole("agents", agents, at_least=1),
        waiting_places=whole("waiting_places", waiting_places),
        redial_share=_chance("redial_share", redial_share),
        patience_s=above_zero("patience_s", patience_s, infinite=True),
        aht_s=above_zero("aht_s", aht_s),
    )
    if not np.any(again > 0):
        return first

    def lost(load: Floats) -> Floats:
        found = finite_queue(load_erl=load, agents=n, waiting_places=places, patience_s=patience, aht_s=aht)
        return np.asarray(found.p_block + found.p_abandon)

    return _settle(first, again, n * (1.0 - _ROOM), lost)


def _chance(name: str, value: npt.ArrayLike) -> Floats:
    chance = at_least_zero(name, value)
    if np.any(chance > 1):
        raise BadFigure(name, float(chance.max()), "must be from 0 to 1")
    return chance
