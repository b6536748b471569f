"""The service's own clock beside the machine's, said in the log: it is set at a start, and goes on by itself.

A machine whose clock is set an hour forward after the start leaves the service an hour behind: opening hours and
promises are kept an hour late, and reports of telephony systems that are right seem to come from the future.
"""

import logging
from collections.abc import Callable
from typing import Final

from api.state.call_names import CLOCKS_AGREE_MS
from callcenter.units import HOUR, MINUTE, SECOND, Millis

LOG: Final = logging.getLogger("callcenter")
LOOKED_AT_EVERY: Final = MINUTE
SAID_EVERY: Final = HOUR


class OwnClock:
    """Told the time by the engine's timer."""

    def __init__(self, ahead_ms: Callable[[], int]) -> None:
        """`ahead_ms`: so much the service's clock is ahead of the machine's."""
        self._ahead_ms = ahead_ms
        self._look_at = self._say_at = 0

    def tick(self, now: Millis) -> None:
        """Look at both, once a minute; say once an hour that they differ."""
        if now < self._look_at:
            return
        self._look_at = now + LOOKED_AT_EVERY
        ahead = self._ahead_ms()
        if abs(ahead) <= CLOCKS_AGREE_MS:
            self._say_at = 0
        elif now >= self._say_at:
            self._say_at = now + SAID_EVERY
            LOG.warning(
                "the service's clock is %.0f s %s the machine's, and opening hours, promises and reports go by it: a "
                "restart takes the machine's, but never one before the last journaled instant",
                abs(ahead) / SECOND, "ahead of" if ahead > 0 else "behind",
            )  # fmt: skip
