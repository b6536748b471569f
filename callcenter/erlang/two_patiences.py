"""Two tiers with a patience each: the chain of both queues while all agents are busy."""

import numpy as np
from numpy.linalg import solve

from callcenter.erlang.array_types import Floats
from callcenter.erlang.errors import SearchEnded
from callcenter.erlang.tier_chain import queue_weights

_MAX_WAITING = 1_500


def _one_case(load: Floats, n: float, ratio: Floats) -> tuple[float, float]:
    """Return P(both queues empty) and the mean of the second, while all agents are busy."""
    one = np.ones(1)
    tops = queue_weights(load[:1], n * one, ratio[:1]).shape[0]
    # All calls with the longer patience are never a shorter queue: its depth is enough for the second.
    levels = queue_weights(load.sum() * one, n * one, ratio.min() * one).shape[0]
    if max(tops, levels) > _MAX_WAITING:
        raise SearchEnded("waiting calls", _MAX_WAITING)
    i = np.arange(tops)
    up = np.where(i < tops - 1, load[0], 0.0)
    down = np.where(i > 0, n + i * ratio[0], 0.0)
    inner = np.diag(up[:-1], 1) + np.diag(down[1:], -1)

    def local(j: int) -> Floats:
        """Return the generator inside level j, the way out of it on the diagonal."""
        leave = up + down + (load[1] if j < levels - 1 else 0.0) + j * ratio[1]
        if j > 0:
            leave[0] += n
        return np.asarray(inner - np.diag(leave))

    def fall(j: int) -> Floats:
        """Return the rates from level j to j - 1."""
        rates = np.full(tops, j * ratio[1])
        rates[0] += n
        return rates

    # Level j + 1 is level j times steps[j]; from the top level down.
    steps: list[Floats] = []
    block = local(levels - 1)
    for j in range(levels - 1, 0, -1):
        step = -load[1] * np.linalg.inv(block)
        steps.append(step)
        block = local(j - 1) + step * fall(j)
    balance = block.T.copy()
    balance[-1] = 1.0
    target = np.zeros(tops)
    target[-1] = 1.0
    level = solve(balance, target)
    first, total, mean = level[0], 0.0, 0.0
    for j in range(levels):
        weight = float(level.sum())
        total += weight
        mean += j * weight
        if j < levels - 1:
            level = level @ steps[levels - 2 - j]
    return float(first / total), mean / total


def two_tiers_busy(loads: Floats, n: Floats, ratios: Floats) -> tuple[Floats, Floats]:
    """Return P(nobody waits) and the mean second queue, while all agents are busy; case by case.

    Args:
        loads: Offered loads, erlangs, shape (m, 2), higher tier first.
        n: Agents, from 1, shape (m,).
        ratios: AHT / patience, shape (m, 2).

    Raises:
        SearchEnded: More than 1,500 calls waiting matter.
    """
    pairs = [_one_case(a, float(c), r) for a, c, r in zip(loads, n, ratios, strict=True)]
    found = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
