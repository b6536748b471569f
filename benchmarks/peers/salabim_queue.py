"""salabim in its generator form: a component for each call, a request with a delay after which it fails."""

import random
from collections.abc import Generator
from typing import Any

import salabim

from benchmarks.models import AHT_S, MODELS
from benchmarks.peers.clock import Tiers, measured


def run(name: str, calls: int, seed: int) -> Tiers:
    """Simulate `calls` calls; waits and losses are added up per tier as they happen."""
    model = MODELS[name]
    dice = random.Random(seed)  # a peer draws as its users do
    salabim.yieldless(False)
    env = salabim.Environment(trace=False)
    tiers = [[0, 0, 0.0] for _ in model.shares]
    agents = salabim.Resource("agents", capacity=model.agents, env=env)

    class Call(salabim.Component):  # type: ignore[misc]  # salabim has no types
        def process(self, tier: int) -> Generator[Any, Any, None]:
            came = env.now()
            mine = tiers[tier]
            if model.patience_s:
                yield self.request((agents, 1, tier), fail_delay=dice.expovariate(1 / model.patience_s))
            else:
                yield self.request(agents)
            mine[0] += 1
            mine[2] += env.now() - came
            if model.patience_s and self.failed():
                mine[1] += 1
                return
            yield self.hold(dice.expovariate(1 / AHT_S))
            self.release()

    class Callers(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[Any, Any, None]:
            kinds = range(len(model.shares))
            for _ in range(calls):
                yield self.hold(dice.expovariate(model.calls_per_s))
                Call(tier=dice.choices(kinds, model.shares)[0] if len(kinds) > 1 else 0)

    Callers()
    env.run()
    return [(int(n), int(lost), wait) for n, lost, wait in tiers]


if __name__ == "__main__":
    measured(run)
