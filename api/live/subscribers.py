"""Subscribers to the stream of committed events: one buffer for all of them, none of their own."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import islice
from typing import Final

from api.errors import FellBehind
from callcenter.events import Event

REMEMBERED: Final = 20_000
"""Events kept in memory; a live reader who falls further behind is cut off."""
PAGE: Final = 1_000

ReadBack = Callable[[int, int], Awaitable[list[Event]]]


class Listeners:
    """Committed events, the newest in memory; readers wait here for more."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._recent: deque[Event] = deque(maxlen=remembered)
        self._woken: asyncio.Future[None] | None = None
        self.last = 0
        """The number of the last committed event."""
        self._rebuilt = 0
        self.closed = False
        self.count = 0
        """Readers there are now."""

    def start(self, last: int) -> None:
        """Go on after event `last`, as after a rebuild: nothing published is taken back."""
        if last != self.last:
            self._recent.clear()
            self._rebuilt += 1
            self.last = last
            self._wake()

    def publish(self, events: Sequence[Event]) -> None:
        """Tell everyone what is durable now."""
        if events:
            self._recent.extend(events)
            self.last = events[-1].seq
            self._wake()

    def close(self) -> None:
        """End every stream."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set_result(None)
            self._woken = None

    def recent(self, after: int, limit: int) -> list[Event] | None:
        """Return up to `limit` events after number `after`, or None where memory does not go back so far."""
        if after >= self.last:
            return []
        first = self.last - len(self._recent) + 1
        if after + 1 < first:
            return None
        begun = after + 1 - first
        return list(islice(self._recent, begun, begun + limit))

    async def stream(self, after: int, read_back: ReadBack) -> AsyncIterator[Event]:
        """Yield events after number `after`, then as they come."""
        self.count += 1
        try:
            live_since = -1
            while not self.closed:
                events = self.recent(after, PAGE)
                if events is None and live_since == self._rebuilt:
                    raise FellBehind(f"the reader is at event {after}, memory begins later: go on with events after it")
                if events is None:
                    events = await read_back(after, PAGE)
                    if not events:  # kept no longer
                        events = self.recent(self.last - len(self._recent), PAGE) or []
                for event in events:
                    yield event
                    after = event.seq
                if not events:
                    live_since = self._rebuilt
                    await self._more()
        finally:
            self.count -= 1

    async def _more(self) -> None:
        if self._woken is None:
            self._woken = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._woken)
