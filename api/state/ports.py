"""What parts of the service ask of each other, as small protocols: each part takes only what it uses."""

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from api.state.board import Board
from api.store.changes import Change, Changes, Told, Value
from callcenter.commands import Command
from callcenter.events import Event
from callcenter.units import Millis
from routing.engine import RoutingEngine

if TYPE_CHECKING:
    from api.state.projections import Projections
    from api.store.store import Store

T = TypeVar("T")


class Clock(Protocol):
    """The time, as the service reads it."""

    def now(self) -> Millis:
        """Return the instant of the live clock."""
        ...


class EngineView(Protocol):
    """The engine, for reading."""

    @property
    def engine(self) -> RoutingEngine:
        """The engine as of now (applied, perhaps not yet committed): for view, explain, preview, expected_wait."""
        ...


class Reader(Protocol):
    """Committed rows, for reading."""

    async def find(
        self, table: str, where: Mapping[str, object] | None = None, *, order: str | None = None, limit: int = 1_000
    ) -> list[dict[str, Value]]:
        """Return committed rows whose columns equal `where`, ordered by a column (`-name`: greatest first)."""
        ...

    async def read(self, question: "Callable[[Store], T]", *, apart: bool = False) -> T:
        """Return the database's answer, read on another thread; `apart`: a long one, on a connection of its own."""
        ...


class Repository(Reader, Protocol):
    """Rows beside the journal."""

    async def keep(self, *changes: Change) -> None:
        """Make rows that go with no command durable (keys, end points, deliveries, audit, erasure).

        Raises:
            Unavailable: nothing was done.
            UniqueConflict: a unique key is another row's; nothing was done.
        """
        ...

    async def change(self, work: "Callable[[Store], T]") -> T:
        """Let the writer do `work` in a transaction of its own, after what was told before; keep it short.

        Raises:
            Unavailable: nothing was done, or nobody knows.
        """
        ...


class EventLog(Protocol):
    """Committed events, by their number."""

    async def events_after(self, seq: int, limit: int) -> list[Event]:
        """Return committed events after `seq`, oldest first."""
        ...


class Live(Clock, EngineView, Repository, EventLog, Protocol):
    """The live engine, for those who tell it nothing."""

    projections: "Projections"
    """What is folded of what is committed."""


class Tell(Protocol):
    """Carries a command out."""

    def __call__(self, command: Command, changes: Changes = ()) -> Coroutine[Any, Any, Told]:
        """Tell the engine, and return when its answer is durable and the board knows it."""
        ...


class Commands(Protocol):
    """Carries commands out, and knows the board as it is after them."""

    @property
    def board(self) -> Board:
        """What is known of calls, agents and tasks."""
        ...

    async def tell(self, command: Command, changes: Changes = ()) -> Told:
        """Tell the engine, and return when its answer is durable and the board knows it."""
        ...

    def when_durable(self, act: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        """Carry out `act` when what was told before is durable: at once, but in a transaction."""
        ...


class Publisher(Protocol):
    """Web hooks, for those who have something to tell."""

    def messages(self, kind: str, seq: int, at: Millis, data: dict[str, Any]) -> list[Change]:
        """Return the rows of what subscribers are told of, to go into the transaction that makes it true."""
        ...

    def wake(self) -> None:
        """Deliver what has become durable."""
        ...
