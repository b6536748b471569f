"""Periodic work: started by the engine's timer, one run at a time, beside the calls."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress

from callcenter.units import Millis


class Periodic(ABC):
    """Begins its work when it is time and the last is done; who inherits says what the work is."""

    def __init__(self, every: Millis) -> None:
        self._every = every
        self._next = Millis(0)
        self._running: asyncio.Task[None] | None = None

    def tick(self, now: Millis) -> None:
        """Begin, if it is time."""
        if now >= self._next and (self._running is None or self._running.done()):
            self._next = Millis(now + self._every)
            if self._due(now):
                self._running = asyncio.get_running_loop().create_task(self._run(now))

    def _due(self, now: Millis) -> bool:
        """Tell whether there is anything to do."""
        return True

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def settled(self) -> None:
        """Return when what has begun is done."""
        if self._running is not None:
            await asyncio.wait([self._running])

    @abstractmethod
    async def _run(self, now: Millis) -> None:
        """Do the work; what fails and may be tried again is logged here."""
