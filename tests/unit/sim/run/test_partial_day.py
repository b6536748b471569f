"""A stretch of a day: its first minutes, served out."""

from callcenter.config.load import load_scenario
from callcenter.units import DAY, HOUR, MINUTE
from sim.run.driver import Day
from sim.run.partial_day import BEFORE, PartialDay

BUSY = load_scenario("first-steps", ["staffing.0.agents=3"])


def test_nobody_rings_after_it_and_those_on_the_line_are_served_out():
    day = PartialDay(BUSY, 0, 30)
    day.run()
    calls = day.ledger.calls

    assert day.end == day.first + 30 * MINUTE
    assert max(call.queued_at for call in calls) < day.end
    assert max(call.left_at or 0 for call in calls) > day.end, "somebody still waited then"
    assert all(call.outcome != "open" for call in calls)


def test_it_begins_as_the_whole_day_does():
    whole = Day(BUSY, 0, keep_records=True).run()
    part = PartialDay(BUSY, 0, 60)
    part.run()
    begun = [(call.call_id, call.queued_at, call.tier) for call in whole.ledger.calls if call.queued_at < part.end]

    assert [(call.call_id, call.queued_at, call.tier) for call in part.ledger.calls] == begun


def test_all_of_it_is_the_day_itself():
    whole = Day(BUSY, 0, keep_records=True).run()
    part = PartialDay(BUSY, 0, None)
    part.run()

    assert [vars(call) for call in part.ledger.calls] == [vars(call) for call in whole.ledger.calls]


def test_one_that_is_joined_late_finds_who_came_before_and_the_calls_of_the_last_minutes():
    whole = Day(BUSY, 0, keep_records=True).run()
    part = PartialDay(BUSY, 0, 60, 11 * HOUR)
    part.run()
    since = BUSY.centre.zone.instant(BUSY.horizon.first_day * DAY + 11 * HOUR)
    came = [call.call_id for call in whole.ledger.calls if since - BEFORE <= call.queued_at < part.end]

    assert part.first == since
    assert part.end == since + 60 * MINUTE
    assert [call.call_id for call in part.ledger.calls] == came
    assert any(call.outcome == "answered" for call in part.ledger.calls)


def test_a_calls_wait_in_columns_is_that_of_its_record():
    """A planted fault: it was the sum of the two instants instead of what lies between them."""
    day = PartialDay(BUSY, 0, 60)
    day.run()
    columns = day.calls.columns(day.now)
    waits = {call.call_id: call.left_at - call.queued_at for call in day.ledger.calls if call.left_at is not None}

    assert columns.wait.tolist() == [waits[call_id] for call_id in columns.ids]


def test_calls_of_five_minutes_before_it_come_too_and_none_of_before():
    """A planted fault: so many milliseconds instead of minutes."""
    day = PartialDay(BUSY, 0, 10, since=10 * HOUR)
    day.run()
    before = [day.first - call.queued_at for call in day.ledger.calls if call.queued_at < day.first]

    assert MINUTE < max(before, default=0) <= 5 * MINUTE
