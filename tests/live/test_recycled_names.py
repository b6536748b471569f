"""Call ids that come again, on some systems within seconds: a new caller is a new call, a repeat is the old one's."""

import asyncio

import pytest

from api.live.clock import HandClock
from api.settings import Settings
from tests.live.conftest import BEGIN

pytestmark = pytest.mark.anyio
ANN, BEN = "+442079460958", "+442079460959"


async def ended(service, caller=ANN, **more):
    """Post s7 and let its caller hang up."""
    call = await service.call("s7", caller=caller, **more)
    await service.report(call["call_id"], "abandoned")
    return call


@pytest.mark.parametrize("seconds", [0, 1, 21, 59])
async def test_another_caller_under_the_name_of_a_call_that_has_ended_is_a_new_call(service, seconds):
    old = await ended(service)
    await service.passes(seconds)
    answer = await service.client.post("/v1/calls", json={"source": "pbx", "external_call_id": "s7", "caller": BEN})
    new = answer.json()

    assert (answer.status_code, new["decision"], new["next"]["action"]) == (201, "queue", "wait")
    assert new["call_id"] != old["call_id"]
    assert (await service.call("s7", caller=BEN))["call_id"] == new["call_id"], "and a repeat of it is the new one"


async def test_the_same_caller_gets_the_truth_of_the_old_call_until_the_guard_time_is_over(service):
    old = await ended(service)
    await service.passes(59)
    again = await service.client.post("/v1/calls", json={"source": "pbx", "external_call_id": "s7", "caller": ANN})
    asked = await service.call("s7")
    await service.passes(1)
    new = await service.call("s7", caller=ANN)

    assert again.status_code == 200
    assert again.json()["call_id"] == asked["call_id"] == old["call_id"]
    assert (again.json()["decision"], again.json()["next"]["action"]) == ("ended", "end")
    assert (new["decision"], new["state"]) == ("queue", "queued")
    assert new["call_id"] != old["call_id"]


async def test_a_call_that_lives_keeps_its_name_however_long(service):
    call = await service.call("s7", caller=ANN)
    await service.passes(600)

    assert (await service.call("s7", caller="anonymous"))["call_id"] == call["call_id"]
    assert (await service.call("s7", caller="sip:+442079460958@pbx;user=phone"))["call_id"] == call["call_id"]


@pytest.mark.parametrize("state", ["queued", "offered", "connected"])
async def test_another_caller_under_the_name_of_a_call_that_lives_means_that_its_end_was_lost(service, state):
    if state != "queued":
        await service.agent()
    old = await service.call("s7", caller=ANN)
    if state == "connected":
        await service.report(old["call_id"], "answered")
    new = await service.call("s7", caller=BEN)
    was = await service.get(f"/calls/{old['call_id']}")

    assert new["call_id"] != old["call_id"]
    assert new["state"] == ("offered" if state == "offered" else "queued")
    assert (was["decision"], was["state"], was["reason"]) == ("ended", "failed", "id_reused")


async def test_a_name_that_a_relinked_call_has_left_may_be_anothers_while_it_lives(service):
    old = await service.call("s7", caller=ANN)
    await service.report(old["call_id"], "relinked", new_external_call_id="x9")
    new = await service.call("s7", caller=BEN)
    found = await service.post("/reconcile", 200, source="pbx", live_call_ids=["s7", "x9"])

    assert (await service.call("x9"))["call_id"] == old["call_id"]
    assert (await service.call("s7"))["call_id"] == new["call_id"]
    assert (await service.get(f"/calls/{old['call_id']}"))["state"] == "queued"
    assert (found["live"], found["missing"], found["unknown"]) == (2, 0, [])


@pytest.mark.parametrize(("received_s", "fresh"), [(-5, False), (15, True)])
async def test_when_the_call_was_received_tells_a_repeat_from_a_new_call(service, received_s, fresh):
    """The old one ended 10 s after the beginning; its repeat comes an hour later, the new call at once."""
    await service.passes(10)
    old = await ended(service)
    await service.passes(5 if fresh else 3_600)
    new = await service.call("s7", caller=ANN, received_at=BEGIN + received_s * 1000)

    assert (new["call_id"] != old["call_id"]) is fresh
    assert new["decision"] == ("queue" if fresh else "ended")


@pytest.mark.parametrize(
    "said", [BEGIN // 1000, (BEGIN + 3_600_000) // 1000, "2026-03-02T02:00:00", "2026-03-02T18:00:00", -5, 2**60]
)
@pytest.mark.parametrize(("later_s", "fresh"), [(30, False), (3_600, True)])
async def test_a_time_of_receipt_that_cannot_be_is_as_good_as_none(service, said, later_s, fresh):
    """Seconds for milliseconds, or a time without its zone: every new caller was told that their call was over."""
    old = await ended(service)
    await service.passes(later_s)
    new = await service.call("s7", caller=ANN, received_at=said)

    assert (new["call_id"] != old["call_id"]) is fresh
    assert new["decision"] == ("queue" if fresh else "ended")


async def test_a_name_that_is_only_remembered_by_the_store_is_free_again(service):
    old = await ended(service)
    await service.passes(3 * 86_400)
    await service.call("other")
    await service.report((await service.call("another"))["call_id"], "abandoned")  # the board forgets with the next end
    new = await service.call("s7")

    assert (new["state"], new["call_id"] != old["call_id"]) == ("queued", True)


async def test_a_report_that_was_held_back_is_about_the_call_that_had_the_name_then(service):
    old = await service.call("s7", caller=ANN)
    await service.passes(30)
    new = await service.call("s7", caller=BEN)
    late = {"source": "pbx", "external_call_id": "s7", "type": "abandoned", "at": BEGIN + 20_000}
    batch = await service.post("/events:batch", 200, events=[late])
    named = await service.post("/events", 200, **late)
    assert batch["results"][0]["call_id"] == named["call"]["call_id"] == old["call_id"]
    assert (await service.get(f"/calls/{new['call_id']}"))["state"] == "queued"

    await service.passes(5)
    told = await service.post("/events", 200, **late | {"at": BEGIN + 33_000})
    assert (told["applied"], told["call"]["call_id"]) == (True, new["call_id"])


async def test_a_report_about_an_offer_is_about_the_call_of_the_offer(service):
    await service.agent()
    old = await service.call("s7", caller=ANN)
    await service.report(old["call_id"], "abandoned")
    new = await service.call("s7", caller=BEN)
    body = {"source": "pbx", "external_call_id": "s7", "type": "no_answer"}
    told = await service.post("/events", 200, **body, offer_id=old["offer"]["id"])

    assert (told["applied"], told["call"]["call_id"]) == (False, old["call_id"])
    assert (await service.get(f"/calls/{new['call_id']}"))["state"] == "offered", "the new caller's phone rings on"


async def test_parallel_posts_of_a_name_that_comes_again_make_one_call(service):
    await ended(service)
    await service.passes(100)
    body = {"source": "pbx", "external_call_id": "s7", "caller": BEN}
    answers = await asyncio.gather(
        *(
            service.client.post("/v1/calls", json=body, headers={"Idempotency-Key": f"k{n}"} if n % 2 else {})
            for n in range(20)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["call_id"] for answer in answers}) == 1


@pytest.mark.parametrize("style", ["hashed", "external"])
async def test_names_come_again_and_again_over_restarts_and_a_replay_tells_the_same(serving, style):
    """Each caller's details are kept beside each other; the journal replays, though one name was nine calls'."""
    clock, seen = HandClock(BEGIN), []
    for n in range(9):
        async with serving(clock=clock, settings=Settings(call_ids=style)) as service:
            again = await service.call("s7", caller=f"+44207946095{n - 1}") if n else None
            assert again is None or again["call_id"] == seen[-1]
            await service.passes(1)
            call = await service.call("s7", caller=f"+44207946095{n}")
            seen.append(call["call_id"])
            if n % 2:
                await service.report(call["call_id"], "abandoned")
            rows = await service.live.find("call_details", {"external_call_id": "s7"}, order="at")
            assert [row["caller"] for row in rows] == [f"+44207946095{k}" for k in range(n + 1)]
            events = (await service.get("/events"))["events"]
    assert len(set(seen)) == 9
    assert [e["call_id"] for e in events if e["is"] == "CallQueued"] == seen
    assert [e["cause"] for e in events if e["is"] == "CallFailed"] == ["id_reused"] * 4


async def test_a_callback_that_a_call_earned_outlives_its_name(service):
    await service.passes(0)
    old = await service.call("s7", caller=ANN, tier="mid")
    await service.passes(30)
    await service.report(old["call_id"], "abandoned")
    await service.call("s7", caller=BEN)
    tasks = list(service.services.board.tasks.values())

    assert [(task.from_call, task.state in ("scheduled", "due")) for task in tasks] == [(old["call_id"], True)]
