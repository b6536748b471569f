"""The search: from the formula's answer, over common random numbers, to a plan that fresh days confirm."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.scenario import LawKind, Scenario
from callcenter.tiers import Sense, Target
from callcenter.units import DAY, MINUTE
from sim.model.people import check_people
from sim.model.streams import Ints
from sim.planning.plan import Method, Wishes, plan_of
from sim.planning.plan import Plan as ByFormula
from sim.planning.plan.groups import costs, weighed
from sim.planning.plan.plan import DayPlan
from sim.planning.plan.pools import groups_of
from sim.planning.plan.workload import MixedContacts
from sim.planning.staffing.cover import Cover, cover_of, covered
from sim.planning.staffing.judge import first_measured, on_fresh_days, scene, verdicts
from sim.planning.staffing.kernel import refusal
from sim.planning.staffing.plan import Plan
from sim.planning.staffing.promises import FORMULAS_THAT_FIT, Finding, Promise, everyone, expected_calls, promises
from sim.planning.staffing.rig import Heads, Rig, setting
from sim.planning.staffing.walk import Bound, Walk
from sim.results.columns import thresholds

SEARCHED_FROM: Final = 1_000_000
"""Replications from here on are searched on; those of an ordinary run begin at 0 and are never seen."""
JUDGED_FROM: Final = 2_000_000
DAYS: Final = 250
DAYS_BY_ENGINE: Final = 60
LEAST_DAYS: Final = 12
CALLS_IN_ALL: Final = 70_000
"""On so many calls at most candidates are tried by the engine."""
TRIES: Final = 24
"""Times the day at most that the search may live through, on all its days."""
TRIES_OF_GROUPS: Final = 40
JUDGEMENTS: Final = 3
"""Times at most that a plan is mended after the fresh days."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, of how much."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a search: `search` says what each part means."""

    formula: str
    together: Target | None
    start: Sequence[Heads] | None
    days: int | None
    judged_on: int
    most: int | None
    tries: int | None
    by_engine: bool
    cores: int
    progress: Progress


def _no_progress(doing: str, done: int, of: int) -> None:
    """Tell nobody."""


def search(
    scenario: Scenario,
    *,
    formula: str = "sl_net",
    together: Target | None = None,
    start: Sequence[Heads] | None = None,
    days: int | None = None,
    judged_on: int = 100,
    most: int | None = None,
    tries: int | None = None,
    by_engine: bool = False,
    processes: int | None = None,
    progress: Progress = _no_progress,
) -> Plan:
    """Return a cheap number of agents per group and interval with which every promise is kept.

    Each kind of measured day is searched on its own (callbacks fill its quiet minutes); the plan is then judged on the
    scenario as it was given, connected days and all. The answer does not depend on the number of processes.

    Args:
        scenario: What to staff; its own shifts and staffing are left aside.
        formula: Which service level the promises mean (`callcenter.lifecycle.measures.FORMULAS`), not
            `sl_answered`.
        together: A promise for all calls together; None: where the tiers' promises are for the day, the least of
            them in each interval. Its limit is each tier's own (20 s where a tier has none).
        start: Agents to begin with, by interval and group; None: what the formula says.
        days: Replications of the day to search on; None: 250, or 60 where only the engine can tell the days (fewer
            where a day has many calls).
        judged_on: Fresh replications for the judgement, at least 2.
        most: Agents of a group in an interval at most; None: three times the formula's most, and 20.
        tries: The bound of the search, in times that it may live through the day; None: 24, or 20 for several groups.
        by_engine: Try candidates on the engine's days, where the plain loop could too.
        processes: Workers at most; None: one for each core.
        progress: Told what is going on.

    Raises:
        BadInput: No promises, no calls, or a service level that this search cannot decide.
    """
    _check(scenario, formula, together, judged_on)
    cores = processes if processes is not None else os.cpu_count() or 1
    by_formula = _by_formula(scenario)
    ask = Ask(formula, together, start, days, judged_on, most, tries, by_engine, cores, progress)
    first = _one_day(scenario, by_formula, ask)
    others: list[Plan] = []
    for kind in by_formula.days:
        if kind.kind.days and not set(kind.kind.weekdays) & set(first.weekdays):
            found = (first, *others)
            horizon = replace(scenario.horizon, first_day=kind.kind.days[0] - scenario.horizon.discard, days=1)
            known = tuple(entry for plan in found for entry in plan.mine())
            others.append(replace(_one_day(replace(scenario, horizon=horizon), by_formula, ask), elsewhere=known))
    return replace(first, others=tuple(others))


def _one_day(scenario: Scenario, by_formula: ByFormula, ask: Ask) -> Plan:
    """Return the plan for the days of the week that are like the first measured one."""
    formula, together, judged_on, cores, progress = ask.formula, ask.together, ask.judged_on, ask.cores, ask.progress
    day = first_measured(scenario)
    several = len(scenario.centre.groups) > 1
    how_many = ask.days if ask.days is not None else (_days_by_engine(day) if ask.by_engine or refusal(day) else DAYS)
    where = setting(day, first=SEARCHED_FROM, days=how_many, by_engine=ask.by_engine)
    start, most = ask.start, ask.most
    tries = ask.tries if ask.tries is not None else (TRIES_OF_GROUPS if several else TRIES)
    heads = list(start) if start is not None else _start(scenario, by_formula, where.intervals())
    if len(heads) != where.intervals():
        raise BadInput(f"start has {len(heads)} intervals; the day has {where.intervals()}")
    top = max((n for row in heads for n in row), default=0)
    limit = (most if most is not None else 3 * top + 20,) * len(scenario.centre.groups)
    heads = [tuple(min(n, m) for n, m in zip(row, limit, strict=True)) for row in heads]
    wanted = promises(scenario, together or everyone(scenario), where.intervals())
    if not wanted:
        raise BadInput(f"{scenario.name}: no tier has a target: write tiers: {{standard: {{target: 80/20}}}}")
    notes: list[str] = [_told_by(day, ask.by_engine)]
    with Rig(where, cores) as rig:
        expected = expected_calls(day, where.edges)
        price = weighed(scenario) if several else (1.0,)
        walk = Walk(rig, wanted, formula, list(heads), limit, expected, tries * where.intervals(), progress, price)
        walk.swaps = _swaps(scenario, price) if several else ()
        if several:
            cover = cover_of(scenario, by_formula, _kind_of(scenario, by_formula), limit, where.intervals())
            hit = _together(walk, cover)
            notes += _told_of_groups(walk, cover)
        else:
            hit = _walk(walk, list(heads))
        if hit:
            notes.append(f"the search stopped at its bound of {tries} days' work: the plan may not be minimal")
    plan = _answer(scenario, by_formula, walk, formula, how_many, hit, notes)
    return _judged(plan, walk, judged_on, cores, progress)


def _days_by_engine(day: Scenario) -> int:
    """Return on how many days candidates are tried by the engine: fewer where a day has many calls."""
    weekday_ = weekday(day.horizon.first_day * DAY)
    calls = sum(sum(stream.calls) for stream in day.streams if weekday_ in stream.weekdays) + len(day.recorded)
    return int(min(DAYS_BY_ENGINE, max(LEAST_DAYS, CALLS_IN_ALL / max(calls, 1.0))))


def _kind_of(scenario: Scenario, by_formula: ByFormula) -> DayPlan | None:
    """Return the formula's plan of the day that is planned."""
    today = weekday((scenario.horizon.first_day + scenario.horizon.discard) * DAY)
    return next((day for day in by_formula.days if today in day.kind.weekdays), None)


def _together(walk: Walk, cover: Cover) -> bool:
    """Search the heads of several groups at once; return whether the bound stopped it."""

    def live(plan: list[Heads]) -> Ints:
        if walk.rig.played >= walk.tries:
            raise Bound
        walk.plan = list(plan)
        return walk.rig.whole(plan)

    def findings(counts: Ints) -> list[Finding]:
        walk.counts = dict(enumerate(counts))
        return walk.all_findings()

    try:
        walk.plan = covered(cover, live, findings, walk.formula, walk.told)
        walk.mend()
        walk.whole_day()
        walk.trim()
    except Bound:
        walk.tries = 10**9
        walk.again(0)
        return True
    return False


def _swaps(scenario: Scenario, price: Sequence[float]) -> tuple[tuple[int, int], ...]:
    """Return pairs of groups of which the second is cheaper and takes nothing that the first does not."""
    serving = [groups_of(scenario.centre, queue) for queue in scenario.centre.queues]
    takes = [{q for q, names in enumerate(serving) if group.name in names} for group in scenario.centre.groups]
    places = range(len(takes))
    return tuple((a, b) for a in places for b in places if price[b] < price[a] and takes[b] and takes[b] < takes[a])


def _told_of_groups(walk: Walk, cover: Cover) -> list[str]:
    """Return what the plan costs beside what a formula asks of each set of queues, in words."""
    hourly = costs(cover.scenario)

    def cost(plan: list[Heads]) -> float:
        return sum(price * n for heads in plan for price, n in zip(hourly, heads, strict=True))

    least, mine = cost(cover.least), cost(walk.plan)
    if least <= 0:
        return []
    said = "hours at their shift types' cost" if len(set(hourly)) > 1 else "agents"
    return [
        f"groups are staffed together, by cuts: {said} {mine:,.0f} a day by interval, where every set of queues "
        f"by itself would ask for {least:,.0f} by formula, {max(0.0, mine / least - 1):.0%} less; "
        "that nothing cheaper would do is not proved"
    ]


def _check(scenario: Scenario, formula: str, together: Target | None, judged_on: int) -> None:
    check_people(scenario)
    if formula not in FORMULAS_THAT_FIT:
        raise BadInput(f"service level {formula!r} cannot be staffed for: one of {', '.join(FORMULAS_THAT_FIT)}")
    if judged_on < 2:
        raise BadInput("a plan is judged on 2 fresh replications at least")
    limits = dict.fromkeys(thresholds(scenario))
    if together is not None and [together.within] != list(limits):
        raise BadInput("the promise for all calls together has another limit than the tiers': use theirs")


def _by_formula(scenario: Scenario) -> ByFormula:
    patient = not scenario.patience or any(rule.law.kind is LawKind.NEVER for rule in scenario.patience)
    wishes = Wishes(method=Method.ERLANG_C if patient else Method.ERLANG_A)
    try:
        return plan_of(scenario, wishes)
    except MixedContacts:  # only where to begin: each contact as the share of a call that it takes of an agent
        share = dict(scenario.centre.channels)
        streams = tuple(
            replace(s, calls=tuple(n * share.get(s.channel, 100) / 100 for n in s.calls), channel="voice")
            for s in scenario.streams
        )
        alike = replace(scenario.centre, channels=(("voice", 100),))
        return plan_of(replace(scenario, centre=alike, streams=streams), wishes)


def _start(scenario: Scenario, by_formula: ByFormula, intervals: int) -> list[Heads]:
    """Return what the formula rosters on the day that is planned; nobody where it has no calls."""
    today = weekday((scenario.horizon.first_day + scenario.horizon.discard) * DAY)
    groups = {name: [0] * intervals for name in (g.name for g in scenario.centre.groups)}
    for day in by_formula.days:
        if today in day.kind.weekdays:
            for name, agents in day.groups().items():
                for h, n in enumerate(by_formula.rostered(agents).tolist()[:intervals]):
                    groups[name][h] = n
    return [tuple(groups[g.name][h] for g in scenario.centre.groups) for h in range(intervals)]


def _told_by(day: Scenario, by_engine: bool) -> str:
    why = refusal(day)
    if why is not None:
        return f"candidates were tried on the engine's own days ({why})"
    if by_engine:
        return "candidates were tried on the engine's own days"
    said = "candidates were tried by a plain loop that a test holds to the engine; the engine judged the plan"
    if any(tier.callback for tier in day.centre.tiers):
        said += "; the loop tells callbacks in outline and begins without yesterday's, the judge does neither"
    return said


def _walk(walk: Walk, start: list[Heads]) -> bool:
    """Search; return whether the bound stopped it."""
    try:
        walk.forward()
        walk.whole_day()
        walk.look_back(start)
        walk.whole_day()
        walk.trim()
    except Bound:
        walk.tries = 10**9  # what is left is to see what the plan gives as it stands
        walk.again(0)
        return True
    return False


def _answer(
    scenario: Scenario, by_formula: ByFormula, walk: Walk, formula: str, days: int, hit: bool, notes: list[str]
) -> Plan:
    today = weekday((scenario.horizon.first_day + scenario.horizon.discard) * DAY)
    alike = next((d.kind.weekdays for d in by_formula.days if today in d.kind.weekdays), (today,))
    interval = scenario.interval // MINUTE
    starts = tuple(f"{h * interval // 60:02d}:{h * interval % 60:02d}" for h in range(len(walk.plan)))
    lost = tuple(f"{p.who}, {'the day' if p.interval is None else starts[p.interval]}" for p in walk.unmeetable)
    if lost:
        notes.append(
            f"agents alone cannot keep {len(lost)} promises (even {max(walk.most)} of a group would not): what stands "
            "in the way is a rule or a time, such as a reserve, a ring, or hours; the plan is the best partial one"
        )
    return Plan(
        scenario=scenario,
        formula=formula,
        starts=starts,
        groups=tuple(g.name for g in scenario.centre.groups),
        heads=tuple(walk.plan),
        judged=(),
        searched=tuple(walk.all_findings()),
        binding=tuple(b for h in sorted(walk.binding) for b in walk.binding[h]),
        judged_on=0,
        searched_on=days,
        notes=tuple(notes),
        unmeetable=lost,
        hit_bound=hit,
        weekdays=tuple(alike),
        elsewhere=tuple(s for s in by_formula.staffing() if not set(s.weekdays) & set(alike)),
    )


def _judged(plan: Plan, walk: Walk, judged_on: int, cores: int, progress: Progress) -> Plan:
    """Return the plan with its fresh judgement, mended where the judgement failed it."""
    failed: list[Finding] = []
    for turn in range(JUDGEMENTS + 1):
        first = JUDGED_FROM + turn * judged_on
        doing = "fresh days, by the engine" if not turn else f"fresh days after mending, round {turn}"

        def told(done: int, of: int, doing: str = doing) -> None:
            progress(doing, done, of)

        counts, came = on_fresh_days(scene(plan.applied()), first, judged_on, walk.rig.where.edges, cores, told)
        findings = verdicts(walk.rig.where.scenario, walk.wanted, plan.formula, counts, came)
        plan = replace(plan, judged=tuple(findings), judged_on=judged_on)
        failed = [f for f in findings if f.promise not in walk.unmeetable and _fails(f)]
        if not failed or turn == JUDGEMENTS:
            break
        plan = _mended(plan, walk, failed, findings)
    if failed:
        plan = replace(plan, notes=(*plan.notes, f"{len(failed)} promises are still not kept on fresh days"))
    return plan


def _fails(finding: Finding) -> bool:
    return finding.verdict == "no" or (finding.promise.interval is None and finding.verdict != "yes")


def _mended(plan: Plan, walk: Walk, failed: list[Finding], findings: Sequence[Finding]) -> Plan:
    """Return the plan with one agent more where fresh days were failed; for a day's promise, in its worst intervals."""
    at = [f.promise.interval for f in failed if f.promise.interval is not None]
    if any(f.promise.interval is None for f in failed):
        by_worst = sorted(
            (f for f in findings if f.promise.interval is not None and f.level is not None),
            key=lambda f: f.level.mean - f.goal if f.level is not None else 0.0,
        )
        worst = [f.promise.interval for f in by_worst] or _busiest(walk)
        at += [h for h in worst[: max(2, len(plan.heads) // 12)] if h is not None]
    at = sorted(dict.fromkeys(at))
    heads = list(plan.heads)
    groups = dict.fromkeys(_helper(plan.scenario, f.promise) for f in failed)
    for h in at:
        heads[h] = tuple(n + (g in groups) for g, n in enumerate(heads[h]))
    names = ", ".join(plan.starts[h] for h in at)
    what = ", ".join(dict.fromkeys(_named(f.promise, plan) for f in failed))
    said = f"fresh days failed {what}: one agent more at {names}"
    return replace(plan, heads=tuple(heads), notes=(*plan.notes, said))


def _helper(scenario: Scenario, promise: Promise) -> int:
    """Return the cheapest group that takes all the calls of a promise (or most of their queues)."""
    tiers, centre = len(scenario.centre.tiers), scenario.centre
    queues = [
        q for n, q in enumerate(centre.queues) if promise.rows is None or any(r // tiers == n for r in promise.rows)
    ]
    prices = weighed(scenario)
    serving = [groups_of(centre, queue) for queue in queues]
    return min(
        range(len(centre.groups)),
        key=lambda g: (-sum(centre.groups[g].name in names for names in serving), prices[g], g),
    )


def _busiest(walk: Walk) -> list[int | None]:
    return [*sorted(range(walk.last + 1), key=lambda h: -int(walk.came[:, h].sum()))]


def _named(promise: Promise, plan: Plan) -> str:
    sense = " (probability)" if promise.target.sense is Sense.PROBABILITY else ""
    return f"{promise.who}{sense} {'over the day' if promise.interval is None else plan.starts[promise.interval]}"
