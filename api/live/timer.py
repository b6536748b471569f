"""The one timer: it fires at the earliest instant that was asked for."""

import asyncio
from collections.abc import Callable


class Timer:
    """Calls `ring` once; wishes for later than the one set are dropped, as ringing leads to the next wish."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._set: asyncio.Handle | None = None
        self._at = 0.0
        """When it rings, by the loop's time: uvloop's handle of a time that has come does not say."""

    def wish(self, delay_s: float) -> None:
        """Ring in `delay_s` seconds, or sooner if that is set."""
        at = self._loop.time() + delay_s
        if self._set is None or at < self._at:
            self.cancel()
            self._at = at
            self._set = self._loop.call_at(at, self._rings)

    def _rings(self) -> None:
        self._set = None
        self._ring()

    def cancel(self) -> None:
        """Do not ring."""
        if self._set is not None:
            self._set.cancel()
            self._set = None
