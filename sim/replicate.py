"""Many replications, in this process or several; what comes out does not depend on how many there were."""

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from callcenter.scenario import Scenario
from sim.driver import Day
from sim.estimates import ratio, replications_wanted
from sim.figures import Figures, figures, interval_starts
from sim.people import check_people
from sim.result import shares_of

WORTH_WORKERS_S: Final = 2.0
"""Starting workers takes about this long: a run shorter than it stays in this process."""
MOST: Final = 10_000
"""Replications at most, when a precision is asked for."""

Progress = Callable[[int, int], None]
"""Told after each replication: how many are done, how many are wanted."""


@dataclass(frozen=True, slots=True)
class Run:
    """All replications of a scenario, in order of their number."""

    scenario: Scenario
    figures: tuple[Figures, ...]
    starts: tuple[int, ...]
    """Instants at which the intervals of the measured stretch begin, UTC ms."""


def one(scenario: Scenario, replication: int, *, keep_records: bool = False) -> Figures:
    """Live through one replication and return its figures.

    Cyclic garbage collection waits until the end: nothing in a day is cyclic for long, and looking for cycles
    among a million records takes a quarter of the time.
    """
    with _no_collection():
        day = Day(scenario, replication, keep_records=keep_records).run()
        found = figures(day, keep_records=keep_records)
        day.forget()
        return found


@contextmanager
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _no_progress(done: int, wanted: int) -> None:
    """Tell nobody."""


def run(
    scenario: Scenario,
    *,
    processes: int | None = None,
    precision: float | None = None,
    keep_records: bool = False,
    progress: Progress = _no_progress,
) -> Run:
    """Run `scenario.replications` replications, or as many as the precision asks for, and return them all.

    Args:
        scenario: What to simulate.
        processes: Workers at most (None: one for each core).
        precision: Stop when half the width of every tier's service-level interval (`sl_net`) is at most this.
        keep_records: Keep the records of the calls of replication 0 (for the files of the report).
        progress: Told after each replication.
    """
    check_people(scenario)
    wanted = scenario.replications
    begun = time.perf_counter()  # noqa: TID251  # decides whether workers pay, never what comes out
    found = {0: one(scenario, 0, keep_records=keep_records)}
    each = time.perf_counter() - begun  # noqa: TID251
    progress(1, wanted)
    cores = processes if processes is not None else os.cpu_count() or 1
    with _Workers(scenario, cores, each) as workers:
        while True:
            workers.do(found, wanted, progress)
            if precision is None:
                break
            more = _wanted(scenario, found, precision)
            if more <= len(found):
                break
            wanted = more
    starts = _starts(scenario)
    return Run(replace(scenario, replications=len(found)), tuple(found[n] for n in sorted(found)), starts)


def _starts(scenario: Scenario) -> tuple[int, ...]:
    empty = replace(scenario, streams=(), recorded=(), shifts=(), staffing=())
    return tuple(interval_starts(Day(empty, 0)))


def _wanted(scenario: Scenario, found: dict[int, Figures], precision: float) -> int:
    """Return how many replications the precision asks for, judged by the service levels that are promised."""
    days = [found[n] for n in sorted(found)]
    tiers = scenario.centre.tiers
    # A rare tier without a promise must not drive the number of days.
    judged = [n for n, tier in enumerate(tiers) if tier.target is not None] or range(len(tiers))
    shares = [shares_of(days, n) for n in judged]
    estimates = [ratio(above, below) for above, below in shares]
    return replications_wanted(estimates, precision, len(days), MOST)


class _Workers:
    """Worker processes, started only when there is enough to do for them."""

    def __init__(self, scenario: Scenario, cores: int, each_s: float) -> None:
        self._scenario = scenario
        self._cores = cores
        self._each_s = each_s
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        if self._pool is None:
            return
        if kind is not None:  # stopped: do not wait for what nobody will read
            for process in list((self._pool._processes or {}).values()):
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def do(self, found: dict[int, Figures], wanted: int, progress: Progress) -> None:
        """Add the missing replications up to `wanted` to `found`."""
        missing = [n for n in range(wanted) if n not in found]
        if self._cores <= 1 or len(missing) * self._each_s < WORTH_WORKERS_S:
            for n in missing:
                found[n] = one(self._scenario, n)
                progress(len(found), wanted)
            return
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["sim.replicate"])
            self._pool = ProcessPoolExecutor(
                min(self._cores, len(missing)), context, initializer=_begin, initargs=(self._scenario,)
            )
        running: dict[Future[Figures], int] = {self._pool.submit(_work, n): n for n in missing}
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                found[running.pop(future)] = future.result()
                progress(len(found), wanted)


_mine: Scenario | None = None


def _begin(scenario: Scenario) -> None:
    global _mine  # noqa: PLW0603  # a worker process works for one scenario all its life
    _mine = scenario
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops us
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()


def _follow(parent: int) -> None:
    """End with the parent, even one that was killed and could not stop us."""
    waiting = threading.Event()
    while os.getppid() == parent:
        waiting.wait(1.0)
    os._exit(1)


def _work(replication: int) -> Figures:
    assert _mine is not None
    return one(_mine, replication)
