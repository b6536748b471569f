"""What committed events say of customers: whose listed calls are answered, whose satisfaction call is over."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from api.customers.complaints.open_cases import Cases
from api.customers.tiers.standings import Standings
from api.state.board import Board
from api.state.ports import Live
from api.store.changes import Change, Delete, Row, Update
from callcenter import events as ev
from callcenter.errors import CallCenterError
from callcenter.events import Event
from callcenter.units import Millis

COUNTED: Final = "blacklist:counted"
"""The setting that says up to which event the calls of listed customers are counted in the table."""
PAGE_SIZE: Final = 5_000
NOT_COUNTED: Final = 20_000
"""The mark is written at least every so many events: a start hears no more of them again."""
Fold = Callable[[Any], None]


class CustomerProjection:
    """Folds each event once; what is not in the tables at a restart is heard again from the events that are kept."""

    def __init__(self, live: Live, board: Board, standings: Standings, cases: Cases) -> None:
        self._live = live
        self._board = board
        self._standings = standings
        self._cases = cases
        self._counted = 0
        self._seq = 0
        self._fresh: dict[str, None] = {}
        """Entries whose counts are not in the table yet."""
        self._flushing: asyncio.Task[None] | None = None
        self._folds: dict[type[Event], Fold] = {
            ev.CallConnected: self._connected,
            ev.CallAbandoned: self._left,
            ev.CallOverflowed: self._left,
            ev.CallRejected: self._left,
            ev.CallConverted: self._left,
            ev.CallFailed: self._failed,
            ev.TaskCompleted: self._task_ended,
            ev.TaskExpired: self._task_ended,
            ev.TaskCancelled: self._task_ended,
            ev.TaskSuperseded: self._task_ended,
        }

    async def load(self) -> None:
        """Hear what the table does not count yet, of the events that the board knows."""
        rows = await self._live.find("settings", {"name": COUNTED}, limit=1)
        self._counted = self._seq = int(str(rows[0]["value"])) if rows else 0
        if not self._standings.entries:
            self._seq = max(self._seq, self._board.seq)
        while self._seq < self._board.seq:
            events = await self._live.events_after(self._seq, min(PAGE_SIZE, self._board.seq - self._seq))
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
        line = self._board.calls.get(event.call_id)
        self._of_listed(event, None if line is None else line.customer, answered=True)

    def _left(self, event: ev.CallAbandoned | ev.CallOverflowed | ev.CallRejected | ev.CallConverted) -> None:
        line = self._board.calls.get(event.call_id)
        self._of_listed(event, None if line is None else line.customer, answered=False)

    def _failed(self, event: ev.CallFailed) -> None:
        if event.connected_at is None:
            line = self._board.calls.get(event.call_id)
            self._of_listed(event, None if line is None else line.customer, answered=False)

    def _of_listed(self, event: Any, customer: str | None, *, answered: bool) -> None:
        """Count a call of a listed customer when it leaves the queue as one."""
        if customer is None or event.seq <= self._counted or event.tier != self._standings.tiers.last:
            return
        listed = self._standings.entries.get(customer)
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
            listed = self._standings.entries.get(key)
            if listed is not None:
                counts = {"calls": listed.calls, "answered": listed.answered}
                changes.append(Update("blacklist_entries", counts, {"id": listed.entry.id}))
        try:
            await self._live.keep(*changes)
            self._counted = seq
        except CallCenterError:
            self._fresh |= dict.fromkeys(keys)

    # --- satisfaction calls

    def _task_ended(self, event: Any) -> None:
        """A satisfaction call is over, one way or another: its complaint is looked after at the next tick."""
        complaint_id = self._cases.of_task.get(event.task_id)
        case = self._cases.open.get(complaint_id or "")
        if case is not None:
            case.try_at = Millis(0)
