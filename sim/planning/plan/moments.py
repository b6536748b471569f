"""Mean and spread of laws of time, exactly where there is a formula."""

from dataclasses import dataclass
from math import gamma, inf, isinf, sqrt

import numpy as np

from callcenter.scenario import Law, LawKind
from sim.model.laws import mean_s


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean, seconds, and variance, seconds squared; infinite for a law that never ends."""

    mean_s: float
    variance: float

    @property
    def cv(self) -> float:
        """Coefficient of variation: SD ÷ mean (0 for a mean of 0)."""
        return sqrt(self.variance) / self.mean_s if 0 < self.mean_s < inf else 0.0


def moments(law: Law) -> Moments:
    """Return mean and variance of `law`.

    >>> moments(Law(LawKind.LOGNORMAL, 200.0, cv=0.5))
    Moments(mean_s=200.0, variance=10000.0)
    """
    mean = mean_s(law)
    return Moments(mean, inf if isinf(mean) else max(_square(law) - mean * mean, 0.0))


def _square(law: Law) -> float:
    """Return the mean of the square, seconds squared."""
    mean = mean_s(law)
    match law.kind:
        case LawKind.DETERMINISTIC:
            return mean * mean
        case LawKind.EXPONENTIAL:
            return 2 * mean * mean
        case LawKind.LOGNORMAL | LawKind.GAMMA:
            return mean * mean * (1 + law.cv * law.cv)
        case LawKind.ERLANG:
            return mean * mean * (1 + 1 / law.shape)
        case LawKind.WEIBULL:
            return mean * mean * gamma(1 + 2 / law.shape) / gamma(1 + 1 / law.shape) ** 2
        case LawKind.MIXTURE:
            total = sum(weight for weight, _ in law.parts)
            return sum(weight / total * _square(part) for weight, part in law.parts if weight > 0)
        case LawKind.EMPIRICAL:
            values = np.sort(np.array(law.values_s))
            if law.smooth and len(values) > 1:  # evenly between neighbours
                low, high = values[:-1], values[1:]
                return float(((low * low + low * high + high * high) / 3).mean())
            return float((values * values).mean())
        case LawKind.NEVER:
            return inf
