"""Plain SimPy as its guide teaches it: a process for each call, a (priority) resource, request or timeout."""

import random
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.models import AHT_S, MODELS
from benchmarks.peers.clock import Tiers, measured


def run(name: str, calls: int, seed: int) -> Tiers:
    """Simulate `calls` calls; waits and losses are added up per tier as they happen."""
    model = MODELS[name]
    dice = random.Random(seed)  # a peer draws as its users do
    env = simpy.Environment()
    tiers = [[0, 0, 0.0] for _ in model.shares]
    agents: Any = simpy.PriorityResource(env, model.agents) if model.patience_s else simpy.Resource(env, model.agents)
    talk, patience = 1 / AHT_S, model.patience_s

    def call(tier: int) -> Generator[simpy.Event, Any, None]:
        came = env.now
        mine = tiers[tier]
        with agents.request(priority=tier) if patience else agents.request() as turn:
            got = (yield turn | env.timeout(dice.expovariate(1 / patience))) if patience else (yield turn)
            mine[0] += 1
            mine[2] += env.now - came
            if patience and turn not in got:
                mine[1] += 1
                return
            yield env.timeout(dice.expovariate(talk))

    def callers() -> Generator[simpy.Event, Any, None]:
        kinds = range(len(model.shares))
        for _ in range(calls):
            yield env.timeout(dice.expovariate(model.calls_per_s))
            env.process(call(dice.choices(kinds, model.shares)[0] if len(kinds) > 1 else 0))

    env.process(callers())
    env.run()
    return [(int(n), int(lost), wait) for n, lost, wait in tiers]


if __name__ == "__main__":
    measured(run)
