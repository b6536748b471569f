"""The command handler: checks the names in a command, tells the engine, and returns when the board knows the result."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from api.live.overlay import Overlay
from api.live.protocol import LiveEngine, UnitOfWork
from api.state.board import Board
from api.state.vocabulary import Names
from api.store.changes import Changes, Told
from callcenter.commands import Command

Afterwards = tuple[Callable[[], None], Callable[[], None] | None]
"""What is done when something is durable, and what if it never is."""


class CommandHandler:
    """Tells the engine for all routes and parts; `board` is what they read, as it is after what they told."""

    def __init__(self, live: LiveEngine, board: Board) -> None:
        self.board = board
        self._live = live
        self._names_of = Names(live.engine.centre)
        self.running: set[tuple[str, str]] = set()
        """Idempotency keys of requests that are being carried out."""
        self.afterwards: list[Afterwards] = []
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

    async def tell(self, command: Command, changes: Changes = ()) -> Told:
        """Tell the engine, and return when its answer is durable and the board knows it.

        Raises:
            Refusal: it names what the centre has not; the journal is not told of it.
        """
        centre = self._live.engine.centre
        if self._names_of.centre is not centre:
            self._names_of = Names(centre)
        self._names_of.check(command, self._live.engine.knows_skill)
        told = await self._live.tell(command, changes)
        events = told.events
        if events and events[-1].seq > self.board.seq:
            if isinstance(self.board, Overlay):
                self.board.fold(events)
            else:
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.append((events[-1].seq, waiter))
                await waiter
        return told

    def reached(self, seq: int) -> None:
        """Let those go on who waited for the board to know this event, or one before."""
        if not self._waiters:
            return
        for of, waiter in self._waiters:
            if of <= seq and not waiter.done():
                waiter.set_result(None)
        self._waiters = [(of, waiter) for of, waiter in self._waiters if of > seq]

    @contextmanager
    def in_transaction(self) -> Iterator[UnitOfWork]:
        """Let routes tell and see what comes of it before it is durable; the block awaits nothing.

        What is to be remembered of it waits in `afterwards`.
        """
        durable = self.board
        with self._live.unit_of_work() as told:
            self.board = Overlay(durable, self._live.in_flight())
            try:
                yield told
            finally:
                self.board = durable

    def when_durable(self, act: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        """Carry out `act` when what was told before is durable: at once, but in a transaction."""
        if isinstance(self.board, Overlay):
            self.afterwards.append((act, otherwise))
        else:
            act()

    def settle(self, afterwards: Sequence[Afterwards], *, durable: bool) -> None:
        """Carry out what waited."""
        for act, otherwise in afterwards:
            if durable:
                act()
            elif otherwise is not None:
                otherwise()
