"""What comes over a real socket: heads without end, requests that never become whole, two at once, old and odd HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn

from api.http import timeouts
from api.store.rows import Batch
from tests.live.conftest import Service

pytestmark = [pytest.mark.anyio, pytest.mark.ci]
BODY = b'{"source": "pbx", "external_call_id": "%d"}'


@pytest.fixture
async def port(service: Service) -> AsyncIterator[int]:
    """Give the port of the service on a real socket."""
    config = uvicorn.Config(service.app, port=0, http=timeouts.Patient, ws="none", lifespan="off", log_config=None)
    server = timeouts.PatientServer(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


class Line:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, *parts: bytes) -> None:
        """Send."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def hear(self) -> tuple[int, dict[bytes, bytes], bytes]:
        """Return the next answer: status, headers, body."""
        async with asyncio.timeout(20):
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *lines = head.strip().split(b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            body = await self.reader.readexactly(int(headers.get(b"content-length", b"0")))
        return int(first.split()[1]), headers, body

    async def is_closed(self) -> bool:
        """Tell that the other end hangs up, whatever else it says."""
        async with asyncio.timeout(20):
            with suppress(ConnectionResetError):
                await self.reader.read()
        return True


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    """Give a connection to the service."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


def post(service: Service, body: bytes, *more: bytes, version: bytes = b"1.1", length: int | None = None) -> bytes:
    """Return a posted call as it is sent."""
    key = service.client.headers["X-API-Key"].encode()
    size = len(body) if length is None else length
    lines = [
        b"POST /v1/calls HTTP/" + version,
        b"Host: desk",
        b"X-API-Key: " + key,
        b"Content-Length: %d" % size,
        *more,
    ]
    return b"\r\n".join([*lines, b"", body])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody be waited for."""
    monkeypatch.setattr(timeouts, "PATIENCE_S", 0.0)
    monkeypatch.setattr(timeouts, "TICKS", 1)


async def test_who_connects_and_says_nothing_is_not_waited_for(impatient, port: int):
    async with line(port) as silent:
        status, _, body = await silent.hear()
        assert (status, json.loads(body)["code"]) == (408, "too_slow")
        assert await silent.is_closed()


@pytest.mark.parametrize(
    "begun",
    [b"P", b"POST /v1/calls HTTP/1.1\r\nHost: desk\r\n", b"\r\n\r\n\r\n",
     b"POST /v1/calls HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\nX-API-Key: KEY\r\n\r\n{",
     b"POST /v1/calls HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\nX-API-Key: KEY\r\n\r\n1\r\n{\r\n"],
)  # fmt: skip
async def test_a_request_that_does_not_go_on_is_ended(service: Service, written, impatient, port: int, begun: bytes):
    async with line(port) as slow:
        await slow.say(begun.replace(b"KEY", service.client.headers["X-API-Key"].encode()))
        status, headers, body = await slow.hear()
        problem = json.loads(body)
        assert (status, problem["code"], headers[b"connection"]) == (408, "too_slow", b"close")
        assert problem.get("decision") == ("fallback" if b"\r\n\r\n" in begun.strip() else None)
        assert await slow.is_closed()
    assert written == []


async def test_who_listens_and_who_has_asked_all_is_not_ended(
    service: Service, impatient, monkeypatch: pytest.MonkeyPatch, port: int
):
    monkeypatch.setattr(timeouts, "PATIENCE_S", 0.3)
    async with line(port) as listener:
        key = service.client.headers["X-API-Key"].encode()
        await listener.say(b"GET /v1/stream HTTP/1.1\r\nHost: desk\r\nX-API-Key: " + key + b"\r\n\r\n")
        await listener.reader.readuntil(b"retry: 2000")
        loop, number = asyncio.get_running_loop(), 0
        until = loop.time() + 1
        while loop.time() < until:
            async with line(port) as other:
                await other.say(post(service, BODY % number))
                assert (await other.hear())[0] == 201
            number += 1
        async with asyncio.timeout(20):
            await listener.reader.readuntil(b"event: CallQueued")


@pytest.mark.parametrize("what", [b"GET /" + b"x" * 99, b"GET / HTTP/1.1\r\nX: " + b"y" * 99, b"GET / HTTP/1.1\r\n"])
async def test_a_head_without_end_is_cut_short(service: Service, port: int, what: bytes):
    more = b"x" * 999 if b"\r\nX" in what or b"HTTP" not in what else b"X-Y: z\r\n" * 100
    async with line(port) as endless:
        with suppress(ConnectionError):
            await endless.say(what, *([more] * 5_000))
        assert await endless.is_closed()
    assert (await service.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    "rubbish",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"EHLO example.org\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n",
     b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nA B: c\r\n\r\n",
     b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
     b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"OPTIONS * HTTP/1.1\r\n\r\n"],
)  # fmt: skip
async def test_what_is_no_http_is_answered_by_a_problem(port: int, rubbish: bytes):
    async with line(port) as odd:
        await odd.say(rubbish)
        status, headers, body = await odd.hear()
    assert status in (400, 404)
    assert headers[b"content-type"] == b"application/problem+json"
    assert json.loads(body)["status"] == status


async def test_requests_one_behind_the_other_are_answered_in_their_order(service: Service, port: int):
    async with line(port) as eager:
        await eager.say(b"".join(post(service, BODY % number) for number in range(10)))
        answers = [await eager.hear() for _ in range(10)]
        again = [json.loads(body)["call_id"] for _, _, body in answers]
    told = [(await service.call(str(number)))["call_id"] for number in range(10)]

    assert [status for status, _, _ in answers] == [201] * 10
    assert again == told


async def test_http_1_0_is_answered_and_hung_up_on(service: Service, port: int):
    async with line(port) as old:
        await old.say(post(service, BODY % 1, version=b"1.0"))
        assert (await old.hear())[0] == 201
        assert await old.is_closed()


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c", b"TLS/1.0"])
async def test_a_wish_for_another_protocol_is_passed_over(service: Service, port: int, upgrade: bytes):
    """Some clients ask for HTTP/2 with every first request."""
    wish = (b"Connection: Upgrade", b"Upgrade: " + upgrade, b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    async with line(port) as modern:
        for number in range(2):
            await modern.say(post(service, BODY % number, *wish))
            assert (await modern.hear())[0] == 201


async def test_a_body_that_is_shorter_than_it_says_changes_nothing(service: Service, written: list[Batch], port: int):
    async with line(port) as liar:
        await liar.say(post(service, BODY % 1, length=200))
    async with line(port) as good:
        await good.say(post(service, BODY % 2))
        assert (await good.hear())[0] == 201
    assert [row.body for batch in written for row in batch.commands if b'"1"' in row.body.encode()] == []


async def test_what_comes_behind_a_body_and_is_no_request_ends_the_connection_when_the_call_is_answered(
    service: Service, port: int
):
    async with line(port) as liar:
        await liar.say(post(service, BODY % 1 + b"rubbish\r\n\r\n", length=len(BODY % 1)))
        assert (await liar.hear())[0] == 201
        assert await liar.is_closed()


async def test_ten_megabytes_are_refused_before_they_have_come(service: Service, written: list[Batch], port: int):
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    key = service.client.headers["X-API-Key"].encode()
    for head, part in (
        (post(service, b"", length=10_000_000), b"x" * 16_384),
        (b"POST /v1/calls HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\nX-API-Key: " + key + b"\r\n\r\n", chunk),
    ):
        async with line(port) as large:
            with suppress(ConnectionError):
                await large.say(head, *([part] * 600))
            assert await large.is_closed()
    assert written == []


async def test_an_answer_leaves_in_one_piece(service: Service, port: int, monkeypatch: pytest.MonkeyPatch):
    """Head and body in one packet: a client is woken once."""
    pieces: list[bytes] = []
    made = timeouts.Patient.connection_made

    class Noted:
        """A transport that notes what is written."""

        def __init__(self, transport: asyncio.Transport) -> None:
            self._transport = transport

        def __getattr__(self, name: str) -> object:
            return getattr(self._transport, name)

        def write(self, data: bytes) -> None:
            pieces.append(data)
            self._transport.write(data)

    monkeypatch.setattr(
        timeouts.Patient,
        "connection_made",
        lambda self, transport: made(self, Noted(transport)),  # type: ignore[arg-type]
    )
    async with line(port) as one:
        await one.say(post(service, BODY % 1))
        status, headers, body = await one.hear()
    assert status == 201
    assert len(pieces) == 1
    assert pieces[0].endswith(body)
    assert {b"content-type", b"cache-control", b"x-content-type-options", b"content-security-policy"} <= headers.keys()


async def test_a_line_on_which_nothing_is_asked_any_more_is_hung_up_after_a_while(
    service: Service, impatient, port: int, monkeypatch: pytest.MonkeyPatch
):
    async with line(port) as one:
        await one.say(post(service, BODY % 1))
        await one.hear()
        monkeypatch.setattr(timeouts.Patient, "end_if_idle", _end_at_once)
        assert await one.is_closed()


def _end_at_once(line: timeouts.Patient, now: float) -> None:
    """End a line as if it had been idle for hours."""
    assert line.idle_since is not None
    line.timeout_keep_alive = 0
    _END_IF_IDLE(line, now + 1)


_END_IF_IDLE = timeouts.Patient.end_if_idle


async def test_a_client_that_waits_to_be_told_to_go_on_is_told(service: Service, port: int):
    request = post(service, BODY % 1, b"Expect: 100-continue")
    head, _, body = request.partition(b"\r\n\r\n")
    async with line(port) as polite:
        await polite.say(head + b"\r\n\r\n")
        assert (await polite.hear())[0] == 100
        await polite.say(body)
        assert (await polite.hear())[0] == 201


async def test_beyond_the_most_connections_none_is_taken(service: Service, port: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(timeouts, "most_connections", lambda: 1)
    async with line(port) as first:
        await first.say(post(service, BODY % 1))
        assert (await first.hear())[0] == 201
        async with line(port) as second:
            assert await second.is_closed()
        await first.say(post(service, BODY % 2))
        assert (await first.hear())[0] == 201
