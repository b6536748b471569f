"""The port of the live engine: what the rest of the service may ask of it, and its limits.

A route calls `LiveEngine.tell` and awaits it: the command is applied at once, journaled by group commit, and answered
only when it is durable. Nothing is published (answers, streams, web hooks, reads) before its commit.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from api.state.ports import Clock, EngineView, EventLog, Repository
from api.store.changes import Change, Changes, Told
from callcenter.centre import Centre
from callcenter.commands import Command
from callcenter.events import Event
from callcenter.ids import CallId
from callcenter.units import SECOND, Millis

if TYPE_CHECKING:
    from api.state.projections import Projections
    from api.store.encryption import Vault
    from api.store.open import Database


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may gather, and how often time is told."""

    backlog: int = 5_000
    """Entries on their way to the disk at most; more are `Unavailable`."""
    tick_ms: int = SECOND
    """The timer wakes at least as often: the last instant told is journaled, a journal that failed is tried again."""
    snapshot_every: int = 20_000
    """Commands between two snapshots, at least; a floor that is large waits longer."""
    snapshot_here: int = 1_000
    """A floor of so many calls, agents and ended calls at most is copied at once; a child process replays a larger."""
    answer_ms: int = 1_500
    """So long who told something waits for it to be durable; then nobody knows, and nothing more is taken."""
    stuck_ms: int = 900
    """Nothing became durable for so long: the service is not ready, and says so before posters give up."""
    late_ms: int = 5 * SECOND
    """A tick later than this is a problem."""


class UnitOfWork(Protocol):
    """A unit of work: commands and rows that become durable in one transaction."""

    def keep(self, *changes: Change) -> None:
        """Let rows go along."""
        ...

    async def durable(self) -> None:
        """Return when all of it is durable; to be called after the end of the block.

        Raises:
            Unavailable: nobody knows whether it is.
            UniqueConflict: a row's unique key is another's; the commands are journaled, the rows are not kept.
        """
        ...


class LiveEngine(Clock, EngineView, Repository, EventLog, Protocol):
    """What routes may do with the live engine."""

    database: "Database"
    """Where the journal is: for a child process that reads it."""

    derive: list[Callable[[Sequence[Event]], Sequence[Change]]]
    """Asked at every change what else goes into its transaction (the web hooks' outbox); never awaits."""

    on_commit: list[Callable[[float, int], None]]
    """Told, after each commit, how many seconds it took and how many entries it had."""

    on_tick: list[Callable[[Millis], None]]
    """Told the time after each tick of the one timer."""

    last_tick: Millis | None
    recoveries: int
    """How often the engine was rebuilt from the journal."""

    projections: "Projections"
    """As of the last commit when the journal was opened; the event feed goes on folding."""

    @property
    def vault(self) -> "Vault":
        """How numbers are kept, and found."""
        ...

    async def tell(self, command: Command, rows: Changes = ()) -> Told:
        """Apply `command`, journal it with `rows`, and return when both are durable.

        Raises:
            Unavailable: nothing was done, or nobody knows (the commit failed half-way); try again after
                `retry_after_s`, and the natural key tells what is there.
            UniqueConflict: a row's unique key is another's. Rows given as a sequence are checked before: nothing was
                done. Rows given as a function are checked after: the command is journaled, its rows are not kept.
        """
        ...

    def unit_of_work(self) -> AbstractContextManager[UnitOfWork]:
        """Let `tell` and `keep` return at once; what they did is on its way at the end of the block.

        The block awaits nothing. Only who waits for `durable` may speak of it.
        """
        ...

    @property
    def trouble(self) -> str | None:
        """Why no command is taken now; None: they are."""
        ...

    @property
    def backlog(self) -> int:
        """Entries applied and not yet durable."""
        ...

    @property
    def waits_s(self) -> float:
        """For how many seconds the oldest of what was told has waited to be durable."""
        ...

    async def see_that_ours(self) -> None:
        """Return if what routes remember is as true as it was, in trouble too.

        Raises:
            Unavailable: another service has the journal, or had it since.
        """
        ...

    def wish(self, centre: Centre) -> None:
        """Let this be what the centre file says from now on: after a rebuild of the engine too."""
        ...

    def suspend(self, call_id: CallId, cause: str) -> bool:
        """Let a waiting call be in doubt, at once; tell whether there is, or may be, such a call.

        What is not published yet is not published before this is durable.
        """
        ...

    def in_flight(self) -> Iterable[Event]:
        """Return what happened and is not durable yet, oldest first."""
        ...

    async def settled(self) -> None:
        """Return when all that was told before is durable (or has failed)."""
        ...

    def follow(self, hear: Callable[[Sequence[Event]], None]) -> None:
        """Have `hear` told of each commit's events, in order, before those who wait are answered; it never awaits."""
        ...

    def stream(self, after: int) -> AsyncIterator[Event]:
        """Yield committed events after `seq` and then as they come; raises `FellBehind` at a reader too slow."""
        ...

    def problems(self) -> list[str]:
        """Return why the service is not ready (empty: ready)."""
        ...
