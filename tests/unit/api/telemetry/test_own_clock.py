"""The service's clock beside the machine's: a difference is said, once an hour, and one that clocks have is not."""

import time

import pytest

from api.live.clock import GOES_ON, LiveClock
from api.telemetry.own_clock import OwnClock
from callcenter.units import HOUR, MINUTE, Millis


@pytest.mark.parametrize(("ahead_ms", "said"), [(-HOUR, "is 3600 s behind"), (90_000, "is 90 s ahead of")])
def test_a_machine_whose_clock_was_set_is_named_once_an_hour_until_both_agree(caplog, ahead_ms: int, said: str):
    ahead = [ahead_ms]
    clock = OwnClock(lambda: ahead[0])
    for now in range(0, 2 * HOUR, 10_000):
        clock.tick(Millis(now))
    ahead[0] = 2_000
    clock.tick(Millis(2 * HOUR + MINUTE))

    assert [said in record.message for record in caplog.records] == [True, True]


def test_a_clock_that_was_begun_after_the_journal_says_how_far_it_is_ahead():
    wall = time.time_ns() // 1_000_000
    ahead, right = LiveClock(Millis(wall + HOUR)), LiveClock(Millis(wall - HOUR))

    assert HOUR - 10_000 < ahead.ahead_ms() <= HOUR
    assert -10_000 < right.ahead_ms() < 10_000


def test_time_goes_on_while_the_machine_sleeps():
    assert GOES_ON == time.CLOCK_BOOTTIME
