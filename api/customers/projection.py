"""What committed events say of customers: whose listed calls are answered, whose satisfaction call is over."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from api.store.changes import Change, Delete, Row, Update
from callcenter import events as ev
from callcenter.errors import CallCenterError
from callcenter.events import Event
from callcenter.units import Millis

if TYPE_CHECKING:
    from api.services import Services

COUNTED: Final = "blacklist:counted"
"""The setting that says up to which event the calls of listed customers are counted in the table."""
AT_ONCE: Final = 5_000
NOT_COUNTED: Final = 20_000
"""The mark is written at least every so many events: a start hears no more of them again."""
Fold = Callable[[Any], None]


class CustomerProjection:
    """Folds each event once; what is not in the tables at a restart is heard again from the events that are kept."""

    def __init__(self, services: "Services") -> None:
        self._services = services
        self._counted = 0
        self._seq = 0
        self._fresh: dict[str, None] = {}
        """Entries whose counts are not in the table yet."""
        self._flushing: asyncio.Task[None] | None = None
        self._folds: dict[type[Event], Fold] = {
            ev.CallConnected: self._connected,
            ev.CallAbandoned: self._left,
            ev.CallOverflowed: self._left,
            ev.CallRejected: self._rejected,
            ev.CallConverted: self._left,
            ev.CallFailed: self._failed,
            ev.TaskCompleted: self._task_ended,
            ev.TaskExpired: self._task_ended,
            ev.TaskCancelled: self._task_ended,
            ev.TaskSuperseded: self._task_ended,
        }

    async def load(self) -> None:
        """Hear what the table does not count yet, of the events that the board knows."""
        services = self._services
        rows = await services.live.find("settings", {"name": COUNTED}, limit=1)
        self._counted = self._seq = int(str(rows[0]["value"])) if rows else 0
        if not services.standings.entries:
            self._seq = max(self._seq, services.board.seq)
        while self._seq < services.board.seq:
            events = await services.live.events_after(self._seq, min(AT_ONCE, services.board.seq - self._seq))
            if not events:
                break
            self.fold(events)

    def fold(self, events: Sequence[Event]) -> None:
        """Take in what happened; the board knows it already."""
        folds = self._folds
        for event in events:
            fold = folds.get(type(event))
            if fold is not None:
                fold(event)
        self._seq = events[-1].seq

    # --- the blacklist's calls

    def _connected(self, event: ev.CallConnected) -> None:
        line = self._services.board.calls.get(event.call_id)
        self._of_listed(event, None if line is None else line.customer, answered=True)

    def _rejected(self, event: ev.CallRejected) -> None:
        self._of_listed(event, event.customer, answered=False)

    def _left(self, event: ev.CallAbandoned | ev.CallOverflowed | ev.CallConverted) -> None:
        line = self._services.board.calls.get(event.call_id)
        self._of_listed(event, None if line is None else line.customer, answered=False)

    def _failed(self, event: ev.CallFailed) -> None:
        if event.connected_at is None:
            line = self._services.board.calls.get(event.call_id)
            self._of_listed(event, None if line is None else line.customer, answered=False)

    def _of_listed(self, event: Any, customer: str | None, *, answered: bool) -> None:
        """Count a call of a listed customer when it leaves the queue as one."""
        if customer is None or event.seq <= self._counted or event.tier != self._services.standings.tiers.last:
            return
        listed = self._services.standings.entries.get(customer)
        if listed is not None:
            listed.calls += 1
            listed.answered += answered
            self._fresh[customer] = None

    def flush(self) -> None:
        """Begin to write the counts that are new."""
        due = self._fresh or self._seq - self._counted > NOT_COUNTED
        if due and (self._flushing is None or self._flushing.done()):
            self._flushing = asyncio.get_running_loop().create_task(self._write())

    async def stop(self) -> None:
        """Let what is being written be written; the rest is heard again."""
        if self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _write(self) -> None:
        """Write the new counts and, with them, up to where they count: never twice, never less."""
        keys, seq = list(self._fresh), self._seq
        self._fresh.clear()
        changes: list[Change] = [
            Delete("settings", {"name": COUNTED}), Row("settings", {"name": COUNTED, "value": str(seq)}),
        ]  # fmt: skip
        for key in keys:
            listed = self._services.standings.entries.get(key)
            if listed is not None:
                counts = {"calls": listed.calls, "answered": listed.answered}
                changes.append(Update("blacklist_entries", counts, {"id": listed.entry.id}))
        try:
            await self._services.live.keep(*changes)
            self._counted = seq
        except CallCenterError:
            self._fresh |= dict.fromkeys(keys)

    # --- satisfaction calls

    def _task_ended(self, event: Any) -> None:
        """A satisfaction call is over, one way or another: its complaint is looked after at the next tick."""
        complaint_id = self._services.cases.of_task.get(event.task_id)
        case = self._services.cases.open.get(complaint_id or "")
        if case is not None:
            case.try_at = Millis(0)
