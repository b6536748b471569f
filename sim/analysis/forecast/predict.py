"""Calls, handling times and ranges of days to come, put together from the parts that were learnt.

A day's calls are its rate; an interval's are that rate times its share. The ranges are prediction intervals: they hold
what is not known of the rate, what days and intervals vary beyond Poisson, and the Poisson noise itself, as quantiles
of a negative binomial law (a Poisson law whose rate is gamma) with that mean and variance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from sim.analysis.fit.arrivals import tier_mix
from sim.analysis.forecast.history import History, closed_weekdays, weekday_of
from sim.analysis.forecast.levels import Levels
from sim.analysis.forecast.shape import shape_of
from sim.analysis.forecast.specials import Special, Specials
from sim.analysis.forecast.talking import handling_times
from sim.model.streams import Floats

METHOD: Final = "multiplicative weekday x interval profile, day levels by a robust Kalman filter on the log scale"
COVERED: Final = 0.95
TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class DayForecast:
    """One day to come; arrays by interval of the day."""

    day: int
    special: str | None
    closed: str | None
    """Why no calls are expected; None: the day is open."""
    calls: Floats
    """Expected offered calls, all queues."""
    low: Floats
    high: Floats
    """Between these lie 95 % of such intervals."""
    aht_s: Floats | None
    """Mean handling time; None: the log tells none."""
    streams: Floats
    """Expected calls, shape (queues, tiers, intervals)."""
    total: float
    total_low: float
    total_high: float
    cv2: float
    """Squared coefficient of variation of the day's rate about the forecast, were it an ordinary day."""

    @property
    def mean_aht_s(self) -> float | None:
        """Mean over the day's calls, seconds."""
        if self.aht_s is None or self.total <= 0:
            return None
        return float(self.aht_s @ self.calls / self.calls.sum())


def predict(
    past: History, levels: Levels, morning: int, days: Sequence[int], specials: Specials, *, by_tier: bool = True
) -> list[DayForecast]:
    """Return the days as they are foretold on `morning`.

    Args:
        past: What was known then: days before `morning` only.
        levels: The filters, which remember that morning.
        morning: Local day number.
        days: Local day numbers to foretell, none before `morning`.
        specials: Special days, past and to come.
        by_tier: Whether the tiers' shares are wanted; else one tier stands for all.
    """
    shape = shape_of(past)
    aht = handling_times(past)
    mix = tier_mix(past.log) if by_tier else np.ones((1, 1, past.calls.shape[2]))
    shut = closed_weekdays(past.days)
    reasons = [why_closed(day, past, shut, specials) for day in days]
    rates = levels.whole.before(morning, days)
    weekdays = [weekday_of(day) for day in days]
    open_ = np.array([reason is None for reason in reasons], dtype=np.float64)
    shares = levels.parted(shape.shares[weekdays], morning, days)
    by_queue = shares * (rates.calls * open_)[:, None, None]
    calls = by_queue.sum(axis=1)
    # The whole day stands behind its intervals, so that all ranges are reckoned at once.
    counted = np.column_stack([calls, calls.sum(axis=1)])
    cv2 = np.repeat(rates.cv2[:, None], counted.shape[1], axis=1)
    cv2[:, :-1] = (1 + cv2[:, :-1]) * (1 + shape.cv2) - 1
    low, high = prediction_interval(counted, cv2)
    found = []
    for i, day in enumerate(days):
        special = specials.get(day)
        found.append(
            DayForecast(
                day=day,
                special=special.name if special else None,
                closed=reasons[i],
                calls=calls[i],
                low=low[i, :-1],
                high=high[i, :-1],
                aht_s=None if aht is None else aht[weekdays[i]],
                streams=by_queue[i][:, None, :] * mix,
                total=float(counted[i, -1]),
                total_low=float(low[i, -1]),
                total_high=float(high[i, -1]),
                cv2=float(rates.usual_cv2[i] * open_[i]),
            )
        )
    return found


def prediction_interval(mean: Floats, cv2: Floats) -> tuple[Floats, Floats]:
    """Return the bounds between which 95 % of counts lie, for Poisson counts whose rate is gamma.

    Args:
        mean: Expected counts, any shape.
        cv2: Squared coefficients of variation of the rates, of that shape.

    >>> [bound.tolist() for bound in prediction_interval(np.array([0.0, 4.0, 100.0]), np.full(3, 0.01))]
    [[0.0, 1.0, 74.0], [0.0, 8.0, 129.0]]
    """
    size = 1 / np.maximum(cv2, TINY)
    some = np.maximum(mean, TINY)
    tail = (1 - COVERED) / 2
    low, high = (stats.nbinom.ppf(q, size, size / (size + some)) for q in (tail, 1 - tail))
    return np.where(mean > 0, low, 0.0), np.where(mean > 0, high, 0.0)


def why_closed(day: int, past: History, shut: Sequence[int], specials: Specials) -> str | None:
    """Return why no calls are expected on `day`, or None."""
    special = specials.get(day)
    if special is not None and special.factor is not None:
        return f"{special.name}: factor 0" if special.factor == 0 else None
    if weekday_of(day) in shut:
        return "no calls on this weekday in the log"
    if special is None:
        return None
    there = {int(d) for d in past.days}
    seen = [
        (other, d in there)
        for d, other in sorted(specials.items())
        if past.first <= d <= past.last and weekday_of(d) not in shut
    ]
    return _closed_before(special, seen)


def _closed_before(special: Special, seen: Sequence[tuple[Special, bool]]) -> str | None:
    named = [was_open for other, was_open in seen if other.name == special.name]
    if named:
        return None if any(named) else f"no calls on {special.name} in the log"
    alike = [was_open for other, was_open in seen if other.kind == special.kind]
    if len(alike) > 1 and sum(alike) < len(alike) / 2:
        return f"no calls on most {special.kind} holidays in the log"
    return None
