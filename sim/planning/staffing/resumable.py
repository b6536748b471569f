"""A day that can be stopped at the start of a half hour, kept as plain data, and taken up with other staffing.

What is kept: the engine's snapshot, what people are about to do (instant, act, who), who is on duty, and the calls
whose outcome is open. What was drawn for the day stays as it is, so every candidate meets the same customers.
"""

import pickle
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.events import Event
from callcenter.ids import AgentId
from callcenter.lifecycle.measures import COUNTS
from callcenter.scenario import Scenario
from callcenter.units import DAY, Millis
from routing.engine import RoutingEngine
from sim.model import streams as draw
from sim.model.shifts import Duty
from sim.model.streams import number_of
from sim.run.driver import Day, centre_of
from sim.run.moments import Moment, SimulatedTime

Cells = list[list[int]]

_COLUMN: Final = {name: n for n, name in enumerate(COUNTS)}
_ROWS: Final = ("at", "queue", "tier", "intent", "stream", "clock", "key", "attempt", "customer", "handling_ms",
                "patience_ms")  # fmt: skip
"""What `Callers` has of each attempt; later attempts are appended as they come."""


class Marks:
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

    def count(self, since: int, until: int) -> None:
        """Begin to count the calls that come from `since` to `until`."""
        self.since, self.until = since, until
        self.cells = [[0] * len(COUNTS) for _ in self.place]

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


class EngineDay(Day):
    """One replication under the real engine, to be played stretch by stretch with any number of agents."""

    def __init__(self, scenario: Scenario, replication: int, edges: list[int], within: list[int]) -> None:
        super().__init__(replace(scenario, shifts=(), staffing=()), replication)
        self._edges = edges
        self._marks = Marks(scenario.centre, within)
        self._heard_by(self._marks.folds)
        self._centre = centre_of(self.scenario)
        self._duty: dict[str, int] = {}
        """Agent → when the duty they are on began."""
        self._away: dict[str, bool] = {}
        self._next = bisect_left(self.callers.at, edges[0], hi=self._first_attempts)
        if self._next < self._first_attempts:
            self.at(Millis(self.callers.at[self._next]), self._arrive, "")

    def start(self) -> bytes:
        """Return the state before the first stretch: nobody is there."""
        return self._freeze()

    def play(self, state: bytes, h: int, heads: tuple[int, ...], following: tuple[int, ...]) -> tuple[bytes, Cells]:
        """Live through stretch `h` with `heads` agents of each group rostered, as `kernel.PoolDay.play` does."""
        begin, end = self._edges[h], self._edges[h + 1]
        self._thaw(state, begin, heads)
        self._marks.count(begin, end)
        self.env.live(until=end)
        after = self._freeze()
        if self._marks.open:
            last = end + max(self._marks.within) + 1
            self._thaw(after, end, following)
            self.env.live(until=last)
            self._marks.close(last - 1)
        return after, self._marks.cells

    def arrivals(self) -> list[int]:
        """Return first attempts by stretch."""
        at = np.array(self.callers.at[: self._first_attempts], np.int64)
        return [int(n) for n in np.diff(np.searchsorted(at, self._edges))]

    # --- who is there

    def _roster(self, now: int, heads: tuple[int, ...]) -> None:
        """Let those go who are not asked for any longer, and those come who are, in the order of a whole day's."""
        wanted: list[tuple[str, str]] = []
        for group, count in zip(self._centre.groups, heads, strict=True):
            names = [f"{group.name}-s{n + 1:03d}" for n in range(count)]
            wanted += [(group.name, name) for name in names if not self._is_away(name)]
        stay = {name for _, name in wanted}
        groups = self.staff._groups
        leaving = sorted((self._duty[name], groups[name], name) for name in self._duty if name not in stay)
        for _, _, name in leaving:
            del self._duty[name]
            self.staff._until[name] = Millis(now)
            self.at(Millis(now), self.staff._go, name)
        for group_name, name in sorted(wanted):
            if name not in self._duty:
                self._duty[name] = now
                groups[name] = group_name
                duty = Duty(AgentId(name), group_name, Millis(now), Millis(now + 400 * DAY))
                self.at(Millis(now), self.staff._come(duty), name)

    def _is_away(self, name: str) -> bool:
        away = self._away.get(name)
        if away is None:
            day, share = self.scenario.horizon.first_day, self.scenario.shrinkage
            chance = self.customers.chance
            away = share > 0 and chance.one(draw.SHRINKAGE, number_of(f"agent {name}"), day) < share
            self._away[name] = away
        return away

    # --- plain data, and back

    def _freeze(self) -> bytes:
        snapshot = self.engine.snapshot()
        snapshot["past"] = []  # who ended calls asks again: nobody does here, and it is most of the bytes
        pending = [
            (at, priority, moment.act.__name__, moment.who)
            for at, priority, _, moment in sorted(self.env.moments, key=lambda entry: entry[:3])
        ]
        customers, staff, first = self.customers, self.staff, self._first_attempts
        more = [getattr(self.callers, name)[first:] for name in _ROWS]
        wrap_up = [rows[first:] for rows in self.callers.after_calls()]
        people = (
            customers._waiting,
            customers._connected,
            customers._tasks,
            staff._until,
            staff._groups,
            staff._resting,
            self._duty,
        )
        mine = (self._next, self._wake_at, self.refused, self._marks.open)
        return pickle.dumps((snapshot, pending, more, wrap_up, people, mine), 5)

    def _thaw(self, state: bytes, now: int, heads: tuple[int, ...]) -> None:
        snapshot, pending, more, wrap_up, people, mine = pickle.loads(state)
        customers, staff, first = self.customers, self.staff, self._first_attempts
        for name, rows in zip(_ROWS, more, strict=True):
            getattr(self.callers, name)[first:] = rows
        for own, rows in zip(self.callers.after_calls(), wrap_up, strict=True):
            own[first:] = rows
        (
            customers._waiting,
            customers._connected,
            customers._tasks,
            staff._until,
            staff._groups,
            staff._resting,
            self._duty,
        ) = people
        customers.just_queued = None
        self._next, self._wake_at, self.refused, self._marks.open = mine
        self.env = SimulatedTime(initial_time=now)
        self.engine = engine = RoutingEngine.restore(self._centre, snapshot)
        self._handle, self._take_events, self._due_at = engine.handle, engine.take_events, engine.due_at
        self._roster(now, heads)
        for at, priority, act, who in pending:
            self.env.put(Moment(self._act(act), who), at, priority)

    def _act(self, name: str) -> Any:
        for owner in (self, self.customers, self.staff):
            act = getattr(owner, name, None)
            if act is not None:
                return act
        raise AssertionError(f"no act {name}")
