"""One seed, many named streams: every draw is keyed by what it is for, never by when or where it is made.

Three kinds of draw, all from the scenario's seed and the number of the replication (0, 1, …):

- `Chance.generator(purpose, …)`: a numpy Generator for an array drawn in a fixed order (PCG64 from a SeedSequence);
- `Chance.rows(purpose, rows, columns, …)`: uniforms by row, so that asking for more rows leaves the first ones as
  they were: with a column for each interval and a row for each call of it, more calls never change the others;
- `Chance.one(purpose, key, attempt)`: one uniform from a counter (Philox), for draws nobody can list beforehand
  (a retrial, the third attempt of a callback). It needs no state, so it does not matter who asks first.

Source: SeedSequence as in O'Neill, "Developing a seed_seq alternative" (2015), and numpy's NEP 19; Philox: Salmon,
Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# What is drawn. The words are part of the seed: renaming one changes every result.
COUNT: Final = "count"
POSITION: Final = "position"
TIER: Final = "tier"
INTENT: Final = "intent"
BUSYNESS: Final = "busyness"
KEY: Final = "key"
HANDLING: Final = "handling"
PATIENCE: Final = "patience"
WRAP_UP: Final = "wrap_up"
RECALL: Final = "recall"
MENU_TIME: Final = "menu_time"
MENU_END: Final = "menu_end"
RETRIAL: Final = "retrial"
RETRIAL_DELAY: Final = "retrial_delay"
RING: Final = "ring"
MISS: Final = "miss"
SHRINKAGE: Final = "shrinkage"
PACE: Final = "pace"
ANSWER: Final = "answer"
DIAL: Final = "dial"
VIRTUAL_HOLD: Final = "virtual_hold"
RESULT: Final = "result"
BOOTSTRAP: Final = "bootstrap"

_TO_UNIT: Final = 2.0**-53
_64: Final = 2**64 - 1
_M0: Final = 0xD2E7470EE14C6C93
_M1: Final = 0xCA5A826395121157
_W0: Final = 0x9E3779B97F4A7C15
_W1: Final = 0xBB67AE8584CAA73B
"""Of Philox 4x64: multipliers and what is added to the key."""


@lru_cache(maxsize=4096)
def number_of(word: str) -> int:
    """Return a fixed 63-bit number for `word`, the same in every process and version.

    >>> number_of("handling")
    6155149913841213993
    """
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big") >> 1


def _words(number: int) -> tuple[int, int]:
    # Always two words: SeedSequence would write small numbers as one, and neighbours could then run together.
    return number & 0xFFFFFFFF, number >> 32 & 0xFFFFFFFF


def _first(counts: Ints) -> NDArray[np.bool_]:
    """Return, for each column and row, whether it is one of the first so many rows of its column."""
    return np.asarray(np.arange(counts.max(initial=0)) < counts[:, None])


class Chance:
    """All the chance of one replication of one seed.

    Two variants of a scenario with the same seed meet the same customers (common random numbers): nothing here
    depends on staffing, on the order of service or on the number of workers.
    """

    def __init__(self, seed: int, replication: int) -> None:
        self.seed = seed
        self.replication = replication
        self._philox_keys: dict[str, tuple[int, int]] = {}

    def sequence(self, purpose: str, *numbers: int) -> np.random.SeedSequence:
        """Return the root of the stream for `purpose`, further keyed by `numbers` (a day, a stream's number)."""
        parts = (self.replication, number_of(purpose), *numbers)
        return np.random.SeedSequence(self.seed, spawn_key=[word for part in parts for word in _words(part)])

    def generator(self, purpose: str, *numbers: int) -> np.random.Generator:
        """Return a fresh generator at the beginning of the stream for `purpose` and `numbers`."""
        return np.random.Generator(np.random.PCG64(self.sequence(purpose, *numbers)))

    def rows(self, purpose: str, rows: int, columns: int, *numbers: int) -> Floats:
        """Return uniforms in [0, 1), shape (rows, columns); the first rows are the same however many are asked for."""
        return self.generator(purpose, *numbers).random((rows, columns))

    def cells(self, purpose: str, counts: Ints, *numbers: int) -> Floats:
        """Return the first `counts[c]` uniforms of each column `c` of `rows`, one column after another."""
        table = self.rows(purpose, int(counts.max(initial=0)), len(counts), *numbers)
        return np.asarray(table.T[_first(counts)])

    def keys(self, counts: Ints, *numbers: int) -> Ints:
        """Return random names for calls (63 bits, for `one`), as `cells` has uniforms."""
        shape = int(counts.max(initial=0)), len(counts)
        table = self.generator(KEY, *numbers).integers(0, 2**63 - 1, shape, dtype=np.int64)
        return np.asarray(table.T[_first(counts)])

    def one(self, purpose: str, key: int, attempt: int = 0) -> float:
        """Return the uniform in [0, 1) of `key` (a call's, or `number_of` a name) for its `attempt`.

        >>> chance = Chance(seed=1, replication=0)
        >>> first = chance.one("patience", 42, attempt=2)
        >>> _ = chance.one("patience", 7), chance.one("handling", 42)
        >>> chance.one("patience", 42, attempt=2) == first
        True
        """
        philox_key = self._philox_keys.get(purpose)
        if philox_key is None:
            first, second = self.sequence(purpose).generate_state(2, np.uint64).tolist()
            philox_key = self._philox_keys[purpose] = first, second
        return (_philox(key, attempt, *philox_key) >> 11) * _TO_UNIT

    def ones(self, purpose: str, keys: Ints, attempts: Ints) -> Floats:
        """Return `one` of each key and attempt."""
        drawn = [self.one(purpose, key, n) for key, n in zip(keys.tolist(), attempts.tolist(), strict=True)]
        return np.array(drawn, np.float64)


def _philox(key: int, attempt: int, k0: int, k1: int) -> int:
    """Return the first number of Philox 4x64-10 from the counter (0, key, attempt, 1).

    What `np.random.Philox(counter=..., key=...)` gives; that takes five times as long to be made as to count.
    """
    c0, c1, c2, c3 = 1, key, attempt, 1
    for _ in range(10):
        wide0, wide1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (wide1 >> 64) ^ c1 ^ k0, wide1 & _64, (wide0 >> 64) ^ c3 ^ k1, wide0 & _64
        k0, k1 = (k0 + _W0) & _64, (k1 + _W1) & _64
    return c0
