"""Names on a roster: nobody's rules are ever broken, and what cannot be met is named by person and day."""

import io
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.config import parse_scenario
from callcenter.config.people import dates, read_people
from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.language.spoken import _, speaking
from callcenter.people import People, PeopleRules, Person, Wish, works_in
from callcenter.scenario import Scenario
from callcenter.units import DAY, HOUR, Millis
from sim.model.shifts import duties
from sim.model.streams import Chance
from sim.planning.plan import Wishes, plan_of
from sim.planning.roster import Aim, Roster, need_of_plan, roster_of
from sim.planning.roster.assign import Assigned, applied, assign, week_of
from sim.planning.roster.named import people_result
from sim.planning.roster.need import with_minimum
from sim.planning.roster.outcome import roster_result

MONDAY = 20514

TEXT = """
version: 1
centre:
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {line: {needs: [talk]}, second: {needs: [fix], hours: {mon-fri: "09:00-17:00"}}}
  groups: {desk: {skills: [talk], auto_answer: true}, fixers: {skills: {fix: 2}, auto_answer: true}}
arrivals:
  - {queue: line, calls_per_hour: 6}
  - {queue: second, calls_per_hour: 10, from: "09:00", until: "17:00", weekdays: mon-fri}
handling: {exponential: 3m}
patience: {exponential: 5m}
shift_types:
  early: {group: desk, length: 8h, earliest: "06:00", latest: "06:00"}
  late: {group: desk, length: 8h, earliest: "14:00", latest: "14:00"}
  night: {group: desk, length: 8h, earliest: "22:00", latest: "22:00"}
  fix: {group: fixers, length: 8h, earliest: "09:00", latest: "09:00", breaks: [{after: 4h, for: 30m}]}
  half: {group: fixers, length: 4h, earliest: "09:00", latest: "13:00", cost: 0.6}
horizon: {start: 2026-03-02, days: 7}
"""


def roster() -> Roster:
    asked = parse_scenario(TEXT)
    return roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)


ROSTER = roster()


NO_LIMITS = PeopleRules()


def assigned(*people: Person, rules: PeopleRules = NO_LIMITS) -> Assigned:
    return assign(ROSTER, People(people, rules), time_limit_s=4)


@st.composite
def persons(draw: st.DrawFn, number: int) -> Person:
    return Person(
        f"p{number:02d}",
        groups=draw(st.sampled_from([("desk",), ("fixers",), ("desk", "fixers")])),
        hours_per_week=draw(st.sampled_from([16.0, 24.0, 40.0])),
        overtime=draw(st.sampled_from([0.0, 8.0])),
        earliest=draw(st.sampled_from([0, 0, 8 * HOUR])),
        latest=draw(st.sampled_from([2 * DAY, 18 * HOUR])),
        days_off=draw(st.sampled_from([(), (5, 6), (2,)])),
        absences=draw(st.sampled_from([(), (), (MONDAY + 1, MONDAY + 2)])),
        rest=Millis(draw(st.sampled_from([11, 16])) * HOUR),
        days_in_a_row=draw(st.sampled_from([3, 5, 6])),
        wishes=draw(st.sampled_from([(), (Wish(weekday=4),), (Wish(date=MONDAY + 3, shift="early"),)])),
    )


crews = st.integers(3, 14).flatmap(lambda n: st.tuples(*(persons(i) for i in range(n))))


@given(crews)
@settings(max_examples=8)
def test_no_rule_of_anybody_is_broken(people):
    found = assigned(*people)
    scenario = ROSTER.scenario

    assert all(had <= slot.count for had, slot in zip(found.filled(), found.slots, strict=True))
    for person, takes in zip(people, found.takes, strict=True):
        mine = sorted((found.slots[s] for s in takes), key=lambda slot: slot.line.duty.begin)
        days = [slot.day for slot in mine]
        assert len(set(days)) == len(days)
        for slot in mine:
            assert slot.line.duty.group in works_in(person, scenario.centre)
            assert slot.day not in person.absences
            assert weekday(slot.day * DAY) not in person.days_off
            assert person.earliest <= slot.begin
            assert slot.end <= person.latest
        assert all(b.line.duty.begin - a.line.duty.end >= person.rest for a, b in pairwise(mine))
        for day in days:
            assert not set(range(day, day + person.days_in_a_row + 1)) <= set(days)
        for week in {week_of(day) for day in days}:
            hours = sum(slot.line.hours for slot in mine if week_of(slot.day) == week)
            assert hours <= person.hours_per_week + person.overtime


@given(crews)
@settings(max_examples=8)
def test_what_is_open_is_said_with_a_reason_for_everybody_who_could_have_helped(people):
    found = assigned(*people)
    result = people_result(ROSTER, found)
    rows = found.lines()

    assert len(rows) + sum(one["missing"] for one in result["open"]) == len(ROSTER.lines())
    assert sum(one["hours"] for one in result["persons"]) == pytest.approx(sum(line.hours for line in rows))
    for one in result["open"]:
        named = {name for names in one["why"].values() for name in names}
        could = {p.name for p in people if one["group"] in works_in(p, ROSTER.scenario.centre)}
        there = {
            str(line.duty.agent_id)
            for line in rows
            if (line.duty.group, line.shift) == (one["group"], one["shift"]) and one["date"] == date_text(line.day)
        }
        assert could - named <= there


def enough(count: int = 12, **more: object) -> list[Person]:
    return [Person(f"desk {n}", ("desk",), **more) for n in range(count)] + [  # type: ignore[arg-type]
        Person(f"fixer {n}", ("fixers",), **more)
        for n in range(6)  # type: ignore[arg-type]
    ]


def test_with_people_enough_nothing_is_open_and_the_totals_are_those_of_the_rows():
    found = assigned(*enough())
    result = roster_result(ROSTER, source="test", aim="cost", simulated=None, assigned=found)

    assert result["people"]["open"] == []
    assert result["paid_hours"] == sum(line.hours for line in found.lines())
    assert result["cost"] == pytest.approx(sum(line.cost for line in ROSTER.lines()))


def test_nights_and_weekends_are_shared_out():
    found = assigned(*enough(12))
    desk = [found.unpopular(n) for n in range(12)]

    assert max(desk) - min(desk) <= 16


def test_wishes_are_met_where_that_costs_nobody_anything():
    people = enough(14)
    people[0] = Person("desk 0", ("desk",), wishes=(Wish(date=MONDAY + 2), Wish(weekday=0, shift="early")))
    result = people_result(ROSTER, assigned(*people))

    assert [wish["met"] for wish in result["persons"][0]["wishes"]] == [True, True]


def test_absence_days_off_and_hours_are_the_reasons_that_are_named():
    people = [
        Person("Ana", ("fixers",), absences=(MONDAY,)),
        Person("Ben", ("fixers",), days_off=(0,)),
        Person("Cem", ("fixers",), hours_per_week=3),
        Person("Dana", ("fixers",), earliest=18 * HOUR),
    ]
    result = people_result(ROSTER, assigned(*people))
    monday = next(one for one in result["open"] if (one["date"], one["group"]) == ("2026-03-02", "fixers"))

    assert monday["why"] == {
        "absent": ["Ana"],
        "day off": ["Ben"],
        "contract hours": ["Cem"],
        "hours of the day": ["Dana"],
    }
    assert any("2026-03-02 mon, fixers" in line and "absent: Ana" in line for line in result["unmet"])
    assert any(line.startswith("Dana, week from 2026-03-02: 0 of 40") for line in result["unmet"])


def test_where_everybody_of_a_group_has_the_shift_nobody_else_is_said_to_work_there():
    result = people_result(ROSTER, assigned(Person("Ana", ("fixers",))))
    short = next(one for one in result["open"] if one["group"] == "fixers" and not one["why"])
    line = next(line for line in result["unmet"] if line.startswith(f"{short['date']} ") and "fixers" in line)

    assert "(nobody else works in this group)" in line


def test_what_cannot_be_met_is_told_in_the_readers_language():
    people = Person("Ana", ("fixers",), absences=(MONDAY,), wishes=(Wish(weekday=1),))
    unmet = people_result(ROSTER, assigned(people))["unmet"]

    with speaking("zh_CN"):
        told = [_(line) for line in unmet]
    assert [line for line in told if re.search("missing|contract hours|absent|not met|wished| mon|nobody", line)] == []


def test_the_simulation_lives_with_the_shifts_that_somebody_has():
    found = assigned(*enough(3))
    lived = applied(ROSTER, found)
    heads = duties(lived, Chance(1, 0))
    first, last = (ROSTER.scenario.centre.zone.instant(day * DAY) for day in (MONDAY + 1, MONDAY + 6))

    mine = [line.duty for line in found.lines()]
    for at in range(first, last, HOUR):
        assert sum(d.begin <= at < d.end for d in heads) == sum(d.begin <= at < d.end for d in mine)


def test_limits_for_all_hold():
    people = [*enough(10), *(Person(f"part {n}", ("desk",), hours_per_week=16) for n in range(4))]
    found = assigned(*people, rules=PeopleRules(most_people=14, part_timers=0.25))
    rows = found.lines()

    assert len({line.duty.agent_id for line in rows}) <= 14
    for day in {line.day for line in rows}:
        today = [str(line.duty.agent_id) for line in rows if line.day == day]
        assert sum(name.startswith("part") for name in today) <= 0.25 * len(today)


def test_a_minimum_holds_wherever_the_group_is_needed():
    needs = with_minimum(need_of_plan(plan_of(ROSTER.scenario, Wishes())), (("fixers", 4),))
    heads = needs[0].heads["fixers"]

    assert set(heads[heads > 0]) == {4}


# --- the file

YAML = """
version: 1
rules: {part_timers: 50%, minimum: {desk: 2}}
people:
  - {name: Ana, groups: desk, hours: 38.5, days_off: "sat,sun", wishes: [fri off, 2026-03-05 early]}
  - {name: Ben, skills: {fix: 3}, absent: [2026-03-04, 2026-03-09..2026-03-11], latest: "20:00"}
"""


def read(text: str, name: str = "people.yaml", scenario: Scenario = ROSTER.scenario) -> People:
    return read_people(text.encode(), name, scenario.centre, tuple(kind.name for kind in scenario.shift_types))


def test_people_are_read_as_they_are_written():
    ana, ben = read(YAML).persons

    assert (ana.hours_per_week, ana.days_off) == (38.5, (5, 6))
    assert ana.wishes == (Wish(weekday=4), Wish(date=MONDAY + 3, shift="early"))
    assert works_in(ben, ROSTER.scenario.centre) == ("fixers",)
    assert ben.absences == dates("2026-03-04, 2026-03-09..2026-03-11")
    assert read(YAML).rules == PeopleRules(part_timers=0.5, minimum=(("desk", 2),))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_of_people_is_read_as_the_same_people(mark):
    rows = [
        ["name", "groups", "skills", "hours per week", "days_off", "absent", "latest", "wishes"],
        ["Ana", "desk", "", "38,5", '"sat,sun"', "", "", '"fri off; 2026-03-05 early"'],
        ["Ben", "", "fix 3", "", "", '"2026-03-04, 2026-03-09..2026-03-11"', "20:00", ""],
    ]
    if mark == ",":
        rows[1][3] = '"38,5"'

    assert read("\n".join(mark.join(row) for row in rows) + "\n", "people.csv").persons == read(YAML).persons


def test_dashes_are_empty_cells_and_names_of_columns_that_come_again_are_nobody():
    head = "name,groups,hours,earliest,absent\n"
    plain = read(f"{head}Ana,desk,38.5,,\nBen,desk,20,,\n", "people.csv")

    assert read(f"{head}Ana,desk,38.5,N/A,-\n{head}Ben,desk,20,\u2014,NULL\n", "people.csv").persons == plain.persons


def test_a_spreadsheet_of_people_is_read_too():
    xlsxwriter = pytest.importorskip("xlsxwriter")
    pytest.importorskip("fastexcel")
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "groups", "hours", "earliest"])
        sheet.write_row(1, 0, ["Ana", "desk", 38.5, "08:00"])
    people = read_people(sink.getvalue(), "people.xlsx", ROSTER.scenario.centre, ())

    assert people.persons == (Person("Ana", ("desk",), hours_per_week=38.5, earliest=8 * HOUR),)


@pytest.mark.parametrize(
    "text, name, said",
    [
        ("people: [{name: Ana, groups: [dekk]}]", "p.yaml", "p.yaml:1: people.0.groups: "),
        ("people: [{name: Ana}]", "p.yaml", "neither groups nor the skills"),
        ("people: [{name: Ana, groups: desk, wishes: [fri gardening]}]", "p.yaml", "shift type"),
        ("people: [{name: Ana, groups: desk}, {name: Ana, groups: desk}]", "p.yaml", "two people"),
        ("people: []", "p.yaml", "people"),
        ("name,groups\nAna,desk\nBen,dekk\n", "p.csv", "p.csv:3: groups: "),
        ("name,groups,absent\nAna,desk,soon\n", "p.csv", "p.csv:2: absent: is not a date"),
        ("name,groups,shoe size\nAna,desk,40\n", "p.csv", "p.csv:1: "),
        ("groups\ndesk\n", "p.csv", "no column 'name'"),
        (
            "name;groups;wishes\nAna;desk;fri off; wed early\n",
            "p.csv",
            "p.csv:2: has more cells than there are columns",
        ),
        ("name,groups\n", "p.csv", "holds nobody"),
        ("name,groups,hours\nAna,desk,38\nTotal,desk,38\n", "p.csv", "p.csv:3: 'Total' seems to be a line of totals"),
        ("name,groups,hours\nAna,desk,38 h\n", "p.csv", "p.csv:2: hours: is not a number (38 h): write one such as"),
        ("name,groups,hours\nAna,desk,38\n,,38\n", "p.csv", "p.csv:3: name: is missing"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_where(text, name, said):
    with pytest.raises(BadInput) as refused:
        read(text, name)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
