"""A roster that people change by hand: lines as plain data, and what each change does to coverage, rules and cost.

A line is one person's shift: `{"id", "person", "group", "shift", "date", "begin", "end", "breaks"}`, times in minutes
after the midnight before its begin.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import fsum
from typing import Any, Final

from callcenter.config.words import WEEKDAYS, clock, date_text, day_number
from callcenter.errors import BadInput
from callcenter.hours import Zone, weekday
from callcenter.ids import AgentId
from callcenter.people import People, Person, works_in
from callcenter.scenario import Break, Scenario, Shift
from callcenter.units import DAY, HOUR, MINUTE, Millis
from sim.model.shifts import Duty
from sim.planning.roster.ical import calendar
from sim.planning.roster.need import Need
from sim.planning.roster.roster import Line

JSON = dict[str, Any]
MINUTES_A_DAY: Final = DAY // MINUTE


def lines_of(lines: Sequence[Line], zone: Zone) -> list[JSON]:
    """Return the lines of a roster as plain data."""

    def minutes(at: int, day: int) -> int:
        return (zone.local(at) - day * DAY) // MINUTE

    return [
        {
            "id": n,
            "person": str(line.duty.agent_id),
            "group": line.duty.group,
            "shift": line.shift,
            "date": date_text(line.day),
            "begin": minutes(line.duty.begin, line.day),
            "end": minutes(line.duty.end, line.day),
            "breaks": [[minutes(b, line.day), minutes(e, line.day)] for b, e in line.duty.breaks],
        }
        for n, line in enumerate(lines, start=1)
    ]


def judged(scenario: Scenario, people: People | None, needs: Sequence[Need], lines: Sequence[JSON]) -> JSON:
    """Return how lines cover the need half hour by half hour, which rules they break, and what they cost."""
    groups = [group.name for group in scenario.centre.groups]
    for line in lines:
        if line["group"] not in groups:
            raise BadInput(
                "line {id}: there is no group {group!r} (there is: {groups})",
                id=line["id"],
                group=line["group"],
                groups=", ".join(groups),
            )
    coverage = _coverage(needs, lines)
    zone = scenario.centre.zone
    short = [
        (cell["required"] - cell["scheduled"], _cell_hours(zone, one["date"], cell["start"], needs[0].interval))
        for one in coverage
        for cell in one["intervals"]
    ]
    return {
        "coverage": coverage,
        "under_hours": fsum(max(0.0, heads) * hours for heads, hours in short),
        "over_hours": fsum(max(0.0, -heads) * hours for heads, hours in short),
        "paid_hours": fsum(_length(zone, line) for line in lines) / HOUR,
        "cost": fsum(_cost(scenario, line) for line in lines),
        "currency": scenario.money.currency if scenario.money is not None and scenario.money.wages else None,
        "broken": [] if people is None else broken(scenario, people, lines),
        "wishes": [] if people is None else _wishes(people, lines),
        "persons": _persons(zone, people, lines),
    }


def _length(zone: Zone, line: JSON) -> Millis:
    """Return how long a line is, from begin to end: an hour more or less in the night in which clocks change."""
    return Millis(_instant(zone, line, "end") - _instant(zone, line, "begin"))


def _instant(zone: Zone, line: JSON, edge: str) -> Millis:
    return zone.instant(day_number(line["date"]) * DAY + line[edge] * MINUTE)


def _cell_hours(zone: Zone, date: str, start: str, interval: int) -> float:
    begin = day_number(date) * DAY + clock(start)
    return zone.length(begin, begin + interval) / HOUR


def _coverage(needs: Sequence[Need], lines: Sequence[JSON]) -> list[JSON]:
    found = []
    for day, group, n in sorted((day, group, n) for n, of in enumerate(needs) for day in of.days for group in of.heads):
        of = needs[n]
        step = of.interval // MINUTE
        count = MINUTES_A_DAY // step
        heads = [0] * MINUTES_A_DAY
        for line in lines:
            if line["group"] == group:
                _add(heads, line, day)
        scheduled = [sum(heads[n * step : (n + 1) * step]) / step for n in range(count)]
        required = of.heads[group].tolist()
        some = [n for n in range(count) if scheduled[n] or required[n]]
        if some:
            cells = [
                {
                    "start": f"{n * step // 60:02}:{n * step % 60:02}",
                    "required": int(required[n]),
                    "scheduled": scheduled[n],
                }
                for n in range(some[0], some[-1] + 1)
            ]
            found.append({"date": date_text(day), "group": group, "intervals": cells})
    return found


def _add(heads: list[int], line: JSON, day: int) -> None:
    """Count a line's minutes on the phone on one day; those past midnight are the next day's."""
    offset = (day_number(line["date"]) - day) * MINUTES_A_DAY
    for n in range(max(0, line["begin"] + offset), min(MINUTES_A_DAY, line["end"] + offset)):
        heads[n] += 1
    for begin, end in line["breaks"]:
        for n in range(max(0, begin + offset), min(MINUTES_A_DAY, end + offset)):
            heads[n] -= 1


def _cost(scenario: Scenario, line: JSON) -> float:
    """Return what a line costs: wages, where there are any, else as its shift type has it by the hour."""
    length = _length(scenario.centre.zone, line)
    if scenario.money is not None and scenario.money.wages:
        return scenario.money.shift(line["group"], length)[0]
    kind = next((kind for kind in scenario.shift_types if kind.name == line["shift"]), None)
    return length / HOUR if kind is None else kind.cost * length / kind.length


# --- rules


def broken(scenario: Scenario, people: People, lines: Sequence[JSON]) -> list[JSON]:
    """Return the rules that lines break, each with the line that breaks it."""
    persons = {person.name: person for person in people.persons}
    found = []
    for name, mine in _by_person(lines).items():
        person = persons.get(name)
        if person is None:
            found += [_broken(line, "unknown", f"{name} is not among the people") for line in mine]
            continue
        for line in mine:
            found += _alone(scenario, person, line)
        found += _together(scenario.centre.zone, person, mine)
    return found


def _by_person(lines: Iterable[JSON]) -> dict[str, list[JSON]]:
    found: dict[str, list[JSON]] = defaultdict(list)
    for line in sorted(lines, key=lambda one: (one["date"], one["begin"], one["id"])):
        found[line["person"]].append(line)
    return found


def _broken(line: JSON, rule: str, text: str) -> JSON:
    return {"line": line["id"], "person": line["person"], "date": line["date"], "rule": rule, "text": text}


def _alone(scenario: Scenario, person: Person, line: JSON) -> list[JSON]:
    """Return what is wrong with a line by itself."""
    day = day_number(line["date"])
    found = []
    if line["group"] not in works_in(person, scenario.centre):
        found.append(_broken(line, "group", f"{person.name} does not work in {line['group']}"))
    if weekday(day * DAY) in person.days_off:
        found.append(_broken(line, "day_off", f"{person.name} never works on {WEEKDAYS[weekday(day * DAY)]}"))
    if day in person.absences:
        found.append(_broken(line, "absent", f"{person.name} is absent on {line['date']}"))
    if line["begin"] * MINUTE < person.earliest:
        found.append(_broken(line, "earliest", f"{person.name} does not begin before {_clock(person.earliest)}"))
    if line["end"] * MINUTE > person.latest:
        found.append(_broken(line, "latest", f"{person.name} does not work after {_clock(person.latest)}"))
    return found


def _together(zone: Zone, person: Person, mine: Sequence[JSON]) -> list[JSON]:
    """Return what is wrong with somebody's lines beside each other."""
    found = []
    for before, line in pairwise(mine):
        apart = _instant(zone, line, "begin") - _instant(zone, before, "end")
        if apart < 0:
            found.append(_broken(line, "twice", f"{person.name} has two shifts at once"))
        elif apart < person.rest:
            said = f"{person.name} rests {apart / HOUR:g} h before it, {person.rest / HOUR:g} h are due"
            found.append(_broken(line, "rest", said))
    days = sorted({day_number(line["date"]) for line in mine})
    run = 1
    for earlier, day in pairwise(days):
        run = run + 1 if day == earlier + 1 else 1
        if run > person.days_in_a_row:
            line = next(one for one in mine if day_number(one["date"]) == day)
            found.append(_broken(line, "days_in_a_row", f"day {run} in a row, {person.days_in_a_row} at most"))
    weeks: Counter[int] = Counter()
    for line in mine:
        monday = day_number(line["date"]) - weekday(day_number(line["date"]) * DAY)
        weeks[monday] += _length(zone, line)
        most = person.hours_per_week + person.overtime
        if weeks[monday] / HOUR > most + 1e-9:
            said = f"{person.name} has {weeks[monday] / HOUR:g} h in this week, {most:g} h at most"
            found.append(_broken(line, "hours", said))
    return found


def _clock(at: int) -> str:
    return f"{at // HOUR % 24:02}:{at % HOUR // MINUTE:02}"


def _wishes(people: People, lines: Sequence[JSON]) -> list[JSON]:
    """Return what was wished for the days of the roster, and whether it is so."""
    days = sorted({line["date"] for line in lines})
    found = []
    for person in people.persons:
        for date in days:
            day = day_number(date)
            shifts = [line["shift"] for line in lines if line["person"] == person.name and line["date"] == date]
            for wish in person.wishes:
                if wish.about(day, weekday(day * DAY)):
                    met = not shifts if wish.shift is None else wish.shift in shifts
                    found.append({"person": person.name, "date": date, "wish": wish.shift or "off", "met": met})
    return found


def _persons(zone: Zone, people: People | None, lines: Sequence[JSON]) -> list[JSON]:
    hours: Counter[str] = Counter()
    for line in lines:
        hours[line["person"]] += _length(zone, line)
    contracts = {} if people is None else {person.name: person.hours_per_week for person in people.persons}
    names = list(dict.fromkeys([*contracts, *sorted(hours)]))
    return [{"name": name, "hours": hours[name] / HOUR, "hours_per_week": contracts.get(name)} for name in names]


# --- moved


def moved(lines: Sequence[JSON], move: JSON) -> list[JSON]:
    """Return lines with one of them moved: by minutes, to a date, to a person, or taken away.

    Raises:
        BadInput: there is no such line, or it would leave its day.
    """
    found = [dict(line) for line in lines]
    line = next((one for one in found if one["id"] == move["line"]), None)
    if line is None:
        raise BadInput("line: there is no line {line} in this roster", line=move["line"])
    if move.get("remove"):
        return [one for one in found if one is not line]
    by = move.get("by_minutes") or 0
    line["begin"], line["end"] = line["begin"] + by, line["end"] + by
    line["breaks"] = [[begin + by, end + by] for begin, end in line["breaks"]]
    if not 0 <= line["begin"] < MINUTES_A_DAY or line["end"] > 2 * MINUTES_A_DAY:
        raise BadInput("by_minutes: it would begin on another day: give the date as well")
    if move.get("date"):
        line["date"] = move["date"]
        try:
            day_number(line["date"])
        except ValueError as error:
            raise BadInput("date: {error}", error=error) from None
    if move.get("person"):
        line["person"] = move["person"]
    return found


def scenario_with(scenario: Scenario, lines: Sequence[JSON]) -> Scenario:
    """Return the scenario with these lines in place of its people; days that are not measured are as the nearest is."""
    horizon = scenario.horizon
    first, last = horizon.measured[0], horizon.measured[-1]
    around = {first: range(horizon.first_day - 1, first), last: range(last + 1, last + horizon.run_off + 2)}
    alike: Counter[tuple[Any, ...]] = Counter()
    for line in lines:
        day = day_number(line["date"])
        days = tuple(sorted({day, *(other for edge in (first, last) if edge == day for other in around[edge])}))
        breaks = tuple(Break((b - line["begin"]) * MINUTE, Millis((e - b) * MINUTE)) for b, e in line["breaks"])
        alike[line["group"], line["begin"] * MINUTE, line["end"] * MINUTE, breaks, days] += 1
    shifts = tuple(
        Shift(group, count, begin, end, breaks, dates=days)
        for (group, begin, end, breaks, days), count in alike.items()
    )
    return replace(scenario, shifts=shifts, staffing=())


def calendar_of(lines: Sequence[JSON], zone: Zone, name: str) -> str:
    """Return lines as a calendar (iCalendar, RFC 5545)."""

    def at(line: JSON, minutes: int) -> Millis:
        return zone.instant(day_number(line["date"]) * DAY + minutes * MINUTE)

    found = []
    for line in sorted(lines, key=lambda one: (one["date"], one["begin"])):
        breaks = tuple((at(line, begin), at(line, end)) for begin, end in line["breaks"])
        duty = Duty(AgentId(line["person"]), line["group"], at(line, line["begin"]), at(line, line["end"]), breaks)
        found.append(Line(day_number(line["date"]), line["shift"], 0.0, duty))
    stamp = min((line.duty.begin for line in found), default=0)
    return calendar(found, zone, name=name, centre="callcenter", stamp=stamp)
