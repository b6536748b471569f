"""The centre: queues, tiers, agents and rules, immutable and checked when it is built."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from callcenter.errors import BadCentre
from callcenter.hours import UTC, OpeningHours, Zone
from callcenter.ids import AgentId
from callcenter.rule_names import RuleName
from callcenter.skills import Levels, RelaxationStep, covers, levels, relaxed
from callcenter.tiers import CALL_RESULTS, CallbackPolicy, Finish, Intent, Leave, Tier, WayOut, default_tiers
from callcenter.units import MINUTE, SECOND, Millis


class Policy(RuleName):
    """How calls inside one band are ordered (`routing.policies` has the functions and their sources)."""

    FIFO = "fifo"
    WEIGHTED = "weighted"
    OBJECTIVE = "objective"
    SLACK = "slack"


class Selection(RuleName):
    """How one of several agents who can take a call is chosen."""

    LONGEST_IDLE = "longest_idle"
    LEAST_OCCUPIED = "least_occupied"
    BEST_SKILL = "best_skill"
    FEWEST_CALLS = "fewest_calls"
    ROUND_ROBIN = "round_robin"
    RANDOM = "random"


RULES: Final = 3
"""2: a call that fails at three agents in a row is held back, not the agents; calls of the last band do not keep a
promise that is due from being kept. 3: a segment is named after its call, not after the contact."""


@dataclass(frozen=True, slots=True)
class MissedOffers:
    """When an agent who lets calls ring stops getting them: the `count`-th miss within `window`."""

    count: int = 1
    window: Millis = Millis(10 * MINUTE)
    back_after: Millis | None = None
    """The way back: available again by itself after this long (None: when the agent says so)."""
    exclude_for: Millis = Millis(MINUTE)
    """The agent who missed a call is not offered the same call again for this long."""
    busy_pause: Millis = Millis(10 * SECOND)
    unreachable_pause: Millis = Millis(30 * SECOND)


@dataclass(frozen=True, slots=True)
class Queue:
    """A business line: a named set of waiting calls with a policy."""

    name: str
    needs: Levels = ()
    policy: Policy = Policy.FIFO
    tail_guard: Millis = Millis(2 * MINUTE)
    """Policy `slack`: a call that has waited this long goes first, late or not."""
    selection: Selection = Selection.LONGEST_IDLE
    relaxation: tuple[RelaxationStep, ...] = ()
    hold_for_preferred: Millis = Millis(0)
    """A call with preferred agents waits for one of them this long before others may take it."""
    offer_timeout: Millis = Millis(15 * SECOND)
    wrap_up: Millis = Millis(0)
    """After-call work ends by itself after this long (0: none)."""
    wrap_up_cap: Millis | None = None
    """An agent who asks for more time has at most this long in all (None: twice `wrap_up`)."""
    short_abandon: Millis = Millis(5 * SECOND)
    hours: OpeningHours | None = None
    when_closed: WayOut = WayOut()
    serve_out: bool = True
    """Calls still waiting at closing time are served (True) or turned away (False)."""
    max_waiting: int | None = None
    when_full: WayOut = WayOut()
    max_wait: Millis | None = None
    after_max_wait: WayOut = WayOut()
    join_empty: bool = True
    """Calls may join while no agent who could ever serve them is logged in."""
    leave_empty: bool = False
    """Calls leave when the last such agent logs out."""
    when_empty: WayOut = WayOut()
    callbacks: CallbackPolicy = CallbackPolicy()
    keep_generalists_free: bool = True
    """Of the agents free for a call, those who serve the fewest queues go before `selection` (False: all alike)."""
    results: tuple[tuple[str, Finish], ...] = CALL_RESULTS
    """Result codes of calls that came in, and what each means: solved or unsolved."""


@dataclass(frozen=True, slots=True)
class Group:
    """Agents with the same skills."""

    name: str
    skills: Levels = ()
    auto_answer: bool = False
    """The headset opens at once: an offer is an answer."""
    offer_timeout: Millis | None = None
    break_cap: int | None = None
    """At most this many of the group on a break that was asked for."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A named agent; `skills` replace the group's where given."""

    id: AgentId
    group: str
    skills: Levels | None = None


@dataclass(frozen=True, slots=True)
class Reserve:
    """Keep agents free for the better callers.

    A call of a band after `band` takes an idle agent of `group` only if more than `keep` of them are idle, or
    once it has waited `until_wait`. With `outreach` it holds for campaign and care calls alone, whatever their band.
    """

    band: int
    group: str
    keep: int
    until_wait: Millis | None = None
    outreach: bool = False


@dataclass(frozen=True, slots=True)
class Centre:
    """Everything the engine needs to know of a call centre.

    Raises:
        BadCentre: when the parts do not fit; the message names the part and the way out.
    """

    name: str
    queues: tuple[Queue, ...]
    groups: tuple[Group, ...]
    tiers: tuple[Tier, ...] = field(default_factory=default_tiers)
    default_tier: str = "standard"
    intents: tuple[Intent, ...] = ()
    agents: tuple[Agent, ...] = ()
    reserves: tuple[Reserve, ...] = ()
    missed: MissedOffers = MissedOffers()
    channels: tuple[tuple[str, int], ...] = (("voice", 100),)
    """Channel → the share of an agent one contact takes, percent."""
    zone: Zone = UTC
    zones: tuple[Zone, ...] = ()
    """Time zones customers live in (calling windows); a live service adds those it meets, else `zone` is kept."""
    seed: int = 0
    """Of the selection `random` only."""
    rules: int = RULES
    """The version of the engine's own rules that are in force: a journal of before replays by those of then."""
    region: str | None = None
    """The country of numbers written without +, by two letters; calls and the directory of customers share it."""

    def __post_init__(self) -> None:
        check(self)


def last_band(centre: Centre) -> int | None:
    """Return the band of the blacklist: one tier alone in the last band, promised nothing; None: there is none such.

    >>> from callcenter.tiers import Tier
    >>> last_band(Centre("c", (Queue("q"),), (Group("g"),)))
    9
    >>> last_band(Centre("c", (Queue("q"),), (Group("g"),), tiers=(Tier("a", 0), Tier("b", 1)), default_tier="b"))
    """
    ranked = sorted(centre.tiers, key=lambda tier: tier.band)
    last = ranked[-1]
    alone = all(tier.band < last.band for tier in ranked[:-1])
    return last.band if alone and last.target is None and last.name != centre.default_tier else None


def with_zones(centre: Centre, zones: Iterable[Zone]) -> Centre:
    """Return the centre with those zones that it does not know."""
    known = {zone.name for zone in (centre.zone, *centre.zones)}
    more = tuple(zone for zone in zones if zone.name not in known)
    return replace(centre, zones=(*centre.zones, *more)) if more else centre


def _unique(what: str, names: list[str]) -> None:
    for name in names:
        if not name or not isinstance(name, str):
            raise BadCentre("{what} without a name", what=what)
        if names.count(name) > 1:
            raise BadCentre("{what} {name!r} is defined twice", what=what, name=name)


def _known(what: str, name: str, known: list[str], where: str) -> None:
    if name not in known:
        raise BadCentre(
            "{where} names the {what} {name!r}, which does not exist (there is: {known})",
            where=where,
            what=what,
            name=name,
            known=", ".join(known),
        )


def _check_way_out(where: str, way: WayOut, queue: str | None) -> None:
    if way.leave is Leave.OVERFLOW and not way.target:
        raise BadCentre("{where}: overflow needs a target", where=where)
    if way.leave is not Leave.OVERFLOW and way.target:
        raise BadCentre("{where}: only overflow has a target", where=where)
    if queue is not None and way.target == queue:
        raise BadCentre("{where}: queue {queue!r} overflows into itself", where=where, queue=queue)


def check(centre: Centre) -> None:
    """Raise `BadCentre` for the first part of `centre` that does not fit the others."""
    queues = [q.name for q in centre.queues]
    groups = [g.name for g in centre.groups]
    tiers = [t.name for t in centre.tiers]
    channels = [c for c, _ in centre.channels]
    if not queues:
        raise BadCentre("a centre needs at least one queue")
    _unique("queue", queues)
    _unique("group", groups)
    _unique("tier", tiers)
    _unique("intent", [i.name for i in centre.intents])
    _unique("agent", [a.id for a in centre.agents])
    _unique("channel", channels)
    _known("tier", centre.default_tier, tiers, "default_tier")
    for tier in centre.tiers:
        _check_tier(tier)
    for agent in centre.agents:
        _known("group", agent.group, groups, f"agent {agent.id}")
    for channel, cost in centre.channels:
        if not 1 <= cost <= 100:
            raise BadCentre(
                "channel {channel!r} takes {cost} % of an agent: 1 to 100 are possible", channel=channel, cost=cost
            )
    for reserve in centre.reserves:
        _known("group", reserve.group, groups, "a reserve")
        if reserve.keep < 0:
            raise BadCentre(
                "the reserve of group {group!r} keeps {keep} agents: 0 or more are possible",
                group=reserve.group,
                keep=reserve.keep,
            )
    for queue in centre.queues:
        _check_queue(queue, centre)
    for queue in centre.queues:
        if queue.callbacks.group is not None:
            _known("group", queue.callbacks.group, groups, f"callbacks of queue {queue.name!r}")
    _check_shared_policy(centre)
    _check_circles(centre)


def _check_tier(tier: Tier) -> None:
    if tier.band < 0:
        raise BadCentre("tier {tier!r} has band {band}: bands count from 0 (first)", tier=tier.name, band=tier.band)
    if tier.weight < 1:
        raise BadCentre(
            "tier {tier!r} has weight {weight}: whole numbers from 1 are possible", tier=tier.name, weight=tier.weight
        )
    if tier.target is not None and not 0 < tier.target.share < 1:
        raise BadCentre(
            "tier {tier!r} has the target {share:.0%}: above 0 % and below 100 % is possible",
            tier=tier.name,
            share=tier.target.share,
        )
    if tier.target is not None and tier.target.within < 0:
        raise BadCentre("tier {tier!r} has a target within a negative time", tier=tier.name)
    _check_way_out(f"tier {tier.name!r}", tier.after_max_wait, None)


def _check_queue(queue: Queue, centre: Centre) -> None:
    where = f"queue {queue.name!r}"
    if not any(covers(group.skills, widest(queue)) for group in centre.groups) and not any(
        agent.skills is not None and covers(agent.skills, widest(queue)) for agent in centre.agents
    ):
        need = ", ".join(f"{skill} {level}" for skill, level in widest(queue))
        raise BadCentre(
            "{where} needs {need}, which no group of agents has: add the skill to a group", where=where, need=need
        )
    for way in (queue.when_closed, queue.when_full, queue.after_max_wait, queue.when_empty):
        _check_way_out(where, way, queue.name)
    if queue.max_waiting is not None and queue.max_waiting < 0:
        raise BadCentre(
            "{where} has max_waiting {max_waiting}: 0 (nobody waits) or more are possible",
            where=where,
            max_waiting=queue.max_waiting,
        )
    after = 0
    for step in queue.relaxation:
        if step.after <= after:
            raise BadCentre("{where}: relaxation steps must come one after another, later than 0 s", where=where)
        after = step.after
    times = (
        queue.offer_timeout,
        queue.wrap_up,
        queue.wrap_up if queue.wrap_up_cap is None else queue.wrap_up_cap,
        queue.short_abandon,
        queue.hold_for_preferred,
        queue.tail_guard,
    )
    if min(times) < 0 or (queue.max_wait or 0) < 0 or queue.offer_timeout == 0:
        raise BadCentre("{where} has a time below zero, or an offer timeout of zero", where=where)
    again = [code for code, means in queue.results if means is Finish.AGAIN]
    if again:
        raise BadCentre(
            "{where}: the result {again!r} of a call means solved or unsolved; who is called again "
            "is promised a callback",
            where=where,
            again=again[0],
        )
    begin, end = queue.callbacks.window
    if not 0 <= begin < end <= 24 * 60 * MINUTE:
        raise BadCentre("{where}: the callback window must begin before it ends, within one day", where=where)


def widest(queue: Queue) -> Levels:
    """Return what a call of `queue` needs after all relaxation steps: the most agents it can ever reach."""
    needs = levels(dict(queue.needs))
    for step in queue.relaxation:
        needs = relaxed(needs, step)
    return needs


def _check_shared_policy(centre: Centre) -> None:
    """Queues that share an agent must order by one policy, or their scores could not be compared."""
    members = [(g.name, g.skills) for g in centre.groups]
    members += [(a.group, a.skills) for a in centre.agents if a.skills is not None]
    for group, has in members:
        served = [q for q in centre.queues if covers(has, widest(q)) or q.callbacks.group == group]
        for queue in served[1:]:
            if (queue.policy, queue.tail_guard) != (served[0].policy, served[0].tail_guard):
                raise BadCentre(
                    "queues {name!r} and {queue!r} share agents but order by {policy} and {policy_2}: give "
                    "them one policy (and one tail guard)",
                    name=served[0].name,
                    queue=queue.name,
                    policy=served[0].policy,
                    policy_2=queue.policy,
                )


def _check_circles(centre: Centre) -> None:
    """No call may be handed from queue to queue for ever at one instant."""
    names = {queue.name: queue for queue in centre.queues}
    for queue in centre.queues:
        seen, to_see = [queue.name], list(_at_once(queue, centre))
        while to_see:
            target = to_see.pop()
            if target == queue.name:
                raise BadCentre(
                    "a call can overflow in a circle ({seen} → {queue}) with no time passing: let one of "
                    "them reject or call back instead",
                    seen=" → ".join(seen),
                    queue=queue.name,
                )
            if target in names and target not in seen:
                seen.append(target)
                to_see += _at_once(names[target], centre)


def _at_once(queue: Queue, centre: Centre) -> list[str]:
    """Return where a call may overflow to at the very instant it comes to `queue`."""
    ways = [
        (queue.hours is not None, queue.when_closed),
        (queue.max_waiting is not None, queue.when_full),
        (not queue.join_empty, queue.when_empty),
        (queue.max_wait == 0, queue.after_max_wait),
        *((tier.max_wait == 0, tier.after_max_wait) for tier in centre.tiers),
    ]
    return [way.target for possible, way in ways if possible and way.target is not None]
