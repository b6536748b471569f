"""The day of the centre: counted from its midnight, in its zone, and the same after a restart."""

import json
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter import events as ev
from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from callcenter.metrics import saved_counts
from callcenter.metrics.counting import Counting
from callcenter.metrics.numbers import Counts
from callcenter.metrics.today import Today
from callcenter.units import DAY, HOUR, SECOND, Millis

MIDNIGHT = 1_772_380_800_000
"""2026-03-02T00:00 in Shanghai, which is 16:00 the day before in UTC."""


def centre(name: str) -> Centre:
    return Centre("c", (Queue("q"),), (Group("g"),), zone=zone(name))


def answered(counting: Counting, call: str, at: int) -> None:
    counting.fold(
        [
            ev.CallQueued(Millis(at), 1, call, call, "q", "vip", 0, Millis(at), None),
            ev.CallConnected(Millis(at), 2, call, call, "q", "vip", "ana", "g", f"{call}/o1", Millis(at), Millis(at)),
        ]
    )


def read(counting: Counting, now: int) -> tuple[float, float]:
    """Return how many were answered in time today, and when the day began."""
    found = {series.name: samples for series, samples in counting.readings(now)}
    began = found["callcenter_day_began_timestamp_seconds"]
    return found["callcenter_contacts_today"]["vip", "answered", "true"], began[()]


@pytest.mark.parametrize("name, begins", [("Asia/Shanghai", MIDNIGHT), ("UTC", MIDNIGHT - 16 * HOUR)])
def test_the_day_begins_at_midnight_where_the_centre_is(name, begins):
    counting = Counting(centre(name))
    for n, at in enumerate((begins - SECOND, begins, begins + HOUR)):
        answered(counting, f"c{n}", at)

    assert read(counting, begins + 2 * HOUR) == (2, begins / SECOND)
    assert read(counting, begins + DAY - 1) == (2, begins / SECOND)
    assert read(counting, begins + DAY) == (0, (begins + DAY) / SECOND)


def test_a_day_on_which_clocks_change_is_as_long_as_it_is():
    day = Today(defaultdict(int))
    day.adopt(zone("Europe/Berlin"))
    day.turn(1_774_742_400_000)  # 2026-03-29T01:00+01:00: the night in which an hour is left out

    assert (day.until - day.begun) / HOUR == 23


def test_a_reader_who_asks_seldom_sees_what_happened_since_midnight_all_the_same():
    counting = Counting(centre("UTC"))
    answered(counting, "c1", 10 * DAY + HOUR)
    answered(counting, "c2", 12 * DAY + HOUR)

    assert read(counting, 12 * DAY + 2 * HOUR) == (1, 12 * DAY / SECOND)


@pytest.mark.parametrize("lacks", [(), ("today",)], ids=["saved", "saved by an older version"])
def test_a_restart_in_the_middle_of_the_day_changes_nothing(lacks):
    before = Counting(centre("Asia/Shanghai"))
    after = Counting(centre("Asia/Shanghai"))
    answered(before, "old", MIDNIGHT - DAY)  # its events are not kept any more
    for counting in (before, after):
        answered(counting, "yesterday", MIDNIGHT - HOUR)
        answered(counting, "today", MIDNIGHT + HOUR)
    plain = json.loads(json.dumps(saved_counts.saved(before, MIDNIGHT + HOUR)))
    saved_counts.resume(after, {name: value for name, value in plain.items() if name not in lacks}, MIDNIGHT + HOUR)
    answered(after, "later", MIDNIGHT + 2 * HOUR)

    assert read(after, MIDNIGHT + 3 * HOUR) == (2, MIDNIGHT / SECOND)
    assert after.calls.contact_outcomes["vip", "answered", "true"] == 4


def test_a_service_that_was_away_over_midnight_begins_the_day_with_what_comes_first():
    before, after = Counting(centre("UTC")), Counting(centre("UTC"))
    answered(before, "c1", 10 * DAY + HOUR)
    saved_counts.resume(after, saved_counts.saved(before, 10 * DAY + HOUR), 10 * DAY + HOUR)

    assert read(after, 11 * DAY + HOUR) == (0, 11 * DAY / SECOND)


def test_a_centre_that_moves_ends_its_day_at_the_new_midnight():
    counting = Counting(centre("UTC"))
    answered(counting, "c1", MIDNIGHT - HOUR)
    counting.adopt(centre("Asia/Shanghai"))

    assert read(counting, MIDNIGHT - 1)[0] == 1
    assert read(counting, MIDNIGHT) == (0, MIDNIGHT / SECOND)


@given(
    st.lists(st.tuples(st.integers(0, 3 * DAY), st.integers(1, 5)), max_size=40),
    st.sampled_from(["UTC", "Asia/Kolkata"]),
)
def test_today_is_what_was_counted_at_or_after_midnight(steps: list[tuple[int, int]], name: str):
    where, counts = zone(name), Counts(int)
    day = Today(counts)
    day.adopt(where)
    now = 20 * DAY
    told: list[tuple[int, int]] = []
    for gap, n in steps:
        now += gap
        day.turn(now)
        counts["x",] += n
        told.append((now, n))
    today = day.read(now)
    midnight = where.instant(where.local(now) // DAY * DAY)

    assert day.begun == midnight
    assert today.get(("x",), 0) == sum(n for at, n in told if at >= midnight)
