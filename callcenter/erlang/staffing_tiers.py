"""How many agents for all tiers together: the fewest so that every tier's target holds."""

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Bools, Floats, Ints
from callcenter.erlang.errors import BadFigure
from callcenter.erlang.figures import above_zero, at_least_zero, goal_at_least, goal_at_most, together
from callcenter.erlang.priority import per_tier, spread, tier_waits
from callcenter.erlang.special import normal_quantile
from callcenter.erlang.staffing_patience import fewest
from callcenter.erlang.tier_abandonment import tier_losses

_EDGE = 1e-15


def _score(reached: Floats, goal: Floats) -> Floats:
    inner = np.clip(reached, _EDGE, 1.0 - _EDGE)
    return normal_quantile(inner) - normal_quantile(np.clip(goal, _EDGE, 1.0 - _EDGE))


def staff_tiers(
    *,
    load_erl: npt.ArrayLike,
    service_level: npt.ArrayLike,
    within_s: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
    patience_s: npt.ArrayLike | None = None,
    max_p_abandon: npt.ArrayLike | None = None,
) -> Ints:
    """Return the fewest agents so that each tier meets its own target, free agents taking the highest tier.

    Assumes what `tier_waits` assumes, or with patience what `tier_losses` assumes (one patience for all
    tiers). Without patience the answer is more than the whole load, so that no tier waits for ever.

    Args:
        load_erl: Offered loads, erlangs, from 0, shape (..., tiers), highest tier first.
        service_level: Share of the tier's calls (all of them) to answer within its limit, from 0 (nothing
            asked) to less than 1, shape (...) + (tiers,) or fitting it.
        within_s: The tier's limit, seconds, from 0, same.
        aht_s: Mean handling time, seconds, above 0, shape (...).
        patience_s: Mean patience, seconds, above 0, shape (...). None: without end.
        max_p_abandon: Share of the tier's calls that may hang up, above 0, at most 1 (nothing asked), as
            `service_level`; needs `patience_s`.

    Returns:
        Agents, count, shape (...); 0 where there is no load. A tier without calls asks for nothing.

    Raises:
        BadFigure: A target nobody can reach, an abandonment target without patience, a figure outside
            its range, no axis of tiers.
        SearchEnded: More than MAX_AGENTS would be needed.

    Source: interpolation on `tier_waits` or `tier_losses`, whose figures improve with each agent.

    >>> staff_tiers(load_erl=[2.0, 3.0, 5.0], service_level=[0.9, 0.85, 0.85], within_s=20, aht_s=180)
    array(14)
    """
    if max_p_abandon is not None and patience_s is None:
        raise BadFigure("patience_s", None, "an abandonment target needs it")
    loads, level, limit, aht, patience, gone = together(
        load_erl=per_tier(load_erl),
        service_level=goal_at_least("service_level", service_level),
        within_s=at_least_zero("within_s", within_s),
        aht_s=spread(above_zero("aht_s", aht_s)),
        patience_s=spread(above_zero("patience_s", 1.0 if patience_s is None else patience_s)),
        max_p_abandon=goal_at_most("max_p_abandon", 1.0 if max_p_abandon is None else max_p_abandon),
    )
    shape, tiers = loads.shape[:-1], loads.shape[-1]
    loads, level, limit, aht, patience, gone = (
        x.reshape(-1, tiers) for x in (loads, level, limit, aht, patience, gone)
    )
    total = loads.sum(axis=-1)
    calls = np.flatnonzero(total > 0)
    loads, level, limit, aht, patience, gone = (x[calls] for x in (loads, level, limit, aht, patience, gone))
    asked = loads > 0

    def judge(n: Floats, rows: Ints) -> tuple[Bools, Floats]:
        a, goal = loads[rows], level[rows]
        if patience_s is None:
            reached = tier_waits(load_erl=a, agents=n, aht_s=aht[rows, 0], within_s=limit[rows]).service_level
            met = (reached >= goal) | ~asked[rows]
            met &= (n > a.sum(axis=-1))[:, None]
            score = _score(reached, goal)
        else:
            found = tier_losses(
                load_erl=a,
                agents=n,
                aht_s=aht[rows, 0],
                within_s=limit[rows],
                patience_s=patience[rows],
            )
            reached, lost = found.p_served_within_t, found.p_abandon
            met = ((reached >= goal) & (lost <= gone[rows])) | ~asked[rows]
            score = np.minimum(_score(reached, goal), _score(gone[rows], lost))
        return np.asarray(met.all(axis=-1)), np.where(asked[rows], score, np.inf).min(axis=-1)

    agents = np.zeros(total.size, dtype=np.int64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        busy = total[calls]
        start = busy + np.sqrt(busy) if patience_s is None else busy
        agents[calls] = fewest(judge, np.ceil(start), np.sqrt(busy)).astype(np.int64)
    return agents.reshape(shape)
