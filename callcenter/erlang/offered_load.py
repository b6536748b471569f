"""The load of arrivals that change through the day: how many agents would be busy if none were short."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Floats
from callcenter.erlang.errors import BadFigure
from callcenter.erlang.figures import above_zero, at_least_zero, together
from callcenter.erlang.special import normal_below


class Handling(StrEnum):
    """The law of handling times."""

    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    DETERMINISTIC = "deterministic"


class LoadMethod(StrEnum):
    """How arrivals become load."""

    STATIONARY = "stationary"
    """Each interval by itself: arrivals × AHT."""
    LAGGED = "lagged"
    """The arrivals of one mean residual handling time earlier × AHT."""
    INFINITE_SERVER = "infinite_server"
    """Calls in progress if each found an agent at once: exact (M_t/G/∞)."""


def _law(handling: str, cv: float) -> tuple[Handling, float]:
    try:
        law = Handling(handling)
    except ValueError:
        raise BadFigure("handling", handling, f"must be one of {', '.join(Handling)}") from None
    if law is Handling.LOGNORMAL and not (0 < cv < np.inf):
        raise BadFigure("cv", cv, "must be more than 0")
    return law, {Handling.EXPONENTIAL: 1.0, Handling.DETERMINISTIC: 0.0}.get(law, cv)


def _twice_integrated(x: Floats, law: Handling, cv: float) -> Floats:
    """Return the integral to x of E min(S, v) over v, for a handling time S of mean 1; 0 below 0.

    It is x E min(S, x) - E min(S, x)² / 2.
    """
    x = np.maximum(x, 0.0)
    if law is Handling.EXPONENTIAL:
        return np.asarray(x + np.expm1(-x))
    if law is Handling.DETERMINISTIC:
        short = np.minimum(x, 1.0)
        return np.asarray(x * short - short * short / 2.0)
    spread = np.sqrt(np.log1p(cv * cv))
    with np.errstate(divide="ignore"):
        score = np.log(x) / spread + spread / 2.0
    longer = normal_below(-score)
    mean = normal_below(score - spread) + x * longer
    square = (1.0 + cv * cv) * normal_below(score - 2.0 * spread) + x * x * longer
    return np.asarray(x * mean - square / 2.0)


def _once_integrated(x: Floats, law: Handling, cv: float) -> Floats:
    """Return E min(S, x) for a handling time S of mean 1; 0 below 0."""
    x = np.maximum(x, 0.0)
    if law is Handling.EXPONENTIAL:
        return np.asarray(-np.expm1(-x))
    if law is Handling.DETERMINISTIC:
        return np.asarray(np.minimum(x, 1.0))
    spread = np.sqrt(np.log1p(cv * cv))
    with np.errstate(divide="ignore"):
        score = np.log(x) / spread + spread / 2.0
    return np.asarray(normal_below(score - spread) + x * normal_below(-score))


def offered_load(
    calls: npt.ArrayLike,
    *,
    interval_s: float,
    aht_s: float,
    method: str = "infinite_server",
    handling: str = "exponential",
    cv: float = 1.0,
) -> Floats:
    """Return the mean load of each interval of a day.

    Assumes Poisson arrivals at an even rate inside each interval, none before the first, handling times
    of one law whenever the call comes. Half-hour loads by `stationary` are too early and too peaked when
    handling times are long; `infinite_server` lags and flattens as the agents' work does.

    Args:
        calls: Calls offered in each interval, count, shape (..., intervals), in time order.
        interval_s: Length of an interval, seconds, above 0.
        aht_s: Mean handling time, seconds, above 0.
        method: `stationary`, `lagged` or `infinite_server`.
        handling: `exponential`, `lognormal` or `deterministic`.
        cv: Coefficient of variation of lognormal handling times, above 0.

    Returns:
        Mean load of each interval, erlangs, shape of `calls`.

    Raises:
        BadFigure: Negative calls, an interval or AHT not above 0, a name not listed.

    Source: S. Eick, W. Massey and W. Whitt, Operations Research 41(4), 1993; lag: L. Green, P. Kolesar
    and J. Soares, Operations Research 49(4), 2001 (here the mean residual handling time).

    >>> offered_load([0, 60, 60, 0], interval_s=1800, aht_s=900).round(2)
    array([ 0.  , 17.03, 28.24, 12.73])
    >>> offered_load([0, 60, 60, 0], interval_s=1800, aht_s=900, method="stationary")
    array([ 0., 30., 30.,  0.])
    """
    offered = at_least_zero("calls", calls)
    width, aht = float(above_zero("interval_s", interval_s)), float(above_zero("aht_s", aht_s))
    if offered.ndim == 0:
        raise BadFigure("calls", float(offered), "must have the intervals on its last axis")
    law, cv = _law(handling, cv)
    if method not in list(LoadMethod):
        raise BadFigure("method", method, f"must be one of {', '.join(LoadMethod)}")
    load = offered * (aht / width)
    if method == LoadMethod.STATIONARY:
        return load
    count = offered.shape[-1]
    step = width / aht
    if method == LoadMethod.LAGGED:
        lag = aht * (1.0 + cv * cv) / 2.0 / width
        edges = np.arange(count + 1.0)
        sums = np.concatenate([np.zeros((*load.shape[:-1], 1)), np.cumsum(load, axis=-1)], axis=-1)
        whole_part = np.floor(edges - lag)
        at = np.clip(whole_part, -1, count - 1).astype(np.int64)
        part = edges - lag - whole_part
        inside = at >= 0
        low = np.take(sums, np.maximum(at, 0), axis=-1)
        high = np.take(sums, np.maximum(at, 0) + 1, axis=-1)
        shifted = np.where(inside, low + part * (high - low), 0.0)
        return np.asarray(np.diff(shifted, axis=-1))
    grid = _twice_integrated(np.arange(-1.0, count + 1.0) * step, law, cv)
    # Mean over interval k of what interval i left, by k - i: second differences.
    kernel = (grid[2:] - 2.0 * grid[1:-1] + grid[:-2]) / step
    result = np.zeros_like(load)
    for age in range(count):
        result[..., age:] += kernel[age] * load[..., : count - age]
    return result


def offered_load_at(
    times_s: npt.ArrayLike,
    calls: npt.ArrayLike,
    *,
    interval_s: float,
    aht_s: float,
    handling: str = "exponential",
    cv: float = 1.0,
) -> Floats:
    """Return the load at instants of a day (M_t/G/∞), arrivals and assumptions as in `offered_load`.

    Args:
        times_s: Instants, seconds from the start of the first interval, any shape.
        calls: Calls offered in each interval, count, shape (intervals,).
        interval_s: Length of an interval, seconds, above 0.
        aht_s: Mean handling time, seconds, above 0.
        handling: `exponential`, `lognormal` or `deterministic`.
        cv: Coefficient of variation of lognormal handling times, above 0.

    Returns:
        Load, erlangs, shape of `times_s`.

    Raises:
        BadFigure: Negative calls or instants, an interval or AHT not above 0, a name not listed.

    Source: Eick, Massey and Whitt (1993).

    >>> offered_load_at([1800, 3600], [60, 0], interval_s=1800, aht_s=900).round(3)
    array([25.94 ,  3.511])
    """
    times, offered = at_least_zero("times_s", times_s), at_least_zero("calls", calls)
    width, aht = float(above_zero("interval_s", interval_s)), float(above_zero("aht_s", aht_s))
    if offered.ndim != 1:
        raise BadFigure("calls", offered.shape, "must be one day: shape (intervals,)")
    law, cv = _law(handling, cv)
    start = np.arange(offered.size) * width
    age = times[..., None] - start
    left = _once_integrated(age / aht, law, cv) - _once_integrated((age - width) / aht, law, cv)
    return np.asarray((left * offered * (aht / width)).sum(axis=-1))


def sinusoidal_load(
    times: npt.ArrayLike,
    *,
    mean_rate: npt.ArrayLike,
    amplitude: npt.ArrayLike,
    frequency: npt.ArrayLike,
    aht: npt.ArrayLike,
    handling: str = "exponential",
) -> Floats:
    """Return the load at instants where the arrival rate is mean + amplitude × sin(frequency × t), for ever.

    Args:
        times: Instants, in any unit of time, any shape.
        mean_rate: Mean arrival rate, calls per that unit, from 0.
        amplitude: Swing of the rate, 0 to `mean_rate`.
        frequency: Radians per that unit, above 0.
        aht: Mean handling time, in that unit, above 0.
        handling: `exponential` or `deterministic`.

    Returns:
        Load, erlangs, broadcast shape: the swing comes later and is smaller than the arrivals'.

    Raises:
        BadFigure: A negative or NaN figure, an amplitude above the mean, a name not listed.

    Source: Eick, Massey and Whitt, Management Science 39(2), 1993.

    >>> sinusoidal_load([0, 1, 3], mean_rate=100, amplitude=20, frequency=1, aht=1).round(3)
    array([ 90.   , 103.012, 111.311])
    """
    instants = np.asarray(times, dtype=np.float64)
    if not np.all(np.isfinite(instants)):
        raise BadFigure("times", times, "must be finite")
    t, rate, swing, turn, mean = together(
        times=instants,
        mean_rate=at_least_zero("mean_rate", mean_rate),
        amplitude=at_least_zero("amplitude", amplitude),
        frequency=above_zero("frequency", frequency),
        aht=above_zero("aht", aht),
    )
    if np.any(swing > rate):
        raise BadFigure("amplitude", float(swing.max()), "must not be above mean_rate")
    law, _ = _law(handling, 1.0)
    if law is Handling.LOGNORMAL:
        raise BadFigure("handling", handling, "must be exponential or deterministic")
    angle = turn * mean
    if law is Handling.EXPONENTIAL:
        wave = (np.sin(turn * t) - angle * np.cos(turn * t)) / (1.0 + angle * angle) * mean
    else:
        wave = (np.cos(turn * (t - mean)) - np.cos(turn * t)) / turn
    return np.asarray(rate * mean + swing * wave)
