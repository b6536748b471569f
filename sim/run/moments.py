"""Simulated time: SimPy's queue of events, where each event is a moment with one thing to do.

SimPy's own events can fail, be waited for by many and be resumed; a moment does none of that, and is none of them. The
queue, its order (instant, priority, then as scheduled) and its clock are SimPy's: only the step is shorter.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final, final

import simpy
from simpy.core import EmptySchedule

from callcenter.units import Millis

URGENT: Final = 0
NORMAL: Final = 1
"""SimPy's numbers: at one instant, what is urgent comes first."""


@final
class Moment:
    """An instant at which `act` is done, for `who`."""

    __slots__ = ("act", "who")

    def __init__(self, act: "Act", who: str) -> None:
        self.act = act
        self.who = who


Act = Callable[[Moment], None]


class SimulatedTime(simpy.Environment):
    """SimPy's environment for moments alone; instants are whole milliseconds."""

    _now: Millis

    def __init__(self, initial_time: Millis) -> None:
        super().__init__(initial_time)
        self.moments: list[tuple[int, int, int, Moment]] = self._queue  # type: ignore[assignment]
        """What is to come, as a heap: instant, priority, serial, moment. Nothing else is put there."""
        self.serial: Callable[[], int] = self._eid.__next__
        """The number of what is put there next: of one instant and priority, what was put first comes first."""

    def put(self, moment: Moment, at: int, priority: int = NORMAL) -> None:
        """Let `moment` come at the instant `at`."""
        heappush(self.moments, (at, priority, self.serial(), moment))

    def step(self) -> None:
        """Let the next moment come."""
        if not self._queue:
            raise EmptySchedule
        at, _, _, moment = heappop(self.moments)
        self._now = Millis(at)
        moment.act(moment)

    def live(self, until: int) -> None:
        """Let every moment before `until` come, and stand at `until`."""
        moments = self.moments
        while moments and moments[0][0] < until:
            self._now, _, _, moment = heappop(moments)  # type: ignore[assignment]  # `step`, written out
            moment.act(moment)
        self._now = Millis(until)
