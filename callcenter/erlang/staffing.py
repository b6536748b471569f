"""How many agents: the fewest that meet every target, by Erlang C."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callcenter.erlang.array_types import Bools, Floats, Ints
from callcenter.erlang.errors import BadFigure, SearchEnded
from callcenter.erlang.figures import MAX_AGENTS, above_zero, at_least_zero, goal_at_least, goal_at_most, together
from callcenter.erlang.loss import blocking
from callcenter.erlang.square_root import beta_for_asa, beta_where

_STEPS = 20_000
"""The guess is a few agents off; a walk this long means that it is not."""
_HAIR = 1e-12
"""9.35 / 11 is 0.85 to a person, not to a float."""
_OPEN: Floats = np.array(np.inf)
_ANY: Floats = np.array(1.0)


@dataclass(frozen=True, slots=True)
class _Goals:
    """What the staff must meet, as flat arrays. None is a goal not asked for."""

    load: Floats
    aht: Floats
    level: Floats | None
    within: Floats
    asa: Floats | None
    waits: Floats | None

    def rows(self, keep: Ints) -> "_Goals":
        level, asa, waits = (None if x is None else x[keep] for x in (self.level, self.asa, self.waits))
        return _Goals(self.load[keep], self.aht[keep], level, self.within[keep], asa, waits)

    def met(self, n: Floats, lost: Floats) -> Bools:
        """Return where `n` agents, above the load, meet every goal; `lost` is their Erlang B."""
        spare = n - self.load
        late = n * lost / (spare + self.load * lost)  # Erlang C
        met = np.ones(n.shape, dtype=np.bool_)
        if self.waits is not None:
            met &= late <= self.waits
        if self.asa is not None:
            met &= late * self.aht <= self.asa * spare
        if self.level is not None:
            met &= 1.0 - late * np.exp(-spare * self.within / self.aht) >= self.level
        return met

    def guess(self) -> Floats:
        """Return agents by the square-root rule, for the hardest goal."""
        root = np.sqrt(self.load)
        beta = np.zeros_like(root)
        if self.level is not None:
            beta = beta_where(-np.log1p(-self.level), root * self.within / self.aht)
        if self.waits is not None:
            beta = np.maximum(beta, beta_where(-np.log(self.waits), 0.0))
        if self.asa is not None:
            beta = np.maximum(beta, beta_for_asa(np.log(self.aht / (self.asa * root))))
        return np.asarray(self.load + beta * root)


def _walk(goals: _Goals, start: Floats, floor: Floats) -> Floats:
    """Return the fewest agents from `floor` that meet the goals: from `start`, by Erlang B's recurrence."""
    lost = blocking(start, goals.load)
    met = goals.met(start, lost)
    answer = start.copy()
    # Down from where all is met.
    at = np.flatnonzero(met & (start > floor))
    here, n, b = goals.rows(at), start[at], lost[at]
    for _ in range(_STEPS):
        if not at.size:
            break
        b = n * b / (here.load * (1.0 - b))
        n = n - 1.0
        still = here.met(n, b)
        answer[at[still]] = n[still]
        go = np.flatnonzero(still & (n > floor[at]))
        at, n, b, here = at[go], n[go], b[go], here.rows(go)
    # Up from where something is not.
    at = np.flatnonzero(~met)
    here, n, b = goals.rows(at), start[at], lost[at]
    for _ in range(_STEPS):
        if not at.size:
            break
        n = n + 1.0
        b = here.load * b / (n + here.load * b)
        done = here.met(n, b)
        answer[at[done]] = n[done]
        go = np.flatnonzero(~done)
        at, n, b, here = at[go], n[go], b[go], here.rows(go)
    if at.size:
        raise SearchEnded("steps", _STEPS)
    return answer


def staff_erlang_c(
    *,
    load_erl: npt.ArrayLike,
    aht_s: npt.ArrayLike = 1.0,
    service_level: npt.ArrayLike | None = None,
    within_s: npt.ArrayLike | None = None,
    max_asa_s: npt.ArrayLike | None = None,
    max_p_wait: npt.ArrayLike | None = None,
    max_occupancy: npt.ArrayLike | None = None,
) -> Ints:
    """Return the fewest agents that meet every target given, interval by interval (Erlang C).

    Assumes what `erlang_c` assumes. The answer is always more than the load: less has no steady state.
    Every figure improves with each agent, so one agent fewer misses some target (or is not above the load).

    Args:
        load_erl: Offered load, erlangs, from 0, any shape.
        aht_s: Mean handling time, seconds, above 0.
        service_level: Share of calls to answer within `within_s`, from 0 to less than 1.
        within_s: The limit of the service level, seconds, from 0.
        max_asa_s: Mean wait allowed, seconds, above 0.
        max_p_wait: Share of calls that may wait at all, above 0, at most 1.
        max_occupancy: Share of the agents' time on calls allowed, above 0, at most 1.

    Returns:
        Agents, count, broadcast shape; 0 where there is no load.

    Raises:
        BadFigure: No target given, a service level without limit, a target nobody can reach (1.0), a
            figure outside its range.
        SearchEnded: More than MAX_AGENTS would be needed.

    Source: starts from the Halfin-Whitt rule, then walks with Erlang B's recurrence; exact, and the
    work does not grow with the load.

    >>> staff_erlang_c(load_erl=[10, 0, 48], aht_s=180, service_level=0.8, within_s=20)
    array([14,  0, 54])
    """
    given = (service_level, max_asa_s, max_p_wait, max_occupancy)
    if all(target is None for target in given):
        raise BadFigure("targets", None, "give one of service_level, max_asa_s, max_p_wait, max_occupancy")
    if service_level is not None and within_s is None:
        raise BadFigure("within_s", None, "a service level needs its limit")
    load, aht, level, within, asa, waits, occupancy = together(
        load_erl=at_least_zero("load_erl", load_erl),
        aht_s=above_zero("aht_s", aht_s),
        service_level=goal_at_least("service_level", 0.0 if service_level is None else service_level),
        within_s=at_least_zero("within_s", 0.0 if within_s is None else within_s),
        max_asa_s=_OPEN if max_asa_s is None else above_zero("max_asa_s", max_asa_s, infinite=True),
        max_p_wait=_ANY if max_p_wait is None else goal_at_most("max_p_wait", max_p_wait),
        max_occupancy=_ANY if max_occupancy is None else goal_at_most("max_occupancy", max_occupancy),
    )
    calls = np.flatnonzero(load.ravel() > 0)
    a, cap = load.ravel()[calls], occupancy.ravel()[calls]
    goals = _Goals(
        a,
        aht.ravel()[calls],
        None if service_level is None else level.ravel()[calls],
        within.ravel()[calls],
        None if max_asa_s is None else asa.ravel()[calls],
        None if max_p_wait is None else waits.ravel()[calls],
    )
    floor = np.maximum(np.floor(a) + 1.0, np.ceil(a / cap * (1.0 - _HAIR)))
    with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
        start = np.maximum(floor, np.ceil(goals.guess()))
        if not np.all(start <= MAX_AGENTS):
            raise SearchEnded("agents", MAX_AGENTS)
        found = _walk(goals, start, floor)
    agents = np.zeros(load.size, dtype=np.int64)
    agents[calls] = found.astype(np.int64)
    return agents.reshape(load.shape)


def with_shrinkage(agents: npt.ArrayLike, shrinkage: npt.ArrayLike) -> Ints:
    """Return how many must be rostered so that `agents` are there.

    Args:
        agents: Agents needed, count, from 0, any shape (need not be whole).
        shrinkage: Share of rostered time that is not there and not in the roster, from 0 to less than 1.

    Returns:
        Agents to roster, count, broadcast shape. A float's last digit does not add one: 14 ÷ 0.7 is 20.

    Raises:
        BadFigure: A negative number of agents, a shrinkage outside its range.

    Source: agents ÷ (1 - shrinkage), rounded up.

    >>> with_shrinkage([14, 15], 0.3)
    array([20, 22])
    """
    needed, gone = together(agents=at_least_zero("agents", agents), shrinkage=goal_at_least("shrinkage", shrinkage))
    return np.ceil(needed / (1.0 - gone) * (1.0 - _HAIR)).astype(np.int64)
