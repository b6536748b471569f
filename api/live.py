"""The live engine: one engine, one clock, one timer, one journal writer.

A route calls `Live.tell` and awaits it: the command is applied at once, journaled by group commit, and answered only
when it is durable. Nothing is published (answers, streams, web hooks, reads) before its commit.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from callcenter.commands import Command
from callcenter.errors import CallCenterError, Refusal
from callcenter.events import Event
from callcenter.units import Millis
from routing.engine import RoutingEngine


class Unavailable(CallCenterError):
    """The engine takes no commands now: the journal is behind, failing or being rebuilt (503, fallback)."""

    code = "degraded"

    def __init__(self, why: str, retry_after_s: int = 1) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a command: its instant, what happened (deadlines due before it included), or the refusal."""

    now: Millis
    events: tuple[Event, ...]
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that goes into the same transaction as its command (natural key, idempotency key, caller, audit…)."""

    table: str
    values: dict[str, object]


class LiveEngine(Protocol):
    """What routes may do with the live engine."""

    @property
    def engine(self) -> RoutingEngine:
        """The engine as of now (applied, perhaps not yet committed): for view, explain, preview, expected_wait."""
        ...

    def now(self) -> Millis:
        """Return the instant of the live clock."""
        ...

    async def tell(self, command: Command, rows: Sequence[Row] = ()) -> Told:
        """Apply `command`, journal it with `rows`, and return when both are durable.

        Raises:
            Unavailable: nothing was done; try again after `retry_after_s`.
        """
        ...

    async def events_after(self, seq: int, limit: int) -> list[Event]:
        """Return committed events after `seq`, oldest first."""
        ...

    def stream(self, after: int) -> AsyncIterator[Event]:
        """Yield committed events after `seq` and then as they come; a reader who falls far behind is cut off."""
        ...

    def problems(self) -> list[str]:
        """Return why the service is not ready (empty: ready)."""
        ...
