"""A roster of names as plain data: who works when, what each person gets, and what cannot be met, by person and day."""

from collections import defaultdict
from typing import Any

from callcenter.config.words import WEEKDAYS, date_text, day_number
from callcenter.hours import weekday
from callcenter.people import Wish, works_in
from callcenter.units import DAY, HOUR
from sim.planning.plan.outcome import clock_text
from sim.planning.roster.assign import Assigned, Slot, owed, why_not
from sim.planning.roster.roster import Roster

JSON = dict[str, Any]
NAMES_SHOWN = 4
"""People named for each reason; the rest are counted."""


def people_result(roster: Roster, assigned: Assigned) -> JSON:
    """Return what the people of a roster get, and what stays open, as JSON."""
    persons = [_person(roster, assigned, n) for n in range(len(assigned.people.persons))]
    open_ = [_open(roster, assigned, slot, missing) for slot, missing in assigned.open_slots()]
    return {
        "persons": persons,
        "open": open_,
        "open_hours": sum(slot.line.hours * missing for slot, missing in assigned.open_slots()),
        "optimal": assigned.optimal,
        "gap": assigned.gap,
        "unmet": [_open_text(one) for one in open_] + [text for one in persons for text in _person_texts(one)],
    }


def _days(roster: Roster) -> range:
    return roster.scenario.horizon.measured


def _person(roster: Roster, assigned: Assigned, number: int) -> JSON:
    person = assigned.people.persons[number]
    mine = [assigned.slots[s] for s in assigned.takes[number]]
    weeks, due = assigned.hours(number), owed(person, _days(roster))
    wishes = [(day, wish) for day in _days(roster) for wish in person.wishes if wish.about(day, weekday(day * DAY))]
    return {
        "name": person.name,
        "groups": list(works_in(person, roster.scenario.centre)),
        "shifts": len(mine),
        "hours": sum(weeks.values()),
        "contract_hours": sum(due.values()),
        "weeks": [
            {"from": date_text(week), "hours": weeks.get(week, 0.0), "contract_hours": hours}
            for week, hours in sorted(due.items())
        ],
        "unpopular_hours": assigned.unpopular(number),
        "wishes": [
            {"date": date_text(day), "wish": wish.shift or "off", "met": _met(wish, day, mine)} for day, wish in wishes
        ],
    }


def _met(wish: Wish, day: int, mine: list[Slot]) -> bool:
    today = [slot.line.shift for slot in mine if slot.day == day]
    return not today if wish.shift is None else wish.shift in today


def _open(roster: Roster, assigned: Assigned, slot: Slot, missing: int) -> JSON:
    why: dict[str, list[str]] = defaultdict(list)
    for number, person in enumerate(assigned.people.persons):
        if slot not in [assigned.slots[s] for s in assigned.takes[number]]:
            why[why_not(roster, assigned, number, slot)].append(person.name)
    why.pop("another group", None)
    return {
        "date": date_text(slot.day),
        "group": slot.line.duty.group,
        "shift": slot.line.shift,
        "from": clock_text(slot.begin),
        "to": clock_text(slot.end % (24 * HOUR)),
        "missing": missing,
        "hours": slot.line.hours * missing,
        "why": dict(why),
    }


def _open_text(one: JSON) -> str:
    reasons = "; ".join(f"{reason}: {_listed(names)}" for reason, names in one["why"].items())
    return (
        f"{one['date']} {_day(one['date'])}, {one['group']} {one['from']}-{one['to']} ({one['shift']}): "
        f"{one['missing']} missing ({reasons or 'nobody works in this group'})"
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown} and {len(names) - NAMES_SHOWN} more"


def _day(date: str) -> str:
    return WEEKDAYS[weekday(day_number(date) * DAY)]


def _person_texts(one: JSON) -> list[str]:
    found = [
        f"{one['name']}, week from {week['from']}: {week['hours']:g} of {week['contract_hours']:g} contract hours"
        for week in one["weeks"]
        if week["hours"] < week["contract_hours"] - 0.01
    ]
    return found + [
        f"{one['name']}, {wish['date']} {_day(wish['date'])}: wished {wish['wish']}, not met"
        for wish in one["wishes"]
        if not wish["met"]
    ]
