"""Several groups: the cheapest heads that simulated days do not rule out, by cuts.

A master programme (HiGHS) knows for some sets of groups how many agents they must have together in each interval, and
staffs the groups at the least cost. At first it knows what every set of queues would need if it were alone (bounds by
pooling). Its answer is lived. Where a queue's or tier's promise is broken, the calls that broke it tell which agents
were too few, in which intervals: those who may take them, at least one more together. That cut is added, the programme
solved again, until the days keep every promise. A cut holds as long as more of other agents would not have done as
well, which is what makes it a heuristic; the walk then tries every agent, and fresh days judge.

Sources: J. Atlason, M. Epelman and S. Henderson, "Call center staffing with simulation and cutting plane methods",
Annals of OR 127, 2004; M. T. Cezik and P. L'Ecuyer, "Staffing multiskill call centers via linear programming and
simulation", Management Science 54(2), 2008. Their cuts have slopes from differences, one lived day for each group; ours
have slopes of one, and one lived day gives all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import Final

import numpy as np

from callcenter.language.said import N_
from callcenter.scenario import Scenario
from sim.model.streams import Ints
from sim.planning.plan import Plan as ByFormula
from sim.planning.plan.groups import cheapest, weighed
from sim.planning.plan.plan import DayPlan
from sim.planning.plan.pools import groups_of
from sim.planning.staffing.promises import Finding, Promise, shares
from sim.planning.staffing.rig import Heads

ROUNDS: Final = 12
"""Times at most that the programme is solved and its answer lived."""
FAR: Final = 0.1
"""Short of a promise by so much, a cut asks for two more agents instead of one; and for more where there are many."""
OF_MANY: Final = 0.1
"""Far from a promise, this times what it is short by is the share of agents that is lacking, at least."""
SAVED: Final = 0.3
"""Of the late calls of an interval one agent more saves about so many, where there are few agents."""

Groups = tuple[int, ...]
Short = tuple[Finding, float]
"""A promise that falls short, and the level that it should reach."""


@dataclass(slots=True)
class Cover:
    """The master programme: what sets of groups must have together, by interval."""

    scenario: Scenario
    needs: dict[Groups, Ints]
    most: Heads
    least: list[Heads] = field(init=False)
    """What the bounds by pooling alone ask for."""
    serving: list[Groups] = field(init=False)
    """By queue: the places of the groups that take its calls."""

    def __post_init__(self) -> None:
        centre = self.scenario.centre
        names = [group.name for group in centre.groups]
        self.serving = [tuple(names.index(name) for name in groups_of(centre, queue)) for queue in centre.queues]
        self.least = self.heads()

    def heads(self) -> list[Heads]:
        """Return the cheapest heads that meet every need."""
        intervals = len(next(iter(self.needs.values())))
        plan = cheapest(list(self.needs.items()), weighed(self.scenario), intervals)
        return [tuple(min(int(n), most) for n, most in zip(row, self.most, strict=True)) for row in plan]

    def ask_for_more(self, plan: Sequence[Heads], cells: dict[tuple[int, int], int]) -> None:
        """Add cuts: `cells` says for interval and queue how many more its agents must be than they are in `plan`."""
        for (h, queue), more in cells.items():
            groups = self.serving[queue]
            need = self.needs.setdefault(groups, np.zeros(len(plan), np.int64))
            top = sum(self.most[g] for g in groups)
            need[h] = max(int(need[h]), min(top, sum(plan[h][g] for g in groups) + more))


def cover_of(scenario: Scenario, by_formula: ByFormula, day: DayPlan | None, most: Heads, intervals: int) -> Cover:
    """Return the programme that knows the bounds by pooling, of agents to roster."""
    places = {group.name: n for n, group in enumerate(scenario.centre.groups)}
    found: dict[Groups, Ints] = {}
    for pool in day.pools if day is not None else ():
        for names, heads in pool.needs:
            asked = np.zeros(intervals, np.int64)
            asked[: len(heads)] = by_formula.rostered(heads)[:intervals]
            found[tuple(places[name] for name in names)] = asked
    found.setdefault(tuple(places.values()), np.zeros(intervals, np.int64))
    return Cover(scenario, found, most)


def covered(
    cover: Cover,
    live: Callable[[list[Heads]], Ints],
    short: Callable[[Ints], list[Short]],
    formula: str,
    told: Callable[[str, int, int], None],
) -> tuple[list[Heads], Ints, list[Short]]:
    """Return the plan that leaves nothing short (or the last one tried), its counts, and what is short still.

    Args:
        cover: The programme.
        live: Heads by interval → counts, intervals x days x rows x counts.
        short: The same counts → what falls short, and which level it should reach.
        formula: Which service level.
        told: Told what is being done.
    """
    plan = cover.heads()
    turn = 0
    while True:
        told(N_("groups together"), turn, ROUNDS)
        turn += 1
        counts = live(plan)
        left = short(counts)
        cover.ask_for_more(plan, too_few(cover, plan, left, counts, formula))
        following = cover.heads()
        if following == plan or turn == ROUNDS:
            return plan, counts, left
        plan = following


def too_few(
    cover: Cover, plan: Sequence[Heads], short: Sequence[Short], counts: Ints, formula: str
) -> dict[tuple[int, int], int]:
    """Return where promises were broken: interval and queue → how many agents more to ask for."""
    cells: dict[tuple[int, int], int] = {}
    for finding, aim in short:
        for cell, more in _too_few(cover, plan, finding, aim, counts, formula).items():
            cells[cell] = max(more, cells.get(cell, 0))
    return cells


def _too_few(
    cover: Cover, plan: Sequence[Heads], finding: Finding, aim: float, counts: Ints, formula: str
) -> dict[tuple[int, int], int]:
    promise, level = finding.promise, finding.level
    assert level is not None
    short = finding.goal - level.mean
    intervals = range(len(counts)) if promise.interval is None else (promise.interval,)
    lost = {
        (h, q): missing
        for h in intervals
        for q in range(len(cover.serving))
        if (missing := _missing(cover, promise, counts[h], q, formula)) > 0
    }
    worst = sorted(lost, key=lambda cell: (-lost[cell], cell))
    if promise.interval is not None:
        return {cell: _more(cover, plan, cell, short) for cell in worst[: max(1, ceil(len(worst) / 2))]}
    calls = float(sum(shares(counts[h], promise.rows, formula)[1].mean() for h in intervals))
    wanted, cells = (aim - level.mean) * calls, {}
    for cell in worst:
        if wanted <= 0:
            break
        cells[cell] = more = _more(cover, plan, cell, short)
        wanted -= min(SAVED, 1 / sqrt(max(_there(cover, plan, cell), 1))) * more * lost[cell]
    return cells


def _more(cover: Cover, plan: Sequence[Heads], cell: tuple[int, int], short: float) -> int:
    """Return how many agents more a cut asks for where a promise is `short`: never more than it lacks, or it is dear.

    A level rises with the agents by the root of their number where it is near what is promised (square-root staffing),
    and by their number where calls pile up.
    """
    there = _there(cover, plan, cell)
    return max(2, int(OF_MANY * short * there)) if short > FAR else max(1, int(short * sqrt(there)))


def _there(cover: Cover, plan: Sequence[Heads], cell: tuple[int, int]) -> int:
    """Return how many agents of a plan may take the calls of a queue in an interval."""
    h, queue = cell
    return sum(plan[h][g] for g in cover.serving[queue])


def _missing(cover: Cover, promise: Promise, counts: Ints, queue: int, formula: str) -> float:
    """Return how many calls a day of this queue's part of a promise are late in an interval: what could be gained."""
    tiers = len(cover.scenario.centre.tiers)
    mine = tuple(
        row for row in range(queue * tiers, (queue + 1) * tiers) if promise.rows is None or row in promise.rows
    )
    if not mine:
        return 0.0
    above, below = shares(counts, mine, formula)
    return float((below - above).mean())
