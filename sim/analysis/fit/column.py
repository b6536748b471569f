"""A column of cells, of which each different one is looked at once."""

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model.streams import Ints


class Column:
    """The cells of one column of some rows, stripped; what is written for nothing is empty.

    >>> column = Column([" 7", "NULL", "7 ", ""], frozenset({"NULL"}))
    >>> column.different, column.each(len, int).tolist(), column[0]
    (['7', '', '7', ''], [1, 0, 1, 0], '7')
    """

    def __init__(self, cells: list[str], nothing: frozenset[str] = frozenset()) -> None:
        self.cells, self._nothing = cells, nothing

    @cached_property
    def _placed(self) -> tuple[list[str], Ints]:
        # Looked up once, a cell that is met for the first time gets the next place.
        places: defaultdict[str, int] = defaultdict()
        places.default_factory = places.__len__
        place = np.fromiter(map(places.__getitem__, self.cells), np.int64, len(self.cells))
        return list(places), place

    @property
    def written(self) -> list[str]:
        """The different cells as they stand, in the order in which they first come."""
        return self._placed[0]

    @cached_property
    def different(self) -> list[str]:
        """The different cells, in the order in which they first come."""
        return list(map(self.text, self.written))

    @property
    def place(self) -> Ints:
        """The place of each row's cell among the different ones."""
        return self._placed[1]

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, row: int) -> str:
        return self.text(self.cells[row])

    def text(self, cell: str) -> str:
        """Return what a cell says."""
        text = cell.strip()
        return "" if text in self._nothing else text

    def numbers(self) -> Ints:
        """Return a number for each text, 0 for an empty one. It is another in another process: it tells texts apart."""
        found = np.fromiter(map(hash, map(str.strip, self.cells)), np.int64, len(self.cells))
        return np.where(np.isin(found, [hash(text) for text in self._nothing]), 0, found)

    def each(self, of: Callable[[str], Any], dtype: Any) -> Any:
        """Return a function of each row's cell as an array."""
        return np.array([of(cell) for cell in self.different], dtype)[self.place]

    def counts(self, which: "NDArray[np.bool_]") -> list[tuple[str, int]]:
        """Return the different cells of some of the rows, and how often each comes there."""
        number = np.bincount(self.place[which], minlength=len(self.different)).tolist()
        return [(cell, n) for cell, n in zip(self.different, number, strict=True) if n]
