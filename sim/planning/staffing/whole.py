"""A whole day under the real engine, of which only the counts are kept that promises are judged by.

Compiled where that is there and knows the scenario; SimPy tells the same, call by call.
"""

from collections.abc import Sequence

import numpy as np

from callcenter.scenario import Scenario
from sim.experiment.engines import Engine, choose
from sim.model.streams import Ints
from sim.planning.staffing.resumable import Marks
from sim.results.figures import count_by
from sim.run.columns import thresholds
from sim.run.driver import Day


class _JudgedDay(Day):
    """A day of which only the counts of the first measured day are kept."""

    def __init__(self, scenario: Scenario, replication: int) -> None:
        super().__init__(scenario, replication)
        self.marks = marks = Marks(scenario.centre, thresholds(scenario))
        self._heard_by(marks.folds)


def lived(
    scenario: Scenario, edges: Sequence[int], replication: int, engine: Engine = Engine.AUTO
) -> tuple[Ints, Ints]:
    """Return one replication's counts (intervals x rows x counts) and first attempts by interval."""
    if choose(scenario, engine).engine is Engine.COMPILED:
        found = _compiled(scenario, edges, replication)
        if found is not None:
            return found
    day = _JudgedDay(scenario, replication)
    day.marks.by_interval(edges)
    day.run()
    day.marks.close(day.now)
    at = np.array(day.callers.at[: day._first_attempts], np.int64)
    return np.array(day.marks.table, np.int64), np.diff(np.searchsorted(at, edges))


def _compiled(scenario: Scenario, edges: Sequence[int], replication: int) -> tuple[Ints, Ints] | None:
    """Return the same of a compiled day, or None where it came to something that is not compiled."""
    from sim.compiled.day import CannotTell, CompiledDay
    from sim.compiled.outcome import lived_of

    try:
        day = CompiledDay(scenario, replication).run()
        calls = lived_of(day).calls
    except CannotTell:
        return None
    tiers, queues = len(scenario.centre.tiers), len(scenario.centre.queues)
    inside = calls.first & (calls.queued >= edges[0]) & (calls.queued < edges[-1])
    interval = np.searchsorted(edges, calls.queued, side="right") - 1
    counts = count_by(calls, inside, (interval, calls.queue * tiers + calls.tier), (len(edges) - 1, queues * tiers))
    return counts, np.diff(np.searchsorted(np.asarray(day.callers.at, np.int64), edges))
