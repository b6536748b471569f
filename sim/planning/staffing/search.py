"""The search: from the formula's answer, over common random numbers, to a plan that fresh days confirm."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from callcenter.config.words import date_text
from callcenter.contact_plan import EVERY_DAY
from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.language.said import said
from callcenter.scenario import LawKind, Scenario, is_on
from callcenter.tiers import Target
from callcenter.units import DAY, HOUR, MINUTE
from sim.experiment.engines import Engine, choose
from sim.model.people import check_people
from sim.planning.plan import Method, Wishes, plan_of
from sim.planning.plan import Plan as ByFormula
from sim.planning.plan.groups import weighed
from sim.planning.plan.plan import DayPlan
from sim.planning.plan.pools import groups_of
from sim.planning.plan.workload import DayKind, MixedContacts
from sim.planning.staffing.cover import cover_of
from sim.planning.staffing.fresh_days import Progress, judged
from sim.planning.staffing.judge import first_measured
from sim.planning.staffing.plan import Plan
from sim.planning.staffing.promises import FORMULAS_THAT_FIT, everyone, expected_calls, promises
from sim.planning.staffing.rig import Heads, Rig, TooMuchAtOnce, can_stop, edges_of, setting
from sim.planning.staffing.walk import Walk
from sim.planning.staffing.wall_clock import as_if_unchanged, changes_clocks
from sim.planning.staffing.wholedays import WholeDays, even_days
from sim.run.columns import thresholds

SEARCHED_FROM: Final = 1_000_000
"""Replications from here on are searched on; those of an ordinary run begin at 0 and are never seen."""
JUDGED_ON: Final = 100
SPARE: Final = 2.0
"""Agents more, and 20, are tried in an interval at most, as a share of the formula's most."""
LITTLE_SPARE: Final = 0.25
"""Likewise where those are too many for days that stop and go on: with many hundred agents a quarter is plenty."""
DAYS: Final = 500
"""Days at most that candidates are tried on where each half hour is lived by itself, and whole days."""
WHOLE_DAYS: Final = 60
LEAST_DAYS: Final = 12
CALLS_IN_PARTS: Final = 1_000_000
CALLS_AT_ONCE: Final = 28_000
"""On days with so many calls together, likewise (or on the fewest days there may be)."""
CALLS_IN_ALL: Final = {Engine.SIMPY: 1_400_000, Engine.COMPILED: 24_000_000}
"""So many calls at most are lived by the engine to find a plan."""
TRIES: Final = 24
"""Times the day at most that the search may live through, on all its days."""
LIVES: Final = {Engine.SIMPY: (24, 80), Engine.COMPILED: (160, 400)}
"""The same where whole days are lived by the engine: of days with many calls, and with few."""
EARLY: Final = 2 * HOUR
"""Of the day before so much is lived, where it may leave the first interval calls."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a search: `search` says what each part means."""

    formula: str
    together: Target | None
    days: int | None
    judged_on: int
    most: int | None
    tries: int | None
    cores: int
    progress: Progress
    stop: Callable[[], bool]


def _no_progress(doing: str, done: int, of: int) -> None:
    """Tell nobody."""


def search(
    scenario: Scenario,
    *,
    formula: str = "sl_net",
    together: Target | None = None,
    days: int | None = None,
    judged_on: int = JUDGED_ON,
    most: int | None = None,
    tries: int | None = None,
    processes: int | None = None,
    progress: Progress = _no_progress,
    stop: Callable[[], bool] = lambda: False,
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
        days: Replications of the day to search on; None: 500, or 60 where only the engine can tell the days (12 where
            a day has many calls).
        judged_on: Fresh replications for the judgement, at least 2.
        most: Agents of a group in an interval at most; None: three times the formula's most, and 20.
        tries: The bound of the search, in times that it may live through the day; None: 24, or where the engine lives
            whole days 24 to 80, by their calls (the compiled engine: 160 to 400).
        processes: Workers at most; None: one for each core.
        progress: Told what is going on.
        stop: Asked now and then whether to end with the best plan so far; the answer then depends on when that was.

    Raises:
        BadInput: No promises, no calls, or a service level that this search cannot decide.
    """
    _check(scenario, formula, together, judged_on)
    cores = processes if processes is not None else os.cpu_count() or 1
    by_formula = _by_formula(scenario)
    ask = Ask(formula, together, days, judged_on, most, tries, cores, progress, stop)
    first = _one_day(scenario, by_formula, ask)
    others: list[Plan] = []
    for kind in by_formula.days:
        if kind.kind.days and (kind.kind.weekdays, kind.kind.dates) != (first.weekdays, first.dates):
            found = (first, *others)
            horizon = replace(scenario.horizon, first_day=kind.kind.days[0] - scenario.horizon.discard, days=1)
            known = tuple(entry for plan in found for entry in plan.mine())
            others.append(replace(_one_day(replace(scenario, horizon=horizon), by_formula, ask), elsewhere=known))
    return replace(first, others=tuple(others))


def _one_day(scenario: Scenario, by_formula: ByFormula, ask: Ask) -> Plan:
    """Return the plan for the days of the week that are like the first measured one."""
    if not changes_clocks(scenario):
        return _planned(scenario, by_formula, ask)
    plan = _planned(as_if_unchanged(scenario), by_formula, ask)
    note = said(
        "the clocks change on {date}: planned and judged by the clock on the wall, as a day of 24 hours; an hour that "
        "comes twice is staffed alike both times",
        date=date_text(scenario.horizon.measured.start),
    )
    return replace(plan, scenario=scenario, notes=(note, *plan.notes))


def _planned(scenario: Scenario, by_formula: ByFormula, ask: Ask) -> Plan:
    """Return the same for a day of 24 hours."""
    if len(scenario.centre.groups) == 1 and can_stop(first_measured(scenario)):
        for spare in (SPARE, LITTLE_SPARE):
            try:
                plan = _tried(scenario, by_formula, ask, whole=False, spare=spare)
            except TooMuchAtOnce:
                continue
            if spare == SPARE or not plan.unmeetable:
                return plan
    return _tried(scenario, by_formula, ask, whole=True)


def _tried(scenario: Scenario, by_formula: ByFormula, ask: Ask, *, whole: bool, spare: float = SPARE) -> Plan:
    """Return the same, with candidates tried on whole days or half hour by half hour, up to so many agents more."""
    day = first_measured(scenario)
    intervals = len(edges_of(day)) - 1
    heads = _start(scenario, by_formula, intervals, 0)
    top = max((n for row in heads for n in row), default=0)
    limit = (ask.most if ask.most is not None else int((1 + spare) * top) + 20,) * len(scenario.centre.groups)
    heads = [tuple(min(n, m) for n, m in zip(row, limit, strict=True)) for row in heads]
    wanted = promises(scenario, ask.together or everyone(scenario), intervals)
    if not wanted:
        raise BadInput(
            "{scenario}: no tier has a target: write tiers: {{{tier}: {{target: 80/20}}}}, or --set "
            "tiers.{tier}.target=80/20",
            scenario=scenario.name,
            tier=scenario.centre.default_tier,
        )
    calls = _calls(day)
    at_once, at_most = (CALLS_AT_ONCE, WHOLE_DAYS) if whole else (CALLS_IN_PARTS, DAYS)
    days = ask.days or int(min(at_most, max(LEAST_DAYS, at_once / calls)))
    numbers = even_days(day, SEARCHED_FROM, days) if whole else range(SEARCHED_FROM, SEARCHED_FROM + days)
    early = EARLY // scenario.interval if day.horizon.discard and not whole else 0
    before = _start(scenario, by_formula, intervals, -1)[-early:] if early else ()
    notes = [_told_by(whole)]
    with Rig(setting(day, numbers, most=limit, before=before), ask.cores) as rig:
        expected = expected_calls(day, rig.where.edges)
        by: Walk | WholeDays
        if whole:
            lives = ask.tries or _lives(choose(day).engine, calls * days)
            price = weighed(scenario)
            cover = cover_of(scenario, by_formula, _kind_of(scenario, by_formula), limit, intervals)
            by = WholeDays(
                rig, cover, wanted, ask.formula, limit, expected, ask.judged_on, lives, price,
                _swaps(scenario, price), ask.progress, ask.stop,
            )  # fmt: skip
        else:
            lives = ask.tries or TRIES
            by = Walk(rig, wanted, ask.formula, heads, limit, expected, lives * intervals, ask.progress, ask.stop)
        by.search()
        if isinstance(by, WholeDays):
            notes += [by.gap()] if len(scenario.centre.groups) > 1 else []
        if by.hit:
            notes.append(
                said("the search was stopped: the plan may not be minimal")
                if ask.stop()
                else said("the search stopped at its bound of {n} days' work: the plan may not be minimal", n=lives)
            )
    plan = _answer(scenario, by_formula, by, ask.formula, days, notes)
    plan = judged(plan, by, ask.judged_on, ask.cores, ask.progress, ask.stop)
    return replace(
        plan,
        searched=tuple(by.of_their_targets()),
        binding=tuple(b for h in sorted(by.binding) for b in by.binding[h]),
        hit_bound=by.hit,
    )


def _lives(engine: Engine, calls: float) -> int:
    """Return how often at most days with so many calls together are lived: a search by SimPy ends sooner."""
    least, most = LIVES[engine]
    return int(min(most, max(least, CALLS_IN_ALL[engine] / calls)))


def _calls(day: Scenario) -> float:
    """Return how many calls the searched day has, the day before included where it is lived."""
    first = day.horizon.first_day
    lived = range(first, first + day.horizon.discard + 1)
    return max(1.0, sum(sum(s.calls) for n in lived for s in day.streams if is_on(s, n)) + len(day.recorded))


def _kind_of(scenario: Scenario, by_formula: ByFormula) -> DayPlan | None:
    """Return the formula's plan of the day that is planned."""
    today = scenario.horizon.measured.start
    return next((day for day in by_formula.days if day.kind.holds(today)), None)


def _swaps(scenario: Scenario, price: Sequence[float]) -> tuple[tuple[int, int], ...]:
    """Return pairs of groups of which the second is cheaper and takes nothing that the first does not."""
    serving = [groups_of(scenario.centre, queue) for queue in scenario.centre.queues]
    takes = [{q for q, names in enumerate(serving) if group.name in names} for group in scenario.centre.groups]
    places = range(len(takes))
    return tuple((a, b) for a in places for b in places if price[b] < price[a] and takes[b] and takes[b] < takes[a])


def _check(scenario: Scenario, formula: str, together: Target | None, judged_on: int) -> None:
    check_people(scenario)
    if formula not in FORMULAS_THAT_FIT:
        raise BadInput(
            "service level {formula!r} cannot be staffed for: one of {formulas_that_fit}",
            formula=formula,
            formulas_that_fit=", ".join(FORMULAS_THAT_FIT),
        )
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


def _start(scenario: Scenario, by_formula: ByFormula, intervals: int, later: int) -> list[Heads]:
    """Return what the formula rosters so many days after the one that is planned; nobody where it has no calls."""
    today = scenario.horizon.measured.start + later
    groups = {name: [0] * intervals for name in (g.name for g in scenario.centre.groups)}
    for day in by_formula.days:
        if day.kind.holds(today):
            for name, agents in day.groups().items():
                for h, n in enumerate(by_formula.rostered(agents).tolist()[:intervals]):
                    groups[name][h] = n
    return [tuple(groups[g.name][h] for g in scenario.centre.groups) for h in range(intervals)]


def _told_by(whole: bool) -> str:
    return (
        said("candidates were tried on whole days, by the engine's rules")
        if whole
        else said("candidates were tried half hour by half hour, on days by the engine's rules that stop and go on")
    )


def _answer(
    scenario: Scenario,
    by_formula: ByFormula,
    by: Walk | WholeDays,
    formula: str,
    days: int,
    notes: list[str],
) -> Plan:
    today = scenario.horizon.measured.start
    nobody_else = DayKind((weekday(today * DAY),), (today,), (), today)
    kind = next((d.kind for d in by_formula.days if d.kind.holds(today)), nobody_else)
    mine = (kind.weekdays or EVERY_DAY, kind.dates)
    interval = scenario.interval // MINUTE
    starts = tuple(f"{h * interval // 60:02d}:{h * interval % 60:02d}" for h in range(len(by.plan)))
    lost = tuple(
        said("{who}, {when}", who=p.who, when=said("the day") if p.interval is None else starts[p.interval])
        for p in by.unmeetable
    )
    if lost:
        notes.append(
            said(
                "agents alone cannot keep {n} promises (even {most} of a group would not): what stands in the way is a "
                "rule or a time, such as a reserve, a ring, or hours; the plan is the best partial one",
                n=len(lost), most=max(by.most),
            )
        )  # fmt: skip
    return Plan(
        scenario=scenario,
        formula=formula,
        starts=starts,
        groups=tuple(g.name for g in scenario.centre.groups),
        heads=tuple(by.plan),
        judged=(),
        searched=(),
        binding=(),
        judged_on=0,
        searched_on=days,
        notes=tuple(notes),
        unmeetable=lost,
        weekdays=kind.weekdays,
        dates=kind.dates,
        but=kind.but,
        elsewhere=tuple(s for s in by_formula.staffing() if (s.weekdays, s.dates) != mine),
    )
