"""Rows of a log into figures, a batch at a time: what became of each call, and rows that cannot be by reason."""

from itertools import islice
from typing import Any, Final

import numpy as np

from callcenter.config.header_rows import is_total
from callcenter.hours import Zone
from callcenter.language.said import said
from callcenter.units import DAY
from sim.analysis.fit.batch import BadRows, Cells, check_head
from sim.analysis.fit.call_names import CallNames
from sim.analysis.fit.call_table import ABANDONED, ANSWERED, IGNORED, KINDS, NEVER, NOT_OFFERED, REFUSED, Rows, narrow
from sim.analysis.fit.calllog import UNKNOWN
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.column import Column
from sim.analysis.fit.columns import Columns, queue_names, tier_names
from sim.analysis.fit.names import Names, Persons, marks_of
from sim.analysis.fit.tally import Tally
from sim.analysis.fit.times import Times
from sim.model.streams import Floats, Ints

MOST_LOOKED_AT: Final = 20
"""Rows of a batch that are looked at one by one."""
NAMING: Final = 2
"""Cells that say what a row of sums is: Total; a day, Total."""


class RowReader:
    """Turns batches of cells into figures; knows the names of queues, tiers and agents that came so far."""

    def __init__(self, columns: Columns, zone: Zone, names: CallNames, tally: Tally) -> None:
        self.columns, self.names, self.tally = columns, names, tally
        self.times = Times(columns, zone)
        self.queues = Names(columns.queue, queue_names(columns), "queue")
        self.tiers = Names(columns.tier, tier_names(columns), "tier")
        self.agents = Persons(columns.agent)
        outcome = columns.outcome
        self._outcomes = {cell: KINDS.index(kind) for kind in KINDS[:4] for cell in getattr(outcome, kind)}
        self._otherwise = KINDS.index(outcome.otherwise)
        self.doubled_hours = self.skipped_hours = 0
        """Offered calls at a time of day that the clocks repeat, or jump over."""

    def rows(self, cells: Cells, file: int, source: str) -> Rows:
        """Return the figures of the rows of a batch that can be, and count those that cannot."""
        columns, size = self.columns, len(cells)
        good = np.ones(size, np.bool_)
        for name, allowed in columns.where.items():
            if name in cells:
                good &= cells[name].each(set(allowed).__contains__, np.bool_)
        self.tally.elsewhere += size - int(good.sum())
        named = np.zeros(size, np.bool_)
        for name in columns.where:
            if name in cells:
                named |= cells[name].each(cells.header.__contains__, np.bool_)
        _check_heads(named & ~good, cells, source)
        cell = cells[columns.outcome.column] if columns.outcome.column in cells else Column([""] * size)
        kind = cell.each(lambda cell: self._outcomes.get(cell, self._otherwise), np.int8)
        bad = BadRows(good.copy())
        bad.where(cells.short, said("the row is cut short"), cells.told_width)
        bad.where(
            cells.long,
            said("the row has more cells than there are columns"),
            cells.told_width,
        )
        bad.where(
            kind == REFUSED,
            said("the outcome (column {column!r}) is not in the map", column=columns.outcome.column),
            cell.__getitem__,
        )
        looked = good & (kind != IGNORED)
        never_offered = self._never_offered(cells)
        arrival = self.times.arrival(cells, bad, looked, never_offered, source)
        answered = kind == ANSWERED
        lengths = self.times.lengths(cells, bad, looked, answered, source)
        aside = self._aside(bad.mask | (looked & arrival.known & (arrival.local % DAY == 0)), cells, file, source)
        good, looked = good & ~aside, looked & ~aside
        bad.take_out(aside)
        wait = lengths["wait"]
        service, wrap_up = (np.where(answered, lengths.get(n, np.nan), np.nan) for n in ("service", "wrap_up"))
        if "service" in lengths:
            self.tally.talked += int(((kind == ABANDONED) & looked & ~bad.mask & (lengths["service"] > 0)).sum())
        kind[(never_offered | self._lost_at_once(kind, wait)) & looked] = NOT_OFFERED
        day, clock = np.divmod(arrival.local, DAY)
        day = np.where(arrival.known, day, NEVER)
        self._tell_kinds(cells, cell, looked, bad, np.where(arrival.known, clock, -1))
        self._drop(bad, cells, file, source)
        take = good & ~bad.mask
        offered = take & (kind < IGNORED)
        self.doubled_hours += int((arrival.doubled & offered).sum())
        self.skipped_hours += int((arrival.skipped & offered).sum())
        tier = self.tiers.of(cells, offered)
        if columns.tier.known_when_waited:
            tier[~(wait > 0)] = UNKNOWN
        served = offered & answered
        rows = Rows(
            day, clock / 1000, wait, kind, service, wrap_up,
            tier, self.queues.of(cells, offered),
            self.agents.of(cells, served), marks_of(cells, offered, columns.customer),
            np.array(cells.batch.lines, np.int64), np.full(size, file), *self.names.marks(cells, good, source),
        )  # fmt: skip
        return Rows(*(narrow(name, getattr(rows, name)[take]) for name in Rows.__slots__))

    def ends_within(self, cells: Cells) -> bool:
        """Tell whether the last row of a batch is a call's, and lacks cells at its end."""
        column = self.columns.arrival.column
        return bool(cells.width[-1] < cells.width.max() and self.times.moments(cells, column).known[-1])

    def _never_offered(self, cells: Cells) -> Bools:
        """Return which rows have an empty cell where an offered call has none."""
        found = np.zeros(len(cells), np.bool_)
        for name in self.columns.not_offered.empty:
            if name in cells:
                found |= cells[name].each(_is_empty, np.bool_)
        return found

    def _lost_at_once(self, kind: Any, wait: Floats) -> Bools:
        """Return which callers hung up so soon that they never asked for an agent, by the map."""
        within = self.columns.not_offered.abandoned_within
        if within is None:
            return np.zeros(len(wait), np.bool_)
        with np.errstate(invalid="ignore"):
            return np.asarray((kind == ABANDONED) & (wait <= within))

    def _tell_kinds(self, cells: Cells, outcome: Column, looked: Bools, bad: BadRows, clock: Ints) -> None:
        wrong = bad.mask & looked
        queue = self.columns.queue.column
        for rows, into in ((looked, self.tally.seen), (wrong, self.tally.seen_bad)):
            if not rows.any():
                continue
            for cell, n in outcome.counts(rows):
                into("outcome", cell if cell in self._outcomes else KINDS[self._otherwise], n)
            hours = clock[rows & (clock >= 0)] // 3_600_000
            for hour, n in enumerate(np.bincount(hours, minlength=24).tolist()):
                into("hour", f"{hour:02d}", n)
            if queue is not None and queue in cells:
                for cell, n in cells[queue].counts(rows):
                    into("queue", self.queues.part(cell), n)

    def _aside(self, which: Bools, cells: Cells, file: int, source: str) -> Bools:
        """Return which of some rows are no calls: the names of the columns again, sums and means of other rows."""
        found = np.zeros(len(cells), np.bool_)
        names = [name.casefold() for name in cells.header]
        for i in np.flatnonzero(which).tolist():
            row = cells.row(i)
            found[i] = is_sum = any(map(is_total, islice(filter(None, row), NAMING)))
            if is_sum:
                self.tally.sum_of_others(cells.batch.lines[i], source if file else "")
            elif [cell.casefold() for cell in row[: len(names)]] == names:
                found[i] = True
        self.tally.rows -= int(found.sum())
        return found

    def _drop(self, bad: BadRows, cells: Cells, file: int, source: str) -> None:
        _check_heads(bad.mask, cells, source)
        shown_source = source if file else ""
        for reason, which, value in bad.reasons:
            for i in which.tolist():
                self.tally.drop(reason, cells.batch.lines[i], value(i), source=shown_source)


def _check_heads(which: Bools, cells: Cells, source: str) -> None:
    """Refuse rows that name the columns in another order: from there on cells would be taken for others."""
    for i in np.flatnonzero(which)[:MOST_LOOKED_AT].tolist():
        check_head(cells.row(i), cells.header, cells.batch.lines[i], source)


def _is_empty(cell: str) -> bool:
    return not cell
