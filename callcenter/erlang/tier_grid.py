"""Tiers with a patience each: the chain of all their queues together, while every agent is busy."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, gmres, spilu, splu
from scipy.special import pdtrc

from callcenter.erlang.array_types import Floats
from callcenter.erlang.errors import SearchEnded
from callcenter.erlang.tier_chain import queue_weights

_MOST_STATES = 150_000
_DIRECT = 4_000
"""States up to which a system is solved at once: on more than two queues factors fill up."""
_BEYOND = {2: 1e-12}
_BEYOND_MORE = 1e-10
"""Chance of longer queues than are looked at, by the number of tiers: states multiply."""


@dataclass(frozen=True, slots=True)
class TierAhead:
    """What meets those of one tier who find every agent busy."""

    lost: float
    """Share that hangs up."""
    within: float
    """Share served within the limit."""
    wait: float
    """Mean wait of the served, AHTs."""


def _size(load: float, n: float, ratio: float, tiers: int) -> int:
    """Return how many waiting calls are looked at, where so much joins and everyone is at least so impatient."""
    one = np.ones(1)
    weights = queue_weights(load * one, n * one, ratio * one)[:, 0]
    beyond = np.cumsum(weights[::-1])[::-1]
    return max(2, int(np.count_nonzero(beyond > _BEYOND.get(tiers, _BEYOND_MORE))) + 1)


def _generator(shape: tuple[int, ...], up: Floats, n: float, ratio: Floats, *, last_leaves: bool) -> sparse.csr_array:
    """Return the rates between the states of queues of these sizes; the diagonal makes rows sum to what stays.

    Args:
        shape: Longest queue of each tier, plus one.
        up: Loads that join each queue.
        n: Agents: served at this rate, the highest tier that waits first.
        ratio: AHT / patience by tier.
        last_leaves: With nobody waiting, an agent who comes free ends it (who looks on is served).
    """
    place = np.arange(np.prod(shape)).reshape(shape)
    states = np.indices(shape)
    size = place.size
    rows, columns, rates = [], [], []
    out = np.zeros(size)

    def move(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], axis: int, step: int, rate: Floats) -> None:
        moved = [states[a][mask] + (step if a == axis else 0) for a in range(len(shape))]
        rows.append(place[mask])
        columns.append(place[tuple(moved)])
        rates.append(rate[mask])
        np.add.at(out, place[mask], rate[mask])

    nobody_above = np.ones(shape, np.bool_)
    for axis, longest in enumerate(shape):
        waiting = states[axis] > 0
        if up[axis] > 0:
            move(states[axis] < longest - 1, axis, 1, np.full(shape, up[axis]))
        serve = np.where(nobody_above, n, 0.0)
        move(waiting, axis, -1, serve + states[axis] * ratio[axis])
        nobody_above &= ~waiting
    if last_leaves:
        out[0] += n
    every = [*rows, np.arange(size)], [*columns, np.arange(size)], [*rates, -out]
    entries = [np.concatenate(part) for part in every]
    return sparse.csr_array((entries[2], (entries[0], entries[1])), shape=(size, size))


def _solver(matrix: sparse.csc_array) -> Callable[[Floats], Floats]:
    """Return what solves systems of this matrix: directly on two queues, by GMRES to the last digits on more."""
    if matrix.shape[0] <= _DIRECT:
        solve: Callable[[Floats], Floats] = splu(matrix).solve
        return solve
    rough = spilu(matrix, drop_tol=1e-4, fill_factor=8, permc_spec="MMD_AT_PLUS_A")
    near = LinearOperator(matrix.shape, rough.solve, dtype=np.float64)

    def by_gmres(right: Floats) -> Floats:
        found, left = gmres(matrix, right, x0=rough.solve(right), M=near, rtol=1e-13, atol=0.0, restart=40, maxiter=40)
        if left:
            raise SearchEnded("rounds of an iteration", 40)
        return np.asarray(found)

    return by_gmres


def _steady(generator: sparse.csr_array) -> Floats:
    """Return the share of time in each state; the first state is in every class."""
    size = generator.shape[0]
    turned = generator.T.tocsc()
    right = -turned[1:, [0]].toarray().ravel()
    weights = np.concatenate([[1.0], _solver(turned[1:, 1:])(right)]) if size > 1 else np.ones(1)
    weights = np.maximum(weights, 0.0)
    return np.asarray(weights / weights.sum())


def _within(generator: sparse.csr_array, start: Floats, limit: float, rate_out: float) -> float:
    """Return the chance of ending through the first state by `limit`, at `rate_out` from there (uniformization)."""
    fastest = float(-generator.diagonal().min())
    steps = generator.T.tocsr() / fastest
    mean = fastest * limit
    total, state = 0.0, start
    for k in range(ceil(mean + 12 * np.sqrt(mean) + 40)):
        # Ends in step k + 1 where that many steps have come by then.
        total += float(state[0]) * rate_out / fastest * float(pdtrc(k, mean))
        state = state + steps @ state
    return total


def tier_ahead(loads: Floats, n: float, ratio: Floats, limit: float) -> tuple[TierAhead, float]:
    """Return what meets the last of these tiers, and P(none of them waits), while every agent is busy.

    Args:
        loads: Offered loads, erlangs, from the highest tier down to the one asked about.
        n: Agents, from 1.
        ratio: AHT / patience of each, above 0.
        limit: Of the service level, AHTs; infinite: no limit.

    Raises:
        SearchEnded: Queues so long that more than 150,000 states matter.
    """
    shape = tuple(
        _size(float(loads[: k + 1].sum()), n, float(ratio[: k + 1].min()), max(2, len(loads)))
        for k in range(len(loads))
    )
    if np.prod(shape, dtype=np.float64) > _MOST_STATES:
        raise SearchEnded("waiting calls in every tier", _MOST_STATES)
    steady = _steady(_generator(shape, loads, n, ratio, last_leaves=False))
    # Who comes last sees his own tier ahead of him, which only shrinks; higher tiers still join.
    joins = np.concatenate([loads[:-1], [0.0]])
    ahead = _generator(shape, joins, n, ratio, last_leaves=True)
    own = float(ratio[-1])
    leave = _solver(sparse.csc_array(own * sparse.identity(ahead.shape[0], format="csc") - ahead))
    entry = np.zeros(ahead.shape[0])
    entry[0] = n
    served = leave(entry)
    later = leave(served)
    share = float(steady @ served)
    wait = float(steady @ later) / share
    if limit <= 0:
        within = 0.0
    elif np.isinf(limit):
        within = share
    else:
        mine = ahead - own * sparse.identity(ahead.shape[0], format="csr")
        within = min(_within(sparse.csr_array(mine), steady, limit, n), share)
    return TierAhead(1.0 - share, within, wait), float(steady[0])


def every_tier(loads: Floats, n: float, ratio: Floats, limit: Floats) -> tuple[list[TierAhead], float]:
    """Return what meets each tier, and P(nobody waits), while every agent is busy; see `tier_ahead`."""
    found, alone = [], 1.0
    for k in range(1, len(loads) + 1):
        mine, alone = tier_ahead(loads[:k], n, ratio[:k], float(limit[k - 1]))
        found.append(mine)
    return found, alone
