"""A simulated day as rows of the day's book: the same fold and the same figures as a live one."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from callcenter.lifecycle.book_figures import KINDS, row_of
from callcenter.lifecycle.half_hours import Book, Key, rolled
from callcenter.scenario import Scenario
from sim.run.driver import Day
from sim.run.loop import Reactions

ROWS: Final = ("queue", "tier", "group")
AMOUNTS: Final = (*(name for name, kind in KINDS.items() if kind is int and name != "version"), "agents_present",
                  "wait_max_s")  # fmt: skip
"""Columns that grow with the number of days; the others are shares, or what is true of each call."""


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
    sums: defaultdict[Key, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
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
                    sums[key][name] += n
        day.forget()
        progress(replication + 1, scenario.replications)
    rows = [(key[0], row_of(scenario.centre, key, cell, by, {}, until + 10**9)) for key, cell in sorted(sums.items())]
    for _, row in rows:
        for name in AMOUNTS:
            if row[name] is not None:
                row[name] /= scenario.replications
    return rows
