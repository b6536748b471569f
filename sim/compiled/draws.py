"""The chance of one day, its tables of uniforms drawn in machine code."""

from functools import lru_cache
from typing import Final

import numpy as np

from sim.compiled.machine import machine_code
from sim.compiled.pcg import COUNTS, MULTIPLIER, POOL
from sim.model.streams import Chance, Floats, Ints, number_of

_32: Final = 2**32 - 1
_128: Final = 2**128 - 1


class CompiledChance(Chance):
    """`Chance`, whose numbers are the same and come sooner."""

    def cells(self, purpose: str, counts: Ints, *numbers: int) -> Floats:
        """Return the first `counts[c]` uniforms of each column `c` of `rows`, one column after another."""
        entropy, columns = self._entropy(purpose, numbers), len(counts)
        told = np.empty(COUNTS + columns + len(entropy) + POOL, np.int64)
        told[:COUNTS] = *_jump(columns), len(entropy)
        told[COUNTS : COUNTS + columns] = counts
        told[COUNTS + columns : -POOL] = entropy
        found = np.empty(int(counts.sum()) + POOL, np.float64)
        machine_code("draw_cells")(told, found.view(np.int64), columns, 0, 0)
        return found[:-POOL]

    def _entropy(self, purpose: str, numbers: tuple[int, ...]) -> list[int]:
        """Return the words that `sequence` is seeded with, as numpy puts them together."""
        seed, words = self.seed, list[int]()
        while seed > 0 or not words:
            words.append(seed & _32)
            seed >>= 32
        words += [0] * (POOL - len(words))
        for number in (self.replication, number_of(purpose), *numbers):
            words += (number & _32, number >> 32 & _32)
        return words

    def ones(self, purpose: str, keys: Ints, attempts: Ints) -> Floats:
        """Return `one` of each key and attempt."""
        state = np.asarray(self.sequence(purpose).generate_state(2, np.uint64), np.uint64)
        told = np.concatenate([state.view(np.int64), keys, attempts])
        found = np.empty(len(keys), np.float64)
        machine_code("draw_ones")(told, found.view(np.int64), len(keys), 0, 0)
        return found


@lru_cache(maxsize=256)
def _jump(count: int) -> tuple[int, ...]:
    """Return what so many steps multiply the state by, and add to it where one adds 1: two words each."""
    by, add = 1, 0
    each_by, each_add = MULTIPLIER, 1
    while count:
        if count & 1:
            by, add = by * each_by & _128, (add * each_by + each_add) & _128
        each_add = (each_by + 1) * each_add & _128
        each_by = each_by * each_by & _128
        count >>= 1
    return *_words(by), *_words(add)


def _words(number: int) -> tuple[int, int]:
    """Return the upper and the lower 64 bits, as numbers with a sign."""
    upper, lower = number >> 64, number & (2**64 - 1)
    return upper - 2**64 * (upper >> 63), lower - 2**64 * (lower >> 63)
