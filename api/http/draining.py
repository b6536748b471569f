"""SIGTERM: for a moment the service takes no new call and carries out all else, so that everybody finds another one.

What is on its way is worth more than what has not come yet: reports end calls and free agents, and a new call is in
better hands elsewhere. `/readyz` turns at once, lines are closed with the next answer, streams say that they end.
"""

import signal
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, Protocol

from api.http.timeouts import PatientServer
from api.live.clock import elapsed_s

if TYPE_CHECKING:
    import uvicorn


LAST_ANSWER: Final = (b"connection", b"close")
"""With it a client opens another line, which a proxy leads to a service that stays."""


class Streams(Protocol):
    """Streams of events to those who listen."""

    def close(self) -> None:
        """End them."""
        ...


class Ending(Protocol):
    """What can be told that the service ends."""

    ends: bool

    @property
    def broadcast(self) -> Streams:
        """The streams, which would hold their lines open."""
        ...


class DrainingServer(PatientServer):
    """Goes on for a moment after SIGTERM; a second one, or SIGINT, ends it at once."""

    def __init__(
        self, config: "uvicorn.Config", services: Ending, drain_s: float, tell: Callable[[str], Any] = print
    ) -> None:
        super().__init__(config)
        self._services = services
        self._drain_s = drain_s
        self._tell = tell
        """Told that the service drains."""
        self._until: float | None = None
        """When it ends, once it was asked to."""
        self._told = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain; or end."""
        if sig == signal.SIGTERM and self._until is None and self._drain_s and self.started and not self.should_exit:
            self._until = elapsed_s() + self._drain_s
            self._services.ends = True  # nothing is told from here: it may be in the middle of another word
            self._close_lines()
            return
        super().handle_exit(sig, frame)  # first: asked again, by SIGINT, it would not wait for anything
        self.end()

    def _close_lines(self) -> None:
        """Close each line with its next answer; the headers of all answers are made anew every second."""
        headers = self.server_state.default_headers
        if LAST_ANSWER not in headers:
            self.server_state.default_headers = [*headers, LAST_ANSWER]

    def end(self) -> None:
        """End: streams first, or they would be waited for."""
        self._services.ends = True
        self._services.broadcast.close()
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Do what is due."""
        over = await super().on_tick(counter)
        if self._until is None or over:
            return over
        if not self._told:
            self._told = True
            self._tell(f"no new calls; ends in {self._drain_s:g} s")
        self._close_lines()
        if elapsed_s() < self._until:
            return False
        self.end()
        return True
