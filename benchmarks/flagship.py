"""The flagship's day, callbacks and all: compiled beside SimPy, in turn, CPU seconds of one process."""

import time
from typing import Final

from benchmarks.pairs import median
from callcenter.config import load_scenario
from callcenter.scenario import Scenario
from sim.experiment.engines import Engine
from sim.experiment.replicate import one

NAME: Final = "telecom-hotline"
ROUNDS: Final = 8
DAYS: Final = {Engine.SIMPY: 1, Engine.COMPILED: 10}
"""Days of one measurement: a compiled one is too short for the clock."""
WANTED: Final = 40


def _cpu_s(scenario: Scenario, first: int, engine: Engine) -> float:
    """Return what a day takes, the scenario's preparation left out: a run pays that once."""
    begun = time.process_time()
    for n in range(first, first + DAYS[engine]):
        one(scenario, n, engine=engine)
    return (time.process_time() - begun) / DAYS[engine]


def main() -> None:
    """Print both and their ratio."""
    scenario = load_scenario(NAME)
    for engine in DAYS:
        one(scenario, 0, engine=engine)
    took: dict[Engine, list[float]] = {engine: [] for engine in DAYS}
    for round_ in range(ROUNDS):
        for engine in list(DAYS)[:: 1 if round_ % 2 else -1]:
            took[engine].append(_cpu_s(scenario, 10 * round_ + 1, engine))
    simpy, compiled = took[Engine.SIMPY], took[Engine.COMPILED]
    ratio = median([a / b for a, b in zip(simpy, compiled, strict=True)])
    print(
        f"{NAME}: a day under SimPy {median(simpy)} CPU s, compiled {median(compiled)}: "
        f"{ratio} times as fast (at least {WANTED} asked)"
    )


if __name__ == "__main__":
    main()
