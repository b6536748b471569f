"""Square-root staffing: the rule of thumb, agents = load + β √load, and what it promises in the limit."""

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Floats
from callcenter.erlang.errors import BadFigure
from callcenter.erlang.figures import above_zero, at_least_zero, inner_share, together
from callcenter.erlang.special import normal_quantile, scaled_erfc

_ROOT_HALF = 0.7071067811865476
_ROOT_HALF_PI = 1.2533141373155003
_NEWTON_STEPS = 60
_QUICK_STEPS = 1
"""Of Newton, for a first guess of agents: two move it by an agent in one case of 70."""
_ASA_STEPS = 4
_FIRST_SLOPE = 0.8
"""By so much β rises where the share that is missed is one further down, on the normal scale: a first idea."""
_RARE = 1e-12


def _mills_below(beta: Floats) -> Floats:
    """Return Φ(β)/φ(β)."""
    return _ROOT_HALF_PI * scaled_erfc(-beta * _ROOT_HALF)


def beta_where(target: Floats, pull: Floats | float, *, steps: int = _QUICK_STEPS) -> Floats:
    """Return β where -log P(wait) + pull × β = target (both from 0), in the Halfin-Whitt limit.

    The left side is convex and rises, and the start is right of the root, so Newton closes in from there.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        beta = np.minimum(2.0 * target / (pull + np.sqrt(pull * pull + 2.0 * target)), target / (_ROOT_HALF_PI + pull))
        for _ in range(steps):
            mills = _mills_below(beta)
            odds = 1.0 + beta * mills
            slope = beta + mills / odds + pull
            beta = beta - (np.log(odds) + pull * beta - target) / slope
    return np.where(target > 0, np.maximum(beta, 0.0), 0.0)


def beta_for_asa(target: Floats) -> Floats:
    """Return β where P(wait) / β = exp(-target), in the Halfin-Whitt limit."""
    with np.errstate(over="ignore", invalid="ignore"):
        log_beta = np.where(target <= 0, target, 0.5 * np.log(np.maximum(2.0 * target, 1.0)))
        for _ in range(_ASA_STEPS):
            beta = np.exp(log_beta)
            mills = _mills_below(beta)
            odds = 1.0 + beta * mills
            log_beta -= (np.log(odds) + log_beta - target) / (beta * (beta + mills / odds) + 1.0)
    return np.asarray(np.exp(log_beta))


def agents_for_level(load: Floats, ratio: Floats, limit: Floats, level: Floats) -> Floats:
    """Return about how many agents answer the share `level` within a limit where callers hang up.

    In the Garnett limit, where a search begins: the answer to an agent in two cases of three, far from it where nearly
    everybody hangs up. NaN where it says nothing.

    Args:
        load: Erlangs, above 0.
        ratio: Mean patience, in mean handling times.
        limit: In mean patiences.
        level: From 0, less than 1.

    Source: O. Garnett, A. Mandelbaum and M. Reiman, Manufacturing & Service Operations Management 4(3), 2002.
    """
    root, patient = np.sqrt(ratio), np.exp(-limit)
    shift = limit * np.sqrt(load * ratio) * _ROOT_HALF
    goal = normal_quantile(np.maximum(1.0 - level, _RARE))

    def missed(beta: Floats) -> Floats:
        """Return how far the share that is not answered in time is above its goal, on the normal scale."""
        spare = beta * (root * _ROOT_HALF)
        here = scaled_erfc(spare)
        waits = 1.0 / (1.0 + scaled_erfc(-beta * _ROOT_HALF) / (root * here))
        beyond = spare + shift
        late = waits * patient * np.exp(spare * spare - beyond * beyond) * scaled_erfc(beyond) / here
        share = late + limit * (waits + late) / 2.0  # who hangs up within the limit, by the trapezoid
        return normal_quantile(np.clip(share, _RARE, 1.0 - _RARE)) - goal

    with np.errstate(invalid="ignore", divide="ignore", over="ignore", under="ignore"):
        first = missed(np.zeros(load.shape))
        beta = first * _FIRST_SLOPE
        second = missed(beta)
        beta = beta - second * beta / (second - first)
        return np.asarray(load + beta * np.sqrt(load))


def halfin_whitt_p_wait(beta: npt.ArrayLike) -> Floats:
    """Return the share of calls that wait under square-root staffing, as the centre grows (Erlang C).

    Args:
        beta: Spare agents in units of √load, above 0, any shape.

    Returns:
        Share in 0..1, same shape.

    Raises:
        BadFigure: A beta that is not above 0 (Erlang C has no steady state there).

    Source: S. Halfin and W. Whitt, Operations Research 29(3), 1981.

    >>> float(halfin_whitt_p_wait(1.0).round(6))
    0.223361
    """
    spare = above_zero("beta", beta, infinite=True)
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + spare * _mills_below(spare)))


def halfin_whitt_beta(p_wait: npt.ArrayLike) -> Floats:
    """Return the β at which the share `p_wait` of the calls waits, as the centre grows (Erlang C).

    Args:
        p_wait: Share of calls that wait, more than 0 and less than 1, any shape.

    Returns:
        Spare agents in units of √load, same shape.

    Raises:
        BadFigure: A share outside its range.

    Source: inverse of `halfin_whitt_p_wait`, by Newton.

    >>> float(halfin_whitt_beta(0.2).round(6))
    1.061516
    """
    waits = inner_share("p_wait", p_wait)
    return np.asarray(beta_where(-np.log(waits), 0.0, steps=_NEWTON_STEPS))


def garnett_p_wait(beta: npt.ArrayLike, patience_aht: npt.ArrayLike) -> Floats:
    """Return the share of calls that wait under square-root staffing, as the centre grows (Erlang A).

    Args:
        beta: Spare agents in units of √load; negative below the load, any shape.
        patience_aht: Mean patience in handling times, above 0.

    Returns:
        Share in 0..1, broadcast shape: the limit, not the exact value for a given number of agents.

    Raises:
        BadFigure: NaN or infinite beta, patience not above 0.

    Source: O. Garnett, A. Mandelbaum and M. Reiman, M&SOM 4(3), 2002.

    >>> float(garnett_p_wait(0.5, patience_aht=2.0).round(6))
    0.357177
    """
    spare = np.asarray(beta, dtype=np.float64)
    if not np.all(np.isfinite(spare)):
        raise BadFigure("beta", beta, "must be finite")
    spare, patience = together(beta=spare, patience_aht=above_zero("patience_aht", patience_aht))
    root = np.sqrt(patience)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        # Hazard of the normal law at x is 1 / (Φ(-x)/φ(x)).
        ratio = _mills_below(spare) / _mills_below(-spare * root) / root
        return np.asarray(1.0 / (1.0 + ratio))


def square_root_agents(*, load_erl: npt.ArrayLike, max_p_wait: npt.ArrayLike) -> Floats:
    """Return the rule's number of agents for a share of waiting calls, before rounding (Erlang C).

    A check on `staff_erlang_c(max_p_wait=...)`, which is exact: the two differ by less than one agent
    from loads of a few erlangs up.

    Args:
        load_erl: Offered load, erlangs, from 0, any shape.
        max_p_wait: Share of calls that may wait, more than 0 and less than 1.

    Returns:
        load + β √load, agents (not whole), broadcast shape.

    Raises:
        BadFigure: A load or share outside its range.

    Source: A. K. Erlang (1924); S. Halfin and W. Whitt (1981).

    >>> float(square_root_agents(load_erl=100, max_p_wait=0.2).round(3))
    110.615
    """
    load, waits = together(
        load_erl=at_least_zero("load_erl", load_erl), max_p_wait=inner_share("max_p_wait", max_p_wait)
    )
    return np.asarray(load + halfin_whitt_beta(waits) * np.sqrt(load))
