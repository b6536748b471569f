"""What holds for the roster of every centre: totals are the sums of the rows, nights belong to the evening they begin.

Centres drawn at random (`tests.strategies_centres`), with needs drawn at random, so that no formula stands between.
"""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from callcenter.config import load_scenario, parse_scenario
from callcenter.hours import weekday
from callcenter.money import Money
from callcenter.scenario import Scenario
from callcenter.units import DAY, HOUR, MINUTE
from sim.planning.plan import Wishes, plan_of
from sim.planning.plan.verify import simulated
from sim.planning.roster import Aim, Need, Roster, need_of_plan, roster_of
from sim.planning.roster.opening import open_blocks
from sim.planning.roster.outcome import COVERAGE, ROSTER, coverage_rows, roster_columns, roster_result, roster_rows
from sim.report.files import csv_text
from tests.strategies_centres import Kind, centres

HALF = 30 * MINUTE


@st.composite
def needs_of(draw: st.DrawFn, scenario: Scenario) -> list[Need]:
    """Heads by group on two kinds of day, weekdays and some of the rest; on the others nobody."""
    found = []
    for weekdays in ((0, 1, 2, 3, 4), draw(st.sampled_from([(5,), (5, 6)]))):
        heads = {}
        for group in scenario.centre.groups:
            begin = draw(st.integers(0, 40))
            line = np.zeros(48, dtype=np.int64)
            line[begin : begin + draw(st.integers(1, 24))] = draw(st.integers(0, 4))
            heads[group.name] = line
        days = tuple(d for d in scenario.horizon.measured if weekday(d * DAY) in weekdays)
        found.append(Need(weekdays, days, scenario.interval, heads))
    return found


def made(scenario: Scenario, needs: list[Need]) -> Roster:
    return roster_of(scenario, needs, aim=Aim.COST, time_limit_s=10)


def rows(columns: tuple[str, ...], lines: list[tuple[object, ...]]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(columns, lines))))  # type: ignore[arg-type]


@given(st.data())
@settings(max_examples=12)
def test_totals_are_the_sums_of_the_exported_rows(data):
    scenario = data.draw(centres(Kind(days=9)))
    roster = made(scenario, data.draw(needs_of(scenario)))
    assume(roster.parts)
    result = roster_result(roster, source="test", aim="cost", simulated=None)
    lines = rows(ROSTER, roster_rows(roster.lines(), scenario.centre.zone))
    covered = rows(COVERAGE, coverage_rows(result, scenario.centre.zone))

    for total, column in (("cost", "cost"), ("paid_hours", "hours"), ("on_phone_hours", "on_phone_h")):
        assert sum(float(line[column]) for line in lines) == pytest.approx(result[total])
    assert len(lines) == result["shifts_rostered"]
    for total, hours in result["head_hours"].items():
        assert sum(float(line[total]) for line in covered) * result["interval_s"] / 3600 == pytest.approx(hours)
    days = {group["group"]: 0.0 for group in result["groups"]}
    for group in result["groups"]:
        days[group["group"]] += group["cost"] * len(group["dates"])
    assert sum(days.values()) == pytest.approx(result["cost"])
    assert result["bound"] <= result["cost"] + 1e-6


@given(st.data(), st.sampled_from([None, 4 * HOUR, 7 * HOUR]))
@settings(max_examples=4)
def test_wages_and_overtime_are_the_sums_of_the_exported_rows(data, overtime_after):
    asked = data.draw(centres(Kind(days=9, clocks_change=False)))
    money = Money("EUR", tuple((g.name, 10.0 + n) for n, g in enumerate(asked.centre.groups)), overtime_after)
    roster = made(replace(asked, money=money), data.draw(needs_of(asked)))
    assume(roster.parts)
    paid = roster_result(roster, source="test", aim="cost", simulated=None)["money"]["wages"]
    lines = rows(roster_columns(money), roster_rows(roster.lines(), asked.centre.zone, money))
    over = sum(
        dict(money.wages)[line["group"]] * money.overtime_pay * max(0.0, float(line["hours"]) - overtime_after / HOUR)
        for line in lines
        if overtime_after is not None
    )

    assert sum(float(line["wages"]) for line in lines) == pytest.approx(paid["total"])
    assert sum(paid["groups"].values()) == pytest.approx(paid["total"])
    for group, total in paid["groups"].items():
        assert sum(float(line["wages"]) for line in lines if line["group"] == group) == pytest.approx(total)
    assert {line["currency"] for line in lines} <= {"EUR"}
    assert paid["overtime"] == pytest.approx(over)


@given(st.data())
@settings(max_examples=25)
def test_coverage_is_what_the_shifts_of_the_day_and_of_the_evening_before_give(data):
    scenario = data.draw(centres(Kind(days=9, clocks_change=False)))
    roster = made(scenario, data.draw(needs_of(scenario)))
    shifts = roster.shifts()

    for part in roster.parts:
        for day in part.need.weekdays:
            for n, begin in enumerate(part.edges[:-1].tolist()):
                there = 0
                for shift in shifts:
                    if shift.group == part.group:
                        for d, at in ((day, begin), ((day - 1) % 7, begin + DAY)):
                            rests = any(b.begin <= at - shift.begin < b.begin + b.length for b in shift.breaks)
                            on = d in shift.weekdays and shift.begin <= at < shift.end and not rests
                            there += shift.agents if on else 0
                assert there == part.given[n]


@given(st.data())
@settings(max_examples=25)
def test_nobody_is_rostered_while_every_line_of_the_group_is_closed(data):
    scenario = data.draw(centres(Kind(days=7, clocks_change=False)))
    roster = made(scenario, data.draw(needs_of(scenario)))

    for line in roster.lines():
        blocks = open_blocks(scenario, line.duty.group, line.day)
        zone, midnight = scenario.centre.zone, line.day * DAY
        begin, end = (zone.local(at) - midnight for at in (line.duty.begin, line.duty.end))
        assert blocks is None or any(first <= begin and end <= last for first, last in blocks)


@pytest.mark.ci
@given(centres(Kind(channels=False, days=2)))
@settings(max_examples=8)
def test_a_roster_that_is_called_good_is_good_when_it_is_lived_or_says_what_it_lost(scenario):
    assume(any(stream.calls and max(stream.calls) > 0 for stream in scenario.streams))
    needs = need_of_plan(plan_of(scenario, Wishes()))
    assume(needs)
    roster = made(scenario, needs)
    lived = simulated(roster.applied(), replications=10, processes=1)
    result = roster_result(roster, source="erlang-c", aim="cost", simulated=lived)

    missed = {name for name, tier in lived["tiers"].items() if tier["target"] and tier["target"]["met"] != "yes"}
    assert missed == {line.partition(":")[0] for line in result["lost"]}


NIGHT_LINE = """
version: 1
centre:
  zone: Europe/Berlin
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {line: {}}
  groups: {desk: {auto_answer: true}}
arrivals: [{calls_per_hour: 30}]
handling: {exponential: 3m}
patience: {exponential: 5m}
shift_types:
  night: {group: desk, length: 8h, earliest: "22:00", latest: "23:00"}
  early: {group: desk, length: 8h, earliest: "06:00", latest: "07:00"}
  late: {group: desk, length: 8h, earliest: "14:00", latest: "15:00"}
horizon: {start: 2026-03-02}
"""


def test_a_roster_round_the_clock_that_is_proved_optimal_is_good_when_it_is_lived():
    asked = parse_scenario(NIGHT_LINE)
    roster = made(asked, need_of_plan(plan_of(asked, Wishes())))
    lived = simulated(roster.applied(), replications=5, processes=1)
    result = roster_result(roster, source="erlang-c", aim="cost", simulated=lived)

    assert (result["optimal"], result["covered"], result["lost"]) == (True, True, [])
    assert lived["agents"]["logged_in_h"]["mean"] == result["paid_hours"] == 96


@pytest.mark.parametrize(("monday", "hours"), [("2026-03-23", 7 * 24 - 1), ("2026-10-19", 7 * 24 + 1)])
def test_head_hours_of_a_week_in_which_clocks_change_are_those_that_are_paid_and_those_of_the_need(monday, hours):
    """They went by the wall clock: 1,176 head hours of a week whose 1,169 were paid."""
    asked = parse_scenario(NIGHT_LINE.replace("{start: 2026-03-02}", f"{{start: {monday}, days: 7}}"))
    plan = plan_of(asked, Wishes())
    roster = made(asked, need_of_plan(plan))
    result = roster_result(roster, source="erlang-c", aim="cost", simulated=None)
    covered = rows(COVERAGE, coverage_rows(result, asked.centre.zone))
    sunday = [line["start"] for line in covered if line["date"] == covered[-1]["date"] and line["start"][:2] == "02"]

    assert result["head_hours"]["scheduled"] == pytest.approx(result["paid_hours"])
    assert result["head_hours"]["required"] == pytest.approx(plan.hours())
    assert len(covered) == 2 * hours
    assert sunday == ([] if hours < 168 else ["02:00+02:00", "02:30+02:00", "02:00+01:00", "02:30+01:00"])


def test_who_serves_the_early_hours_of_a_monday_began_on_sunday():
    asked = parse_scenario(NIGHT_LINE.replace("arrivals: [{", "arrivals: [{weekdays: mon-fri, "))
    shifts = made(asked, need_of_plan(plan_of(asked, Wishes()))).shifts()
    nights = {day: sum(s.agents for s in shifts if s.end > DAY and day in s.weekdays) for day in range(7)}

    assert nights[6] > 0
    assert nights[5] == 0
    assert nights[0] > 0


def test_a_shift_outside_opening_hours_has_to_be_said():
    text = NIGHT_LINE.replace("queues: {line: {}}", 'queues: {line: {hours: "09:00-14:00"}}').replace(
        "shift_types:", 'shift_types:\n  half: {group: desk, length: 5h, earliest: "08:00", latest: "10:00"}'
    )
    text = text.replace("length: 8h", "length: 8h, cost: 0.1")
    asked = parse_scenario(text)
    strict = made(asked, need_of_plan(plan_of(asked, Wishes())))
    assert {(s.begin, s.end) for s in strict.shifts()} == {(9 * HOUR, 14 * HOUR)}

    said = parse_scenario(text, sets=["shift_types.early.outside_hours=true"])
    loose = made(said, need_of_plan(plan_of(said, Wishes())))
    assert {s.end - s.begin for s in loose.shifts()} == {8 * HOUR}


def test_a_week_of_the_strangers_centre_costs_what_its_rows_cost(shared):
    asked = load_scenario(shared("strangers/centres/five-queues-six-days.yaml"))
    roster = made(asked, need_of_plan(plan_of(asked, Wishes())))
    result = roster_result(roster, source="erlang-c", aim="cost", simulated=None)

    assert result["cost"] == pytest.approx(sum(line.cost for line in roster.lines()))
    assert result["cost"] > 2000  # not one weekday and one Saturday
    closes = 14 * HOUR
    saturday = [line.duty for line in roster.lines() if weekday(line.day * DAY) == 5]
    assert saturday
    assert all(asked.centre.zone.local(duty.end) % DAY <= closes for duty in saturday)
