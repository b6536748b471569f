"""What a second core brings: many days lived in one process and in two, in turn; elapsed time on a quiet machine.

Each run with two processes starts the second, which takes it a second of work; it is counted like any other.
"""

import os
import time
from dataclasses import replace
from typing import Final

from benchmarks.pairs import median
from benchmarks.what_if import scenario
from sim.experiment.replicate import run

DAYS: Final = 5_000
ROUNDS: Final = 6
WANTED: Final = 1.8


def _elapsed_s(processes: int) -> float:
    begun = time.perf_counter()
    run(replace(scenario(), replications=DAYS), processes=processes)
    return time.perf_counter() - begun


def main() -> None:
    """Print the ratio."""
    pairs = [(_elapsed_s(1), _elapsed_s(2)) for _ in range(ROUNDS)]
    ratio = median([one / two for one, two in pairs])
    print(
        f"{DAYS:,} days in one process {median([one for one, _ in pairs])} s, in two "
        f"{median([two for _, two in pairs])} s: {ratio} times as fast (at least {WANTED:g} asked; "
        f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    main()
