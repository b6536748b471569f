"""Estimates with their 95 % intervals over replications, and what they say about a target.

Replications are independent of each other; calls inside one are not. So every interval here is made from one figure
per replication: Student for means, the delta method for ratios (service level is a ratio of two counts that vary
together), a bootstrap of whole replications for quantiles. Two variants run on common random numbers are compared by
their differences, replication by replication.

Sources: Law, "Simulation Modeling and Analysis", chapter 9 (means, sequential rule); Cochran, "Sampling Techniques",
chapter 6 (ratios); Hesterberg, "What teachers should know about the bootstrap", 2015 (expanded percentile interval).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, fsum, isfinite, sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sim.streams import BOOTSTRAP, Chance, Floats

CONFIDENCE: Final = 0.95
BOOTSTRAPS: Final = 1000
_THRESHOLDS: Final = 1024
FEWEST: Final = 10
"""Replications before a sequential rule may stop: with fewer the interval is itself a matter of luck."""


@dataclass(frozen=True, slots=True)
class Est:
    """A figure and its 95 % interval; bounds are None where one replication cannot give them."""

    mean: float
    ci_low: float | None = None
    ci_high: float | None = None

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.ci_low is None or self.ci_high is None else (self.ci_high - self.ci_low) / 2

    def as_dict(self) -> dict[str, float | None]:
        """Return it as the JSON output writes it."""
        return {"mean": self.mean, "ci_low": self.ci_low, "ci_high": self.ci_high}


class Verdict(StrEnum):
    """Whether a target is met, as far as the interval can tell."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


def student(replications: int) -> float:
    """Return the two-sided 95 % Student quantile for a mean of so many replications (2 or more).

    >>> round(student(20), 3)
    2.093
    """
    return float(special.stdtrit(replications - 1, 0.5 + CONFIDENCE / 2))


def _column(values: ArrayLike) -> Floats:
    """Return values as floats; None is not a number."""
    return np.asarray(values, dtype=np.float64)


def _interval(centre: float, deviations: Floats, clip: bool) -> Est:
    """Return `centre` with the Student interval of the mean of `deviations` (one per replication, about zero)."""
    n = len(deviations)
    if n < 2:
        return Est(centre)
    half = student(n) * sqrt(fsum(d * d for d in deviations.tolist()) / (n - 1) / n)
    low, high = centre - half, centre + half
    return Est(centre, max(low, 0.0), min(high, 1.0)) if clip else Est(centre, low, high)


def mean(values: ArrayLike, *, clip: bool = False) -> Est | None:
    """Return the mean over replications with its Student interval.

    Args:
        values: One figure per replication; those where it is undefined (None, nan) do not count.
        clip: Keep the bounds within [0, 1], for shares.

    >>> est = mean([1.0, 2.0, 3.0, None])
    >>> est.mean, round(est.ci_low, 3), round(est.ci_high, 3)
    (2.0, -0.484, 4.484)
    """
    column = _column(values)
    column = column[np.isfinite(column)]
    if not len(column):
        return None
    centre = float(column.mean())
    return _interval(centre, column - centre, clip)


def _ratio_deviations(above: Floats, below: Floats) -> tuple[float, Floats] | None:
    total = float(below.sum())
    if not len(below) or total == 0:
        return None
    centre = float(above.sum()) / total
    return centre, (above - centre * below) * (len(below) / total)


def ratio(above: ArrayLike, below: ArrayLike, *, clip: bool = True) -> Est | None:
    """Return the ratio of two means with its delta-method interval.

    Args:
        above: Numerator of each replication (calls answered in time).
        below: Denominator of each replication (calls that count), 0 or more.
        clip: Keep the bounds within [0, 1], for shares.

    Returns:
        None where nothing stands below the line in any replication.

    >>> ratio([8, 9, 7], [10, 10, 10]).mean
    0.8
    """
    found = _ratio_deviations(_column(above), _column(below))
    return None if found is None else _interval(*found, clip)


def paired(ours: ArrayLike, theirs: ArrayLike) -> Est | None:
    """Return the mean of `ours` less `theirs`, replication by replication (common random numbers)."""
    return mean(_column(ours) - _column(theirs))


def paired_ratio(
    our_above: ArrayLike, our_below: ArrayLike, their_above: ArrayLike, their_below: ArrayLike
) -> Est | None:
    """Return one ratio less another over the same replications, with the delta-method interval of the difference."""
    ours = _ratio_deviations(_column(our_above), _column(our_below))
    theirs = _ratio_deviations(_column(their_above), _column(their_below))
    if ours is None or theirs is None:
        return None
    return _interval(ours[0] - theirs[0], ours[1] - theirs[1], clip=False)


def quantile(samples: Sequence[ArrayLike], share: float, *, seed: int, purpose: str = "") -> Est | None:
    """Return a quantile of all calls together, with a bootstrap interval over whole replications.

    Args:
        samples: One array per replication (waits of its calls, seconds); some may be empty.
        share: Which quantile, above 0 and below 1.
        seed: The scenario's: the same figures give the same interval.
        purpose: Names the figure, so that two of them do not share their draws.

    The percentile interval of a small sample is too narrow; it is expanded to what Student's interval would be for a
    mean (Hesterberg 2015, section 4.3.3).
    """
    columns = [_column(sample) for sample in samples]
    everything = np.sort(np.concatenate(columns)) if columns else np.empty(0)
    if not len(everything):
        return None
    centre = float(everything[_rank(share, len(everything))])
    n = len(columns)
    if n < 2:
        return Est(centre)
    thresholds = _thresholds(columns, everything, share)
    within = np.stack([np.searchsorted(np.sort(c), thresholds, side="right") for c in columns]).astype(np.float64)
    sizes = np.array([len(column) for column in columns], dtype=np.float64)
    draws = Chance(seed, 0).generator(f"{BOOTSTRAP} {purpose}").multinomial(n, np.full(n, 1 / n), size=BOOTSTRAPS)
    totals = draws @ sizes
    reached = draws[totals > 0] @ within >= share * totals[totals > 0, None]
    last = len(thresholds) - 1
    found = thresholds[np.where(reached.any(axis=1), reached.argmax(axis=1), last)]
    tail = float(special.ndtr(-student(n) * sqrt(n / (n - 1))))
    low, high = np.quantile(found, [tail, 1 - tail], method="inverted_cdf")
    return Est(centre, min(float(low), centre), max(float(high), centre))


def _rank(share: float, count: int) -> int:
    """Return the place, from 0, of the smallest value that `share` of `count` sorted values do not exceed."""
    return min(count - 1, max(0, ceil(share * count - 1e-9) - 1))


def _thresholds(columns: list[Floats], everything: Floats, share: float) -> Floats:
    """Return the values among which a resampled quantile is looked for: those within eight SD of `share`.

    A resample moves the distribution function at the quantile by the SD of a ratio; beyond eight of them there is
    nothing to find. So the search is among a thousand values, however many calls there are.
    """
    centre = everything[_rank(share, len(everything))]
    found = _ratio_deviations(
        np.array([float((c <= centre).sum()) for c in columns]), np.array([float(len(c)) for c in columns])
    )
    assert found is not None
    spread = 8 * float(np.sqrt(found[1] @ found[1])) / len(columns) + 2 / len(everything)
    low = _rank(max(share - spread, 0.0), len(everything))
    high = _rank(min(share + spread, 1.0), len(everything))
    ranks = np.linspace(low, high, min(_THRESHOLDS, high - low + 1)).round().astype(np.int64)
    return np.asarray(np.unique(everything[ranks]))


def largest(samples: Sequence[ArrayLike]) -> Est | None:
    """Return the mean of each replication's largest value; no interval is given for it (design, section 10)."""
    tops = [float(column.max()) for column in map(_column, samples) if len(column)]
    return Est(float(np.mean(tops))) if tops else None


def verdict(estimate: Est | None, target: float) -> Verdict:
    """Tell whether `estimate` reaches `target`: yes or no only where the whole interval lies on one side.

    >>> verdict(Est(0.91, 0.90, 0.92), 0.90).value, verdict(Est(0.91, 0.89, 0.93), 0.90).value
    ('yes', 'undecided')
    """
    if estimate is None or estimate.ci_low is None or estimate.ci_high is None:
        return Verdict.UNDECIDED
    if estimate.ci_low >= target:
        return Verdict.YES
    return Verdict.NO if estimate.ci_high < target else Verdict.UNDECIDED


def precise_enough(estimates: Sequence[Est | None], precision: float, replications: int) -> bool:
    """Tell whether all intervals are at most ± `precision` wide, and there were replications enough to trust them."""
    halves = [estimate.half_width for estimate in estimates if estimate is not None]
    return replications >= FEWEST and all(half is not None and half <= precision for half in halves)


def replications_wanted(estimates: Sequence[Est | None], precision: float, replications: int, most: int) -> int:
    """Return how many replications to have next, in all, so that every interval is about ± `precision`.

    The width falls with the square root of the number. Growth is at most threefold a step: an early width is itself
    uncertain. When `precise_enough` says so, or at `most`, the answer is the number there is.
    """
    if precise_enough(estimates, precision, replications) or replications >= most:
        return replications
    halves = [e.half_width for e in estimates if e is not None and e.half_width is not None]
    widest = max((half for half in halves if isfinite(half)), default=precision)
    ideal = ceil(1.1 * replications * (widest / precision) ** 2)
    return min(most, max(FEWEST, replications + 1, min(ideal, 3 * replications)))
