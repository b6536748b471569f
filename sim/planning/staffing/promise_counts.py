"""The counts that promises are judged by, from a day's facts."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final

from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.events import Event
from callcenter.lifecycle.measures import COUNTS

Cells = list[list[int]]

_COLUMN: Final = {name: n for n, name in enumerate(COUNTS)}


class PromiseCounts:
    """Counts the first segments of the calls of one stretch by outcome; knows no more than service levels need."""

    def __init__(self, centre: Centre, within: list[int]) -> None:
        kinds = [(queue.name, tier.name) for queue in centre.queues for tier in centre.tiers]
        self.place = {kind: n for n, kind in enumerate(kinds)}
        """Queue and tier → row of the counts (`promises.row`)."""
        self.within = within * len(centre.queues)
        self.open: dict[str, tuple[int, int]] = {}
        """Call → when it came, its row; only those whose outcome is open."""
        self.cells: Cells = []
        self.since = self.until = 0
        self.table: list[Cells] = []
        """By interval, where a whole day is counted."""
        self._edges: list[int] = []
        self.folds: dict[type[Event], Callable[..., None]] = {
            ev.CallQueued: self._queued,
            ev.CallConnected: self._connected,
            ev.CallAbandoned: self._abandoned,
            ev.CallOverflowed: self._turned_away("overflowed"),
            ev.CallRejected: self._turned_away("rejected"),
            ev.CallConverted: self._left("converted"),
            ev.CallFailed: self._failed,
        }

    def by_interval(self, edges: Sequence[int]) -> None:
        """Count a whole day's calls, by the interval in which they came."""
        self._edges = list(edges)
        self.table = [[[0] * len(COUNTS) for _ in self.place] for _ in self._edges[1:]]
        self.since, self.until = self._edges[0], self._edges[-1]

    def close(self, now: int) -> None:
        """Count what is still open at `now`."""
        for at, row in self.open.values():
            self._add(at, row, "open", *(("open_late",) if now - at > self.within[row] else ()))

    def _add(self, at: int, row: int, outcome: str, *more: str) -> None:
        if self.since <= at < self.until:
            cells = self.table[bisect_right(self._edges, at) - 1] if self.table else self.cells
            for name in (outcome, *more):
                cells[row][_COLUMN[name]] += 1

    def _queued(self, event: ev.CallQueued) -> None:
        if "/s" not in event.call_id:
            row = self.place[event.queue, event.tier]
            self.open[event.call_id] = (event.at, row)
            self._add(event.at, row, "offered")

    def _connected(self, event: ev.CallConnected) -> None:
        found = self.open.pop(event.call_id, None)
        if found is not None:
            at, row = found
            self._add(at, row, "answered", *(("answered_in",) if event.at - at <= self.within[row] else ()))

    def _abandoned(self, event: ev.CallAbandoned) -> None:
        found = self.open.pop(event.call_id, None)
        if found is not None:
            at, row = found
            within = ("abandoned_in",) if event.at - at <= self.within[row] else ()
            self._add(at, row, "abandoned", *within, *(("short_abandoned",) if event.short else ()))

    def _left(self, outcome: str) -> Callable[..., None]:
        def left(event: ev.CallConverted) -> None:
            found = self.open.pop(event.call_id, None)
            if found is not None:
                self._add(*found, outcome)

        return left

    def _turned_away(self, outcome: str) -> Callable[..., None]:
        def turned_away(event: ev.CallOverflowed | ev.CallRejected) -> None:
            found = self.open.pop(event.call_id, None)
            if found is not None:
                self._add(*found, outcome)
            elif "/s" not in event.call_id:  # it never came in
                self._add(event.queued_at, self.place[event.queue, event.tier], "offered", outcome)

        return turned_away

    def _failed(self, event: ev.CallFailed) -> None:
        found = self.open.pop(event.call_id, None)
        if found is not None:
            self._add(*found, "failed")
