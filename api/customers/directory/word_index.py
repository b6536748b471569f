"""A compact index: which rows have this word. Twelve bytes a word where a dictionary of Python's takes a hundred.

Words are known by Python's own 64-bit hash, which is keyed anew in every process: among a million customers two words
collide once in forty million directories, and nobody can choose them to.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

FRESH: Final = 10_000
"""So many words are added one by one before they are sorted in."""


class Index:
    """Word → rows, for words that come and never go: a row that is gone is passed over by who asks."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._rows = array("i")
        self._fresh: dict[int, list[int]] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._hashes) + self._count

    def rows(self, word: str) -> list[int]:
        """Return the rows of a word, the oldest first."""
        wanted = hash(word)
        hashes = self._hashes
        place = bisect_left(hashes, wanted)
        found = []
        while place < len(hashes) and hashes[place] == wanted:
            found.append(self._rows[place])
            place += 1
        fresh = self._fresh.get(wanted)
        return found + fresh if fresh is not None else found

    def add(self, word: str, row: int) -> None:
        """Let a row be found by a word."""
        self._fresh.setdefault(hash(word), []).append(row)
        self._count += 1
        if self._count >= FRESH:
            self._sort_in()

    def fill(self, words: Iterable[str], rows: Iterable[int]) -> None:
        """Add many words at once; `settle` when there are no more."""
        self._hashes.extend(map(hash, words))
        self._rows.extend(rows)

    def settle(self) -> None:
        """Sort what was filled in."""
        hashes = np.frombuffer(self._hashes, np.int64) if self._hashes else np.empty(0, np.int64)
        order = np.argsort(hashes, kind="stable")
        self._keep(hashes[order], np.frombuffer(self._rows, np.int32)[order] if self._rows else np.empty(0, np.int32))

    def _sort_in(self) -> None:
        """Sort the fresh words in: a few milliseconds, whatever is there already."""
        fresh = np.array([hashed for hashed, rows in self._fresh.items() for _ in rows], np.int64)
        rows = np.array([row for rows in self._fresh.values() for row in rows], np.int32)
        order = np.argsort(fresh, kind="stable")
        fresh, rows = fresh[order], rows[order]
        if not self._hashes:
            self._keep(fresh, rows)
        else:
            hashes = np.frombuffer(self._hashes, np.int64)
            places = hashes.searchsorted(fresh, side="right")
            self._keep(np.insert(hashes, places, fresh), np.insert(np.frombuffer(self._rows, np.int32), places, rows))
        self._fresh, self._count = {}, 0

    def _keep(self, hashes: NDArray[np.int64], rows: NDArray[np.int32]) -> None:
        self._hashes, self._rows = array("q"), array("i")
        self._hashes.frombytes(hashes.tobytes())
        self._rows.frombytes(rows.tobytes())
