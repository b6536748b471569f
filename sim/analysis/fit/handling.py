"""How long agents talk: a lognormal per queue and tier, with a mass of very short calls where the log shows one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from callcenter.errors import BadInput
from callcenter.scenario import Law, LawKind
from callcenter.units import DAY
from sim.analysis.fit.arrivals import interval_index, tier_mix
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.periods import Period, handling_periods
from sim.model.laws import lognormal_law, mean_s, quantile_s
from sim.model.streams import Floats

FEWEST_SERVICES: Final = 10
"""Below, the 95 % interval of a mean handling time of spread 1 is wider than ± 60 % of it."""
MIN_SERVICES: Final = 30
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


Kind = tuple[str | None, str | None]
"""A queue and a tier; None: any."""


@dataclass(frozen=True, slots=True)
class HandlingFit:
    """Handling time by queue and tier, where they have laws of their own."""

    laws: dict[Kind, HandlingLaw]
    """The one for `(None, None)` is that of all calls."""
    left_out: int
    """Answered calls without a usable service time (zero, missing, longer than an hour)."""
    periods: tuple[Period, ...] = (Period(0, DAY, 1.0),)
    """Times of the day and how much longer services last then; they cover the day."""

    def kind(self, queue: str, tier: str) -> Kind:
        """Return whose law the calls of a queue and tier follow."""
        kinds = ((queue, tier), (queue, None), (None, tier), (None, None))
        return next(kind for kind in kinds if kind in self.laws)

    def law(self, queue: str, tier: str, period: Period | None = None) -> Law:
        """Return the law of a queue and tier, over the day or in one of the periods."""
        kind = self.kind(queue, tier)
        return self.laws[kind].law if period is None else self.scaled(kind, period)

    def scaled(self, kind: Kind, period: Period) -> Law:
        """Return the law of a kind of calls in one of the periods."""
        return _scaled_law(self.laws[kind].law, period.factor)

    def means_s(self, queues: Sequence[str], tiers: Sequence[str]) -> Floats:
        """Return the mean of each queue and tier over the day, seconds, shape (queues, tiers)."""
        return np.array([[mean_s(self.law(queue, tier)) for tier in tiers] for queue in queues])


def check_times(log: CallLog) -> None:
    """Refuse a log that tells of no call how long it took, or of too few for a mean.

    Raises:
        BadInput: it is such.
    """
    known = int((log.answered & (log.service > 0) & (log.service <= log.columns.longest_service)).sum())
    if 0 < known < FEWEST_SERVICES:
        raise BadInput(
            "the log tells how long the agent talked of {known:,} calls only: a mean of so few says nothing; give "
            "{least:,} answered calls at least, better some weeks",
            known=known,
            least=FEWEST_SERVICES,
        )
    if not known:
        raise BadInput(
            "the log tells of none of its {answered:,} answered calls how long the agent talked: name the column "
            "(service: in the column map), and check what it takes for answered (outcome:)",
            answered=int(log.answered.sum()),
        )


def fit_handling(log: CallLog) -> HandlingFit:
    """Return the handling times; queues and tiers get laws of their own where Akaike's criterion prefers that.

    Where the log tells the tier only of calls that waited, the laws of the tiers come from those. The periods of the
    day then scale them so that their means agree with all calls, whatever their tier: calls that did not wait are a
    little shorter than those that did.

    Raises:
        BadInput: the log tells no such time.
    """
    good = log.answered & (log.service > 0) & (log.service <= log.columns.longest_service)
    left_out = int(log.answered.sum() - good.sum())
    check_times(log)
    if good.sum() < MIN_SERVICES:
        mean = float(log.service[good].mean())
        few = HandlingLaw(Law(LawKind.EXPONENTIAL, mean), int(good.sum()), mean, 0.0, 1.0, 1.0, 0.0)
        return HandlingFit({(None, None): few}, left_out)
    served = log.only(good)
    short = log.columns.short_service
    everyone = np.ones(len(served), np.bool_)
    of_all = fit_times(served.service, short)
    laws: dict[Kind, HandlingLaw] = {(None, tier): law for tier, law in _by_tier(served, everyone, of_all).items()}
    parts = {queue: served.queue == i for i, queue in enumerate(log.queues)}
    large = {queue: part for queue, part in parts.items() if part.sum() >= MIN_SERVICES}
    if len(large) > 1:
        apart = {queue: fit_times(served.service[part], short) for queue, part in large.items()}
        together = np.any(list(large.values()), axis=0)
        of_these = of_all if together.all() else fit_times(served.service[together], short)
        if sum(law.aic for law in apart.values()) < of_these.aic:
            laws |= {
                (queue, tier): law
                for queue, part in large.items()
                for tier, law in _by_tier(served, part, apart[queue]).items()
            }
    return _with_periods(served, HandlingFit(laws, left_out))


def _by_tier(log: CallLog, which: Bools, law: HandlingLaw) -> dict[str | None, HandlingLaw]:
    """Return the law of some of the calls (for None), and of each tier if that explains them better."""
    short = log.columns.short_service
    everyone: dict[str | None, HandlingLaw] = {None: law}
    service, tier = log.service[which], log.tier[which]
    parts = {name: service[tier == i] for i, name in enumerate(log.tiers)}
    if len(parts) < 2 or min(map(len, parts.values())) < MIN_SERVICES:
        return everyone
    apart: dict[str | None, HandlingLaw] = {name: fit_times(part, short) for name, part in parts.items()}
    if sum(law.aic for law in apart.values()) >= fit_times(service[tier >= 0], short).aic:
        return everyone
    return {**apart, **everyone}


def _with_periods(served: CallLog, fit: HandlingFit) -> HandlingFit:
    """Return `fit` with the times of the day at which services last longer or shorter."""
    means = fit.means_s(served.queues, served.tiers)
    # Of a call whose tier is not known the mix of its queue and interval is expected.
    expected = np.einsum("qt,qti->qi", means, tier_mix(served))[served.queue, interval_index(served)]
    known = served.tier >= 0
    expected[known] = means[served.queue[known], served.tier[known]]
    return replace(fit, periods=handling_periods(served, expected))


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
    if brief.sum() < MIN_SERVICES or (~brief).sum() < MIN_SERVICES:
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
    mean, variance = float(logs.mean()), float(logs.var())

    def loss(at: NDArray[np.float64]) -> float:
        mu, sigma = float(at[0]), float(np.exp(at[1]))
        squares = (variance + (mean - mu) ** 2) / sigma**2
        seen = float(special.log_ndtr((mu - cut) / sigma))
        return len(logs) * (0.5 * squares + float(at[1]) + seen)

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
