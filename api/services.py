"""The desk: what all routes share. It tells the live engine, and hears each committed event once, in order."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from typing import Final

from api.auth.audit import audit_row, principal
from api.auth.key_use import KeyUse
from api.auth.keys import Access, Key, Tokens
from api.auth.sessions import Sessions, idle_and_longest
from api.customers.complaints.open_cases import Cases
from api.customers.directory.directory import Customers
from api.customers.directory.key_accounts import Managers
from api.customers.directory.retention import Retention
from api.customers.metrics import CustomerFigures
from api.customers.projection import CustomerProjection
from api.customers.schedule import Sweep
from api.customers.tiers.regrading import GradeStep
from api.customers.tiers.standings import Standings
from api.http.vocabulary import Names
from api.live.overlay import Overlay
from api.live.protocol import LiveEngine, Together
from api.live.pruning import Pruning
from api.live.suspended import SuspendedCalls
from api.settings import Settings
from api.state.call_ids import call_name
from api.state.centre_versions import CentreVersions
from api.state.event_stream import Broadcast
from api.state.history import History
from api.state.projections import COUNTS
from api.state.wall import Wall
from api.store.changes import Change, Changes, Delete, Row, Told
from api.store.store import Store
from api.telemetry import logs
from api.telemetry.metrics import Metrics
from api.telemetry.spans import ended, spans_of
from api.telemetry.traces import Traces
from api.webhooks.endpoints import Webhooks
from callcenter.commands import Command
from callcenter.errors import CallCenterError
from callcenter.events import Event
from callcenter.metrics.catalogue import BOARD_FAULTS, Series
from callcenter.metrics.numbers import Samples
from callcenter.remembered import Marks, checksum

LOG: Final = logging.getLogger("callcenter")
AT_ONCE: Final = 5_000
"""Events read in one go when the past is heard at the start."""
RETRY_S: Final = 0.05
MOST_NAMES: Final = 400_000
NAMES_AT_ONCE: Final = 2_000
COUNTS_EVERY_S: Final = 3_600
"""How often the metrics' counts are saved for other versions; events are kept for days, and tell what came after."""


Afterwards = tuple[Callable[[], None], Callable[[], None] | None]


class Services:
    """The parts, put together once per process."""

    def __init__(self, live: LiveEngine, access: Access, settings: Settings) -> None:
        self.live = live
        self.access = access
        self.settings = settings
        self.tokens = Tokens()
        self.projections = live.projections
        self.board = self.projections.board
        self.customers = Customers(live, Managers(live, self.board.agents.__contains__))
        self.standings = Standings(self)
        self.grade_step = GradeStep.of(settings, self.standings.tiers)
        """The ladder that tiers follow, if there is one."""
        self.cases = Cases(self)
        self.projection = CustomerProjection(self)
        self.sweep = Sweep(self)
        self.retention = Retention(self)
        self.history = History(self)
        self.centres = CentreVersions(self)
        self.pruning = Pruning(live, settings.keep_journal_days, settings.journal_archive)
        self.suspended_calls = SuspendedCalls(self)
        self.key_use = KeyUse(live, access)
        self.sessions = Sessions(live, access, **idle_and_longest(settings))
        self.broadcast = Broadcast()
        self.wall = Wall(self)
        self.traces = None if settings.traces is None else Traces(settings.traces, version("callcenter"))
        self.metrics = Metrics(live, self.problems)
        self.customer_figures = CustomerFigures(self)
        self.metrics.sources.append(self.customer_figures.readings)
        self.metrics.sources.append(self._readings)
        self.hooks = Webhooks(live, private=settings.webhook_private)
        self._names_of = Names(live.engine.centre)
        self.contacts: dict[str, str] = {}
        """Agent → how their phone is reached."""
        self.silent_since: dict[str, int] = {}
        self.seen: dict[str, int] = {}
        """Agent → the last heartbeat."""
        self._names: dict[tuple[str, str], str] = {}
        """(source, external id) → call, where its id does not follow from this: aliases, and names that came again."""
        self._posted = Marks(MOST_NAMES)
        """Checksums of names."""
        self._all_posted = False
        """They are those of every name there is: what is not among them was never posted."""
        self._learning: asyncio.Task[None] | None = None
        """Reads the names that were posted before this service began."""
        self.ends = False
        """Asked to end: no new calls are taken."""
        self.running: set[tuple[str, str]] = set()
        """Idempotency keys of requests that are being carried out."""
        self.afterwards: list[Afterwards] = []
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._reading: asyncio.Task[None] | None = None
        """Reads what was published while the board was not told of it."""
        self._saving: asyncio.Task[None] | None = None
        self._hears = False
        self._stuck = False
        """What was missed cannot be read, or somebody falls over it."""
        self.faults = 0
        """How often somebody who listens failed on an event."""

    # --- beginning and end

    async def start(self) -> None:
        """Load what the routes look up, and listen from where the projections stand."""
        await self.sessions.load()
        await self.standings.load()
        await self.projection.load()
        await self.customers.start()
        await self.cases.load()
        for row in await self.live.find("settings", limit=100_000):
            name = str(row["name"])
            if name.startswith("contact:"):
                self.contacts[name.removeprefix("contact:")] = str(row["value"])
        await self.centres.note()
        await self.hooks.start()
        await self.history.start()
        while events := await self.live.events_after(self.board.seq, AT_ONCE):
            self.hear(events, past=True)
        self.live.follow(self._published)  # no await since the last look: nothing is missed
        self._hears = True
        self._saving = asyncio.create_task(self._save_now_and_then())
        self._learning = asyncio.create_task(self._learn_names())
        self.sweep.tick(self.live.now())
        on_tick = getattr(self.live, "on_tick", None)
        if on_tick is not None:
            on_tick.append(self.sweep.tick)
            on_tick.append(self.retention.tick)
            on_tick.append(self.pruning.tick)
            on_tick.append(self.suspended_calls.tick)
            on_tick.append(self.key_use.tick)
            on_tick.append(self.sessions.tick)
            on_tick.append(self.history.tick)

    async def stop(self) -> None:
        """Let streams end and web hooks rest; what is not sent stays in the outbox."""
        self._hears = False
        self.broadcast.close()
        await self.sweep.stop()
        await self.retention.stop()
        await self.pruning.stop()
        await self.suspended_calls.stop()
        await self.key_use.stop()
        await self.sessions.stop()
        await self.projection.stop()
        await self.history.stop()
        await self.hooks.stop()
        await self.customers.stop()
        for task in (self._reading, self._saving, self._learning):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self._save_counts()
        if self.traces is not None:
            await self.traces.close()

    async def _save_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(COUNTS_EVERY_S)
            await self._save_counts()

    async def _save_counts(self) -> None:
        """Save what the metrics counted: one that counted less after a restart would look like a reset."""
        row = {"name": COUNTS, "value": self.projections.counts()}
        try:
            await self.live.keep(Delete("settings", {"name": COUNTS}), Row("settings", row))
        except CallCenterError as fault:
            LOG.warning("the metrics' counts could not be saved: %s", fault)

    def problems(self) -> list[str]:
        """Return why the service is not ready (empty: ready)."""
        found = self.live.problems()
        if self.ends:
            found.append("service: ends, and takes no new calls")
        return [*found, "board: nobody listens to the events"] if self.deaf else found

    @property
    def deaf(self) -> bool:
        """Tell whether events are published that the board does not hear."""
        return not self._hears or self._stuck

    def _readings(self, now: int) -> Iterator[tuple[Series, Samples]]:
        yield BOARD_FAULTS, {(): self.faults}

    # --- telling and hearing

    async def tell(self, command: Command, changes: Changes = ()) -> Told:
        """Tell the engine, and return when its answer is durable and the board knows it.

        Raises:
            Refusal: it names what the centre has not; the journal is not told of it.
        """
        centre = self.live.engine.centre
        if self._names_of.centre is not centre:
            self._names_of = Names(centre)
        self._names_of.check(command)
        told = await self.live.tell(command, changes)
        await self.know(told)
        return told

    async def know(self, told: Told) -> None:
        """Return when the board has heard what was told."""
        events = told.events
        if not events or events[-1].seq <= self.board.seq:
            return
        if isinstance(self.board, Overlay):
            self.board.fold(events)
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append((events[-1].seq, waiter))
        await waiter

    @contextmanager
    def in_transaction(self) -> Iterator[Together]:
        """Let routes tell and see what comes of it before it is durable; the block awaits nothing.

        What is to be remembered of it waits in `afterwards`.
        """
        durable = self.board
        with self.live.together() as told:
            self.board = Overlay(durable, self.live.in_flight())
            try:
                yield told
            finally:
                self.board = durable

    def when_durable(self, act: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        """Carry out `act` when what was told before is durable, which it is by now unless it is told in one breath."""
        if isinstance(self.board, Overlay):
            self.afterwards.append((act, otherwise))
        else:
            act()

    def settle(self, afterwards: "Sequence[Afterwards]", *, durable: bool) -> None:
        """Carry out what waited."""
        for act, otherwise in afterwards:
            if durable:
                act()
            elif otherwise is not None:
                otherwise()

    def _published(self, events: Sequence[Event]) -> None:
        """Hear what was committed a moment ago; after a gap (the journal was rebuilt) the store tells first."""
        if self._reading is not None:
            return
        if events[0].seq <= self.board.seq + 1:
            try:
                self.hear(events)
                return
            except Exception:
                self.faults += 1
                LOG.exception("the board failed on event %d; it goes on after it", self.board.seq)
        self._reading = asyncio.create_task(self._read_on())

    async def _read_on(self) -> None:
        """Hear what was missed, however often that fails."""
        try:
            while True:
                try:
                    events = await self.live.events_after(self.board.seq, AT_ONCE)
                    self._stuck = False
                    if not events:
                        return
                    self.hear(events)
                except Exception:
                    self._stuck = True
                    self.faults += 1
                    LOG.exception("the board stays at event %d for now", self.board.seq)
                    await asyncio.sleep(RETRY_S)
        finally:
            self._reading = None

    def hear(self, events: Sequence[Event], *, past: bool = False) -> None:
        """Let everyone hear what happened, once and in order."""
        known = self.board.seq
        if events and events[0].seq <= known:
            events = [event for event in events if event.seq > known]
        if not events:
            return
        self.projections.fold(events, self.live.engine.centre)
        self.projection.fold(events)
        self.history.hear(events)
        if not past:
            self.broadcast.push(events)
            self.hooks.push(events)
            self._recount(events)
        if self._waiters:
            self._wake()

    def _recount(self, events: Sequence[Event]) -> None:
        """Tell logs and traces which parts of a contact's way are over."""
        board = self.board
        if logs.CALLS.isEnabledFor(logging.INFO):
            logs.tell(span for event in events for span in ended(event, board))
        if self.traces is not None:
            self.traces.hear(span for event in events for span in spans_of(event, board))

    def _wake(self) -> None:
        reached = self.board.seq
        for seq, waiter in self._waiters:
            if seq <= reached and not waiter.done():
                waiter.set_result(None)
        self._waiters = [(seq, waiter) for seq, waiter in self._waiters if seq > reached]

    # --- names

    def name(self, source: str, external_id: str, call_id: str, caller: int | None = None) -> None:
        """Remember what a telephony system calls a call, when it is durable; its newest name is shown.

        `caller`: what the caller is compared by (`call_names.print_of`), where this is how the call came.
        """
        self.when_durable(partial(self._name, source, external_id, call_id, caller))

    def _name(self, source: str, external_id: str, call_id: str, caller: int | None = None) -> None:
        name = (source, external_id)
        self._posted.add(_sum_of(name))
        if self._posted.marked > MOST_NAMES:
            self._all_posted = False
            self._posted = Marks(MOST_NAMES)
        line = self.board.call(call_id)
        if line is not None:
            if line.external_id not in (None, external_id):  # its old name does not lead to it any more
                self._remember_name((line.source or source, line.external_id or ""), call_id)
            line.source, line.external_id = source, external_id
            if caller is not None:
                line.caller = caller
        if call_id != call_name(self.settings.call_ids, source, external_id):
            self._remember_name(name, call_id)

    def _remember_name(self, name: tuple[str, str], call_id: str) -> None:
        self._names[name] = call_id
        if len(self._names) > MOST_NAMES:
            for old in list(self._names)[: MOST_NAMES // 2]:
                del self._names[old]

    async def _learn_names(self) -> None:
        """Read which names were posted before: who posts another one need not be looked up."""
        last, known = (0, "", ""), 0
        try:
            while True:
                names = await self.live.read(partial(_names_after, last), apart=True)
                known += len(names)
                if known > MOST_NAMES // 2:
                    return
                for _, source, external_id in names:
                    self._posted.add(_sum_of((source, external_id)))
                if len(names) < NAMES_AT_ONCE:
                    break
                last = names[-1]
        except CallCenterError as fault:
            LOG.warning("the names that were posted before are looked up one by one: %s", fault)
            return
        self._all_posted = True

    async def catch_up(self) -> None:
        """Return when the board knows all that was told before."""
        await self.live.settled()
        if isinstance(self.board, Overlay):
            return  # it is ahead of all that was told
        while events := await self.live.events_after(self.board.seq, AT_ONCE):
            self.hear(events)

    async def named(self, source: str, external_id: str, *, look: bool = False) -> str | None:
        """Return the call of this name, an alias included; `look`: into the store in any case."""
        name = (source, external_id)
        call_id = self._names.get(name)
        if call_id is not None:
            return call_id
        call_id = call_name(self.settings.call_ids, source, external_id)
        line = self.board.call(call_id)
        # A call that lives has its name to itself.
        if line is not None and not line.ended and (line.source, line.external_id) == name:
            return call_id
        if look or not self._all_posted or _sum_of(name) in self._posted:
            rows = await self.live.find("natural_keys", {"source": source, "external_call_id": external_id}, limit=1)
            if rows:
                call_id = str(rows[0]["call_id"])
                self._name(source, external_id, call_id)
                return call_id
        return None

    @property
    def region(self) -> str | None:
        """The country of numbers written without +: the centre's, else the setting's; calls and directory share it."""
        return self.live.engine.centre.region or self.settings.region

    def contact(self, agent_id: str) -> str:
        """Return how an agent's phone is reached."""
        return self.contacts.get(agent_id, agent_id)

    def audited(
        self, key: Key, action: str, subject: str | None, detail: str | None = None, about: str | None = None
    ) -> Change:
        """Return the row that tells who did this; `about`: the customer whom it concerns."""
        return audit_row(self.live.now(), principal(key), action, subject, detail, about)


def _sum_of(name: tuple[str, str]) -> int:
    return checksum("\0".join(name))


def _names_after(last: tuple[int, str, str], store: Store) -> list[tuple[int, str, str]]:
    return store.names_after(last, NAMES_AT_ONCE)
