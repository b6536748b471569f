"""One telephone is one agent's; what an agent asked for and is not yet is seen; a load balancer may ask with HEAD."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio


async def test_a_second_agent_on_one_telephone_is_refused_with_the_name_of_the_first(service):
    """Both got an offer, and one telephone rang for two callers."""
    await service.agent("ana", contact="PJSIP/1001")
    refused = await service.post("/agents/bob/state", 409, state="available", group="desk", contact="pjsip/1001 ")
    await service.call()
    await service.call()

    assert (refused["code"], "ana" in refused["detail"]) == ("contact_taken", True)
    assert [agent["agent_id"] for agent in (await service.get("/agents"))["agents"]] == ["ana"]
    assert len((await service.get("/offers"))["offers"]) == 1


async def test_of_two_who_come_to_one_telephone_at_once_one_has_it(service):
    body = {"state": "available", "group": "desk", "contact": "PJSIP/1001"}
    answers = await asyncio.gather(*(service.client.post(f"/v1/agents/a{n}/state", json=body) for n in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9


async def test_who_asks_to_takes_the_telephone_over_and_the_first_is_logged_out(service):
    await service.agent("ana", contact="PJSIP/1001")
    await service.call()  # it rings
    await service.agent("bob", contact="PJSIP/1001", take_over=True)
    offers = (await service.get("/offers"))["offers"]
    ended = (await service.get("/events?types=OfferEnded"))["events"]

    assert [agent["agent_id"] for agent in (await service.get("/agents"))["agents"]] == ["bob"]
    assert [e["end"] for e in ended] == ["agent_gone"]
    assert [offer["agent_id"] for offer in offers] == ["bob"]


async def test_nobody_takes_over_a_telephone_on_which_somebody_talks(service):
    await service.agent("ana", contact="PJSIP/1001")
    call = await service.call()
    await service.report(call["call_id"], "answered")
    refused = await service.post(
        "/agents/bob/state", 409, state="available", group="desk", contact="PJSIP/1001", take_over=True
    )

    assert "ana talks on PJSIP/1001" in refused["detail"]
    assert (await service.get("/agents/ana"))["state"] == "busy"


async def test_a_telephone_that_rings_or_is_talked_on_stays_its_agents_who_logs_in_at_another(service):
    """The other agent got an offer on the telephone on which the first still talked."""
    await service.agent("ana", contact="PJSIP/1001")
    call = await service.call()
    there = {"state": "available", "group": "desk"}
    rung = await service.post("/agents/ana/state", 409, **there, contact="PJSIP/1002")
    await service.report(call["call_id"], "answered")
    talks = await service.post("/agents/ana/state", 409, **there, contact="PJSIP/1002")
    await service.post("/agents/ana/state", 200, **there, contact="pjsip/1001")
    await service.post("/agents/bob/state", 409, **there, contact="PJSIP/1001")
    await service.report(call["call_id"], "completed")

    assert "ana is rung at PJSIP/1001" in rung["detail"]
    assert "ana talks on PJSIP/1001" in talks["detail"]
    assert (await service.post("/agents/ana/state", 200, **there, contact="PJSIP/1002"))["contact"] == "PJSIP/1002"


async def test_a_telephone_is_free_again_when_its_agent_has_left_and_may_be_ones_own(service):
    await service.agent("ana", contact="PJSIP/1001")
    await service.agent("ana", contact="PJSIP/1001")
    await service.post("/agents/ana/state", 200, state="logged_out")
    await service.agent("bob", contact="PJSIP/1001")
    back = await service.post("/agents/ana/state", 409, state="available", group="desk")
    await service.agent("ana", contact="PJSIP/1002")
    moved = await service.post("/agents/ana/state", 409, state="available", contact="PJSIP/1001")

    assert back["code"] == moved["code"] == "contact_taken"
    assert (await service.get("/agents/ana"))["contact"] == "PJSIP/1002"


@pytest.mark.parametrize(
    ("asked", "pending"),
    [
        ({"state": "break", "reason": "lunch"}, {"state": "break", "reason": "lunch"}),
        ({"state": "not_ready", "reason": "training"}, {"state": "not_ready", "reason": "training"}),
        ({"state": "logged_out"}, {"state": "logged_out", "reason": ""}),
    ],
)
async def test_what_an_agent_asked_for_in_a_talk_is_seen_until_it_comes_true(service, asked, pending):
    await service.agent("ana")
    call = await service.call(queue="sales")
    await service.report(call["call_id"], "answered")
    told = await service.post("/agents/ana/state", 200, **asked)
    seen = await service.get("/agents/ana")
    listed = (await service.get("/agents"))["agents"][0]
    await service.report(call["call_id"], "completed")
    after = await service.get("/agents/ana")

    assert told["pending"] == seen["pending"] == listed["pending"] == pending
    assert seen["state"] == "busy"
    assert after["pending"] is None
    assert after["state"] == ("logged_out" if asked["state"] == "logged_out" else "not_ready")


async def test_who_changes_their_mind_has_nothing_pending(service):
    await service.agent("ana")
    call = await service.call()
    await service.report(call["call_id"], "answered")
    await service.post("/agents/ana/state", 200, state="logged_out")
    back = await service.post("/agents/ana/state", 200, state="available")

    assert back["pending"] is None


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
async def test_the_health_addresses_answer_head(service, address):
    answer = await service.client.head(address, headers={"X-API-Key": ""})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
