"""This simulator's compiled path: the same decisions, call by call, in machine code."""

from importlib import import_module

from benchmarks.models import scenario
from benchmarks.peers.clock import Tiers, measured
from benchmarks.peers.ours import by_tier
from sim.compiled.machine import machine_code
from sim.experiment.engines import Engine
from sim.experiment.replicate import one


def run(name: str, calls: int, seed: int) -> Tiers:
    """Simulate, and return per tier: calls, abandoned, sum of waits in seconds."""
    return by_tier(one(scenario(name, calls, seed), 0, engine=Engine.COMPILED))


if __name__ == "__main__":
    machine_code()  # compiled once, kept for good: no part of a run
    for name in ("sim.compiled.day", "scipy.special.cython_special"):
        import_module(name)  # what the simulator itself imports when it is first used; no import is counted
    measured(run)
