"""What many interleaved pairs say together: the median, and an interval that holds it with 95 %."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb


@dataclass(frozen=True)
class Median:
    """A median and its interval."""

    value: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.lowest:.3f}..{self.highest:.3f}]"


def median(values: Sequence[float]) -> Median:
    """Return the median with its interval by order statistics, which assumes nothing of how the values are spread.

    The interval between the k-th lowest and the k-th highest of n values misses the median with probability
    2 P(B < k), B binomial (n, 1/2); k is the largest with which that is at most 5 %.

    Args:
        values: Six or more.

    >>> median([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    Median(value=8, lowest=4, highest=12)
    """
    ordered, n = sorted(values), len(values)
    k, missed = 0, 0.0
    while (missed := missed + 2 * comb(n, k) / 2**n) <= 0.05:
        k += 1
    return Median(statistics.median(ordered), ordered[k - 1], ordered[n - k])
