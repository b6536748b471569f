"""A whole day under the real engine, of which only the counts are kept that promises are judged by."""

from collections.abc import Sequence

import numpy as np

from callcenter.scenario import Scenario
from sim.model.streams import Ints
from sim.planning.staffing.resumable import Marks
from sim.results.columns import thresholds
from sim.run.driver import Day


class _JudgedDay(Day):
    """A day of which only the counts of the first measured day are kept."""

    def __init__(self, scenario: Scenario, replication: int) -> None:
        super().__init__(scenario, replication)
        self.marks = marks = Marks(scenario.centre, thresholds(scenario))
        self._heard_by(marks.folds)


def lived(scenario: Scenario, edges: Sequence[int], replication: int) -> tuple[Ints, Ints]:
    """Return one replication's counts (intervals x rows x counts) and first attempts by interval."""
    day = _JudgedDay(scenario, replication)
    day.marks.by_interval(edges)
    day.run()
    day.marks.close(day.now)
    at = np.array(day.callers.at[: day._first_attempts], np.int64)
    return np.array(day.marks.table, np.int64), np.diff(np.searchsorted(at, edges))
