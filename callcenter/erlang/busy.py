"""What happens while every agent is busy and callers have patience: the integrals under Erlang A.

The wait V that an endlessly patient caller would have, given that all n agents are busy, has the density
exp(λ H(x) - n μ x) up to a factor, H(x) = (1 - exp(-θ x)) / θ (Zeltyn and Mandelbaum 2005). Every figure of
Erlang A is a mean over that density. It has one peak and falls off fast, and what is integrated is
positive, so Gauss-Legendre panels give each mean to about 1e-13 of itself, or to 1e-5 for less than half the work
where that is enough to decide by. Nothing cancels and nothing
overflows, whether patience is a microsecond or a year, and the cost does not depend on the number of agents:
the textbook sums and incomplete gamma functions fail at one of these ends.
"""

from dataclasses import dataclass

import numpy as np

from callcenter.erlang.array_types import Bools, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A Gauss-Legendre rule on 0..1, used on each of four panels."""

    points: Floats
    weights: Floats


def _rule(points: int) -> Rule:
    at, weights = np.polynomial.legendre.leggauss(points)
    return Rule((at + 1.0) / 2.0, weights / 2.0)


FINE = _rule(24)
COARSE = _rule(10)
"""Shares of calls to about 1e-5, the mean wait of the answered to 1e-4 of itself."""
_DEPTH = 45.0
"""The density is followed until it has fallen by exp(-45), far below double precision."""
_FLAT = 40.0
"""Patience times after which exp(-θ x) is nothing: from here the density is a plain exponential."""
_SMALL = 0.25
_CHUNK = 4608
"""Points a panel of a pass, so that a pass stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Integrals over z = wait / patience, each scaled by exp(-log_peak); shape (m,)."""

    log_peak: Floats
    all: Floats
    """Of the density: n × patience / AHT times this, unscaled, is the sum of the queue's weights."""
    served: Floats
    """Of density × share still there."""
    lost: Floats
    """Of density × share gone."""
    served_within: Floats
    """As `served`, up to the limit."""
    lost_within: Floats
    """Of density × share gone within the limit (and before being served)."""
    beyond: Floats
    """Of the density past the limit."""
    served_wait: Floats
    """Of density × share still there × z."""
    lost_wait: Floats
    """Of density × mean of patience where it ran out first (in patience times)."""


def _curve(w: Floats, small: Bools) -> Floats:
    """Return exp(-w) - 1 + w; by its series in the rows `small`, where the plain form cancels."""
    if small.all():
        return _series(w)
    curve = np.expm1(-w) + w
    if small.any():
        rows = small.nonzero()
        curve[rows] = _series(w[rows])
    return np.asarray(curve)


def _series(w: Floats) -> Floats:
    total = np.full_like(w, 1.0 / 13.0)
    for k in range(12, 2, -1):
        total *= -w
        total += 1.0
        total /= k
    total *= -w
    total += 1.0
    return np.asarray(0.5 * w * w * total)


def _edges(depth: Floats, slope: Floats, bend: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Return where the density has fallen by exp(-_DEPTH), right and left of its peak."""
    right = 2.0 * depth / (slope + np.sqrt(slope * slope + 2.0 * bend * depth))
    for _ in range(3):  # Newton on a convex curve: after the first step never short of the root
        fall = np.expm1(-right)
        step = (slope * right + bend * (fall + right) - depth) / (slope - bend * fall)
        right = np.where(np.isfinite(step), right - step, right)
    left = np.minimum(np.sqrt(2.0 * depth), np.log1p(depth) + 0.46)  # never short of the root
    return right, np.maximum(-start, -left)


def _pass(load: Floats, n: Floats, patience: Floats, limit: Floats, *, waits: bool, rule: Rule) -> tuple[Floats, ...]:
    steep = n * patience  # c of the textbooks: n μ / θ
    over = np.maximum(load - n, 0.0) / n
    start = np.log1p(over)  # z at the peak
    slope = np.maximum(n - load, 0.0) / n
    bend = np.minimum(load / n, 1.0)
    kept = 1.0 / (1.0 + over)  # exp(-z) at the peak
    right, left = _edges(_DEPTH / steep, slope, bend, start)
    top = np.minimum(right, _FLAT)
    mark = np.clip(limit - start, left, top)

    cuts = np.stack(
        [left, np.maximum(left / 3.0, -1.5), np.minimum(top / 3.0, 6.0), mark, top],
        axis=1,
    )
    cuts.sort(axis=1)
    widths = np.diff(cuts, axis=1)
    w = cuts[:, :-1, None] + widths[:, :, None] * rule.points
    small = np.maximum(np.abs(left), top) <= _SMALL
    curve = _curve(w, small)
    gone = curve - w  # expm1(-w)
    density = np.exp(-steep[:, None, None] * (slope[:, None, None] * w + bend[:, None, None] * curve))
    density *= widths[:, :, None] * rule.weights
    alive = density * gone  # minus the share gone since the peak, where patience counts from the peak
    whole_parts, gone_parts = density.sum(axis=2), alive.sum(axis=2)
    early = cuts[:, 1:] <= mark[:, None]

    # Past _FLAT nobody is left, and the density is exp(-c (w - bend)).
    far = right > _FLAT
    tail_from = np.maximum(np.where(far, limit - start, _FLAT), _FLAT)
    tail = np.where(far, np.exp(-steep * (_FLAT - bend)) / steep, 0.0)
    tail_beyond = np.where(far, np.exp(-steep * (tail_from - bend)) / steep, 0.0)

    lost_share = over * kept
    whole = whole_parts.sum(axis=1)
    gone_sum = gone_parts.sum(axis=1)
    served = kept * (whole + gone_sum)
    lost = lost_share * whole - kept * gone_sum + tail
    whole_early = np.where(early, whole_parts, 0.0).sum(axis=1)
    gone_early = np.where(early, gone_parts, 0.0).sum(axis=1)
    beyond = np.where(early, 0.0, whole_parts).sum(axis=1) + tail_beyond
    served_early = kept * (whole_early + gone_early)
    lost_early = lost_share * whole_early - kept * gone_early + (tail - tail_beyond)
    lost_early += -np.expm1(-limit) * beyond
    peak_small = start <= _SMALL
    log_peak = steep * _curve(-start[:, None], peak_small)[:, 0]
    found = (log_peak, whole + tail, served, lost, served_early, lost_early, beyond)
    if not waits:
        return (*found, np.zeros_like(served), np.zeros_like(lost))
    z: Floats = start[:, None, None] + w
    alive += density
    alive *= kept[:, None, None]  # density × exp(-z)
    served_wait = (alive * z).sum(axis=(1, 2))
    # 1 - exp(-z) (1 + z), which is exp(-z) times the curve of -z: the form that does not cancel.
    near = start + top <= _SMALL
    lost_wait = np.where(
        near,
        (alive * _series(np.asarray(np.where(near[:, None, None], -z, 0.0)))).sum(axis=(1, 2)),
        (density - alive - alive * z).sum(axis=(1, 2)) + tail,
    )
    return (*found, served_wait, lost_wait)


def busy_integrals(load: Floats, n: Floats, patience: Floats, limit: Floats, *, waits: bool, rule: Rule = FINE) -> Busy:
    """Return the integrals, without checks.

    Args:
        load: Offered load, erlangs, from 0, shape (m,).
        n: Agents, any real number above 0, shape (m,).
        patience: Mean patience in AHTs, above 0, finite, shape (m,).
        limit: Limit of the service level in patience times, from 0, shape (m,).
        waits: Whether `served_wait` and `lost_wait` are wanted (0 where not; they cost half as much again).
        rule: How finely.
    """
    parts, most = [], _CHUNK // rule.points.size
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        for first in range(0, load.size, most):
            rows = slice(first, first + most)
            parts.append(_pass(load[rows], n[rows], patience[rows], limit[rows], waits=waits, rule=rule))
    if not parts:
        return Busy(*[np.zeros(0)] * 9)
    return Busy(*(np.concatenate(column) for column in zip(*parts, strict=True)))
