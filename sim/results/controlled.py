"""Estimates corrected for how busy the replications happened to be: linear regression on control variates.

The expectation of a control is known to be zero, so what of a figure goes with the controls' mean is chance, and is
taken off. Its slope is estimated from the same replications: each control costs a degree of freedom of Student's, and
controls are used where there are more than ten replications for each of them, and ten more.

Waits grow faster than calls do: what a straight line leaves is widest where days are busiest, and the classical error
is then too small. `ratio` has the one that allows for it.

Sources: Lavenberg and Welch, "A perspective on the use of control variables to increase the efficiency of Monte Carlo
simulations", Management Science 27(3), 1981; MacKinnon and White, "Some heteroskedasticity-consistent covariance matrix
estimators with improved finite sample properties", Journal of Econometrics 29(3), 1985 (HC3).
"""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sim.model.demand import Bools
from sim.model.streams import Floats
from sim.results import estimates
from sim.results.estimates import CONFIDENCE, SHARE, Est, Range, as_column, bounded, doubts_of, ratio_deviations

FOR_EACH: Final = 10
"""Replications for each control, and once more."""
_NOTHING: Final = 1e-9
"""A control that varies less than this varies by rounding."""


class Corrected(NamedTuple):
    """A figure at average controls."""

    level: float
    error: float
    """Its standard error; nothing is known of it without degrees of freedom. Classical: what the controls leave is
    taken to be equally wide for all of their values."""
    freedom: int
    rest: Floats
    """Of each replication: what the controls do not explain."""

    @property
    def half(self) -> float:
        """Half the width of its 95 % interval."""
        return float(special.stdtrit(self.freedom, 0.5 + CONFIDENCE / 2)) * self.error if self.freedom > 0 else np.inf


def affordable(controls: Floats, for_each: int = FOR_EACH) -> Floats:
    """Return the controls that are not the same in all replications; none where there are too few replications.

    >>> affordable(np.arange(120.0).reshape(40, 3)).shape, affordable(np.arange(123.0).reshape(41, 3)).shape
    ((40, 0), (41, 3))
    """
    used = controls[:, varying(controls)]
    return used if len(used) > for_each * (used.shape[1] + 1) else used[:, :0]


def varying(controls: Floats) -> Bools:
    """Tell which controls are not the same in all replications."""
    return np.asarray(controls.std(axis=0) > _NOTHING)


def corrected(centre: float, deviations: Floats, controls: Floats) -> Corrected:
    """Return a mean at average controls.

    Args:
        centre: The plain mean.
        deviations: What each replication adds to it, about zero.
        controls: Replications x k, all of which vary, of expectation zero; fewer than the replications.
    """
    n, k = controls.shape
    if not k or not deviations.any():
        return Corrected(centre, float(np.sqrt(deviations @ deviations / max(n - 1, 1) / n)), n - 1, deviations)
    middle = controls.mean(axis=0)
    inside = controls - middle
    slopes, *_ = np.linalg.lstsq(inside, deviations, rcond=None)
    rest = deviations - inside @ slopes
    freedom = n - 1 - k
    spread = np.linalg.pinv(inside.T @ inside)
    error = sqrt(float(rest @ rest) / freedom * (1 / n + float(middle @ spread @ middle)))
    return Corrected(centre - float(slopes @ middle), error, freedom, rest)


def uneven_error(rest: Floats, controls: Floats) -> float:
    """Return the standard error of a corrected level, however differently wide `rest` is along the controls (HC3)."""
    middle = controls.mean(axis=0)
    inside = controls - middle
    along = inside @ np.linalg.pinv(inside.T @ inside)
    weights = 1 / len(rest) - along @ middle
    moved = 1 / len(rest) + (along * inside).sum(axis=1)  # how far each replication draws the line to itself
    errors = weights * rest / np.maximum(1 - moved, _NOTHING)
    return sqrt(float(errors @ errors))


def ratio(above: ArrayLike, below: ArrayLike, controls: Floats, natural: Range = SHARE) -> Est | None:
    """Return the ratio of two means as `estimates.ratio` does, corrected where that makes its interval narrower.

    Args:
        above: Numerator of each replication.
        below: Denominator of each replication, 0 or more.
        controls: Replications x k, of expectation zero.
        natural: Where the figure can lie.
    """
    plain = estimates.ratio(above, below, natural)
    found, used = ratio_deviations(as_column(above), as_column(below)), affordable(controls)
    if plain is None or found is None or not used.shape[1]:
        return plain
    sharp = corrected(*found, used)
    sharp = sharp._replace(error=uneven_error(sharp.rest, used))
    if sharp.half >= corrected(*found, used[:, :0]).half:
        return plain
    level = min(max(sharp.level, natural[0]), natural[1])
    est = bounded(level, sharp.half, natural)
    wanted, doubts = doubts_of(sharp.rest, _NOTHING * abs(level))
    return Est(est.mean, est.ci_low, est.ci_high, doubts, wanted)
