"""Fewest or cheapest choices that cover a need: a mixed-integer programme solved by HiGHS.

Columns are what may be chosen (a shift that begins at 09:00), rows what must be covered (a quarter of an hour). The
solver is told to prove its optimum and is stopped after a time limit; what it has then is given with its gap.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from scipy import sparse

from callcenter.errors import BadInput
from sim.model.streams import Floats, Ints
from sim.planning.roster.solver import run

GAP: Final = 1e-6
"""Relative gap at which an optimum counts as proved."""
SHORT: Final = 1e-6
"""Less than this much uncovered is rounding."""
HOW_TO_INSTALL: Final = "pip install 'callcenter[staffing]'"


class Aim(StrEnum):
    """What to make small."""

    COST = "cost"
    """Cover everything at the least cost."""
    MATCH = "match"
    """Come as close to the need as possible, over and under alike, cost aside."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What must be covered, and by what."""

    need: Floats
    """Heads needed, shape (rows,)."""
    covers: sparse.csr_array
    """What one of a column gives to a row, shape (rows, columns)."""
    cost: Floats
    """Of one of each column."""
    weight: Floats | None = None
    """How much a row weighs when it is not covered (its length); None: all alike."""
    most: Floats | None = None
    """At most so many of each column (infinite: any number)."""
    together: tuple[tuple[tuple[int, ...], float], ...] = ()
    """(columns, at most so many of them together)."""
    most_at_once: float | None = None
    """At most so many in any row."""


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What to choose, and how good that is."""

    chosen: Ints
    """How many of each column."""
    given: Floats
    """Heads in each row."""
    cost: float
    value: float
    """What was made small: the cost, or the distance from the need."""
    bound: float
    """Nothing can be below this (for the same cover)."""
    optimal: bool
    """Proved: no other choice is better."""
    under: Floats
    """Heads missing in each row."""
    over: Floats
    """Heads too many in each row."""
    seconds_limit: float
    hit_limit: bool

    @property
    def gap(self) -> float:
        """Return how far at most the value is above the best possible one, relative to it."""
        return max(0.0, self.value - self.bound) / max(abs(self.value), 1e-9)


class NothingFound(BadInput):
    """The time limit came before any plan."""

    code = "nothing_found"


def cover(problem: Problem, *, aim: Aim = Aim.COST, time_limit_s: float = 30.0) -> Cover:
    """Return the best choice; where not everything can be covered, the one that leaves least uncovered.

    Args:
        problem: The need and what may cover it; every bound keeps the programme finite.
        aim: What to make small.
        time_limit_s: Wall-clock seconds for each of at most three runs of the solver, above 0.

    Raises:
        BadInput: HiGHS is not installed; shapes or figures that are no problem.
        NothingFound: The limit came before the first plan.

    >>> need = np.array([5.0, 3.0])      # billing, technical; F can do both, at one and a half times the cost
    >>> skills = sparse.csr_array(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))
    >>> best = cover(Problem(need, skills, np.array([1.0, 1.0, 1.5])))
    >>> best.cost, best.optimal
    (6.5, True)
    """
    _check(problem, time_limit_s)
    if aim is Aim.MATCH:
        return _judge(problem, _solve(problem, _Goal(match=True), time_limit_s), time_limit_s, match=True)
    whole = _solve(problem, _Goal(), time_limit_s)
    if whole is not None:
        return _judge(problem, whole, time_limit_s)
    least = _solve(problem, _Goal(missing_allowed=True), time_limit_s)
    if least is None:
        raise NothingFound(
            "no plan was found within {time_limit_s:g} s: give more time (--time-limit)", time_limit_s=time_limit_s
        )
    # Cheapest among those that leave no more uncovered.
    missing = float((_weights(problem) * _under(problem, least.chosen)).sum())
    cheap = _solve(problem, _Goal(missing_allowed=True, missing_most=missing + SHORT), time_limit_s)
    if cheap is None:
        return _judge(problem, replace(least, bound=0.0, optimal=False), time_limit_s)
    return _judge(problem, replace(cheap, optimal=cheap.optimal and least.optimal), time_limit_s)


@dataclass(frozen=True, slots=True)
class _Goal:
    """Which programme: whole cover, least uncovered, or cheapest with so much uncovered; or closest to the need."""

    missing_allowed: bool = False
    missing_most: float | None = None
    match: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    chosen: Ints
    value: float
    bound: float
    optimal: bool


def _check(problem: Problem, time_limit_s: float) -> None:
    rows, columns = problem.covers.shape
    if problem.need.shape != (rows,) or problem.cost.shape != (columns,):
        raise BadInput(
            "{rows} rows and {columns} columns do not fit {shape} and {shape_2}",
            rows=rows,
            columns=columns,
            shape=problem.need.shape,
            shape_2=problem.cost.shape,
        )
    if not np.all(np.isfinite(problem.need)) or np.any(problem.need < 0):
        raise BadInput("a need must be a number from 0 up")
    if not np.all(np.isfinite(problem.cost)) or np.any(problem.cost < 0):
        raise BadInput("a cost must be a number from 0 up")
    if not 0 < time_limit_s < np.inf:
        raise BadInput(
            "a time limit of {time_limit_s:g} s is not possible: give more than 0 s", time_limit_s=time_limit_s
        )
    check_solver()


def check_solver() -> None:
    """Refuse to go on where HiGHS is not installed."""
    if find_spec("highspy") is None:
        raise BadInput("the solver HiGHS is not installed: {how_to_install}", how_to_install=HOW_TO_INSTALL)


def _weights(problem: Problem) -> Floats:
    return np.ones(len(problem.need)) if problem.weight is None else problem.weight


def _under(problem: Problem, chosen: Ints) -> Floats:
    return np.asarray(np.maximum(problem.need - problem.covers @ chosen, 0.0))


def _solve(problem: Problem, goal: _Goal, time_limit_s: float) -> _Answer | None:
    """Return what the solver finds; None where there is nothing to find (or nothing was found in time)."""
    import highspy

    rows, columns = problem.covers.shape
    slack = rows if goal.missing_allowed or goal.match else 0
    surplus = rows if goal.match else 0
    weights = _weights(problem)
    matrix: list[sparse.csr_array] = []
    low: list[Floats] = []
    high: list[Floats] = []

    def add(block: sparse.csr_array, least: Floats, most: Floats) -> None:
        matrix.append(block)
        low.append(least)
        high.append(most)

    eye = sparse.eye_array(rows, format="csr")
    parts = [problem.covers, *([eye] if slack else []), *([-eye] if surplus else [])]
    upper = problem.need if goal.match else np.full(rows, np.inf)
    add(sparse.csr_array(sparse.hstack(parts)), problem.need, upper)
    pad = sparse.csr_array((rows, slack + surplus))
    if problem.most_at_once is not None:
        most = np.full(rows, problem.most_at_once)
        add(sparse.csr_array(sparse.hstack([problem.covers, pad])), np.zeros(rows), most)
    for members, most_of in problem.together:
        line = np.zeros(columns + slack + surplus)
        line[list(members)] = 1.0
        add(sparse.csr_array(line[None, :]), np.zeros(1), np.array([most_of]))
    if goal.missing_most is not None:
        line = np.concatenate([np.zeros(columns), weights])
        add(sparse.csr_array(line[None, :]), np.zeros(1), np.array([goal.missing_most]))
    cost = np.concatenate([problem.cost, np.zeros(slack + surplus)])
    if goal.match:
        cost = np.concatenate([np.zeros(columns), weights, weights])
    elif goal.missing_allowed and goal.missing_most is None:
        cost = np.concatenate([np.zeros(columns), weights])
    bounds = np.concatenate([_most(problem), np.full(slack, np.inf), np.full(surplus, np.inf)])
    if slack and not goal.match:
        bounds[columns:] = problem.need
    whole = np.concatenate([np.ones(columns), np.zeros(slack + surplus)])
    answer = _run(highspy, (cost, bounds, whole), (sparse.csr_array(sparse.vstack(matrix)), low, high), time_limit_s)
    if answer is None:
        return None
    return _Answer(answer.chosen[:columns], answer.value, answer.bound, answer.optimal)


def _most(problem: Problem) -> Floats:
    """Return an upper bound for each column: its own, or what covers the whole need alone."""
    top = float(problem.need.max(initial=0.0))
    return np.full(len(problem.cost), np.ceil(top)) if problem.most is None else np.minimum(problem.most, np.ceil(top))


def _run(
    highspy: Any,
    columns: tuple[Floats, Floats, Floats],
    rows: tuple[sparse.csr_array, list[Floats], list[Floats]],
    time_limit_s: float,
) -> _Answer | None:
    cost, bounds, whole = columns
    matrix, low, high = rows
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", float(time_limit_s))
    solver.setOptionValue("mip_rel_gap", GAP)
    solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("threads", 1)  # the same plan on every machine
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(cost), matrix.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, np.zeros(len(cost)), bounds
    model.row_lower_, model.row_upper_ = np.concatenate(low), np.concatenate(high)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data.astype(np.float64)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[int(w)] for w in whole]
    solver.passModel(model)
    run(solver)
    status, info = solver.getModelStatus(), solver.getInfo()
    found = info.primal_solution_status == 2  # a feasible plan
    if not found:
        return None
    values = np.array(solver.getSolution().col_value)
    done = status == highspy.HighsModelStatus.kOptimal
    value = float(info.objective_function_value)
    bound = value if done else float(info.mip_dual_bound)
    return _Answer(np.round(values).astype(np.int64), value, bound, done)


def _judge(problem: Problem, answer: _Answer | None, time_limit_s: float, *, match: bool = False) -> Cover:
    if answer is None:
        raise NothingFound(
            "no plan was found within {time_limit_s:g} s: give more time (--time-limit)", time_limit_s=time_limit_s
        )
    given = problem.covers @ answer.chosen
    spare = given - problem.need
    cost = float(problem.cost @ answer.chosen)
    weights = _weights(problem)
    value = float((weights * np.abs(spare)).sum()) if match else cost
    under = np.where(spare < -SHORT, -spare, 0.0)
    over = np.where(spare > SHORT, spare, 0.0)
    bound = min(answer.bound, value)
    return Cover(
        answer.chosen, np.asarray(given), cost, value, bound, answer.optimal, under, over, time_limit_s,
        not answer.optimal,
    )  # fmt: skip
