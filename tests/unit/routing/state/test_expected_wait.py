"""What a queue has lately done: arrivals of the last half hour, by band."""

import pytest

from callcenter.units import MINUTE, Millis
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
