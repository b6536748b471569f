"""Many replications, in this process or several; what comes out does not depend on how many there were."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from callcenter.scenario import Scenario
from sim.experiment.engines import Choice, Engine, EnginesDiffer, choose
from sim.experiment.progress import Progress, tell_nobody
from sim.experiment.workers import Replications
from sim.model.controls import controls
from sim.model.demand import arrivals
from sim.model.people import FirstAttempts, check_people
from sim.model.streams import Chance
from sim.results.call_table import under_simpy
from sim.results.controlled import ratio
from sim.results.estimates import replications_wanted
from sim.results.figures import Figures, Lived, figures, interval_starts, lived_of, with_records
from sim.results.replication_figures import ReplicationFigures
from sim.results.result import judged, shares_of
from sim.results.trust import fewest
from sim.run.driver import Day

if TYPE_CHECKING:
    from sim.compiled.day import CompiledDay

MOST: Final = 10_000
"""Replications at most, when a precision is asked for."""


@dataclass(frozen=True, slots=True)
class Run:
    """All replications of a scenario, in order of their number."""

    scenario: Scenario
    figures: tuple[Figures, ...]
    starts: tuple[int, ...]
    """Instants at which the intervals of the measured stretch begin, UTC ms."""
    choice: Choice = Choice(Engine.SIMPY)
    """The engine that was chosen, and why not the compiled one."""

    @property
    def fell_back(self) -> int:
        """Replications that came to something which the compiled engine does not tell: SimPy lived them."""
        return sum(day.fell_back for day in self.figures)

    @property
    def engine(self) -> str:
        """What lived through the days."""
        if not self.fell_back:
            return str(self.choice.engine)
        return str(Engine.SIMPY) if self.fell_back == len(self.figures) else "compiled and simpy"


def one(
    scenario: Scenario,
    replication: int,
    *,
    keep_records: bool = False,
    controlled: bool = False,
    engine: Engine = Engine.SIMPY,
) -> Figures:
    """Live through one replication and return its figures: the same ones under either engine.

    Args:
        scenario: What to live.
        replication: Which of its replications, from 0.
        keep_records: Whether its calls are asked for too.
        controlled: Whether it tells what its callers happened to be (`sim.model.controls`).
        engine: What lives it.

    What a compiled day cannot tell, SimPy tells.

    Cyclic garbage collection waits until the end: nothing in a day is cyclic for long, and looking for cycles
    among a million records takes a quarter of the time.
    """
    by_compiled = engine is Engine.COMPILED
    if by_compiled:
        lived = _compiled(scenario, replication, keeps_calls=keep_records)
        if lived is not None:
            return _told(lived, keep_records, controlled)
    with no_collection():
        day = Day(scenario, replication, keep_records=keep_records).run()
        found = replace(figures(day), fell_back=by_compiled)
        if keep_records:
            found = with_records(found, day.measured_from, day.measured_until, under_simpy(day), day.apart.tasks)
        if controlled:
            found.controls = controls(scenario, day.callers.first)
        day.forget()
        return found


def _told(day: "CompiledDay", keep_records: bool, controlled: bool) -> Figures:
    from sim.compiled.outcome import calls_of, tasks_of

    found = day.figures()
    if keep_records:
        found = with_records(found, day.measured_from, day.measured_until, calls_of(day), tasks_of(day))
    if controlled:
        found.controls = controls(day.scenario, day.callers)
    return found


def lived(scenario: Scenario, replication: int, *, engine: Engine = Engine.SIMPY) -> Lived:
    """Live through one replication and return what it leaves, call by call: the same under either engine."""
    if engine is Engine.COMPILED:
        from sim.compiled.outcome import lived_of as left_by

        day = _compiled(scenario, replication, keeps_rows=True)
        if day is not None:
            return left_by(day)
    with no_collection():
        whole = Day(scenario, replication).run()
        left = lived_of(whole)
        whole.forget()
        return left


def _compiled(
    scenario: Scenario, replication: int, *, keeps_rows: bool = False, keeps_calls: bool = False
) -> "CompiledDay | None":
    """Return a compiled day that has been lived, or None where it came to something that is not compiled."""
    from sim.compiled.day import CannotTell, CompiledDay

    try:
        return CompiledDay(scenario, replication, keeps_rows=keeps_rows, keeps_calls=keeps_calls).run()
    except CannotTell:
        return None


@contextmanager
def no_collection() -> Iterator[None]:
    """Let no cycles be looked for meanwhile: nothing in a day is cyclic for long."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def run(
    scenario: Scenario,
    *,
    processes: int | None = None,
    precision: float | None = None,
    most: int = MOST,
    keep_records: bool = False,
    progress: Progress = tell_nobody,
    engine: Engine = Engine.AUTO,
) -> Run:
    """Run `scenario.replications` replications, or as many as the precision asks for, and return them all.

    Args:
        scenario: What to simulate.
        processes: Workers at most (None: one for each core).
        precision: Stop when half the width of every tier's service-level interval (`sl_net`) is at most this, and
            no interval of them is in doubt (`sim.results.trust`); figures are then corrected by control variates.
        most: Replications at most, when a precision is asked for.
        keep_records: Keep the records of the calls of replication 0 (for the files of the report).
        progress: Told after each replication.
        engine: The compiled one where it is there and knows the scenario (`AUTO`), or one by name.
    """
    check_people(scenario)
    choice = choose(scenario, engine)
    wanted = scenario.replications
    cores = processes if processes is not None else os.cpu_count() or 1
    found: dict[int, Figures] = {}
    work = partial(_numbered, scenario, keep_records, precision is not None, choice.engine)
    with Replications(work, cores) as days:
        while True:
            days.do(found, range(wanted), progress)
            if precision is None:
                break
            more = _wanted(scenario, found, precision, most)
            if more <= len(found):
                break
            wanted = more
    starts = starts_of(scenario)
    return Run(replace(scenario, replications=len(found)), tuple(found[n] for n in sorted(found)), starts, choice)


def _numbered(scenario: Scenario, keep_records: bool, controlled: bool, engine: Engine, replication: int) -> Figures:
    keeps = keep_records and replication == 0
    if engine is not Engine.BOTH:
        return one(scenario, replication, keep_records=keeps, controlled=controlled, engine=engine)
    found = _proved(scenario, replication)
    if not keeps:
        found = replace(found, calls=None, task_records=None)
    if controlled:
        callers = FirstAttempts(arrivals(scenario, Chance(scenario.seed, replication)))
        found.controls = controls(scenario, callers)
    return found


def _proved(scenario: Scenario, replication: int) -> Figures:
    """Return the figures of a day that both engines have lived, with the same story of every call.

    Raises:
        EnginesDiffer: they have not.
    """
    from sim.compiled.day import CannotTell
    from sim.compiled.proof import lived_twice

    try:
        proof = lived_twice(scenario, replication)
    except CannotTell:
        raise EnginesDiffer(f"day {replication + 1} came to something that the compiled engine does not know") from None
    if proof.difference is not None:
        raise EnginesDiffer(proof.difference)
    return proof.figures


def starts_of(scenario: Scenario) -> tuple[int, ...]:
    """Return the instants at which the intervals of the measured stretch begin, UTC ms."""
    empty = replace(scenario, streams=(), recorded=(), shifts=(), staffing=())
    return tuple(interval_starts(Day(empty, 0)))


def _wanted(scenario: Scenario, found: dict[int, Figures], precision: float, most: int) -> int:
    """Return how many replications the precision asks for, judged by the service levels that are promised."""
    days = ReplicationFigures([found[n] for n in sorted(found)])
    estimates = [ratio(*shares_of(days, tier), days.controls) for tier in judged(scenario)]
    return replications_wanted(estimates, precision, len(days), most, fewest(scenario, days))
