"""What the formulas take for granted, and what in a scenario breaks it: each break with what it does to the answer."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from callcenter.centre import Policy
from callcenter.erlang import LoadMethod
from callcenter.language.said import N_, listed, said
from callcenter.scenario import LawKind, Scenario
from callcenter.tiers import Leave, Scope, Sense
from callcenter.units import HOUR, MINUTE, SECOND
from sim.model.laws import mean_s
from sim.planning.plan.formula import Method, hangs_up
from sim.planning.plan.pools import Pool, groups_of, pools
from sim.planning.plan.workload import DayKind, exponential


@dataclass(frozen=True, slots=True)
class Break:
    """An assumption that does not hold here."""

    assumption: str
    here: str
    """What the scenario has instead."""
    effect: str
    """What that does to the agents asked for."""


ASKS_TOO_FEW = N_("the formula asks for too few")
ASKS_TOO_MANY = N_("the formula asks for too many")
EITHER = N_("too many or too few")
UNEVEN: Final = 1.2
"""Calls that come at so many times an interval's mean rate in a part of it come unevenly."""


def assumed(method: Method, load: LoadMethod) -> list[str]:
    """Return what the formula takes for granted, in words."""
    patience = N_("nobody hangs up")
    if method is not Method.ERLANG_C:
        patience = N_("patience is exponential, one mean for all tiers")
    how = {
        LoadMethod.STATIONARY: N_("each interval's load is its own calls × AHT"),
        LoadMethod.LAGGED: N_("each interval's load is that of the calls one handling time earlier × AHT"),
        LoadMethod.INFINITE_SERVER: N_(
            "each interval's load is what callers of the recent past keep busy (offered load)"
        ),
    }[load]
    return [
        N_("calls come at random (Poisson) at an even rate in each interval"),
        N_("handling times are exponential, one mean for all tiers of an interval"),
        patience,
        N_(
            "free agents take the highest band first and nobody is interrupted; inside a band the oldest call goes "
            "first"
        ),
        how,
        N_("each interval begins as if it had always been so: no backlog is carried over"),
        N_("nobody rings again, and there is no other work than calls"),
    ]


def breaks(scenario: Scenario, method: Method, kinds: list[DayKind]) -> list[Break]:
    """Return what in the scenario breaks the formula's assumptions."""
    found = [*_handling(scenario, kinds), *_patience(scenario, method, kinds), *_rules(scenario), *_more_work(scenario)]
    for pool in pools(scenario.centre):
        found += _skills(scenario, pool)
    found += [*_capacity(kinds), *_uneven(scenario, kinds)]
    if scenario.busyness is not None and scenario.busyness.cv > 0:
        found.append(
            Break(
                N_("calls come at a known mean rate"),
                said("days differ by {cv:.0%} (busyness)", cv=scenario.busyness.cv),
                said("{effect} on busy days", effect=said(ASKS_TOO_FEW)),
            )
        )
    for tier in scenario.centre.tiers:
        if tier.target is not None and tier.target.sense is Sense.PROBABILITY:
            found.append(
                Break(
                    N_("targets are about the expected share"),
                    said("{tier} promises a probability", tier=tier.name),
                    ASKS_TOO_FEW,
                )
            )
        if tier.target is not None and tier.target.scope is Scope.MONTH:
            here = said("{tier} is judged over the month", tier=tier.name)
            found.append(Break(N_("every day of the month is like this one"), here, EITHER))
    return found


def _handling(scenario: Scenario, kinds: list[DayKind]) -> list[Break]:
    found = []
    if not exponential(scenario):
        laws = sorted({rule.law.kind.value for rule in scenario.handling})
        shape = ", ".join(laws)
        found.append(
            Break(
                N_("handling times are exponential"),
                said("{laws} plus wrap-up", laws=shape) if scenario.wrap_up else shape,
                N_("too few where they vary more than exponential ones (cv above 1), too many where less"),
            )
        )
    if scenario.quiet_wrap_up:
        here = N_("after-call work differs when nobody waits (that of busy times is used)")
        found.append(Break(N_("work after a call does not depend on the queue"), here, EITHER))
    by_tier = [rule for rule in scenario.handling if rule.tiers]
    if by_tier and any(len(work.tiers) > 1 for kind in kinds for work in kind.work):
        names = ", ".join(sorted({tier for rule in by_tier for tier in rule.tiers}))
        here = said("{tiers} have their own (a mean is used)", tiers=names)
        found.append(Break(N_("one handling time for all tiers"), here, EITHER))
    desks = [desk for desk in scenario.desks if desk.pace != 1.0 or desk.pace_cv > 0]
    if desks:
        names = ", ".join(desk.group for desk in desks)
        found.append(
            Break(N_("all agents work alike"), said("pace differs: {groups} (a mean is used)", groups=names), EITHER)
        )
    missing = [desk for desk in scenario.desks if desk.miss > 0]
    if missing:
        names = ", ".join(f"{desk.group} {desk.miss:.0%}" for desk in missing)
        here = said("missed: {shares} (the ringing is counted, the pause after it is not)", shares=names)
        found.append(Break(N_("every offer is taken"), here, ASKS_TOO_FEW))
    return found


def _patience(scenario: Scenario, method: Method, kinds: list[DayKind]) -> list[Break]:
    laws = [rule.law for rule in scenario.patience]
    if not any(law.kind is not LawKind.NEVER for law in laws):
        return []
    if method is Method.ERLANG_C:
        return [Break(N_("nobody hangs up"), N_("callers have patience (try erlang-a)"), ASKS_TOO_MANY)]
    found = []
    works = [work for kind in kinds for work in kind.work if work.busy.any()]
    patient = list(dict.fromkeys(queue for work in works if not hangs_up(work) for queue in work.pool.queues))
    if patient:
        here = said("nobody hangs up in {queues} (planned by erlang-c)", queues=", ".join(patient))
        found.append(Break(N_("callers hang up"), here, N_("right for those who wait as long as it takes")))
    shapes = sorted({law.kind.value for law in laws if law.kind not in {LawKind.EXPONENTIAL, LawKind.NEVER}})
    if shapes:
        found.append(
            Break(
                N_("patience is exponential"),
                said("{laws} (its mean is used)", laws=", ".join(shapes)),
                N_("a little too many or too few"),
            )
        )
    if len(laws) > 1:
        found.append(
            Break(N_("one patience for all tiers"), N_("it differs by tier, queue or time (a mean is used)"), EITHER)
        )
    return found


def _skills(scenario: Scenario, pool: Pool) -> list[Break]:
    found = []
    queues = [queue for queue in scenario.centre.queues if queue.name in pool.queues]
    if any(set(groups_of(scenario.centre, queue)) != set(pool.groups) for queue in queues):
        found.append(
            Break(
                N_("every agent can take every call"),
                said(
                    "groups {groups} share the queues {queues}, but not all can take all",
                    groups=", ".join(pool.groups),
                    queues=", ".join(pool.queues),
                ),
                N_(
                    "the formula asks for too few: asked for is the least with which every set of queues has what it "
                    "needs alone (--method simulation finds what is enough)"
                ),
            )
        )
    if any(queue.relaxation for queue in queues):
        names = ", ".join(queue.name for queue in queues if queue.relaxation)
        found.append(
            Break(
                N_("nobody helps from outside"),
                said("others may take calls of {queues} after a wait", queues=names),
                ASKS_TOO_MANY,
            )
        )
    return found


def _capacity(kinds: list[DayKind]) -> list[Break]:
    """Return what is said of pools whose agents have several contacts in hand."""
    shared = {work.pool.name: work for kind in kinds for work in kind.work if work.at_once > 1 and work.busy.any()}
    return [
        Break(
            N_("an agent has one contact in hand"),
            said(
                "in {pool} up to {n} at once, each {cost:.0%} of an agent: counted as so many places that work as fast "
                "as one",
                pool=name,
                n=work.at_once,
                cost=work.cost,
            ),
            said("{effect} where several at once make each of them longer", effect=said(ASKS_TOO_FEW)),
        )
        for name, work in shared.items()
    ]


def _uneven(scenario: Scenario, kinds: list[DayKind]) -> list[Break]:
    """Return what is said where calls come in a part of an interval: its agents are there for all of it."""
    peaks = np.array([work.peaks for kind in kinds for work in kind.work])
    if not peaks.size or peaks.max() < UNEVEN:
        return []
    where = peaks.max(axis=0)
    minutes = int(np.argmax(where)) * scenario.interval // MINUTE
    return [
        Break(
            N_("calls come at an even rate in each interval"),
            said(
                "uneven inside {n} of them, the most in that from {start}: {times:.1f} times its mean rate",
                n=int((where >= UNEVEN).sum()),
                start=f"{minutes // 60:02d}:{minutes % 60:02d}",
                times=float(where.max()),
            ),
            N_("too few at its busiest, too many in the rest of it (a shorter interval follows the calls)"),
        )
    ]


def _rules(scenario: Scenario) -> list[Break]:
    found = []
    centre = scenario.centre
    kept = [reserve for reserve in centre.reserves if reserve.keep > 0]
    if kept:
        names = listed(said("{n} of {group}", n=reserve.keep, group=reserve.group) for reserve in kept)
        found.append(
            Break(
                N_("no agent idles while a call waits"),
                said("kept free: {groups} (reserves)", groups=names),
                ASKS_TOO_FEW,
            )
        )
    ordering = [queue.name for queue in centre.queues if queue.policy is not Policy.FIFO]
    starts = [tier.name for tier in centre.tiers if tier.head_start > 0]
    if ordering or starts:
        here = (
            said("another order in {queues}", queues=", ".join(ordering))
            if ordering
            else said("head start for {tiers}", tiers=", ".join(starts))
        )
        found.append(
            Break(N_("inside a band the oldest call goes first"), here, N_("right for the band, not for its tiers"))
        )
    held = [queue.name for queue in centre.queues if queue.hold_for_preferred > 0]
    if held:
        here = said("calls of {queues} wait for a preferred agent", queues=", ".join(held))
        found.append(Break(N_("a call takes any free agent"), here, ASKS_TOO_FEW))
    bounded = [queue.name for queue in centre.queues if queue.max_waiting is not None or queue.max_wait is not None]
    bounded += [tier.name for tier in centre.tiers if tier.max_wait is not None]
    if bounded:
        here = said("calls of {who} leave when the queue is full or the wait too long", who=", ".join(bounded))
        found.append(Break(N_("calls wait until they are answered"), here, ASKS_TOO_MANY))
    return found


def _more_work(scenario: Scenario) -> list[Break]:
    found = []
    if scenario.retrials:
        outcomes = ", ".join(f"{outcome} {retrial.probability:.0%}" for outcome, retrial in scenario.retrials)
        found.append(
            Break(
                N_("nobody rings again"),
                said("ring again after: {outcomes}", outcomes=outcomes),
                said("{effect} when many are lost", effect=said(ASKS_TOO_FEW)),
            )
        )
    for one in scenario.outreach:
        first = scenario.horizon.measured.start
        customers = max(one.due_on(first + n) for n in range(7))
        here = said(
            "campaign and care calls to {n} customers a day, up to {hours:.1f} h of talk ({queue})",
            n=customers,
            hours=customers * mean_s(one.talk) * SECOND / HOUR,
            queue=one.queue,
        )
        found.append(Break(N_("there is no other work than calls"), here, ASKS_TOO_FEW))
    called_back = [tier.name for tier in scenario.centre.tiers if tier.callback]
    ways = [way for queue in scenario.centre.queues for way in (queue.when_full, queue.after_max_wait)]
    if scenario.callbacks.accept_offer > 0:
        asked = scenario.callbacks.accept_offer
        here = said("virtual hold: {share:.0%} of those asked are called back", share=asked)
        found.append(Break(N_("there is no other work than calls"), here, EITHER))
    elif called_back or any(way.leave is Leave.CALLBACK for way in ways):
        here = said("lost calls of {who} are called back", who=", ".join(called_back) or said("full queues"))
        found.append(
            Break(
                N_("there is no other work than calls"),
                here,
                said("{effect} when many are lost", effect=said(ASKS_TOO_FEW)),
            )
        )
    return found
