"""Callbacks as they are lived: agent-first and customer-first, windows in the customer's own time, promises kept."""

import json
from datetime import datetime

import pytest

from api.live.clock import HandClock
from api.settings import Settings
from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY, HOUR, MINUTE, Millis
from tests.live.test_hooks import Receiver, _attach, _heard

pytestmark = pytest.mark.anyio
NUMBER = "+442079460958"
DAYTIME = (9 * HOUR, 21 * HOUR)


def centre(**rules) -> Centre:
    policy = CallbackPolicy(window=rules.pop("window", (0, DAY)), **rules)
    return Centre("small", (Queue("hotline", callbacks=policy),), (Group("desk"),), zone=zone("Europe/London"))


def at(text: str) -> HandClock:
    return HandClock(int(datetime.fromisoformat(text + "+00:00").timestamp() * 1000))


async def lost_call(service, waited_s=60, **more):
    """Let a caller of the mid tier give up; return the callback that this earned."""
    call = await service.call(caller=NUMBER, tier="mid", **more)
    await service.passes(waited_s)
    told = await service.report(call["call_id"], "abandoned")
    return call, told["call"].get("callback")


async def test_a_lost_mid_call_is_promised_a_callback_within_the_day_and_an_idle_agent_is_asked_first(serving):
    async with serving(centre=centre()) as service:
        _, promised = await lost_call(service)
        await service.agent(contact="PJSIP/1001")
        await service.passes(1)
        (offer,) = (await service.get("/offers"))["offers"]
        accepted = await service.post(f"/offers/{offer['id']}:accept", 200, token=offer["token"])
        reached = await service.post(f"/callbacks/{promised['id']}/attempts", 200, outcome="reached")
        busy = (await service.get("/agents/ana"))["state"]
        done = await service.post(f"/callbacks/{promised['id']}/attempts", 200, outcome="completed")

    assert promised["promise"] == "2026-03-03T09:01:00.000Z"
    assert (accepted["callback"]["state"], accepted["callback"]["attempted_in_time"]) == ("attempting", True)
    assert (reached["callback"]["reached_in_time"], busy) == (True, "busy")
    assert (done["callback"]["state"], done["callback"]["agent_id"]) == ("completed", None)


async def test_customer_first_the_telephony_system_is_told_to_dial_while_an_agent_is_kept_free(serving):
    async with serving(centre=centre(customer_first=True), settings=Settings(webhook_private=True)) as service:
        receiver = Receiver()
        _attach(service, receiver)
        await service.post("/hooks", 201, url="http://pbx.test/dial", types=["task.attempted"])
        await service.agent(contact="PJSIP/1001")
        made = await service.post("/callbacks", 201, queue="hotline", number=NUMBER)
        await service.passes(1)
        await _heard(receiver, 1)
        told = json.loads(receiver.heard[0].content)["data"]
        held = await service.get("/agents/ana")
        other = await service.call()
        reached = await service.post(f"/callbacks/{made['callback_id']}/attempts", 200, outcome="reached")
        offers = (await service.get("/offers"))["offers"]

    assert (told["number"], told["contact"], told["attempt"]) == (NUMBER, "PJSIP/1001", 1)
    assert (held["state"], held["contacts"]) == ("busy", [made["callback_id"]])
    assert other["decision"] == "queue", "the agent who is kept for the customer takes no call"
    assert reached["callback"]["reached"]
    assert offers == [], "nobody is asked: the customer is"


async def test_attempts_follow_the_plan_and_the_last_one_is_unreachable(serving):
    plan = (Millis(10 * MINUTE), Millis(30 * MINUTE))
    async with serving(centre=centre(retry_after=plan)) as service:
        await service.agent()
        made = await service.post("/callbacks", 201, queue="hotline", number=NUMBER)
        url = f"/callbacks/{made['callback_id']}"
        states = []
        for outcome, minutes in (("no_answer", 10), ("busy", 30), ("invalid_number", 30)):
            await service.passes(0)
            told = await service.post(f"{url}/attempts", 200, outcome=outcome)
            states.append((told["callback"]["state"], told["callback"]["cause"]))
            await service.passes(minutes * 60)

    assert states == [("retry", "no_answer"), ("retry", "busy"), ("expired", "unreachable")]


async def test_a_promise_nobody_could_keep_is_missed_at_that_instant_and_shown_everywhere(serving):
    async with serving(centre=centre(promise=Millis(2 * HOUR))) as service:
        receiver = Receiver()
        _attach(service, receiver)
        service.services.hooks._private = True
        await service.post("/hooks", 201, url="http://crm.test/in", types=["task.late"])
        made = await service.post("/callbacks", 201, queue="hotline", number=NUMBER)
        await service.passes(2 * 3_600 - 1)
        before = await service.get(f"/callbacks/{made['callback_id']}")
        await service.passes(1)
        after = await service.get(f"/callbacks/{made['callback_id']}")
        await _heard(receiver, 1)
        metrics = (await service.client.get("/metrics")).text
        await service.agent()
        await service.passes(1)
        told = await service.post(f"/callbacks/{made['callback_id']}/attempts", 200, outcome="completed")

    assert (before["late"], after["late"]) == (False, True)
    assert 'promise="missed"' in metrics
    assert json.loads(receiver.heard[0].content)["data"]["task_id"] == made["callback_id"]
    assert (told["callback"]["state"], told["callback"]["reached_in_time"]) == ("completed", False)


async def test_a_promise_that_was_kept_is_kept_however_late_that_is_told(serving):
    async with serving(centre=centre(promise=Millis(2 * HOUR))) as service:
        await service.agent()
        made = await service.post("/callbacks", 201, queue="hotline", number=NUMBER)
        url = f"/callbacks/{made['callback_id']}"
        await service.passes(1)
        (offer,) = (await service.get("/offers"))["offers"]
        await service.post(f"/offers/{offer['id']}:accept", 200, token=offer["token"])
        await service.passes(3 * 3_600)
        told = await service.post(f"{url}/attempts", 200, outcome="reached", at="2026-03-02T10:59:00Z")

    assert (told["callback"]["late"], told["callback"]["reached_in_time"]) == (True, True)


async def test_one_that_window_and_calendar_cannot_meet_is_flagged_when_it_is_made(serving):
    async with serving(centre=centre(window=(9 * HOUR, 10 * HOUR)), clock=at("2026-03-02T11:00")) as service:
        made = await service.post("/callbacks", 201, queue="hotline", number=NUMBER, promise="2026-03-02T18:00:00Z")

    assert made["cannot_keep"]


@pytest.mark.parametrize(
    ("now", "where", "due"),
    [
        ("2026-03-08T04:00", "America/New_York", "2026-03-08T13:00:00.000Z"),  # clocks go forward that night
        ("2026-03-07T04:00", "America/New_York", "2026-03-07T14:00:00.000Z"),  # the day before they do
        ("2026-11-01T03:00", "America/New_York", "2026-11-01T14:00:00.000Z"),  # back again that night
        ("2026-10-31T03:00", "America/New_York", "2026-10-31T13:00:00.000Z"),  # the day before
        ("2026-03-28T22:00", None, "2026-03-29T08:00:00.000Z"),  # the centre's own zone, summer time begins
        ("2026-10-24T22:00", None, "2026-10-25T09:00:00.000Z"),  # … and ends
        ("2026-03-02T00:00", "Asia/Kathmandu", "2026-03-02T03:15:00.000Z"),  # UTC+5:45
        ("2026-03-02T00:00", "Pacific/Kiritimati", "2026-03-02T00:00:00.000Z"),  # it is 14:00 there
    ],
)
async def test_nobody_is_called_outside_the_window_of_their_own_time_zone(serving, now, where, due):
    async with serving(centre=centre(window=DAYTIME), clock=at(now)) as service:
        more = {} if where is None else {"zone": where}
        made = await service.post("/callbacks", 201, queue="hotline", number=NUMBER, **more)

    assert made["due_at"] == due


async def test_a_zone_the_centre_does_not_list_is_kept_over_a_restart_and_for_a_lost_call(serving):
    async with serving(centre=centre(window=DAYTIME), clock=at("2026-03-02T22:30")) as service:
        _, promised = await lost_call(service, zone="Asia/Tokyo")
        first = await service.get(f"/callbacks/{promised['id']}")
    async with serving(centre=centre(window=DAYTIME), clock=service.clock) as service:
        await service.agent()
        await service.passes(60)
        waits = await service.get(f"/callbacks/{promised['id']}")
        service.clock.move_to(at("2026-03-03T00:00").now())
        await service.passes(0)
        rings = await service.get(f"/callbacks/{promised['id']}")

    assert first["due_at"] == "2026-03-03T00:00:00.000Z"
    assert (waits["state"], rings["state"]) == ("scheduled", "offered")


async def test_a_customers_zone_is_taken_from_what_is_known_of_them(serving):
    async with serving(centre=centre(window=DAYTIME), clock=at("2026-03-02T00:00")) as service:
        await service.post("/customers", 200, customer_id="C-1", number=NUMBER, zone="Asia/Tokyo")
        made = await service.post("/callbacks", 201, queue="hotline", customer_id="C-1")

    assert made["due_at"] == "2026-03-02T00:00:00.000Z"


@pytest.mark.parametrize("path", ["/callbacks", "/calls", "/customers"])
async def test_what_is_no_time_zone_is_refused_with_one_that_is_meant(service, path):
    body = {"queue": "hotline", "number": NUMBER, "source": "pbx", "external_call_id": "1", "zone": "Europe/Londno"}
    fields = {"/callbacks": ("queue", "number"), "/calls": ("source", "external_call_id"), "/customers": ("number",)}
    told = await service.post(path, 422, zone=body["zone"], **{name: body[name] for name in fields[path]})

    assert (told["code"], "Europe/London" in told["detail"]) == ("validation_failed", True)


async def test_one_customer_has_one_open_callback_a_queue_and_a_second_lost_call_changes_nothing(serving):
    async with serving(centre=centre()) as service:
        await lost_call(service)
        first = (await service.get("/callbacks"))["callbacks"]
        call = await service.call(caller=NUMBER, tier="mid")  # rings again: the live call takes its place
        superseded = await service.get(f"/callbacks/{first[0]['callback_id']}")
        await service.passes(60)
        await service.report(call["call_id"], "abandoned")
        second = (await service.get("/callbacks"))["callbacks"]

    assert len(first) == len(second) == 1
    assert superseded["state"] == "superseded"
    assert second[0]["from_call"] == call["call_id"]


async def test_a_kept_place_is_passed_on_when_the_customer_rings_again(serving):
    async with serving(centre=centre()) as service:
        held = await service.call(caller=NUMBER)
        await service.passes(30)
        await service.report(held["call_id"], "callback_requested")
        other = await service.call()
        back = await service.call(caller=NUMBER)

    assert (other["position"], back["position"]) == (1, 0)


async def test_a_callback_has_one_live_attempt_whoever_reports_what(serving):
    async with serving(centre=centre(retry_after=(Millis(MINUTE),))) as service:
        for name in ("ana", "ben", "cleo"):
            await service.agent(name)
        made = await service.post("/callbacks", 201, queue="hotline", number=NUMBER)
        await service.passes(1)
        url = f"/callbacks/{made['callback_id']}"
        for outcome in ("no_answer", "no_answer", "busy"):
            await service.post(f"{url}/attempts", 200, outcome=outcome)
        task = await service.get(url)
        busy = [a["agent_id"] for a in (await service.get("/agents"))["agents"] if a["contacts"]]

    assert (task["attempts"], task["state"], busy) == (1, "retry", [])


async def test_callbacks_outlive_a_restart_with_promise_and_attempts(serving):
    async with serving(centre=centre(retry_after=(Millis(HOUR),))) as service:
        await service.agent()
        made = await service.post("/callbacks", 201, queue="hotline", number=NUMBER)
        await service.passes(1)
        before = (await service.post(f"/callbacks/{made['callback_id']}/attempts", 200, outcome="busy"))["callback"]
    service.clock.move(10 * MINUTE)
    async with serving(centre=centre(retry_after=(Millis(HOUR),)), clock=service.clock) as service:
        after = await service.get(f"/callbacks/{made['callback_id']}")

    assert {name: after[name] for name in before} == before
