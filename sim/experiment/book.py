"""A simulated day as rows of the day's book: the same fold and the same figures as a live one."""

import os
from collections import Counter, defaultdict
from functools import partial
from typing import Any, Final

from callcenter.lifecycle.book_figures import KINDS, row_of
from callcenter.lifecycle.cells import Key, Sums, rolled
from callcenter.lifecycle.half_hours import Book
from callcenter.scenario import Scenario
from sim.experiment.progress import Progress, tell_nobody
from sim.experiment.replicate import no_collection
from sim.experiment.workers import Replications
from sim.model.people import check_people
from sim.run.driver import Day
from sim.run.loop import Reactions

AMOUNTS: Final = (*(name for name, kind in KINDS.items() if kind is int and name != "version"), "agents_present")
"""Columns that grow with the number of days; the others are shares, or what is true of each call."""
LONGEST: Final = "wait_max_ms"
Booked = tuple[list[tuple[Key, Sums]], int]
"""What a day's book says of the measured stretch, and when the day was over."""


class BookedDay(Day):
    """A day that is booked as it is lived."""

    def __init__(self, scenario: Scenario, replication: int = 0) -> None:
        self.book = Book(scenario.centre)
        super().__init__(scenario, replication)

    def _heard_by(self, *folds: Reactions) -> None:
        super()._heard_by(*folds, self.book.folds)


def simulated_rows(
    scenario: Scenario, by: tuple[str, ...], processes: int | None = None, progress: Progress = tell_nobody
) -> list[tuple[int, dict[str, Any]]]:
    """Return begin and row of each half hour of the measured stretch: means over the replications, shares of means.

    Args:
        scenario: What to simulate.
        by: Any of queue, tier, group.
        processes: Workers at most (None: one for each core); the rows are the same for any number of them.
        progress: Told after each replication.
    """
    check_people(scenario)
    found: dict[int, Booked] = {}
    cores = processes if processes is not None else os.cpu_count() or 1
    with Replications(partial(_booked, scenario, by), cores) as days:
        days.do(found, range(scenario.replications), progress)
    sums: defaultdict[Key, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    waited: Counter[Key] = Counter()
    """On how many days a longest wait is known: one without calls has none, which is not 0."""
    until = 0
    for day, end in found.values():
        until = max(until, end)
        for key, cell in day:
            for name, n in cell.items():
                sums[key][name] += n
            waited[key] += LONGEST in cell
    rows = []
    for key, cell in sorted(sums.items()):
        row = row_of(scenario.centre, key, cell, by, {}, until + 10**9)
        for name in AMOUNTS:
            if row[name] is not None:
                row[name] /= scenario.replications
        if row["wait_max_s"] is not None:
            row["wait_max_s"] /= waited[key]
        rows.append((key[0], row))
    return rows


def _booked(scenario: Scenario, by: tuple[str, ...], replication: int) -> Booked:
    with no_collection():
        day = BookedDay(scenario, replication)
        day.run()
        day.book.cut(day.now)
        cells, *_ = day.book.take()
        kept = [both for both in rolled(cells.items(), by) if day.measured_from <= both[0][0] < day.measured_until]
        day.forget()
        return kept, day.now
