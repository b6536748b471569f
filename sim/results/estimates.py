"""Estimates with their 95 % intervals over replications, and what they say about a target.

Replications are independent of each other; calls inside one are not. So every interval here is made from one figure
per replication: Student for means, the delta method for ratios (service level is a ratio of two counts that vary
together); quantiles have a bootstrap (`quantiles`). Two variants run on common random numbers are compared by their
differences, replication by replication.

Sources: Law, "Simulation Modeling and Analysis", chapter 9 (means, sequential rule); Cochran, "Sampling Techniques",
chapter 6 (ratios), section 2.15 (how many a skewed figure needs).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, fsum, inf, isfinite, sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sim.model.streams import Floats

CONFIDENCE: Final = 0.95
MIN_REPLICATIONS: Final = 10
"""Replications before a sequential rule may stop: with fewer the interval is itself a matter of luck."""


SKEWED: Final = 25.0
"""Cochran: a mean's interval holds what it promises from so many times its squared skewness in replications."""
BY_CHANCE: Final = 0.999
"""How sure it must be that the first and second half of the replications differ."""

Range = tuple[float, float]
"""Where a figure can lie at all, whatever was drawn."""
SHARE: Final[Range] = (0.0, 1.0)
AMOUNT: Final[Range] = (0.0, inf)
"""Counts, times, money."""
DIFFERENCE: Final[Range] = (-inf, inf)
OF_SHARES: Final[Range] = (-1.0, 1.0)
"""One share less another."""


class Doubt(StrEnum):
    """Why an interval may not hold what 95 % promise."""

    SKEWED = "skewed"
    """A few replications stand far from the rest, and there are too few of them for that."""
    DRIFTING = "drifting"
    """The first and the second half of the replications tell different things: rare ones decide."""


@dataclass(frozen=True, slots=True)
class Est:
    """A figure and its 95 % interval; bounds are None where one replication cannot give them."""

    mean: float
    ci_low: float | None = None
    ci_high: float | None = None
    doubts: tuple[Doubt, ...] = field(default=(), compare=False)
    wanted: int = field(default=0, compare=False)
    """Replications that a figure so skewed would need."""

    def __post_init__(self) -> None:
        assert self.ci_low is None or self.ci_low <= self.mean, "a lower bound above its mean"
        assert self.ci_high is None or self.mean <= self.ci_high, "an upper bound below its mean"

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


def as_column(values: ArrayLike) -> Floats:
    """Return values as floats; None is not a number."""
    return np.asarray(values, dtype=np.float64)


def bounded(centre: float, half: float, natural: Range) -> Est:
    """Return `centre` ± `half`, no bound outside the figure's natural range nor on the wrong side of its middle.

    >>> bounded(0.98, 0.05, SHARE).ci_high, bounded(0.2, 0.5, AMOUNT).ci_low
    (1.0, 0.0)
    """
    low, high = natural
    return Est(centre, min(max(centre - half, low), centre), max(min(centre + half, high), centre))


def _interval(centre: float, deviations: Floats, natural: Range) -> Est:
    """Return `centre` with the Student interval of the mean of `deviations` (one per replication, about zero)."""
    n = len(deviations)
    centre = _rounded(centre, natural)
    if n < 2:
        return Est(centre)
    if not deviations.any():  # as with most outcomes, which never come
        return bounded(centre, 0.0, natural)
    half = student(n) * sqrt(fsum((deviations * deviations).tolist()) / (n - 1) / n)
    found = bounded(centre, half, natural)
    wanted, doubts = doubts_of(deviations, 1e-9 * abs(centre))
    return Est(found.mean, found.ci_low, found.ci_high, doubts, wanted) if doubts else found


def _rounded(centre: float, natural: Range) -> float:
    """Return a figure that the last bit of a division has put beside its range, at the range's end."""
    return next((end for end in natural if 0 < abs(centre - end) < 1e-9), centre)


def doubts_of(deviations: Floats, nothing: float) -> tuple[int, tuple[Doubt, ...]]:
    """Return why the interval of the mean of `deviations` may be wrong, and how many replications skewness asks for.

    Skewness counts only where a normal sample of this size would hardly show as much (two standard errors); from
    fewer than `MIN_REPLICATIONS` replications neither can be told. Deviations up to `nothing` are rounding.
    """
    n = len(deviations)
    about = deviations - _mean(deviations)
    squares = float(about @ about) / n
    if n < MIN_REPLICATIONS or squares <= nothing * nothing:
        return 0, ()
    skew = _mean(about**3) / squares**1.5 * sqrt(n * (n - 1)) / (n - 2)
    usual = sqrt(6.0 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))
    wanted = ceil(SKEWED * skew * skew)
    skewed = abs(skew) > 2 * usual and wanted > n
    first, second = deviations[: n // 2], deviations[n // 2 :]
    middle, later = _mean(first), _mean(second)
    inside = float(((first - middle) ** 2).sum() + ((second - later) ** 2).sum()) / (n - 2)
    apart = abs(middle - later)
    far = float(special.stdtrit(n - 2, 0.5 + BY_CHANCE / 2)) * sqrt(inside * (1 / len(first) + 1 / len(second)))
    found = [Doubt.SKEWED] * skewed + [Doubt.DRIFTING] * (apart > far)
    return wanted if skewed else 0, tuple(found)


def _mean(values: Floats) -> float:
    """Return what `values.mean()` is, without numpy's looking for what else could be asked."""
    return float(np.add.reduce(values)) / len(values)


def mean(values: ArrayLike, natural: Range = AMOUNT) -> Est | None:
    """Return the mean over replications with its Student interval.

    Args:
        values: One figure per replication; those where it is undefined (None, nan) do not count.
        natural: Where the figure can lie.

    >>> est = mean([1.0, 2.0, 3.0, None])
    >>> est.mean, round(est.ci_low, 3), round(est.ci_high, 3)
    (2.0, 0.0, 4.484)
    """
    column = as_column(values)
    column = column[np.isfinite(column)]
    if not len(column):
        return None
    centre = _mean(column)
    return _interval(centre, column - centre, natural)


def ratio_deviations(above: Floats, below: Floats) -> tuple[float, Floats] | None:
    """Return a ratio of two means and what each replication adds to its error; None with nothing below the line."""
    total = float(below.sum())
    if not len(below) or total == 0:
        return None
    centre = float(above.sum()) / total
    return centre, (above - centre * below) * (len(below) / total)


def ratio(above: ArrayLike, below: ArrayLike, natural: Range = SHARE) -> Est | None:
    """Return the ratio of two means with its delta-method interval.

    Args:
        above: Numerator of each replication (calls answered in time).
        below: Denominator of each replication (calls that count), 0 or more.
        natural: Where the figure can lie.

    Returns:
        None where nothing stands below the line in any replication.

    >>> ratio([8, 9, 7], [10, 10, 10]).mean
    0.8
    """
    found = ratio_deviations(as_column(above), as_column(below))
    return None if found is None else _interval(*found, natural)


def foretold(above: ArrayLike, below: ArrayLike, error: float, weeks: int, natural: Range = SHARE) -> Est | None:
    """Return the ratio of two means with the range of 95 % of days like these: chance and the model's error.

    Args:
        above: Numerator of each replication.
        below: Its denominator.
        error: Standard deviation of the model's error, learnt from so many weeks: Student's degrees of freedom.
        weeks: 1 or more.
        natural: Where the figure can lie.

    One replication tells nothing of chance, and gets no bounds.

    >>> est = foretold([8, 9, 7], [10, 10, 10], error=0.0, weeks=1000)
    >>> est.mean, round(est.ci_low, 2)
    (0.8, 0.6)
    """
    found = ratio_deviations(as_column(above), as_column(below))
    if found is None:
        return None
    centre, deviations = _rounded(found[0], natural), found[1]
    if len(deviations) < 2:
        return Est(centre)
    chance = fsum((deviations * deviations).tolist()) / (len(deviations) - 1)
    room = float(special.stdtrit(weeks, 0.5 + CONFIDENCE / 2)) * sqrt(chance + error * error)
    return bounded(centre, room, natural)


def paired(ours: ArrayLike, theirs: ArrayLike) -> Est | None:
    """Return the mean of `ours` less `theirs`, replication by replication (common random numbers)."""
    return mean(as_column(ours) - as_column(theirs), DIFFERENCE)


def paired_ratio(
    our_above: ArrayLike,
    our_below: ArrayLike,
    their_above: ArrayLike,
    their_below: ArrayLike,
    natural: Range = OF_SHARES,
) -> Est | None:
    """Return one ratio less another over the same replications, with the delta-method interval of the difference."""
    ours = ratio_deviations(as_column(our_above), as_column(our_below))
    theirs = ratio_deviations(as_column(their_above), as_column(their_below))
    if ours is None or theirs is None:
        return None
    return _interval(ours[0] - theirs[0], ours[1] - theirs[1], natural)


def largest(samples: Sequence[ArrayLike]) -> Est | None:
    """Return the mean of each replication's largest value; no interval is given for it (design, section 10)."""
    tops = [float(column.max()) for column in map(as_column, samples) if len(column)]
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


def precise_enough(
    estimates: Sequence[Est | None], precision: float, replications: int, fewest: int = MIN_REPLICATIONS
) -> bool:
    """Tell whether all intervals are at most ± `precision` wide and to be trusted, from `fewest` replications on."""
    known = [estimate for estimate in estimates if estimate is not None]
    halves = [estimate.half_width for estimate in known]
    narrow = all(half is not None and half <= precision for half in halves)
    return replications >= fewest and narrow and not any(estimate.doubts for estimate in known)


def replications_wanted(
    estimates: Sequence[Est | None], precision: float, replications: int, most: int, fewest: int = MIN_REPLICATIONS
) -> int:
    """Return how many replications to have next, in all, so that every interval is about ± `precision`.

    The width falls with the square root of the number; an interval in doubt needs more whatever its width. Growth is
    at most threefold a step: an early width is itself uncertain. When `precise_enough` says so, or at `most`, the
    answer is the number there is.
    """
    if precise_enough(estimates, precision, replications, fewest) or replications >= most:
        return replications
    known = [estimate for estimate in estimates if estimate is not None]
    halves = [e.half_width for e in known if e.half_width is not None]
    widest = max((half for half in halves if isfinite(half)), default=precision)
    ideal = ceil(1.1 * replications * (widest / precision) ** 2)
    if any(estimate.doubts for estimate in known):
        ideal = max(ideal, *(estimate.wanted for estimate in known), ceil(1.5 * replications))
    return min(most, max(fewest, replications + 1, min(ideal, 3 * replications)))
