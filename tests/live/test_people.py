"""Agents, offers and callbacks over HTTP: who takes what, who wins, who rests, who is called back."""

import asyncio
from dataclasses import replace

import pytest

from api.routes.agent_stream import own
from api.routes.agents import miss_heartbeats
from callcenter.centre import Group
from tests.live.conftest import CENTRE

pytestmark = pytest.mark.anyio


async def _offer(service, **more):
    await service.agent("ana")
    call = await service.call(**more)
    return call, call["offer"]


async def test_two_accepts_have_one_winner_and_the_other_hears_the_truth(service):
    _, offer = await _offer(service)
    answers = await asyncio.gather(
        *(service.client.post(f"/v1/offers/{offer['id']}:accept", json={"token": offer["token"]}) for _ in range(5))
    )
    lost = next(answer.json() for answer in answers if answer.status_code == 409)

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert (lost["code"], lost["truth"]["state"], lost["truth"]["agent_id"]) == (
        "offer_not_pending",
        "connected",
        "ana",
    )


async def test_an_accept_after_the_expiry_is_a_conflict(service):
    _, offer = await _offer(service)
    await service.passes(15)
    told = await service.post(f"/offers/{offer['id']}:accept", 409, token=offer["token"])

    assert told["truth"]["state"] == "queued"


async def test_a_forged_token_is_forbidden_and_changes_nothing(service):
    _, offer = await _offer(service)
    await service.post(f"/offers/{offer['id']}:accept", 403, token="0" * 32)

    assert [o["id"] for o in (await service.get("/offers"))["offers"]] == [offer["id"]]


async def test_a_rejected_offer_gives_the_call_its_turn_back(service):
    _, offer = await _offer(service)
    told = await service.post(f"/offers/{offer['id']}:reject", 200, token=offer["token"], cause="busy")

    assert (told["result"], told["call"]["state"]) == ("busy", "queued")
    assert (await service.get("/agents/ana"))["phone"] == "busy_elsewhere"


async def test_an_agents_own_key_acts_for_nobody_else(service):
    bens = await service.key("agent", agent_id="ben")
    _, offer = await _offer(service)
    other = await service.client.post("/v1/agents/ana/state", json={"state": "not_ready"}, headers=bens)
    theirs = await service.client.post(f"/v1/offers/{offer['id']}:accept", json={"token": offer["token"]}, headers=bens)
    own_state = await service.client.post(
        "/v1/agents/ben/state", json={"state": "available", "group": "desk"}, headers=bens
    )

    assert (other.status_code, theirs.status_code, own_state.status_code) == (403, 403, 200)


async def test_a_state_said_twice_is_the_same_state(service):
    assert (await service.agent())["state"] == (await service.agent())["state"] == "available"
    assert (await service.post("/agents/ana/state", 200, state="logged_out"))["state"] == "logged_out"
    assert (await service.post("/agents/ana/state", 200, state="logged_out"))["state"] == "logged_out"


async def test_only_a_supervisor_forces_a_state_and_it_is_audited(service):
    await service.agent("ana")
    desktop = await service.key("agent")
    body = {"state": "logged_out", "forced": True}
    refused = await service.client.post("/v1/agents/ana/state", json=body, headers=desktop)
    done = await service.post("/agents/ana/state", 200, **body)

    assert (refused.status_code, done["state"]) == (403, "logged_out")
    assert (await service.get("/audit"))["entries"][0]["action"] == "agent.logged_out"


async def test_a_break_beyond_the_cap_waits_for_a_place_or_for_a_supervisor(service):
    for name in ("ana", "ben", "cleo"):
        await service.agent(name)
        told = await service.post(f"/agents/{name}/state", 200, state="break", reason="lunch")
        assert (told["state"], told["wants_break"]) == (
            ("not_ready", None) if name == "ana" else ("available", "lunch")
        )
    assert (await service.post("/agents/ben:decide-break", 200, grant=True))["reason"] == "lunch"
    assert (await service.post("/agents/cleo:decide-break", 200, grant=False))["wants_break"] is None
    assert (await service.post("/agents/cleo:decide-break", 409, grant=True))["code"] == "conflict"


async def test_a_break_asked_for_twice_is_the_same_break_and_of_another_one_is_told_what_stands(service):
    for name in ("ana", "ben"):
        await service.agent(name)
    for _ in range(2):
        on_it = await service.post("/agents/ana/state", 200, state="break", reason="lunch", contact="PJSIP/7")
        waits = await service.post("/agents/ben/state", 200, state="break", reason="lunch")
    other = [
        await service.post(f"/agents/{name}/state", 409, state="break", reason="coffee") for name in ("ana", "ben")
    ]
    events = (await service.get("/events?types=AgentBecameNotReady,BreakRequested"))["events"]

    assert (on_it["state"], on_it["reason"], on_it["contact"]) == ("not_ready", "lunch", "PJSIP/7")
    assert (waits["state"], waits["wants_break"]) == ("available", "lunch")
    assert [event["is"] for event in events] == ["AgentBecameNotReady", "BreakRequested"], "nothing was learned twice"
    assert "is on a break already (lunch)" in other[0]["detail"]
    assert "waits for a break already (lunch): say available to take that back" in other[1]["detail"]


async def test_a_phone_that_is_busy_on_a_direct_call_gets_no_offer(service):
    await service.agent()
    assert (await service.post("/agents/ana/phone", 200, phone="busy_elsewhere"))["state"] == "busy_elsewhere"
    assert (await service.call())["decision"] == "queue"
    assert (await service.post("/agents/ana/phone", 200, phone="free"))["state"] == "offered"


async def test_a_desktop_that_falls_silent_gets_no_offers_and_is_logged_out_in_the_end(service):
    await service.agent()
    await service.post("/agents/ana/heartbeat", 200)
    states = []
    for seconds in (29, 2, 60, 300):
        await service.passes(seconds)
        await miss_heartbeats(service.services)
        states.append((await service.get("/agents/ana"))["reason"] or (await service.get("/agents/ana"))["state"])

    assert states == ["available", "no_heartbeat", "no_heartbeat", "logged_out"]


async def test_a_desktop_that_speaks_again_is_available_again(service):
    await service.agent()
    await service.post("/agents/ana/heartbeat", 200)
    await service.passes(31)
    await miss_heartbeats(service.services)

    assert (await service.post("/agents/ana/heartbeat", 200))["state"] == "available"


async def test_agents_who_never_sent_a_heartbeat_are_left_alone(service):
    await service.agent()
    await service.passes(1_000)
    await miss_heartbeats(service.services)

    assert (await service.get("/agents/ana"))["state"] == "available"


async def test_an_agents_stream_tells_the_offer_with_who_is_calling(service):
    await service.post(
        "/customers", 200, number="+442079460958", tier="vip", name="Ada", account_manager="ana", notes="complaint K-7"
    )
    await service.agent("ana")
    listening = own(service.services, "ana", plain=True)
    assert b'"state":"available"' in await anext(listening)
    call = await service.call(caller="020 7946 0958 ".replace("020 ", "+4420 "))
    told = (await anext(listening)).decode()
    await listening.aclose()

    assert call["tier"] == "vip"
    assert "event: offer" in told
    assert call["offer"]["token"] in told
    assert '"account_manager":"ana"' in told
    assert '"notes":"complaint K-7"' in told


async def test_a_callback_is_made_offered_attempted_and_reached(service):
    made = await service.post("/callbacks", 201, queue="sales", number="+442079460958")
    await service.agent()
    await service.passes(1)
    task = await service.get(f"/callbacks/{made['callback_id']}")
    told = await service.post(f"/callbacks/{made['callback_id']}/attempts", 200, outcome="completed")

    assert (made["state"], task["state"], task["offer_id"]) in [
        (state, "offered", f"{made['callback_id']}/o1") for state in ("scheduled", "due")
    ]
    assert (told["applied"], told["callback"]["state"], told["callback"]["reached_in_time"]) == (
        True,
        "completed",
        True,
    )


async def test_a_callback_that_nobody_answers_is_tried_again(service):
    made = await service.post("/callbacks", 201, queue="sales", number="+442079460958")
    await service.agent()
    await service.passes(1)
    url = f"/callbacks/{made['callback_id']}/attempts"
    told = await service.post(url, 200, outcome="no_answer")
    again = await service.post(url, 200, outcome="no_answer")

    assert (told["callback"]["state"], told["callback"]["attempts"]) == ("retry", 1)
    assert told["callback"]["due_at"] == "2026-03-02T09:30:01.000Z"
    assert (again["applied"], again["reason"]) == (False, "duplicate")


async def test_a_callback_is_moved_and_called_off(service):
    made = await service.post("/callbacks", 201, queue="sales", number="+442079460958", due_at="2026-03-02T12:00:00Z")
    url = f"/callbacks/{made['callback_id']}"
    moved = await service.post(f"{url}:reschedule", 200, due_at="2026-03-02T15:00:00Z")
    gone = await service.post(f"{url}:cancel", 200, reason="solved")

    assert (moved["due_at"], gone["state"]) == ("2026-03-02T15:00:00.000Z", "cancelled")
    assert (await service.get("/audit"))["entries"][0]["detail"] == "solved"
    assert (await service.get("/callbacks"))["callbacks"] == []
    assert (await service.post(f"{url}:cancel", 409))["code"] == "illegal_move"


async def test_one_customer_has_one_open_callback_in_a_queue(service):
    body = {"queue": "sales", "number": "+442079460958"}
    await service.post("/callbacks", 201, **body)

    assert (await service.post("/callbacks", 409, **body))["code"] == "duplicate_task"


async def test_a_customer_who_rings_again_supersedes_the_callback(service):
    made = await service.post("/callbacks", 201, queue="sales", number="+442079460958")
    await service.call(caller="+44 20 7946 0958", queue="sales")

    assert (await service.get(f"/callbacks/{made['callback_id']}"))["state"] == "superseded"


async def test_where_there_is_one_group_nobody_has_to_name_it(service):
    told = await service.post("/agents/ana/state", 200, state="available")

    assert told["group"] == "desk"


async def test_where_there_are_several_groups_an_unknown_agent_is_asked_which(serving):
    two = replace(CENTRE, groups=(Group("desk"), Group("night")))
    async with serving(centre=two) as service:
        told = await service.post("/agents/ana/state", 422, state="available", contact="PJSIP/9")
        later = await service.agent()

    assert told["detail"] == "agent ana: which group? (there is: desk, night)"
    assert later["contact"] == "ana"  # a refused log-in changes nothing


async def test_an_agent_who_needs_more_time_asks_for_it_up_to_the_queues_cap(service):
    _, offer = await _offer(service)
    await service.post(f"/offers/{offer['id']}:accept", 200, token=offer["token"])
    early = await service.post("/agents/ana/wrap-up", 409, more_s=5)
    call = (await service.get("/agents/ana"))["contacts"][0]
    await service.report(call, "completed")
    before = await service.get("/agents/ana")
    after = await service.post("/agents/ana/wrap-up", 200, more_s=5, call_id=call)
    most = await service.post("/agents/ana/wrap-up", 200, more_s=3_600)
    spent = await service.post("/agents/ana/wrap-up", 409, more_s=1)
    await service.passes(19.9)
    still = await service.get("/agents/ana")
    await service.passes(0.1)
    free = await service.get("/agents/ana")

    assert (early["code"], spent["code"]) == ("illegal_move", "wrap_up_at_cap")
    ends = [agent["wrap_up_ends_at"] for agent in (before, after, most, still, free)]
    assert [end and end[17:19] for end in ends] == ["10", "15", "20", "20", None]
    assert [still["state"], free["state"]] == ["wrap_up", "available"]
    assert (await service.post("/agents/ana/wrap-up", 422, more_s=0))["code"] == "validation_failed"


async def test_a_name_that_is_nobodys_is_no_agent_who_is_logged_out(service):
    for ask in (service.get("/agents/nobody", 404), service.get("/agents/nobody/figures", 404)):
        assert (await ask)["code"] == "unknown_agent"
    assert (await service.post("/agents/nobody/state", 404, state="logged_out"))["code"] == "unknown_agent"


async def test_whoever_was_announced_is_found_while_they_are_logged_out(service):
    await service.post("/agents/ana/state", 200, state="available", group="desk", contact="PJSIP/1001")
    await service.post("/agents/ben/state", 200, state="available", group="desk")
    await service.passes(1)
    for agent in ("ana", "ben"):
        await service.post(f"/agents/{agent}/state", 200, state="logged_out")
    shift = {"begins": "2026-03-02T08:00:00Z", "ends": "2026-03-02T16:00:00Z"}
    await service.post("/agents/cho/plan", 200, shifts=[shift])
    own = await service.key("agent", agent_id="dee")

    found = [(await service.get(f"/agents/{agent}"))["state"] for agent in ("ana", "ben", "cho", "dee")]
    await service.services.history.flush()
    later = (await service.get("/agents/ben"))["state"]
    mine = await service.client.get("/v1/agents/dee", headers=own)

    assert (found, later, mine.status_code) == (["logged_out"] * 4, "logged_out", 200)


async def test_another_group_or_other_skills_need_another_log_in_and_are_not_passed_over(service):
    there = {"state": "available", "group": "desk", "skills": {"spanish": 2}}
    for _ in range(2):
        await service.post("/agents/ana/state", 200, **there)
    for other in ({"group": "elsewhere"}, {"skills": {"spanish": 3}}, {"skills": {}}):
        told = await service.post("/agents/ana/state", 409, **there | other)
        assert told["code"] == "agent_already_logged_in"
        assert "log out, then in again" in told["detail"]
    await service.post("/agents/ana/state", 200, state="available")
    await service.post("/agents/ana/state", 200, state="logged_out")

    await service.post("/agents/ana/state", 200, **there | {"skills": {"spanish": 3}})
