"""Who may do what, what is never told, and what stays after a restart."""

import pytest

from api.settings import Settings
from api.state.event_stream import everything

pytestmark = pytest.mark.anyio
CALL = {"source": "pbx", "external_call_id": "7"}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": ""},
        {"X-API-Key": "cc_00000000_nothing"},
        {"X-API-Key": "rubbish"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer cc_"},
    ],
)
async def test_without_a_key_in_force_nothing_is_told_but_a_posted_call_hears_fallback(service, headers):
    posted = await service.client.post("/v1/calls", json=CALL, headers=headers)
    asked = await service.client.get("/v1/agents", headers=headers)

    assert (posted.status_code, posted.json()["decision"], posted.json()["code"]) == (401, "fallback", "unauthorized")
    assert (asked.status_code, "decision" in asked.json()) == (401, False)


async def test_a_key_does_what_its_scopes_say(service):
    telephony, metrics = await service.key("telephony"), await service.key("metrics")

    assert (await service.client.post("/v1/calls", json=CALL, headers=telephony)).status_code == 201
    assert (await service.client.post("/v1/calls", json=CALL, headers=metrics)).status_code == 403
    assert (await service.client.get("/metrics", headers=metrics)).status_code == 200
    assert (await service.client.get("/metrics", headers=telephony)).status_code == 403
    assert (await service.client.get("/v1/keys", headers=telephony)).status_code == 403


async def test_health_is_open_to_everyone(service):
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert (await service.client.get(path, headers={"X-API-Key": ""})).status_code == 200


async def test_keys_are_rotated_and_revoked_and_outlive_a_restart_as_hashes(serving):
    async with serving() as service:
        old = (await service.post("/keys", 201, scopes=["telephony"], sources=["*"], name="pbx"))["key"]
        fresh = (await service.post(f"/keys/{old[3:11]}:rotate", 200, keep_old_s=60))["key"]
        doomed = (await service.post("/keys", 201, scopes=["telephony"], sources=["*"]))["key"]
        await service.post(f"/keys/{doomed[3:11]}:revoke", 200)
    async with serving(clock=service.clock) as service:
        status = {}
        for name, key in (("old", old), ("fresh", fresh), ("doomed", doomed)):
            answer = await service.client.post("/v1/calls", json=CALL, headers={"X-API-Key": key})
            status[name] = answer.status_code
        service.clock.move(61_000)
        late = await service.client.post("/v1/calls", json=CALL, headers={"X-API-Key": old})
        stored = str(await service.live.find("api_keys")) + str(await service.live.find("audit"))

    assert status == {"old": 201, "fresh": 200, "doomed": 401}
    assert late.status_code == 401
    assert not any(key.partition("_")[2].partition("_")[2] in stored for key in (old, fresh, doomed))


async def test_a_key_shows_when_it_was_last_used_which_is_kept_once_a_minute(serving):
    async def shown(service) -> dict[str, int | None]:
        return {key["name"]: key["last_used_at"] for key in (await service.get("/keys"))["keys"]}

    async def kept(service) -> int | None:
        await service.services.key_use.settled()
        (row,) = await service.live.find("api_keys", {"name": "pbx"})
        return row["last_used_at"]

    async with serving() as service:
        await service.passes(0)
        header = await service.key("telephony", name="pbx")
        await service.key("telephony", name="idle")
        first = service.clock.now()
        await service.client.post("/v1/calls", json=CALL, headers=header)
        assert (await shown(service))["pbx"] == first, "told at once"
        assert await kept(service) is None
        await service.passes(61)
        assert await kept(service) == first
        await service.client.post("/v1/calls", json=CALL, headers=header)
        await service.passes(30)
        assert await kept(service) == first, "once a minute"
        await service.passes(31)
        assert await kept(service) == first + 61_000
        service.clock.move(5_000)
        await service.client.post("/v1/calls", json=CALL, headers=header)
        last = service.clock.now()
        admin = await service.key("admin", name="reads")
    async with serving(clock=service.clock) as service:
        assert await kept(service) == last, "the last word before the end"
        there = (await service.client.get("/v1/keys", headers=admin)).json()["keys"]
    told = {key["name"]: key["last_used_at"] for key in there}
    assert (told["pbx"], told["idle"], told["reads"]) == (last, None, service.clock.now())


async def test_the_last_administrator_stays(service):
    (admin,) = (key for key in (await service.get("/keys"))["keys"] if "admin" in key["scopes"])

    assert (await service.post(f"/keys/{admin['id']}:revoke", 409))["code"] == "conflict"


async def test_a_start_without_an_administrators_key_in_force_makes_one(serving):
    async with serving() as service:
        first = next(key["id"] for key in (await service.get("/keys"))["keys"] if "admin" in key["scopes"])
        await service.post("/keys", 201, scopes=["admin"], expires_in_s=60)
        await service.post(f"/keys/{first}:revoke", 200)
    service.clock.move(60_000)
    async with serving(clock=service.clock) as service:
        in_store = [row["name"] for row in await service.live.find("api_keys") if "admin" in row["scopes"]]

    assert sorted(in_store) == ["", "first", "first"]


async def test_an_expired_key_is_none(service):
    header = await service.key("telephony", expires_in_s=10)
    service.clock.move(10_000)

    assert (await service.client.post("/v1/calls", json=CALL, headers=header)).status_code == 401


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(serving):
    async with serving(settings=Settings(rate_per_s=1, burst=3)) as service:
        header = await service.key("telephony")
        status = [(await service.client.post("/v1/calls", json=CALL, headers=header)) for _ in range(4)]
        service.clock.move(1_000)
        later = await service.client.post("/v1/calls", json=CALL, headers=header)

    assert [answer.status_code for answer in status] == [201, 200, 200, 429]
    assert (status[3].headers["retry-after"], status[3].json()["decision"]) == ("1", "fallback")
    assert later.status_code == 200


async def test_ten_megabytes_are_not_read(service):
    async def endless():
        for _ in range(10_000):
            yield b"x" * 1_000

    for content in (b"{" + b" " * 10_000_000, endless()):
        answer = await service.client.post("/v1/calls", content=content)
        assert (answer.status_code, answer.json()["code"], answer.json()["decision"]) == (413, "too_large", "fallback")


async def test_every_answer_carries_the_security_headers(service):
    for path in ("/healthz", "/v1/agents", "/nowhere", "/docs"):
        headers = (await service.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]


async def test_the_documentation_names_no_outside_address(service):
    page = (await service.client.get("/docs")).text

    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert "<script" not in page
    assert "/v1/calls/{call_id}/events" in page


async def test_a_callers_number_is_in_no_metric_no_event_and_no_engine(service, caplog):
    await service.agent()
    await service.call(caller="+442079460958", callback_number="+442079460959")
    metrics = (await service.client.get("/metrics")).text
    events = str(await service.get("/events"))
    state = str(service.live.engine.snapshot())

    assert all("20794609" not in text for text in (metrics, events, state, caplog.text))
    assert "ana" not in metrics


async def test_an_erased_customer_is_gone_and_the_journal_replays_the_same(serving):
    async with serving() as service:
        await service.post("/customers", 200, number="+442079460958", tier="vip", name="Ada")
        call = await service.call(caller="+442079460958")
        assert (await service.post("/customers:erase", 200, number="+442079460958"))["erased"]
        assert not (await service.post("/customers:erase", 200, number="+442079460958"))["erased"]
        stored = [await service.live.find(table) for table in ("customers", "call_details", "audit")]
        again = await service.call(caller="+442079460958")
    async with serving(clock=service.clock) as service:
        kept = await service.get(f"/calls/{call['call_id']}")

    assert "2079460958" not in str(stored)
    assert (call["tier"], again["tier"], kept["state"]) == ("vip", "standard", "queued")


async def test_a_customer_who_was_erased_a_moment_ago_still_gets_through(service):
    await service.post("/customers", 200, customer_id="C-1", tier="vip")
    await service.post("/customers:erase", 200, customer_id="C-1")

    assert (await service.call(customer_id="C-1"))["decision"] == "queue"


async def test_a_customer_who_was_erased_may_be_entered_again_at_once(service):
    await service.post("/customers", 200, customer_id="C-1", tier="vip")
    await service.post("/customers:erase", 200, customer_id="C-1")

    assert (await service.post("/customers", 200, customer_id="C-1", tier="mid"))["tier"] == "mid"


async def test_events_are_read_by_cursor_and_streamed_from_there(service):
    await service.agent()
    await service.call()
    page = await service.get("/events?after=0&limit=2")
    rest = await service.get(f"/events?after={page['next']}")
    services = service.services
    stream = everything(services.broadcast, services.board, service.live, page["next"], frozenset())
    chunks = [await anext(stream), await anext(stream)]
    await service.call()
    chunks.append(await anext(stream))
    await stream.aclose()

    told = [event["is"] for event in page["events"] + rest["events"]]
    assert told == ["CentreAdopted", "AgentLoggedIn", "CallQueued", "CallOffered"] or told[0] == "AgentLoggedIn"
    assert all(f"id: {event['seq']}\n".encode() in chunks[1] for event in rest["events"])
    assert b"event: CallQueued" in chunks[2]


async def test_metrics_tell_what_the_service_level_is_made_of(service):
    await service.agent()
    call = await service.call(tier="vip")
    await service.call(tier="mid")
    await service.passes(21)
    text = (await service.client.get("/metrics")).text

    assert 'callcenter_calls_offered_total{queue="hotline",tier="vip"} 1.0' in text
    assert 'callcenter_sl_breaches_total{queue="hotline",tier="mid"} 1.0' in text
    assert 'callcenter_queue_calls{queue="hotline",tier="mid"} 1.0' in text
    assert 'callcenter_offers_total{end="no_answer",queue="hotline"} 1.0' in text
    await service.agent("ben")
    offered = await service.get(f"/calls/{call['call_id']}")
    await service.report(call["call_id"], "answered", offer_id=offered["offer"]["id"])
    text = (await service.client.get("/metrics")).text
    assert 'callcenter_sl_outcomes_total{outcome="answered",queue="hotline",tier="vip",within="false"} 1.0' in text


async def test_another_centre_is_adopted_and_audited(service):
    yaml = "version: 1\nname: bigger\nqueues: {hotline: {}, sales: {}, tiny: {}, more: {}}\ngroups: {desk: {}}\n"
    waiting = await service.call()
    found = await service.post("/centre", 200, yaml=yaml)
    wrong = await service.post("/centre", 422, yaml="queues: 7")

    assert (found["name"], len(found["queues"]), wrong["code"]) == ("bigger", 4, "bad_input")
    assert (await service.get(f"/calls/{waiting['call_id']}"))["state"] == "queued"


async def test_staffing_answers_by_formula(service):
    found = await service.post("/staffing", 200, calls=100, aht_s=180, share=0.8, within_s=20, shrinkage=0.3)

    assert (found["method"], found["agents"], found["load_erl"]) == ("erlang-c", 14, 10.0)
    assert found["figures"]["service_level"] > 0.8


async def test_readiness_fails_when_the_journal_does(service, monkeypatch):
    monkeypatch.setattr(service.live, "problems", lambda: ["journal: the disk is full"])
    answer = await service.client.get("/readyz")

    assert (answer.status_code, answer.json()["problems"]) == (503, ["journal: the disk is full"])
