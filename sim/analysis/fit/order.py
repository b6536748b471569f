"""Places of rows in order of several whole numbers: these packed into one, since one is sorted ten times as fast."""

from collections.abc import Sequence
from math import prod
from typing import Final

import numpy as np

from sim.model.streams import Ints

ROOM: Final = 2**63
"""Different numbers that one key can take."""


def in_order(*keys: Ints) -> Ints:
    """Return the places of rows in order of the first key, then of the next; of equal ones as they stand.

    >>> in_order(np.array([2, 1, 2, 1]), np.array([5, 9, 4, 9])).tolist()
    [1, 3, 2, 0]
    """
    if not len(keys[0]):
        return np.empty(0, np.int64)
    packed = keys[0] if len(keys) == 1 else _packed(keys)
    if packed is None:
        return np.lexsort(keys[::-1])
    order = np.argsort(packed)
    ordered = packed[order]
    follows = ordered[1:] == ordered[:-1]
    if follows.any():
        equal = np.flatnonzero(np.append(False, follows) | np.append(follows, False))
        rows = np.sort(order[equal])
        order[equal] = rows[np.argsort(packed[rows], kind="stable")]
    return order


def _packed(keys: Sequence[Ints]) -> Ints | None:
    """Return one number a row that is in order as the keys are together; None where they take too much room."""
    lows = [int(key.min()) for key in keys]
    spans = [int(key.max()) - low + 1 for key, low in zip(keys, lows, strict=True)]
    if prod(spans) >= ROOM:
        return None
    packed = np.zeros(len(keys[0]), np.int64)
    for key, low, span in zip(keys, lows, spans, strict=True):
        packed = packed * span + (key - low)
    return packed
