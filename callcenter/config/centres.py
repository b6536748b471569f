"""A centre file's parts put together: the form becomes the immutable Centre, or a refusal with its place."""

import re
from typing import Final

from callcenter.centre import Agent, Centre, Group, MissedOffers, Queue, Reserve
from callcenter.config.centre_form import (
    DEFAULT_TIERS,
    CallbackForm,
    CentreForm,
    IntentForm,
    MissedForm,
    QueueForm,
    RelaxationForm,
    TierForm,
)
from callcenter.config.opening import opening_hours
from callcenter.config.refusals import Path, Wrong, unknown
from callcenter.config.tree import Tree
from callcenter.config.zones import zone
from callcenter.errors import BadCentre
from callcenter.hours import Zone
from callcenter.ids import AgentId
from callcenter.language.said import said, text_of
from callcenter.skills import RelaxationStep, levels
from callcenter.tiers import CallbackPolicy, Intent, Tier

NAMED_PART: Final = re.compile(r"\b(queue|tier|group|intent|channel)s? '([^']+)'|\b(agent) (\S+?):? ")
MENTIONED: Final = (
    "relaxation",
    "callbacks",
    "max_waiting",
    "target",
    "band",
    "weight",
    "needs",
    "after_max_wait",
)


def with_default_tiers(tree: Tree) -> Tree:
    """Return a centre's tree with the four default tiers where it names none."""
    if isinstance(tree, dict) and tree.get("tiers") is None:
        return {**tree, "tiers": {name: dict(tier) for name, tier in DEFAULT_TIERS.items()}}
    return tree


def build_centre(form: CentreForm, name: str, base: Path = ()) -> Centre:
    """Return the centre that `form` describes.

    Args:
        form: The centre as read.
        name: Its name where the form has none.
        base: Where the centre stands in the file, for refusals.

    Raises:
        Wrong: parts that do not fit each other.
    """
    _check_references(form, base)
    local = _zone(form.zone, (*base, "zone"))
    queues = tuple(
        _queue(queue_name, queue, local, (*base, "queues", queue_name)) for queue_name, queue in form.queues.items()
    )
    for channel, taken in form.channels.items():
        if not 1 <= round(taken * 100) <= 100:
            raise Wrong(
                (*base, "channels", channel),
                said("takes {taken:.0%} of an agent: 1 % to 100 % is possible", taken=taken),
            )
    try:
        return Centre(
            name=form.name or name,
            queues=queues,
            groups=tuple(
                Group(group_name, levels(g.skills), g.auto_answer, g.offer_timeout, g.break_cap)
                for group_name, g in form.groups.items()
            ),
            tiers=tuple(_tier(tier_name, tier) for tier_name, tier in form.tiers.items()),
            default_tier=form.default_tier or _default_tier(form),
            intents=tuple(_intent(intent_name, intent) for intent_name, intent in form.intents.items()),
            agents=tuple(
                Agent(AgentId(agent), a.group, None if a.skills is None else levels(a.skills))
                for agent, a in form.agents.items()
            ),
            reserves=tuple(Reserve(r.band, r.group, r.keep, r.until_wait, r.outreach) for r in form.reserves),
            missed=_missed(form.missed),
            channels=tuple((channel, round(taken * 100)) for channel, taken in form.channels.items()),
            zone=local,
            zones=tuple(_zone(zone_name, (*base, "zones", i)) for i, zone_name in enumerate(form.zones)),
            seed=form.seed,
            region=form.region,
        )
    except BadCentre as error:
        raise Wrong(base + _blamed(str(error), form), text_of(error)) from None


def _check_references(form: CentreForm, base: Path) -> None:
    groups, tiers = list(form.groups), list(form.tiers)
    if form.default_tier is not None and form.default_tier not in tiers:
        raise Wrong((*base, "default_tier"), unknown("tier", form.default_tier, tiers))
    for i, reserve in enumerate(form.reserves):
        if reserve.group not in groups:
            raise Wrong((*base, "reserves", i, "group"), unknown("group", reserve.group, groups))
    for name, agent in form.agents.items():
        if agent.group not in groups:
            raise Wrong((*base, "agents", name, "group"), unknown("group", agent.group, groups))
    for name, queue in form.queues.items():
        where: Path = (*base, "queues", name)
        if queue.callbacks.group is not None and queue.callbacks.group not in groups:
            raise Wrong((*where, "callbacks", "group"), unknown("group", queue.callbacks.group, groups))
        for i, step in enumerate(queue.relaxation):
            for skill in (*step.needs, *step.drop):
                if skill not in queue.needs:
                    what = f"loosens the skill {skill!r}, which the queue does not need (it needs: "
                    raise Wrong(
                        (*where, "relaxation", i),
                        said("{what}{needs})", what=what, needs=", ".join(queue.needs) or "nothing"),
                    )


def _default_tier(form: CentreForm) -> str:
    if "standard" in form.tiers:
        return "standard"
    promised = [name for name, tier in form.tiers.items() if tier.target is not None]
    return (promised or list(form.tiers))[-1]


def _zone(name: str, path: Path) -> Zone:
    try:
        return zone(name)
    except ValueError as error:
        raise Wrong(path, text_of(error)) from None


def _queue(name: str, form: QueueForm, local: Zone, path: Path) -> Queue:
    return Queue(
        name=name,
        needs=levels(form.needs),
        policy=form.policy,
        tail_guard=form.tail_guard,
        selection=form.selection,
        keep_generalists_free=form.keep_generalists_free,
        relaxation=tuple(_step(step) for step in form.relaxation),
        hold_for_preferred=form.hold_for_preferred,
        offer_timeout=form.offer_timeout,
        wrap_up=form.wrap_up,
        wrap_up_cap=form.wrap_up_cap,
        short_abandon=form.short_abandon,
        hours=opening_hours(form.hours, local, (*path, "hours")),
        when_closed=form.when_closed,
        serve_out=form.serve_out,
        max_waiting=form.max_waiting,
        when_full=form.when_full,
        max_wait=form.max_wait,
        after_max_wait=form.after_max_wait,
        join_empty=form.join_empty,
        leave_empty=form.leave_empty,
        when_empty=form.when_empty,
        callbacks=_callbacks(form.callbacks, (*path, "callbacks")),
        results=tuple(form.results.items()),
    )


def _step(form: RelaxationForm) -> RelaxationStep:
    needs = {**form.needs, **dict.fromkeys(form.drop, 0)}
    return RelaxationStep(form.after, tuple(sorted(needs.items())))


def _callbacks(form: CallbackForm, path: Path) -> CallbackPolicy:
    if form.window[1] > 24 * 3_600_000:
        raise Wrong((*path, "window"), said("goes past midnight: let the calling window end at 24:00 at the latest"))
    return CallbackPolicy(
        after=form.after,
        promise=form.promise,
        rise_before=form.rise_before,
        give_up_after=form.give_up_after,
        retry_after=tuple(form.retry_after),
        window=form.window,
        grace=form.grace,
        customer_first=form.customer_first,
        group=form.group,
        when_closed=form.when_closed,
        results=tuple(form.results.items()),
    )


def _tier(name: str, form: TierForm) -> Tier:
    return Tier(
        name,
        form.band,
        form.target,
        form.head_start,
        form.weight,
        form.callback,
        form.max_wait,
        form.after_max_wait,
    )


def _intent(name: str, form: IntentForm) -> Intent:
    return Intent(name, form.band, levels(form.skills))


def _missed(form: MissedForm) -> MissedOffers:
    return MissedOffers(
        form.count, form.window, form.back_after, form.exclude_for, form.busy_pause, form.unreachable_pause
    )


def _blamed(message: str, form: CentreForm) -> Path:
    """Return the path of the part that a refusal of the centre itself speaks of."""
    for kind, name, agent, agent_name in NAMED_PART.findall(message):
        section, key = (f"{kind}s", name) if kind else (f"{agent}s", agent_name)
        if key in getattr(form, section):
            fields = getattr(form, section)[key].model_fields_set
            return (section, key, *[word for word in MENTIONED if word in message and word in fields][:1])
    return ("reserves",) if "reserve" in message else ()
