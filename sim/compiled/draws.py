"""The chance of one day, its tables of uniforms drawn in machine code."""

from functools import lru_cache
from typing import Final

import numpy as np

from sim.compiled.machine import machine_code
from sim.compiled.pcg import COUNTS, MULTIPLIER
from sim.model.streams import Chance, Floats, Ints

_128: Final = 2**128 - 1


class CompiledChance(Chance):
    """`Chance`, whose numbers are the same and come sooner."""

    def cells(self, purpose: str, counts: Ints, *numbers: int) -> Floats:
        """Return the first `counts[c]` uniforms of each column `c` of `rows`, one column after another."""
        begun = np.random.PCG64(self.sequence(purpose, *numbers)).state["state"]
        state, step = begun["state"], begun["inc"]
        told = np.empty(COUNTS + len(counts), np.int64)
        told[:COUNTS] = [word for number in (state, step, *_jump(step, len(counts))) for word in _words(number)]
        told[COUNTS:] = counts
        found = np.empty(int(counts.sum()), np.float64)
        machine_code("draw_cells")(told, found.view(np.int64), len(counts), 0, 0)
        return found

    def ones(self, purpose: str, keys: Ints, attempts: Ints) -> Floats:
        """Return `one` of each key and attempt."""
        state = np.asarray(self.sequence(purpose).generate_state(2, np.uint64), np.uint64)
        told = np.concatenate([state.view(np.int64), keys, attempts])
        found = np.empty(len(keys), np.float64)
        machine_code("draw_ones")(told, found.view(np.int64), len(keys), 0, 0)
        return found


def _jump(step: int, count: int) -> tuple[int, int]:
    """Return what so many steps multiply the state by, and add to it, where one adds `step`."""
    by, add = _jump_of_one(count)
    return by, add * step & _128


@lru_cache(maxsize=256)
def _jump_of_one(count: int) -> tuple[int, int]:
    """Return the same where a step adds 1."""
    by, add = 1, 0
    each_by, each_add = MULTIPLIER, 1
    while count:
        if count & 1:
            by, add = by * each_by & _128, (add * each_by + each_add) & _128
        each_add = (each_by + 1) * each_add & _128
        each_by = each_by * each_by & _128
        count >>= 1
    return by, add


def _words(number: int) -> tuple[int, int]:
    """Return the upper and the lower 64 bits, as numbers with a sign."""
    upper, lower = number >> 64, number & (2**64 - 1)
    return upper - 2**64 * (upper >> 63), lower - 2**64 * (lower >> 63)
