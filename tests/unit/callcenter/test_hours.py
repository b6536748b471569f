"""Local time: zones as tables, opening hours, and both days a year when clocks change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.config.zones import zone
from callcenter.hours import UTC, OpeningHours, Zone, daily_window, first_open, weekday
from callcenter.units import DAY, HOUR, MINUTE

MADRID = zone("Europe/Madrid")
SPRING = 1_774_746_000_000  # 2026-03-29T01:00Z: 02:00 becomes 03:00
AUTUMN = 1_792_890_000_000  # 2026-10-25T01:00Z: 03:00 becomes 02:00


def local(at: int) -> str:
    hours, rest = divmod(MADRID.local(at) % DAY, HOUR)
    return f"{hours:02}:{rest // MINUTE:02}"


def test_clocks_jump_in_spring_and_go_back_in_autumn():
    assert [local(SPRING + n) for n in (-1, 0)] == ["01:59", "03:00"]
    assert [local(AUTUMN + n) for n in (-1, 0)] == ["02:59", "02:00"]


def test_a_reading_that_is_jumped_over_means_the_jump_and_one_that_comes_twice_its_first_time():
    spring_day, autumn_day = MADRID.local(SPRING) // DAY * DAY, MADRID.local(AUTUMN) // DAY * DAY

    assert MADRID.instant(spring_day + 2 * HOUR + 30 * MINUTE) == SPRING
    assert MADRID.instants(spring_day + 2 * HOUR + 30 * MINUTE) == ()
    assert MADRID.instant(autumn_day + 2 * HOUR + 30 * MINUTE) == AUTUMN - 30 * MINUTE
    assert MADRID.instants(autumn_day + 2 * HOUR + 30 * MINUTE) == (AUTUMN - 30 * MINUTE, AUTUMN + 30 * MINUTE)


def test_hours_inside_the_hour_that_comes_twice_open_twice():
    """Found by test_busy_day: only the first of the two was seen, and a queue stayed closed."""
    night = daily_window(MADRID, 2 * HOUR, 2 * HOUR + 30 * MINUTE)
    changes, at = [], AUTUMN - 2 * HOUR
    for _ in range(4):
        at = night.next_change(at)
        changes.append((at - AUTUMN) // MINUTE)

    assert changes == [-60, -30, 0, 30]


def test_hours_inside_the_hour_that_is_jumped_over_do_not_open_that_night():
    night = daily_window(MADRID, 2 * HOUR, 2 * HOUR + 30 * MINUTE)

    assert night.next_change(SPRING - 2 * HOUR) == SPRING + 23 * HOUR


def test_the_closing_instant_is_closed():
    shop = daily_window(UTC, 9 * HOUR, 17 * HOUR)

    assert [shop.is_open(at) for at in (9 * HOUR - 1, 9 * HOUR, 17 * HOUR - 1, 17 * HOUR)] == [False, True, True, False]
    assert first_open(shop, 9 * HOUR) == 9 * HOUR
    assert first_open(shop, 17 * HOUR) == DAY + 9 * HOUR


def test_a_holiday_is_a_day_with_no_hours_and_a_special_day_has_its_own():
    shop = OpeningHours(UTC, (((9 * HOUR, 17 * HOUR),),) * 7, ((1, ()), (2, ((10 * HOUR, 12 * HOUR),))))

    assert shop.next_change(17 * HOUR) == 2 * DAY + 10 * HOUR
    assert shop.next_change(2 * DAY + 10 * HOUR) == 2 * DAY + 12 * HOUR


def test_doors_that_never_open_or_never_close_have_no_next_change():
    assert OpeningHours(UTC, ((),) * 7).next_change(0) is None
    assert daily_window(UTC, 0, DAY).next_change(0) is None


def test_the_epoch_was_a_thursday():
    assert [weekday(day * DAY) for day in range(-1, 5)] == [2, 3, 4, 5, 6, 0]


zones = st.sampled_from(
    ["Europe/Madrid", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago"]
)


@settings(max_examples=60)
@given(
    zones,
    st.integers(0, 95),
    st.integers(1, 96),
    st.sampled_from([SPRING, AUTUMN, 1_775_318_400_000, 1_793_511_000_000]),
)
def test_the_next_change_is_the_first_minute_that_differs(name: str, begin: int, length: int, around: int):
    until = min(96, begin + length)
    hours = daily_window(zone(name), begin * 15 * MINUTE, until * 15 * MINUTE)
    at = around - DAY
    minutes = (at + n * MINUTE for n in range(1, 3 * 24 * 60))
    slow = next((minute for minute in minutes if hours.is_open(minute) != hours.is_open(at)), None)

    assert hours.next_change(at) == slow or slow is None


@given(st.lists(st.integers(-40, 40), max_size=4), st.integers(0, 2 * DAY))
def test_an_instant_reads_what_was_asked_or_is_a_jump(jumps: list[int], reading: int):
    starts = (-(2**62), *(n * 7 * HOUR for n in range(1, len(jumps) + 1)))
    made = Zone("made", starts, (0, *(n * 15 * MINUTE for n in jumps)))
    at = made.instant(reading)

    assert made.local(at) == reading or at in made.starts
    assert all(made.local(found) == reading for found in made.instants(reading))


@pytest.mark.parametrize("at", [SPRING - DAY, SPRING, AUTUMN, AUTUMN + DAY])
def test_nine_to_nine_is_nine_to_nine_every_day(at: int):
    window = daily_window(MADRID, 9 * HOUR, 21 * HOUR)
    opens = first_open(window, at - at % DAY)

    assert opens is not None
    assert local(opens) == "09:00"
    assert local(window.next_change(opens)) == "21:00"
