"""What a day asks of the agents: calls counted where they come, and the load that they meet."""

import pytest

from callcenter.config import parse_scenario
from callcenter.erlang import LoadMethod
from sim.planning.plan import Wishes, plan_of

OPENS_WITHIN = """
version: 1
centre:
  tiers: {all: {band: 0, target: 80/20}}
  queues: {line: {hours: {mon-fri: 09:15-16:50}}}
  groups: {desk: {auto_answer: true}}
arrivals: [{calls_per_hour: 60, from: 09:15, until: 16:50}]
handling: {exponential: 4m}
"""


@pytest.mark.parametrize("interval", ["5m", "30m", "1h", "24h"])
def test_calls_of_hours_that_begin_inside_an_interval_are_all_counted(interval: str):
    plan = plan_of(parse_scenario(f"{OPENS_WITHIN}interval: {interval}"), Wishes())

    assert plan.days[0].kind.work[0].busy.sum() == pytest.approx(60 * (7 + 35 / 60))


def test_a_line_that_opens_inside_an_interval_is_staffed_for_those_who_call_then():
    finely, by_half_hours = (
        plan_of(parse_scenario(f"{OPENS_WITHIN}interval: {interval}"), Wishes(load=LoadMethod.STATIONARY))
        for interval in ("5m", "30m")
    )
    opening = by_half_hours.days[0].groups()["desk"][18]

    assert opening == finely.days[0].groups()["desk"][9 * 12 + 3]
    assert any("1.0" not in one.here and "from 09:00" in one.here for one in by_half_hours.breaks)
    assert not any("even rate" in one.assumption for one in finely.breaks)


def test_load_is_what_those_who_call_meet_where_they_come_unevenly_inside_an_interval():
    text = """
version: 1
centre: {tiers: {all: {band: 0, target: 80/20}}, queues: {line: {}}, groups: {desk: {auto_answer: true}}}
arrivals: [{every: 30m, from: 09:00, calls: [10, 30]}]
handling: {exponential: 3m}
interval: 1h
"""
    work = plan_of(parse_scenario(text), Wishes()).days[0].kind.work[0]

    assert work.loads[LoadMethod.STATIONARY][0, 9] == pytest.approx((10 * 1 + 30 * 3) / 40)
    assert work.peaks[9] == pytest.approx(30 / 20)
    assert work.busy[9] == 40
