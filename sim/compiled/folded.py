"""Where the sums of a compiled day stand, and what they come to: the figures that SimPy's days have."""

from math import prod
from typing import NamedTuple

import numpy as np

from callcenter.lifecycle.measures import COUNTS, OCCUPIED, OUTCOMES
from callcenter.scenario import Scenario
from sim.compiled import folds as fo
from sim.compiled import layout as at
from sim.compiled.jit import Memory
from sim.model.streams import Ints
from sim.results.figures import SPANS, SUMS, TASK_COUNTS, Figures
from sim.run.blending import BEHIND_COUNTS
from sim.run.columns import thresholds

assert COUNTS == (
    "offered", "answered", "answered_in", "abandoned", "abandoned_in", "short_abandoned", "overflowed", "converted",
    "rejected", "failed", "open", "open_late",
), "folds count them so"  # fmt: skip
assert ("answered", "abandoned", *COUNTS[fo.C_OVERFLOWED : fo.COUNTS_SIZE - 1]) == OUTCOMES, "likewise"
assert len(SUMS) == fo.S_SIZE
assert SPANS == ("logged_in", "not_ready", "ring", "dial", "talk"), "layout and folds count them so"


class Stretch(NamedTuple):
    """What is counted: calls that came in it, by interval."""

    begin: int
    end: int
    interval: int
    by_queue: bool = False
    """Count first segments by queue and tier, not by tier alone."""

    @property
    def intervals(self) -> int:
        """How many; the last one may be shorter."""
        return -(-(self.end - self.begin) // self.interval)


class Sums:
    """The sums of one scenario's days: their places, the same in each day's memory."""

    def __init__(self, scenario: Scenario, stretch: Stretch, first: int) -> None:
        self.scenario, self.stretch, self.first = scenario, stretch, first
        centre = scenario.centre
        tiers, queues, groups = len(centre.tiers), len(centre.queues), len(centre.groups)
        rows = tiers * queues if stretch.by_queue else tiers
        self._shapes: dict[int, tuple[int, ...]] = {
            fo.F_LIMITS: (tiers,),
            fo.F_CELLS: (rows, stretch.intervals, fo.COUNTS_SIZE),
            fo.F_QUEUES: (queues, tiers, fo.COUNTS_SIZE),
            fo.F_SUMS: (tiers, fo.S_SIZE),
            fo.F_OVER_TIME: (stretch.intervals, fo.T_SIZE),
            fo.F_GROUP_TIME: (groups, tiers),
            fo.F_INSIDE: (groups, fo.I_SIZE),
            fo.F_FORECASTS: (tiers, 3),
            fo.F_REPEATS: (tiers,),
        }
        self._places: dict[int, int] = {}
        place = first + fo.F_SIZE
        for field, shape in self._shapes.items():
            self._places[field] = place
            place += prod(shape)
        self.size = place - first

    def begin(self, memory: Memory) -> None:
        """Put down what is counted, into zeros."""
        head = {
            fo.F_BEGIN: self.stretch.begin,
            fo.F_END: self.stretch.end,
            fo.F_INTERVAL: self.stretch.interval,
            fo.F_INTERVALS: self.stretch.intervals,
            fo.F_LAST_BEGIN: self.stretch.begin,
            fo.F_TIERS: len(self.scenario.centre.tiers),
            fo.F_BY_QUEUE: len(self.scenario.centre.tiers) if self.stretch.by_queue else 0,
        }
        for field, value in (head | self._places).items():
            memory[self.first + field] = value
        self.of(memory, fo.F_LIMITS)[:] = thresholds(self.scenario)
        memory[at.FOLDS] = self.first

    def of(self, memory: Memory, field: int) -> Ints:
        """Return the sums of one kind, as they stand."""
        shape, place = self._shapes[field], self._places[field]
        return memory[place : place + prod(shape)].reshape(shape)

    def figures(self, memory: Memory, waits: Ints, tasks: Ints) -> Figures:
        """Return what they come to; `waits`: `layout.P_WAIT`; `tasks`: rows of callbacks' records."""

        def of(field: int) -> Ints:
            return self.of(memory, field).copy()

        tiers = len(self.scenario.centre.tiers)
        group_ms = of(fo.F_GROUP_TIME) // 100
        sums = of(fo.F_SUMS).astype(np.float64)
        sums[:, fo.S_AGENT] = group_ms.sum(axis=0)
        over_time = of(fo.F_OVER_TIME).astype(np.float64)
        over_time[:, fo.T_OCCUPIED] /= 100
        over_time[:, fo.T_READY] /= 100
        inside = (of(fo.F_INSIDE) // 100).tolist()
        at_place = {what: n for n, what in enumerate((*SPANS, "wrap_up"))}
        whats = [(what, at_place[what]) for what in ("logged_in", "not_ready", *OCCUPIED)]  # in the order of SimPy's
        return Figures(
            counts=of(fo.F_CELLS),
            queue_counts=of(fo.F_QUEUES),
            sums=sums,
            interval_sums=over_time,
            waits=_by_tier(waits[: memory[self.first + fo.F_WAITS_N]], tiers),
            tasks=self._tasks(tasks),
            outreach={},
            behind=np.zeros((tiers, len(BEHIND_COUNTS)), np.int64),
            spans={
                group.name: {what: row[n] for what, n in whats}
                for group, row in zip(self.scenario.centre.groups, inside, strict=True)
            },
            group_ms=group_ms,
            repeats=of(fo.F_REPEATS),
            expected_waits=of(fo.F_FORECASTS),
            refused=int(memory[at.REFUSED]),
            self_served=0,
            hung_up_in_menu=0,
        )

    def _tasks(self, tasks: Ints) -> Ints:
        """Return counts of callbacks promised in the stretch, by tier, in the order of `TASK_COUNTS`."""
        tiers = len(self.scenario.centre.tiers)
        counts = np.zeros((tiers, len(TASK_COUNTS)), np.int64)
        if not len(tasks):
            return counts
        when = tasks[:, at.T_SCHEDULED_AT]
        mine = tasks[(when >= self.stretch.begin) & (when < self.stretch.end)]
        outcome, solved = mine[:, at.T_OUTCOME], mine[:, at.T_SOLVED]
        which = {
            "scheduled": outcome >= 0,
            "completed": outcome == at.T_COMPLETED,
            "unreachable": outcome == at.T_UNREACHABLE,
            "out_of_time": outcome == at.T_OUT_OF_TIME,
            "superseded": outcome == at.T_SUPERSEDED,
            "open": outcome == at.T_OPEN,
            "attempted_in_time": mine[:, at.T_IN_TIME] == 1,
            "reached": mine[:, at.T_REACHED] == 1,
            "reached_in_time": mine[:, at.T_REACHED_IN_TIME] == 1,
            "solved": solved == 1,
            "unsolved": solved == 0,
            "late": mine[:, at.T_LATE] == 1,
        }
        for name, holds in which.items():
            counts[:, TASK_COUNTS.index(name)] = np.bincount(mine[holds, at.T_TIER], minlength=tiers)
        return counts


def _by_tier(waits: Ints, tiers: int) -> list[Ints]:
    """Return each tier's waits, ms, the shortest first."""
    found = np.sort(waits)
    ends = np.searchsorted(found, np.arange(1, tiers) << at.WAIT_BITS)
    found &= (1 << at.WAIT_BITS) - 1
    return np.split(found, ends)
