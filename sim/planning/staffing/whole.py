"""A whole day by the real engine, of which only the counts are kept that targets are judged by.

Compiled where that is there and knows the scenario; SimPy tells the same, call by call.
"""

from collections.abc import Sequence

import numpy as np

from callcenter.scenario import Scenario
from sim.experiment.engines import Engine, choose
from sim.model.streams import Ints
from sim.planning.staffing.promise_counts import PromiseCounts
from sim.run.columns import thresholds
from sim.run.driver import Day


class _JudgedDay(Day):
    """A day of which only the counts of the first measured day are kept."""

    def __init__(self, scenario: Scenario, replication: int) -> None:
        super().__init__(scenario, replication)
        self.marks = marks = PromiseCounts(scenario.centre, thresholds(scenario))
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
    at = np.array(day.callers.at[: day.arriving.first_attempts], np.int64)
    return np.array(day.marks.table, np.int64), np.diff(np.searchsorted(at, edges))


def _compiled(scenario: Scenario, edges: Sequence[int], replication: int) -> tuple[Ints, Ints] | None:
    """Return the same of a compiled day, or None where it came to something that is not compiled."""
    from sim.compiled.day import CannotTell, CompiledDay
    from sim.compiled.folded import Stretch

    counted = Stretch(edges[0], edges[-1], edges[1] - edges[0], by_queue=True)
    try:
        day = CompiledDay(scenario, replication, counted=counted).run()
    except CannotTell:
        return None
    return day.figures().counts.swapaxes(0, 1), np.diff(np.searchsorted(day.callers.at, edges))
