"""Committed batches, handed on in the order in which they became durable.

A batch waits while a call in it is about to be in doubt: whoever hears that an agent was found for it hears in the same
breath that nobody is to ring.
"""

import asyncio
from collections.abc import Callable

from api.store.writer import Entry

Batch = tuple[list[Entry], float]


class Publishing:
    """Hands batches on, and holds them back."""

    def __init__(self, loop: asyncio.AbstractEventLoop, hand_on: Callable[[list[Entry], float], None]) -> None:
        self._loop = loop
        self._hand_on = hand_on
        self._ready: list[Batch] = []
        self._until: set[Entry] = set()
        """Nothing is handed on before these have landed."""

    def hold(self, until: Entry) -> None:
        """Hand nothing on before this entry has landed."""
        self._until.add(until)

    def landed(self, entries: list[Entry], seconds: float) -> None:
        """Take a batch that is durable."""
        self._ready.append((entries, seconds))
        self._until.difference_update(entries)
        if any(entry.done is not None and entry.done.done() for entry in entries):
            # Somebody gave up waiting a moment ago: let them say first what is to be in doubt.
            self._loop.call_soon(self._go_on)
        else:
            self._go_on()

    def lost(self, entries: list[Entry]) -> None:
        """These will never land; what is durable is handed on."""
        self._until.difference_update(entries)
        self._go_on()

    def _go_on(self) -> None:
        if self._ready and not self._until:
            ready, self._ready = self._ready, []
            # What was held back is published together.
            self._hand_on([entry for entries, _ in ready for entry in entries], max(seconds for _, seconds in ready))
