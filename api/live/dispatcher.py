"""The live engine: one engine, one clock, one asyncio timer, one journal writer.

What is applied is journaled, committed, then published. If a commit fails, nobody is told that it went well: no
command is taken until the engine is what it was at the last commit, from snapshot and journal.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from hashlib import sha256
from typing import Final, TypeVar

from api.errors import Unavailable
from api.live.clock import Clock, LiveClock
from api.live.commits import Commits
from api.live.engine import JournaledEngine
from api.live.ownership import Ownership
from api.live.pending import Held
from api.live.protocol import Limits, LiveEngine, UnitOfWork
from api.live.reader import Reading
from api.live.snapshot_schedule import Snapshots
from api.live.timer import Timer
from api.recovery.restore import Recovered
from api.state.projections import Projections
from api.store.changes import Change, Changes, Delete, Row, Told, Value, check
from api.store.codec import write_line
from api.store.encryption import Clear, Vault
from api.store.errors import BadJournal, Replaced, StoreFailed
from api.store.objects import form
from api.store.open import Database
from api.store.rows import CommandRow, FoldedRow, SnapshotRow
from api.store.store import Store
from api.store.writer import Entry
from callcenter.centre import Centre, with_zones
from callcenter.commands import AdoptCentre, Command, Resume, SuspendCall
from callcenter.events import Event
from callcenter.ids import CallId
from callcenter.language.said import said, text_of
from callcenter.units import SECOND, Millis
from routing.engine import RoutingEngine

LOG: Final = logging.getLogger("callcenter.live")
T = TypeVar("T")
MakeClock = Callable[[Millis | None], Clock]
FILED: Final = "centre:filed"
"""The setting that says which centre the file had when it was last put in force."""
NOT_FOLDED: Final = 5_000
"""So many events may be missing in projections that are stored: the next start folds them."""


class Dispatcher(LiveEngine):
    """Drives one engine by one clock, and keeps what it decided."""

    def __init__(self, centre: Centre, database: Database, clock: Clock | MakeClock, limits: Limits) -> None:
        self.limits = limits
        self.database = database
        self.derive = []
        self.on_tick: list[Callable[[Millis], None]] = []
        """Told the time after each tick: what is no business of the engine's goes by the same timer."""
        self.on_end: list[Callable[[], None]] = []
        """Told that the service must end: it was replaced, and may come back with nothing remembered."""
        self.clock: Clock
        self.last_tick: Millis | None = None
        self.recoveries = 0
        self._held: Held | None = None
        """What is told now is kept here, to be durable in one transaction."""
        self._wished, self._given_clock = centre, clock
        self.projections = Projections(centre)
        self._warm: Recovered | None = None
        self._journaled = JournaledEngine(RoutingEngine(centre))
        self._loop = asyncio.get_running_loop()
        self._in_doubt: dict[CallId, str] = {}
        """Calls whose posters gave up when the journal failed: nobody knows yet whether they are in it."""
        self._reading = Reading(database, self._loop)
        self.ownership = Ownership(database.holder, lambda: self.read(lambda store: store.head().epoch, apart=True))
        self._snapshots = Snapshots(database.address, limits.snapshot_every, limits.snapshot_here)
        self._trouble: str | None = "starting"
        self._recovery: asyncio.Task[None] | None = None
        self._timer = Timer(self._loop, self._wake)
        self._ticked_at = self._loop.time()
        self._beginning = self._closing = False
        self.commits = Commits(database, limits, self._journal_failed)
        self.on_commit = self.commits.on_commit

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        centre: Centre,
        database: str,
        *,
        clock: Clock | MakeClock = LiveClock,
        limits: Limits | None = None,
        vault: Vault | None = None,
        warm: Recovered | None = None,
    ) -> AsyncIterator["Dispatcher"]:
        """Give the live engine of `database`, going on where it ended; at the end it is closed.

        Args:
            centre: In force from now on.
            database: A path, sqlite:///path or postgresql://…
            clock: What makes a clock that is never before the given instant, or a clock.
            limits: How much may gather.
            vault: How callers' numbers are kept (None: as they are).
            warm: What has followed the journal until a moment ago.

        Raises:
            BadJournal: another service has the database; it is damaged or newer; or calls live in it that the centre
                has no place for.
            StoreFailed: the database cannot be reached.
        """
        live = cls(centre, Database(database, vault=vault or Clear()), clock, limits or Limits())
        live._warm = warm
        try:
            await live._start()
            yield live
        finally:
            await live._close()

    # --- what routes do

    @property
    def engine(self) -> RoutingEngine:
        return self._journaled.engine

    @property
    def trouble(self) -> str | None:
        return self._trouble

    async def see_that_ours(self) -> None:
        await self.ownership.see_that_ours()

    @property
    def vault(self) -> Vault:
        return self.database.vault

    @property
    def backlog(self) -> int:
        return self.commits.backlog

    @property
    def waits_s(self) -> float:
        return self.commits.waits_s

    @property
    def last_seq(self) -> int:
        """The number of the last committed event."""
        return self.commits.listeners.last

    def now(self) -> Millis:
        return self.clock.now()

    async def tell(self, command: Command, rows: Changes = ()) -> Told:
        self._see_that_ready()
        return await self._tell(command, rows)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        held = self._held = Held(self.clock.now(), patient=self._beginning)
        try:
            yield held
        finally:
            self._held = None
            if held.anything:
                held.done = self._loop.create_future()
                self._put(held)

    def wish(self, centre: Centre) -> None:
        self._wished = centre
        self._put(Entry(self.clock.now(), changes=self._filed()))

    def _filed(self) -> tuple[Change, ...]:
        """Return the rows that say what the centre file said last."""
        row = {"name": FILED, "value": sha256(write_line(AdoptCentre(self._wished)).encode()).hexdigest()}
        return (Delete("settings", {"name": FILED}), Row("settings", row))

    def suspend(self, call_id: CallId, cause: str) -> bool:
        if self._trouble is not None:
            self._in_doubt[call_id] = cause
            return True
        if not self.engine.has(call_id):
            return False
        done = self._journaled.carry_out(self._journaled.ask(SuspendCall(call_id, cause), ()), self.clock.now())
        entry = Entry(done.told.now, done.told.events, (done.row,), patient=True)
        self._put(entry)
        self.commits.hold(entry)
        return True

    def in_flight(self) -> Iterator[Event]:
        return self.commits.in_flight()

    async def keep(self, *changes: Change) -> None:
        self._see_that_ready()
        check(changes)
        taken = self._journaled.keys.take(changes)
        if taken is not None:
            raise taken
        if self._held is not None:
            self._held.keep(*changes)
            return
        await self._durable(Entry(self.clock.now(), changes=changes))

    async def settled(self) -> None:
        await self.commits.settled()

    async def find(
        self, table: str, where: Mapping[str, object] | None = None, *, order: str | None = None, limit: int = 1_000
    ) -> list[dict[str, Value]]:
        return await self._reading.ask(lambda store: store.find(table, where, order, limit))

    async def read(self, question: Callable[[Store], T], *, apart: bool = False) -> T:
        if not apart:
            return await self._reading.ask(question)
        reading = Reading(self.database, self._loop)
        try:
            return await reading.ask(question)
        finally:
            reading.close(wait=False)

    async def change(self, work: Callable[[Store], T]) -> T:
        self._see_that_ready()
        return await self.commits.change(work)

    async def events_after(self, seq: int, limit: int) -> list[Event]:
        recent = self.commits.listeners.recent(seq, limit)
        if recent is not None:
            return recent
        return await self._reading.ask(lambda store: store.events_after(seq, limit))

    def follow(self, hear: Callable[[Sequence[Event]], None]) -> None:
        self.commits.followers.append(hear)

    def stream(self, after: int) -> AsyncIterator[Event]:
        return self.commits.listeners.stream(after, self.events_after)

    def problems(self) -> list[str]:
        found: list[str] = []
        late = self.limits.late_ms / SECOND
        now = self._loop.time()
        if self._trouble is not None:
            found.append(said("journal: {why}", why=self._trouble))
        found += self.commits.problems()
        if now - self._ticked_at > late + self.limits.tick_ms / SECOND:
            found.append(said("dispatcher: no tick for {seconds:.0f} s", seconds=now - self._ticked_at))
        return found

    # --- the walk of a command

    def _see_that_ready(self) -> None:
        if self._trouble is not None:
            raise Unavailable(said("the journal is not ready: {why}", why=self._trouble))
        if self.commits.behind:
            raise Unavailable("the journal is behind: too much waits to be durable")

    async def _tell(self, command: Command, rows: Changes) -> Told:
        # No await from here to the entry on its way: that is the lock.
        asked = self._journaled.ask(command, rows)
        try:
            done = self._journaled.carry_out(asked, self.clock.now())
        except Exception as fault:
            self._fell(fault)
            raise
        told = done.told
        if self._held is not None:
            self._held.add(done.row, told.events, done.changes)
        else:
            await self._durable(Entry(told.now, told.events, (done.row,), done.changes))
        if done.taken is not None:
            raise done.taken
        return told

    async def _durable(self, entry: Entry) -> None:
        """Put `entry` on its way, and wait until it is there."""
        entry.done = self._loop.create_future()
        entry.patient = self._beginning  # a start waits for a slow disk
        self._put(entry)
        await entry.done
        if entry.refused is not None:
            raise entry.refused

    def _put(self, entry: Entry) -> None:
        if entry.events:
            try:
                for derive in self.derive:
                    if more := derive(entry.events):
                        entry.changes = (*entry.changes, *more)
            except Exception as fault:
                self._fell(fault)
                raise
        if entry.commands and self._snapshots.due(self._journaled.n):
            if self._snapshots.small:
                entry.snapshot = self._snapshot(entry.at)
            else:
                self._snapshots.make_beside(self._journaled.n, self._keep_snapshot)
        self.commits.put(entry)
        self._set_timer()

    @contextmanager
    def _breakable(self) -> Iterator[None]:
        try:
            yield
        except Exception as fault:
            self._fell(fault)
            raise

    def _fell(self, fault: Exception) -> None:
        """A fault of ours in the middle of a decision: nobody may go on from there; the journal knows what was."""
        LOG.exception("the engine failed; it is rebuilt from the journal")
        self._break(f"the engine failed ({type(fault).__name__})")

    def _keep_snapshot(self, row: SnapshotRow) -> None:
        if self._trouble is None:
            self._put(Entry(self.clock.now(), snapshot=row))

    # --- time

    def _set_timer(self) -> None:
        """Wake at the engine's next deadline, and now and then in any case; an early wake-up changes nothing."""
        delay = self.limits.tick_ms
        if self._trouble is None and not self.commits.behind:
            try:
                due = self.engine.due_at()
            except Exception as fault:  # without a timer nothing would ever be tried again
                self._fell(fault)
            else:
                delay = delay if due is None else min(max(due - self.clock.now(), 0), delay)
        self._timer.wish(delay / SECOND)

    def _wake(self) -> None:
        if not self._closing:
            try:
                self.tick()
            finally:
                self._set_timer()

    def tick(self) -> None:
        """Carry out what is due by now, and have the instant journaled; the timer does this by itself."""
        self._ticked_at = self._loop.time()
        if self._trouble is not None:
            if not self._beginning:
                self._beginning = True
                self._recovery = self._loop.create_task(self._recover())
            return
        if self.commits.behind:
            return  # deadlines carry their own instant: being late changes nothing
        now = self.clock.now()
        with self._breakable():
            events = self._journaled.advance(now)
        if events or self.last_tick is None or now - self.last_tick >= self.limits.tick_ms:
            self._put(Entry(now, events))
            self.last_tick = now
        for hear_time in self.on_tick:
            hear_time(now)

    # --- start, rebuild, end

    def _journal_failed(self, fault: Exception) -> None:
        """Take nothing more."""
        if self._trouble is None:
            LOG.error("the journal failed: %s", fault)
            self.ownership.doubt(self._lost)
        self._break(text_of(fault))

    def _lost(self) -> None:
        self._trouble = said("another service has it")

    def _break(self, why: str) -> None:
        self._trouble = why
        self._journaled.keys.clear()

    async def _recover(self) -> None:
        """Try to have the engine again as it was at the last commit; if that fails, the next tick tries again."""
        try:
            await self.ownership.settled(self._lost)
            await self._begin()
        except Replaced as fault:  # routes remember more than the engine: keys, names, customers
            self._trouble, self.ownership.replaced, self._closing = text_of(fault), True, True
            for end in self.on_end:
                end()
        except (StoreFailed, BadJournal, Unavailable) as fault:
            self._trouble = text_of(fault)
        except Exception as fault:
            LOG.exception("the engine cannot be rebuilt; it is tried again")
            self._trouble = said("the engine cannot be rebuilt ({kind})", kind=type(fault).__name__)
        else:
            self.recoveries += 1
            LOG.warning("the journal is back: resumed after event %d", self.last_seq)
        finally:
            self._beginning = False

    async def _start(self) -> None:
        await self._begin()
        self.tick()
        self._set_timer()

    async def _begin(self) -> None:
        """Recover, and resume; or begin the journal. The timer must not begin it again while a slow disk is at it."""
        self._beginning = True
        try:
            await self._begin_once()
        finally:
            self._beginning = False

    async def _begin_once(self) -> None:
        warm, self._warm = self._warm, None
        recovered = await self.commits.run(lambda store: self.ownership.own(store, warm), heals=True)
        if not hasattr(self, "clock"):
            given = self._given_clock
            reached = recovered.head.reached if recovered is not None else None
            self.clock = given(reached) if callable(given) else given
        if recovered is None:
            await self._found()
        else:
            head = recovered.head
            if recovered.projections is not None:
                self.projections = recovered.projections
                self.projections.all_folded()
            self._journaled.begin(recovered.engine, head.last_n, head.last_seq, recovered.centre_n)
            self._snapshots.begin(recovered.snapshot_n, head.last_n, recovered.size)
            self.commits.listeners.start(head.last_seq)
            reached = head.reached
            gap = 0 if reached is None else max(self.clock.now() - reached, 0)
            with self.unit_of_work() as told:
                await self._tell(Resume(gap), ())
                for call_id, cause in self._in_doubt.items():
                    if self.engine.has(call_id):
                        await self._tell(SuspendCall(call_id, cause), ())
            await told.durable()
            self._in_doubt.clear()
            await self._adopt()
        self._trouble = None

    async def _found(self) -> None:
        """Begin a journal: its first command adopts the centre, which makes the engine and opens the doors."""
        now = self.clock.now()
        self._journaled.begin(RoutingEngine(self._wished), n=1, centre_n=1)
        row = CommandRow(1, now, write_line(AdoptCentre(self._wished)), None, 0)
        events = self._journaled.advance(now)
        self._snapshots.begin(1, 1, 0)
        await self._durable(Entry(now, events, (row,), self._filed()))

    async def _adopt(self) -> None:
        """Put the centre of the file in force, if the file says another than when it last was.

        Else what is in force stays, though it came over HTTP. The engine keeps the time zones of customers it knows.
        """
        filed = self._filed()
        before = await self.commits.run(lambda store: store.find("settings", {"name": FILED}, None, 1))
        if before and isinstance(row := filed[1], Row) and before[0]["value"] == row.values["value"]:
            return
        wished = with_zones(self._wished, self.engine.centre.zones)
        if write_line(AdoptCentre(self.engine.centre)) == write_line(AdoptCentre(wished)):
            await self._durable(Entry(self.clock.now(), changes=filed))
            return
        told = await self._tell(AdoptCentre(wished), filed)
        if told.refusal is not None:
            raise BadJournal("--centre: {refusal}", refusal=told.refusal)

    async def _close(self) -> None:
        self._closing = True
        self._timer.cancel()
        if self._recovery is not None:
            self._recovery.cancel()
            await asyncio.wait([self._recovery])
        await self._snapshots.close()
        self.commits.be_quiet()
        if self._trouble is None:
            with self._breakable():
                self._last_words()
        self._trouble = said("the service ends")
        await self.commits.close()
        self._reading.close()
        self.database.release()

    def _last_words(self) -> None:
        """Journal the last instant, with a snapshot: the next start has nothing to replay."""
        now = self.clock.now()
        events = self._journaled.advance(now)
        self._put(Entry(now, events, snapshot=self._snapshot(now)))

    def _snapshot(self, now: Millis) -> SnapshotRow:
        """Return the engine as it is, and the projections as they are of what was published, if anybody folds them."""
        row = self._journaled.copy(self._snapshots, now)
        if self._journaled.seq - self.projections.seq <= NOT_FOLDED:
            row.folded = FoldedRow(self.projections.seq, form(), self.projections.saved())
        return row
