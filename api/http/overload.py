"""Overload: who would wait too long is refused as soon as their head is read, new calls before reports.

When more is asked than can be carried out, requests wait for the event loop. Serving all in order would make every one
too late; refusing those who would wait too long costs little, and keeps the others in time.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import to_json

from api.errors import Unavailable
from api.http.formats import flat
from api.http.problems import problem

CALLS_S: Final = 0.2
"""So long a new call may have to wait for its turn. What it waited unread comes on top: about as much."""
OTHERS_S: Final = 0.35
"""… and anything else: reports and answers of agents end calls, and free agents for those who wait."""
JOURNAL_S: Final = 1.0
"""What was told so long ago is not durable yet: no new calls. `/readyz` turns before."""
NEVER: Final = frozenset({"/healthz", "/readyz", "/metrics"})
BRING_CALLS: Final = frozenset({"/v1/calls", "/v1/adapters/twilio/voice"})
RETRY_S: Final = 1
EACH_S: Final = 0.0005
"""What one request takes, until it is measured."""
SHARE: Final = 1 / 16
"""Of the newest in the running mean of what one request takes."""


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
    """Those whose request is read and who wait for the event loop to come to them."""

    def __init__(self) -> None:
        self.waiting = 0
        self.each_s = EACH_S
        """What one takes when others wait behind it, refusals in between included."""
        self.journal_s: Callable[[], float] = float
        """Says for how long the oldest of what was told has waited to be durable."""
        self.on_refused: Callable[[str], None] = lambda path: None
        """Told the address of each who is refused."""
        self._last: float | None = None

    def refuses(self, method: str, path: str) -> bool:
        """Tell whether a request that is just read is to be refused."""
        wait_s = self.waiting * self.each_s
        if new_call(method, path):
            return wait_s > CALLS_S or self.journal_s() > JOURNAL_S
        return wait_s > OTHERS_S and path not in NEVER

    def joined(self) -> None:
        """One more waits."""
        self.waiting += 1

    def begun(self, now: float) -> None:
        """It is somebody's turn."""
        self.waiting -= 1
        if self._last is not None:
            self.each_s += (now - self._last - self.each_s) * SHARE
        self._last = now if self.waiting > 0 else None


def _refusal(posted_call: bool) -> tuple[bytes, bytes]:
    payload, _, _ = problem(Unavailable("more is asked than can be carried out", RETRY_S), posted_call=posted_call)
    return to_json(payload), flat(payload).encode()


_REFUSALS: Final = {True: _refusal(True), False: _refusal(False)}
"""Written once: a refusal must cost next to nothing."""


def refusal(scope: Mapping[str, Any]) -> bytes:
    """Return the whole answer to a request that is refused."""
    body, as_flat = _REFUSALS[new_call(scope["method"], scope["path"])]
    kind = b"application/problem+json"
    for name, value in scope["headers"]:
        if name == b"accept" and b"text/plain" in value:
            kind, body = b"text/plain; charset=utf-8", as_flat
    return (
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: %b\r\ncontent-length: %d\r\nretry-after: %d\r\n"
        b"cache-control: no-store\r\nx-content-type-options: nosniff\r\n\r\n%b" % (kind, len(body), RETRY_S, body)
    )
