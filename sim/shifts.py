"""Who is there when: shifts and staffing curves as duties of named agents, some of them away."""

from dataclasses import dataclass

from callcenter.hours import weekday
from callcenter.ids import AgentId
from callcenter.scenario import Scenario
from callcenter.units import DAY, Millis
from sim import streams as draw
from sim.demand import days_lived
from sim.streams import Chance, number_of


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
    found: list[Duty] = []
    for day in days_lived(scenario):
        found += _shifts(scenario, day)
        found += _staffing(scenario, day)
    if scenario.shrinkage > 0:
        found = [duty for duty in found if not _away(scenario, chance, duty)]
    return sorted(_joined(found), key=lambda duty: (duty.begin, duty.group, duty.agent_id))


def _away(scenario: Scenario, chance: Chance, duty: Duty) -> bool:
    day = scenario.centre.zone.local(duty.begin) // DAY
    return chance.one(draw.SHRINKAGE, number_of(f"agent {duty.agent_id}"), day) < scenario.shrinkage


def _instant(scenario: Scenario, day: int, clock: int) -> Millis:
    return scenario.centre.zone.instant(day * DAY + clock)


def _shifts(scenario: Scenario, day: int) -> list[Duty]:
    found = []
    number: dict[str, int] = {}
    for shift in scenario.shifts:
        first = number.get(shift.group, 0)
        number[shift.group] = first + shift.agents
        if weekday(day * DAY) not in shift.weekdays:
            continue
        begin, end = _instant(scenario, day, shift.begin), _instant(scenario, day, shift.end)
        breaks = tuple((Millis(begin + b.begin), Millis(begin + b.begin + b.length)) for b in shift.breaks)
        for n in range(first, first + shift.agents):
            found.append(Duty(AgentId(f"{shift.group}-{n + 1:03d}"), shift.group, begin, end, breaks))
    return found


def _staffing(scenario: Scenario, day: int) -> list[Duty]:
    """Return a duty for each agent and interval; agent n is there while at least n are asked for."""
    found = []
    for curve in scenario.staffing:
        if weekday(day * DAY) not in curve.weekdays:
            continue
        for i, heads in enumerate(curve.agents):
            begin = _instant(scenario, day, curve.begin + i * curve.interval)
            end = _instant(scenario, day, curve.begin + (i + 1) * curve.interval)
            for n in range(heads):
                found.append(Duty(AgentId(f"{curve.group}-s{n + 1:03d}"), curve.group, begin, end))
    return found


def _joined(found: list[Duty]) -> list[Duty]:
    """Join stretches of the same agent that touch."""
    joined: list[Duty] = []
    for duty in sorted(found, key=lambda duty: (duty.agent_id, duty.begin)):
        last = joined[-1] if joined else None
        if last is not None and last.agent_id == duty.agent_id and last.end >= duty.begin:
            joined[-1] = Duty(
                last.agent_id, last.group, last.begin, Millis(max(last.end, duty.end)), (*last.breaks, *duty.breaks)
            )
        else:
            joined.append(duty)
    return joined
