"""Committed events, heard by all parts once and in order; what a part missed is read from the store."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

from api.live.command_handler import CommandHandler
from api.live.overlay import Overlay
from api.live.protocol import LiveEngine
from api.state.projections import Projections
from callcenter.events import Event

LOG: Final = logging.getLogger("callcenter")
PAGE_SIZE: Final = 5_000
"""Events read in one go when the past is heard at the start."""
RETRY_S: Final = 0.05


class ReadModel(Protocol):
    """What is folded of the events."""

    def fold(self, events: Sequence[Event]) -> None:
        """Take in what happened."""
        ...


class EventFeed:
    """Folds events into the projections and further read models, and hands fresh ones to the listeners."""

    def __init__(self, live: LiveEngine, commands: CommandHandler, projections: Projections) -> None:
        self._live = live
        self._commands = commands
        self._projections = projections
        self.read_models: list[ReadModel] = []
        """They fold what happened before the start, too; the board knows it by then."""
        self.listeners: list[Callable[[Sequence[Event]], None]] = []
        """They hear of what happens from now on."""
        self._reading: asyncio.Task[None] | None = None
        """Reads what was published while the board was not told of it."""
        self._hears = False
        self._stuck = False
        """What was missed cannot be read, or somebody failed on it."""
        self.faults = 0
        """How often somebody who listens failed on an event."""

    @property
    def deaf(self) -> bool:
        """Tell whether events are published that the board does not hear."""
        return not self._hears or self._stuck

    async def start(self) -> None:
        """Fold what happened since the projections were saved, then follow the commits."""
        while events := await self._live.events_after(self._projections.board.seq, PAGE_SIZE):
            self.hear(events, past=True)
        self._live.follow(self._published)  # no await since the last look: nothing is missed
        self._hears = True

    def close(self) -> None:
        """Say from now on that nobody listens."""
        self._hears = False

    async def stop(self) -> None:
        """Read on no more."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def catch_up(self) -> None:
        """Return when the board knows all that was told before."""
        await self._live.settled()
        if isinstance(self._commands.board, Overlay):
            return  # it is ahead of all that was told
        while events := await self._live.events_after(self._projections.board.seq, PAGE_SIZE):
            self.hear(events)

    def _published(self, events: Sequence[Event]) -> None:
        """Hear what was committed a moment ago; after a gap (the journal was rebuilt) the store tells first."""
        if self._reading is not None:
            return
        if events[0].seq <= self._projections.board.seq + 1:
            try:
                self.hear(events)
                return
            except Exception:
                self.faults += 1
                LOG.exception("the board failed on event %d; it goes on after it", self._projections.board.seq)
        self._reading = asyncio.create_task(self._read_on())

    async def _read_on(self) -> None:
        """Hear what was missed, however often that fails."""
        try:
            while True:
                try:
                    events = await self._live.events_after(self._projections.board.seq, PAGE_SIZE)
                    self._stuck = False
                    if not events:
                        return
                    self.hear(events)
                except Exception:
                    self._stuck = True
                    self.faults += 1
                    LOG.exception("the board stays at event %d for now", self._projections.board.seq)
                    await asyncio.sleep(RETRY_S)
        finally:
            self._reading = None

    def hear(self, events: Sequence[Event], *, past: bool = False) -> None:
        """Let everyone hear what happened, once and in order."""
        known = self._projections.board.seq
        if events and events[0].seq <= known:
            events = [event for event in events if event.seq > known]
        if not events:
            return
        self._projections.fold(events, self._live.engine.centre)
        for model in self.read_models:
            model.fold(events)
        if not past:
            for listener in self.listeners:
                listener(events)
        self._commands.reached(self._projections.board.seq)
