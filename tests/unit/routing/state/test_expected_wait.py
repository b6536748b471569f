"""What a queue has lately done: arrivals of the last half hour, by band."""

import pytest

from callcenter.centre import Centre, Group, Queue
from callcenter.commands import AdmitCall, LogIn
from callcenter.units import MINUTE, Millis
from routing.engine import RoutingEngine
from routing.state.expected_wait import Pulse


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


def test_a_call_that_comes_as_five_minutes_begin_counts_among_those_of_them():
    engine = RoutingEngine(Centre("test", (Queue("sales"),), (Group("desk"),)))
    for minute in (1, 5):
        engine.handle(AdmitCall(f"c{minute}", "sales", "vip"), now=Millis(minute * MINUTE))
    pulse = engine._floor.queues["sales"].pulse

    assert pulse.arrivals_before(1, Millis(30 * MINUTE)) == pytest.approx(1 / (25 * MINUTE))


@pytest.mark.parametrize(("lost", "some"), [(4, False), (5, True)])
def test_that_some_of_those_ahead_give_up_is_expected_from_the_fifth_on_who_did(lost: int, some: bool):
    engine = RoutingEngine(Centre("test", (Queue("sales"),), (Group("desk"),)))
    for command in (LogIn("ana", "desk"), *(AdmitCall(f"c{n}", "sales") for n in range(12))):
        engine.handle(command, now=Millis(0))
    pulse = engine._floor.queues["sales"].pulse
    for _ in range(10):
        pulse.finished(3 * MINUTE)

    def told(gave_up: int):
        pulse.abandoned, pulse.waited_ms = gave_up, 50 * MINUTE
        return engine.expected_wait("c11", now=Millis(1))

    assert (told(lost) != told(0)) is some
