"""Every formula by one letter or word, from the same columns; and the fewest agents with which each meets its goals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

import numpy as np

from callcenter.erlang.abandonment import erlang_a
from callcenter.erlang.array_types import Bools, Floats
from callcenter.erlang.delay import erlang_c
from callcenter.erlang.errors import BadFigure, SearchEnded
from callcenter.erlang.figures import MAX_AGENTS, Figures, goal_at_least, goal_at_most, offered_erl
from callcenter.erlang.finite import finite_queue
from callcenter.erlang.loss import erlang_b
from callcenter.erlang.priority import tier_waits
from callcenter.erlang.retrial import redial_when_lost
from callcenter.erlang.retrial_queue import retrial_queue
from callcenter.erlang.tier_abandonment import tier_losses
from callcenter.language.said import said

Case = Mapping[str, Floats]
"""Columns of cases, shape (m,), or (m, tiers) where tiers differ: calls, interval, aht, agents, within, patience,
places, redial (seconds between attempts), redial_share (who try again). Times in seconds."""
Found = dict[str, Floats]
SERVICE: Final = ("p_wait", "service_level", "asa_s", "mean_queue", "occupancy")
LEVELS: Final = (
    "p_served_within_t", "p_wait_le_t_given_served", "sl_excl_abandoned_within_t", "p_virtual_wait_le_t", "p_wait_le_t",
)  # fmt: skip
"""The five service levels of callers who may hang up."""
WAITS: Final = ("mean_wait_all", "mean_wait_served", "mean_wait_abandoned")


@dataclass(frozen=True, slots=True)
class Model:
    """A formula: what it starts from, what it gives, and which figures its goals are about."""

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    figures: Callable[[Case, Floats], Found]
    """From a case and its offered load."""
    level: str
    """What `target` asks for."""
    asa: str = ""
    lost: tuple[str, ...] = ()
    """Shares that do not get through: together they are what `lost` caps."""
    by_tier: bool = False
    defaults: Mapping[str, float] = field(default_factory=dict)
    """Of columns that may be left out."""


def _taken(found: Figures, keys: tuple[str, ...], **more: Floats) -> Found:
    return {key: more[key] if key in more else np.asarray(getattr(found, key)) for key in keys}


_B: Final = ("blocking_probability", "p_served", "occupancy", "stable")
_C: Final = (*SERVICE, "stable")
_A: Final = (*SERVICE, "p_abandon", *LEVELS, *WAITS, "stable")
_X: Final = (
    "p_no_wait", "p_wait", "p_block", "p_abandon", "service_level", *LEVELS, "p_wait_le_t_given_abandoned", "asa_s",
    *WAITS, "mean_queue", "mean_in_system", "occupancy", "load_with_redials_erlangs", "stable",
)  # fmt: skip
_TIERS: Final = (
    "p_wait", "service_level", "asa_s", "p_abandon", "p_wait_le_t_given_served", *WAITS, "mean_queue", "occupancy",
    "stable",
)  # fmt: skip
_RETRIAL: Final = (
    "p_no_wait", "p_wait", "p_lost", "mean_orbit", "mean_wait_all", "attempts", "occupancy", "stable",
)  # fmt: skip


def _b(case: Case, load: Floats) -> Found:
    n = case["agents"]
    blocked = np.asarray(erlang_b(load_erl=load, servers=n))
    busy = np.divide(load * (1 - blocked), n, out=np.zeros_like(load), where=n > 0)
    return {
        "blocking_probability": blocked,
        "p_served": 1.0 - blocked,
        "occupancy": np.minimum(busy, 1.0),
        "stable": np.ones(load.shape, np.bool_),
    }


def _c(case: Case, load: Floats) -> Found:
    found = erlang_c(load_erl=load, agents=case["agents"], aht_s=case["aht"], within_s=case["within"])
    return _taken(found, _C)


def _a(case: Case, load: Floats) -> Found:
    found = erlang_a(
        load_erl=load, agents=case["agents"], aht_s=case["aht"], within_s=case["within"], patience_s=case["patience"]
    )
    return _taken(found, _A)


def _x(case: Case, load: Floats) -> Found:
    given = {"agents": case["agents"], "waiting_places": case["places"], "patience_s": case["patience"]}
    total = redial_when_lost(load_erl=load, redial_share=case["redial_share"], aht_s=case["aht"], **given)
    sure = np.isfinite(total)
    finite = np.where(sure, total, 0.0)
    found = finite_queue(load_erl=finite, aht_s=case["aht"], within_s=case["within"], **given)
    more: Found = {
        "service_level": found.p_served_within_t,
        "asa_s": found.mean_wait_served,
        "load_with_redials_erlangs": total,
        "stable": np.asarray(sure),
    }
    taken = _taken(found, _X, **more)
    keep = {"load_with_redials_erlangs", "stable"}
    return {key: value if key in keep else np.where(sure, value, np.nan) for key, value in taken.items()}


def _tiers(case: Case, load: Floats) -> Found:
    given = {"load_erl": load, "agents": case["agents"], "aht_s": case["aht"], "within_s": case["within"]}
    patience = np.broadcast_to(case["patience"], load.shape)
    if np.isinf(patience).all():
        calm = tier_waits(**given)
        none, unknown = np.zeros(load.shape), np.full(load.shape, np.nan)
        return _taken(
            calm, _TIERS, asa_s=calm.mean_wait, p_abandon=none, p_wait_le_t_given_served=calm.service_level,
            mean_wait_all=calm.mean_wait, mean_wait_served=calm.mean_wait, mean_wait_abandoned=unknown,
        )  # fmt: skip
    if np.isinf(patience).any():
        raise BadFigure("patience_s", inf, said("must be never for every tier, or for none"))
    found = tier_losses(patience_s=patience, **given)
    return _taken(
        found, _TIERS, service_level=found.p_served_within_t, asa_s=found.mean_wait_served,
        stable=np.ones(load.shape, np.bool_),
    )  # fmt: skip


def _retrial(case: Case, load: Floats) -> Found:
    found = retrial_queue(
        load_erl=load,
        agents=case["agents"],
        redial_s=case["redial"],
        redial_share=case["redial_share"],
        aht_s=case["aht"],
    )
    return _taken(found, _RETRIAL)


_BASE: Final = ("calls", "interval", "aht", "agents")
MODELS: Final[dict[str, Model]] = {
    "b": Model(_BASE, _B, _b, level="p_served", lost=("blocking_probability",)),
    "c": Model((*_BASE, "within"), _C, _c, level="service_level", asa="asa_s"),
    "a": Model((*_BASE, "within", "patience"), _A, _a, level="service_level", asa="asa_s", lost=("p_abandon",)),
    "x": Model(
        (*_BASE, "within", "places", "patience", "redial_share"), _X, _x, level="service_level", asa="asa_s",
        lost=("p_block", "p_abandon"), defaults={"patience": inf, "redial_share": 0.0},
    ),
    "tiers": Model(
        (*_BASE, "within", "patience"), _TIERS, _tiers, level="service_level", asa="asa_s", lost=("p_abandon",),
        by_tier=True, defaults={"patience": inf},
    ),
    "retrial": Model(
        (*_BASE, "redial", "redial_share"), _RETRIAL, _retrial, level="p_no_wait", asa="mean_wait_all",
        lost=("p_lost",), defaults={"redial_share": 1.0},
    ),
}  # fmt: skip
"""b loss, c delay, a abandonment, x bounded places with patience and redials, tiers in strict order, retrial orbit."""
GOALS: Final = ("target", "asa", "occupancy", "lost")
"""Share that is served in time, at least; mean wait of the answered, share of time busy and share lost, at most."""


def figures(name: str, case: Case) -> Found:
    """Return the figures of every case, `offered_load_erlangs` first.

    Args:
        name: Of a model.
        case: Its columns, `agents` included.

    Raises:
        BadFigure: A figure no formula can start from.

    >>> case = {"calls": [100.0], "interval": [1800.0], "aht": [180.0], "agents": [14.0], "within": [20.0]}
    >>> float(figures("c", {key: np.array(value) for key, value in case.items()})["service_level"].round(4)[0])
    0.8884
    """
    model = MODELS[name]
    wide = {key: value[:, None] if model.by_tier and value.ndim == 1 else value for key, value in case.items()}
    load = offered_erl(wide["calls"], interval_s=wide["interval"], aht_s=wide["aht"])
    whole = {"agents": case["agents"], "aht": case["aht"]}  # of the case, never of a tier
    return {"offered_load_erlangs": load} | model.figures({**wide, **whole}, load)


def _met(model: Model, found: Found, goals: Case) -> Bools:
    """Return in which cases every goal holds; a tier's goal in every tier."""
    checks: list[Bools] = []
    if "target" in goals:
        checks.append(found[model.level] >= goals["target"])
    if "asa" in goals:
        checks.append(found[model.asa] <= goals["asa"])
    if "occupancy" in goals:
        checks.append(found["occupancy"] <= goals["occupancy"])
    if "lost" in goals:
        checks.append(sum(found[key] for key in model.lost) <= goals["lost"])
    checks.append(np.asarray(found["stable"], np.bool_))
    together: Bools = np.ones(len(found["occupancy"]), np.bool_)
    for check in checks:
        together &= check.all(axis=-1) if check.ndim > 1 else check
    return together


def fewest(name: str, case: Case, goals: Case) -> Floats:
    """Return the fewest agents with which every goal holds, case by case.

    Args:
        name: Of a model.
        case: Its columns but `agents`.
        goals: Some of `GOALS`, shape (m,) (or (m, tiers) for `target`, `asa` and `lost` of tiers).

    Raises:
        BadFigure: A goal out of range, or one that the model has no figure for.
        SearchEnded: A million agents would not do.

    Every figure of every model improves with each agent; found by doubling and halving.

    >>> case = {"calls": [100.0], "interval": [1800.0], "aht": [180.0], "within": [20.0]}
    >>> fewest("c", {key: np.array(value) for key, value in case.items()}, {"target": np.array([0.8])})
    array([14.])
    """
    model = MODELS[name]
    _check(model, goals)
    size = len(case["calls"])
    calls = case["calls"].sum(axis=-1) if model.by_tier else case["calls"]
    start = offered_erl(calls, interval_s=case["interval"], aht_s=case["aht"])
    least = 0.0 if name in {"b", "c", "a"} else 1.0
    low = np.full(size, least - 1.0)
    high = np.maximum(np.ceil(start), max(least, 1.0))

    def met(agents: Floats, rows: Bools) -> Bools:
        some = {key: value[rows] for key, value in case.items()}
        return _met(model, figures(name, some | {"agents": agents[rows]}), {k: v[rows] for k, v in goals.items()})

    open_yet = np.ones(size, np.bool_)
    while open_yet.any():
        reached = met(high, open_yet)
        rows = np.flatnonzero(open_yet)
        open_yet[rows[reached]] = False
        low[rows[~reached]] = high[rows[~reached]]
        high[rows[~reached]] = np.ceil(high[rows[~reached]] * 1.25 + 1)
        if high.max(initial=0.0) > MAX_AGENTS:
            raise SearchEnded("agents", MAX_AGENTS)
    while (wide := high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reached = met(middle, wide)
        rows = np.flatnonzero(wide)
        high[rows[reached]] = middle[rows[reached]]
        low[rows[~reached]] = middle[rows[~reached]]
    return high


def _check(model: Model, goals: Case) -> None:
    for name, value in goals.items():
        if name == "target":
            goal_at_least(name, value)
        elif name in {"occupancy", "lost"}:
            goal_at_most(name, value)
        if (name == "asa" and not model.asa) or (name == "lost" and not model.lost):
            raise BadFigure(name, value.ravel().tolist()[0], said("this model has no such figure"))
        if name == "asa" and np.any(value <= 0):
            raise BadFigure(name, float(value.min()), said("must be more than 0"))
