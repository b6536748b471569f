"""A plan as it is told: plain data, a table beside what was simulated, levels and hours of all its days."""

import sys
from dataclasses import replace

import pytest
from rich.console import Console

from callcenter.config import parse_scenario
from callcenter.erlang import LoadMethod
from callcenter.scenario import Horizon, Scenario
from callcenter.tiers import Target, Tier
from sim.planning.plan import Wishes, plan_of, simulated
from sim.planning.plan.outcome import hours_of, plan_result, staffing_rows
from sim.planning.plan.table import levels_by_clock, show_plan
from tests.unit.sim.planning.plans import EVERY_HALF_HOUR, MONDAY, WITHIN, centre, scenario


def test_half_hours_below_a_promise_that_is_kept_over_the_day_are_marked():
    daily = centre(Tier("all", 0, Target(0.8, WITHIN)))
    calls = (8.0, 20.0, 60.0, 90.0, 60.0, 30.0)
    marked, kept = (
        [row["below"] for row in plan_result(plan_of(asked, wishes), "erlang-c", None)["days"][0]["intervals"]]
        for asked, wishes in (
            (scenario(daily, calls), Wishes(floor=0.5)),
            (scenario(centre(EVERY_HALF_HOUR), calls), Wishes()),
        )
    )

    assert ["all"] in marked
    assert [] in marked
    assert kept == [[]] * 6


def test_a_plan_is_plain_data_and_verified_by_simulation():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR), (20.0,) * 3), Wishes())

    found = plan_result(plan, "erlang-c", simulated(plan.applied(), replications=2, processes=1))

    assert [cell["start"] for cell in found["days"][0]["intervals"]] == ["09:00", "09:30", "10:00"]
    assert found["simulated"]["tiers"]["all"]["service_level"]["sl_net"]["mean"] > 0.6
    assert [row[1] for row in staffing_rows(found)] == ["09:00", "09:30", "10:00"]


def week_with_a_saturday() -> Scenario:
    asked = replace(scenario(centre(EVERY_HALF_HOUR)), horizon=Horizon(MONDAY, days=7))
    [calls] = asked.streams
    return replace(
        asked,
        streams=(
            replace(calls, weekdays=(0, 1, 2, 3, 4)),
            replace(calls, name="sat", calls=(4.0,) * 2, weekdays=(5,)),
        ),
    )


def test_what_is_simulated_is_shown_beside_its_own_day(capsys):
    found = plan_result(plan_of(week_with_a_saturday(), Wishes()), "erlang-c", None)
    level = {"mean": 0.5, "ci_low": 0.5, "ci_high": 0.5}
    saturday = level | {"mean": 0.25}
    found["simulated"] = {
        "intervals": [
            {"start": f"{date}T09:00", "overall": {"service_level": {"sl_net": seen}}}
            for date, seen in (("2026-03-02", level), ("2026-03-07", saturday))
        ],
        "tiers": {}, "overall": {"target": None, "service_level": {"sl_net": level}, "abandonment": level},
        "replications": 2,
    }  # fmt: skip

    show_plan(Console(file=sys.stdout, width=200), found)

    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("09:00")]
    assert ["50.0 %" in row for row in rows] == [True, False]
    assert ["25.0 %" in row for row in rows] == [False, True]


def test_of_an_hour_that_comes_twice_the_worse_is_shown():
    level = {"mean": 0.5, "ci_low": 0.5, "ci_high": 0.5}
    seen = [("2026-10-25T02:00+02:00", 0.5), ("2026-10-25T02:00+01:00", 0.25), ("2026-10-26T02:00", 0.0)]
    simulated = {
        "intervals": [
            {"start": start, "overall": {"service_level": {"sl_net": level | {"mean": mean}}}} for start, mean in seen
        ]
    }

    assert levels_by_clock(simulated, ["2026-10-25"]) == {"02:00": level | {"mean": 0.25}}
    assert levels_by_clock(None, ["2026-10-25"]) == {}


def test_the_level_of_a_plan_is_that_of_all_its_days():
    plan = plan_of(week_with_a_saturday(), Wishes())
    found = plan_result(plan, "erlang-c", None)
    answered = calls = 0.0
    for day in found["days"]:
        for cell in day["intervals"]:
            answered += len(day["dates"]) * cell["calls"] * (cell["service_level"]["all"] or 0)
            calls += len(day["dates"]) * cell["calls"]

    assert found["service_level"]["all"] == pytest.approx(answered / calls)


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_hours_of_a_plan_are_those_of_the_day_and_its_wages_are_its_hours(date: str, hours: int):
    text = f"""
version: 1
centre:
  zone: Europe/Berlin
  tiers: {{all: {{band: 0, target: {{share: 80%, within: 20s, scope: interval}}}}}}
  default_tier: all
  queues: {{line: {{}}}}
  groups: {{desk: {{auto_answer: true}}}}
arrivals: [{{calls_per_hour: 60}}]
handling: {{exponential: 3m}}
money: {{currency: EUR, wages: 10}}
horizon: {{start: {date}, days: 1}}
"""
    plan = plan_of(parse_scenario(text), Wishes(load=LoadMethod.STATIONARY))
    found = plan_result(plan, "erlang-c", None)

    assert found["agent_hours"] == 5 * hours
    assert found["money"]["wages"]["total"] == 10 * found["rostered_hours"]
    assert hours_of(plan.applied())["agent_hours"] == 5 * hours
