"""How busy days are: a local level with trend, weekday and special-day effects, filtered on the log scale.

    log(calls of a day) = level + effect of the weekday + effect of its special day [+ time of the year] + noise

The level is a random walk with a trend that dies out, the weekday effects drift slowly, the time of the year, where it
is asked for, is a sum of waves. Calls are Poisson about the
rate, so the log of a count has about the variance 1/count, which is known; what days differ beyond is the noise. A
Kalman filter carries all of it forward day by day: missing days, gaps and leads of any length need nothing special,
and growing ignorance widens the ranges. How fast the level moves and how noisy days are is not fitted but averaged
over a grid, each pair weighed by how well it foretold the days so far (Bayesian model averaging). A day far off is
taken at three standard deviations (Huber), so that a hole in the log or an outage does not bend the weeks after it.

Because the filter goes forward only, the state it had on any past morning is a forecast made that morning: one pass
serves the whole rolling-origin test.

Sources: Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter", 1989; Weinberg, Brown and Stroud,
"Bayesian forecasting of an inhomogeneous Poisson process with applications to call center data", JASA 102, 2007;
Gardner and McKenzie on damped trends, Management Science 31, 1985; Gelper, Fried and Croux on robust exponential
smoothing, J. Forecasting 29, 2010.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from sim.analysis.forecast.history import weekday_of
from sim.analysis.forecast.specials import Special, Specials
from sim.model.streams import Floats, Ints

LEVEL_SD: Final = (0.003, 0.006, 0.012, 0.024, 0.048, 0.096)
"""By which the level may move from day to day: from 0.3 % (steady for a quarter) to 10 %."""
NOISE_SD: Final = (0.02, 0.03, 0.045, 0.07, 0.1, 0.15, 0.22, 0.33, 0.5)
"""By which a day may differ from its rate, Poisson apart."""
WEEKDAY_SD: Final = 1.2
"""Of the effect of a weekday before anything is seen: a Saturday may have a tenth of the calls."""
WEEKDAY_DRIFT_SD: Final = 0.01 / 7**0.5
"""A day's worth of 1 % a week."""
DAMPING: Final = 0.98
"""Of the trend, a day: half of it is left after five weeks."""
TREND_SD: Final = 0.0015
"""Of the trend, a day: about 1 % a week."""
FIRST_SD: Final = 1.5
SPECIAL_SD: Final = (0.7, 0.4)
"""Of what days of one kind have in common, before any is seen, and of what a named day adds to that: half to twice the
calls of an ordinary day is usual."""
OPTIONAL_SD: Final = (0.3, 0.2)
"""The same of optional holidays, on which most people work."""
SPECIAL_NOISE_SD: Final = 0.15
WAVES: Final = 3
"""Of the year: a year, half and a third of one; shorter ones are left to the level."""
WAVE_SD: Final = 0.3
"""Of the longest wave before anything is seen: a third more or less calls. Others have it over their number."""
YEAR_DAYS: Final = 365.25
HUBER: Final = 3.0
MOST_VARIANCE: Final = 4.0
"""Of the log: beyond that nothing is known."""
LEVEL, TREND, WEEK, EFFECTS = 0, 1, 2, 9
"""Places in the state: level, trend, seven weekdays, then kinds and names of special days, then the waves."""


@dataclass(frozen=True, slots=True)
class DayRates:
    """What is known of the totals of some days beforehand; arrays of one length, on the log scale."""

    mean: Floats
    variance: Floats
    """Poisson noise not included."""
    usual: Floats
    """The part of the variance that does not come from a special day nobody has seen yet."""

    @property
    def calls(self) -> Floats:
        """Expected calls."""
        return np.asarray(np.exp(self.mean + np.minimum(self.usual, MOST_VARIANCE) / 2))

    @property
    def middle(self) -> Floats:
        """Calls that a day has more of as likely as fewer: the median, which has the least absolute error."""
        return np.asarray(np.exp(self.mean))

    @property
    def cv2(self) -> Floats:
        """Squared coefficient of variation of the rate about `calls`."""
        return np.asarray(np.expm1(np.minimum(self.variance, MOST_VARIANCE)))

    @property
    def usual_cv2(self) -> Floats:
        """The same for an ordinary day of that weekday."""
        return np.asarray(np.expm1(np.minimum(self.usual, MOST_VARIANCE)))


@dataclass(slots=True)
class _State:
    """Of every pair of the grid: means (pairs, n), covariances (pairs, n, n), and how well each foretold."""

    day: int
    mean: Floats
    covariance: Floats
    fit: Floats

    def copy(self) -> "_State":
        return _State(self.day, self.mean.copy(), self.covariance.copy(), self.fit.copy())


class DayLevels:
    """The filter over the days of a log, remembered on the mornings that are asked for."""

    def __init__(
        self,
        days: Ints,
        totals: Floats,
        specials: Specials,
        wanted: Iterable[int],
        mornings: Iterable[int],
        *,
        yearly: bool = False,
    ) -> None:
        """Filter the totals.

        Args:
            days: Local day numbers, in order, shape (n,).
            totals: Their calls, shape (n,).
            specials: Special days, past and to come.
            wanted: Days that will be asked for.
            mornings: Days before which forecasts will be made; the day after the last one always is.
            yearly: Whether the time of the year counts.
        """
        self.yearly = yearly
        self._specials = specials
        pairs = np.array(list(product(LEVEL_SD, NOISE_SD)))
        self._level2, self._noise2 = pairs[:, 0] ** 2, pairs[:, 1] ** 2
        known = [specials[day] for day in sorted({*days.tolist(), *wanted}) if day in specials]
        known = [special for special in known if special.factor is None]
        spreads = {s: OPTIONAL_SD if s.kind == "optional" else SPECIAL_SD for s in known}
        words = {f"kind {s.kind}": sd for s, (sd, _) in spreads.items()}
        words |= {f"name {s.name}": sd for s, (_, sd) in spreads.items()}
        self._places = {word: EFFECTS + i for i, word in enumerate(words)}
        self._effect_sds = list(words.values())
        self._waves = EFFECTS + len(words)
        if yearly:
            self._effect_sds += [WAVE_SD / wave for wave in range(1, WAVES + 1)] * 2
        self._states: dict[int, _State] = {}
        self._run(days, totals, {*mornings, int(days[-1]) + 1})

    def before(self, morning: int, days: Iterable[int]) -> DayRates:
        """Return the rates of `days` as they were foretold on `morning`, one of those kept."""
        wanted = list(days)
        state = self._states[morning].copy()
        weights = np.exp(state.fit - state.fit.max())
        weights /= weights.sum()
        found: dict[int, tuple[float, float, float]] = {}
        for day in sorted(set(wanted)):
            self._to(state, day)
            special = self._specials.get(day)
            shift, extra = _known_part(special)
            at = self._design(day, special)
            means = state.mean @ at + shift
            mean = float(weights @ means)
            spread = float(weights @ (means - mean) ** 2)
            variances = [
                float(weights @ (state.covariance @ part @ part + self._noise2)) + spread
                for part in (at, self._design(day, None))
            ]
            found[day] = (mean, variances[0] + extra, variances[1])
        table = np.array([found[day] for day in wanted]).reshape(len(wanted), 3)
        return DayRates(table[:, 0], table[:, 1], table[:, 2])

    def _run(self, days: Ints, totals: Floats, mornings: Iterable[int]) -> None:
        first = np.zeros(EFFECTS + len(self._effect_sds))
        first[LEVEL] = np.log(max(float(totals[0]), 1.0))
        spread = np.array([FIRST_SD, TREND_SD, *[WEEKDAY_SD] * 7, *self._effect_sds])
        pairs = len(self._noise2)
        state = _State(
            int(days[0]), np.tile(first, (pairs, 1)), np.tile(np.diag(spread**2), (pairs, 1, 1)), np.zeros(pairs)
        )
        seen = dict(zip(days.tolist(), totals.tolist(), strict=True))
        kept = {*mornings}
        for day in range(int(days[0]), max(int(days[-1]) + 1, *kept) + 1):
            self._to(state, day)
            if day in kept:
                self._states[day] = state.copy()
            if day in seen:
                self._learn(state, seen[day])

    def _to(self, state: _State, day: int) -> None:
        """Let the days until `day` pass."""
        cov, mean = state.covariance, state.mean
        for _ in range(day - state.day):
            mean[:, LEVEL] += mean[:, TREND]
            mean[:, TREND] *= DAMPING
            cov[:, LEVEL, :] += cov[:, TREND, :]
            cov[:, TREND, :] *= DAMPING
            cov[:, :, LEVEL] += cov[:, :, TREND]
            cov[:, :, TREND] *= DAMPING
            cov[:, LEVEL, LEVEL] += self._level2
            cov[:, TREND, TREND] += TREND_SD**2 * (1 - DAMPING**2)
            week = np.arange(WEEK, EFFECTS)
            cov[:, week, week] += WEEKDAY_DRIFT_SD**2
        state.day = day

    def _learn(self, state: _State, calls: float) -> None:
        """Take in the calls of the state's day."""
        special = self._specials.get(state.day)
        if special is not None and special.factor == 0:
            return
        shift, extra = _known_part(special)
        at = self._design(state.day, special)
        towards = state.covariance @ at
        # The half keeps days of few calls unbiased; their log has the variance 1/calls.
        spread = towards @ at + self._noise2 + extra + 1 / (calls + 0.5)
        error = np.log(calls + 0.5) - shift - state.mean @ at
        scaled = np.abs(error) / np.sqrt(spread)
        weight = np.minimum(1.0, HUBER / np.maximum(scaled, 1e-9))
        state.fit -= 0.5 * np.log(spread) + np.where(scaled <= HUBER, scaled**2 / 2, HUBER * scaled - HUBER**2 / 2)
        state.mean += towards * (weight * error / spread)[:, None]
        state.covariance -= np.einsum("g,gi,gj->gij", weight / spread, towards, towards)

    def _design(self, day: int, special: Special | None) -> Floats:
        at = np.zeros(EFFECTS + len(self._effect_sds))
        at[LEVEL] = at[WEEK + weekday_of(day)] = 1.0
        if self.yearly:
            turns = 2 * np.pi * day / YEAR_DAYS * np.arange(1, WAVES + 1)
            at[self._waves :] = np.concatenate([np.cos(turns), np.sin(turns)])
        if special is not None and special.factor is None:
            at[self._places[f"kind {special.kind}"]] = at[self._places[f"name {special.name}"]] = 1.0
        return at


def _known_part(special: Special | None) -> tuple[float, float]:
    """Return what is known of a special day's effect on the log, and the variance that special days add."""
    if special is None:
        return 0.0, 0.0
    return (0.0 if not special.factor else float(np.log(special.factor))), SPECIAL_NOISE_SD**2
