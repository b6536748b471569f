"""Ownership of the journal: this service's epoch, and whether another service has taken it over since."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from api.errors import Unavailable
from api.recovery.restore import Recovered, recover
from api.store.store import Store

DOUBT_S: Final = 1.0
"""So long a request waits to learn whose the journal is; a database that is gone does not say."""


class Ownership:
    """Owns the journal, loses it, and looks who has it."""

    def __init__(self, holder: str, read_epoch: Callable[[], Awaitable[int]]) -> None:
        self.epoch = 0
        self.replaced = False
        """Another service has the journal, or had it since: what this one remembers is old."""
        self._holder = holder
        self._read_epoch = read_epoch
        self._look: asyncio.Task[None] | None = None

    def own(self, store: Store, warm: Recovered | None) -> Recovered | None:
        """On the writer's thread: own the journal, and return the engine as of its last commit."""
        try:
            first = not self.epoch  # later on the event feed knows what was folded
            return recover(store, self._holder, self.epoch, folding=first, warm=warm)
        finally:
            self.epoch = store.epoch or self.epoch  # ours, even if the rest failed

    def doubt(self, on_lost: Callable[[], None]) -> None:
        """The journal failed: look whose it is, beside what goes on."""
        self._look = asyncio.get_running_loop().create_task(self._see(on_lost))

    async def see_that_ours(self) -> None:
        """Wait for a look that is under way, for a while.

        Raises:
            Unavailable: another service has the journal, or had it since.
        """
        if self._look is not None:
            await asyncio.wait([self._look], timeout=DOUBT_S)
        if self.replaced:
            raise Unavailable("another service has the journal: ask that one")

    async def settled(self, on_lost: Callable[[], None]) -> None:
        """Return when the look of the last failure has ended, or after a look where there was none."""
        if self._look is None:
            await self._see(on_lost)
        else:
            await asyncio.wait([self._look])
            self._look = None

    async def _see(self, on_lost: Callable[[], None]) -> None:
        """Look, on a connection of its own: the common one may have a long queue.

        It is a first look, and not waited for for long: who begins the journal again is told for certain.
        """
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(DOUBT_S):
                if await self._read_epoch() != self.epoch:
                    self.replaced = True
                    on_lost()
