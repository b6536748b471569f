"""When customers are called of whom only the number is known: never at night, wherever they may live."""

import pytest

from api.customers.zones import zones_of_number
from api.live.clock import HandClock
from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from callcenter.hours import window_in_all
from callcenter.units import HOUR, Millis
from tests.live.conftest import BEGIN

pytestmark = pytest.mark.anyio
CALIFORNIA, LONDON, AUSTRALIA, FREEPHONE = "+14155550100", "+442079460958", "+61491570156", "+18005550100"
RUSSIA = "+79161234567"
"""A mobile number: no area tells where its owner is."""
SHANGHAI = Centre("sh", (Queue("hotline"),), (Group("desk"),), zone=zone("Asia/Shanghai"))
"""At 09:00Z its window is open (17:00); in London it opens just then, in California it is 01:00."""


def local(name: str, at: str) -> str:
    """Return an instant as the clock on the wall shows it."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(at).astimezone(ZoneInfo(name)).strftime("%H:%M")


@pytest.mark.parametrize(
    ("number", "zones", "due"),
    [
        (CALIFORNIA, ["America/Los_Angeles"], "2026-03-02T17:00:00.000Z"),
        (LONDON, ["Europe/London"], "2026-03-02T09:00:30.000Z"),
        (AUSTRALIA, ["Australia/Lord_Howe", "Australia/Sydney", "Indian/Cocos"], "2026-03-02T09:00:30.000Z"),
        (RUSSIA, ["Asia/Anadyr", "Europe/Bucharest"], "2026-03-03T07:00:00.000Z"),
        (FREEPHONE, None, "2026-03-02T09:00:30.000Z"),
        ("sip:ana@example.org", None, "2026-03-02T09:00:30.000Z"),
    ],
)
async def test_a_lost_call_is_called_back_when_it_is_day_wherever_the_number_may_be(serving, number, zones, due):
    async with serving(centre=SHANGHAI) as service:
        call = await service.call(caller=number, tier="mid")
        await service.passes(30)
        told = await service.report(call["call_id"], "abandoned")
        (task,) = (await service.get("/callbacks"))["callbacks"]

    assert task["zone"] == told["call"]["callback"]["zone"] == (zones and ",".join(zones))
    assert task["due_at"] == due
    for name in zones or ["Asia/Shanghai"]:
        assert "09:00" <= local(name, task["due_at"]) < "21:00"


@pytest.mark.parametrize("number", [CALIFORNIA, LONDON])
async def test_a_promise_that_is_made_keeps_to_the_zone_of_the_number(serving, number):
    """+1 415… was phoned at 21:59 of California, +44… at 05:58 of London."""
    async with serving(centre=SHANGHAI, clock=HandClock(BEGIN - 4 * HOUR)) as service:  # 05:00 of London
        await service.agent()
        task = await service.post("/callbacks", 201, queue="hotline", number=number)
        await service.passes(4 * 3_600 - 60)
        offered = (await service.get("/events?types=TaskOffered"))["events"]

    assert offered == [], "nobody is called outside their window"
    assert "09:00" <= local(task["zone"], task["due_at"]) < "21:00"


async def test_the_number_of_a_customer_who_is_called_by_id_tells_the_zone(serving):
    async with serving(centre=SHANGHAI) as service:
        await service.post("/customers", None, customer_id="C-1", number=CALIFORNIA)
        task = await service.post("/callbacks", 201, queue="hotline", customer_id="C-1")

    assert task["zone"] == "America/Los_Angeles"


async def test_what_is_said_or_known_of_a_customer_goes_before_what_the_number_tells(service):
    await service.post("/customers", None, customer_id="C-1", number=CALIFORNIA, zone="Asia/Tokyo")
    known = await service.post("/callbacks", 201, queue="hotline", customer_id="C-1", number=CALIFORNIA)
    said = await service.post("/callbacks", 201, queue="sales", number=CALIFORNIA, zone="Europe/Madrid")

    assert (known["zone"], said["zone"]) == ("Asia/Tokyo", "Europe/Madrid")


async def test_after_a_restart_the_zones_that_were_met_are_kept(serving):
    async with serving() as service:
        await service.post("/callbacks", 201, queue="hotline", number=AUSTRALIA)
    async with serving(clock=service.clock) as service:
        (task,) = (await service.get("/callbacks"))["callbacks"]
        known = {one.name for one in service.live.engine.centre.zones}

    assert set(task["zone"].split(",")) <= known


@pytest.mark.parametrize("number", [AUSTRALIA, "+77011234567", "+79161234567", "+351912345678", "+525512345678"])
def test_the_zones_that_decide_are_as_strict_as_all_zones_of_the_country(number):
    """Fewer zones are kept with each call; the window that is open in them is open in all of the country's."""
    import phonenumbers
    from phonenumbers.timezone import time_zones_for_number

    everywhere = tuple(zone(name) for name in time_zones_for_number(phonenumbers.parse(number)))
    few = tuple(zone(name) for name in zones_of_number(number))
    assert 1 <= len(few) <= len(everywhere)
    window = (9 * HOUR, 21 * HOUR)
    some, all_of_them = window_in_all(few, *window), window_in_all(everywhere, *window)
    for at in range(BEGIN, BEGIN + 366 * 24 * HOUR, 7 * HOUR + 30 * 60_000):
        assert some.is_open(Millis(at)) == all_of_them.is_open(Millis(at))


def test_common_hours_change_when_they_change():
    hours = window_in_all((zone("Europe/London"), zone("America/New_York")), 9 * HOUR, 21 * HOUR)
    opens = hours.next_change(BEGIN)
    assert opens == BEGIN + 5 * HOUR, "09:00 of New York"
    assert hours.next_change(opens) == BEGIN + 12 * HOUR, "21:00 of London"
    assert window_in_all((zone("Asia/Tokyo"), zone("America/New_York")), 9 * HOUR, 17 * HOUR).next_change(BEGIN) is None
