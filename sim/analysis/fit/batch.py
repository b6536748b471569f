"""Some rows of a log together: their cells by column, and which of the rows cannot be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from callcenter.config.tables import Batch
from sim.analysis.fit.cells import Bools, Moments
from sim.model.streams import Ints


class Cells:
    """The cells of a batch by column, stripped, each column once."""

    def __init__(self, batch: Batch, place: dict[str, int], header: Sequence[str]) -> None:
        rows, lines = batch.rows, batch.lines
        # Empty lines, and the headers of joined files; most rows are neither, and their first cell says so.
        first = header[0] if header else ""
        if any(not row or (not row[0] and not any(row)) or row[0].strip() == first for row in rows):
            kept = [i for i, row in enumerate(rows) if any(row) and [c.strip() for c in row] != list(header)]
            rows, lines = [rows[i] for i in kept], [lines[i] for i in kept]
        self.batch, self._place = Batch(lines, rows), place
        width = max(place.values(), default=0) + 1
        self.short = np.zeros(len(rows), np.bool_)
        if any(len(row) < width for row in rows):
            self.short = np.array([len(row) < min(width, len(header)) for row in rows])
            self.batch.rows = [row + [""] * (width - len(row)) for row in rows]
        self._cells: dict[str, list[str]] = {}
        self.moments: dict[str, Moments] = {}

    def __len__(self) -> int:
        return len(self.batch.rows)

    def __contains__(self, name: str) -> bool:
        return name in self._place

    def __getitem__(self, name: str) -> list[str]:
        if name not in self._cells:
            place = self._place[name]
            self._cells[name] = [row[place].strip() for row in self.batch.rows]
        return self._cells[name]


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
