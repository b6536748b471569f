from datetime import UTC, datetime

import pytest

from callcenter.config.opening import opening_hours
from callcenter.config.refusals import Wrong
from callcenter.config.zones import zone
from callcenter.hours import OpeningHours
from callcenter.units import DAY, HOUR

MADRID = zone("Europe/Madrid")


def hours(written: object) -> OpeningHours:
    found = opening_hours(written, MADRID, ("hours",))
    assert found is not None
    return found


def test_no_hours_are_always_open():
    assert opening_hours(None, MADRID, ()) is None


def test_days_that_are_not_named_are_closed():
    week = hours({"mon-fri": "08:00-20:00", "sat": ["09:00-12:00", "14:00-16:00"]}).week

    assert week[0] == ((8 * HOUR, 20 * HOUR),)
    assert week[5] == ((9 * HOUR, 12 * HOUR), (14 * HOUR, 16 * HOUR))
    assert week[6] == ()


def test_one_span_is_for_every_day():
    assert set(hours("08:00-20:00").week) == {((8 * HOUR, 20 * HOUR),)}


def test_a_night_belongs_to_two_days():
    week = hours({"fri": "22:00-06:00"}).week

    assert week[4] == ((22 * HOUR, DAY),)
    assert week[5] == ((0, 6 * HOUR),)


def test_holidays_are_closed_and_special_days_differ():
    found = hours({"all": "08:00-20:00", "holidays": ["2026-12-25"], "special": {"2026-12-24": "08:00-14:00"}})
    noon = int(datetime(2026, 12, 25, 12, tzinfo=UTC).timestamp()) * 1000

    assert not found.is_open(noon)
    assert found.is_open(noon - DAY)
    assert not found.is_open(noon - DAY + 4 * HOUR)


def test_a_special_day_holds_on_a_holiday_in_whichever_order_they_are_written():
    first = {"special": {"2026-12-24": "08:00-14:00"}, "holidays": ["2026-12-24"]}

    assert hours(first) == hours(dict(reversed(first.items())))
    assert hours(first).is_open(int(datetime(2026, 12, 24, 12, tzinfo=UTC).timestamp()) * 1000)


def test_hours_may_have_a_zone_of_their_own():
    assert hours({"zone": "America/Mexico_City", "all": "09:00-21:00"}).zone.name == "America/Mexico_City"


@pytest.mark.parametrize(
    "written, path, what",
    [
        ({"mon-frei": "08:00-20:00"}, ("hours", "mon-frei"), "not a day of the week"),
        ({"mon": "08:00-12:00, 11:00-14:00"}, ("hours", "mon"), "overlap"),
        ({"mon": "22:00-08:00", "tue": "07:00-12:00"}, ("hours", "tue"), "overlap"),
        ({"mon-wed": "08:00-20:00", "tue": "closed"}, ("hours", "tue"), "gives tue a second time"),
        ({"mon": "8-20"}, ("hours", "mon"), "is not a time of day"),
        ({"mon": 8}, ("hours", "mon"), "is not a span"),
        ({"mon": "closed", "holidays": "2026-01-01"}, ("hours", "holidays"), "is not a list of dates"),
        ({"mon": "closed", "holidays": ["soon"]}, ("hours", "holidays", 0), "is not a date"),
        ({"zone": "Mars/Base", "mon": "closed"}, ("hours", "zone"), "is not a time zone"),
        ({}, ("hours",), "are empty"),
        (8, ("hours",), "are not opening hours"),
        ({"special": {"2026-12-24": "22:00-02:00"}}, ("hours", "special", "2026-12-24"), "past midnight"),
    ],
)
def test_each_wrong_part_is_named(written: object, path: tuple[object, ...], what: str):
    with pytest.raises(Wrong, match=what) as found:
        hours(written)

    assert found.value.path == path
