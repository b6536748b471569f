"""This simulator: the whole engine decides, every call leaves a record."""

from benchmarks.models import scenario
from benchmarks.peers.clock import Tiers, measured
from sim.experiment.replicate import one
from sim.results.figures import Figures


def run(name: str, calls: int, seed: int) -> Tiers:
    """Simulate, and return per tier: calls, abandoned, sum of waits in seconds."""
    return by_tier(one(scenario(name, calls, seed), 0))


def by_tier(found: Figures) -> Tiers:
    """Return per tier: calls, abandoned, sum of waits in seconds."""
    return [
        (int(c[0] - c[-2]), int(c[3]), float(sums[5]) / 1000)
        for c, sums in zip(found.counts.sum(axis=1).tolist(), found.sums.tolist(), strict=True)
    ]


if __name__ == "__main__":
    measured(run)
