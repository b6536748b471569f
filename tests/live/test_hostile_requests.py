"""Addresses, methods, cursors, keys and headers that are none: the documented problem in one line, nothing written."""

import pytest

from api.settings import Settings
from api.store.rows import Batch
from tests.live.conftest import Service, refused

pytestmark = pytest.mark.anyio
CALL = {"source": "pbx", "external_call_id": "7"}


# --- addresses and methods


async def test_a_method_that_an_address_does_not_take_is_told_which_it_takes(service: Service, written):
    for method in (
        "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW",
    ):  # fmt: skip
        call_id = (await service.call())["call_id"]
        written.clear()
        for path, allowed in (
            ("/v1/calls", "GET, POST"), (f"/v1/calls/{call_id}", "GET"), (f"/v1/calls/{call_id}/events", "GET, POST"),
            ("/v1/agents/ana/state", "POST"), ("/v1/stream", "GET"), ("/healthz", "GET, HEAD"), ("/metrics", "GET"),
            ("/docs", "GET"), ("/v1/adapters/freeswitch", "POST"),
        ):  # fmt: skip
            if method in allowed:  # a load balancer asks for health with HEAD
                continue
            answer = await service.client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
            if method != "HEAD":
                assert allowed in refused(answer, 405, "method_not_allowed")["detail"]
    assert written == []


async def test_an_address_without_anything_is_not_found_and_leads_nowhere_else(service: Service, written):
    for path in (
        "/nowhere", "/v1", "/v1/", "/v1/call", "/V1/CALLS", "/v1/calls/", "//v1/calls", "/v1//calls", "/v1/agents/",
        "/v1/agents/a%2Fb", "/v1/agents/%00", "/v1/agents/a%0Ab", "/v1/agents/" + "a" * 1_000, "/v1/calls/%00",
        "/v1/calls/%ED%A0%80", "/v1/calls/%2e%2e%2f%2e%2e%2fetc", "/v1/calls/" + "x" * 20_000,
        "/v1/hooks/%FF/deliveries", "/v1/nowhere?x=%00",
    ):  # fmt: skip
        problem = refused(await service.client.get(path), 404)

        assert problem["code"] in ("not_found", "unknown_call")
    assert written == []


async def test_a_cursor_or_a_filter_that_is_none_is_refused(service: Service):
    for path in (
        "/v1/events?after=-1", "/v1/events?after=" + "9" * 31, "/v1/events?after=1e3", "/v1/events?after=%D9%A1",
        "/v1/events?limit=-1", "/v1/events?limit=true", "/v1/events?wait_s=1e9", "/v1/events?types=%00",
        "/v1/events?types=" + "No," * 5_000, "/v1/stream?after=x", "/v1/stream?types=No", "/v1/audit?limit=0x1",
        "/v1/agents?group=%00",
    ):  # fmt: skip
        refused(await service.client.get(path), 422, "validation_failed")


async def test_a_last_event_id_that_is_none_is_refused_or_events_would_be_missed(service: Service):
    for last in (
        "rubbish", "-1", "1.5", "9" * 30, "0x7", "é",
    ):  # fmt: skip
        refused(await service.client.get("/v1/stream", headers={"Last-Event-ID": last.encode("latin-1")}), 422)


async def test_a_page_of_nothing_is_a_page_of_one_and_a_cursor_beyond_the_end_waits_there(service: Service):
    await service.agent()
    await service.call()
    least = await service.get("/events?limit=0")
    beyond = await service.get("/events?after=400000000000000000")

    assert (len(least["events"]), least["next"]) == (1, 1)
    assert (beyond["events"], beyond["next"]) == ([], beyond["last"])


# --- keys and tokens


async def test_a_forged_key_is_none_however_long_or_odd(service: Service, written: list[Batch]):
    for headers in (
        {"Authorization": "Bearer " + "x" * 100_000}, {"Authorization": "Basic " + "QQ==" * 50_000},
        {"Authorization": b"Bearer cc_\xe9_\xff"}, {"X-API-Key": b"\xff" * 5_000}, {"Authorization": "Basic w6k="},
        {"Authorization": "Digest username=x"}, {"Authorization": ""}, {"X-API-Key": "cc__"},
        {"X-API-Key": "cc_" * 9_000},
    ):  # fmt: skip
        service.client.headers.pop("X-API-Key", None)
        answer = await service.client.post("/v1/calls", json=CALL, headers=headers)

        assert refused(answer, 401, "unauthorized")["decision"] == "fallback"
    assert written == []


async def test_an_offer_is_taken_with_its_own_token_only(service: Service, written: list[Batch]):
    await service.agent("ana")
    await service.agent("ben")
    first, second = await service.call(), await service.call()
    written.clear()
    own, other = first["offer"], second["offer"]
    for token in (other["token"], "", "é" * 32, own["token"].upper(), own["token"][:-1], "x" * 4_000):
        answer = await service.client.post(f"/v1/offers/{own['id']}:accept", json={"token": token})
        assert answer.status_code in (403, 422), token
        refused(answer, answer.status_code)
    assert written == []
    await service.post(f"/offers/{own['id']}:accept", 200, token=own["token"])


# --- idempotency keys


async def test_an_idempotency_key_that_could_not_be_kept_is_refused(service: Service, written: list[Batch]):
    for key in (
        b"k" * 201, b"k" * 10_000, b"a\x01b", b"a\xa0b\xad",
    ):  # fmt: skip
        answer = await service.client.post("/v1/calls", json=CALL, headers={"Idempotency-Key": key})

        assert refused(answer, 422, "validation_failed")["decision"] == "fallback"
    assert written == []


async def test_an_empty_idempotency_key_is_none(service: Service):
    """A dialplan's variable that nobody set."""
    for name in ("1", "2"):
        call = {"source": "pbx", "external_call_id": name}
        answer = await service.client.post("/v1/calls", json=call, headers={"Idempotency-Key": ""})
        assert answer.status_code == 201


async def test_an_idempotency_key_of_odd_characters_is_kept_as_it_is(service: Service):
    for key in ("'; DROP TABLE x; --", "%00", "{}", "é", "k" * 200):
        header = {"Idempotency-Key": key.encode("latin-1")}
        first = await service.client.post("/v1/calls", json=CALL | {"external_call_id": key}, headers=header)
        again = await service.client.post("/v1/calls", json=CALL | {"external_call_id": key}, headers=header)
        other = await service.client.post("/v1/calls", json=CALL | {"external_call_id": "x"}, headers=header)
        assert (first.status_code, again.content) == (201, first.content)
        refused(other, 422, "idempotency_key_reused")


async def test_a_host_that_is_none_hurts_nobody(service: Service):
    for host in (b"[", b"a b", b"evil'}", b"\xe9", b""):
        answer = await service.client.post("/v1/calls", json={}, headers={"Host": host, "Idempotency-Key": "x"})
        refused(answer, 422)
        answer = await service.client.post("/v1/adapters/freeswitch", content=b"session_id=1", headers={"Host": host})
        refused(answer, 400)


# --- names that go into other places


async def test_a_call_of_any_external_id_has_an_address_that_can_be_asked(serving):
    async with serving(settings=Settings(call_ids="external")) as service:
        for name in ("€ß", "a b?c#d", "a/next", "x:withdraw", "%2e", 'a"b', "a\\b", "\N{SLIGHTLY SMILING FACE}"):
            call = await service.call(name)
            answer = await service.client.get(call["next"]["url"])
            assert (answer.status_code, answer.json()["call_id"]) == (200, name)
            assert answer.headers["etag"].isascii()
