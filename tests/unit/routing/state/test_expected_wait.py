"""What a queue has lately done: arrivals of the last half hour, by band."""

import pytest

from callcenter.centre import Policy
from callcenter.commands import AdmitCall, LogIn
from callcenter.ids import AgentId, CallId
from callcenter.tiers import Target, Tier
from callcenter.units import DAY, MINUTE, SECOND, Millis
from routing.state.expected_wait import Pulse, position


@pytest.mark.parametrize(("minute", "calls"), [(29, 12), (34, 10), (60, 0)])
def test_arrivals_of_the_half_hour_that_runs_count_and_older_ones_do_not(minute: int, calls: int):
    """Two calls every five minutes from 0:00 to 0:29, none afterwards."""
    pulse = Pulse()
    for five in range(6):
        pulse.turn(Millis(five * 5 * MINUTE + 1))
        pulse.arriving[0] = 2
    now = Millis(minute * MINUTE)
    span = 25 * MINUTE + now % (5 * MINUTE)

    assert pulse.arrivals_before(1, now) == pytest.approx(calls / span)
    assert pulse.arrivals_before(0, now) == 0


def test_where_calls_of_another_tier_are_late_a_wait_by_slack_is_told_longer_than_it_is(told, one_queue):
    """Gold's first call is past its limit and goes last, and the one behind it waits for it; silver goes first.

    What is told takes the scores of a lane to rise from its first call to its last, as they do for the other
    policies. Kept as it has always been told.
    """
    gold = Tier("gold", 0, target=Target(0.8, Millis(30 * SECOND)))
    silver = Tier("silver", 0, target=Target(0.8, Millis(DAY)))
    tell = told(one_queue(policy=Policy.SLACK, tiers=(gold, silver), default_tier="silver"))
    tell(0, AdmitCall(CallId("late"), "sales", tier="gold"))
    tell(1, AdmitCall(CallId("silver"), "sales"))
    tell(39, AdmitCall(CallId("in time"), "sales", tier="gold"))
    floor, now = tell.engine._floor, Millis(40 * SECOND)

    assert [position(floor, floor.calls[CallId(name)], now) for name in ("silver", "late", "in time")] == [2, 1, 1]
    assert tell(40, LogIn(AgentId("ana"), "desk"))[-1] == "40 CallOffered silver ana"
