"""Entries on their way to the disk: durable in the order in which they were put, then published, then answered.

A batch waits while a call in it is about to be in doubt: whoever hears that an agent was found for it hears in the same
breath that nobody is to ring.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from api.errors import Unavailable
from api.live.pending import Pending
from api.live.protocol import Limits
from api.live.subscribers import Listeners
from api.store.errors import StoreFailed
from api.store.open import Database
from api.store.store import Store
from api.store.writer import Entry, Writer
from callcenter.events import Event
from callcenter.language.said import said
from callcenter.units import SECOND

T = TypeVar("T")
Batch = tuple[list[Entry], float]


class Commits:
    """Hands entries to the writer, and tells followers, subscribers and those who wait what became of them."""

    def __init__(self, database: Database, limits: Limits, on_failure: Callable[[Exception], None]) -> None:
        self.limits = limits
        self.listeners = Listeners()
        self.followers: list[Callable[[Sequence[Event]], None]] = []
        """Told of each commit's events before those who wait are answered."""
        self.on_commit: list[Callable[[float, int], None]] = []
        """Told, after each commit, how many seconds it took and how many entries it had."""
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._pending = Pending(self._loop.time)
        self._overdue: asyncio.TimerHandle | None = None
        """Rings when the oldest of what is waited for may have taken too long."""
        self._ready: list[Batch] = []
        """Durable and not yet published."""
        self._until: set[Entry] = set()
        """Nothing is published before these have landed."""
        self._writer = Writer(database, self._loop, self)

    # --- on the way

    def put(self, entry: Entry) -> None:
        """Let an entry be durable soon."""
        self._pending.put(entry)
        self._writer.put(entry)
        if self._overdue is None:
            self._overdue = self._loop.call_later(self.limits.answer_ms / SECOND, self._answer_the_overdue)

    def hold(self, until: Entry) -> None:
        """Publish nothing before this entry has landed; it was put before: what could not be put never lands."""
        self._until.add(until)

    async def run(self, work: Callable[[Store], T], *, heals: bool = False) -> T:
        """Do `work` on the writer's thread, after what was put before.

        Args:
            work: What is done.
            heals: On a new connection; if that goes well, so does what is put from now on.
        """
        found: T = await self._writer.run(work, heals=heals)
        return found

    async def change(self, work: Callable[[Store], T]) -> T:
        """Do `work` in a transaction of its own.

        Raises:
            Unavailable: the database cannot be changed.
        """
        try:
            return await self.run(lambda store: store.change(work))
        except StoreFailed as fault:
            raise Unavailable(said("the database cannot be changed: {fault}", fault=fault)) from fault

    async def settled(self) -> None:
        """Return when all that was put before has landed."""
        if self.backlog:
            await self.run(lambda _store: None)

    async def close(self) -> None:
        """Write what has gathered, and end."""
        await self._writer.close()

    def be_quiet(self) -> None:
        """Answer the overdue no more, and let subscribers go."""
        if self._overdue is not None:
            self._overdue.cancel()
        self.listeners.close()

    def _answer_the_overdue(self) -> None:
        """Answer those who have waited long enough: nobody knows whether it will be durable."""
        limit_s = self.limits.answer_ms / SECOND
        for entry in list(self._pending.overdue(limit_s)):
            assert entry.done is not None
            entry.done.set_exception(Unavailable(said("nothing became durable within {seconds:g} s", seconds=limit_s)))
        self._overdue = None
        if self.backlog:
            wait_s = max(limit_s - self._pending.age_s, limit_s / 20)
            self._overdue = self._loop.call_later(wait_s, self._answer_the_overdue)

    # --- how much there is

    @property
    def backlog(self) -> int:
        """Entries applied and not yet durable."""
        return len(self._pending)

    @property
    def waits_s(self) -> float:
        """For how many seconds the oldest has been on its way."""
        return self._pending.age_s

    @property
    def behind(self) -> bool:
        """Tell whether too much waits to be durable, or waits for too long: nothing more is added to it."""
        return self.backlog >= self.limits.backlog or self._pending.age_s * SECOND > self.limits.answer_ms

    def in_flight(self) -> Iterator[Event]:
        """Return what happened and is not durable yet, oldest first."""
        return self._pending.events()

    def problems(self) -> Iterator[str]:
        """Yield why nothing, or too little, becomes durable."""
        if not self._writer.alive:
            yield said("journal: its writer has ended")
        if (stuck := self._pending.stuck_s) > self.limits.stuck_ms / SECOND:
            yield said("journal: nothing became durable for {seconds:.1f} s", seconds=stuck)
        if self.backlog >= self.limits.backlog:
            yield said("journal: behind, too much waits to be durable")

    # --- what the writer tells

    def committed(self, entries: list[Entry], seconds: float) -> None:
        """Publish what is durable, then answer."""
        self._pending.landed(entries)
        self._ready.append((entries, seconds))
        self._until.difference_update(entries)
        if any(entry.done is not None and entry.done.done() for entry in entries):
            # Somebody gave up waiting a moment ago: let them say first what is to be in doubt.
            self._loop.call_soon(self._publish_ready)
        else:
            self._publish_ready()

    def failed(self, entries: list[Entry], fault: Exception) -> None:
        """Publish what is durable, and answer that nothing of these is."""
        self._pending.landed(entries)
        self._until.difference_update(entries)
        self._publish_ready()
        self._on_failure(fault)
        for entry in entries:
            if entry.done is not None and not entry.done.done():
                entry.done.set_exception(Unavailable(said("the journal failed: {fault}", fault=fault)))

    def _publish_ready(self) -> None:
        if not self._ready or self._until:
            return
        ready, self._ready = self._ready, []
        # What was held back is published together.
        entries = [entry for batch, _ in ready for entry in batch]
        events = [event for entry in entries for event in entry.events]
        if events:
            self.listeners.publish(events)
            for follower in self.followers:
                follower(events)
        for entry in entries:
            if entry.done is not None and not entry.done.done():
                entry.done.set_result(None)
        seconds = max(seconds for _, seconds in ready)
        for hear in self.on_commit:
            hear(seconds, len(entries))
