"""Timeouts of connections: who connects and sends nothing, or begins a request and never ends it, is cut off.

uvicorn waits without limit for the rest of a request, and reads a head of any size; here is the limit of both.
"""

import asyncio
import resource
from typing import Any, Final

import httptools
import uvicorn
from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import BadRequest, Denied, HeadTooLarge, TooSlow
from api.http.middleware import POSTED
from api.http.overload import Turns, counted_as, refusal
from api.http.problems import problem

PATIENCE_S: Final = 30.0
"""A head is whole within so long, and between two parts of a body it is no longer."""
TICKS: Final = 50
"""A look at all connections every so many ticks of the server, which are tenths of a second."""
HEAD_LIMIT: Final = 64 * 1024
"""Bytes of a request before its body."""
FILES: Final = 16_384
SPARE_FILES: Final = 128
"""Open files that are no connections: the journal's, web hooks'."""


class Patient(HttpToolsProtocol):
    """A connection that knows how long it has been waiting for its client."""

    scope: Any
    cycle: Any
    begun_at: float
    """When what it is waiting for began: the connection, or the head that is coming."""
    heard_at: float
    turns = Turns()
    """Of all connections: one process has one event loop."""
    turned_away = False
    """The request that is being read is refused: there is too much to do."""
    head: Any = None
    """The request whose head is not whole yet."""
    head_size = 0
    idle_since: float | None = None
    """When its last answer was given, if it has asked nothing since."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many: beyond them the journal could open no file."""
        super().connection_made(transport)
        self.begun_at = self.heard_at = self.loop.time()
        if len(self.connections) > most_connections():
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Take in what has come."""
        self.idle_since = None
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as wish:
            if self.scope.get("path") is None:
                self._pass_over(data[wish.args[0] :])
        except httptools.HttpParserError:
            self.refuse(BadRequest("this is no HTTP/1.1 request"))
            return
        self.heard_at = self.loop.time()
        scope = self.scope
        if scope is None or "path" in scope:
            return
        if scope is not self.head:
            self.head, self.head_size, self.begun_at = scope, 0, self.heard_at
        self.head_size += len(data)
        if self.head_size > HEAD_LIMIT:
            self.refuse(HeadTooLarge(HEAD_LIMIT))

    def on_headers_complete(self) -> None:
        """Let a request take its turn, unless that would come too late."""
        if self.parser.should_upgrade():
            super().on_headers_complete()
            return
        idle = self.cycle is None or self.cycle.response_complete
        path = self.url.partition(b"?")[0].decode("latin-1")
        method = self.parser.get_method().decode("ascii")
        if idle and self.turns.refuses(method, path):
            self.turned_away = True
            self.scope |= {"method": method, "path": path}
            return
        if idle:
            self.turns.joined(self.scope, method, path)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body, unless nobody will read it."""
        if not self.turned_away:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        if not self.turned_away:
            super().on_message_complete()
            return
        self.turned_away = False
        self.turns.on_refused(counted_as(self.scope["path"]))
        # Not at once: whoever asks again at once would be read again, and the event loop never come to the others.
        self.loop.call_soon(self._turn_away, refusal(self.scope), self.parser.should_keep_alive())

    def _turn_away(self, answer: bytes, keep_alive: bool) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        if keep_alive:
            self.on_response_complete()
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Go on with the next request, or be idle: the server's ticks end who is for too long, not a timer each."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self.idle_since = self.loop.time()

    def _should_upgrade(self) -> bool:
        """Hold back a request that wishes for another protocol: the parser would take its body for that."""
        return self._get_upgrade() is not None

    def _pass_over(self, body: bytes) -> None:
        """Read such a request again without its wish, which is a client's to make and ours to pass over.

        Java's own client, for one, asks for HTTP/2 in the first request of every connection.
        """
        head = b"%b %b HTTP/%b\r\n" % (self.scope["method"].encode(), self.url, self.scope["http_version"].encode())
        kept = [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] not in (b"connection", b"upgrade")]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([head, *kept, b"\r\n", body]))

    def waits_since(self) -> float | None:
        """Return since when the client has owed something, or None where it owes nothing."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return self.begun_at if self.idle_since is None else None
        reading = cycle.more_body and not cycle.response_started and not self.flow.read_paused
        return self.heard_at if reading else None

    def end_if_idle(self, now: float) -> None:
        """Hang up on who has asked nothing for so long as lines are kept."""
        if self.idle_since is not None and now - self.idle_since > self.timeout_keep_alive:
            self.transport.close()

    def refuse(self, fault: Denied) -> None:
        """Say why, and end the connection."""
        cycle = self.cycle
        if self.transport.is_closing():
            return
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started:
                self.transport.close()  # in the middle of another answer there is no place for this one
                return
            if not cycle.more_body:
                cycle.keep_alive = False  # what was asked before is answered
                self.flow.pause_reading()
                return
        payload, status, _ = problem(fault, posted_call=(self.scope or {}).get("path") == POSTED)
        body = to_json(payload)
        head = f"HTTP/1.1 {status} {fault.title}\r\ncontent-type: application/problem+json\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.close()


class PatientServer(uvicorn.Server):
    """Looks now and then at who has been waited for too long."""

    async def on_tick(self, counter: int) -> bool:
        """Do what is due."""
        if counter % TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Patient):
                    since = connection.waits_since()
                    if since is not None and now - since > PATIENCE_S:
                        connection.refuse(TooSlow(PATIENCE_S))
                    elif connection.idle_since is not None:
                        connection.end_if_idle(now)
        return await super().on_tick(counter)


def let_files_be_open() -> None:
    """Raise the process's limit of open files, each connection being one, as far as it may and need be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """Return how many connections there may be."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return FILES if soft == resource.RLIM_INFINITY else max(1, min(FILES, soft) - SPARE_FILES)
