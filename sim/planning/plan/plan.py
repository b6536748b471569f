"""The plan: agents on duty and to roster, by day, pool, group and interval, whoever found them."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from callcenter.contact_plan import EVERY_DAY
from callcenter.erlang import LoadMethod, with_shrinkage
from callcenter.errors import BadInput
from callcenter.scenario import Scenario, Staffing
from callcenter.units import DAY, HOUR, Millis
from sim.model.streams import Floats, Ints
from sim.planning.plan.assumptions import Break, assumed, breaks
from sim.planning.plan.formula import (
    Curve,
    Method,
    Staffed,
    Wishes,
    by_load_method,
    hangs_up,
    staff,
    suited,
    with_agents,
)
from sim.planning.plan.groups import by_cost, cheapest, sets_of
from sim.planning.plan.pools import Pool
from sim.planning.plan.workload import DayKind, Workload, day_kinds, workload

ELBOW_SIDE: Final = 6
"""Agents shown to either side of the plan in the curve of service level by agents."""


Need = tuple[tuple[str, ...], Ints]
"""Groups, and how many agents they need together on duty, by interval."""


@dataclass(frozen=True, slots=True, eq=False)
class PoolPlan:
    """One pool on one kind of day."""

    work: Workload
    staffed: Staffed
    groups: dict[str, Ints]
    """Agents on duty by group and interval; their sum is `staffed.agents`."""
    by_load: dict[LoadMethod, Ints]
    """What each way to reckon the load asks for."""
    needs: tuple["Need", ...]
    """What sets of its groups must have together; the pool itself comes last."""

    @property
    def pool(self) -> Pool:
        """Return the pool."""
        return self.work.pool


@dataclass(frozen=True, slots=True, eq=False)
class DayPlan:
    """The plan of days that are alike."""

    kind: DayKind
    pools: tuple[PoolPlan, ...]

    def groups(self) -> dict[str, Ints]:
        """Return agents on duty by group and interval."""
        return {name: heads for pool in self.pools for name, heads in pool.groups.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Agents for a scenario: by kind of day, with what the method takes for granted."""

    scenario: Scenario
    wishes: Wishes
    days: tuple[DayPlan, ...]
    assumed: tuple[str, ...]
    breaks: tuple[Break, ...]

    def hours(self, *, rostered: bool = False) -> float:
        """Return agent hours of the measured days: on duty, or to roster."""
        return sum(
            self.hours_on(day.kind, self.rostered(heads) if rostered else heads)
            for day in self.days
            for heads in day.groups().values()
        )

    def hours_on(self, kind: DayKind, heads: Ints) -> float:
        """Return the hours of so many heads by interval on the measured days of a kind, as long as those days are."""
        return float(sum(heads @ self._lengths_h(day) for day in kind.days))

    def _lengths_h(self, day: int) -> Floats:
        """Return how long each interval of a day is, hours: twice as long where it comes twice."""
        zone, step = self.scenario.centre.zone, self.scenario.interval
        starts = range(day * DAY, (day + 1) * DAY, step)
        return np.array([zone.length(at, at + step) for at in starts]) / HOUR

    def rostered(self, heads: Ints) -> Ints:
        """Return how many to roster so that so many are there."""
        return with_shrinkage(heads, self.scenario.shrinkage)

    def staffing(self) -> tuple[Staffing, ...]:
        """Return the plan as the staffing of a scenario: those to roster, by group and days of the week."""
        found = []
        for day in self.days:
            for group, heads in day.groups().items():
                found += curve(group, self.rostered(heads), self.scenario.interval, day.kind)
        return tuple(found)

    def applied(self) -> Scenario:
        """Return the scenario with the plan in place of its shifts and staffing."""
        return replace(self.scenario, shifts=(), staffing=self.staffing())


def curve(group: str, heads: Ints, interval: int, kind: DayKind) -> list[Staffing]:
    """Return staffing from the first interval with anybody to the last; nothing where there is nobody."""
    some = np.flatnonzero(heads)
    if not some.size:
        return []
    first, last = int(some[0]), int(some[-1])
    agents = tuple(int(n) for n in heads[first : last + 1])
    on = kind.weekdays or EVERY_DAY
    begin = first * interval
    return [Staffing(group, agents, begin, Millis(interval), weekdays=on, dates=kind.dates, but=kind.but)]


def plan_of(scenario: Scenario, wishes: Wishes) -> Plan:
    """Return the agents that the formula asks for, on every day of the week that has calls.

    Raises:
        BadInput: No calls to plan for, no targets, or a formula that does not fit the scenario.
    """
    if DAY % scenario.interval:
        raise BadInput(
            "{scenario}: the interval does not divide a day evenly: write interval: 30m", scenario=scenario.name
        )
    kinds = day_kinds(scenario)
    if not any(tier.target is not None for tier in scenario.centre.tiers) and wishes.max_occupancy is None:
        raise BadInput(
            "{scenario}: no tier has a target: write tiers: {{{tier}: {{target: 80/20}}}}, or --set "
            "tiers.{tier}.target=80/20",
            scenario=scenario.name,
            tier=scenario.centre.default_tier,
        )
    works = [work for kind in kinds for work in kind.work]
    if wishes.method is Method.ERLANG_A and works and not any(hangs_up(work, np.inf) for work in works):
        raise BadInput("nobody hangs up in this scenario: give patience in the file, or use --method erlang-c")
    days = tuple(
        DayPlan(kind, tuple(_pool_plan(scenario, work, wishes, kind.like) for work in kind.work)) for kind in kinds
    )
    if not days:
        days = (_empty_day(scenario),)
    return Plan(
        scenario,
        wishes,
        days,
        tuple(assumed(wishes.method, wishes.load)),
        tuple(breaks(scenario, wishes.method, kinds)),
    )


def _empty_day(scenario: Scenario) -> DayPlan:
    """Return the plan of a day without calls: nobody."""
    day = scenario.horizon.measured.start
    return DayPlan(DayKind(((day + 3) % 7,), (day,), (), day), ())


def _pool_plan(scenario: Scenario, work: Workload, wishes: Wishes, day: int) -> PoolPlan:
    tiers = scenario.centre.tiers
    by_load = by_load_method(work, tiers, wishes)
    if not work.pool.shared:
        staffed = staff(work, tiers, wishes)
        groups = {work.pool.groups[0]: staffed.agents}
        return PoolPlan(work, staffed, groups, by_load, ((work.pool.groups, staffed.agents),))
    asked = _needs(scenario, work, wishes, day)
    places = {name: n for n, name in enumerate(work.pool.groups)}
    by_place = [(tuple(places[name] for name in names), heads) for names, heads in asked]
    parts = cheapest(by_place, by_cost(scenario, work.pool).tolist(), work.calls.shape[-1])
    staffed = with_agents(work, tiers, wishes, parts.sum(axis=1))
    groups = {name: parts[:, n] for n, name in enumerate(work.pool.groups)}
    return PoolPlan(work, staffed, groups, by_load, asked)


def _needs(scenario: Scenario, work: Workload, wishes: Wishes, day: int) -> tuple[Need, ...]:
    found = []
    *some, (_, everybody) = sets_of(scenario.centre, work.pool)
    for queues, names in some:
        part = workload(scenario, Pool(queues, names), day)
        found.append((names, staff(part, scenario.centre.tiers, wishes).agents))
    return (*found, (everybody, staff(work, scenario.centre.tiers, wishes).agents))


@dataclass(frozen=True, slots=True)
class Elbow:
    """Service level by number of agents in one interval, by the formula."""

    pool: str
    interval: int
    asked: int
    agents: tuple[int, ...]
    levels: dict[str, tuple[float, ...]]
    """By tier that has calls."""


def elbow(plan: Plan, pool: PoolPlan) -> Elbow:
    """Return the elbow curve of the pool's busiest interval."""
    work = pool.work
    at = int(np.argmax(work.loads[plan.wishes.load].sum(axis=0)))
    asked = int(pool.staffed.agents[at])
    agents = tuple(range(max(1, asked - ELBOW_SIDE), asked + ELBOW_SIDE + 1))
    tiers = plan.scenario.centre.tiers
    curve_ = Curve(work, suited(work, plan.wishes), tiers)
    some = [k for k in range(len(tiers)) if work.calls[:, k, at].sum() > 0]
    if some:
        curve_.look([at] * len(agents), agents)
    levels = {tiers[k].name: tuple(float(curve_.levels(at, n)[k]) for n in agents) for k in some}
    return Elbow(work.pool.name, at, asked, agents, levels)
