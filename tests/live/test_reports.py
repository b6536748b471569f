"""Reports about calls: late, repeated, out of order; names that change; calls that are lost."""

import asyncio

import pytest

from tests.live.conftest import BEGIN

pytestmark = pytest.mark.anyio


async def _offered(service, **more):
    await service.agent("ana")
    return await service.call(**more)


async def test_a_call_is_answered_held_resumed_and_completed(service):
    call = (await _offered(service))["call_id"]
    for kind, state in [("ringing", "offered"), ("answered", "connected"), ("held", "connected"),
                        ("resumed", "connected"), ("completed", "completed")]:  # fmt: skip
        await service.passes(1)
        told = await service.report(call, kind)
        assert (told["applied"], told["call"]["state"]) == (True, state), kind
    assert (await service.get("/agents/ana"))["state"] == "wrap_up"
    done = await service.report(call, "wrapup_done")
    assert done["applied"]
    assert (await service.get("/agents/ana"))["state"] == "available"


@pytest.mark.parametrize(
    "kinds", [["answered"], ["ringing"], ["answered", "held"], ["answered", "completed"], ["abandoned"], ["no_answer"]]
)
async def test_a_repeated_report_is_not_applied(service, kinds):
    call = (await _offered(service))["call_id"]
    for kind in kinds:
        assert (await service.report(call, kind))["applied"]
    again = await service.report(call, kinds[-1])

    assert (again["applied"], "reason" in again) == (False, True)


@pytest.mark.parametrize(
    ("kind", "more", "state"),
    [
        ("completed", {"talk_s": 63}, "completed"),
        ("completed", {}, "abandoned"),
        ("held", {}, "connected"),
        ("resumed", {}, "connected"),
        ("wrapup_done", {}, "completed"),
        ("failed", {"cause": "trunk"}, "failed"),
    ],
)
async def test_a_later_state_implies_the_earlier_ones(service, kind, more, state):
    call = (await _offered(service))["call_id"]
    told = await service.report(call, kind, **more)

    assert (told["applied"], told["call"]["state"]) == (True, state)


async def test_an_earlier_state_that_comes_late_changes_nothing(service):
    call = (await _offered(service))["call_id"]
    await service.report(call, "completed", talk_s=9)
    for kind in ("ringing", "answered", "no_answer", "held", "abandoned", "transferred", "callback_requested"):
        told = await service.report(call, kind)
        assert (told["applied"], told["reason"], told["call"]["state"]) == (False, "call_has_ended", "completed")


async def test_an_unanswered_offer_goes_to_the_next_agent(service):
    call = await _offered(service)
    await service.agent("ben")
    told = await service.report(call["call_id"], "no_answer", offer_id=call["offer"]["id"])

    assert (told["call"]["offer"]["agent_id"], told["applied"]) == ("ben", True)
    assert (await service.get("/agents/ana"))["state"] == "not_responding"


async def test_a_late_report_about_an_offer_that_is_over_does_not_hit_the_next_agent(service):
    call = await _offered(service)
    await service.agent("ben")
    await service.passes(20)
    by_id = await service.report(call["call_id"], "no_answer", offer_id=call["offer"]["id"])
    by_agent = await service.report(call["call_id"], "no_answer", agent_id="ana")
    by_time = await service.report(call["call_id"], "no_answer", at="2026-03-02T09:00:14Z")

    assert [told["reason"] for told in (by_id, by_agent, by_time)] == ["offer_over"] * 3
    assert by_time["call"]["offer"]["agent_id"] == "ben"


async def test_an_answer_after_the_offer_expired_is_a_conflict_with_the_truth(service):
    call = await _offered(service)
    await service.passes(20)
    told = await service.report(call["call_id"], "answered", 409, offer_id=call["offer"]["id"])

    assert (told["code"], told["truth"]["state"]) == ("offer_not_pending", "queued")


@pytest.mark.parametrize("kind", ["no_answer", "busy", "unreachable"])
async def test_a_report_on_an_offer_that_runs_out_at_the_same_moment_is_about_an_offer_that_is_over(service, kind):
    """Both are right: the telephone rang so long, and the engine waited so long."""
    call = await _offered(service)
    service.clock.move(20_000)  # nobody has looked at the clock since
    told = await service.report(call["call_id"], kind, offer_id=call["offer"]["id"])

    assert (told["applied"], told["reason"], told["call"]["state"]) == (False, "offer_over", "queued")


async def test_a_caller_who_hangs_up_takes_the_offer_back(service):
    call = (await _offered(service))["call_id"]
    told = await service.report(call, "abandoned")

    assert told["call"]["state"] == "abandoned"
    assert (await service.get("/agents/ana"))["state"] == "available"
    assert (await service.get("/offers"))["offers"] == []


async def test_a_transfer_opens_a_segment_of_the_same_contact(service):
    call = (await _offered(service))["call_id"]
    told = await service.report(call, "transferred", queue="sales")

    assert told["applied"]
    found = await service.get(f"/calls/{call}")
    assert (found["call_id"], found["queue"], found["state"]) == (f"{call}/s2", "sales", "queued")
    assert (await service.get(f"/calls/{call}/s2"))["queue"] == "sales"
    assert (await service.report(call, "abandoned"))["call"]["call_id"] == f"{call}/s2"


async def test_a_transfer_of_a_caller_who_rang_again_is_found_by_the_name_of_the_second_call(service):
    first = await service.call("first", caller="+442079460958")
    await service.passes(40)
    await service.report(first["call_id"], "abandoned")
    await service.agent()
    second = await service.call("second", caller="+442079460958")
    by_name = {"source": "pbx", "external_call_id": "second"}
    await service.post("/events", 200, type="answered", **by_name)
    handed_on = (await service.post("/events", 200, type="transferred", queue="sales", **by_name))["call"]
    again = await service.call("second", caller="+442079460958")
    [listed] = (await service.get("/calls?source=pbx"))["calls"]
    await service.agent("ben")
    talks = (await service.post("/events", 200, type="answered", **by_name))["call"]
    over = (await service.post("/events", 200, type="completed", **by_name))["call"]

    assert (handed_on["decision"], handed_on["queue"]) == ("queue", "sales")
    assert again["call_id"] == listed["call_id"] == f"{second['call_id']}/s2"
    assert listed["external_call_id"] == "second"
    assert (talks["state"], talks["agent_id"], over["state"]) == ("connected", "ben", "completed")


async def test_a_transfer_reported_twice_is_one_also_while_the_next_telephone_rings(service):
    """The answer to the first report was lost: the second must not count as an answer, and a transfer, of who rings."""
    call = (await _offered(service))["call_id"]
    await service.report(call, "answered")
    await service.report(call, "transferred", queue="sales")
    waits = await service.report(call, "transferred", queue="sales")
    await service.agent("ben")
    rings = await service.report(call, "transferred", queue="sales")

    assert [(told["applied"], told["reason"]) for told in (waits, rings)] == [(False, "duplicate")] * 2
    assert (rings["call"]["call_id"], rings["call"]["state"]) == (f"{call}/s2", "offered")
    assert (await service.report(call, "answered"))["call"]["agent_id"] == "ben"


async def _consulted(service) -> str:
    """Let ana talk, and ring ben for her."""
    call = await _offered(service)
    await service.report(call["call_id"], "answered")
    await service.agent("ben")
    await service.report(call["call_id"], "transferred", queue="sales", kind="consult")
    return str(call["call_id"])


@pytest.mark.parametrize("kind", ["abandoned", "failed"])
@pytest.mark.parametrize("answered", [True, False])
async def test_a_caller_who_is_gone_in_a_consultation_is_gone_from_both_agents(service, kind, answered):
    call = await _consulted(service)
    if answered:
        await service.report(call, "answered")
    await service.report(call, kind)

    assert (await service.get("/calls?source=pbx"))["calls"] == []
    states = {agent["agent_id"]: agent["state"] for agent in (await service.get("/agents"))["agents"]}
    assert states == {"ana": "wrap_up", "ben": "available"}


async def test_a_call_whose_consultation_is_over_is_still_the_first_agents(service):
    """A telephony system that asks must not be told to hang up."""
    call = await _consulted(service)
    await service.report(call, "answered")
    await service.report(call, "completed")
    late = await service.report(call, "completed")
    now, asked = await service.get(f"/calls/{call}"), await service.get(f"/calls/{call}/next")

    assert (late["applied"], late["reason"]) == (False, "duplicate"), "it may be a repeat: ana talks on"
    assert [(told["call_id"], told["state"], told["agent_id"]) for told in (now, asked)] == [
        (call, "connected", "ana")
    ] * 2
    ended = await service.report(call, "completed", agent_id="ana")
    assert (ended["applied"], ended["call"]["state"]) == (True, "completed")


@pytest.mark.parametrize("kind", ["completed", "held", "wrapup_done", "no_answer", "transferred"])
@pytest.mark.parametrize("whose", ["offer_id", "agent_id"])
async def test_what_the_first_agents_telephone_tells_late_does_not_hit_the_agent_to_whom_the_call_was_handed_on(
    service, kind, whose
):
    call = await _offered(service)
    await service.report(call["call_id"], "answered")
    await service.report(call["call_id"], "transferred", queue="sales")
    await service.agent("ben")
    await service.report(call["call_id"], "answered")
    late = {"offer_id": call["offer"]["id"], "agent_id": "ana"}[whose]
    told = await service.report(call["call_id"], kind, 200, **{whose: late}, queue="sales")

    assert (told["call"]["call_id"], told["call"]["state"]) == (f"{call['call_id']}/s2", "connected")
    assert (told["call"]["agent_id"], (await service.get("/agents/ben"))["state"]) == ("ben", "busy")


async def test_the_end_of_an_agents_leg_who_missed_the_call_does_not_end_the_conversation_of_the_next(service):
    call = await _offered(service)
    await service.agent("ben")
    await service.report(call["call_id"], "no_answer", offer_id=call["offer"]["id"])
    await service.report(call["call_id"], "answered")
    told = await service.report(call["call_id"], "completed", offer_id=call["offer"]["id"])

    assert (told["applied"], told["reason"]) == (False, "offer_over")
    assert (told["call"]["state"], told["call"]["agent_id"]) == ("connected", "ben")


async def test_a_caller_who_hangs_up_ends_the_conversation_whichever_offer_is_named(service):
    call = await _offered(service)
    await service.report(call["call_id"], "answered")
    await service.report(call["call_id"], "transferred", queue="sales")
    await service.agent("ben")
    await service.report(call["call_id"], "answered")

    told = await service.report(call["call_id"], "abandoned", offer_id=call["offer"]["id"])
    assert (told["applied"], told["call"]["state"]) == (True, "completed")


async def test_a_transfer_to_outside_ends_the_agents_part(service):
    call = (await _offered(service))["call_id"]

    assert (await service.report(call, "transferred", queue="+4420"))["call"]["state"] == "completed"


async def test_a_waiting_caller_may_choose_to_be_called_back(service):
    call = (await service.call(caller="+442079460958"))["call_id"]
    told = await service.report(call, "callback_requested")

    assert (told["call"]["decision"], told["call"]["state"]) == ("callback", "converted_to_callback")
    assert (await service.get("/callbacks"))["callbacks"][0]["kind"] == "virtual_hold"


async def test_an_anonymous_caller_cannot_be_called_back(service):
    call = (await service.call(caller="anonymous"))["call_id"]

    assert (await service.report(call, "callback_requested", 409))["code"] == "illegal_move"


async def test_a_report_may_name_the_call_as_the_telephony_system_does(service):
    await service.call("17.42")
    told = await service.post("/events", 200, source="pbx", external_call_id="17.42", type="abandoned")
    unknown = await service.post("/events", 404, source="pbx", external_call_id="17.43", type="abandoned")

    assert (told["call"]["state"], unknown["code"]) == ("abandoned", "unknown_call")


async def _happened(service):
    """Return what the events say: (event, decided after, happened after), seconds from the begin."""
    found = (await service.get("/events"))["events"]
    dated = [one for one in found if "happened_at" in one]
    return [(one["is"], (one["at"] - BEGIN) / 1000, (one["happened_at"] - BEGIN) / 1000) for one in dated]


async def test_both_times_of_a_report_are_kept(service):
    call = (await _offered(service))["call_id"]
    await service.passes(9)
    await service.report(call, "answered", at=BEGIN + 4_000)
    await service.passes(60)
    await service.report(call, "completed", at="2026-03-02T09:00:34Z")

    assert await _happened(service) == [("CallConnected", 9, 4), ("CallCompleted", 69, 34)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [("1999-01-01T00:00:00Z", 0.0), ("2031-01-01T00:00:00Z", None), (0, 0.0), (2**62, None), (-(2**62), 0.0)],
)
async def test_a_clock_that_is_years_off_is_clamped(service, said, kept):
    await service.passes(5)
    call = (await service.call())["call_id"]
    await service.passes(5)
    assert (await service.report(call, "abandoned", at=said))["applied"]

    assert await _happened(service) == ([] if kept is None else [("CallAbandoned", 10, 5)])


async def test_a_form_says_by_an_empty_list_that_no_call_lives_and_by_none_nothing(service):
    """So does a PBX that has crashed: its calls would have lived for ever, and their agents talked."""
    call = (await _offered(service))["call_id"]
    await service.report(call, "answered")
    nothing = await service.client.post("/v1/reconcile", content="source=pbx")
    passes = []
    for _ in range(2):
        passes.append((await service.client.post("/v1/reconcile", content="source=pbx&live_call_ids=")).json())
        await service.passes(30)

    assert nothing.status_code == 422
    assert [(one["missing"], one["closed"]) for one in passes] == [(1, []), (0, [call])]
    assert (await service.get("/agents/ana"))["state"] == "available"


async def test_a_source_whose_clock_is_off_is_named_and_the_answer_says_by_how_much(service, caplog):
    """Of one that is an hour slow, or counts seconds, every answer comes at once: a service level of 100 %."""
    said = {"slow": BEGIN - 3_600_000, "seconds": BEGIN // 1000, "fast": BEGIN + 60_000, "right": BEGIN - 1_500}
    found = {}
    for name, at in said.items():
        call = (await service.call(name))["call_id"]
        found[name] = (await service.report(call, "abandoned", at=at)).get("at_moved_ms")
    again = (await service.call("batch"))["call_id"]
    batch = await service.post(
        "/events:batch", 200, events=[{"call_id": again, "type": "abandoned", "at": said["slow"]}]
    )

    assert found == {"slow": 3_600_000, "seconds": BEGIN - BEGIN // 1000, "fast": -60_000, "right": None}
    assert batch["results"][0]["at_moved_ms"] == 3_600_000
    named = [record.getMessage() for record in caplog.records if "its clock right" in record.getMessage()]
    assert named == [
        "source 'pbx' reports what was 3600 s before its call came: "
        "is its clock right, `at` in milliseconds or with its zone, and `talk_s` in seconds?"
    ]


@pytest.mark.parametrize(("talk_s", "moved"), [(6, None), (6_000, 5_990_000)])
async def test_a_talk_that_is_longer_than_its_call_is_said_to_be(service, talk_s, moved):
    """Milliseconds in place of seconds: the wait would be none, whatever it was."""
    call = await _offered(service)
    await service.passes(10)
    told = await service.report(call["call_id"], "completed", talk_s=talk_s)

    assert (told["applied"], told.get("at_moved_ms")) == (True, moved)


@pytest.mark.parametrize("said", ["yesterday", "", "2026-03-02T09:00:00+99:00", True, 1.5, [], "9" * 400])
async def test_what_is_no_instant_is_refused(service, said):
    call = (await service.call())["call_id"]

    refused = await service.report(call, "abandoned", 422, at=said)
    assert (refused["code"], refused["detail"].count("\n")) == ("validation_failed", 0)
    assert refused["detail"].startswith("/at: ")
    assert "milliseconds since 1970" in refused["detail"]
    assert (await service.get(f"/calls/{call}"))["state"] == "queued"


async def test_a_conversation_told_of_when_it_is_over_began_as_long_before_as_it_lasted(service):
    call = (await _offered(service))["call_id"]
    await service.passes(10)
    await service.report(call, "completed", talk_s=6, at=BEGIN + 9_000)

    assert await _happened(service) == [("CallConnected", 10, 3), ("CallCompleted", 10, 9)]


async def test_service_levels_count_from_when_it_happened_and_not_from_when_it_was_told(service):
    await service.agent()
    await service.call(tier="vip")
    rang = await service.call("slow", tier="mid")
    await service.passes(14)
    await service.agent("ben")
    await service.passes(9)
    await service.report(rang["call_id"], "answered", at=BEGIN + 19_000)
    text = (await service.client.get("/metrics")).text

    assert 'callcenter_sl_outcomes_total{outcome="answered",queue="hotline",tier="mid",within="true"} 1.0' in text, text


async def test_a_report_of_the_past_decides_about_now(service):
    """A freed agent takes the next call when the report comes, not before."""
    call = (await _offered(service))["call_id"]
    await service.report(call, "answered")
    waiting = (await service.call(queue="sales"))["call_id"]
    await service.passes(60)
    await service.report(call, "completed", at=BEGIN + 1_000)
    await service.post("/agents/ana/state", 200, state="wrapup_done")
    offered = next(
        e for e in (await service.get("/events"))["events"] if e.get("call_id") == waiting and "offer" in str(e)
    )

    assert offered["at"] == BEGIN + 60_000


async def test_a_batch_applies_what_can_be_applied(service):
    call = (await _offered(service, external_id="7"))["call_id"]
    told = await service.post(
        "/events:batch",
        200,
        events=[
            {"call_id": call, "type": "answered"},
            {"source": "pbx", "external_call_id": "nobody", "type": "abandoned"},
            {"type": "levitated"},
            {"source": "pbx", "external_call_id": "7", "type": "completed"},
        ],
    )

    assert told["applied"] == 2
    assert [one.get("code") for one in told["results"]] == [None, "unknown_call", "validation_failed", None]


async def test_a_relinked_call_answers_to_both_names(service):
    call = (await service.call("old"))["call_id"]
    await service.report(call, "relinked", new_external_call_id="new")
    again = await service.report(call, "relinked", new_external_call_id="new")
    posted = await service.client.post("/v1/calls", json={"source": "pbx", "external_call_id": "new"})
    other = (await service.call("third"))["call_id"]
    taken = await service.report(other, "relinked", 409, new_external_call_id="new")

    assert (again["applied"], posted.status_code, posted.json()["call_id"]) == (False, 200, call)
    assert taken["code"] == "conflict"
    for name in ("old", "new"):
        told = await service.post("/events", 200, source="pbx", external_call_id=name, type="ringing")
        assert told["call"]["call_id"] == call


async def test_a_call_is_lost_only_after_two_passes_some_seconds_apart_and_aliases_count(service):
    gone, kept = (await service.call("gone"))["call_id"], (await service.call("kept"))["call_id"]
    await service.report(kept, "relinked", new_external_call_id="renamed")
    body = {"source": "pbx", "live_call_ids": ["renamed", "stranger"]}
    first = await service.post("/reconcile", 200, **body)
    repeated = await service.post("/reconcile", 200, **body)
    await service.passes(30)
    second = await service.post("/reconcile", 200, **body)

    assert (first["missing"], first["closed"], first["unknown"]) == (1, [], ["stranger"])
    assert (repeated["missing"], repeated["closed"]) == (1, [])
    assert second["closed"] == [gone]
    found = await service.get(f"/calls/{gone}")
    assert (found["state"], found["reason"]) == ("failed", "lost")
    assert (await service.get(f"/calls/{kept}"))["state"] == "queued"


async def test_a_call_that_comes_back_between_two_passes_is_not_lost(service):
    await service.call("a")
    for live in ([], ["a"], []):
        await service.passes(30)
        found = await service.post("/reconcile", 200, source="pbx", live_call_ids=live)
        assert found["closed"] == []


async def test_events_can_be_read_by_kind_and_the_cursor_moves_past_the_others(service):
    await service.agent()
    await service.call()
    found = await service.get("/events?types=CallOffered,CallConnected")

    assert [event["is"] for event in found["events"]] == ["CallOffered"]
    assert found["next"] == found["last"]
    assert (await service.get("/events?types=CallLost", 422))["code"] == "validation_failed"


async def test_whoever_waits_for_an_event_hears_it_when_it_happens(service):
    await service.call("other")
    last = (await service.get("/events"))["last"]
    bell = asyncio.ensure_future(service.get(f"/events?after={last}&types=CallOffered&wait_s=20"))
    while not service.services.broadcast.listeners:
        await asyncio.sleep(0)
    await service.call()
    await service.agent()
    heard = await asyncio.wait_for(bell, 10)

    assert [event["is"] for event in heard["events"]] == ["CallOffered"]
    assert service.services.broadcast.listeners == 0


async def test_whoever_waits_for_an_event_that_does_not_come_is_answered_all_the_same(service):
    await service.call()
    heard = await service.get("/events?types=CallConnected&wait_s=1")

    assert heard == {"events": [], "next": heard["last"], "last": heard["last"]}


async def test_a_cursor_beyond_the_newest_event_means_from_now_on(service):
    await service.call()
    now = await service.get("/events?after=999999999999999999")

    assert now == {"events": [], "next": now["last"], "last": now["last"]}


async def test_an_instant_whose_plus_nobody_escaped_is_read(service):
    call = (await _offered(service))["call_id"]
    answer = await service.client.post(f"/v1/calls/{call}/events?type=answered&at=2026-03-02T10:00:00+01:00")

    assert (answer.status_code, answer.json()["call"]["state"]) == (200, "connected")


async def test_what_came_of_a_call_is_told_by_the_telephone_as_by_the_desk_and_the_last_word_counts(service):
    call = (await _offered(service))["call_id"]
    early = await service.client.post(f"/v1/calls/{call}/events", json={"type": "result", "result": "solved"})
    await service.report(call, "answered")
    told = await service.report(call, "result", result="unsolved")
    again = await service.report(call, "result", result="unsolved")
    await service.report(call, "completed")
    await service.post("/agents/ana/result", 200, result="solved")
    wrong = await service.client.post("/v1/agents/ana/result", json={"result": "sold"})

    assert (early.status_code, early.json()["detail"]) == (409, "the call is offered: nobody has talked")
    assert (told["applied"], told["call"]["result"], told["call"]["solved"]) == (True, "unsolved", False)
    assert (again["applied"], again["reason"]) == (False, "duplicate")
    assert (await service.get(f"/calls/{call}"))["result"] == "solved"
    assert (wrong.status_code, wrong.json()["code"]) == (409, "unknown_result")
    assert "there is: solved, unsolved, wrong_number" in wrong.json()["detail"]
