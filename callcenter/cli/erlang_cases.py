"""One case of an Erlang formula: its columns read from texts, and its answer as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import numpy as np

from callcenter.config.words import duration_s, share, shown
from callcenter.erlang.array_types import Floats
from callcenter.erlang.models import MODELS, fewest, figures
from callcenter.erlang.staffing import with_shrinkage
from callcenter.errors import BadInput
from callcenter.language.said import said, text_of

Answer = dict[str, Any]
"""Figures by name; None where one is infinite or undefined, a list where there are tiers."""
COLUMN_OF: Final = {
    "interval_s": "interval", "aht_s": "aht", "within_s": "within", "patience_s": "patience", "load_erl": "calls",
    "servers": "agents", "waiting_places": "places", "redial_s": "redial",
}  # fmt: skip
"""Names of the formulas' arguments → names of the options and columns."""
_NUMBERS: Final = frozenset({"calls", "agents", "places"})
_SHARES: Final = frozenset({"target", "occupancy", "lost", "redial_share", "shrinkage"})
_BY_TIER: Final = frozenset({"calls", "within", "patience", "target", "asa", "lost"})


@dataclass(frozen=True, slots=True)
class Case:
    """A case as numbers; `agents` is not among the columns where it is asked for."""

    columns: dict[str, list[float]]
    goals: dict[str, list[float]]
    goal_texts: dict[str, str]
    shrinkage: float | None = None

    @property
    def asked(self) -> bool:
        """Whether the question is how many agents."""
        return "agents" not in self.columns


def read_case(
    name: str, given: Mapping[str, str | None], goals: Mapping[str, str], shrinkage: str | None, *, bare: bool = False
) -> Case:
    """Return a case from its texts.

    Args:
        name: Of the model.
        given: Its columns; None is not said.
        goals: What is asked for.
        shrinkage: Share of the roster that is away; None: not asked.
        bare: Times may be plain seconds, as in a table.

    Raises:
        BadInput: something is missing or cannot be read; the option is named.
    """
    model = MODELS[name]
    if goals and given.get("agents") is not None:
        raise BadInput(
            "--agents and --{goals}: either say how many there are, or what they must reach", goals=next(iter(goals))
        )
    columns = {}
    for column in model.columns:
        text = given.get(column)
        if text is None and column == "agents" and goals:
            continue
        if text is None and column in model.defaults:
            columns[column] = [model.defaults[column]]
            continue
        if text is None:
            raise BadInput("--{column} is missing: see callcenter erlang {name} --help", column=column, name=name)
        columns[column] = _values(model.by_tier, column, text, bare=bare)
    wished = {goal: _values(model.by_tier, goal, text, bare=bare) for goal, text in goals.items()}
    sizes = {len(value) for value in (*columns.values(), *wished.values()) if len(value) > 1}
    if model.by_tier and (len(sizes) > 1 or (sizes and len(columns["calls"]) == 1)):
        raise BadInput(
            "--calls has {n} tiers: give one figure for all, or one for each of them", n=len(columns["calls"])
        )
    away = None if shrinkage is None else _value("shrinkage", shrinkage, bare=bare)
    return Case(columns, wished, dict(goals), away)


def _values(by_tier: bool, column: str, text: str, *, bare: bool) -> list[float]:
    parts = text.replace(",", " ").split() if by_tier and column in _BY_TIER else [text]
    return [_value(column, part, bare=bare) for part in parts or [""]]


def _value(column: str, text: str, *, bare: bool) -> float:
    """Return a count, a share, or a time in seconds; `bare` times are seconds."""
    text = text.strip()
    if column == "patience" and text in {"never", "inf"}:
        return inf
    option = f"--{column.replace('_', '-')}"
    try:
        if column in _SHARES:
            return share(float(text) if not text.endswith("%") else text)
        if column in _NUMBERS or (bare and text[-1:].isdigit()):
            return float(text)
    except ValueError as error:
        if column == "target" and "/" in text:
            level, _, limit = text.partition("/")
            raise BadInput(
                "--target {text}: write --target {level}% --within {limit}s", text=text, level=level, limit=limit
            ) from None
        told = "write a share" in str(error)
        wrong = text_of(error) if told else said("is not a number ({text})", text=shown(text))
        raise BadInput("{option} {wrong}", option=option, wrong=wrong) from None
    try:
        return duration_s(int(text) if text.isdigit() else text)
    except ValueError as error:
        raise BadInput("{option} {error}", option=option, error=text_of(error)) from None


def answered(name: str, cases: Sequence[Case]) -> list[Answer]:
    """Return the figures of every case (all of one shape), and the fewest agents where they are asked for.

    Raises:
        BadFigure: A figure no formula can start from.
    """
    if not cases:
        return []
    columns = {key: _stacked(name, key, [case.columns[key] for case in cases]) for key in cases[0].columns}
    goals = {key: _stacked(name, key, [case.goals[key] for case in cases]) for key in cases[0].goals}
    if not cases[0].asked:
        return _rows(figures(name, columns), len(cases))
    agents = fewest(name, columns, goals)
    found = _rows(figures(name, columns | {"agents": agents}), len(cases))
    answers: list[Answer] = []
    for n, (case, row) in enumerate(zip(cases, found, strict=True)):
        heads = int(agents[n])
        answer: Answer = {"agents": heads} | row
        if case.shrinkage is not None:
            answer = {"agents": heads, "rostered": int(with_shrinkage(heads, case.shrinkage))} | row
        less = {key: value[n : n + 1] for key, value in columns.items()}
        least = 1 if name in {"x", "tiers", "retrial"} else 0
        fewer = None
        if heads > least:
            fewer = _rows(figures(name, less | {"agents": np.array([heads - 1.0])}), 1)[0]
        answers.append(answer | {"one_fewer": fewer})
    return answers


def _stacked(name: str, key: str, values: Sequence[list[float]]) -> Floats:
    if MODELS[name].by_tier and (key in _BY_TIER):
        return np.array(values, np.float64)
    return np.array([value[0] for value in values], np.float64)


def _rows(found: Mapping[str, Floats], count: int) -> list[Answer]:
    return [{key: _plain(np.asarray(column)[n].tolist()) for key, column in found.items()} for n in range(count)]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, bool):
        return value
    return float(value) if np.isfinite(value) else None
