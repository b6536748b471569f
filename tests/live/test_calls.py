"""Calls over HTTP: posted, posted again, asked about, moved."""

import asyncio
from urllib.parse import parse_qs

import pytest

from api.http.formats import ANSWER_LIMIT

pytestmark = pytest.mark.anyio


async def test_a_call_that_finds_an_agent_is_offered_at_once(service):
    await service.agent("ana", contact="PJSIP/1001")
    call = await service.call(caller="+44 20 7946 0958")

    assert (call["decision"], call["state"], call["queue"]) == ("offer", "offered", "hotline")
    assert call["offer"]["agent_id"] == "ana"
    assert call["offer"]["contact"] == "PJSIP/1001"
    assert call["offer"]["expires_at"] == "2026-03-02T09:00:15.000Z"
    assert call["target_deadline"] == "2026-03-02T09:00:20.000Z"


async def test_a_call_that_finds_nobody_waits_and_is_told_its_place(service):
    await service.call()
    call = await service.call()

    assert (call["decision"], call["position"], call["ewt_p50_s"]) == ("queue", 1, None)
    assert call["next"] == {"action": "wait", "after_ms": 2000, "url": f"/v1/calls/{call['call_id']}/next"}


async def test_the_first_post_is_201_and_a_repeat_is_200_with_the_current_truth(service):
    body = {"source": "pbx", "external_call_id": "7"}
    first = await service.client.post("/v1/calls", json=body)
    await service.agent()
    again = await service.client.post("/v1/calls", json=body | {"caller": "+4420"}, headers={"Idempotency-Key": "k"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["call_id"] == again.json()["call_id"]
    assert (first.json()["decision"], again.json()["decision"]) == ("queue", "offer")


async def test_parallel_posts_of_one_call_make_one_call(service):
    answers = await asyncio.gather(
        *(service.client.post("/v1/calls", json={"source": "pbx", "external_call_id": "7"}) for _ in range(30))
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 29 + [201]
    assert len({answer.json()["call_id"] for answer in answers}) == 1
    assert (await service.get("/queues/hotline"))["waiting"] == 1


async def test_the_same_external_id_of_another_source_is_another_call(service):
    one, other = await service.call("7"), await service.call("7", source="pbx-2")

    assert one["call_id"] != other["call_id"]


async def test_a_repeat_after_a_restart_finds_the_same_call(serving):
    async with serving() as service:
        first = await service.call("7")
    async with serving(clock=service.clock) as service:
        again = await service.client.post("/v1/calls", json={"source": "pbx", "external_call_id": "7"})

    assert again.status_code == 200
    assert again.json()["call_id"] == first["call_id"]
    assert again.json()["state"] == "queued"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"source": "pbx", "external_call_id": "7", "caller": "+442079460958"}', "application/json"),
        ('{"source": "pbx", "external_call_id": "7"}', "application/x-www-form-urlencoded"),
        ("source=pbx&external_call_id=7&caller=%2B442079460958", "application/x-www-form-urlencoded"),
        ("source=pbx&external_call_id=7&skills=&attributes.color=red", "text/plain"),
    ],
)
async def test_a_call_may_come_as_json_or_as_a_form_whatever_the_content_type_says(service, content, kind):
    answer = await service.client.post("/v1/calls", content=content, headers={"Content-Type": kind})

    assert answer.status_code == 201, answer.text


async def test_a_caller_whose_plus_nobody_escaped_is_the_same_customer(service):
    await service.post("/customers", None, number="+442079460958", tier="vip")
    form = await service.client.post("/v1/calls", content="source=pbx&external_call_id=7&caller=+442079460958")
    shown = await service.call(caller='"Ann \\"Q\\"" <sip:+442079460958@host;user=phone>')

    assert form.json()["tier"] == shown["tier"] == "vip"


async def test_a_caller_with_a_long_address_is_taken_and_known_by_who_they_are(service):
    await service.post("/customers", None, number="sip:ana@example.org", tier="vip")
    hung_on = f";gr={'u' * 300};transport=tls"
    known = await service.call(caller=f'"{"Ana " * 90}" <sip:Ana@Example.org{hung_on}>', called=f"sip:1@h{hung_on}")
    stranger = await service.call(caller=f"sip:{'u' * 300}@example.org", called="1" * 300)

    assert (known["decision"], known["tier"]) == ("queue", "vip")
    assert (stranger["decision"], stranger["tier"]) == ("queue", "standard")
    details = await service.get(f"/calls/{stranger['call_id']}")
    assert details["state"] == "queued"


@pytest.mark.parametrize(
    "content",
    [
        b'{"source": "pbx", "external_call_id": "7", "caller": "Jos\xe9 <sip:+442079460958@gw>"}',
        b"source=pbx&external_call_id=7&caller=Jos\xe9 <sip:%2B442079460958@gw>",
    ],
)
async def test_a_call_is_taken_whatever_bytes_its_callers_telephone_writes_for_a_name(service, content):
    """Old exchanges write Latin-1."""
    await service.post("/customers", None, number="+442079460958", tier="vip")
    taken = await service.client.post("/v1/calls", content=content)
    told = await service.client.post(
        "/v1/events", content=b'{"source": "pbx", "external_call_id": "7", "type": "failed", "cause": "n\xe3o"}'
    )

    assert (taken.status_code, taken.json()["tier"]) == (201, "vip")
    assert told.json()["call"]["state"] == "failed"


async def test_a_customers_name_that_is_not_readable_is_refused(service):
    content = b'{"number": "+442079460958", "name": "Jos\xe9"}'

    assert (await service.client.post("/v1/customers", content=content)).status_code == 400


async def test_a_posted_call_that_is_all_wrong_has_a_short_answer_too(service):
    body = {"source": "s" * 4_000} | {f"{n}" * 900: n for n in range(30)}
    answer = await service.client.post("/v1/calls", json=body)

    assert answer.status_code == 422
    assert len(answer.content) <= ANSWER_LIMIT


async def test_multipart_is_refused_and_told_what_to_send(service):
    answer = await service.client.post("/v1/calls", files={"source": (None, "pbx")})

    assert (answer.status_code, answer.json()["decision"]) == (400, "fallback")
    assert "multipart" in answer.json()["detail"]


async def test_a_flat_answer_is_read_alike_by_those_who_know_plus_and_those_who_do_not(service):
    await service.agent("ana", contact="PJSIP/1001 & ä=+'\"")
    answer = await service.client.post("/v1/calls?format=flat", data={"source": "pbx", "external_call_id": "7"})

    assert "+" not in answer.text
    assert answer.text.isascii()
    assert parse_qs(answer.text)["offer_contact"] == ["PJSIP/1001 & ä=+'\""]


async def test_a_call_may_come_in_the_query_string(service):
    answer = await service.client.post("/v1/calls?source=pbx&external_call_id=7&queue=sales")

    assert (answer.status_code, answer.json()["queue"]) == (201, "sales")


@pytest.mark.parametrize("how", ["accept", "query"])
async def test_a_flat_answer_is_what_a_dialplan_can_read(service, how):
    await service.agent("ana", contact="PJSIP/1001")
    where = "/v1/calls?format=flat" if how == "query" else "/v1/calls"
    headers = {"Accept": "text/plain"} if how == "accept" else {}
    answer = await service.client.post(where, data={"source": "pbx", "external_call_id": "7"}, headers=headers)
    fields = parse_qs(answer.text)

    assert answer.headers["content-type"].startswith("text/plain")
    assert fields["decision"] == ["offer"]
    assert fields["offer_contact"] == ["PJSIP/1001"]
    assert "\n" not in answer.text


async def test_an_answer_stays_below_what_a_pbx_reads(service):
    long = "ä" * 100
    await service.agent(long, contact="€" * 200)
    names = {"source": "s" * 200, "external_call_id": "ß" * 200}
    for where in ("/v1/calls", "/v1/calls?format=flat"):
        answer = await service.client.post(where, json=names)
        assert answer.json()["decision"] == "offer" if "?" not in where else answer.text.startswith("decision=offer")
        assert len(answer.content) <= ANSWER_LIMIT


async def test_a_full_queue_rejects_and_that_is_no_error(service):
    answer = await service.client.post("/v1/calls", json={"source": "p", "external_call_id": "1", "queue": "tiny"})

    assert answer.status_code == 201
    assert (answer.json()["decision"], answer.json()["reason"]) == ("reject", "full")
    assert answer.json()["next"]["action"] == "end"


async def test_a_turned_away_mid_tier_caller_is_promised_a_callback(service):
    call = await service.call(queue="tiny", tier="mid", caller="+442079460958")

    assert call["decision"] == "callback"
    assert call["callback"]["promise"] == "2026-03-03T09:00:00.000Z"
    assert [c["from_call"] for c in (await service.get("/callbacks"))["callbacks"]] == [call["call_id"]]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"source": "pbx"}, 422, "validation_failed"),
        ({"source": "pbx", "external_call_id": "1", "colour": "red"}, 422, "validation_failed"),
        ({"source": "pbx", "external_call_id": 7.5}, 422, "validation_failed"),
        ({"source": "pbx", "external_call_id": "1", "queue": "nowhere"}, 422, "unknown_queue"),
        ({"source": "pbx", "external_call_id": "1", "tier": "platinum"}, 422, "unknown_tier"),
        ({"source": "pbx", "external_call_id": "1", "skills": {"klingon": 1}}, 422, "cannot_serve"),
    ],
)
async def test_a_call_that_cannot_be_is_a_problem_that_still_says_fallback(service, body, status, code):
    answer = await service.client.post("/v1/calls", json=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["decision"], answer.json()["code"]) == ("fallback", code)
    assert (await service.get("/queues/hotline"))["waiting"] == 0


@pytest.mark.parametrize("content", [b"{", b'{"source": NaN}', b'["list"]', b"\xff\xfe", b'{"caller": "Ana "B" C"}'])
async def test_what_cannot_be_read_is_a_problem_that_still_says_fallback(service, content):
    answer = await service.client.post("/v1/calls", content=content)

    assert answer.status_code in (400, 422)
    assert answer.json()["decision"] == "fallback"


async def test_a_refused_call_may_be_posted_again_when_it_is_right(service):
    wrong = await service.client.post("/v1/calls", json={"source": "p", "external_call_id": "1", "queue": "no"})
    right = await service.client.post("/v1/calls", json={"source": "p", "external_call_id": "1"})

    assert (wrong.status_code, right.status_code) == (422, 201)


async def test_a_supervisor_moves_a_waiting_call_to_the_front(service):
    await service.call()
    last = await service.call()
    moved = await service.post(f"/calls/{last['call_id']}:reprioritize", 200, tier="vip")
    trail = await service.get("/audit")

    assert (last["position"], moved["position"], moved["tier"]) == (1, 0, "vip")
    assert trail["entries"][0]["action"] == "call.reprioritize"


async def test_a_withdrawn_call_is_rejected_and_stays_so(service):
    call = await service.call()
    await service.post(f"/calls/{call['call_id']}:withdraw", 200)
    again = await service.post(f"/calls/{call['call_id']}:withdraw", 409)

    assert (again["code"], again["truth"]["state"]) == ("call_has_ended", "rejected")


async def test_an_explanation_says_why_nobody_has_taken_the_call(service):
    call = await service.call()
    found = await service.post(f"/calls/{call['call_id']}:explain", 200)

    assert found["reasons"][0]["code"] == "nobody_logged_in"


async def test_a_poll_of_an_unchanged_offer_is_not_modified(service):
    await service.agent()
    call = await service.call()
    url = call["next"]["url"]
    first = await service.client.get(url)
    second = await service.client.get(url, headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, second.status_code) == (200, 304)


async def test_a_poll_is_answered_anew_when_another_agent_is_rung(service):
    await service.agent("ana")
    call = await service.call()
    url = call["next"]["url"]
    first = await service.client.get(url)
    await service.agent("ben")
    await service.post(f"/offers/{call['offer']['id']}:reject", 200, token=call["offer"]["token"])
    second = await service.client.get(url, headers={"If-None-Match": first.headers["etag"]})

    assert (second.status_code, second.json()["offer"]["agent_id"]) == (200, "ben")
    assert first.json()["state"] == second.json()["state"] == "offered"


async def test_an_unknown_call_is_not_found(service):
    assert (await service.get("/calls/nobody", 404))["code"] == "unknown_call"
    assert (await service.get("/calls/nobody/next", 404))["decision"] == "fallback"


async def test_an_idempotency_key_replays_the_stored_answer(service):
    body, header = {"queue": "hotline", "number": "+442079460958"}, {"Idempotency-Key": "once"}
    first = await service.client.post("/v1/callbacks", json=body, headers=header)
    again = await service.client.post("/v1/callbacks", json=body, headers=header)
    other = await service.client.post("/v1/callbacks", json=body | {"queue": "sales"}, headers=header)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_preview_changes_nothing(service):
    await service.agent()
    found = await service.post("/decisions:preview", 200, queue="hotline", tier="vip")

    assert (found["decision"], found["agent_id"]) == ("offer", "ana")
    assert (await service.get("/offers"))["offers"] == []


async def test_the_live_calls_of_a_source_can_be_listed(service):
    await service.agent()
    rings, waits, other = await service.call("1"), await service.call("2"), await service.call("1", source="pbx-2")
    gone = await service.call("3")
    await service.report(gone["call_id"], "abandoned")
    mine = await service.get("/calls?source=pbx")
    waiting = await service.get("/calls?source=pbx&state=queued")
    first = await service.get("/calls?limit=1")

    assert [call["call_id"] for call in mine["calls"]] == [rings["call_id"], waits["call_id"]]
    assert [(call["external_call_id"], call["state"]) for call in waiting["calls"]] == [("2", "queued")]
    assert first["more"]
    assert other["call_id"] not in {call["call_id"] for call in mine["calls"]}


async def test_an_offer_says_how_long_to_ring(service):
    await service.agent()
    call = await service.call()
    await service.passes(4.5)
    later = await service.get(f"/calls/{call['call_id']}/next")

    assert (call["offer"]["ring_s"], later["offer"]["ring_s"]) == (15, 10)
