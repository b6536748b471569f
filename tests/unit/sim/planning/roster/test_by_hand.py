"""A roster changed by hand: coverage follows, rules are named, nothing else moves."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.cli.planned import Load, Way, planned
from callcenter.config import parse_scenario
from callcenter.config.people import read_people
from callcenter.config.zones import zone
from callcenter.errors import BadInput
from sim.model.shifts import duties
from sim.model.streams import Chance
from sim.planning.roster.by_hand import calendar_of, judged, moved, scenario_with
from sim.planning.roster.need import need_of_plan

SCENARIO = parse_scenario("""
version: 1
centre: {zone: Europe/London, queues: {hotline: {}}, groups: {desk: {}}}
arrivals: [{queue: hotline, calls_per_hour: 40, from: 08:00, until: 18:00}]
handling: {exponential: 3m}
patience: {exponential: 5m}
shifts: [{group: desk, agents: 4, from: 08:00, to: 18:00}]
shift_types: {early: {group: desk, length: 8h, earliest: 08:00, latest: 10:00, cost: 8}}
horizon: {start: 2026-03-02, days: 2}
""")
PEOPLE = """
people:
  - {name: Ana, hours: 8, days_off: [tue], wishes: [mon early, tue off]}
  - {name: Bo, groups: [desk], earliest: 09:00, absent: [2026-03-03], rest: 12h}
"""
NEEDS = need_of_plan(planned(SCENARIO, Way.ERLANG_C, Load.OFFERED, None, None))


def line(n, person, date, begin, end, breaks=()):
    return {
        "id": n, "person": person, "group": "desk", "shift": "early", "date": date, "begin": begin, "end": end,
        "breaks": [list(one) for one in breaks],
    }  # fmt: skip


LINES = [line(1, "Ana", "2026-03-02", 480, 960, [(720, 750)]), line(2, "Bo", "2026-03-02", 600, 1080)]


def people():
    return read_people(PEOPLE.encode(), "people.yaml", SCENARIO.centre, ("early",))


def told(lines, who=None):
    return judged(SCENARIO, who, NEEDS, lines)


def test_coverage_counts_heads_on_the_phone_and_the_hours_are_those_of_the_lines():
    found = told(LINES)
    [monday] = [one for one in found["coverage"] if one["date"] == "2026-03-02"]
    heads = {cell["start"]: cell["scheduled"] for cell in monday["intervals"]}

    assert (heads["08:00"], heads["10:00"], heads["12:00"], heads["17:30"]) == (1, 2, 1, 1)
    assert sum(heads.values()) / 2 == found["paid_hours"] - 0.5 == 15.5
    assert found["cost"] == 16
    assert found["under_hours"] > 0


@pytest.mark.parametrize(("date", "paid"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-10-17", 8)])
def test_a_night_in_which_clocks_change_is_paid_as_long_as_it_is(date, paid):
    berlin = replace(SCENARIO, centre=replace(SCENARIO.centre, zone=zone("Europe/Berlin")))
    found = judged(berlin, people(), NEEDS, [line(1, "Bo", date, 22 * 60, 30 * 60)])

    assert found["paid_hours"] == found["cost"] == paid
    assert [one["hours"] for one in found["persons"] if one["name"] == "Bo"] == [paid]


@settings(max_examples=20)
@given(by=st.integers(-480, 300), which=st.sampled_from([1, 2]))
def test_a_move_changes_that_line_alone_and_keeps_its_length(by, which):
    after = moved(LINES, {"line": which, "by_minutes": by})
    mine, before = (next(one for one in lines if one["id"] == which) for lines in (after, LINES))

    assert mine["end"] - mine["begin"] == before["end"] - before["begin"]
    assert [e - b for b, e in mine["breaks"]] == [e - b for b, e in before["breaks"]]
    assert [one for one in after if one["id"] != which] == [one for one in LINES if one["id"] != which]
    assert told(after)["cost"] == told(LINES)["cost"]


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([line(1, "Ana", "2026-03-03", 480, 900)], "day_off"),
        ([line(1, "Bo", "2026-03-03", 600, 900)], "absent"),
        ([line(1, "Bo", "2026-03-02", 510, 900)], "earliest"),
        ([line(1, "Ana", "2026-03-02", 480, 961)], "hours"),
        ([line(1, "Cem", "2026-03-02", 480, 900)], "unknown"),
        ([line(1, "Bo", "2026-03-04", 600, 1380), line(2, "Bo", "2026-03-05", 600, 900)], "rest"),
        ([line(1, "Bo", "2026-03-04", 600, 900), line(2, "Bo", "2026-03-04", 660, 900)], "twice"),
    ],
)
def test_each_rule_that_is_broken_is_named_with_its_line(lines, rule):
    [broken] = told(lines, people())["broken"]

    assert broken["rule"] == rule
    assert broken["line"] == lines[-1]["id"]
    assert told(LINES, people())["broken"] == []


def test_wishes_are_told_met_or_not():
    met = {
        (one["date"], one["wish"]): one["met"]
        for one in told([*LINES, line(3, "Bo", "2026-03-03", 600, 700)], people())["wishes"]
    }

    assert met == {("2026-03-02", "early"): True, ("2026-03-03", "off"): True}


@pytest.mark.parametrize(
    ("move", "said"),
    [
        ({"line": 9}, "no line 9"),
        ({"line": 1, "by_minutes": -481}, "another day"),
        ({"line": 1, "date": "2026-02-31"}, "date"),
    ],
)
def test_what_cannot_be_moved_is_one_line(move, said):
    with pytest.raises(BadInput, match=said):
        moved(LINES, move)


def test_the_simulated_people_are_those_of_the_lines():
    there = duties(scenario_with(SCENARIO, LINES), Chance(1, 0))

    assert sum(duty.end - duty.begin for duty in there) == 16 * 3_600_000
    assert sum(end - begin for duty in there for begin, end in duty.breaks) == 30 * 60_000


def test_a_calendar_has_an_event_for_each_shift_in_universal_time():
    text = calendar_of(LINES, SCENARIO.centre.zone, "Ana")

    assert text.count("BEGIN:VEVENT") == 2
    assert "DTSTART:20260302T080000Z" in text
