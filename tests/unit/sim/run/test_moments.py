"""Simulated time: moments come in their order, up to an instant and not at it."""

import simpy.events

from callcenter.units import Millis
from sim.run.moments import NORMAL, URGENT, Moment, SimulatedTime


def test_priorities_are_those_of_simpy():
    assert (NORMAL, URGENT) == (simpy.events.NORMAL, simpy.events.URGENT)


def test_what_is_due_at_the_end_of_a_stretch_belongs_to_the_next():
    time, come = SimulatedTime(initial_time=0), []
    for at in (5, 10, 11):
        time.put(Moment(lambda _, at=at: come.append(at), ""), at)

    time.live(10)
    assert (come, time.now) == ([5], Millis(10))

    time.live(12)
    assert come == [5, 10, 11]
