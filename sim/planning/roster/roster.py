"""A roster: who works when, on which dates; and how well it covers the need, half hour by half hour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.ids import AgentId
from callcenter.scenario import Scenario, Shift, is_on
from callcenter.units import DAY, HOUR
from sim.model.shifts import Duty, duty_on
from sim.planning.plan.outcome import clock_text
from sim.planning.roster.cover import Aim
from sim.planning.roster.need import Need
from sim.planning.roster.shifts import GroupRoster, KindShifts, Solved, solve_group


@dataclass(frozen=True, slots=True)
class Line:
    """One agent's shift on one date: instants in UTC ms, and the same on the local clock."""

    day: int
    """Local day number on which it begins."""
    shift: str
    """The shift type."""
    cost: float
    """Of the shift, as its type has it."""
    duty: Duty

    @property
    def hours(self) -> float:
        """From begin to end."""
        return (self.duty.end - self.duty.begin) / HOUR

    @property
    def on_phone_hours(self) -> float:
        """Without the breaks."""
        return self.hours - sum(end - begin for begin, end in self.duty.breaks) / HOUR


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """The shifts of a scenario's groups, by kind of day."""

    scenario: Scenario
    solved: tuple[Solved, ...]
    unmet: tuple[str, ...]
    """One sentence for each group and kind of day that cannot be covered, the first half hour named."""

    @property
    def parts(self) -> tuple[GroupRoster, ...]:
        """Groups and the days that are alike to them."""
        return tuple(part for solved in self.solved for part in solved.parts)

    @property
    def kinds(self) -> tuple[KindShifts, ...]:
        """Shifts by group and kind of day on which they begin."""
        return tuple(kind for solved in self.solved for kind in solved.kinds)

    def shifts(self) -> tuple[Shift, ...]:
        """Return the roster as a scenario's shifts."""
        return tuple(shift for kind in self.kinds for shift in kind.shifts())

    def applied(self) -> Scenario:
        """Return the scenario with the roster in place of its own people."""
        return replace(self.scenario, shifts=self.shifts(), staffing=())

    def lines(self) -> list[Line]:
        """Return every shift that begins on a measured day, one line for each agent.

        A name is a line of the roster: whose it is on which day is for the centre to say.
        """
        scenario = self.scenario
        zone = scenario.centre.zone
        found: list[Line] = []
        for day in scenario.horizon.measured:
            number: dict[str, int] = {}
            for kind in self.kinds:
                for shift, (b, _) in zip(kind.shifts(), kind.taken(), strict=True):
                    count = number.get(shift.group, 0)
                    number[shift.group] = count + shift.agents
                    if not is_on(shift, day):
                        continue
                    for n in range(count, count + shift.agents):
                        who = AgentId(f"{shift.group}-{n + 1:03d}")
                        found.append(Line(day, b.type.name, b.type.cost, duty_on(zone, day, shift, who)))
        return found


def roster_of(scenario: Scenario, needs: Sequence[Need], *, aim: Aim, time_limit_s: float) -> Roster:
    """Return the best roster for every kind of day.

    Args:
        scenario: With the shift types.
        needs: What to cover.
        aim: Least cost, or closest to the need.
        time_limit_s: Seconds for each run of the solver.

    Raises:
        BadInput: No shift types, or no solver.
        NothingFound: The time limit came before any plan.
    """
    if not scenario.shift_types:
        group = scenario.centre.groups[0].name
        how = f"shift_types: {{early: {{group: {group}, length: 8h, earliest: 07:00, latest: 10:00}}}}"
        raise BadInput("{scenario}: has no shift_types to schedule: write {how}", scenario=scenario.name, how=how)
    groups = list(dict.fromkeys(group for need in needs for group in need.heads))
    nobody = np.zeros(DAY // needs[0].interval if needs else 1, dtype=np.int64)
    alike = [replace(need, heads={group: need.heads.get(group, nobody) for group in groups}) for need in needs]
    solved = [
        part for group in groups for part in solve_group(scenario, alike, group, aim=aim, time_limit_s=time_limit_s)
    ]
    found = Roster(scenario, tuple(solved), ())
    return replace(
        found, unmet=tuple(text for part in found.parts if (text := _unmet(part, aim, scenario.centre.zone)))
    )


def _unmet(part: GroupRoster, aim: Aim, zone: Zone) -> str:
    short = part.first_short()
    never = part.never()
    if short is None or (aim is Aim.MATCH and not never):  # too few by choice: as close as possible to the need
        return ""
    at, why = short
    days = part.need.days
    day = date_text(days[0]) if days else "other days"
    more = f" and {len(days) - 1} more like it" if len(days) > 1 else ""
    hours = part.hours(part.under, zone) / max(1, len(days))
    nobody = f"; no shift type is at work from {clock_text(never[0])}" if never else ""
    return (
        f"{part.group}, {day}{more}: {clock_text(at)} is the first interval that cannot be covered: {why}{nobody}; "
        f"{hours:,.2f} head hours are missing over the day"
    )
