"""What a second core brings: many days lived in one process and in two, in turn; elapsed time on a quiet machine.

Each run with two processes starts the second, and that is counted like anything else. Beside
them stands what the machine gives to anybody: two processes that know nothing of each other, half the days each and
started before. A virtual machine's cores share theirs with strangers, so even that is rarely twice.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from benchmarks.pairs import median
from benchmarks.what_if import scenario
from sim.experiment.replicate import run

DAYS: Final = 5_000
ROUNDS: Final = 12
WANTED: Final = 1.8
ALONE: Final = "alone"
"""The argument by which this module lives half the days for each line that it reads."""


def _live(days: int, processes: int) -> None:
    run(replace(scenario(), replications=days), processes=processes)


def _elapsed_s(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


class _Unconnected:
    """Two processes that each live half the days when told, and say when they have."""

    def __init__(self, until: ExitStack) -> None:
        command = [sys.executable, "-m", "benchmarks.cores", ALONE]
        self._both = [
            until.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            )
            for _ in range(2)
        ]
        self.live()  # what is loaded at first is not counted

    def live(self) -> None:
        for process in self._both:
            assert process.stdin is not None
            process.stdin.write("live\n")
        for process in self._both:
            assert process.stdout is not None
            if not process.stdout.readline():
                sys.exit("a process beside this one has ended")


def _alone() -> None:
    for _ in sys.stdin:
        _live(DAYS // 2, 1)
        print("lived", flush=True)


def main() -> None:
    """Print both ratios."""
    one: list[float] = []
    two: list[float] = []
    apart: list[float] = []
    with ExitStack() as until:
        unconnected = _Unconnected(until)
        _live(10, 1)
        for number in range(ROUNDS):
            ways = [
                (one, lambda: _live(DAYS, 1)),
                (two, lambda: _live(DAYS, 2)),
                (apart, unconnected.live),
            ]
            for seconds, work in ways[number % 3 :] + ways[: number % 3]:
                seconds.append(_elapsed_s(work))
    ours = median([a / b for a, b in zip(one, two, strict=True)])
    limit = median([a / b for a, b in zip(one, apart, strict=True)])
    reached = median([a / b for a, b in zip(apart, two, strict=True)])
    print(
        f"{DAYS:,} days in one process {median(one)} s, in two {median(two)} s: {ours} times as fast "
        f"(at least {WANTED:g} asked); two that know nothing of each other {median(apart)} s: {limit} times, "
        f"of which the two reach {reached} ({len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    _alone() if sys.argv[1:] == [ALONE] else main()
