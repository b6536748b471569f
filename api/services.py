"""The parts of the service, put together once per process: what routes work with."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any, Final

from api.auth.audit import audit_row, principal
from api.auth.key_use import KeyUse
from api.auth.keys import Access, Key, Tokens
from api.auth.passwords import Passwords
from api.auth.sessions import Sessions, idle_and_longest
from api.customers.care_calls import CareCalls
from api.customers.complaints.open_cases import Cases
from api.customers.directory.directory import Customers
from api.customers.directory.key_accounts import Managers
from api.customers.directory.retention import Retention
from api.customers.erasure import Erasure
from api.customers.metrics import CustomerFigures
from api.customers.projection import CustomerProjection
from api.customers.schedule import Sweep
from api.customers.tiers.regrading import GradeStep
from api.customers.tiers.standings import Standings
from api.customers.zones import Zones
from api.http import endpoint
from api.http.time_limits import TimeLimits
from api.live.command_handler import CommandHandler
from api.live.event_feed import EventFeed
from api.live.protocol import LiveEngine
from api.live.pruning import Pruning
from api.live.suspended_calls import SuspendedCalls
from api.settings import Settings
from api.state.board import Board
from api.state.call_names import CallNames
from api.state.centre_versions import CentreVersions
from api.state.event_stream import Broadcast
from api.state.history import History
from api.state.ports import Tell
from api.state.projections import COUNTS
from api.state.records import CallLine
from api.state.regions import region_in_force
from api.state.views import call_out, place_of
from api.state.wall import Wall
from api.store.changes import Change, Delete, Row
from api.telemetry import logs
from api.telemetry.metrics import Metrics
from api.telemetry.source_clocks import SourceClocks
from api.telemetry.spans import ended, spans_of
from api.telemetry.traces import Traces
from api.webhooks.endpoints import Webhooks
from callcenter.errors import CallCenterError
from callcenter.events import Event
from callcenter.language.said import said
from callcenter.metrics.catalogue import BOARD_FAULTS, Series
from callcenter.metrics.numbers import Samples

LOG: Final = logging.getLogger("callcenter")
COUNTS_EVERY_S: Final = 3_600
"""How often the metrics' counts are saved for other versions; events are kept for days, and tell what came after."""


class Services:
    """The parts, each made of those that it uses."""

    def __init__(self, live: LiveEngine, access: Access, settings: Settings) -> None:
        self.live = live
        self.access = access
        self.settings = settings
        self.tokens = Tokens()
        self.time_limits = TimeLimits()
        self.projections = live.projections
        board = live.projections.board
        self.hooks = Webhooks(live, private=settings.webhook_private)
        self.commands = CommandHandler(live, board)
        self.names = CallNames(live, self.commands, self._settings_now)
        self.zones = Zones(live, self.commands)
        self.customers = Customers(live, Managers(live, board.agents.__contains__))
        self.standings = Standings(live, self.commands, self.hooks, settings)
        self.grade_step = GradeStep.of(settings, self.standings.tiers)
        """The ladder that tiers follow, if there is one."""
        self.cases = Cases(live, self.commands, self.hooks, self._settings_now, self.zones, self.standings.tier)
        self.erasure = Erasure(live, self.commands, self.customers, self.standings, self.cases)
        self.projection = CustomerProjection(live, board, self.standings, self.cases)
        self.sweep = Sweep(live, board, self.customers, self.standings, self.cases, self.projection)
        self.retention = Retention(live, board, self.customers, self._settings_now)
        self.history = History(live)
        self.care_calls = CareCalls(
            live, self.commands, self.customers, self.standings, self.history, self._settings_now
        )
        self.centres = CentreVersions(live)
        self.pruning = Pruning(live, settings.keep_journal_days, settings.journal_archive)
        self.source_clocks = SourceClocks()
        self.suspended_calls = SuspendedCalls(live, self.commands, self.names)
        self.key_use = KeyUse(live, access)
        self.passwords = Passwords(live, access)
        self.sessions = Sessions(live, access, **idle_and_longest(settings))
        self._periodic = (
            self.sweep, self.retention, self.pruning, self.suspended_calls, self.key_use, self.sessions, self.history,
            self.care_calls,
        )  # fmt: skip
        """What the engine's timer drives."""
        self.broadcast = Broadcast()
        self.wall = Wall(self)
        self.traces = None if settings.traces is None else Traces(settings.traces, version("callcenter"))
        self.feed = EventFeed(live, self.commands, self.projections)
        self.feed.read_models += [self.projection, self.history]
        self.feed.listeners += [self.broadcast.push, self.hooks.push, self._tell_logs_and_traces]
        self.metrics = Metrics(live, self.problems)
        self.customer_figures = CustomerFigures(live, self.standings, self.cases, self.projections.contacts)
        self.metrics.sources += [self.customer_figures.readings, self._readings]
        self.contacts: dict[str, str] = {}
        """Agent → how their phone is reached."""
        self.seen: dict[str, int] = {}
        """Agent → the last heartbeat."""
        self.ends = False
        """Asked to end: no new calls are taken."""
        self._saving: asyncio.Task[None] | None = None

    def _settings_now(self) -> Settings:
        return self.settings

    @property
    def board(self) -> Board:
        """What is known of calls, agents and tasks; in a transaction, as it will be after it."""
        return self.commands.board

    @property
    def tell(self) -> Tell:
        """What tells the engine: `CommandHandler.tell`."""
        return self.commands.tell

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
        await self.feed.start()
        await self.erasure.erase_again()
        self._saving = asyncio.create_task(self._save_now_and_then())
        self.names.start()
        self.sweep.tick(self.live.now())
        self.live.on_tick += [part.tick for part in self._periodic]

    async def stop(self) -> None:
        """Let streams end and web hooks rest; what is not sent stays in the outbox."""
        self.feed.close()
        self.broadcast.close()
        for part in self._periodic:
            await part.stop()
        await self.projection.stop()
        await self.hooks.stop()
        await self.customers.stop()
        await self.feed.stop()
        await self.names.stop()
        if self._saving is not None:
            self._saving.cancel()
            with suppress(asyncio.CancelledError):
                await self._saving
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

    # --- what it tells of itself

    def problems(self) -> list[str]:
        """Return why the service is not ready (empty: ready)."""
        found = self.live.problems()
        if self.ends:
            found.append(said("service: ends, and takes no new calls"))
        return [*found, said("board: nobody listens to the events")] if self.feed.deaf else found

    def _readings(self, now: int) -> Iterator[tuple[Series, Samples]]:
        yield BOARD_FAULTS, {(): self.feed.faults}

    def _tell_logs_and_traces(self, events: Sequence[Event]) -> None:
        """Tell logs and traces which parts of a contact's way are over."""
        board = self.board
        if logs.CALLS.isEnabledFor(logging.INFO):
            logs.tell(span for event in events for span in ended(event, board))
        if self.traces is not None:
            self.traces.hear(span for event in events for span in spans_of(event, board))

    # --- what routes say

    @property
    def region(self) -> str | None:
        """The country of numbers written without +."""
        return region_in_force(self.live, self.settings)

    def contact(self, agent_id: str) -> str:
        """Return how an agent's phone is reached."""
        return self.contacts.get(agent_id, agent_id)

    def call_answer(self, line: CallLine) -> dict[str, Any]:
        """Return the answer about a call; what it says of the wait is scored when that ends."""
        place, ewt = place_of(self.live, line)
        if ewt is not None:
            now = max(self.live.now(), self.live.engine.now or 0)
            self.metrics.told(line.id, now, ewt.p50_ms, ewt.p90_ms)
        return call_out(self, line, place, ewt)

    def audited(
        self, key: Key, action: str, subject: str | None, detail: str | None = None, about: str | None = None
    ) -> Change:
        """Return the row that tells who did this; `about`: the customer whom it concerns."""
        return audit_row(self.live.now(), principal(key), action, subject, detail, about)


Ask = endpoint.Ask[Services]
"""A request that may be carried out, with the parts to do so."""
