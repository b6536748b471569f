"""A scenario file's parts put together: the form becomes an immutable Scenario, or a refusal."""

from typing import Final

from callcenter.callbacks import TaskKind
from callcenter.centre import Centre
from callcenter.config.absent import without
from callcenter.config.arrivals import build_streams
from callcenter.config.calendars import measured, with_factors
from callcenter.config.centres import build_centre
from callcenter.config.extra import with_extra
from callcenter.config.laws import SLACK, RuleForm, build_law
from callcenter.config.prices import build_money
from callcenter.config.refusals import Path, Wrong, unknown
from callcenter.config.rosters import build_desks, build_shift_types, build_shifts, build_staffing
from callcenter.config.scenario_form import HorizonForm, RetrialsForm, ScenarioForm
from callcenter.language.said import said
from callcenter.lifecycle.overnight import lasts_overnight
from callcenter.scenario import (
    Busyness,
    CallbackPeople,
    Horizon,
    Law,
    LawKind,
    Menu,
    ModelError,
    Outreach,
    Retrial,
    Rule,
    Scenario,
    Stream,
    Worth,
)
from callcenter.skills import levels
from callcenter.units import DAY, MINUTE

NO_TIME: Final = Rule(Law(LawKind.DETERMINISTIC, 0.0))
AROUND: Final = 400
"""Days before and after those measured whose calls may be lived, or looked at for a plan."""
OUTCOMES: Final = ("abandoned", "rejected", "overflowed")


def build_scenario(form: ScenarioForm, name: str) -> Scenario:
    """Return the scenario that `form` describes; `name` is for one that has none.

    Raises:
        Wrong: parts that do not fit each other.
    """
    name = form.name or name
    if not MINUTE <= form.interval <= DAY or DAY % form.interval:
        raise Wrong(("interval",), said("does not divide a day evenly: write 15m, 30m or 1h"))
    centre = build_centre(form.centre, name, ("centre",))
    days = measured(form.horizon, ("horizon",))
    about = range(days.start - AROUND, days.stop + AROUND)
    ordinary = build_streams(form.arrivals, centre, form.interval, ("arrivals",))
    streams = with_factors(ordinary, form.calendar, about, ("calendar",))
    retrials = _retrials(form.retrials)
    accepts = form.callbacks.accept_offer
    handling = _ending(_rules(form.handling, centre, ("handling",)), "handling")
    patience = _rules(form.patience, centre, ("patience",))
    connected = bool(retrials) or accepts > 0 or _calls_back(centre, streams)
    shifts, staffing = without(
        form.absent,
        build_shifts(form.shifts, centre, ("shifts",)),
        build_staffing(form.staffing, centre, form.interval, ("staffing",)),
        centre,
        ("absent",),
    )
    shifts, staffing = with_extra(form.extra, shifts, staffing, centre, ("extra",))
    money = build_money(form.money, centre, ("money",))
    overnight = not _stationary(form.horizon) and lasts_overnight(centre, streams, handling, patience)
    return Scenario(
        name=name,
        centre=centre,
        horizon=_horizon(form.horizon, days, connected=connected or overnight),
        streams=streams,
        handling=handling,
        patience=patience,
        wrap_up=_work_after(form.wrap_up, centre, "wrap_up") or ((NO_TIME,) if form.quiet_wrap_up else ()),
        quiet_wrap_up=_work_after(form.quiet_wrap_up, centre, "quiet_wrap_up"),
        recall=_work_after(form.recall, centre, "recall"),
        shifts=shifts,
        staffing=staffing,
        desks=build_desks(form.desks, centre, ("desks",)),
        shrinkage=_shrinkage(form),
        busyness=_busyness(form),
        menu=_menu(form, centre),
        retrials=retrials,
        callbacks=CallbackPeople(
            form.callbacks.answered,
            build_law(form.callbacks.dial, ("callbacks", "dial")),
            accepts,
            form.callbacks.offer_after,
            form.callbacks.solved,
            _again(form),
        ),
        outreach=_outreach(form, centre),
        worth=_worth(form, centre),
        shift_types=build_shift_types(form.shift_types, centre, money, ("shift_types",)),
        money=money,
        model_error=_model_error(form),
        interval=form.interval,
        replications=form.replications,
        seed=form.seed,
        title=form.title,
        about=form.about,
    )


def _shrinkage(form: ScenarioForm) -> float:
    if form.shrinkage >= 1:
        raise Wrong(("shrinkage",), said("is 100 %: nobody would ever be there; write a share such as 8%"))
    return form.shrinkage


def _model_error(of: ScenarioForm) -> ModelError | None:
    form = of.model_error
    return None if form is None else ModelError(form.weeks, form.service_level, form.abandonment, form.wait)


def _outreach(of: ScenarioForm, centre: Centre) -> tuple[Outreach, ...]:
    tiers, queues = [tier.name for tier in centre.tiers], [queue.name for queue in centre.queues]
    found = []
    zero = Law(LawKind.DETERMINISTIC, 0.0)
    ends_itself = any(rule.law != zero for rule in _work_after(of.wrap_up, centre, "wrap_up"))
    for i, form in enumerate(of.outreach):
        path: Path = ("outreach", i)
        if form.queue not in queues:
            raise Wrong((*path, "queue"), unknown("queue", form.queue, queues))
        if form.tier is not None and form.tier not in tiers:
            raise Wrong((*path, "tier"), unknown("tier", form.tier, tiers))
        if form.between[1] > DAY:
            raise Wrong((*path, "between"), said("goes past midnight: let it end at 24:00 at the latest"))
        wrap_up = build_law(form.wrap_up, (*path, "wrap_up"))
        if wrap_up != zero and not ends_itself:
            raise Wrong(
                (*path, "wrap_up"), said("agents end after-call work themselves only where calls have a wrap_up too")
            )
        found.append(
            Outreach(
                kind=TaskKind(form.kind),
                queue=form.queue,
                tier=form.tier or centre.default_tier,
                customers=form.customers,
                talk=build_law(form.talk, (*path, "talk")),
                begin=form.between[0],
                end=form.between[1],
                wrap_up=wrap_up,
                answered=form.answered,
                dial=build_law(form.dial, (*path, "dial")),
                solved=form.solved,
                weekdays=form.weekdays,
                every_days=form.every_days,
            )
        )
    return tuple(found)


def _again(form: ScenarioForm) -> float:
    solved, again = form.callbacks.solved, form.callbacks.again
    if solved is None and again:
        raise Wrong(
            ("callbacks", "again"), said("needs callbacks.solved too: who is not called again is solved or is not")
        )
    if (solved or 0) + again > 1:
        raise Wrong(
            ("callbacks", "again"),
            said("solved and again come to {solved:.0%}: 100 % at most", solved=(solved or 0) + again),
        )
    return again


def _rules(forms: list[RuleForm], centre: Centre, base: Path) -> tuple[Rule, ...]:
    tiers = [tier.name for tier in centre.tiers]
    queues = [queue.name for queue in centre.queues]
    rules = []
    for i, form in enumerate(forms):
        path: Path = (*base, i)
        for name in form.tiers:
            if name not in tiers:
                raise Wrong((*path, "tiers"), unknown("tier", name, tiers))
        for name in form.queues:
            if name not in queues:
                raise Wrong((*path, "queues"), unknown("queue", name, queues))
        skills = tuple(skill for skill, _ in levels(form.skills))
        rules.append(Rule(build_law(form, path), tuple(form.tiers), tuple(form.queues), skills, form.between))
    for i, rule in enumerate(rules[:-1]):
        if not (rule.tiers or rule.queues or rule.skills or rule.between):
            raise Wrong((*base, i + 1), said("is never reached: the law above it fits every call; put that one last"))
    last = rules[-1]
    if last.tiers or last.queues or last.skills or last.between:
        raise Wrong(
            (*base, len(rules) - 1), said("leaves some calls without a law: let the last one have no condition")
        )
    return tuple(rules)


def _work_after(forms: list[RuleForm] | None, centre: Centre, key: str) -> tuple[Rule, ...]:
    return () if forms is None else _ending(_rules(forms, centre, (key,)), key)


def _ending(rules: tuple[Rule, ...], key: str) -> tuple[Rule, ...]:
    """Refuse work that never ends."""
    for i, rule in enumerate(rules):
        if _may_be_never(rule.law):
            raise Wrong((key, i), said("never ends: the agent would never be free again; write a law with a mean"))
    return rules


def _may_be_never(law: Law) -> bool:
    return law.kind is LawKind.NEVER or any(_may_be_never(part) for _, part in law.parts)


def _retrials(form: RetrialsForm) -> tuple[tuple[str, Retrial], ...]:
    found = []
    for outcome in OUTCOMES:
        one = getattr(form, outcome)
        if one is not None:
            delay = build_law(one.delay, ("retrials", outcome, "delay"))
            found.append((outcome, Retrial(one.probability, delay, one.most, one.patience == "keep")))
    return tuple(found)


def _calls_back(centre: Centre, streams: tuple[Stream, ...]) -> bool:
    """Tell whether a tier that is called back calls at all."""
    called_back = {tier.name for tier in centre.tiers if tier.callback}
    return any(name in called_back and part > 0 for stream in streams for name, part in stream.tiers)


def _stationary(form: HorizonForm) -> bool:
    """Tell whether a run removes its own warm-up or ends at an instant, which day comes before it does not matter."""
    return form.length != DAY or form.warm_up > 0


def _horizon(form: HorizonForm, days: range, *, connected: bool) -> Horizon:
    around = 1 if connected else 0
    discard = around if form.discard is None else form.discard
    run_off = around if form.run_off is None else form.run_off
    if not MINUTE <= form.length <= DAY:
        raise Wrong(("horizon", "length"), said("is not between a minute and a day: write 24h"))
    if form.warm_up >= (len(days) - 1) * DAY + form.length:
        raise Wrong(("horizon", "warm_up"), said("is as long as the run: nothing is left to measure"))
    return Horizon(days.start - discard, len(days), discard, run_off, form.warm_up, form.length)


def _busyness(form: ScenarioForm) -> Busyness | None:
    if form.busyness is None or form.busyness.cv == 0:
        return None
    if form.busyness.cv > 2:
        raise Wrong(
            ("busyness", "cv"),
            said("is {cv:.0%}: above 200 % no two days are alike; 5% to 20% is usual", cv=form.busyness.cv),
        )
    return Busyness(form.busyness.cv, form.busyness.common)


def _menu(form: ScenarioForm, centre: Centre) -> Menu | None:
    if form.menu is None:
        return None
    tiers = [tier.name for tier in centre.tiers]
    for name in form.menu.skipped_by:
        if name not in tiers:
            raise Wrong(("menu", "skipped_by"), unknown("tier", name, tiers))
    if form.menu.self_service + form.menu.hang_up > 1:
        raise Wrong(("menu",), said("serves and loses more than 100 % of the callers: lower self_service or hang_up"))
    time = build_law(form.menu.time, ("menu", "time"))
    return Menu(time, form.menu.self_service, form.menu.hang_up, tuple(form.menu.skipped_by))


def _worth(form: ScenarioForm, centre: Centre) -> tuple[Worth, ...]:
    tiers = [tier.name for tier in centre.tiers]
    for name in form.worth:
        if name not in tiers:
            raise Wrong(("worth", name), unknown("tier", name, tiers))
    for key in ("customers", "revenue"):
        total = sum(getattr(worth, key) for worth in form.worth.values())
        if form.worth and abs(total - 1) > SLACK:
            raise Wrong(
                ("worth",),
                said(
                    "has {key} that add up to {total:.2%}: the tiers' shares must add up to 100 %", key=key, total=total
                ),
            )
    return tuple(Worth(name, worth.customers, worth.revenue) for name, worth in form.worth.items())
