"""What a hostile or a clumsy client can send: the documented problem in one line, and nothing is written."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from api.http.formats import In
from api.store.rows import Batch
from tests.live.conftest import BEGIN, Service, refused

pytestmark = pytest.mark.anyio
CALL = {"source": "pbx", "external_call_id": "7"}
NAMES = b'"source": "pbx", "external_call_id": "7"'
DEEP = 100_000


async def operations(service: Service) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return every operation that takes a body: its address, an example, the schemas of its fields."""
    document = (await service.client.get("/openapi.json")).json()
    found = []
    for path, methods in document["paths"].items():
        media = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json")
        if media is not None:
            found.append((path.replace("{", "").replace("}", ""), media["example"], media["schema"]["properties"]))
    assert len(found) > 30
    return found


def with_field(example: dict[str, Any], name: str, raw: str) -> bytes:
    """Return the example as JSON, one of its fields as it is written in `raw`."""
    rest = {key: value for key, value in example.items() if key != name}
    return f"{json.dumps(rest)[:-1]}{', ' if rest else ''}{json.dumps(name)}: {raw}}}".encode()


# --- bodies


UNREADABLE: Final = {
    "lists nested 100,000 deep": (b"[" * DEEP, 400),
    "lists nested 100,000 deep and closed": (b"[" * DEEP + b"]" * DEEP, 400),
    "objects nested 15,000 deep": (b'{"attributes": ' * 15_000, 400),
    "a number of 5,000 digits": (b"{" + NAMES + b', "band": ' + b"9" * 5_000 + b"}", 400),
    "NaN": (b"{" + NAMES + b', "tier": NaN}', 422),
    "minus infinity": (b"{" + NAMES + b', "tier": -Infinity}', 422),
    "a number beyond all floats": (b"{" + NAMES + b', "tier": 1e400}', 422),
    "half a surrogate pair": (b"{" + NAMES + b', "caller": "\\ud800"}', 400),
    "a NUL": (b"{" + NAMES + b', "caller": "a\\u0000b"}', 422),
    "a NUL in a key": (b"{" + NAMES + b', "attributes": {"a\\\\\\u0000b": "x"}}', 422),
    "a NUL that is not escaped": (b"{" + NAMES + b', "caller": "a\x00b"}', 400),
    "a field twice": (b"{" + NAMES + b', "source": "other"}', 422),
    "a field twice, the same": (b"{" + NAMES + b', "source" \n: "pbx"}', 422),
    "a key twice": (b"{" + NAMES + b', "skills": {"a": 1, "a": 2}}', 422),
    "UTF-16": (json.dumps(CALL).encode("utf-16"), 400),
    "UTF-16 without its mark": (json.dumps(CALL).encode("utf-16-le"), 400),
    "nothing": (b"", 422),
    "white space": (b" \r\n", 422),
    "a number": (b"7", 400),
    "a text": (b'"source"', 400),
    "null": (b"null", 400),
    "a list": (b"[]", 422),
    "two objects": (b"{" + NAMES + b"} {}", 400),
    "a long key": (b"{" + NAMES + b', "x' + b"y" * 100_000 + b'": 1}', 422),
    "a key that would clear a screen": (b"{" + NAMES + b', "\\n\\u001b[2J\\u2028": 1}', 422),
    "a NUL in a form": (b"source=pbx&external_call_id=7&caller=a%00b", 422),
    "a bare NUL in a form": (b"source=pbx&external_call_id=7&caller=a\x00b", 422),
    "a form's field twice": (b"source=pbx&source=pbx&external_call_id=7", 422),
    "a form of 300 fields": (b"a=1&" * 300, 400),
    "a field that is a group too": (b"source=pbx&external_call_id=7&external_call_id.x=1", 400),
    "a group that is a field too": (b"source=pbx&external_call_id=7&skills.x=1&skills=y", 400),
    "a group's field twice": (b"source=pbx&external_call_id=7&skills.x=1&skills.x=2", 422),
    "skills that are no names": (b"{" + NAMES + b', "skills": [{}]}', 422),
    "skills in lists": (b"{" + NAMES + b', "skills": [["a"]]}', 422),
    "a skill without a name": (b"{" + NAMES + b', "skills": ":2"}', 422),
    "a level below none": (b"{" + NAMES + b', "skills": {"a": -1}}', 422),
    "a level beyond all": (b"{" + NAMES + b', "skills": {"a": 100000000000000000000000}}', 422),
}


async def test_a_call_that_cannot_be_read_is_refused(service: Service, written: list[Batch]):
    for what, (body, status) in UNREADABLE.items():
        problem = refused(await service.client.post("/v1/calls", content=body), status, about=what)
        assert problem["decision"] == "fallback", what
    assert written == []


async def test_a_mark_at_the_beginning_is_no_part_of_the_text(service: Service):
    """Windows writes one."""
    for number, body in enumerate((b'{"source": "pbx", "external_call_id": "7"}', b"source=pbx&external_call_id=7")):
        answer = await service.client.post("/v1/calls", content=b"\xef\xbb\xbf" + body)
        assert answer.status_code == (200 if number else 201)


async def test_text_that_only_looks_like_a_nul_or_a_second_field_is_text(service: Service):
    call = CALL | {"caller": r"\u0000", "called": '"source": ":', "attributes": {"source": ":", "called": "b"}}

    assert (await service.client.post("/v1/calls", json=call)).status_code == 201


async def test_json_beside_a_query_string_is_refused_as_without(service: Service, written: list[Batch]):
    for body in (b'{"source": "a", "source": "b"}', b'{"source": "\\u0000"}', b"[" * DEEP, b'["a"]'):
        refused(await service.client.post("/v1/calls?external_call_id=7", content=body), 422 if b"{" in body else 400)
    refused(await service.client.post("/v1/calls?source=%00", content=b'{"external_call_id": "7"}'), 422)

    assert written == []


async def test_a_content_type_that_lies_is_not_believed(service: Service):
    for kind in (
        "text/xml", "application/octet-stream", "multipart/form-data", "", "x" * 10_000,
    ):  # fmt: skip
        assert (await service.client.post("/v1/calls", json=CALL, headers={"Content-Type": kind})).status_code in (
            201,
            200,
        )


async def test_a_compressed_body_is_refused_and_told_so(service: Service, written: list[Batch]):
    body = gzip.compress(json.dumps(CALL).encode())
    for encoding in ("gzip", "br", "gzip, gzip", "x" * 1_000):
        for path in ("/v1/calls", "/v1/adapters/freeswitch"):
            answer = await service.client.post(path, content=body, headers={"Content-Encoding": encoding})
            assert refused(answer, 415, "unsupported_encoding")["decision"] == "fallback"
    assert (
        await service.client.post("/v1/calls", json={}, headers={"Content-Encoding": "identity"})
    ).status_code == 422
    assert written == []


async def test_a_body_in_pieces_that_never_ends_is_given_up(service: Service, written, monkeypatch):
    monkeypatch.setattr("api.http.formats.BODY_S", 0.01)

    async def endless():
        yield b"{"
        await asyncio.Event().wait()

    answer = await service.client.post("/v1/calls", content=endless())

    assert refused(answer, 408, "too_slow")["decision"] == "fallback"
    assert written == []


async def test_a_client_that_goes_before_its_body_is_whole_is_no_fault_of_ours(service: Service, written, caplog):
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[dict[str, Any]] = []
    (key,) = (value for name, value in service.client.headers.items() if name.lower() == "x-api-key")

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/calls", "query_string": b"",
             "headers": [(b"x-api-key", key.encode())]}  # fmt: skip
    await service.app(scope, receive, send)

    assert (sent[0]["status"], json.loads(sent[1]["body"])["code"]) == (400, "cut_off")
    assert caplog.records == []
    assert written == []


async def test_a_content_length_of_any_size_is_read_as_a_number(service: Service):
    for length in ("9" * 5_000, "262145"):
        answer = await service.client.post("/v1/calls", content=b"{}", headers={"Content-Length": length})
        refused(answer, 413, "too_large")


# --- every field of every operation


async def test_no_operation_takes_a_nul_or_half_a_surrogate_pair_in_any_text(service: Service, written: list[Batch]):
    tried = 0
    for path, example, fields in await operations(service):
        for name, schema in fields.items():
            if '"string"' not in json.dumps(schema) and '"object"' not in json.dumps(schema):
                continue
            tried += 1
            for raw, status in (
                ('"a\\u0000b"', 422),
                ('"a\\ud800b"', 400),
                ('["\\u0000"]', 422),
                ('{"\\u0000": 1}', 422),
            ):
                refused(await service.client.post(path, content=with_field(example, name, raw)), status)
            refused(await service.client.post(path, content=f"{name}=%00".encode()), 422)
    assert tried > 80
    assert written == []


async def test_true_is_no_number_anywhere_and_no_number_is_without_end(service: Service, written: list[Batch]):
    tried = 0
    for path, example, fields in await operations(service):
        for name, schema in fields.items():
            kinds = set(json.dumps(schema).split('"'))
            if kinds.isdisjoint({"integer", "number"}) or kinds & {"string", "object"}:
                continue
            tried += 1
            for raw in ("true", "false", "NaN", "-Infinity", "1e400", '"1e400"', '"0x10"', "[1]", '{"a": true}'):
                answer = await service.client.post(path, content=with_field(example, name, raw))
                assert answer.status_code in (400, 422), (path, name, raw, answer.text)
                refused(answer, answer.status_code)
    assert tried > 20
    assert written == []


async def test_whole_numbers_come_as_numbers_as_text_and_in_powers_of_ten_but_not_with_a_fraction(service: Service):
    call = await service.call()
    where = f"/v1/calls/{call['call_id']}:reprioritize"
    status = {}
    for raw in ("7", '"7"', "7.0", "1e2", "7.5", '"7.5"', '"1e2"', "1e3000", "-1", "1001", "9" * 5_000):
        answer = await service.client.post(where, content=f'{{"band": {raw}}}'.encode())
        status[raw] = answer.status_code

    assert [raw for raw, found in status.items() if found == 200] == ["7", '"7"', "7.0", "1e2"]
    assert set(status.values()) == {200, 400, 422}


async def test_every_model_of_a_body_refuses_what_it_does_not_know():
    found = list(In.__subclasses__())
    for model in found:
        found += model.__subclasses__()
    for model in found:
        assert model.model_config["extra"] == "forbid", model
        assert model.model_config["allow_inf_nan"] is False, model


# --- instants


async def test_nothing_is_promised_for_an_instant_out_of_reach(service: Service, written: list[Batch]):
    """Microseconds in place of milliseconds are one."""
    for at in (
        "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "10000-01-01", "2026-03-02T09:00:60Z",
        "2026-03-02T09:00:07", "2026-03-03",
        "tomorrow", -1, 1_772_442_000_000_000, 10**400, "9" * 4_000, "", "2026-03-02T09:00:00+99:99",
    ):  # fmt: skip
        for field in ("due_at", "promise"):
            body = {"queue": "hotline", "customer_id": "C-1", field: at}
            problem = refused(await service.client.post("/v1/callbacks", json=body), 422)
            assert problem["detail"].startswith(f"/{field}")
    assert written == []


@pytest.mark.parametrize("at", [0, -(10**15), 10**18, 10**400, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"])
async def test_a_report_from_a_clock_that_is_centuries_off_counts_within_its_call(service: Service, at):
    await service.agent()
    call = await service.call()
    await service.passes(5)
    found = await service.report(call["call_id"], "answered", at=at, offer_id=call["offer"]["id"])
    events = (await service.get("/events"))["events"]

    assert (found["applied"], found["call"]["state"]) == (True, "connected")
    assert 5_000 < abs(found["at_moved_ms"]) < 2**53
    assert all(BEGIN <= event.get("happened_at", BEGIN) <= BEGIN + 5_000 for event in events)


def parts(text: bytes, size: int) -> Iterator[bytes]:
    """Yield a text in pieces."""
    yield from (text[begin : begin + size] for begin in range(0, len(text), size))


async def test_a_body_in_a_thousand_pieces_is_one_body(service: Service):
    async def slowly():
        for part in parts(json.dumps(CALL).encode(), 1):
            yield part

    assert (await service.client.post("/v1/calls", content=slowly())).status_code == 201
