"""Complaints and surveys, live: limits, levels, the call that asks whether it is well now, and the figures."""

import pytest

from api.live.clock import HandClock
from api.settings import Settings
from tests.live.conftest import BEGIN

pytestmark = pytest.mark.anyio
HOUR, DAY = 3_600, 86_400
NUMBER = "+442079460958"


async def marked(service, **more):
    """Let a VIP's call be marked as a complaint while it is talked about."""
    await service.post("/customers", 200, customer_id="C-1", number=NUMBER, tier="vip", zone="UTC")
    await service.agent("ana")
    call = await service.call(caller=NUMBER)
    await service.report(call["call_id"], "answered")
    body = {"call_id": call["call_id"], "grade": "serious", "about": "cut off twice"}
    found = await service.post("/complaints", 201, **body | more)
    await service.report(call["call_id"], "wrapup_done")
    return found


async def passes(service, hours: float) -> None:
    await service.passes(hours * HOUR)
    await service.services.sweep.settled()


async def told(service, complaint):
    return await service.get(f"/complaints/{complaint['complaint_id']}")


async def resolved(service, complaint):
    return await service.post(f"/complaints/{complaint['complaint_id']}:resolve", 200, note="refunded")


async def test_a_live_call_is_marked_by_its_agent_and_the_limits_run(service):
    await service.post("/customers", 200, customer_id="C-1", number=NUMBER, tier="vip")
    await service.agent("ana")
    call = await service.call(caller=NUMBER)
    await service.report(call["call_id"], "answered")
    desktop = await service.key("agent", agent_id="ana")
    body = {"call_id": call["call_id"], "grade": "serious", "about": "cut off twice"}
    answer = await service.client.post("/v1/complaints", json=body, headers=desktop)
    found = answer.json()

    assert (answer.status_code, found["opened_by"], found["tier"], found["queue"]) == (201, "ana", "vip", "hotline")
    assert (found["respond_by"], found["resolve_by"]) == ("2026-03-02T11:00:00.000Z", "2026-03-03T09:00:00.000Z")


async def test_a_report_from_the_telephone_marks_the_call_once(service):
    await service.agent("ana")
    call = await service.call(caller=NUMBER)
    await service.report(call["call_id"], "answered")
    marked = await service.report(call["call_id"], "complaint", cause="serious")
    again = await service.report(call["call_id"], "complaint")
    assert (marked["applied"], again["applied"], again["reason"]) == (True, False, "duplicate")
    [found] = (await service.get("/complaints"))["complaints"]
    assert (found["call_id"], found["grade"], found["about"]) == (call["call_id"], "serious", "marked on the telephone")
    await service.report(call["call_id"], "completed")
    other = await service.call("other", caller=NUMBER)
    await service.report(other["call_id"], "abandoned")
    assert (await service.report(other["call_id"], "complaint"))["applied"], "of today is soon enough"


async def test_it_escalates_at_each_limit_it_passes_and_is_listed_by_level(service):
    late = await marked(service)
    await passes(service, 1)
    fresh = await service.post("/complaints", 201, customer_id="C-1", about="rude")
    await passes(service, 1)
    assert [(await told(service, one))["level"] for one in (late, fresh)] == [1, 0]
    await passes(service, 22)
    await passes(service, 24)
    assert (await told(service, late))["level"] == 3
    listed = (await service.get("/complaints"))["complaints"]
    assert [(one["complaint_id"], one["level"], one["overdue"]) for one in listed] == [
        (late["complaint_id"], 3, True),
        (fresh["complaint_id"], 1, True),
    ]
    audit = (await service.get("/audit"))["entries"]
    steps = [(row["principal"], row["detail"]) for row in audit if row["action"] == "complaint.escalate"]
    assert steps.count(("time", "level 3")) == 1
    text = (await service.client.get("/metrics")).text
    assert 'callcenter_complaints_open{grade="serious"} 1.0' in text
    assert 'callcenter_complaints_overdue{grade="ordinary"} 1.0' in text


async def test_a_limit_that_passed_while_the_service_was_down_is_passed(serving):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        complaint = await marked(service)
    clock.move(25 * HOUR * 1000)
    async with serving(clock=clock) as service:
        await service.services.sweep.settled()
        assert (await told(service, complaint))["level"] == 2


async def test_the_next_agent_sees_the_open_complaint_on_the_screen(service):
    from api.routes.agent_stream import screen_pop

    complaint = await marked(service)
    customer = (await service.services.customers.find("C-1", None)).key
    seen = await screen_pop(service.services, customer, "vip")
    assert seen["open_complaint"] == {
        "id": complaint["complaint_id"], "grade": "serious", "state": "open", "level": 0, "about": "cut off twice",
    }  # fmt: skip
    await resolved(service, complaint)
    assert (await screen_pop(service.services, customer, "vip"))["open_complaint"] is None


async def follow_up(service, complaint):
    """Let the satisfaction call fall due and an agent have it; return its task."""
    [task] = [t for t in (await service.get("/callbacks"))["callbacks"] if t["kind"] == "satisfaction"]
    assert task["callback_id"] == (await told(service, complaint))["follow_up"]
    return task


async def test_after_resolution_the_customer_is_called_as_an_outbound_task_and_the_complaint_is_closed(service):
    complaint = await marked(service)
    await service.post(f"/complaints/{complaint['complaint_id']}:respond", 200, note="told her who sees to it")
    done = await resolved(service, complaint)
    assert (done["state"], done["responded_in_time"], done["resolved_in_time"]) == ("resolved", True, True)
    task = await follow_up(service, complaint)
    assert task["due_at"] == "2026-03-03T09:00:00.000Z"

    await service.passes(DAY)
    offer = (await service.get("/agents/ana"))["offer_id"]
    assert str(offer).startswith(task["callback_id"])
    for outcome in ("reached", "completed"):
        await service.post(f"/callbacks/{task['callback_id']}/attempts", 200, outcome=outcome)
    survey = {"callback_id": task["callback_id"], "csat": 5, "nps": 9, "solved": True}
    said = await service.post("/surveys", 201, **survey)
    assert (said["complaint_id"], said["tier"], said["reopened"]) == (complaint["complaint_id"], "vip", False)
    await passes(service, 0.01)
    assert (await told(service, complaint))["state"] == "closed"
    figures = (await service.get("/satisfaction"))["tiers"]
    assert (figures["vip"]["csat"], figures["vip"]["nps"], figures["vip"]["complaints_in_time"]) == (1.0, 100.0, 1.0)
    assert (figures["standard"]["csat"], figures["standard"]["nps"], figures["standard"]["fcr"]) == (None, None, None)


async def test_a_customer_who_says_it_is_not_solved_opens_it_again_one_level_up(service):
    complaint = await marked(service)
    await resolved(service, complaint)
    task = await follow_up(service, complaint)
    said = await service.post("/surveys", 201, callback_id=task["callback_id"], csat=1, solved=False)
    assert said["reopened"]
    again = await told(service, complaint)
    assert (again["state"], again["level"], again["reopened"], again["follow_up"]) == ("open", 1, 1, None)
    assert (await service.get(f"/callbacks/{task['callback_id']}"))["state"] == "cancelled"


async def test_the_follow_up_waits_while_another_task_is_open_and_comes_back_when_the_customer_rings(service):
    complaint = await marked(service)
    promised = await service.post("/callbacks", 201, queue="hotline", customer_id="C-1")
    done = await resolved(service, complaint)
    assert (done["state"], done["follow_up"]) == ("resolved", None)
    await service.post(f"/callbacks/{promised['callback_id']}:cancel", 200)
    await passes(service, 0.2)
    first = await follow_up(service, complaint)

    call = await service.call(caller=NUMBER)  # takes the task's place
    assert (await service.get(f"/callbacks/{first['callback_id']}"))["state"] == "superseded"
    await service.report(call["call_id"], "abandoned")
    await passes(service, 0.2)
    second = await follow_up(service, complaint)
    assert second["callback_id"] != first["callback_id"]


async def test_the_follow_up_goes_on_over_a_restart(serving):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        complaint = await marked(service)
        await resolved(service, complaint)
        task = await follow_up(service, complaint)
    async with serving(clock=clock) as service:
        await service.passes(1)
        await service.services.sweep.settled()
        assert (await told(service, complaint))["state"] == "resolved"
        await service.post(f"/callbacks/{task['callback_id']}:cancel", 200, reason="wrote a letter")
        await passes(service, 0.01)
        assert (await told(service, complaint))["state"] == "closed"


async def test_who_does_not_want_to_be_called_is_not(service):
    complaint = await marked(service)
    await service.post("/customers", 200, customer_id="C-1", consent=False)
    assert (await resolved(service, complaint))["state"] == "closed"
    assert (await service.get("/callbacks"))["callbacks"] == []


async def test_a_complaint_without_a_call_and_one_of_nobody(service):
    await service.post("/complaints", 404, customer_id="nobody", about="rude")
    await service.post("/complaints", 422, about="rude")
    await service.post("/complaints", 404, call_id="nothing", about="rude")
    await service.post("/customers", 200, customer_id="C-1")
    told = await service.post("/complaints", 422, customer_id="C-1", about="rude", grade="gigantic")
    assert told["detail"] == "there is no grade 'gigantic': serious, ordinary, small"
    anonymous = await service.call()
    found = await service.post("/complaints", 201, call_id=anonymous["call_id"], about="rude")
    assert (found["customer_key"], found["grade"]) == (None, "ordinary")
    assert (await resolved(service, found))["state"] == "closed", "nobody to ask"


async def test_what_cannot_be_as_things_stand_is_refused(service):
    complaint = await marked(service)
    await resolved(service, complaint)
    path = f"/complaints/{complaint['complaint_id']}"
    for step in ("respond", "resolve", "withdraw"):
        assert (await service.post(f"{path}:{step}", 409, note="again"))["code"] == "illegal_move"
    assert (await service.post(f"{path}:reopen", 200, note="happened again"))["state"] == "open"
    assert (await service.post(f"{path}:withdraw", 200, note="another company's"))["state"] == "withdrawn"
    assert [one["state"] for one in (await service.get("/complaints?state=all"))["complaints"]] == ["withdrawn"]


async def test_repeats_and_first_contacts_are_counted_per_tier(service):
    await service.post("/customers", 200, customer_id="C-1", number=NUMBER, tier="vip")
    await service.agent("ana")
    for pause in (HOUR, 2 * DAY, 2 * DAY):
        call = await service.call(caller=NUMBER)
        await service.report(call["call_id"], "answered")
        await service.report(call["call_id"], "wrapup_done")
        await service.passes(pause)
    vip = (await service.get("/satisfaction"))["tiers"]["vip"]
    assert (vip["contacts"], vip["repeats"], vip["repeat_rate"]) == (3, 1, 1 / 3)
    assert vip["fcr"] == 2 / 3, "the first call was not the last word; the others were"


async def test_a_survey_says_something_about_something(service):
    await service.post("/surveys", 422, csat=5)
    await service.post("/surveys", 422, call_id="x")
    await service.post("/surveys", 404, call_id="x", csat=5)
    await service.post("/surveys", 404, callback_id="x", csat=5)
    call = await service.call()
    await service.post("/surveys", 422, call_id=call["call_id"], csat=6)
    await service.post("/surveys", 409, call_id=call["call_id"], nps=3)
    await service.agent("ana")
    await service.report(call["call_id"], "answered")
    await service.post("/surveys", 201, call_id=call["call_id"], nps=3)
    text = (await service.client.get("/metrics")).text
    assert 'callcenter_nps_answers_total{kind="detractor",tier="standard"} 1.0' in text


async def test_a_call_has_one_survey_and_the_last_within_a_day_counts(service):
    call = await service.call()
    await service.report(call["call_id"], "abandoned")
    for _ in range(3):
        problem = await service.post("/surveys", 409, call_id=call["call_id"], csat=5)
        assert "was not answered" in problem["detail"]
    await service.agent("ana")
    call = await service.call()
    await service.report(call["call_id"], "answered")
    first = await service.post("/surveys", 201, call_id=call["call_id"], csat=5, nps=10)
    again = await service.post("/surveys", 201, call_id=call["call_id"], csat=1)
    assert again["survey_id"] == first["survey_id"]
    figures = (await service.get("/satisfaction"))["overall"]
    assert (figures["surveys"], figures["csat_mean"], figures["nps"]) == (1, 1.0, None)
    await service.passes(86_401)
    await service.post("/surveys", 409, call_id=call["call_id"], csat=5)
    assert (await service.get("/satisfaction"))["overall"]["csat_mean"] == 1.0


async def test_grades_and_limits_are_the_services_to_set(serving):
    settings = Settings(complaint_grades={"lift": "10m/1h"})
    async with serving(settings=settings) as service:
        complaint = await marked(service, grade="lift")
        assert complaint["respond_by"] == "2026-03-02T09:10:00.000Z"


async def test_the_list_of_complaints_keeps_to_every_filter_and_refuses_a_slip_in_one(service):
    serious = await marked(service)
    small = await service.post("/complaints", 201, customer_id="C-1", queue="hotline", grade="small", about="slow")
    await service.post(f"/complaints/{small['complaint_id']}:respond", 200, note="seen to")

    async def shown(query: str) -> list[str]:
        return [one["complaint_id"] for one in (await service.get(f"/complaints?{query}"))["complaints"]]

    for slip in ("state=opn", "grade=seriuos", "overdue=yes"):
        assert "is none" in (await service.get(f"/complaints?{slip}", 422))["detail"]
    assert await shown("state=all&grade=serious&limit=1") == [serious["complaint_id"]], "the newest is another grade's"
    assert await shown("customer_id=C-1&grade=small") == [small["complaint_id"]]
    assert await shown("customer_id=C-1&state=responded") == [small["complaint_id"]]
    await passes(service, 3)
    assert await shown("overdue=true") == await shown("state=all&overdue=true") == [serious["complaint_id"]]
    assert await shown("customer_id=C-1&overdue=true") == [serious["complaint_id"]]
    assert await shown("state=resolved&overdue=true") == []


async def test_a_complaint_about_nothing_and_of_nobody_is_told_what_to_name(service):
    assert "give a call_id" in (await service.post("/complaints", 422, about="cut off twice"))["detail"]


async def test_the_complaints_of_who_is_erased_are_called_off_and_escalate_for_nobody(service):
    complaint = await marked(service)
    assert (await service.post("/customers:erase", 200, customer_id="C-1"))["erased"]
    await passes(service, 100)
    found = await told(service, complaint)

    assert (found["state"], found["level"], found["overdue"]) == ("withdrawn", 0, False)
    assert (found["customer_key"], found["about"], found["resolution"]) == (None, "erased", None)
    assert (await service.get("/complaints"))["complaints"] == []
