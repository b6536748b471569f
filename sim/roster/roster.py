"""A roster: who works when, on which dates; and how well it covers the need, half hour by half hour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from callcenter.files.words import date_text
from callcenter.hours import weekday
from callcenter.ids import AgentId
from callcenter.scenario import Scenario, Shift
from callcenter.units import DAY
from sim.plan.outcome import clock_text
from sim.roster.cover import Aim
from sim.roster.need import Need
from sim.roster.shifts import GroupRoster, never_covered, roster_groups
from sim.shifts import Duty, duty_on


@dataclass(frozen=True, slots=True)
class Line:
    """One agent's shift on one date: instants in UTC ms, and the same on the local clock."""

    day: int
    """Local day number on which it begins."""
    shift: str
    """The shift type."""
    duty: Duty


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """The shifts of a scenario's groups, by kind of day."""

    scenario: Scenario
    parts: tuple[GroupRoster, ...]
    unmet: tuple[str, ...]
    """One sentence for each group and kind of day that cannot be covered, the first half hour named."""

    def shifts(self) -> tuple[Shift, ...]:
        """Return the roster as a scenario's shifts."""
        return tuple(shift for part in self.parts for shift in part.shifts())

    def applied(self) -> Scenario:
        """Return the scenario with the roster in place of its own people."""
        return replace(self.scenario, shifts=self.shifts(), staffing=())

    @property
    def shown(self) -> tuple[GroupRoster, ...]:
        """The parts of measured days."""
        return tuple(part for part in self.parts if part.need.days)

    def lines(self) -> list[Line]:
        """Return who works when on the measured days.

        A name is a line of the roster: whose it is on which day is for the centre to say.
        """
        scenario = self.scenario
        zone = scenario.centre.zone
        first = scenario.horizon.first_day + scenario.horizon.discard
        found: list[Line] = []
        for day in range(first, first + scenario.horizon.days):
            number: dict[str, int] = {}
            for part in self.parts:
                for shift, name in zip(part.shifts(), part.names(), strict=True):
                    count = number.get(shift.group, 0)
                    number[shift.group] = count + shift.agents
                    if weekday(day * DAY) not in shift.weekdays:
                        continue
                    for n in range(count, count + shift.agents):
                        who = AgentId(f"{shift.group}-{n + 1:03d}")
                        found.append(Line(day, name, duty_on(zone, day, shift, who)))
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
    parts = [part for need in needs for part in roster_groups(scenario, need, aim=aim, time_limit_s=time_limit_s)]
    return Roster(scenario, tuple(parts), tuple(text for part in parts if (text := _unmet(part, aim))))


def _unmet(part: GroupRoster, aim: Aim) -> str:
    short = part.first_short()
    never = never_covered(part)
    if short is None or (aim is Aim.MATCH and not never):  # too few by choice: as close as possible to the need
        return ""
    at, why = short
    day = date_text(part.need.days[0]) if part.need.days else "other days"
    hours = part.hours(part.cover.under)
    nobody = f"; no shift type is at work from {clock_text(never[0])}" if never else ""
    return (
        f"{part.group}, {day}: {clock_text(at)} is the first interval that cannot be covered: {why}{nobody}; "
        f"{hours:,.2f} head hours are missing over the day"
    )
