"""Quantiles of all calls together, with a bootstrap of whole replications for their 95 % intervals.

Source: Hesterberg, "What teachers should know about the bootstrap", 2015 (expanded percentile interval).
"""

from collections.abc import Sequence
from functools import cached_property
from math import ceil, sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sim.model.streams import BOOTSTRAP, Chance, Floats, Ints
from sim.results.estimates import Est, as_column, doubts_of, ratio_deviations, student

BOOTSTRAPS: Final = 1000
_THRESHOLDS: Final = 1024
_BLOCK: Final = 32
"""Thresholds that are looked at together: about the root of all, so that the search in two steps is shortest."""


def quantiles(
    samples: Sequence[ArrayLike], shares: Sequence[float], *, seed: int, purpose: str = ""
) -> list[Est | None]:
    """Return quantiles of all calls together, with bootstrap intervals over whole replications.

    Args:
        samples: One array per replication (waits of its calls, seconds); some may be empty.
        shares: Which quantiles, each above 0 and below 1.
        seed: The scenario's: the same figures give the same interval.
        purpose: Names the figure, so that two of them do not share their draws.

    Returns:
        One for each share; None where there is no call at all.

    The percentile interval of a small sample is too narrow; it is expanded to what Student's interval would be for a
    mean (Hesterberg 2015, section 4.3.3).

    >>> quantiles([[1.0, 2.0, 3.0]], [0.5], seed=1)[0].mean
    2.0
    """
    columns = [np.sort(as_column(sample)) for sample in samples]
    everything = np.sort(np.concatenate(columns)) if columns else np.empty(0)
    if not len(everything):
        return [None for _ in shares]
    if len(columns) < 2:
        return [Est(float(everything[_rank(share, len(everything))])) for share in shares]
    resampled = _Resampled(columns, everything, f"{BOOTSTRAP} {purpose}", seed)
    return [resampled.quantile(share) for share in shares]


class _Resampled:
    """Replications, and how often each is in each of a thousand resamples."""

    def __init__(self, columns: list[Floats], everything: Floats, purpose: str, seed: int) -> None:
        self._columns, self._everything = columns, everything
        self._purpose, self._seed = purpose, seed
        self._sizes: Final = np.array([len(column) for column in columns], np.float64)

    @cached_property
    def _draws(self) -> Floats:
        """Resample x replication: as floats, since only those are multiplied fast; whole numbers, so exact."""
        n = len(self._columns)
        drawn = Chance(self._seed, 0).generator(self._purpose).multinomial(n, np.full(n, 1 / n), size=BOOTSTRAPS)
        drawn = drawn.astype(np.float64)
        meets_calls = drawn @ self._sizes > 0
        return np.asarray(drawn if meets_calls.all() else drawn[meets_calls])

    def quantile(self, share: float) -> Est:
        """Return one, with its interval."""
        everything, n = self._everything, len(self._columns)
        centre = float(everything[_rank(share, len(everything))])
        beside = self._beside(centre)
        thresholds = _thresholds(beside, everything, share)
        within = np.empty((n, len(thresholds)))
        for row, column in zip(within, self._columns, strict=True):
            row[:] = column.searchsorted(thresholds, side="right")
        found = thresholds[_first_reached(self._draws, within, share * (self._draws @ self._sizes))]
        tail = float(special.ndtr(-student(n) * sqrt(n / (n - 1))))
        low, high = np.quantile(found, [tail, 1 - tail], method="inverted_cdf")
        wanted, doubts = doubts_of(beside, 1e-9)
        return Est(centre, min(float(low), centre), max(float(high), centre), doubts, wanted if doubts else 0)

    def _beside(self, centre: float) -> Floats:
        """Return by how much each replication's share of values up to `centre` pulls at the whole's, weighted."""
        within = np.array([column.searchsorted(centre, side="right") for column in self._columns], np.float64)
        found = ratio_deviations(within, self._sizes)
        assert found is not None
        return found[1]


def _first_reached(draws: Floats, within: Floats, wanted: Floats) -> Ints:
    """Return, for each row of `draws`, the first column at which `draws @ within` is `wanted`; the last where none is.

    Along a row of `within` numbers never fall: so the block in which it is can be told from the blocks' last columns,
    and most of the product is never made.
    """
    last = within.shape[1] - 1
    ends = np.minimum(np.arange(_BLOCK - 1, last + _BLOCK, _BLOCK), last)
    block = _first(draws @ within[:, ends] >= wanted[:, None])
    found = np.empty(len(draws), np.int64)
    for n in np.unique(block).tolist():
        mine, begin = block == n, n * _BLOCK
        reached = draws[mine] @ within[:, begin : int(ends[n]) + 1] >= wanted[mine, None]
        found[mine] = begin + _first(reached)
    return found


def _first(holds: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Ints:
    """Return the first column of each row that holds, or the last column."""
    return np.where(holds.any(axis=1), holds.argmax(axis=1), holds.shape[1] - 1)


def _rank(share: float, count: int) -> int:
    """Return the place, from 0, of the smallest value that `share` of `count` sorted values do not exceed."""
    return min(count - 1, max(0, ceil(share * count - 1e-9) - 1))


def _thresholds(beside: Floats, everything: Floats, share: float) -> Floats:
    """Return the values among which a resampled quantile is looked for: those within eight SD of `share`.

    A resample moves the distribution function at the quantile by the SD of a ratio; beyond eight of them there is
    nothing to find. So the search is among a thousand values, however many calls there are.
    """
    spread = 8 * float(np.sqrt(beside @ beside)) / len(beside) + 2 / len(everything)
    low = _rank(max(share - spread, 0.0), len(everything))
    high = _rank(min(share + spread, 1.0), len(everything))
    ranks = np.linspace(low, high, min(_THRESHOLDS, high - low + 1)).round().astype(np.int64)
    return np.asarray(np.unique(everything[ranks]))
