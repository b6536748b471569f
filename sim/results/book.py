"""A simulated day as rows of the day's book: the same fold and the same figures as a live one."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from callcenter.lifecycle.book_figures import row_of
from callcenter.lifecycle.half_hours import Book, Key, rolled
from callcenter.scenario import Scenario
from sim.run.driver import Day
from sim.run.loop import Reactions

ROWS: Final = ("queue", "tier", "group")


class BookedDay(Day):
    """A day that is booked as it is lived."""

    def __init__(self, scenario: Scenario, replication: int = 0) -> None:
        self.book = Book(scenario.centre)
        super().__init__(scenario, replication)

    def _heard_by(self, *folds: Reactions) -> None:
        super()._heard_by(*folds, self.book.folds)


def simulated_rows(
    scenario: Scenario, by: tuple[str, ...], progress: Callable[[int, int], None] = lambda done, wanted: None
) -> list[tuple[int, dict[str, Any]]]:
    """Return begin and row of each half hour of the measured stretch: means over the replications, shares of means.

    `progress` is told how many replications of how many are lived.
    """
    sums: defaultdict[Key, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    until = 0
    for replication in range(scenario.replications):
        day = BookedDay(scenario, replication)
        day.run()
        day.book.cut(day.now)
        until = day.now
        cells, *_ = day.book.take()
        for key, cell in rolled(cells.items(), by):
            if day.measured_from <= key[0] < day.measured_until:
                for name, n in cell.items():
                    sums[key][name] += n / scenario.replications
        day.forget()
        progress(replication + 1, scenario.replications)
    return [
        (key[0], row_of(scenario.centre, key, found, by, {}, until + 10**9))  # type: ignore[arg-type]  # means
        for key, found in sorted(sums.items())
    ]
