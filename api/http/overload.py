"""Overload: who would wait too long is refused as soon as their head is read, new calls before reports.

When more is asked than can be carried out, requests wait for the event loop. Serving all in order would make every one
too late; refusing those who would wait too long costs little, and keeps the others in time.
"""

import asyncio
from collections.abc import Callable, Mapping, MutableMapping
from functools import cache
from typing import Any, Final

from pydantic_core import to_json

from api.errors import Unavailable
from api.http.admission import Admission
from api.http.formats import flat
from api.http.problems import problem
from api.live.clock import elapsed_s
from callcenter.language.accepted import accepted
from callcenter.language.said import SOURCE

NEVER: Final = frozenset({"/healthz", "/readyz", "/metrics"})
BRING_CALLS: Final = frozenset({"/v1/calls", "/v1/adapters/twilio/voice"})
RETRY_S: Final = 1
RETRY_AFTER: Final = b"%d" % RETRY_S


def new_call(method: str, path: str) -> bool:
    """Tell whether a request brings a call.

    >>> new_call("POST", "/v1/calls"), new_call("POST", "/v1/events"), new_call("POST", "/v1/adapters/twilio/voice")
    (True, False, True)
    """
    return method == "POST" and path in BRING_CALLS


def counted_as(path: str) -> str:
    """Return the route that a request is counted under which was refused before its route was found."""
    return path if path in BRING_CALLS else "overload"


class Turns:
    """Admission on the event loop: who waits is woken when its turn comes."""

    def __init__(self) -> None:
        self.admission: Admission[asyncio.Future[bool]] = Admission()
        self.on_refused: Callable[[str], None] = lambda path: None
        """Told the address of each who is refused."""
        self._next: asyncio.Handle | None = None

    def refuses(self, method: str, path: str) -> bool:
        """Tell whether a request that is just read is to be refused."""
        return path not in NEVER and self.admission.refuses(new_call(method, path), elapsed_s())

    def joined(self, scope: MutableMapping[str, Any], method: str, path: str) -> None:
        """Let a request whose head is read come to its turn; health and metrics need none."""
        if path in NEVER:
            return
        call = new_call(method, path)
        self.admission.joined(call)
        scope["turn"] = (self, call, elapsed_s())

    async def come(self, call: bool, since: float) -> bool:
        """Return when it is the turn of a request that was read at `since`; tell whether it is still in time."""
        loop = asyncio.get_running_loop()
        if self._next is None:
            self._next = loop.call_soon(self._round, loop)
        if self.admission.begins(call):
            return True
        turn: asyncio.Future[bool] = loop.create_future()
        self.admission.waits(call, since, turn)
        return await turn

    def _round(self, loop: asyncio.AbstractEventLoop) -> None:
        turns = self.admission.round(elapsed_s())
        for turn, in_time in turns:
            if not turn.done():  # whoever waited for it may have been cancelled
                turn.set_result(in_time)
        # By then what began is done with, and what has come meanwhile is read.
        self._next = loop.call_soon(self._round, loop) if turns else None


@cache
def _refusal(posted_call: bool, language: str) -> tuple[bytes, bytes]:
    """Return the answer as JSON and flat; written once, for a refusal must cost next to nothing."""
    fault = Unavailable("more is asked than can be carried out", RETRY_S)
    payload, _, _ = problem(fault, posted_call=posted_call, language=language)
    return to_json(payload), flat(payload).encode()


def written(scope: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return content type and body of the answer to a request that is refused."""
    in_json, language = True, SOURCE
    for name, value in scope["headers"]:
        if name == b"accept" and b"text/plain" in value:
            in_json = False
        elif name == b"accept-language":
            language = accepted(value.decode("latin-1"))
    body, as_flat = _refusal(new_call(scope["method"], scope["path"]), language)
    return (b"application/problem+json", body) if in_json else (b"text/plain; charset=utf-8", as_flat)


def refusal(scope: Mapping[str, Any]) -> bytes:
    """Return the whole answer to a request that is refused."""
    kind, body = written(scope)
    return (
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: %b\r\ncontent-length: %d\r\nretry-after: %b\r\n"
        b"cache-control: no-store\r\nx-content-type-options: nosniff\r\n\r\n%b" % (kind, len(body), RETRY_AFTER, body)
    )
