"""Logs and traces: each contact's way, told once, by the engine's own instants."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from api.live.clock import HandClock
from api.settings import Settings
from api.telemetry import logs
from api.telemetry.spans import trace_id
from api.telemetry.traces import check_endpoint, linked
from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from callcenter.errors import BadInput
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY

pytest.importorskip("opentelemetry.sdk", reason="the extra `tracing` is not installed")

pytestmark = pytest.mark.anyio
BEGIN = 1_772_442_000_000
CALLER = "+442079460958"


@contextmanager
def collector() -> Iterator[tuple[str, list[Any]]]:
    """Give the address of a small OTLP collector on loopback, and the spans it has taken."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    spans: list[Any] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server asks for
            body = self.rfile.read(int(self.headers["content-length"]))
            message = ExportTraceServiceRequest.FromString(body)
            spans.extend(span for r in message.resource_spans for s in r.scope_spans for span in s.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Taker) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/traces", spans
        finally:
            server.shutdown()
            thread.join()


def told(span: Any) -> dict[str, Any]:
    """Return a span's attributes as plain values."""
    return {
        a.key.removeprefix("callcenter."): getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes
    }  # fmt: skip


async def a_call_with_a_missed_offer(service: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Let a call wait 5 s, ring a phone that nobody picks up for 15 s, then be answered elsewhere and talk for 60 s."""
    answer = await service.client.post(
        "/v1/calls", json={"source": "pbx", "external_call_id": "x1", "caller": CALLER}, headers=headers or {}
    )
    call: dict[str, Any] = answer.json()
    await service.passes(5)
    await service.agent("ana")
    await service.passes(15)
    await service.agent("ben")
    await service.passes(2)
    await service.report(call["call_id"], "answered")
    await service.passes(60)
    await service.report(call["call_id"], "completed")
    await service.passes(10)
    return call


async def test_a_contact_is_one_trace_from_the_post_to_the_end_of_after_call_work(serving: Any):
    with collector() as (endpoint, spans):
        async with serving(settings=Settings(traces=endpoint)) as service:
            call = await a_call_with_a_missed_offer(service)
    by_name = {(span.name, told(span).get("end")): span for span in spans}
    root = by_name["call", None]

    assert {span.trace_id.hex() for span in spans} == {trace_id(call["call_id"])}
    assert sorted(span.name for span in spans) == ["call", "offer", "offer", "post", "talk", "wait", "wrap_up"]
    assert [span.name for span in spans if not span.parent_span_id] == ["call"]
    assert {span.parent_span_id for span in spans if span is not root} == {root.span_id}
    assert len({span.span_id for span in spans}) == len(spans)
    ms = {key: ((s.start_time_unix_nano // 10**6) - BEGIN, (s.end_time_unix_nano // 10**6) - BEGIN)
          for key, s in by_name.items()}  # fmt: skip
    assert ms["wait", None] == (0, 22_000)
    assert ms["offer", "no_answer"] == (5_000, 20_000)
    assert ms["offer", "accepted"] == (20_000, 22_000)
    assert ms["talk", None] == (22_000, 82_000)
    assert ms["call", None] == (0, 82_000)
    assert ms["wrap_up", None] == (82_000, 92_000)
    assert told(root)["outcome"] == "answered"
    assert told(root)["agent_id"] == "ben"
    assert CALLER[-8:] not in str(spans)


async def test_a_restart_in_the_middle_of_a_call_goes_on_with_its_trace(serving: Any):
    with collector() as (endpoint, spans):
        async with serving(settings=Settings(traces=endpoint)) as service:
            call = await service.call("x1")
            await service.agent("ana")
            await service.report(call["call_id"], "answered")
        async with serving(settings=Settings(traces=endpoint), clock=HandClock(BEGIN + 30_000)) as service:
            await service.report(call["call_id"], "completed")

    assert {span.trace_id.hex() for span in spans} == {trace_id(call["call_id"])}
    assert sorted(span.name for span in spans) == ["call", "offer", "post", "talk", "wait"]


async def test_a_transfer_and_the_callback_it_ends_in_are_the_same_trace_below_the_call(serving: Any):
    centre = Centre(
        "small", (Queue("hotline", callbacks=CallbackPolicy(window=(0, DAY))), Queue("sales")), (Group("desk"),),
        zone=zone("Europe/London"),
    )  # fmt: skip
    with collector() as (endpoint, spans):
        async with serving(settings=Settings(traces=endpoint), centre=centre) as service:
            await service.agent("ana")
            call = await service.call("x1", caller=CALLER, tier="mid")
            await service.report(call["call_id"], "answered")
            await service.agent("ana", state="not_ready")
            await service.report(call["call_id"], "transferred", queue="hotline")
            await service.passes(60)
            lost = await service.report(f"{call['call_id']}/s2", "abandoned")
            callback = lost["call"]["callback"]["id"]
            await service.agent("ana")
            await service.passes(1)
            (offer,) = (await service.get("/offers"))["offers"]
            await service.post(f"/offers/{offer['id']}:accept", 200, token=offer["token"])
            await service.passes(5)
            for outcome in ("reached", "completed"):
                await service.post(f"/callbacks/{callback}/attempts", 200, outcome=outcome)
                await service.passes(30)
    id_of = {(span.name, told(span).get("call_id") or told(span)["callback_id"]): span.span_id for span in spans}
    below = {(span.name, told(span).get("call_id") or told(span)["callback_id"]): span.parent_span_id for span in spans}
    first, second = call["call_id"], f"{call['call_id']}/s2"

    assert {span.trace_id.hex() for span in spans} == {trace_id(first)}
    assert [at for at, parent in below.items() if not parent] == [("call", first)]
    assert below["call", second] == below["callback", callback] == id_of["call", first]
    assert {name for name, of in below if of == second} == {"call", "wait"}
    assert {name for name, of in below if of == callback} == {"callback", "offer", "attempt", "talk"}
    assert {parent for (name, of), parent in below.items() if of == callback and name != "callback"} == {
        id_of["callback", callback]
    }
    assert CALLER[-8:] not in str(spans)


async def test_a_post_with_a_traceparent_is_linked_to_it(serving: Any):
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with collector() as (endpoint, spans):
        async with serving(settings=Settings(traces=endpoint)) as service:
            await a_call_with_a_missed_offer(service, {"traceparent": f"00-{trace}-{span}-01"})
    links = [link for span in spans if span.name == "post" for link in span.links]

    assert [(link.trace_id.hex(), link.span_id.hex()) for link in links] == [(trace, span)]


@pytest.mark.parametrize("header", ["", None, "00-xyz", "ff-" + "1" * 32 + "-" + "1" * 16 + "-01", "00-0-0-0", "-" * 9])
def test_a_broken_traceparent_is_no_link_and_no_fault(header: str | None):
    assert linked(header) == ()


async def test_a_collector_that_is_not_there_holds_no_call_up(serving: Any):
    async with serving(settings=Settings(traces="http://127.0.0.1:9/v1/traces")) as service:
        assert (await service.call("x1"))["decision"] == "queue"


def test_an_address_that_is_none_is_refused_in_one_line():
    with pytest.raises(BadInput, match=r"^traces: 'localhost' is no address: write http://"):
        check_endpoint("localhost")


@pytest.mark.parametrize("form", ["readable", "json"])
async def test_the_log_tells_each_call_once_with_its_trace_and_no_number(serving: Any, form: logs.Format):
    stream = io.StringIO()
    with restored_logging():
        logs.set_up("info", form, stream)
        async with serving() as service:
            call = await a_call_with_a_missed_offer(service)
    lines = [line for line in stream.getvalue().splitlines() if "callcenter.calls" in line]

    assert len(lines) == 2
    assert all(call["call_id"] in line and trace_id(call["call_id"]) in line for line in lines)
    assert "offer ended: no_answer after 15.0 s" in lines[0]
    assert "call answered after 82.0 s" in lines[1]
    assert CALLER[-8:] not in stream.getvalue()
    if form == "json":
        end = json.loads(lines[1])
        assert (end["outcome"], end["wait_ms"], end["agent_id"], end["tier"]) == ("answered", 22_000, "ben", "standard")
        assert end["level"] == "info"


@pytest.mark.parametrize("form", ["readable", "json"])
async def test_a_fault_of_ours_is_logged_with_its_call_and_without_the_number_it_was_given(
    serving: Any, monkeypatch: pytest.MonkeyPatch, form: logs.Format
):
    stream = io.StringIO()
    with restored_logging():
        logs.set_up("info", form, stream)
        async with serving() as service:
            call_id = (await service.call(caller=CALLER))["call_id"]

            async def broken(*_: object) -> None:
                raise RuntimeError(f"a library of ours was given {CALLER}")

            with monkeypatch.context() as patch:
                patch.setattr(service.services.feed, "catch_up", broken)
                patch.setattr(service.services.commands, "tell", broken)
                await service.report(call_id, "abandoned", 500)
                await service.post("/calls", 500, source="pbx", external_call_id="x9", caller=CALLER)
    (first, *_) = [line for line in stream.getvalue().splitlines() if "failed" in line]

    assert call_id in first
    assert trace_id(call_id) in first
    assert "a library of ours was given +44" in stream.getvalue()
    assert CALLER[-8:] not in stream.getvalue()
    if form == "json":
        assert json.loads(first)["trace_id"] == trace_id(call_id)


def test_a_traceback_stays_inside_its_json_line():
    stream = io.StringIO()
    with restored_logging():
        logs.set_up("info", "json", stream)
        try:
            raise ValueError("of ours")
        except ValueError:
            logging.getLogger("callcenter").exception("it failed")

    (line,) = stream.getvalue().splitlines()
    assert "of ours" in json.loads(line)["traceback"]


@contextmanager
def restored_logging() -> Iterator[None]:
    """Put the process's loggers back as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
