"""Erlang B: callers who find every agent busy are turned away (M/G/n/n)."""

from typing import Final

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Floats, Ints
from callcenter.erlang.errors import SearchEnded
from callcenter.erlang.figures import MAX_AGENTS, at_least_zero, inner_share, together, whole
from callcenter.erlang.special import gamma_above, log_gamma, scaled_erfc

_HALF_LOG_2PI = 0.9189385332046727
_STIRLING_FROM = 16.0
_FRACTION_DEPTH = 60
_BISECTIONS = 200
_GAUSSIAN_FROM = 16.0
"""Servers from which the Gaussian expansion holds to the last digits; below, the sum itself is as short."""
_GAUSSIAN_TERMS = 17
_ROOT_HALF_PI = 1.2533141373155003


def poisson_share(n: Floats, load: Floats) -> Floats:
    """Return P(Poisson(load) = n) to about 1e-15 of itself, also for n and load near 100,000.

    `n log a - a - log n!` loses 1e-10 there; this is the saddle-point form, which does not.
    `n` may be any real number from 0, `load` is from 0.

    Source: C. Loader, "Fast and Accurate Computation of Binomial Probabilities" (2000).

    >>> round(float(poisson_share(np.array(1e5), np.array(1e5))), 12)
    0.00126156521
    """
    big = np.maximum(n, _STIRLING_FROM)
    difference = big - load
    v = difference / (big + load)
    square = v * v
    series = np.zeros_like(v)
    for k in range(19, 1, -2):
        series = (series + 1.0 / k) * square
    near = difference * v + 2.0 * big * v * series
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        far = big * np.log(big / load) - difference
        deviance = np.where(np.abs(v) < 0.1, near, far)
        i = 1.0 / (big * big)
        stirling = (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i / 1188)))) / big
        large = np.exp(-stirling - deviance - _HALF_LOG_2PI - 0.5 * np.log(big))
        few = np.minimum(n, _STIRLING_FROM)
        small = np.exp(np.where(few > 0, few * np.log(load), 0.0) - load - log_gamma(few + 1.0))
    return np.where(n >= _STIRLING_FROM, large, small)


def _gaussian_terms(count: int) -> list[float]:
    """Return the coefficients of dw/dx where x²/2 = w - 1 - log w and x has the sign of w - 1.

    From w' (w - 1) = x w, power by power.

    >>> [round(c, 6) for c in _gaussian_terms(4)]
    [1.0, 0.666667, 0.083333, -0.014815]
    """
    w = [1.0, 1.0]
    for n in range(2, count + 1):
        known = sum(w[i] * (n - i + 1) * w[n - i + 1] for i in range(2, n))
        w.append((w[n - 1] - known) / (n + 1))
    return [k * w[k] for k in range(1, count + 1)]


_GAUSSIAN: Final = _gaussian_terms(_GAUSSIAN_TERMS)


def _inverse_gaussian(n: Floats, load: Floats) -> Floats:
    """Return 1 / Erlang B by its Gaussian expansion, for n from _GAUSSIAN_FROM, load from n / 4 up to n.

    1 / B = n ∫ exp(n (w - 1 - log w)) from w = load / n on, up to a factor; in x, with x²/2 = w - 1 - log w, that is
    a Gaussian integral of dw/dx, whose power series has the radius 2 √π. Not finite where B underflows.

    Source: A. Janssen, J. van Leeuwaarden and B. Zwart, "Gaussian expansions and bounds for the Poisson distribution
    applied to the Erlang B formula", Advances in Applied Probability 40 (2008).
    """
    below = (load - n) / n
    x = -np.sqrt(2.0 * (below - np.log1p(below)))
    each = 1.0 / n
    moments = [_ROOT_HALF_PI * np.sqrt(each) * scaled_erfc(x * np.sqrt(0.5 * n)), each]
    """Of 1 and of x; those of higher powers follow by parts, two at a time."""
    total = _GAUSSIAN[0] * moments[0] + _GAUSSIAN[1] * moments[1]
    power, term = x.copy(), np.empty_like(x)
    moments[1] = each.copy()
    for k in range(2, _GAUSSIAN_TERMS):
        moment = moments[k % 2]  # becomes (power + (k - 1) moment) ÷ n, in place: new arrays cost more than the sums
        moment *= k - 1.0
        moment += power
        moment *= each
        total += np.multiply(moment, _GAUSSIAN[k], out=term)
        power *= x
    return np.asarray(n * total)


def _sum_of_products(n: Floats, load: Floats) -> Floats:
    """Return Erlang B for few servers, a whole number.

    1 / B = 1 + n/a (1 + (n - 1)/a (1 + ...)), from the innermost bracket on: those beyond n, whose factor is 0 here,
    come to 1, so that one loop does for every n.
    """
    inverse, factor, term = np.ones_like(load), n - n.max(initial=0.0), np.empty_like(load)
    each = 1.0 / load
    for _ in range(int(n.max(initial=0.0))):
        factor += 1.0
        np.maximum(factor, 0.0, out=term)
        term *= each
        inverse *= term
        inverse += 1.0
    return np.where(load > 0, 1.0 / inverse, n == 0)


def _incomplete_gamma(n: Floats, load: Floats) -> Floats:
    """Return Erlang B as the share of a Poisson law at n over its sum up to n.

    Deep in overload both underflow, so there the continued fraction of the incomplete gamma function (Legendre) gives
    the ratio itself.
    """
    result = np.asarray(poisson_share(n, load) / gamma_above(n + 1.0, load))
    deep = load - n > 5.0 * np.sqrt(load)
    if np.any(deep):
        m, a = n[deep], load[deep]
        level = a - m + 2.0 * _FRACTION_DEPTH
        for k in range(_FRACTION_DEPTH, 0, -1):
            level = a - m + 2.0 * (k - 1) + k * (m - k + 1.0) / level
        result[deep] = level / a
    return result


def blocking(n: Floats, load: Floats) -> Floats:
    """Return Erlang B without checks, for any real n from 0 and load from 0 (shapes equal).

    By the shortest way that is right to the last digits: for few servers the sum, for more than the load its
    Gaussian expansion, for the rest the incomplete gamma function.
    """
    shape, n, load = n.shape, n.ravel(), load.ravel()
    result = np.full(n.shape, np.nan)
    few = np.flatnonzero((n < _GAUSSIAN_FROM) & (n == np.floor(n)))
    # load / n, taken from 1, would lose its last digits far from it
    many = np.flatnonzero((n >= _GAUSSIAN_FROM) & (load <= n) & (4.0 * load >= n))
    with np.errstate(divide="ignore", invalid="ignore", under="ignore", over="ignore"):
        result[few] = _sum_of_products(n[few], load[few])
        inverse = _inverse_gaussian(n[many], load[many])
        result[many] = np.where(np.isfinite(inverse), 1.0 / inverse, np.nan)
        rest = np.flatnonzero(np.isnan(result))
        if rest.size:
            result[rest] = _incomplete_gamma(n[rest], load[rest])
    return np.asarray(np.minimum(result, 1.0).reshape(shape))


def erlang_b(*, load_erl: npt.ArrayLike, servers: npt.ArrayLike) -> Floats:
    """Return the share of calls that find every server busy.

    Assumes Poisson arrivals, any service law, no waiting, no redialling.

    Args:
        load_erl: Offered load, erlangs, from 0, any shape.
        servers: Agents or lines, count, from 0.

    Returns:
        Blocking probability in 0..1, broadcast shape. No servers: 1. No load: 0 (with any server).

    Raises:
        BadFigure: Negative, NaN or infinite load; servers not whole or negative.

    Source: A. K. Erlang (1917).

    >>> erlang_b(load_erl=[8.0, 12.0], servers=10).round(6)
    array([0.121661, 0.301925])
    """
    load, n = together(load_erl=at_least_zero("load_erl", load_erl), servers=whole("servers", servers))
    return np.asarray(blocking(n, load))


def servers_for_blocking(*, load_erl: npt.ArrayLike, max_blocking: npt.ArrayLike) -> Ints:
    """Return the smallest number of servers that turns away at most `max_blocking` of the calls.

    Args:
        load_erl: Offered load, erlangs, from 0, any shape.
        max_blocking: Allowed share, more than 0 and less than 1.

    Returns:
        Servers, count, broadcast shape. No load: 0.

    Raises:
        BadFigure: A load or share outside its range.
        SearchEnded: More than MAX_AGENTS would be needed.

    Source: bisection on Erlang B, which falls with every server.

    >>> servers_for_blocking(load_erl=10, max_blocking=0.02)
    array(17)
    """
    load, limit = together(
        load_erl=at_least_zero("load_erl", load_erl), max_blocking=inner_share("max_blocking", max_blocking)
    )
    fails, meets = np.full(load.shape, -1.0), np.full(load.shape, float(MAX_AGENTS))
    if np.any(blocking(meets, load) > limit):
        raise SearchEnded("servers", MAX_AGENTS)
    for _ in range(MAX_AGENTS.bit_length() + 1):
        middle = np.floor((fails + meets) / 2)
        enough = (blocking(np.maximum(middle, 0.0), load) <= limit) | (load == 0)
        enough &= middle >= 0
        meets, fails = np.where(enough, middle, meets), np.where(enough, fails, middle)
    return np.asarray(meets, dtype=np.int64)


def load_for_blocking(*, servers: npt.ArrayLike, blocking_share: npt.ArrayLike) -> Floats:
    """Return the load at which exactly `blocking_share` of the calls is turned away.

    Args:
        servers: Agents or lines, count, from 1, any shape.
        blocking_share: Share turned away, more than 0 and less than 1.

    Returns:
        Load, erlangs, broadcast shape.

    Raises:
        BadFigure: Servers not whole or below 1; a share outside its range.

    Source: bisection on Erlang B, which grows with load; carried load below `servers` bounds it.

    >>> load_for_blocking(servers=[10, 50], blocking_share=0.01).round(4)
    array([ 4.4612, 37.9014])
    """
    n, target = together(
        servers=whole("servers", servers, at_least=1),
        blocking_share=inner_share("blocking_share", blocking_share),
    )
    low, high = np.zeros(n.shape), n / (1.0 - target)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if np.all((middle == low) | (middle == high)):
            break
        below = blocking(n, middle) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(high)
