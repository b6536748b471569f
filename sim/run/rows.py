"""The calls of a day as rows of whole numbers: one for each segment, written when its story is over.

A record of each call, made while the day is lived, took a fifth of the time; rows take half of that and no memory to
speak of. `callcenter.lifecycle.ledger.Ledger` tells the same in records, for whoever asks: a test compares them.
They stand apart from `Columns`, which is sent to other processes, so that they can be compiled (`hatch_build.py`).
"""

from collections.abc import Callable
from typing import Final, final

import numpy as np

from callcenter import events as ev
from callcenter.events import Event
from callcenter.scenario import Scenario
from sim.run.columns import COLUMN, NOBODY, Columns, by_name, thresholds

_ANSWERED: Final[int] = COLUMN["answered"]
_WIDTH: Final = 10
"""Of a row: came, wait over, began to ring, talk over, outcome, tier, queue, group, short, cost."""
_TALKS_ON: Final = -1
"""In place of the end of a talk that went on when the run ended."""

Gone = ev.CallAbandoned | ev.CallOverflowed | ev.CallRejected | ev.CallConverted | ev.CallFailed


@final
class CallRows:
    """Folds the facts of calls into rows."""

    def __init__(self, scenario: Scenario) -> None:
        centre = scenario.centre
        self._thresholds = thresholds(scenario)
        self._tiers, self._queues, self.groups = by_name(centre.tiers), by_name(centre.queues), by_name(centre.groups)
        self._open: dict[str, ev.CallQueued | ev.CallConnected] = {}
        """Call → how its story goes so far: it waits, or talks."""
        self.ids: list[str] = []
        self._rows: list[int] = []
        self._wrapping: dict[str, int] = {}
        """Call whose agent does its after-call work → its row."""
        self.wraps: list[tuple[int, int, int, int, int]] = []
        """After-call work that ended: row (NOBODY's: of an outbound task), group, begin, end, cost."""
        self.folds: dict[type[Event], Callable[..., None]] = {
            ev.CallQueued: self._goes_on(),
            ev.CallConnected: self._goes_on(),
            ev.CallCompleted: self._completed,
            ev.CallAbandoned: self._abandoned,
            ev.CallOverflowed: self._gone("overflowed"),
            ev.CallRejected: self._gone("rejected"),
            ev.CallConverted: self._gone("converted"),
            ev.CallFailed: self._failed,
            ev.WrapUpStarted: self._wrap_up_started,
            ev.WrapUpEnded: self._wrap_up_ended,
        }

    def _goes_on(self) -> Callable[[ev.CallQueued | ev.CallConnected], None]:
        stories = self._open

        def goes_on(event: ev.CallQueued | ev.CallConnected) -> None:
            stories[event.call_id] = event

        return goes_on

    def _completed(self, event: ev.CallCompleted | ev.CallFailed) -> None:
        call_id = event.call_id
        began: ev.CallConnected = self._open.pop(call_id)  # type: ignore[assignment]  # it was connected
        self.ids.append(call_id)
        self._rows += (  # `_answered`, written out: this is once for every conversation
            began.queued_at,
            began.at,
            began.offered_at,
            event.at,
            _ANSWERED,
            self._tiers[began.tier],
            self._queues[began.queue],
            self.groups[began.group],
            0,
            began.cost,
        )

    def _answered(self, began: ev.CallConnected, until: int) -> tuple[int, ...]:
        return (
            began.queued_at,
            began.at,
            began.offered_at,
            until,
            _ANSWERED,
            self._tiers[began.tier],
            self._queues[began.queue],
            self.groups[began.group],
            0,
            began.cost,
        )

    def _left(self, event: Gone, outcome: int, short: bool = False) -> None:
        self._open.pop(event.call_id, None)  # one that was turned away never came in
        self.ids.append(event.call_id)
        self._rows += self._unanswered(event, event.queued_at, event.at, outcome, short)

    def _unanswered(
        self, event: Gone | ev.CallQueued, queued: int, left: int, outcome: int, short: bool = False
    ) -> tuple[int, ...]:
        return (queued, left, left, left, outcome, self._tiers[event.tier], self._queues[event.queue], NOBODY, short, 0)

    def _abandoned(self, event: ev.CallAbandoned) -> None:
        self._left(event, COLUMN["abandoned"], event.short)

    def _gone(self, name: str) -> Callable[[Gone], None]:
        outcome = COLUMN[name]
        return lambda event: self._left(event, outcome)

    def _failed(self, event: ev.CallFailed) -> None:
        if event.connected_at is not None:  # the customer was answered, and lost later: answered stays true
            self._completed(event)
        else:
            self._left(event, COLUMN["failed"])

    def _wrap_up_started(self, event: ev.WrapUpStarted) -> None:
        if self.ids and self.ids[-1] == event.subject:  # a call's begins at once, or never
            self._wrapping[event.subject] = len(self.ids) - 1

    def _wrap_up_ended(self, event: ev.WrapUpEnded) -> None:
        row = self._wrapping.pop(event.subject, NOBODY)
        self.wraps.append((row, self.groups[event.group], event.started_at, event.at, event.cost))

    def unfinished(self) -> set[str]:
        """Return the calls, later segments under the name of the first, that wait, talk or are being wrapped up."""
        return {call_id.partition("/")[0] for call_id in (*self._open, *self._wrapping)}

    def columns(self, now: int) -> Columns:
        """Return everything up to `now`, those whose story is not over among them."""
        rows, ids = self._rows.copy(), self.ids.copy()
        for call_id, event in self._open.items():
            ids.append(call_id)
            if isinstance(event, ev.CallConnected):
                rows += self._answered(event, _TALKS_ON)
            else:
                rows += self._unanswered(event, event.at, now, COLUMN["open"])
        table = np.array(rows, np.int64).reshape(-1, _WIDTH)
        order = np.argsort(table[:, 0], kind="stable")
        ids = [ids[row] for row in order.tolist()]
        queued, left, rang, until, outcome, tier, queue, group, short, cost = table[order].T
        ended = (group != NOBODY) & (until != _TALKS_ON)
        wrap = np.zeros(len(order), np.int64)
        for row, _, begin, end, _ in self.wraps:
            if row != NOBODY:
                wrap[row] += end - begin
        return Columns(
            ids=ids,
            tier=tier,
            queue=queue,
            queued=queued,
            left=left,
            ring=left - rang,
            talk=np.where(ended, until - left, 0),
            wrap=wrap[order],
            outcome=outcome,
            short=short > 0,
            first=np.array(["/s" not in call_id for call_id in ids], np.bool_),
            limit=np.array(self._thresholds, np.int64)[tier],
            group=group,
            ended=ended,
            cost=cost,
        )
