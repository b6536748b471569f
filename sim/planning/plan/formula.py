"""Agents by formula: the fewest on duty, so that every tier meets its own target in the target's own scope.

A tier whose target is judged in every interval meets it in every interval. One whose target is judged over the day
(or the month) meets it over the day, calls weighed by interval; then no interval may fall below `floor` for all calls
together, or the quietest half hours would be left empty. First every interval is staffed so that each tier meets its
target there; then agents are taken away, one at a time, where that costs the targets least, until every single removal
would break something: the plan is locally least.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from callcenter.erlang import (
    LoadMethod,
    erlang_a,
    staff_erlang_a,
    staff_erlang_c,
    staff_tiers,
    tier_losses,
    tier_waits,
)
from callcenter.tiers import Scope, Target, Tier
from callcenter.units import SECOND
from sim.model.streams import Floats, Ints
from sim.planning.plan.workload import NO_CALLS, Workload

BLOCK: Final = 4
"""Staff levels evaluated in one go: most intervals lose fewer agents than this."""
MOST_REMOVALS: Final = 100_000
NEVER: Final = 1_000
"""A mean patience of so many handling times is without end: with as few agents as the load, thousands would wait."""
_HAIR: Final = 1e-9


class Method(StrEnum):
    """Which formula: everybody waits (Erlang C), or callers hang up (Erlang A)."""

    ERLANG_C = "erlang-c"
    ERLANG_A = "erlang-a"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the plan must keep besides the tiers' own targets."""

    method: Method = Method.ERLANG_C
    load: LoadMethod = LoadMethod.INFINITE_SERVER
    max_occupancy: float | None = None
    floor: float | None = None
    """Share of all calls (of tiers with a target) within their limits in every interval; None: the lowest target."""


@dataclass(frozen=True, slots=True, eq=False)
class Staffed:
    """Agents on duty in each interval, and what the formula expects of them."""

    agents: Ints
    levels: Floats
    """Share of each tier's calls answered within its limit (20 s without a target), shape (tiers, intervals); nan
    where the tier has no calls."""
    occupancy: Floats


@dataclass(slots=True, eq=False)
class Curve:
    """Service level by agents: what the formula says of one pool's intervals, remembered."""

    work: Workload
    wishes: Wishes
    tiers: Sequence[Tier]
    _known: dict[tuple[int, int], Floats] = field(default_factory=dict)

    def limits(self) -> list[float]:
        """Return each tier's limit, seconds: its target's less the time the phone rings; 20 s without a target."""
        named = [tier.target.within / SECOND if tier.target is not None else 20.0 for tier in self.tiers]
        return [max(0.0, limit - self.work.ring_s) for limit in named]

    def levels(self, interval: int, agents: int) -> Floats:
        """Return the share of each tier's calls of the interval answered in time, shape (tiers,)."""
        if (interval, agents) not in self._known:
            self.look([interval], [agents])
        return self._known[interval, agents]

    def look(self, intervals: Sequence[int], agents: Sequence[int]) -> None:
        """Evaluate some (interval, agents), all in one go."""
        cases = [(i, n) for i, n in zip(intervals, agents, strict=True) if n > 0 and (i, n) not in self._known]
        for i, n in zip(intervals, agents, strict=True):
            if n <= 0:
                self._known[i, n] = np.zeros(len(self.tiers))
        if not cases:
            return
        at = np.array([i for i, _ in cases])
        heads = np.array([n for _, n in cases]) * self.work.at_once
        calls = self.work.calls[:, :, at]
        total = calls.sum(axis=0)
        reached = np.zeros((len(self.tiers), len(cases)))
        for limit in sorted(dict.fromkeys(self.limits())):
            by_band = self._bands(at, heads, limit)
            mine = [k for k, own in enumerate(self.limits()) if own == limit]
            reached[mine] = np.einsum("bkn,nb->kn", calls, by_band)[mine]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(total > NO_CALLS, reached / total, np.nan)
        for column, case in enumerate(cases):
            self._known[case] = share[:, column]

    def _bands(self, at: Ints, heads: Ints, limit: float) -> Floats:
        """Return the share answered within `limit` seconds by band, shape (cases, bands)."""
        load = self.work.loads[self.wishes.load][:, at].T
        aht = self.work.aht_s[at]
        if self.wishes.method is Method.ERLANG_C:
            return tier_waits(load_erl=load, agents=heads, aht_s=aht, within_s=limit).service_level
        patience = self.work.patience_s[at]
        return tier_losses(
            load_erl=load, agents=heads, aht_s=aht, within_s=limit, patience_s=patience[:, None]
        ).p_served_within_t


def hangs_up(work: Workload, never: float = NEVER) -> bool:
    """Tell whether callers have patience in every interval with calls: else Erlang A says nothing of the pool.

    Patience of `never` handling times is none.
    """
    some = work.busy > NO_CALLS
    return bool(some.any()) and bool((work.patience_s < never * work.aht_s)[some].all())


def suited(work: Workload, wishes: Wishes) -> Wishes:
    """Return the wishes with a formula that fits the pool: Erlang C where its callers, such as mails, never hang up."""
    return wishes if hangs_up(work) else replace(wishes, method=Method.ERLANG_C)


def staff(work: Workload, tiers: Sequence[Tier], wishes: Wishes) -> Staffed:
    """Return the fewest agents on duty for a pool's day.

    Raises:
        SearchEnded: More agents than the formulas go up to.
    """
    wishes = suited(work, wishes)
    count = work.calls.shape[-1]
    agents = np.zeros(count, dtype=np.int64)
    open_ = np.flatnonzero(work.busy > NO_CALLS)
    if open_.size:
        least, most = _bounds(work, tiers, wishes, open_)
        agents[open_] = most
        curve = Curve(work, wishes, tiers)
        _up_to_the_floor(curve, open_, agents)
        _take_away(curve, open_, agents, least)
    return with_agents(work, tiers, wishes, agents)


def with_agents(work: Workload, tiers: Sequence[Tier], wishes: Wishes, agents: Ints) -> Staffed:
    """Return what the formula expects of so many agents."""
    wishes = suited(work, wishes)
    open_ = np.flatnonzero(work.busy > NO_CALLS)
    curve = Curve(work, wishes, tiers)
    curve.look(open_.tolist(), agents[open_].tolist())
    levels = np.full((len(tiers), len(agents)), np.nan)
    for i in open_.tolist():
        levels[:, i] = curve.levels(i, int(agents[i]))
    return Staffed(agents, levels, _occupancy(work, wishes, agents))


def by_load_method(work: Workload, tiers: Sequence[Tier], wishes: Wishes) -> dict[LoadMethod, Ints]:
    """Return the agents that each way to reckon the load asks for."""
    found = {}
    for method in LoadMethod:
        other = Wishes(wishes.method, method, wishes.max_occupancy, wishes.floor)
        found[method] = staff(work, tiers, other).agents
    return found


def _bounds(work: Workload, tiers: Sequence[Tier], wishes: Wishes, open_: Ints) -> tuple[Ints, Ints]:
    """Return the fewest agents there may be, and those with which each tier meets its target in each interval."""
    load = work.loads[wishes.load][:, open_].T
    aht = work.aht_s[open_]
    patience = work.patience_s[open_]
    total = load.sum(axis=-1)
    least = np.ones(len(open_), dtype=np.int64)
    if wishes.method is Method.ERLANG_C:
        least = np.floor(total).astype(np.int64) + 1
    if wishes.max_occupancy is not None:
        cap = (
            staff_erlang_c(load_erl=total, max_occupancy=wishes.max_occupancy)
            if wishes.method is Method.ERLANG_C
            else staff_erlang_a(load_erl=total, aht_s=aht, patience_s=patience, max_occupancy=wishes.max_occupancy)
        )
        least = np.maximum(least, cap)
    least = -(-least // work.at_once)
    most = least.copy()
    for goals in _rounds(work, tiers):
        level, within = (np.array([goal[n] for goal in goals]) for n in (0, 1))
        asked = staff_tiers(
            load_erl=load,
            service_level=level,
            within_s=within,
            aht_s=aht,
            patience_s=patience if wishes.method is Method.ERLANG_A else None,
        )
        most = np.maximum(most, -(-asked // work.at_once))
    return least, most


def _rounds(work: Workload, tiers: Sequence[Tier]) -> list[list[tuple[float, float]]]:
    """Return targets (share, limit) by band, in as many rounds as the band with most different targets needs."""
    by_band: list[list[tuple[float, float]]] = []
    for row, band in enumerate(work.bands):
        goals = [
            (tier.target.share, max(0.0, tier.target.within / SECOND - work.ring_s))
            for k, tier in enumerate(tiers)
            if tier.target is not None and tier.band == band and work.calls[row, k].any()
        ]
        by_band.append(list(dict.fromkeys(goals)))
    rounds = max((len(goals) for goals in by_band), default=0)
    return [[goals[min(n, len(goals) - 1)] if goals else (0.0, 0.0) for goals in by_band] for n in range(rounds)]


def _occupancy(work: Workload, wishes: Wishes, agents: Ints) -> Floats:
    """Return the share of the agents' capacity in use, ring included."""
    load = work.loads[wishes.load].sum(axis=0)
    busy = np.zeros(len(agents))
    some = np.flatnonzero(agents > 0)
    if wishes.method is Method.ERLANG_C:
        busy[some] = np.minimum(load[some] * work.cost / agents[some], 1.0)
    elif some.size:
        slots = erlang_a(
            load_erl=load[some],
            agents=agents[some] * work.at_once,
            aht_s=work.aht_s[some],
            patience_s=work.patience_s[some],
        )
        busy[some] = np.minimum(slots.occupancy * work.at_once * work.cost, 1.0)
    return busy


@dataclass(frozen=True, slots=True)
class _Promise:
    """A target as the removals see it: over which intervals it is judged, with which weights."""

    target: Target
    tier: int


def _up_to_the_floor(curve: Curve, open_: Ints, agents: Ints) -> None:
    """Add agents, in place, where the targets' own do not do for a floor that is higher than they are."""
    floor = curve.wishes.floor
    calls = curve.work.calls.sum(axis=0)
    promised = [k for k, tier in enumerate(curve.tiers) if tier.target is not None]
    short = [i for i in open_.tolist() if calls[promised, i].sum() > NO_CALLS] if floor is not None else []
    while short:
        curve.look(short, agents[short].tolist())
        found = ((i, np.nan_to_num(curve.levels(i, int(agents[i]))[promised])) for i in short)
        short = [i for i, level in found if level @ calls[promised, i] < floor * calls[promised, i].sum() - _HAIR]
        agents[short] += 1


def _take_away(curve: Curve, open_: Ints, agents: Ints, least: Ints) -> None:
    """Take agents away, in place, while every target still holds in its own scope."""
    promises = [_Promise(tier.target, k) for k, tier in enumerate(curve.tiers) if tier.target is not None]
    daily = [p for p in promises if p.target.scope is not Scope.INTERVAL]
    if not daily:
        return
    calls = curve.work.calls.sum(axis=0)
    fewest = dict(zip(open_.tolist(), least.tolist(), strict=True))
    block = [(i, int(agents[i]) - d) for i in fewest for d in range(BLOCK) if int(agents[i]) - d >= fewest[i]]
    curve.look([i for i, _ in block], [n for _, n in block])
    slack = {p.tier: _slack(curve, p, calls, agents, open_) for p in daily}
    floor = _floor(curve)
    stuck: list[int] = []
    for _ in range(MOST_REMOVALS):
        best: tuple[float, int] | None = None
        for i, low in fewest.items():
            if i in stuck:
                continue
            n = int(agents[i]) - 1
            cost = _cost(curve, i, n, (promises, slack, floor, calls)) if n >= low else None
            if cost is None:
                stuck.append(i)  # slack only shrinks: what is not possible now never will be
            elif best is None or cost < best[0]:
                best = (cost, i)
        if best is None:
            return
        i = best[1]
        before, after = curve.levels(i, int(agents[i])), curve.levels(i, int(agents[i]) - 1)
        for p in daily:
            if calls[p.tier, i] > NO_CALLS:
                slack[p.tier] -= float((before[p.tier] - after[p.tier]) * calls[p.tier, i])
        agents[i] -= 1


def _slack(curve: Curve, promise: _Promise, calls: Floats, agents: Ints, open_: Ints) -> float:
    """Return how many calls more than promised are answered in time over the day."""
    mine = [i for i in open_.tolist() if calls[promise.tier, i] > NO_CALLS]
    return sum(
        float((curve.levels(i, int(agents[i]))[promise.tier] - promise.target.share) * calls[promise.tier, i])
        for i in mine
    )


def _floor(curve: Curve) -> float:
    """Return the share of all calls together that every interval keeps."""
    if curve.wishes.floor is not None:
        return curve.wishes.floor
    return min((tier.target.share for tier in curve.tiers if tier.target is not None), default=0.0)


def _cost(curve: Curve, i: int, n: int, rules: tuple[list[_Promise], dict[int, float], float, Floats]) -> float | None:
    """Return how much of the day's slack interval `i` with `n` agents would use up, or None if a promise breaks."""
    promises, slack, floor, calls = rules
    before, after = curve.levels(i, n + 1), curve.levels(i, n)
    cost, answered, asked = 0.0, 0.0, 0.0
    for p in promises:
        mine = float(calls[p.tier, i])
        if mine <= NO_CALLS:
            continue
        answered += float(after[p.tier]) * mine
        asked += mine
        if p.target.scope is Scope.INTERVAL:
            if after[p.tier] < p.target.share - _HAIR:
                return None
            continue
        loss = float(before[p.tier] - after[p.tier]) * mine
        if loss > slack[p.tier] + _HAIR:
            return None
        cost = max(cost, loss / max(slack[p.tier], _HAIR))
    if asked and answered < floor * asked - _HAIR:
        return None
    return cost
