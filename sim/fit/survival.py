"""Times of which some are only known to be longer: Kaplan-Meier, and laws fitted by censored maximum likelihood.

Used for patience (a caller who was answered would have waited longer) and for time off the phone between calls.
Everything here takes censoring to be independent: those who were answered at t were neither more nor less patient
than the others still waiting at t. Sources: Kaplan and Meier, JASA 53, 1958; Brown, Gans, Mandelbaum, Sakov, Shen,
Zeltyn and Zhao, "Statistical analysis of a telephone call center", JASA 100, 2005 (section 5).
"""

from dataclasses import dataclass
from math import gamma as gamma_function
from math import inf, log
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from callcenter.scenario import NEVER, Law, LawKind
from sim.laws import quantile_s
from sim.streams import Floats

Bools = NDArray[np.bool_]

CUTS_S: Final = (
    1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800,
    2700, 3600,
)  # fmt: skip
"""Where a piecewise constant hazard may change; merged as far as the data ask for."""
FEWEST_EVENTS: Final = 10
"""Per piece, and for anything beyond an exponential."""
QUANTILES: Final = 201
AT_ONCE_S: Final = 1.0
"""Who hangs up within this time never meant to wait: the mass at zero."""
AT_ONCE_TIMES: Final = 5.0
"""There is such a mass when the hazard of the first second is this many times that of the next nine."""
_ENOUGH_AT_RISK: Final = 50


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """The share not ended by each time."""

    times_s: Floats
    survival: Floats
    at_risk: Floats

    def at(self, times: Floats) -> Floats:
        """Return the share that lasts longer than each of `times`, seconds."""
        place = np.searchsorted(self.times_s, times, side="right")
        return np.concatenate(([1.0], self.survival))[place]

    def quantile_s(self, share: float) -> float | None:
        """Return the time by which `share` have ended, or None where censoring hides it."""
        reached = np.nonzero(self.survival <= 1 - share)[0]
        return float(self.times_s[reached[0]]) if len(reached) else None


def kaplan_meier(times_s: Floats, ended: Bools) -> KaplanMeier:
    """Return the Kaplan-Meier estimate.

    Args:
        times_s: Observed times, seconds.
        ended: True where the time ended by itself, False where it is only known to be longer.

    >>> km = kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, False, True, True]))
    >>> km.survival.tolist()
    [0.75, 0.5, 0.0]
    """
    order = np.argsort(times_s, kind="stable")
    times, first = np.unique(times_s[order], return_index=True)
    at_risk = len(times_s) - first.astype(np.float64)
    events = np.add.reduceat(ended[order].astype(np.float64), first) if len(times) else np.empty(0)
    return KaplanMeier(times, np.asarray(np.cumprod(1 - events / at_risk), dtype=np.float64), at_risk)


@dataclass(frozen=True, slots=True)
class Hazard:
    """A hazard that is constant between cuts (events per second); the last one lasts for ever."""

    cuts_s: Floats
    """Begins of the pieces; the first is 0."""
    rates: Floats

    def quantiles_s(self, shares: Floats) -> Floats:
        """Return the times by which `shares` (below 1) have ended."""
        held = np.concatenate(([0.0], np.cumsum(self.rates[:-1] * np.diff(self.cuts_s))))
        wanted = -np.log1p(-shares)
        piece = np.searchsorted(held, wanted, side="right") - 1
        # A piece without events is skipped over by those that are wanted beyond it.
        with np.errstate(divide="ignore", invalid="ignore"):
            extra = np.where(wanted > held[piece], (wanted - held[piece]) / self.rates[piece], 0.0)
        return np.asarray(self.cuts_s[piece] + extra)

    def law(self) -> Law:
        """Return it as an empirical law of equally likely quantiles; the tail ends where one in 800 is left."""
        shares = np.linspace(0.0, 1.0, QUANTILES)
        shares[-1] = 1 - 1 / (4 * (QUANTILES - 1))
        values = self.quantiles_s(shares)
        values = np.where(np.isfinite(values), values, self.cuts_s[-1])
        return Law(LawKind.EMPIRICAL, values_s=tuple(float(round(v, 3)) for v in values), smooth=True)


@dataclass(frozen=True, slots=True)
class SurvivalFit:
    """A law for censored times and how good it is."""

    law: Law
    family: str
    aic: dict[str, float]
    """Family → Akaike's criterion; the smallest was taken."""
    samples: int
    ended: int
    at_once: float
    """Share that ended within the first second and never meant to last (the mass at zero)."""
    distance: float
    """Largest distance from Kaplan-Meier where 50 or more are at risk."""
    quartile_s: float | None
    median_s: float | None


def fit_censored(times_s: Floats, ended: Bools) -> SurvivalFit:
    """Return the best of an exponential, a Weibull and a piecewise constant hazard, each with a mass at zero if seen.

    Args:
        times_s: Observed times, seconds, 0 or more.
        ended: True where the time ended by itself.
    """
    events = int(ended.sum())
    if events == 0:
        return SurvivalFit(NEVER, "never", {}, len(times_s), 0, 0.0, 0.0, None, None)
    at_once = _at_once(times_s, ended)
    rest = (times_s > AT_ONCE_S) | ~ended if at_once else np.ones(len(times_s), dtype=np.bool_)
    times, those = np.maximum(times_s[rest], 1e-3), ended[rest]
    candidates: dict[str, tuple[float, Law]] = {}
    if those.sum():
        candidates["exponential"] = _exponential(times, those)
    if those.sum() >= FEWEST_EVENTS:
        candidates["weibull"] = _weibull(times, those)
        candidates["hazard"] = _piecewise(times, those)
    if not candidates:
        candidates["never"] = (0.0, NEVER)
    family = min(candidates, key=lambda name: candidates[name][0])
    law = candidates[family][1]
    if at_once:
        law = Law(LawKind.MIXTURE, parts=((at_once, Law(LawKind.DETERMINISTIC, 0.0)), (1 - at_once, law)))
    km = kaplan_meier(times_s, ended)
    return SurvivalFit(
        law, family, {name: round(found[0], 1) for name, found in candidates.items()}, len(times_s), events, at_once,
        distance(law, km, since_s=AT_ONCE_S if at_once else 0.0), km.quantile_s(0.25), km.quantile_s(0.5),
    )  # fmt: skip


def distance(law: Law, km: KaplanMeier, *, since_s: float = 0.0) -> float:
    """Return the largest distance between a law and Kaplan-Meier where enough are at risk, from `since_s` on."""
    known = (km.at_risk >= _ENOUGH_AT_RISK) & (km.times_s >= since_s)
    if not known.any():
        return 0.0
    return float(np.max(np.abs(survival(law, km.times_s[known]) - km.survival[known])))


def survival(law: Law, times: Floats) -> Floats:
    """Return the share of `law` that lasts longer than each of `times`, seconds."""
    match law.kind:
        case LawKind.NEVER:
            return np.ones(len(times))
        case LawKind.EXPONENTIAL:
            return np.exp(-times / law.mean_s)
        case LawKind.WEIBULL:
            return np.exp(-((times / (law.mean_s / gamma_function(1 + 1 / law.shape))) ** law.shape))
        case LawKind.MIXTURE:
            return np.asarray(sum(weight * survival(part, times) for weight, part in law.parts))
        case _:
            shares = np.linspace(0.0, 1.0, 20_001)[:-1]
            return np.asarray(1 - np.searchsorted(quantile_s(law, shares), times, side="right") / len(shares))


def _at_once(times: Floats, ended: Bools) -> float:
    """Return the share of those who end within the first second, where it stands out."""
    first = int((ended & (times <= AT_ONCE_S)).sum())
    later = ended & (times > AT_ONCE_S) & (times <= 10)
    exposed = float(np.clip(times - AT_ONCE_S, 0, 9).sum())
    if first < FEWEST_EVENTS or exposed == 0:
        return 0.0
    share = first / len(times)
    return share if share / AT_ONCE_S > AT_ONCE_TIMES * max(int(later.sum()), 1) / exposed else 0.0


def _exponential(times: Floats, ended: Bools) -> tuple[float, Law]:
    events, exposed = float(ended.sum()), float(times.sum())
    likelihood = events * log(events / exposed) - events
    return 2 - 2 * likelihood, Law(LawKind.EXPONENTIAL, mean_s=exposed / events)


def _weibull(times: Floats, ended: Bools) -> tuple[float, Law]:
    """Return the censored maximum likelihood Weibull: its shape solves one equation, its scale follows."""
    unit = float(times.mean())
    scaled = times / unit
    logs = np.log(scaled)
    events = float(ended.sum())
    known = float(logs[ended].sum())

    def slope(shape: float) -> float:
        powers = scaled**shape
        return events / shape + known - events * float(powers @ logs) / float(powers.sum())

    shape = float(optimize.brentq(slope, 0.05, 20.0)) if slope(0.05) > 0 > slope(20.0) else 1.0
    total = float((scaled**shape).sum())
    likelihood = events * log(shape * events / total) + (shape - 1) * known - events - events * log(unit)
    mean = unit * (total / events) ** (1 / shape) * gamma_function(1 + 1 / shape)
    return 4 - 2 * likelihood, Law(LawKind.WEIBULL, mean_s=mean, shape=shape)


def _piecewise(times: Floats, ended: Bools) -> tuple[float, Law]:
    criterion, hazard = piecewise_hazard(times, ended)
    return criterion, hazard.law()


def piecewise_hazard(times: Floats, ended: Bools) -> tuple[float, Hazard]:
    """Return a piecewise constant hazard and its AIC (rates and cuts counted); neighbours are merged where alike."""
    cuts = np.array([0.0, *CUTS_S])
    ends = np.append(cuts[1:], inf)
    # A time written as 5 s ended by 5 s: it belongs to the piece that ends there.
    events = [float(((times > a) & (times <= b) & ended).sum()) for a, b in zip(cuts, ends, strict=True)]
    exposed = [float(np.clip(np.minimum(times, b) - a, 0, None).sum()) for a, b in zip(cuts, ends, strict=True)]
    begins = list(cuts)
    while len(begins) > 1:
        few = [i for i in range(len(begins)) if events[i] < FEWEST_EVENTS]
        costs = [_merge_cost(events, exposed, i) for i in range(len(begins) - 1)]
        if few:
            last = few[-1]
            place = min((i for i in (last - 1, last) if 0 <= i < len(costs)), key=lambda i: costs[i])
        else:
            place = int(np.argmin(costs))
            if costs[place] >= 0.5 * log(max(sum(events), 2.0)):  # Schwarz: the cuts were looked for
                break
        events[place : place + 2] = [events[place] + events[place + 1]]
        exposed[place : place + 2] = [exposed[place] + exposed[place + 1]]
        del begins[place + 1]
    likelihood = sum(_log_likelihood(d, e) for d, e in zip(events, exposed, strict=True))
    rates = np.array([d / e if e > 0 else 0.0 for d, e in zip(events, exposed, strict=True)])
    return 2 * (2 * len(begins) - 1) - 2 * likelihood, Hazard(np.array(begins), rates)


def _log_likelihood(events: float, exposed: float) -> float:
    return events * log(events / exposed) - events if events > 0 and exposed > 0 else 0.0


def _merge_cost(events: list[float], exposed: list[float], i: int) -> float:
    """Return the log likelihood that is lost when pieces `i` and `i + 1` share one rate."""
    apart = _log_likelihood(events[i], exposed[i]) + _log_likelihood(events[i + 1], exposed[i + 1])
    return apart - _log_likelihood(events[i] + events[i + 1], exposed[i] + exposed[i + 1])
