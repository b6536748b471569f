"""A centre as plain values, as its file would hold them: what `centres` reads, written again; defaults are left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from callcenter.centre import Agent, Centre, Group, MissedOffers, Queue, Reserve
from callcenter.config import words
from callcenter.config.tree import Tree
from callcenter.config.words import WEEKDAYS, date_text
from callcenter.config.write import render
from callcenter.hours import OpeningHours, Span
from callcenter.skills import RelaxationStep
from callcenter.tiers import CallbackPolicy, Finish, Intent, Leave, Target, Tier, WayOut
from callcenter.units import DAY, HOUR, MINUTE, SECOND

Writer = Callable[[Any], Tree]
USUAL: Final = Centre("usual", (Queue("hotline"),), (Group("desk"),))
UNITS: Final = ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (1, "ms"))


def centre_text(centre: Centre) -> str:
    """Return a centre as the text of its file.

    What is read of it is this centre, but for the version of the engine's rules, which no file names.

    >>> print(centre_text(Centre("small", (Queue("hotline"),), (Group("desk"),))), end="")
    version: 1
    name: small
    tiers:
      vip: {band: 0, target: {share: 90%, within: 20s}}
      mid: {band: 1, target: {share: 85%, within: 20s}, callback: true}
      standard: {band: 1, target: {share: 85%, within: 20s}}
      blacklisted: {band: 9, max_wait: 15m}
    default_tier: standard
    queues: {hotline: {}}
    groups: {desk: {}}
    """
    return render(centre_tree(centre))


def centre_tree(centre: Centre) -> dict[str, Tree]:
    """Return a centre as plain values, as its file would hold them."""
    tree: dict[str, Tree] = {"version": 1, "name": centre.name}
    if centre.zone.name != "UTC":
        tree["zone"] = centre.zone.name
    tree["tiers"] = {tier.name: {"band": tier.band} | _changed(tier, Tier(tier.name, 0), TIER) for tier in centre.tiers}
    tree["default_tier"] = centre.default_tier
    if centre.intents:
        tree["intents"] = {one.name: _changed(one, Intent(one.name), INTENT) for one in centre.intents}
    tree["queues"] = {queue.name: _queue(queue, centre) for queue in centre.queues}
    tree["groups"] = {group.name: _changed(group, Group(group.name), GROUP) for group in centre.groups}
    if centre.agents:
        tree["agents"] = {
            agent.id: {"group": agent.group, **_changed(agent, Agent(agent.id, agent.group), {"skills": dict})}
            for agent in centre.agents
        }
    if centre.reserves:
        tree["reserves"] = [
            {
                "band": one.band, "group": one.group, "keep": one.keep,
                **_changed(one, Reserve(one.band, one.group, one.keep), {"until_wait": _duration, "outreach": bool}),
            }
            for one in centre.reserves
        ]  # fmt: skip
    return tree | _changed(centre, USUAL, CENTRE)


def _changed(part: Any, usual: Any, writers: Mapping[str, Writer]) -> dict[str, Tree]:
    """Return those fields of a part that are not as usual, in the order of its class."""
    names = [field.name for field in fields(part) if field.name in writers]
    return {
        name: None if getattr(part, name) is None else writers[name](getattr(part, name))
        for name in names
        if getattr(part, name) != getattr(usual, name)
    }


def _queue(queue: Queue, centre: Centre) -> dict[str, Tree]:
    written = _changed(queue, Queue(queue.name), QUEUE)
    if queue.relaxation:
        written["relaxation"] = [_step(step, queue) for step in queue.relaxation]
    if queue.hours is not None:
        written["hours"] = _hours(queue.hours, centre)
    return written


def _step(step: RelaxationStep, queue: Queue) -> dict[str, Tree]:
    """Return a step; what it says of skills that the queue does not need says nothing, and may not be written."""
    needed = dict(queue.needs)
    return {"after": _duration(step.after), "needs": {name: level for name, level in step.needs if name in needed}}


def _hours(hours: OpeningHours, centre: Centre) -> dict[str, Tree]:
    week: dict[str, Tree] = {
        word: _spans(spans) for word, spans in zip(WEEKDAYS, hours.week, strict=True) if spans or not hours.special
    }
    if len(set(hours.week)) == 1 and week:
        week = {"all": _spans(hours.week[0])}
    if hours.special:
        week["special"] = {date_text(day): _spans(spans) for day, spans in hours.special}
    return week | ({"zone": hours.zone.name} if hours.zone != centre.zone else {})


def _spans(spans: Sequence[Span]) -> str:
    return ", ".join(_span(span) for span in spans) or "closed"


def _span(span: Span) -> str:
    """Return from and until as in 08:00-20:00; a file knows whole minutes.

    >>> _span((8 * HOUR, 20 * HOUR + 30 * MINUTE))
    '08:00-20:30'
    """
    return "-".join(f"{at // HOUR:02}:{at % HOUR // MINUTE:02}" for at in span)


def _duration(ms: int) -> str:
    """Return a duration in the greatest unit of which it is a whole number.

    >>> _duration(0), _duration(90_000), _duration(86_400_000), _duration(1_500)
    ('0s', '90s', '1d', '1500ms')
    """
    if not ms:
        return "0s"
    size, unit = next((size, unit) for size, unit in UNITS if ms % size == 0)
    return f"{ms // size}{unit}"


def _share(share: float) -> Tree:
    """Return a share in percent where that is exact, else as a number."""
    text = f"{share * 100:.10g}%"
    return text if words.share(text) == share else share


def _target(target: Target) -> Tree:
    written: dict[str, Tree] = {"share": _share(target.share), "within": _duration(target.within)}
    usual = Target(target.share, target.within)
    return written | _changed(target, usual, {"scope": str, "probability": _share})


def _way(way: WayOut) -> Tree:
    return {"overflow": way.target} if way.leave is Leave.OVERFLOW else str(way.leave)


def _results(results: Sequence[tuple[str, Finish]]) -> Tree:
    return {code: str(means) for code, means in results}


CALLBACKS: Final[Mapping[str, Writer]] = {
    **dict.fromkeys(("after", "promise", "rise_before", "give_up_after", "grace"), _duration),
    "retry_after": lambda waits: [_duration(wait) for wait in waits], "window": _span, "customer_first": bool,
    "group": str, "when_closed": bool, "results": _results,
}  # fmt: skip
QUEUE: Final[Mapping[str, Writer]] = {
    **dict.fromkeys(
        ("tail_guard", "hold_for_preferred", "offer_timeout", "wrap_up", "wrap_up_cap", "short_abandon", "max_wait"),
        _duration,
    ),
    **dict.fromkeys(("when_closed", "when_full", "after_max_wait", "when_empty"), _way),
    **dict.fromkeys(("serve_out", "join_empty", "leave_empty", "keep_generalists_free"), bool),
    "needs": dict, "policy": str, "selection": str, "max_waiting": int, "results": _results,
    "callbacks": lambda policy: _changed(policy, CallbackPolicy(), CALLBACKS),
}  # fmt: skip
TIER: Final[Mapping[str, Writer]] = {
    "target": _target, "head_start": _duration, "weight": int, "callback": bool, "max_wait": _duration,
    "after_max_wait": _way,
}  # fmt: skip
INTENT: Final[Mapping[str, Writer]] = {"band": int, "skills": dict}
GROUP: Final[Mapping[str, Writer]] = {
    "skills": dict, "auto_answer": bool, "offer_timeout": _duration, "break_cap": int,
}  # fmt: skip
MISSED: Final[Mapping[str, Writer]] = {
    "count": int, **dict.fromkeys(("window", "back_after", "exclude_for", "busy_pause", "unreachable_pause"), _duration)
}  # fmt: skip
CENTRE: Final[Mapping[str, Writer]] = {
    "missed": lambda missed: _changed(missed, MissedOffers(), MISSED),
    "channels": lambda channels: {name: f"{taken}%" for name, taken in channels},
    "zones": lambda zones: [zone.name for zone in zones], "seed": int, "region": str,
}  # fmt: skip
"""Field → how it is written."""
