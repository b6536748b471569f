"""Laws of time: from a uniform to seconds (inverse transform), the mean, and whole milliseconds.

One uniform gives one time under every law, and a larger uniform a longer time (in a mixture: inside each part). So two
variants that differ in a law still see the patient callers patient and the long calls long (common random numbers).
"""

from collections.abc import Iterable, Sequence
from math import exp, gamma, inf, log, log1p, sqrt
from typing import Final

import numpy as np
from scipy import special

from callcenter.errors import BadInput
from callcenter.scenario import Law, LawKind, Rule
from sim.model.streams import Floats, Ints

NEVER_MS: Final = 2**62
"""What `to_ms` makes of a time that never ends; an instant may be added to it without overflow of 64 bits."""

_LARGEST_U: Final = 1.0 - 2.0**-53
_WEIGHTS_OFF: Final = 1e-6


def check(law: Law, where: str = "a law") -> None:
    """Raise `BadInput` when no time can be drawn from `law`; the message says what would do."""
    k = law.kind
    if k is LawKind.MIXTURE:
        total = sum(weight for weight, _ in law.parts)
        if not law.parts or min(weight for weight, _ in law.parts) < 0 or abs(total - 1) > _WEIGHTS_OFF:
            raise BadInput(
                "{where}: the weights of a mixture add up to {total:g}: they must add up to 1, none below 0",
                where=where,
                total=total,
            )
        for _, part in law.parts:
            check(part, where)
    elif k is LawKind.EMPIRICAL:
        if not law.values_s or min(law.values_s) < 0:
            raise BadInput("{where}: an empirical law needs values, none below 0 s", where=where)
    elif k is not LawKind.NEVER:
        if not 0 <= law.mean_s < inf:
            raise BadInput(
                "{where}: a mean of {mean_s:g} s is not possible: give 0 s or more", where=where, mean_s=law.mean_s
            )
        if k in {LawKind.LOGNORMAL, LawKind.GAMMA} and not 0 <= law.cv < inf:
            raise BadInput(
                "{where}: a cv of {cv:g} is not possible: give 0 (no spread) or more", where=where, cv=law.cv
            )
        if k is LawKind.WEIBULL and not 0 < law.shape < inf:
            raise BadInput(
                "{where}: a Weibull shape of {shape:g} is not possible: give a number above 0",
                where=where,
                shape=law.shape,
            )
        if k is LawKind.ERLANG and (law.shape < 1 or law.shape != int(law.shape)):
            raise BadInput(
                "{where}: {shape:g} Erlang phases are not possible: give a whole number from 1 on",
                where=where,
                shape=law.shape,
            )


def quantile_s(law: Law, uniforms: Floats) -> Floats:
    """Return the times at which the distribution function of `law` reaches `uniforms`.

    Args:
        law: A law that `check` accepts.
        uniforms: Shares in [0, 1), any shape.

    Returns:
        Seconds, same shape; infinite for `never`.

    >>> quantile_s(Law(LawKind.EXPONENTIAL, 60.0), np.array([0.0, 0.5])).round(3)
    array([ 0.   , 41.589])
    """
    u = np.minimum(np.asarray(uniforms, dtype=np.float64), _LARGEST_U)
    match law.kind:
        case LawKind.DETERMINISTIC:
            return np.full(u.shape, law.mean_s)
        case LawKind.EXPONENTIAL:
            return -law.mean_s * np.log1p(-u)
        case LawKind.LOGNORMAL:
            if law.mean_s == 0:
                return np.zeros(u.shape)
            mu, sigma = lognormal_parameters(law.mean_s, law.cv)
            if sigma == 0:
                return np.full(u.shape, law.mean_s)
            return np.asarray(np.exp(mu + sigma * special.ndtri(u)))
        case LawKind.GAMMA:
            if law.cv == 0:
                return np.full(u.shape, law.mean_s)
            shape = law.cv**-2
            return np.asarray(special.gammaincinv(shape, u) * (law.mean_s / shape))
        case LawKind.ERLANG:
            return np.asarray(special.gammaincinv(law.shape, u) * (law.mean_s / law.shape))
        case LawKind.WEIBULL:
            return np.asarray((law.mean_s / gamma(1 + 1 / law.shape)) * (-np.log1p(-u)) ** (1 / law.shape))
        case LawKind.EMPIRICAL:
            values = np.sort(np.array(law.values_s))
            if law.smooth:
                return np.asarray(np.interp(u, np.linspace(0.0, 1.0, len(values)), values))
            return np.asarray(values[(u * len(values)).astype(np.int64)])
        case LawKind.MIXTURE:
            return _mixture_quantile_s(law, u)
        case LawKind.NEVER:
            return np.full(u.shape, inf)


def _mixture_quantile_s(law: Law, u: Floats) -> Floats:
    """Return times of a mixture: the uniform picks the part, and what is left of it, stretched, the time."""
    ends = np.cumsum([weight for weight, _ in law.parts])
    ends /= ends[-1]
    chosen = np.searchsorted(ends, u, side="right")
    times = np.empty(u.shape)
    begin = 0.0
    for i, (_, part) in enumerate(law.parts):
        mine = chosen == i
        if mine.any():
            times[mine] = quantile_s(part, (u[mine] - begin) / (ends[i] - begin))
        begin = float(ends[i])
    return times


def time_s(law: Law, uniform: float) -> float:
    """Return the time at which the distribution function of `law` reaches `uniform`, seconds.

    `quantile_s` of one number, with the C library's functions, which compiled code calls too: numpy's own may differ
    from them in the last bit.

    >>> round(time_s(Law(LawKind.EXPONENTIAL, 60.0), 0.5), 3)
    41.589
    """
    u = min(uniform, _LARGEST_U)
    match law.kind:
        case LawKind.EXPONENTIAL:
            return -law.mean_s * log1p(-u)
        case LawKind.LOGNORMAL if law.mean_s > 0 and law.cv > 0:
            mu, sigma = lognormal_parameters(law.mean_s, law.cv)
            return exp(mu + sigma * float(special.ndtri(u)))
        case LawKind.WEIBULL:
            scale: float = law.mean_s / gamma(1 + 1 / law.shape)
            power: float = (-log1p(-u)) ** (1 / law.shape)
            return scale * power
        case LawKind.MIXTURE:
            ends = np.cumsum([weight for weight, _ in law.parts])
            ends /= ends[-1]
            part = int(np.searchsorted(ends, u, side="right"))
            begin = float(ends[part - 1]) if part else 0.0
            return time_s(law.parts[part][1], (u - begin) / (float(ends[part]) - begin))
        case _:
            return float(quantile_s(law, np.array([u]))[0])


def mean_s(law: Law) -> float:
    """Return the mean of `law` in seconds (infinite for `never`).

    >>> mean_s(Law(LawKind.MIXTURE, parts=((0.25, Law(LawKind.DETERMINISTIC, 4.0)), (0.75, Law(LawKind.GAMMA, 60.0)))))
    46.0
    """
    match law.kind:
        case LawKind.NEVER:
            return inf
        case LawKind.EMPIRICAL:
            values = np.sort(np.array(law.values_s))
            if law.smooth and len(values) > 1:
                return float((values.sum() - (values[0] + values[-1]) / 2) / (len(values) - 1))
            return float(values.mean())
        case LawKind.MIXTURE:
            total = sum(weight for weight, _ in law.parts)
            return sum(weight / total * mean_s(part) for weight, part in law.parts if weight > 0)
        case _:
            return law.mean_s


def lognormal_parameters(mean: float, cv: float) -> tuple[float, float]:
    """Return mu and sigma of the logarithm (of seconds) from the mean in seconds and the cv.

    >>> mu, sigma = lognormal_parameters(180.0, 1.0)
    >>> round(mu, 4), round(sigma, 4)
    (4.8464, 0.8326)
    """
    variance = log(1 + cv * cv)
    return log(mean) - variance / 2, sqrt(variance)


def lognormal_law(mu: float, sigma: float) -> Law:
    """Return the lognormal law whose logarithm (of seconds) has mean `mu` and SD `sigma`."""
    return Law(LawKind.LOGNORMAL, mean_s=exp(mu + sigma * sigma / 2), cv=sqrt(exp(sigma * sigma) - 1))


def to_ms(seconds: Floats | float, *, least: int = 0) -> Ints:
    """Return times in whole milliseconds, rounded half up; infinite ones become `NEVER_MS`.

    Args:
        seconds: Times, any shape.
        least: What shorter times become, ms; 1 for talk, since a call that takes no time cannot be seen.

    >>> to_ms(np.array([0.0004, 0.0125, inf]), least=1).tolist()
    [1, 13, 4611686018427387904]
    """
    scaled = np.asarray(seconds, dtype=np.float64) * 1000.0
    scaled += 0.5
    if scaled.ndim and scaled.size and scaled.max() < NEVER_MS:
        found = scaled.astype(np.int64)  # rounded down: no time is below 0
        return np.asarray(np.maximum(found, least, out=found) if least else found)
    scaled = np.floor(scaled)
    never = scaled >= NEVER_MS
    return np.asarray(np.where(never, NEVER_MS, np.maximum(np.where(never, 0, scaled).astype(np.int64), least)))


def quantiles_ms(law: Law, parts: Iterable[Floats], count: int, *, least: int = 0) -> Ints:
    """Return `to_ms(quantile_s(law, …), least=least)` of `count` uniforms that come in parts.

    >>> quantiles_ms(Law(LawKind.EXPONENTIAL, 60.0), [np.array([0.0, 0.5]), np.array([0.9])], 3, least=1).tolist()
    [1, 41589, 138155]
    """
    found = np.empty(count, np.int64)
    here = 0
    for part in parts:
        found[here : here + len(part)] = to_ms(quantile_s(law, part), least=least)
        here += len(part)
    return found


def law_for(rules: Sequence[Rule], *, tier: str, queue: str, skills: Sequence[str] = (), clock: int = 0) -> Law | None:
    """Return the law of the first rule that fits, or None.

    Args:
        rules: In the order of the file.
        tier: Of the call.
        queue: Of the call.
        skills: What the call needs.
        clock: When it came, ms after local midnight.
    """
    for rule in rules:
        if (
            (not rule.tiers or tier in rule.tiers)
            and (not rule.queues or queue in rule.queues)
            and (not rule.skills or any(skill in rule.skills for skill in skills))
            and (rule.between is None or _within(clock, *rule.between))
        ):
            return rule.law
    return None


def _within(clock: int, begin: int, end: int) -> bool:
    return begin <= clock < end if begin <= end else clock >= begin or clock < end
