"""Stories: what happened to a call, and to a customer, told whole and to those only who may know."""

from dataclasses import replace

import pytest

from api.customers import stories
from callcenter.centre import Centre, Group, Queue
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY, SECOND, Millis
from tests.live.conftest import BEGIN, Service, refused

pytestmark = pytest.mark.anyio
NUMBER = "+442079460958"
CENTRE = Centre(
    "small",
    (Queue("hotline", wrap_up=Millis(10 * SECOND), callbacks=CallbackPolicy(window=(0, DAY))), Queue("sales")),
    (Group("desk"),),
)


async def lived(service: Service) -> str:
    """Let one call wait, be moved up, be missed, answered, transferred and wrapped up, among others; return its id."""
    await service.post("/customers", 200, customer_id="C1", number=NUMBER, tier="mid", name="<b>Ada</b>")
    call = await service.call(caller=NUMBER, attributes={"menu": "1>3"}, tier="mid")
    for _ in range(5):
        await service.call(caller="+442079460001")
    await service.passes(5)
    await service.post(f"/calls/{call['call_id']}:reprioritize", 200, tier="vip", reason="waits since yesterday")
    await service.post(f"/calls/{call['call_id']}/notes", 201, text="wants the invoice corrected")
    await service.agent()
    await service.report(call["call_id"], "no_answer")
    await service.agent("bob")
    await service.passes(2)
    await service.report(call["call_id"], "answered")
    await service.passes(60)
    await service.report(call["call_id"], "transferred", queue="sales")
    await service.passes(20)
    return str(call["call_id"])


async def test_a_calls_story_is_every_event_of_it_and_of_no_other(serving):
    async with serving(centre=CENTRE) as service:
        call_id = await lived(service)
        story = await service.get(f"/calls/{call_id}/story")
        everything = (await service.get("/events?limit=10000"))["events"]

    mine = [event for event in everything if stories.about(event, call_id)]
    assert story["events"] == mine
    kinds = [event["is"] for event in mine]
    assert kinds[0] == "CallQueued"
    assert {"CallReprioritised", "CallOffered", "OfferEnded", "CallConnected", "CallCompleted"} <= set(kinds)
    assert [event["seq"] for event in mine] == sorted(event["seq"] for event in mine)
    assert {event.get("call_id") for event in mine} >= {call_id, f"{call_id}/s2"}, "the segment after the transfer"
    assert (story["caller"], story["name"], story["customer_id"]) == (NUMBER, "<b>Ada</b>", "C1"), "an administrator"
    assert [(step["action"], step["detail"]) for step in story["steps"] if step["action"] == "call.reprioritize"] == [
        ("call.reprioritize", '{"tier": "vip", "reason": "waits since yesterday"}')
    ]
    assert [note["text"] for note in story["notes"]] == ["wants the invoice corrected"]
    assert (story["attributes"], story["complete"]) == ({"menu": "1>3"}, True)


async def test_a_supervisor_reads_a_story_with_the_number_masked_and_an_agent_does_not(serving):
    async with serving(centre=CENTRE) as service:
        call_id = await lived(service)
        anna, ana = await service.key("supervisor"), await service.key("agent", agent_id="ana")
        story = (await service.client.get(f"/v1/calls/{call_id}/story", headers=anna)).json()
        refused(await service.client.get(f"/v1/calls/{call_id}/story", headers=ana), 403)

    assert story["caller"] == "+44*******58"
    assert NUMBER not in str(story)
    assert all(segment["offer"] is None for segment in story["segments"]), "no token"


async def test_a_story_of_days_ago_is_found_by_when_the_call_came(serving):
    async with serving(centre=CENTRE) as service:
        call_id = await lived(service)
        told = await service.get(f"/calls/{call_id}/story")
        for name in ("ana", "bob"):
            await service.agent(name, state="logged_out", forced=True)
        for waiting in (await service.get("/calls"))["calls"]:
            await service.report(waiting["call_id"], "abandoned")
        await service.passes(3 * 86_400)
        later = [await service.call(caller="+442079460001") for _ in range(3)]
        for call in later:
            await service.report(call["call_id"], "abandoned")
        service.services.board.calls.end(later[0]["call_id"], BEGIN + 40 * DAY)  # the board remembers a day
        (contact, *_) = reversed((await service.get("/customers/C1/contacts"))["contacts"])
        del service.services.board.calls[call_id]
        service.services.board.newest.pop(call_id, None)
        for task in list(service.services.board.tasks):
            del service.services.board.tasks[task]
        gone = await service.client.get(f"/v1/calls/{call_id}/story")
        found = await service.get(f"/calls/{call_id}/story?at={contact['at']}")

    refused(gone, 404)
    assert "say when it came" in gone.json()["detail"]
    assert found["events"][: len(told["events"])] == told["events"]
    assert (found["caller"], found["name"]) == (told["caller"], told["name"])


async def test_a_story_that_was_not_read_to_its_end_says_so(serving, monkeypatch):
    monkeypatch.setattr(stories, "PAGE_SIZE", 4)
    monkeypatch.setattr(stories, "MOST_READ", 8)
    async with serving(centre=CENTRE) as service:
        call_id = await lived(service)
        story = await service.get(f"/calls/{call_id}/story")

    assert not story["complete"]


@pytest.mark.parametrize("call_ids", ["hashed", "external"])
async def test_a_story_is_found_whatever_the_call_is_called(serving, call_ids):
    from api.settings import Settings

    async with serving(centre=CENTRE, settings=Settings(call_ids=call_ids)) as service:
        call = await service.call('1%_"é!')
        await service.call("1xyz")
        story = await service.get(f"/calls/{call['call_id'].replace('%', '%25')}/story")

    assert {event["call_id"] for event in story["events"]} == {call["call_id"]}
    assert story["external_call_id"] == '1%_"é!'


async def test_one_customers_treatment_is_told_apart_from_everybody_elses(serving):
    async with serving(centre=replace(CENTRE)) as service:
        for n in (1, 2):
            who = {"customer_id": f"C{n}"}
            await service.post("/customers", 200, **who, number=f"+44207946000{n}")
            await service.post("/overrides", 201, **who, tier="mid", reason="first", until=BEGIN + DAY)
            await service.passes(1)
            await service.post("/overrides", 201, **who, tier="vip", reason="second", until=BEGIN + 2 * DAY)
            entry = await service.post("/blacklist", 201, **who, reason="threats", review_at=BEGIN + 2 * DAY)
            await service.post(f"/blacklist/{entry['entry_id']}:lift", 200, reason="apologised")
            made = await service.post("/complaints", 201, **who, about="cut off")
            await service.post(f"/complaints/{made['complaint_id']}:resolve", 200, note="mended")
            await service.post("/surveys", 201, complaint_id=made["complaint_id"], csat=n)
            await service.post("/callbacks", 201, **who, queue="sales", promise=BEGIN + n * DAY)
        key = (await service.get("/customers/C1"))["customer_key"]
        assert await service.get(f"/customers/{key}") == await service.get("/customers/C1"), "by either name"
        found = {
            what: (await service.get(f"/{what}?customer_key={key}"))[name]
            for what, name in {
                "overrides": "overrides", "blacklist": "entries", "complaints": "complaints", "surveys": "surveys",
                "callbacks": "callbacks",
            }.items()
        }  # fmt: skip
        early = (await service.get(f"/callbacks?promised_before={BEGIN + DAY + 1}&kind=deferred"))["callbacks"]
        missing = await service.client.get("/v1/overrides?customer_id=C9")

    assert [one["reason"] for one in found["overrides"]] == ["second", "first"], "those that ended too"
    assert [(one["state"], one["customer_key"]) for one in found["blacklist"]] == [("lifted", key)]
    assert [(one["state"], one["customer_key"]) for one in found["complaints"]] == [("resolved", key)]
    assert [one["csat"] for one in found["surveys"]] == [1]
    deferred = [one for one in found["callbacks"] if one["kind"] == "deferred"]
    assert [one["customer_key"] for one in deferred] == [key]
    assert {one["customer_id"] for one in early} == {"C1"}
    refused(missing, 404)
