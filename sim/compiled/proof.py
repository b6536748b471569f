"""The proof, call by call: one day lived under SimPy and under the compiled path, and the first difference."""

from dataclasses import fields
from itertools import zip_longest
from typing import Final, NamedTuple

import numpy as np

from callcenter.lifecycle.measures import TaskRecord
from callcenter.scenario import Scenario
from sim.compiled.day import CompiledDay
from sim.compiled.outcome import calls_of, lived_of, tasks_of
from sim.results.call_table import COLUMNS, CallTable, cells, under_simpy
from sim.results.figures import Figures, figures, figures_of, with_records
from sim.run.driver import Day

Line = dict[str, object]
_OF_TASKS: Final = [field for field in TaskRecord.__slots__ if field not in {"since", "doing", "cost"}]
"""All but what a task is at while it is open."""


class Proof(NamedTuple):
    """What a day came to under SimPy, and where the compiled path came to something else."""

    figures: Figures
    """With its records."""
    calls: int
    """Segments compared."""
    difference: str | None
    """The first difference; None: there is none."""


def lived_twice(scenario: Scenario, replication: int) -> Proof:
    """Live a day under both engines and compare every call, then every figure to the last bit.

    Raises:
        CannotTell: the day came to something that is not compiled.
    """
    ours = CompiledDay(scenario, replication, keeps_rows=True, keeps_calls=True).run()
    theirs = Day(scenario, replication, keep_records=True).run()
    told, table, tasks = figures(theirs), under_simpy(theirs), theirs.apart.tasks
    where = f"day {replication + 1}: "
    difference = (
        _first_unequal(lines(table), lines(calls_of(ours)), where)
        or _first_unequal(_promises(tasks), _promises(tasks_of(ours)), where)
        or _unlike(theirs, ours, told, where)
    )
    return Proof(with_records(told, theirs.measured_from, theirs.measured_until, table, tasks), len(table), difference)


def lines(table: CallTable) -> list[Line]:
    """Return what became of every segment: what `calls.csv` tells of it."""
    return [dict(zip(COLUMNS, line, strict=True)) for line in zip(*cells(table), strict=True)]


def _promises(tasks: list[TaskRecord]) -> list[Line]:
    return [{field: getattr(task, field) for field in _OF_TASKS} for task in tasks]


def _first_unequal(theirs: list[Line], ours: list[Line], where: str) -> str | None:
    for one, other in zip_longest(theirs, ours):
        if one != other:
            return f"{where}SimPy has {_shown(one)}, the compiled engine {_shown(other)}"
    return None


def _unlike(theirs: Day, ours: CompiledDay, told: Figures, where: str) -> str | None:
    if theirs.now != ours.now:
        return f"{where}SimPy ends at {theirs.now}, the compiled engine at {ours.now}"
    wrong = unequal(told, ours.figures()) or unequal(told, figures_of(lived_of(ours)))
    return f"{where}the figures differ in {', '.join(wrong)}" if wrong else None


def unequal(one: Figures, other: Figures) -> list[str]:
    """Return the names of the figures in which two differ, to the last bit."""
    return [field.name for field in fields(Figures) if not _same(getattr(one, field.name), getattr(other, field.name))]


def _same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def _shown(line: Line | None) -> str:
    return "no such one" if line is None else ", ".join(f"{k} {v}" for k, v in line.items() if v is not None)
