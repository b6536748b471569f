"""The day of 48 half hours, 1,990 calls, 80 % within 20 s in each: staffed by simulation, judged on 4,000 fresh days.

The profile and the peers' figures are those of the peers' measurement (Callcenter-Simulator: 418 agent half hours
with 13 half hours missed in 58.6 CPU s, or 428 with 4 missed in 13.6 CPU s).
"""

import sys
import time
from math import exp

from callcenter.centre import Centre, Group, Queue
from callcenter.scenario import Horizon, Law, LawKind, Rule, Scenario, Stream
from callcenter.tiers import Scope, Target, Tier
from callcenter.units import SECOND, Millis
from sim.planning.staffing import search
from sim.planning.staffing.judge import on_fresh_days, scene, verdicts
from sim.planning.staffing.promises import promises
from sim.planning.staffing.rig import edges_of

PROFILE = tuple(
    round(6 + 110 * exp(-(((i / 2 + 0.25 - 10.5) / 2.2) ** 2)) + 85 * exp(-(((i / 2 + 0.25 - 15.5) / 2.8) ** 2)))
    for i in range(48)
)
FRESH_DAYS = 4000
NEVER_SEEN = 50_000_000
"""First replication of the fresh days: neither searched on nor judged by the search."""


def day(seed: int = 1) -> Scenario:
    """Return the day as a scenario."""
    target = Target(0.80, Millis(20 * SECOND), Scope.INTERVAL)
    centre = Centre(
        "one day", (Queue("desk"),), (Group("desk", auto_answer=True),), (Tier("all", 1, target),), default_tier="all"
    )
    return Scenario(
        "one-day",
        centre,
        Horizon(first_day=20_514),
        streams=(Stream("calls", "desk", tuple(map(float, PROFILE))),),
        handling=(Rule(Law(LawKind.EXPONENTIAL, 300.0)),),
        patience=(Rule(Law(LawKind.EXPONENTIAL, 120.0)),),
        seed=seed,
    )


def main(days: int | None = None, fresh: int = FRESH_DAYS) -> None:
    """Staff the day, on as many days as the search itself takes (None), and judge the plan."""
    scenario = day()
    begun = time.process_time()  # one process: what it takes of a processor, others beside it or not
    plan = search(scenario, formula="sl_all", days=days, processes=1)
    took = time.process_time() - begun
    print(f"{sum(PROFILE)} calls a day, searched on {plan.searched_on} days in {took:.1f} CPU s (judgement included): "
          f"{plan.cost} agent half hours, bound hit: {plan.hit_bound}")  # fmt: skip
    print("agents:", *plan.agents["desk"])
    for note in plan.notes:
        print("note:", note)
    edges = edges_of(scenario)
    begun = time.perf_counter()
    counts, came = on_fresh_days(scene(plan.applied()), NEVER_SEEN, fresh, edges, 2, lambda done, of: None)
    wanted = promises(scenario, None, len(edges) - 1)
    above, below = counts[..., 0, 2].sum(axis=0), counts[..., 0, 0].sum(axis=0)
    levels = above / below
    found = verdicts(scenario, wanted, "sl_all", counts, came)
    print(f"{fresh} fresh days by the engine in {time.perf_counter() - begun:.0f} s: "
          f"{int((levels < 0.8).sum())} half hours below .80, worst {levels.min():.4f}, "
          f"{sum(f.verdict == 'yes' for f in found)} of {len(found)} decided as kept")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
