"""How long callers wait before they hang up: per tier where tiers differ, from the calls that had to wait."""

from dataclasses import dataclass

import numpy as np

from callcenter.scenario import Law
from sim.fit.calllog import CallLog
from sim.fit.survival import SurvivalFit, fit_censored

ABOUT_CENSORING = (
    "callers who were answered count as patient up to then; that they were no more patient than those still waiting "
    "at that time is assumed, the log cannot show it"
)


@dataclass(frozen=True, slots=True)
class PatienceFit:
    """Patience by tier; one entry for `None` where tiers do not differ."""

    by_tier: dict[str | None, SurvivalFit]

    def law(self, tier: str) -> Law:
        """Return the law of `tier`."""
        return (self.by_tier.get(tier) or self.by_tier[None]).law


def fit_patience(log: CallLog) -> PatienceFit:
    """Return the patience of the callers who waited (a caller answered at once tells nothing).

    Tiers get laws of their own where Akaike's criterion prefers that to one law for all.
    """
    waited = (log.wait > 0) | ~log.answered
    times, left = log.wait[waited], ~log.answered[waited]
    together = fit_censored(times, left)
    tier = log.tier[waited]
    apart: dict[str | None, SurvivalFit] = {
        name: fit_censored(times[tier == i], left[tier == i]) for i, name in enumerate(log.tiers)
    }
    unknown = int((tier < 0).sum())
    told_apart = len(log.tiers) > 1 and not unknown and all(fit.ended for fit in apart.values())
    if told_apart and sum(map(_best, apart.values())) < _best(together):
        return PatienceFit({**apart, None: together})
    return PatienceFit({None: together})


def _best(fit: SurvivalFit) -> float:
    # The mass at zero is a binomial of its own; without it laws with and without one could not be compared.
    at_once = 0.0
    if fit.at_once:
        p, n = fit.at_once, fit.samples
        at_once = 2 - 2 * n * float(p * np.log(p) + (1 - p) * np.log1p(-p))
    return min(fit.aic.values(), default=0.0) + at_once
