"""Times of which some are only known to be longer: Kaplan-Meier, and laws fitted by censored maximum likelihood.

Used for patience (a caller who was answered would have waited longer) and for time off the phone between calls.
Everything here takes censoring to be independent: those who were answered at t were neither more nor less patient
than the others still waiting at t. Sources: Kaplan and Meier, JASA 53, 1958; Brown, Gans, Mandelbaum, Sakov, Shen,
Zeltyn and Zhao, "Statistical analysis of a telephone call center", JASA 100, 2005 (section 5).
"""

from dataclasses import dataclass
from math import gamma as gamma_function
from math import inf, log
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from callcenter.scenario import NEVER, Law, LawKind
from sim.model.laws import quantile_s
from sim.model.streams import Floats

Bools = NDArray[np.bool_]

CUTS_S: Final = (
    1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800,
    2700, 3600,
)  # fmt: skip
"""Where a piecewise constant hazard may change; merged as far as the data ask for."""
MIN_EVENTS: Final = 10
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


class Curve(Protocol):
    """A fitted law by its cumulative hazard, so that it can be made faster or slower."""

    def cumulative(self, times_s: Floats) -> Floats:
        """Return the hazard gathered by each of the times."""
        ...

    def faster(self, by: float) -> Self:
        """Return the law whose hazard is `by` times as high everywhere."""
        ...

    def law(self) -> Law:
        """Return it as a scenario has it."""
        ...


@dataclass(frozen=True, slots=True)
class Weibull:
    """A Weibull law; with shape 1 an exponential."""

    scale_s: float
    shape: float = 1.0

    def cumulative(self, times_s: Floats) -> Floats:
        """Return the hazard gathered by each of the times, seconds."""
        return np.asarray((times_s / self.scale_s) ** self.shape)

    def faster(self, by: float) -> "Weibull":
        """Return the law whose hazard is `by` times as high everywhere."""
        return Weibull(self.scale_s * by ** (-1 / self.shape), self.shape)

    def law(self) -> Law:
        """Return it as a scenario has it."""
        if self.shape == 1.0:
            return Law(LawKind.EXPONENTIAL, mean_s=self.scale_s)
        return Law(LawKind.WEIBULL, mean_s=self.scale_s * gamma_function(1 + 1 / self.shape), shape=self.shape)


@dataclass(frozen=True, slots=True)
class Hazard:
    """A hazard that is constant between cuts (events per second); the last one lasts for ever."""

    cuts_s: Floats
    """Begins of the pieces; the first is 0."""
    rates: Floats

    def cumulative(self, times_s: Floats) -> Floats:
        """Return the hazard gathered by each of the times, seconds."""
        held = np.concatenate(([0.0], np.cumsum(self.rates[:-1] * np.diff(self.cuts_s))))
        piece = np.searchsorted(self.cuts_s, times_s, side="right") - 1
        return np.asarray(held[piece] + self.rates[piece] * (times_s - self.cuts_s[piece]))

    def faster(self, by: float) -> "Hazard":
        """Return the law whose hazard is `by` times as high everywhere."""
        return Hazard(self.cuts_s, self.rates * by)

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
    criteria: dict[str, float]
    """Family → Schwarz's criterion; the smallest was taken."""
    samples: int
    ended: int
    at_once: float
    """Share that ended within the first second and never meant to last (the mass at zero)."""
    distance: float
    """Largest distance from Kaplan-Meier where 50 or more are at risk."""
    quartile_s: float | None
    median_s: float | None
    curve: Curve | None
    """Of those who did not end at once; None: they never end."""


def fit_censored(times_s: Floats, ended: Bools, weight: Floats | None = None) -> SurvivalFit:
    """Return the best of an exponential, a Weibull and a piecewise constant hazard, each with a mass at zero if seen.

    Schwarz's criterion chooses, its sample size the number of events (Volinsky and Raftery, Biometrics 56, 2000): a
    shape that few events hint at is no shape, and would stretch the mean far beyond what was seen.

    Args:
        times_s: Observed times, seconds, 0 or more.
        ended: True where the time ended by itself.
        weight: How many times the common hazard each is under (1 when None): the law that comes out is the common one.
    """
    events = int(ended.sum())
    if events == 0:
        return _told(times_s, ended, None, "never", {}, 0.0)
    times = within_the_second(times_s)
    at_once = _at_once(times, ended)
    rest = (times > AT_ONCE_S) | ~ended if at_once else np.ones(len(times), dtype=np.bool_)
    times, those = np.maximum(times[rest], 1e-3), ended[rest]
    under = np.ones(len(times)) if weight is None else weight[rest]
    candidates: dict[str, tuple[float, Curve]] = {}
    if those.sum():
        candidates["exponential"] = _exponential(times, those, under)
    if those.sum() >= MIN_EVENTS:
        candidates["weibull"] = _weibull(times, those, under)
        candidates["hazard"] = piecewise_hazard(times, those, under)
    if not candidates:
        return _told(times_s, ended, None, "never", {"never": 0.0}, at_once)
    family = min(candidates, key=lambda name: candidates[name][0])
    criteria = {name: round(found[0], 1) for name, found in candidates.items()}
    return _told(times_s, ended, candidates[family][1], family, criteria, at_once)


def told_apart(common: SurvivalFit, times_s: Floats, ended: Bools, *, faster: float, at_once: float) -> SurvivalFit:
    """Return the fit of some of the times: the common law with `faster` times its hazard and their own mass at zero."""
    curve = None if common.curve is None else common.curve.faster(faster)
    return _told(times_s, ended, curve, common.family, common.criteria, at_once)


def within_the_second(times_s: Floats) -> Floats:
    """Return the times, those of a log in whole seconds in the middle of their second.

    Most systems cut a wait to the second below. Taken as zero, those who left within the first second would bend
    every law towards it.

    >>> within_the_second(np.array([0.0, 7.0])).tolist(), within_the_second(np.array([0.2, 7.0])).tolist()
    ([0.5, 7.5], [0.2, 7.0])
    """
    whole = bool(np.all(times_s == np.floor(times_s)))
    return times_s + 0.5 if whole else times_s


def _told(
    times_s: Floats, ended: Bools, curve: Curve | None, family: str, criteria: dict[str, float], at_once: float
) -> SurvivalFit:
    law = NEVER if curve is None else curve.law()
    if at_once:
        law = Law(LawKind.MIXTURE, parts=((at_once, Law(LawKind.DETERMINISTIC, 0.0)), (1 - at_once, law)))
    times = within_the_second(times_s)
    km = kaplan_meier(times, ended)
    away = distance(law, km, since_s=AT_ONCE_S if at_once else 0.0) if ended.any() else 0.0
    return SurvivalFit(
        law, family, criteria, len(times), int(ended.sum()), at_once, away,
        km.quantile_s(0.25), km.quantile_s(0.5), curve,
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
    if first < MIN_EVENTS or exposed == 0:
        return 0.0
    share = first / len(times)
    return share if share / AT_ONCE_S > AT_ONCE_TIMES * max(int(later.sum()), 1) / exposed else 0.0


def at_once_events(times_s: Floats, ended: Bools) -> Bools:
    """Return which of the times ended within the first second."""
    return np.asarray(ended & (within_the_second(times_s) <= AT_ONCE_S))


def _exponential(times: Floats, ended: Bools, weight: Floats) -> tuple[float, Curve]:
    events, exposed = float(ended.sum()), float(times @ weight)
    likelihood = events * log(events / exposed) - events
    return _schwarz(1, events, likelihood), Weibull(exposed / events)


def _weibull(times: Floats, ended: Bools, weight: Floats) -> tuple[float, Curve]:
    """Return the censored maximum likelihood Weibull: its shape solves one equation, its scale follows."""
    unit = float(times.mean())
    # Of ten million waits in whole seconds a few hundred differ.
    different, which = np.unique(times, return_inverse=True)
    weight = np.bincount(which, weight, len(different)).astype(np.float64)
    scaled = different / unit
    logs = np.log(scaled)
    events = float(ended.sum())
    known = float(np.bincount(which[ended], minlength=len(different)) @ logs)

    def slope(shape: float) -> float:
        powers = weight * scaled**shape
        return events / shape + known - events * float(powers @ logs) / float(powers.sum())

    shape = float(optimize.brentq(slope, 0.05, 20.0)) if slope(0.05) > 0 > slope(20.0) else 1.0
    total = float(weight @ scaled**shape)
    likelihood = events * log(shape * events / total) + (shape - 1) * known - events - events * log(unit)
    return _schwarz(2, events, likelihood), Weibull(unit * (total / events) ** (1 / shape), shape)


def piecewise_hazard(times: Floats, ended: Bools, weight: Floats | None = None) -> tuple[float, Hazard]:
    """Return a piecewise constant hazard and Schwarz's criterion (rates and cuts counted); like neighbours are merged.

    Args:
        times: Observed times, seconds.
        ended: True where the time ended by itself.
        weight: How many times the common hazard each is under.
    """
    times, which = np.unique(times, return_inverse=True)
    over = np.bincount(which[ended], minlength=len(times))
    under = np.bincount(which, weight, len(times)).astype(np.float64)
    cuts = np.array([0.0, *CUTS_S])
    ends = np.append(cuts[1:], inf)
    # A time written as 5 s ended by 5 s: it belongs to the piece that ends there.
    events = [float(over[(times > a) & (times <= b)].sum()) for a, b in zip(cuts, ends, strict=True)]
    exposed = [float(np.clip(np.minimum(times, b) - a, 0, None) @ under) for a, b in zip(cuts, ends, strict=True)]
    begins = list(cuts)
    while len(begins) > 1:
        few = [i for i in range(len(begins)) if events[i] < MIN_EVENTS]
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
    return _schwarz(2 * len(begins) - 1, sum(events), likelihood), Hazard(np.array(begins), rates)


def _schwarz(parameters: int, events: float, likelihood: float) -> float:
    return parameters * log(max(events, 2.0)) - 2 * likelihood


def _log_likelihood(events: float, exposed: float) -> float:
    return events * log(events / exposed) - events if events > 0 and exposed > 0 else 0.0


def _merge_cost(events: list[float], exposed: list[float], i: int) -> float:
    """Return the log likelihood that is lost when pieces `i` and `i + 1` share one rate."""
    apart = _log_likelihood(events[i], exposed[i]) + _log_likelihood(events[i + 1], exposed[i + 1])
    return apart - _log_likelihood(events[i] + events[i + 1], exposed[i] + exposed[i + 1])
