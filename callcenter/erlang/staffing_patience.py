"""How many agents where callers hang up: the fewest that meet every target, by Erlang A."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from callcenter.erlang.abandonment import weigh
from callcenter.erlang.array_types import Bools, Floats, Ints
from callcenter.erlang.busy import COARSE, FINE, Rule, busy_integrals
from callcenter.erlang.errors import BadFigure, SearchEnded
from callcenter.erlang.figures import MAX_AGENTS, above_zero, at_least_zero, goal_at_least, goal_at_most, together
from callcenter.erlang.special import normal_quantile
from callcenter.erlang.square_root import agents_for_level

LevelOf = Literal["p_served_within_t", "p_wait_le_t_given_served", "sl_excl_abandoned_within_t", "p_virtual_wait_le_t"]
"""Which service level: the names of `ErlangA`."""

_INTERPOLATIONS = 10
_ROUNDS = _INTERPOLATIONS + 2 * MAX_AGENTS.bit_length()
_EDGE = 1e-15
_DOUBT = 1e-4
"""A share this near to its goal by the coarse rule, ten times its error, is told by the fine one."""
_DOUBT_OF_MEAN = 1e-3
"""The same for a mean wait, of itself."""
_HAIR = 1e-12
_OPEN: Floats = np.array(np.inf)
_ANY: Floats = np.array(1.0)
_NONE: Floats = np.array(0.0)

Judge = Callable[[Floats, Ints], tuple[Bools, Floats]]
"""(agents, rows) → met or not, and a score that rises with the agents and is about 0 at the goal."""


def _score(reached: Floats, goal: Floats) -> Floats:
    """Return how far a share is from its goal, on the normal scale, where it is nearly straight in n."""
    low, high = _EDGE, 1.0 - _EDGE
    return normal_quantile(np.clip(reached, low, high)) - normal_quantile(np.clip(goal, low, high))


def fewest(judge: Judge, start: Floats, step: Floats) -> Floats:
    """Return the fewest agents, from 1, that `judge` finds enough; it must find so from there on.

    Args:
        judge: Tells of (agents, rows) whether they are enough, and how far from it.
        start: Where to look first, at least 1, shape (m,).
        step: Agents per unit of score, a first idea, shape (m,).

    Raises:
        SearchEnded: Nothing up to MAX_AGENTS is enough.
    """
    n = np.clip(np.round(start), 1.0, MAX_AGENTS)
    low, high = np.zeros(n.shape), np.full(n.shape, np.inf)
    low_score, high_score = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    at = np.arange(n.size)
    for turn in range(_ROUNDS):
        if not at.size:
            return high
        here = n[at]
        met, score = judge(here, at)
        yes, no = at[met], at[~met]
        high[yes], high_score[yes] = here[met], score[met]
        low[no], low_score[no] = here[~met], score[~met]
        if np.any(low[no] >= MAX_AGENTS):
            raise SearchEnded("agents", MAX_AGENTS)
        at = at[high[at] - low[at] > 1.0]
        lo, hi, lo_score, hi_score = low[at], high[at], low_score[at], high_score[at]
        slope = (hi - lo) / (hi_score - lo_score)
        reach, beyond = step[at] * 2.0**turn, 0.5 * 2.0**turn  # a wrong first idea of the step is soon outgrown
        up = lo - lo_score * reach + beyond
        down = hi - hi_score * reach - beyond
        between = lo - lo_score * slope
        if turn >= _INTERPOLATIONS:
            between, down = (lo + hi) / 2, (lo + hi) / 2
        guess = np.where(np.isnan(lo_score), down, np.where(np.isinf(hi), up, between))
        guess = np.where(np.isfinite(guess), guess, (lo + np.where(np.isinf(hi), 2 * lo + 2, hi)) / 2)
        n[at] = np.clip(np.ceil(guess), lo + 1.0, np.minimum(hi - 1.0, MAX_AGENTS))
    raise SearchEnded("rounds", _ROUNDS)


def staff_erlang_a(
    *,
    load_erl: npt.ArrayLike,
    patience_s: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
    service_level: npt.ArrayLike | None = None,
    within_s: npt.ArrayLike | None = None,
    level_of: LevelOf = "p_served_within_t",
    max_asa_s: npt.ArrayLike | None = None,
    max_p_abandon: npt.ArrayLike | None = None,
    max_p_wait: npt.ArrayLike | None = None,
    max_occupancy: npt.ArrayLike | None = None,
) -> Ints:
    """Return the fewest agents that meet every target given, interval by interval (Erlang A).

    Assumes what `erlang_a` assumes. Those who hang up lighten the load, so the answer may lie below it.

    Args:
        load_erl: Offered load, erlangs, from 0, any shape.
        patience_s: Mean patience, seconds, above 0, finite (without end: `staff_erlang_c`).
        aht_s: Mean handling time, seconds, above 0.
        service_level: Share of calls to answer within `within_s`, from 0 to less than 1.
        within_s: The limit of the service level, seconds, from 0.
        level_of: Which of the four service levels of `ErlangA`; answered within of all calls by default.
        max_asa_s: Mean wait of the answered allowed, seconds, above 0.
        max_p_abandon: Share of calls that may hang up, above 0, at most 1.
        max_p_wait: Share of calls that may wait at all, above 0, at most 1.
        max_occupancy: Share of the agents' time on calls allowed, above 0, at most 1.

    Returns:
        Agents, count, broadcast shape; 0 where there is no load, else at least 1.

    Raises:
        BadFigure: No target given, a service level without limit or of no known kind, a target nobody can
            reach, a figure outside its range.
        SearchEnded: More than MAX_AGENTS would be needed.

    Source: interpolation on `erlang_a`, whose figures improve with each agent.

    >>> staff_erlang_a(load_erl=190, aht_s=180, patience_s=120, service_level=0.8, within_s=20)
    array(178)
    """
    given = (service_level, max_asa_s, max_p_abandon, max_p_wait, max_occupancy)
    if all(target is None for target in given):
        names = "service_level, max_asa_s, max_p_abandon, max_p_wait, max_occupancy"
        raise BadFigure("targets", None, f"give one of {names}")
    if service_level is not None and within_s is None:
        raise BadFigure("within_s", None, "a service level needs its limit")
    if level_of not in get_args(LevelOf):
        raise BadFigure("level_of", level_of, f"must be one of {', '.join(get_args(LevelOf))}")
    goals = together(
        load_erl=at_least_zero("load_erl", load_erl),
        aht_s=above_zero("aht_s", aht_s),
        patience_s=above_zero("patience_s", patience_s),
        service_level=_NONE if service_level is None else goal_at_least("service_level", service_level),
        within_s=_NONE if within_s is None else at_least_zero("within_s", within_s),
        max_asa_s=_OPEN if max_asa_s is None else above_zero("max_asa_s", max_asa_s, infinite=True),
        max_p_abandon=_ANY if max_p_abandon is None else goal_at_most("max_p_abandon", max_p_abandon),
        max_p_wait=_ANY if max_p_wait is None else goal_at_most("max_p_wait", max_p_wait),
        max_occupancy=_ANY if max_occupancy is None else goal_at_most("max_occupancy", max_occupancy),
    )
    shape = goals[0].shape
    calls = np.flatnonzero(goals[0].ravel() > 0)
    load, aht, patience, level, within, asa, gone, late, cap = (g.ravel()[calls] for g in goals)
    ratio, limit = patience / aht, within / patience

    def judge(n: Floats, rows: Ints) -> tuple[Bools, Floats]:
        met, score, sure = judge_by(COARSE, n, rows)
        again = np.flatnonzero(~sure)
        if again.size:
            met[again], score[again], _ = judge_by(FINE, n[again], rows[again])
        return met, score

    def judge_by(rule: Rule, n: Floats, rows: Ints) -> tuple[Bools, Floats, Bools]:
        """Tell also where every figure is so far from its goal that the coarse rule is sure."""
        a, r = load[rows], ratio[rows]
        busy = busy_integrals(a, n, r, limit[rows], waits=max_asa_s is not None, rule=rule)
        waits = weigh(a, n, r, busy) / busy.all
        met, sure = np.ones(n.shape, dtype=np.bool_), np.ones(n.shape, dtype=np.bool_)
        score = np.full(n.shape, np.inf)

        def want(enough: Bools, how_far: Floats, away: Floats) -> None:
            nonlocal met, score, sure
            met, score, sure = met & enough, np.minimum(score, how_far), sure & (away > _DOUBT)

        p_wait = waits * busy.all
        served = 1.0 - p_wait + waits * busy.served
        if service_level is not None:
            reached, of = 1.0 - p_wait + waits * busy.served_within, _ANY
            if level_of == "p_wait_le_t_given_served":
                of = served
            elif level_of == "sl_excl_abandoned_within_t":
                of = 1.0 - waits * busy.lost_within
            elif level_of == "p_virtual_wait_le_t":
                reached = 1.0 - waits * busy.beyond
            if of is not _ANY:
                reached = np.minimum(reached / of, 1.0)
            want(reached >= level[rows], _score(reached, level[rows]), np.abs(reached - level[rows]) * of)
        if max_p_abandon is not None:
            lost = waits * busy.lost
            want(lost <= gone[rows], _score(gone[rows], lost), np.abs(lost - gone[rows]))
        if max_p_wait is not None:
            want(p_wait <= late[rows], _score(late[rows], p_wait), np.abs(p_wait - late[rows]))
        if max_asa_s is not None:
            mean = waits * busy.served_wait / served * patience[rows]
            away = np.abs(mean / asa[rows] - 1.0) * (_DOUBT / _DOUBT_OF_MEAN)
            want(mean <= asa[rows], np.log(asa[rows] / mean), away)
        if max_occupancy is not None:
            occupancy = np.minimum(a * served / n, 1.0)
            away = np.abs(occupancy - cap[rows]) * np.minimum(n / a, 1.0)
            want(occupancy <= cap[rows] * (1.0 + _HAIR), _score(cap[rows], occupancy), away)
        return met, score, sure

    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        keep = 1.0 if max_p_abandon is None else 1.0 - gone
        agents = np.zeros(goals[0].size, dtype=np.int64)
        start = load * keep
        if service_level is not None:
            near = np.ceil(agents_for_level(load, ratio, limit, level))
            start = np.where(np.isfinite(near), near, start)
        agents[calls] = fewest(judge, np.maximum(start, 1.0), np.sqrt(load)).astype(np.int64)
    return agents.reshape(shape)
