"""Who is there when: shifts and staffing curves as duties of named agents, some of them away.

People are there from the first instant lived: a shift of the evening before that goes on past midnight is on duty when
the first day begins. Who comes at the very minute at which a colleague of the group leaves takes over the place, and
the call in hand with it: the same heads come to the same figures however their day is cut into shifts.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from callcenter.hours import Zone
from callcenter.ids import AgentId
from callcenter.scenario import Scenario, Shift, is_on
from callcenter.units import DAY, Millis
from sim.model import streams as draw
from sim.model.once import once_for_each
from sim.model.streams import Chance, number_of


@dataclass(frozen=True, slots=True)
class Duty:
    """One agent at a desk from `begin` to `end`, with breaks; instants in UTC ms."""

    agent_id: AgentId
    group: str
    begin: Millis
    end: Millis
    breaks: tuple[tuple[Millis, Millis], ...] = ()


def duties(scenario: Scenario, chance: Chance) -> list[Duty]:
    """Return who is on duty when, in order of begin; agents drawn away by shrinkage are left out.

    An agent who is on duty in two stretches without a gap between them stays at the desk.
    """
    asked = _asked_for(scenario)
    there = [duty for duty, _ in asked]
    if scenario.shrinkage > 0:
        keys = np.array([number_of(f"agent {duty.agent_id}") for duty in there], np.int64)
        days = np.array([day for _, day in asked], np.int64)
        comes = chance.ones(draw.SHRINKAGE, keys, days) >= scenario.shrinkage
        there = [duty for duty, here in zip(there, comes.tolist(), strict=True) if here]
    return sorted(_handed_over(_joined(there)), key=lambda duty: (duty.begin, duty.group, duty.agent_id))


@once_for_each
def _asked_for(scenario: Scenario) -> list[tuple[Duty, int]]:
    """Return every duty, nobody being away, and the local day on which it begins: the same in all replications.

    What an agent does on one day is one duty wherever it touches: they are away on all of the day or on none of it.
    """
    zone, days = scenario.centre.zone, scenario.horizon.lived
    first, found = zone.instant(days.start * DAY), list[Duty]()
    for day in (days.start - 1, *days):
        found += _shifts(scenario, day)
        found += _staffing(scenario, day)
    by_day: dict[tuple[AgentId, int], list[Duty]] = defaultdict(list)
    for duty in found:
        if duty.end > first:
            by_day[duty.agent_id, zone.local(duty.begin) // DAY].append(_from(duty, first))
    return [(duty, day) for (_, day), stretches in by_day.items() for duty in _joined(stretches)]


def duty_on(zone: Zone, day: int, shift: Shift, agent_id: AgentId) -> Duty:
    """Return the duty of one agent whose shift begins on local day number `day`; breaks by the clock on the wall."""
    begin, end = zone.instant(day * DAY + shift.begin), zone.instant(day * DAY + shift.end)
    breaks, free = list[tuple[Millis, Millis]](), begin
    for pause in shift.breaks:
        # Two breaks in an hour that the clocks leave out follow one another.
        since = max(free, zone.instant(day * DAY + shift.begin + pause.begin))
        free = Millis(min(since + pause.length, end))
        if since < free:
            breaks.append((since, free))
    return Duty(agent_id, shift.group, begin, end, tuple(breaks))


def _shifts(scenario: Scenario, day: int) -> list[Duty]:
    found = []
    number: dict[str, int] = {}
    for shift in scenario.shifts:
        first = number.get(shift.group, 0)
        number[shift.group] = first + shift.agents
        if is_on(shift, day):
            found += [
                duty_on(scenario.centre.zone, day, shift, AgentId(f"{shift.group}-{n + 1:03d}"))
                for n in range(first, first + shift.agents)
            ]
    return found


def _staffing(scenario: Scenario, day: int) -> list[Duty]:
    """Return when each agent is there, without a gap but at midnight; agent n is while at least n are asked for."""
    zone, found = scenario.centre.zone, list[Duty]()
    for curve in scenario.staffing:
        if not is_on(curve, day):
            continue
        first = day * DAY + curve.begin
        asked = sorted(
            (begin, end, heads)
            for i, heads in enumerate(curve.agents)
            for begin, end in zone.stretches(first + i * curve.interval, first + (i + 1) * curve.interval)
        )
        since, until, today = list[Millis](), None, None
        for begin, end, heads in [*asked, (Millis(0), Millis(0), 0)]:
            date = zone.local(begin) // DAY
            stay = min(heads, len(since)) if (begin, date) == (until, today) else 0
            if until is not None:
                found += [
                    Duty(AgentId(f"{curve.group}-s{n + 1:03d}"), curve.group, since[n], until)
                    for n in range(stay, len(since))
                ]
            since = [*since[:stay], *[begin] * (heads - stay)]
            until, today = end, date
    return found


def _from(duty: Duty, first: Millis) -> Duty:
    """Return what is left of a duty from `first` on."""
    if duty.begin >= first:
        return duty
    breaks = tuple((Millis(max(begin, first)), end) for begin, end in duty.breaks if end > first)
    return Duty(duty.agent_id, duty.group, first, duty.end, breaks)


def _and(one: Duty, next_: Duty) -> Duty:
    end = Millis(max(one.end, next_.end))
    return Duty(one.agent_id, one.group, one.begin, end, (*one.breaks, *next_.breaks))


def _joined(found: list[Duty]) -> list[Duty]:
    """Join stretches of the same agent that touch."""
    joined: list[Duty] = []
    for duty in sorted(found, key=lambda duty: (duty.agent_id, duty.begin)):
        last = joined[-1] if joined else None
        if last is not None and last.agent_id == duty.agent_id and last.end >= duty.begin:
            joined[-1] = _and(last, duty)
        else:
            joined.append(duty)
    return joined


def _handed_over(found: list[Duty]) -> list[Duty]:
    """Join the duty of who leaves and that of who comes at the same minute in the same group: the place goes on.

    A place is named after who held it first, or where that agent sits elsewhere by then, after the first who does not.
    """
    places = list[Duty]()
    leaving: dict[tuple[str, Millis], list[int]] = defaultdict(list)
    for duty in sorted(found, key=lambda duty: (duty.begin, duty.group, duty.agent_id)):
        ended = leaving[duty.group, duty.begin]
        if ended:
            place = ended.pop(0)
            places[place] = _and(places[place], duty)
        else:
            place = len(places)
            places.append(duty)
        leaving[duty.group, duty.end].append(place)
    if len(places) == len(found):
        return found
    return _named(places, sorted({(duty.group, duty.agent_id) for duty in found}))


def _named(places: list[Duty], people: list[tuple[str, AgentId]]) -> list[Duty]:
    busy_until: dict[AgentId, Millis] = {}
    found = []
    for place in places:  # in order of begin
        name = place.agent_id
        if busy_until.get(name, place.begin) > place.begin:
            name = next(
                other
                for group, other in people
                if group == place.group and busy_until.get(other, place.begin) <= place.begin
            )
        busy_until[name] = place.end
        found.append(Duty(name, place.group, place.begin, place.end, place.breaks))
    return found
