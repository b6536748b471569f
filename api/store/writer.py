"""The one thread that writes: it takes what has gathered, makes it durable in one transaction, and tells the loop.

No timer: while one transaction is on its way to the disk, the next one gathers.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

from api.errors import UniqueConflict
from api.store.changes import Change
from api.store.errors import Conflict, StoreFailed
from api.store.open import Database
from api.store.rows import Batch, CommandRow, SnapshotRow
from api.store.store import Store
from callcenter.events import Event
from callcenter.units import Millis

MAX_BATCH: Final = 1_000
"""Entries in one transaction."""


@dataclass(slots=True, eq=False)
class Entry:
    """What was applied and waits to be durable: commands, what time brought about, or rows alone."""

    at: Millis
    events: Sequence[Event] = ()
    commands: Sequence[CommandRow] = ()
    changes: Sequence[Change] = ()
    snapshot: SnapshotRow | None = None
    done: "asyncio.Future[None] | None" = None
    put_at: float = 0.0
    """When it was put on its way, by the loop's time."""
    patient: bool = False
    """Whoever waits for it waits as long as it takes."""
    refused: UniqueConflict | None = field(default=None)
    """Set by the writer: a unique key of the rows was taken; the rest is durable."""


@dataclass(slots=True, eq=False)
class _Job:
    work: Callable[[Store], Any]
    done: "asyncio.Future[Any]"
    heals: bool


class Audience(Protocol):
    """Who hears what became of the entries, on the loop."""

    def committed(self, entries: list[Entry], seconds: float) -> None: ...

    def failed(self, entries: list[Entry], fault: Exception) -> None: ...


class Writer:
    """Owns the connection that writes."""

    def __init__(self, database: Database, loop: asyncio.AbstractEventLoop, audience: Audience) -> None:
        self._database = database
        self._loop = loop
        self._audience = audience
        self._queue: SimpleQueue[Entry | _Job | None] = SimpleQueue()
        self._store: Store | None = None
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Let `entry` be durable soon; `Audience` hears of it."""
        self._queue.put(entry)

    def run(self, work: Callable[[Store], Any], *, heals: bool = False) -> "asyncio.Future[Any]":
        """Let the thread do `work`, after what was put before; `heals`: on a new connection, and all is well then."""
        done: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(_Job(work, done, heals))
        return done

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    async def close(self) -> None:
        """Write what has gathered, and end."""
        self._queue.put(None)
        await self._loop.run_in_executor(None, self._thread.join)

    # --- on the thread

    def _run(self) -> None:
        going = True
        while going:
            entries, job, going = self._gather()
            if entries:
                self._write(entries)
            if job is not None:
                self._do(job)
        if self._store is not None:
            self._store.connection.close()

    def _gather(self) -> tuple[list[Entry], _Job | None, bool]:
        """Wait for something, and take what is there; a job ends the gathering, as it comes after the entries."""
        entries: list[Entry] = []
        thing = self._queue.get()
        while True:
            if thing is None:
                return entries, None, False
            if isinstance(thing, _Job):
                return entries, thing, True
            entries.append(thing)
            if len(entries) >= MAX_BATCH:
                return entries, None, True
            try:
                thing = self._queue.get_nowait()
            except Empty:
                return entries, None, True

    def _write(self, entries: list[Entry]) -> None:
        begun = self._loop.time()
        fault = self._fault
        if fault is None:
            try:
                self._commit(entries)
            except Exception as error:  # whatever it is: nobody may believe that it is durable
                fault = self._fault = error
        if fault is None:
            self._tell(self._audience.committed, entries, self._loop.time() - begun)
        else:
            self._tell(self._audience.failed, entries, fault)

    def _commit(self, entries: list[Entry]) -> None:
        if self._store is None:
            raise StoreFailed("the journal is not open")
        try:
            self._store.write(_batch(entries))
        except Conflict:
            for entry in entries:
                self._commit_alone(self._store, entry)

    @staticmethod
    def _commit_alone(store: Store, entry: Entry) -> None:
        """Keep one entry; if a key of its rows is taken, without its rows: the engine has it, so must the journal."""
        try:
            store.write(_batch([entry]))
        except Conflict:
            if not entry.changes:
                raise
            first = entry.changes[0]
            entry.refused = UniqueConflict(first.table, getattr(first, "values", {}))
            entry.changes = ()
            if entry.commands or entry.events:
                store.write(_batch([entry]))

    def _do(self, job: _Job) -> None:
        try:
            if job.heals:
                if self._store is not None:
                    self._store.connection.close()
                    self._store = None
                self._store = self._database.writer()
            elif self._fault is not None or self._store is None:
                raise StoreFailed(str(self._fault or "the journal is not open"))
            found = job.work(self._store)
            if job.heals:
                self._fault = None
        except BaseException as error:  # the one who asked hears of it
            if job.heals:
                self._fault = error if isinstance(error, Exception) else StoreFailed(repr(error))
                if self._store is not None:  # whoever can have the journal may have it
                    self._store.connection.close()
                    self._store = None
            self._tell(_fail, job.done, error)
        else:
            self._tell(_resolve, job.done, found)

    def _tell(self, what: Callable[..., None], *arguments: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *arguments)


def _batch(entries: list[Entry]) -> Batch:
    batch = Batch(reached=entries[-1].at)
    for entry in entries:
        batch.commands += entry.commands
        batch.events += entry.events
        batch.changes += entry.changes
        if entry.snapshot is not None:
            batch.snapshot = entry.snapshot
    return batch


def _resolve(done: "asyncio.Future[Any]", found: object) -> None:
    if not done.done():
        done.set_result(found)


def _fail(done: "asyncio.Future[Any]", error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
