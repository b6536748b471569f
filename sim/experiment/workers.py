"""Worker processes: started when there is enough to do for them, ended when nobody waits for what they do."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import forkserver, resource_tracker
from queue import SimpleQueue
from signal import SIGINT, SIGTERM
from types import FrameType
from typing import Any, Final, Generic, TypeVar

from sim.experiment.progress import Progress, tell_nobody

WORTH_FORKING_S: Final = 0.3
WORTH_WORKERS_S: Final = 2.0
"""A run shorter than this stays in this process: starting workers costs it about half as much, forked or new."""
ERRAND_S: Final = 0.1
"""So long a worker is busy with what it is given at a time, unless one replication takes longer."""
LONGEST: Final = 1_000
"""Replications given at a time, at most."""
AHEAD: Final = 2
"""Errands that each worker has at a time: one it is at, and the next."""

Found = TypeVar("Found")


@contextmanager
def hired(count: int, prepare: Callable[..., None], *arguments: object) -> Iterator[ProcessPoolExecutor]:
    """Hire workers for a while; each calls `prepare(*arguments)` before its first task.

    Forked ones have all that this process has loaded at once; new ones take a second or more to load it.
    """
    forked = can_fork()
    context = multiprocessing.get_context("fork" if forked else "forkserver")
    if not forked:
        context.set_forkserver_preload([prepare.__module__])
    pool = ProcessPoolExecutor(count, context, initializer=_begin, initargs=(prepare, arguments))
    finished = False
    try:
        with _undisturbed():
            if not forked:
                _start_deaf()
            # All at once: one begun in the midst of a Ctrl-C is nobody's to stop.
            pool._launch_processes()  # type: ignore[attr-defined]
        yield pool
        finished = True
    finally:
        if not finished:  # stopped: do not wait for what nobody will read
            _kill(pool)
        pool.shutdown(wait=True, cancel_futures=True)


def can_fork() -> bool:
    """Tell whether this process may be copied: where another thread held a lock, its copy would hold it for ever.

    Threads of libraries do not count: what workers call (numpy's, the C library's) sees to its locks itself.
    """
    return sys.platform == "linux" and threading.active_count() == 1


def _kill(pool: ProcessPoolExecutor) -> None:
    """End a pool's workers in the midst of whatever they do."""
    killed = list((pool._processes or {}).values())
    for process in killed:
        process.kill()
    for process in killed:
        process.join()
    # One that was telling a result has left half of it: who reads that would wait for the rest for ever, unless it
    # ends here; ours is the last end of it that is open for writing.
    pool._result_queue._writer.close()  # type: ignore[attr-defined]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off Ctrl-C and the like to the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = {number: signal.signal(number, lambda *what: came.append(what)) for number in (SIGINT, SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if came:
        signal.raise_signal(came[0][0])


def _start_deaf() -> None:
    """Start the fork server with Ctrl-C blocked: it goes to all of a terminal's processes, workers that begin too."""
    resource_tracker.ensure_running()  # else it is started next, and lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(prepare: Callable[..., None], arguments: tuple[object, ...]) -> None:
    signal.signal(SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops us
    signal.signal(SIGTERM, signal.SIG_DFL)
    gc.freeze()  # what a fork shares with the parent would be copied by being looked at
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    prepare(*arguments)


def _end_with_the_parent() -> None:
    """End when the parent has, even one that was killed and could not stop us."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()  # not by `os.getppid`: that is the fork server, which lives as long as we do
    os._exit(1)


class Replications(Generic[Found]):
    """The same work for many replications, shared out once it is long enough; `with Replications(work, n) as days:`.

    This process works too: while the workers start, and beside them. What comes out is the same for any number of
    workers, as long as `work` goes by the replication's number alone.
    """

    def __init__(self, work: Callable[[int], Found], most_workers: int) -> None:
        self._work = work
        self._most = most_workers
        """Processes at work, this one among them."""
        self._each_s: float | None = None
        self._pool: ProcessPoolExecutor | None = None
        self._hired = ExitStack()

    def __enter__(self) -> "Replications[Found]":
        return self

    def __exit__(self, *why: object) -> None:
        self._hired.__exit__(*why)  # type: ignore[arg-type]

    def do(self, found: dict[int, Found], numbers: range, progress: Progress = tell_nobody) -> None:
        """Add what is missing of `numbers` to `found`."""
        missing = deque(n for n in numbers if n not in found)
        told: SimpleQueue[Future[list[tuple[int, Found]]]] = SimpleQueue()
        running = 0
        while missing or running:
            if self._pool is None and self._worth_workers(len(missing)):
                count = min(self._most - 1, len(missing))
                self._pool = self._hired.enter_context(hired(count, _take_up, self._work))
            if self._pool is not None:
                while missing and running < AHEAD * (self._most - 1):
                    self._pool.submit(_do, self._some(missing)).add_done_callback(told.put)
                    running += 1
            if missing:
                begun = time.perf_counter()  # noqa: TID251  # decides whether workers pay, never what comes out
                replication = missing.popleft()
                found[replication] = self._work(replication)
                self._each_s = time.perf_counter() - begun  # noqa: TID251
                progress(len(found), len(numbers))
            while running and not (missing and told.empty()):
                for replication, done in told.get().result():
                    found[replication] = done
                    progress(len(found), len(numbers))
                running -= 1

    def _some(self, missing: deque[int]) -> list[int]:
        """Return the next few for a worker: short ones go by many, so that asking takes no time; at the end by few."""
        assert self._each_s is not None
        many = min(int(ERRAND_S / max(self._each_s, ERRAND_S / LONGEST)), len(missing) // (2 * AHEAD * self._most))
        return [missing.popleft() for _ in range(max(1, many))]

    def _worth_workers(self, tasks: int) -> bool:
        if self._most <= 1 or self._each_s is None:
            return False
        return tasks * self._each_s >= (WORTH_FORKING_S if can_fork() else WORTH_WORKERS_S)


_mine: Callable[[int], Any] | None = None


def _take_up(work: Callable[[int], object]) -> None:
    global _mine  # noqa: PLW0603  # a worker process does one kind of work all its life
    _mine = work


def _do(replications: list[int]) -> list[tuple[int, Any]]:
    assert _mine is not None
    return [(replication, _mine(replication)) for replication in replications]
