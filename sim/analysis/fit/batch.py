"""Some rows of a log together: their cells by column, each different cell looked at once; and rows that cannot be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from callcenter.config.batches import AnyBatch, Batch, EvenBatch
from callcenter.config.tables import Table
from callcenter.errors import BadInput
from callcenter.language.said import said
from sim.analysis.fit.cells import Bools, Moments
from sim.analysis.fit.column import Column
from sim.model.streams import Ints


class Cells:
    """The cells of a batch by column, each column once."""

    def __init__(self, batch: AnyBatch, place: dict[str, int], table: Table, nothing: frozenset[str]) -> None:
        self._place, self._nothing = place, nothing
        self.header = [name.strip() for name in table.written or table.header]
        self._columns: dict[str, Column] = {}
        self.moments: dict[str, Moments] = {}
        self.batch = batch if isinstance(batch, EvenBatch) else _kept(batch, table.written or table.header)
        self.short, self.long = (np.zeros(len(self.batch), np.bool_) for _ in range(2))
        self.width = np.full(len(self.batch), len(table.header))
        if isinstance(self.batch, Batch) and any(len(row) != len(table.header) for row in self.batch.rows):
            self._measure(self.batch, table)

    def _measure(self, batch: Batch, table: Table) -> None:
        """Find rows cut short, and rows with more cells than the header names."""
        wanted, named = max(self._place.values(), default=0) + 1, len(table.header)
        self.width = np.array([len(row) for row in batch.rows], np.int64)
        self.short = self.width < min(wanted, named)
        if table.own:
            self.long = np.array(
                [len(row) > named and any(map(str.strip, row[named:])) for row in batch.rows], np.bool_
            )
        if (self.width < wanted).any():
            batch.rows = [row + [""] * (wanted - len(row)) for row in batch.rows]

    def __len__(self) -> int:
        return len(self.batch)

    def __contains__(self, name: str) -> bool:
        return name in self._place

    def __getitem__(self, name: str) -> Column:
        if name not in self._columns:
            at = self._place[name]
            batch = self.batch
            cells = batch.column(at) if isinstance(batch, EvenBatch) else [row[at] for row in batch.rows]
            self._columns[name] = Column(cells, self._nothing)
        return self._columns[name]

    def row(self, place: int) -> list[str]:
        """Return the cells of a row, stripped."""
        return [cell.strip() for cell in self.batch.row(place)]

    def told_width(self, row: int) -> str:
        """Return how many cells a row has, in words."""
        return said("{n} cells", n=int(self.width[row]))

    def marks(self) -> Ints:
        """Return a number for each row as a whole: equal rows have equal ones."""
        return np.fromiter((hash("\0".join(row)) for row in self.batch.rows), np.int64, len(self))


def _kept(batch: Batch, header: Sequence[str]) -> Batch:
    """Return the rows without empty ones and the headers of joined files."""
    first = header[0] if header else ""
    # Most rows are neither, and their first cell says so.
    if not any(not row or (not row[0] and not any(row)) or row[0].strip() == first for row in batch.rows):
        return Batch(batch.lines, batch.rows)
    kept = [i for i, row in enumerate(batch.rows) if any(row) and [c.strip() for c in row] != list(header)]
    return Batch([batch.lines[i] for i in kept], [batch.rows[i] for i in kept])


@dataclass(slots=True)
class BadRows:
    """Rows of a batch that cannot be: the first reason of each counts."""

    open: Bools
    """Rows that may still be found bad."""
    mask: Bools = field(init=False)
    reasons: list[tuple[str, Ints, Callable[[int], str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mask = np.zeros(len(self.open), np.bool_)

    def where(self, wrong: Bools, reason: str, value: Callable[[int], str]) -> None:
        """Take note of rows."""
        fresh = wrong & self.open
        if fresh.any():
            self.reasons.append((reason, np.nonzero(fresh)[0], value))
            self.open &= ~fresh
            self.mask |= fresh

    def take_out(self, which: Bools) -> None:
        """Forget rows that are no calls at all."""
        self.open &= ~which
        self.mask &= ~which
        self.reasons = [(reason, rows[~which[rows]], value) for reason, rows, value in self.reasons]


def check_head(row: Sequence[str], header: Sequence[str], line: int, source: str) -> None:
    """Refuse a row that names the columns in another order: from there on cells would be taken for others.

    Raises:
        BadInput: it does.
    """
    if list(row) != list(header) and len({*row} & {*header} - {""}) > len(header) / 2:
        raise BadInput(
            "{source}:{line}: names the columns again, and otherwise than the first line: these are "
            "two exports in one file; give them as two files",
            source=source,
            line=line,
        )
