"""How many of each group: the cheapest that give every set of queues the agents it would need if it were alone.

Queues S that are served by the groups G need at least what one queue with their calls needs of agents who all take
them; whoever else those agents serve makes it no less. Groups are staffed at the least cost such that this holds for
every set of queues. With one pool for all it is that pool's own number; where only some can take a queue's calls there
are at least as many of these as that queue needs. It is a lower bound on what is needed, near to it where groups
overlap, and where a search by simulation begins.

Source: the bounds by pooling of O. Z. Aksin, M. Armony and V. Mehrotra, "The modern call center", POM 16(6), 2007,
section 5; the cover as an integer programme after Atlason, Epelman and Henderson, Annals of OR 127, 2004.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from callcenter.centre import Centre
from callcenter.scenario import Scenario
from callcenter.units import HOUR
from sim.model.streams import Floats, Ints
from sim.planning.plan.pools import Pool, groups_of

MOST_SETS: Final = 40
"""Sets of queues at most whose need is asked for; in larger pools single queues, pairs and the whole."""
FEW_GROUPS: Final = 20
"""Up to so many groups the programme is solved in whole numbers; beyond, its relaxation is rounded (an agent more at
times, a hundred times sooner)."""
ROUNDING: Final = 1e-6
"""A relaxation's figure so near below a whole number is that number."""
A_HAIR: Final = 1e-3
"""Between groups of one cost those with fewer queues are cheaper by so much for each: skills are kept for who needs."""


def costs(scenario: Scenario) -> tuple[float, ...]:
    """Return what an hour of one agent of each group costs, in the centre's order.

    Its wage where the scenario has wages; else from the cheapest shift type of the group where every group has one
    (cost ÷ hours at work), else 1 for everybody.
    """
    money = scenario.money
    if money is not None and money.wages and all(wage > 0 for _, wage in money.wages):
        return tuple(money.wage(group.name) for group in scenario.centre.groups)
    found = []
    for group in scenario.centre.groups:
        hourly = [
            kind.cost / max((kind.length - sum(b.length for b in kind.breaks)) / HOUR, 1e-9)
            for kind in scenario.shift_types
            if kind.group == group.name
        ]
        if not hourly or min(hourly) <= 0:
            return (1.0,) * len(scenario.centre.groups)
        found.append(min(hourly))
    return tuple(found)


def weighed(scenario: Scenario) -> tuple[float, ...]:
    """Return costs that tell groups of the same cost apart: who serves fewer queues comes first."""
    serving = [groups_of(scenario.centre, queue) for queue in scenario.centre.queues]
    mean = sum(costs(scenario)) / max(len(scenario.centre.groups), 1)
    return tuple(
        cost + A_HAIR * mean * sum(group.name in names for names in serving) / max(len(serving), 1)
        for cost, group in zip(costs(scenario), scenario.centre.groups, strict=True)
    )


def sets_of(centre: Centre, pool: Pool) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return sets of the pool's queues, each with the groups that serve any of them; the whole pool comes last."""
    serving = {queue.name: tuple(groups_of(centre, queue)) for queue in centre.queues if queue.name in pool.queues}
    kinds = list(dict.fromkeys(serving.values()))
    sizes = range(1, len(kinds) + 1) if 2 ** len(kinds) <= MOST_SETS else (1, 2, len(kinds))
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for size in sizes:
        for some in combinations(kinds, size) if size != len(kinds) else [tuple(kinds)]:
            groups = tuple(name for name in pool.groups if any(name in kind for kind in some))
            # Every queue that these groups alone serve: the largest set of queues says the most.
            found[groups] = tuple(name for name, its in serving.items() if all(group in groups for group in its))
            if len(found) >= 4 * MOST_SETS:
                break
    whole = found.pop(pool.groups)
    return [*((queues, groups) for groups, queues in found.items()), (whole, pool.groups)]


def cheapest(needs: Sequence[tuple[tuple[int, ...], Ints]], cost: Sequence[float], intervals: int) -> Ints:
    """Return the cheapest heads, intervals x groups, so that in each interval every need is met.

    Args:
        needs: Places of the groups that count for a need, and how many of them are asked for in each interval.
        cost: Of one agent, by group.
        intervals: How many.

    >>> bilingual_or_not = [((1,), np.array([3])), ((0, 1), np.array([9]))]
    >>> cheapest(bilingual_or_not, (1.0, 1.1), 1).tolist()
    [[6, 3]]
    """
    rows = np.zeros((len(needs), len(cost)))
    for n, (groups, _) in enumerate(needs):
        rows[n, list(groups)] = 1.0
    asked = np.stack([heads for _, heads in needs], axis=1)
    known: dict[tuple[int, ...], Ints] = {}
    plan = np.zeros((intervals, len(cost)), np.int64)
    for h in range(intervals):
        key = tuple(int(n) for n in asked[h])
        if key not in known:
            solve = _exact if len(cost) <= FEW_GROUPS else _rounded
            known[key] = solve(rows, np.array(key, np.int64), np.array(cost, np.float64))
        plan[h] = known[key]
    return plan


def _exact(rows: Floats, asked: Ints, cost: Floats) -> Ints:
    from scipy.optimize import Bounds, LinearConstraint, milp

    solved = milp(
        cost,
        constraints=LinearConstraint(rows, lb=asked.astype(np.float64)),
        integrality=np.ones(len(cost)),
        bounds=Bounds(0, np.inf),
    )
    assert solved.x is not None, "every need has a group"
    heads: Ints = np.rint(solved.x).astype(np.int64)
    return heads


def _rounded(rows: Floats, asked: Ints, cost: Floats) -> Ints:
    """Return whole heads near the relaxation's: rounded down, filled up where most needs miss some, pruned."""
    from scipy.optimize import linprog

    solved = linprog(cost, A_ub=-rows, b_ub=-asked.astype(np.float64))
    assert solved.x is not None, "every need has a group"
    heads: Ints = np.floor(solved.x + ROUNDING).astype(np.int64)
    left = solved.x - heads
    while ((missing := asked - rows @ heads) > 0).any():
        group = int(np.argmax((rows.T @ (missing > 0) + left / 2) / cost))
        heads[group] += 1
        left[group] = 0.0
    spare = rows @ heads - asked
    for group in np.argsort(-cost, kind="stable"):
        mine = rows[:, group] > 0
        while heads[group] > 0 and (spare[mine] > 0).all():
            heads[group] -= 1
            spare[mine] -= 1
    return heads


def by_cost(scenario: Scenario, pool: Pool) -> Floats:
    """Return the weighed costs of the pool's groups."""
    weights = dict(zip((group.name for group in scenario.centre.groups), weighed(scenario), strict=True))
    return np.array([weights[name] for name in pool.groups])
