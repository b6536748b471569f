"""A roster of names as plain data: who works when, what each person gets, and what cannot be met, by person and day."""

from collections import defaultdict
from typing import Any

from callcenter.config.words import WEEKDAYS, date_text, day_number
from callcenter.hours import weekday
from callcenter.language.said import listed, said
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
    reasons = ""
    for reason, names in one["why"].items():
        told = said("{reason}: {names}", reason=said(reason), names=_listed(names))
        reasons = said("{before}; {last}", before=reasons, last=told) if reasons else told
    return said(
        "{date} {day}, {group} {begin}-{end} ({shift}): {missing} missing ({reasons})",
        date=one["date"],
        day=_day(one["date"]),
        group=one["group"],
        begin=one["from"],
        end=one["to"],
        shift=one["shift"],
        missing=one["missing"],
        reasons=reasons or said("nobody else works in this group"),
    )


def _listed(names: list[str]) -> str:
    shown = listed(names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else said("{shown} and {n} more", shown=shown, n=len(names) - NAMES_SHOWN)


def _day(date: str) -> str:
    return said(WEEKDAYS[weekday(day_number(date) * DAY)])


def _person_texts(one: JSON) -> list[str]:
    found = [
        said(
            "{name}, week from {date}: {hours:g} of {due:g} contract hours",
            name=one["name"],
            date=week["from"],
            hours=week["hours"],
            due=week["contract_hours"],
        )
        for week in one["weeks"]
        if week["hours"] < week["contract_hours"] - 0.01
    ]
    return found + [
        said(
            "{name}, {date} {day}: wished {wish}, not met",
            name=one["name"],
            date=wish["date"],
            day=_day(wish["date"]),
            wish=said("off") if wish["wish"] == "off" else wish["wish"],
        )
        for wish in one["wishes"]
        if not wish["met"]
    ]
