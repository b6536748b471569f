"""How long agents talk: a lognormal per tier, with a mass of very short calls where the log shows one."""

from dataclasses import dataclass, replace
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from callcenter.scenario import Law, LawKind
from callcenter.units import DAY
from sim.fit.arrivals import interval_index, tier_mix
from sim.fit.calllog import CallLog
from sim.fit.periods import Period, handling_periods
from sim.laws import lognormal_law, mean_s, quantile_s
from sim.streams import Floats

FEWEST: Final = 30
"""Services from which a law of its own is fitted."""
LEAST_MASS: Final = 0.01
"""A mass of short calls smaller than this is left to the lognormal."""
SHORT_QUANTILES: Final = 11
GRID: Final = 4_000


@dataclass(frozen=True, slots=True)
class HandlingLaw:
    """One fitted law and how good it is."""

    law: Law
    samples: int
    mean_s: float
    """Of the samples."""
    short: float
    """Share of very short calls, beyond what the lognormal has of them."""
    distance: float
    """Kolmogorov-Smirnov: largest distance between the law and the samples."""
    plain_distance: float
    """The same for a lognormal alone."""
    aic: float


@dataclass(frozen=True, slots=True)
class HandlingFit:
    """Handling time by tier; the entry for `None` is that of all calls."""

    by_tier: dict[str | None, HandlingLaw]
    left_out: int
    """Answered calls without a usable service time (zero, missing, longer than an hour)."""
    periods: tuple[Period, ...] = (Period(0, DAY, 1.0),)
    """Times of the day and how much longer services last then; they cover the day."""

    def law(self, tier: str, period: Period | None = None) -> Law:
        """Return the law of `tier`, over the day or in one of the periods."""
        law = (self.by_tier.get(tier) or self.by_tier[None]).law
        return law if period is None else _scaled_law(law, period.factor)


def fit_handling(log: CallLog) -> HandlingFit:
    """Return the handling times; tiers get laws of their own where Akaike's criterion prefers that.

    Where the log tells the tier only of calls that waited, the laws of the tiers come from those. The periods of the
    day then scale them so that their means agree with all calls, whatever their tier: calls that did not wait are a
    little shorter than those that did.
    """
    columns = log.columns
    good = log.answered & (log.service > 0) & (log.service <= columns.longest_service)
    times = log.service[good]
    left_out = int(log.answered.sum() - good.sum())
    if len(times) < FEWEST:
        mean = float(times.mean()) if len(times) else 180.0
        few = HandlingLaw(Law(LawKind.EXPONENTIAL, mean), len(times), mean, 0.0, 1.0, 1.0, 0.0)
        return HandlingFit({None: few}, left_out)
    everyone = fit_times(times, columns.short_service)
    tier = log.tier[good]
    known = tier >= 0
    parts = {name: times[known & (tier == i)] for i, name in enumerate(log.tiers)}
    if len(parts) < 2 or min(map(len, parts.values())) < FEWEST:
        return _with_periods(log, good, HandlingFit({None: everyone}, left_out))
    apart: dict[str | None, HandlingLaw] = {
        name: fit_times(part, columns.short_service) for name, part in parts.items()
    }
    if sum(fit.aic for fit in apart.values()) >= fit_times(times[known], columns.short_service).aic:
        return _with_periods(log, good, HandlingFit({None: everyone}, left_out))
    return _with_periods(log, good, HandlingFit({**apart, None: everyone}, left_out))


def _with_periods(log: CallLog, good: NDArray[np.bool_], fit: HandlingFit) -> HandlingFit:
    """Return `fit` with the times of the day at which services last longer or shorter."""
    which = np.nonzero(good)[0]
    means = np.array([mean_s(fit.law(tier)) for tier in log.tiers])
    # Of a call whose tier is not known the mix of its interval is expected.
    expected = (means @ tier_mix(log))[interval_index(log)[which]]
    known = log.tier[which] >= 0
    expected[known] = means[log.tier[which][known]]
    return replace(fit, periods=handling_periods(log, log.service[which], expected, which))


def fit_times(times: Floats, short_s: float) -> HandlingLaw:
    """Return a lognormal by maximum likelihood, with a mass of times below `short_s` where the samples show one.

    The lognormal is then fitted to the longer times alone (truncated likelihood), so that agents who hang up on
    callers do not bend the law of the others.
    """
    logs = np.log(times)
    plain = lognormal_law(float(logs.mean()), max(float(logs.std()), 1e-6))
    plain_distance = ks_distance(plain, times)
    likelihood = _lognormal_likelihood(logs, float(logs.mean()), max(float(logs.std()), 1e-6))
    best = HandlingLaw(plain, len(times), float(times.mean()), 0.0, plain_distance, plain_distance, 4 - 2 * likelihood)
    brief = times < short_s
    if brief.sum() < FEWEST or (~brief).sum() < FEWEST:
        return best
    mu, sigma = _truncated(logs[~brief], log(short_s))
    under = float(special.ndtr((log(short_s) - mu) / sigma))
    mass = (float(brief.mean()) - under) / (1 - under)
    if mass < LEAST_MASS:
        return best
    shares = np.linspace(0.0, 1.0, SHORT_QUANTILES)
    short = Law(
        LawKind.EMPIRICAL,
        values_s=tuple(float(v) for v in np.quantile(times[brief], shares).round(3)),
        smooth=True,
    )
    law = Law(LawKind.MIXTURE, parts=((mass, short), (1 - mass, lognormal_law(mu, sigma))))
    body = np.log1p(-mass) + _densities(logs, mu, sigma)
    # Within the short part the density is taken as even: enough to compare the two.
    inside = np.logaddexp(body[brief], log(mass / short_s))
    criterion = 2 * 4 - 2 * float(body[~brief].sum() + inside.sum())
    if criterion >= best.aic:
        return best
    return HandlingLaw(law, len(times), float(times.mean()), mass, ks_distance(law, times), plain_distance, criterion)


def _densities(logs: Floats, mu: float, sigma: float) -> NDArray[np.float64]:
    standard = (logs - mu) / sigma
    return np.asarray(-0.5 * standard * standard - log(sigma) - 0.5 * log(2 * np.pi) - logs)


def _lognormal_likelihood(logs: Floats, mu: float, sigma: float) -> float:
    return float(_densities(logs, mu, sigma).sum())


def _truncated(logs: Floats, cut: float) -> tuple[float, float]:
    """Return mu and sigma of a normal law of which only what lies above `cut` was seen."""

    def loss(at: NDArray[np.float64]) -> float:
        mu, sigma = float(at[0]), float(np.exp(at[1]))
        standard = (logs - mu) / sigma
        seen = float(special.log_ndtr((mu - cut) / sigma))
        return float(0.5 * (standard @ standard)) + len(logs) * (float(at[1]) + seen)

    start = np.array([logs.mean(), np.log(max(float(logs.std()), 1e-3))])
    found = optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-6})
    return float(found.x[0]), float(np.exp(found.x[1]))


def ks_distance(law: Law, times: Floats) -> float:
    """Return the largest distance between the distribution functions of `law` and of `times`.

    Both are compared at the law's own quantiles; the samples' steps are taken from both sides.
    """
    shares = (np.arange(GRID) + 0.5) / GRID
    values = np.sort(quantile_s(law, shares))
    ordered = np.sort(times)
    # Times in whole seconds are compared at whole seconds and a half: rounding is no misfit.
    if np.all(ordered == np.round(ordered)):
        points = np.unique(ordered) + 0.5
        seen = np.searchsorted(ordered, points, side="right") / len(ordered)
        return float(np.max(np.abs(np.searchsorted(values, points) / GRID - seen)))
    below = np.searchsorted(ordered, values, side="left") / len(ordered)
    upto = np.searchsorted(ordered, values, side="right") / len(ordered)
    return float(max(np.max(np.abs(below - shares)), np.max(np.abs(upto - shares))))


def _scaled_law(law: Law, factor: float) -> Law:
    parts = tuple((weight, _scaled_law(part, factor)) for weight, part in law.parts)
    values = tuple(round(value * factor, 3) for value in law.values_s)
    return Law(law.kind, law.mean_s * factor, law.cv, law.shape, values, law.smooth, parts)


def agrees(fit: HandlingLaw) -> float:
    """Return by how much the mean of the law differs from that of its samples, as a share."""
    return mean_s(fit.law) / fit.mean_s - 1
