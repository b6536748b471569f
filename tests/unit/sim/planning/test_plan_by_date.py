"""Days that differ by date are planned and rostered by date; the others like them are not touched."""

import numpy as np
import pytest

from callcenter.config.words import day_number
from callcenter.errors import BadInput
from callcenter.scenario import Scenario, is_on
from sim.planning.plan import Method, Wishes, plan_of
from sim.planning.roster import Aim, need_of_plan, need_of_staffing, roster_of
from tests.unit.callcenter.config.test_calendars import WEEK, read

TYPES = """
shift_types:
  long: {group: team, length: 6h, earliest: "08:00", latest: "14:00", step: 2h}
  short: {group: team, length: 3h, earliest: "08:00", latest: "17:00", step: 1h}
"""


def planned(more: str = WEEK) -> Scenario:
    return plan_of(read(TYPES + more), Wishes(Method.ERLANG_A)).applied()


def heads(scenario: Scenario, date: str, hour: int) -> int:
    found = 0
    for curve in scenario.staffing:
        place = (hour * 3_600_000 - curve.begin) // curve.interval
        if is_on(curve, day_number(date)) and 0 <= place < len(curve.agents):
            found += curve.agents[place]
    return found


def test_a_date_with_more_calls_gets_more_agents_and_its_weekday_no_more_than_ever():
    scenario = planned()
    plain = planned("horizon: {week: 2026-W17}\n")

    assert heads(scenario, "2026-04-01", 10) > heads(scenario, "2026-03-31", 10) == heads(plain, "2026-04-22", 10)
    assert heads(scenario, "2026-04-08", 10) == heads(plain, "2026-04-22", 10)


def test_a_holiday_that_is_closed_leaves_its_weekday_open():
    scenario = planned()

    assert heads(scenario, "2026-04-03", 10) == 0
    assert heads(scenario, "2026-04-10", 10) > 0


def test_a_roster_has_the_dates_own_shifts_and_covers_what_each_date_asks_for():
    asked = read(TYPES + WEEK)
    plan = plan_of(asked, Wishes(Method.ERLANG_A))
    roster = roster_of(asked, need_of_plan(plan), aim=Aim.COST, time_limit_s=10)
    there = {date: sum(1 for line in roster.lines() if line.day == day_number(date)) for date in
             ("2026-03-31", "2026-04-01", "2026-04-03")}  # fmt: skip

    assert not roster.unmet
    assert there["2026-04-01"] > there["2026-03-31"] > there["2026-04-03"] == 0
    again = need_of_staffing(asked, plan.staffing())
    by_date = {day: need.heads["team"] for need in again for day in need.days}
    for need in need_of_plan(plan):
        for day in need.days:
            assert np.array_equal(by_date[day], need.heads["team"])


def test_night_shifts_and_dates_of_their_own_are_not_scheduled_together():
    night = TYPES + '  night: {group: team, length: 8h, earliest: "22:00", latest: "22:00", outside_hours: true}\n'
    asked = read(night + WEEK)

    with pytest.raises(BadInput, match="go past midnight"):
        roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10)


@pytest.mark.parametrize(
    ("nights", "horizon"),
    [
        ('  late: {group: team, length: 2h, earliest: "22:00", latest: "22:00", outside_hours: true}\n'
         '  early: {group: team, length: 6h, earliest: "00:00", latest: "00:00", outside_hours: true}\n', WEEK),
        ('  night: {group: team, length: 8h, earliest: "22:00", latest: "22:00", outside_hours: true}\n',
         "horizon: {week: 2026-W17}\n"),
    ],
)  # fmt: skip
def test_the_two_ways_on_that_the_refusal_names_are_ways(nights, horizon):
    asked = read(TYPES + nights + horizon)

    assert roster_of(asked, need_of_plan(plan_of(asked, Wishes())), aim=Aim.COST, time_limit_s=10).lines()
