"""A callback that finishes the business: why the customer called travels to whoever calls back, a result comes back."""

import pytest

from callcenter.centre import Centre, Group, Queue
from callcenter.tiers import CallbackPolicy, Finish, Intent
from callcenter.units import DAY, HOUR, Millis
from tests.live.conftest import Service, refused

pytestmark = pytest.mark.anyio
NUMBER = "+442079460958"
ALWAYS = CallbackPolicy(window=(0, DAY), rise_before=Millis(2 * HOUR))
CENTRE = Centre(
    "small",
    (Queue("hotline", callbacks=ALWAYS), Queue("sales", callbacks=CallbackPolicy(
        window=(0, DAY), results=(("sold", Finish.SOLVED), ("later", Finish.AGAIN))))),
    (Group("desk", skills=(("billing", 1),)),),
    intents=(Intent("invoice", skills=(("billing", 1),)),),
)  # fmt: skip


async def lost(service: Service, **more: object) -> tuple[str, str]:
    """Let a mid caller with a story give up; return the call and the callback that the answer names."""
    call = await service.call(
        caller=NUMBER, tier="mid", intent="invoice", attributes={"invoice": "4711"}, menu="1>3", **more
    )
    await service.passes(60)
    await service.post(f"/calls/{call['call_id']}/notes", 201, text="waits for a correction since March")
    told = await service.report(call["call_id"], "abandoned")
    return call["call_id"], told["call"]["callback"]["id"]


async def talking(service: Service, task_id: str) -> None:
    """Let ana take the callback and reach the customer."""
    await service.agent()
    await service.passes(1)
    (offer,) = (await service.get("/offers"))["offers"]
    await service.post(f"/offers/{offer['id']}:accept", 200, token=offer["token"])
    await service.post(f"/callbacks/{task_id}/attempts", 200, outcome="reached")


async def test_who_calls_back_is_told_why_in_the_offer_the_list_and_the_callback(serving):
    async with serving(centre=CENTRE) as service:
        _, task_id = await lost(service)
        await service.agent()
        await service.passes(1)
        from api.routes.agent_stream import ringing

        offered = (await ringing(service.services, "ana", plain=True))["screen_pop"]["why_called"]
        (listed,) = (await service.get("/callbacks"))["callbacks"]
        asked = await service.get(f"/callbacks/{task_id}")

    for told in (offered, listed, asked):
        assert (told["reason"], told["intent"]) == ("lost call", "invoice")
        assert told["attributes"] == {"invoice": "4711", "menu": "1>3"}
        assert [note["text"] for note in told["notes"]] == ["waits for a correction since March"]
        assert told["number"] == NUMBER, "for the one who dials"
    assert listed["tier"] == "mid"


async def test_a_supervisor_sees_a_masked_number_and_an_agent_only_whom_they_call(serving):
    async with serving(centre=CENTRE) as service:
        _, task_id = await lost(service)
        supervisor = await service.key("supervisor")
        ana = await service.key("agent", agent_id="ana")
        ben = await service.key("agent", agent_id="ben")
        await service.agent()
        await service.passes(1)

        async def seen(key: dict[str, str]) -> dict[str, object]:
            answer = await service.client.get(f"/v1/callbacks/{task_id}", headers=key)
            found: dict[str, object] = answer.json()
            return found

        boss, own, other = await seen(supervisor), await seen(ana), await seen(ben)

    assert boss["number"] == own["number"] == "+44*******58"
    assert boss["attributes"] == own["attributes"] == {"invoice": "4711", "menu": "1>3"}
    assert "number" not in other
    assert "attributes" not in other


async def test_a_callback_made_by_hand_takes_note_intent_attributes_and_a_preferred_time(serving):
    async with serving(centre=CENTRE) as service:
        made = await service.post(
            "/callbacks", 201, queue="hotline", number=NUMBER, intent="invoice", note="after lunch, please",
            attributes={"invoice": "4711"}, preferred_at="2026-03-02T14:00:00Z",
        )  # fmt: skip
        told = await service.get(f"/callbacks/{made['callback_id']}")
        unknown = await service.client.post(
            "/v1/callbacks", json={"queue": "hotline", "number": "+442079460111", "intent": "?"}
        )
        both = await service.client.post(
            "/v1/callbacks", json={"queue": "sales", "number": NUMBER, "preferred_at": "2026-03-02T14:00:00Z",
                                   "due_at": "2026-03-02T14:00:00Z"},
        )  # fmt: skip
        await service.agent()
        await service.passes(5 * 3_600 - 1)
        early = (await service.get("/offers"))["offers"]
        await service.passes(1)
        at_the_time = (await service.get("/offers"))["offers"]

    assert (told["note"], told["intent"], told["reason"]) == ("after lunch, please", "invoice", "promised")
    assert (made["due_at"], made["promise"]) == ("2026-03-02T14:00:00.000Z", "2026-03-02T16:00:00.000Z")
    assert "note" not in made, "stored for an Idempotency-Key, where erasure does not look"
    refused(unknown, 422, "unknown_intent")
    refused(both, 422, "validation_failed")
    assert (early, len(at_the_time)) == ([], 1)


async def test_the_result_is_of_the_queues_list_and_counts_beside_reached(serving):
    async with serving(centre=CENTRE) as service:
        _, task_id = await lost(service)
        await talking(service, task_id)
        path = f"/callbacks/{task_id}/attempts"
        wrong = await service.client.post(f"/v1{path}", json={"outcome": "completed", "result": "sold"})
        done = await service.post(path, 200, outcome="completed", result="solved", note="corrected")
        again = await service.post(path, 200, outcome="completed", result="solved")
        told = await service.get(f"/callbacks/{task_id}")
        metrics = (await service.client.get("/metrics")).text

    assert "there is: solved, unsolved, call_again" in refused(wrong, 422)["detail"]
    assert (done["callback"]["state"], done["callback"]["solved"]) == ("completed", True)
    assert (again["applied"], again["reason"]) == (False, "callback_has_ended")
    assert [note["text"] for note in told["notes"]] == ["corrected", "waits for a correction since March"]
    assert 'callcenter_tasks_solved_total{kind="deferred",solved="yes",tier="mid"} 1' in metrics
    assert 'callcenter_task_attempts_total{kind="deferred",result="reached",tier="mid"} 1' in metrics


async def test_who_is_to_be_called_again_is_called_at_the_time_agreed_and_told_twice_is_once(serving):
    async with serving(centre=CENTRE) as service:
        _, task_id = await lost(service)
        await talking(service, task_id)
        path = f"/callbacks/{task_id}/attempts"
        wish = {"outcome": "completed", "result": "call_again", "again_at": "2026-03-02T15:00:00Z"}
        told = await service.post(path, 200, **wish)
        twice = await service.post(path, 200, **wish)
        wrong = await service.client.post(f"/v1{path}", json=wish | {"result": "solved"})
        await service.passes(6 * 3_600 - 61)
        offers = (await service.get("/offers"))["offers"]

    assert (told["callback"]["state"], told["callback"]["due_at"]) == ("retry", "2026-03-02T15:00:00.000Z")
    assert (told["callback"]["promise"], told["callback"]["result"]) == ("2026-03-02T17:00:00.000Z", "call_again")
    assert (twice["applied"], twice["reason"]) == (False, "duplicate")
    refused(wrong, 422)
    assert [offer["subject"] for offer in offers] == [task_id]


async def test_what_breaks_next_comes_first_and_what_is_broken_last(serving):
    async with serving(centre=CENTRE) as service:
        for n, promise in enumerate(("2026-03-02T09:30:00Z", "2026-03-02T12:00:00Z", "2026-03-02T11:00:00Z")):
            await service.post("/callbacks", 201, queue="hotline", customer_id=f"C{n}", promise=promise)
        await service.passes(3_600)
        by_break = (await service.get("/callbacks?sort=breaks"))["callbacks"]
        by_promise = (await service.get("/callbacks"))["callbacks"]
        nothing = await service.client.get("/v1/callbacks?sort=colour")

    assert [task["customer_id"] for task in by_break] == ["C2", "C1", "C0"]
    assert [task["customer_id"] for task in by_promise] == ["C0", "C2", "C1"]
    refused(nothing, 422)


async def test_a_care_call_needs_consent(serving):
    async with serving(centre=CENTRE) as service:
        await service.post("/customers", 200, customer_id="C1", number=NUMBER)
        wish = {"queue": "hotline", "customer_id": "C1", "kind": "care"}
        refused(await service.client.post("/v1/callbacks", json=wish), 409)
        await service.post("/customers", 200, customer_id="C1", consent=True)
        made = await service.post("/callbacks", 201, **wish)

    assert made["kind"] == "care"


async def test_words_about_a_callback_leave_with_the_person(serving):
    async with serving(centre=CENTRE) as service:
        call_id, task_id = await lost(service)
        made = await service.post("/callbacks", 201, queue="sales", number=NUMBER, note="blue parrot")
        await service.post(f"/callbacks/{made['callback_id']}/notes", 201, text="blue parrot sings")
        assert (await service.post("/customers:erase", 200, number=NUMBER))["erased"]
        notes = await service.live.find("notes")
        details = await service.live.find("task_details")
        told = await service.get(f"/callbacks/{task_id}")

    assert (notes, details) == ([], [])
    assert (told["attributes"], told["notes"], told["number"]) == ({}, [], None)
    assert call_id
