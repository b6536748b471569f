import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from callcenter.config import parse_scenario
from callcenter.errors import BadInput
from callcenter.scenario import Scenario, Staffing
from callcenter.units import DAY, HOUR, MINUTE, Millis
from sim.model.shifts import Duty, duties
from sim.model.streams import Chance
from sim.planning.plan import Wishes, plan_of
from sim.planning.roster import Aim, Need, need_of_plan, need_of_staffing, roster_of
from sim.planning.roster.ical import calendar, calendars, folded
from sim.planning.roster.need import staffing_of_csv
from sim.planning.roster.outcome import coverage_rows, roster_result, roster_rows

TEXT = """
version: 1
centre:
  zone: Europe/Madrid
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {line: {}}
  groups: {desk: {auto_answer: true}}
arrivals: [{calls_per_hour: 40, from: "09:00", until: "17:00"}]
handling: {exponential: 3m}
shift_types:
  full: {group: desk, length: 8h, earliest: "08:00", latest: "10:00", cost: 8, breaks: [{after: 4h, for: 30m}]}
  short: {group: desk, length: 4h, earliest: "08:00", latest: "14:00", cost: 4.5, breaks: [{after: 2h, for: 15m}]}
horizon: {start: 2026-03-02}
"""


def scenario(*sets: str) -> Scenario:
    return parse_scenario(TEXT, sets=sets)


def test_a_roster_covers_every_stretch_of_the_day_breaks_included():
    asked = scenario()
    need = need_of_plan(plan_of(asked, Wishes()))

    roster = roster_of(asked, need, aim=Aim.COST, time_limit_s=10)
    (part,) = roster.parts

    assert roster.solved[0].optimal
    assert part.first_short() is None
    quarter = 15 * MINUTE
    for at in range(0, DAY, quarter):
        there = sum(
            shift.agents
            for shift in part.kind.shifts()
            if shift.begin <= at < shift.end
            and not any(b.begin <= at - shift.begin < b.begin + b.length for b in shift.breaks)
        )
        assert there >= part.required[at // asked.interval]


def test_a_half_hour_that_no_shift_reaches_is_named_and_the_rest_is_covered():
    asked = scenario("shift_types.full.earliest=10:00", "shift_types.short.earliest=10:00")
    need = need_of_plan(plan_of(asked, Wishes()))

    roster = roster_of(asked, need, aim=Aim.COST, time_limit_s=10)

    assert "09:00 is the first interval that cannot be covered: no shift type is at work then" in roster.unmet[0]
    (part,) = roster.parts
    short = part.worst(part.under)
    assert short[18:20].all()
    assert not short[20:].any()


def test_too_few_heads_are_said_with_what_can_be_had():
    asked = scenario("shift_types.full.most=1", "shift_types.short.most=1")
    roster = roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)

    assert "at most" in roster.unmet[0]
    assert sum(shift.agents for shift in roster.shifts()) == 2


def test_no_shift_types_are_refused_with_an_example():
    asked = replace(scenario(), shift_types=())

    with pytest.raises(BadInput, match="has no shift_types"):
        roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)


def test_a_group_without_shift_types_is_not_covered_from_its_first_half_hour_on():
    asked = scenario()
    need = Need((0,), (asked.horizon.first_day,), asked.interval, {"desk": np.full(48, 1)})
    others = replace(asked, shift_types=tuple(replace(kind, group="elsewhere") for kind in asked.shift_types))

    roster = roster_of(others, [need], aim=Aim.COST, time_limit_s=10)

    assert "00:00 is the first interval" in roster.unmet[0]


def test_too_many_possible_begins_are_refused():
    asked = scenario("shift_types.short.step=1s")

    with pytest.raises(BadInput, match="make step longer"):
        roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)


def test_a_night_shift_covers_the_early_hours():
    asked = scenario()
    night = replace(
        asked.shift_types[0], name="night", earliest=22 * HOUR, latest=22 * HOUR, length=Millis(8 * HOUR), breaks=()
    )
    heads = np.zeros(48, dtype=np.int64)
    heads[:12] = 3
    need = Need((0,), (asked.horizon.first_day,), asked.interval, {"desk": heads})

    roster = roster_of(replace(asked, shift_types=(night,)), [need], aim=Aim.COST, time_limit_s=10)

    assert not roster.unmet
    assert [(shift.begin, shift.end, shift.agents) for shift in roster.shifts()] == [(22 * HOUR, 30 * HOUR, 3)]


def test_the_roster_has_as_many_at_work_as_the_simulation_at_every_minute():
    asked = scenario()
    roster = roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)
    mine, theirs = [line.duty for line in roster.lines()], duties(roster.applied(), Chance(1, 0))

    def at_work(found: list[Duty], at: int) -> int:
        resting = sum(begin <= at < end for duty in found for begin, end in duty.breaks)
        return sum(duty.begin <= at < duty.end for duty in found) - resting

    for at in sorted({at for duty in mine for at in (duty.begin, duty.end, *sum(duty.breaks, ()))}):
        assert at_work(mine, at) == at_work(theirs, at)


def test_calendars_are_right_on_the_day_the_clocks_change():
    asked = scenario("horizon.start=2026-03-28", "horizon.days=2")  # the clocks of Madrid go forward on the 29th
    roster = roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)
    lines = roster.lines()
    zone = asked.centre.zone

    text = calendar(lines, zone, name="test", centre="test", stamp=lines[0].duty.begin)

    local = {
        datetime.strptime(line.removeprefix("DTSTART:").strip(), "%Y%m%dT%H%M%SZ")
        .replace(tzinfo=UTC)
        .astimezone(ZoneInfo("Europe/Madrid"))
        for line in text.splitlines()
        if line.startswith("DTSTART:")
    }
    shifts = {shift.begin for shift in roster.shifts()}
    assert {at.date().isoformat() for at in local} == {"2026-03-28", "2026-03-29"}
    assert {(at.hour * HOUR + at.minute * MINUTE) for at in local} == shifts
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == len(lines)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    uids = [line for line in text.split("\r\n") if line.startswith("UID:")]
    assert len(uids) == len(set(uids))


def test_each_agent_has_a_calendar_and_the_same_roster_the_same_bytes():
    asked = scenario()
    roster = roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)
    lines, zone = roster.lines(), asked.centre.zone

    packed = calendars(lines, zone, centre="test", stamp=0)

    assert packed == calendars(lines, zone, centre="test", stamp=0)
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert names == [f"{agent}.ics" for agent in sorted({line.duty.agent_id for line in lines})]


def test_long_lines_are_folded_between_characters():
    text = folded("SUMMARY:" + "早班" * 40)

    assert all(len(part.encode()) <= 75 for part in text.split("\r\n"))
    assert text.replace("\r\n ", "").strip() == "SUMMARY:" + "早班" * 40


def test_a_roster_is_plain_data():
    asked = scenario()
    roster = roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)

    found = roster_result(roster, source="erlang-c", aim="cost", simulated=None)

    assert found["covered"]
    assert found["gap"] == 0
    hours = found["head_hours"]
    assert hours["scheduled"] == pytest.approx(hours["required"] + hours["over"] - hours["under"])
    assert found["cost"] == sum(
        {"full": 8, "short": 4.5}[s["type"]] * s["agents"] for s in found["groups"][0]["shifts"]
    )
    assert len(roster_rows(roster.lines(), asked.centre.zone)) == sum(s.agents for s in roster.shifts())
    assert len(coverage_rows(found, asked.centre.zone)) == len(found["groups"][0]["intervals"])


def test_curves_of_staffing_become_needs_by_kind_of_day():
    asked = scenario()
    curve = Staffing("desk", (3, 5), 9 * HOUR, Millis(HOUR), (0, 1, 2, 3, 4))

    (need,) = need_of_staffing(asked, [curve])

    assert need.weekdays == (0, 1, 2, 3, 4)
    assert need.heads["desk"][18:22].tolist() == [3, 3, 5, 5]
    assert need.heads["desk"].sum() == 16


def test_staffing_is_read_from_a_table():
    text = "weekdays,start,group,agents,rostered\nmon-fri,09:00,desk,4,5\n"

    (found,) = staffing_of_csv(text, "x.csv", Millis(30 * MINUTE))

    assert found == Staffing("desk", (5,), 9 * HOUR, Millis(30 * MINUTE), (0, 1, 2, 3, 4))


@pytest.mark.parametrize(
    "text",
    [
        "weekdays, start, group, agents\nmon-fri, 09:00, desk , 5\n",
        "Staffing of March\n\nWeekdays,Start,Group,Agents\nmon-fri,09:00:00,desk,5.0\n,,,\n",
        "weekdays,start,group,agents\nmon-fri,9:00,desk,5\nweekdays,start,group,agents\n",
    ],
)
def test_staffing_is_read_however_somebody_writes_its_table(text: str):
    (found,) = staffing_of_csv(text, "x.csv", Millis(30 * MINUTE))

    assert found == Staffing("desk", (5,), 9 * HOUR, Millis(30 * MINUTE), (0, 1, 2, 3, 4))


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_lines_of_a_table_last_until_the_next_ones_begin(minutes: int):
    starts = [9 * 60 + n * minutes for n in range(4)]
    text = "start,group,agents\n" + "".join(f"{at // 60:02d}:{at % 60:02d},desk,{at % 7}\n" for at in starts)

    found = staffing_of_csv(text, "x.csv", Millis(30 * MINUTE))

    assert [entry.interval for entry in found] == [minutes * MINUTE] * 4


@pytest.mark.parametrize("name", ["weekday", "Day", "days", "date"])
def test_the_days_of_a_table_are_obeyed_however_their_column_is_called(name: str):
    text = f"{name},start,group,agents\nmon,09:00,desk,4\n2026-03-03,09:00,desk,5\n"
    monday, date = staffing_of_csv(text, "x.csv", Millis(30 * MINUTE))

    assert monday.weekdays == (0,)
    assert date.dates == (20_515,)


@pytest.mark.parametrize(
    "text, said",
    [
        ("start,group\n", "x.csv:1: has no column 'agents'"),
        ("start,group,agents\n9,desk,4\n", "x.csv:2: is not a time of day"),
        ("start,group,agents\n09:00,desk,-4\n", "x.csv:2: needs a start"),
        ("start,group,agents\n09:00,desk,four\n", "x.csv:2"),
        ("start,group,agents\n", "x.csv:1: has no lines"),
        ("start,group,agents\n09:00,desk\n", "x.csv:2: needs a start before 24:00 and whole agents from 0 up"),
        ("start,group,agents\n09:00,desk,4.5\n", "x.csv:2: needs a start"),
        ("start,group,agents\n09:00,desk,4\nTotal,,4\n", "x.csv:3: seems to be a line of totals"),
        ("start,end,group,agents\n09:00,12:00,desk,4\n", "x.csv:1: there is no column 'end'"),
        ("start,group,agents\n09:00,desk,4,7\n", "x.csv:2: has more cells than there are columns"),
        ("start,group,agents\n09:00,desk,4\n12:00,desk,3\n", "x.csv: its lines begin more than an hour apart"),
        ("day,start,group,agents\nmon,09:00,desk,4\nmon-fri,09:00,desk,3\n", "x.csv:3: is of a group, day and time of"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(text: str, said: str):
    with pytest.raises(BadInput, match=r"x\.csv") as refused:
        staffing_of_csv(text, "x.csv", Millis(30 * MINUTE))

    assert str(refused.value).startswith(said)
