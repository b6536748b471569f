"""Staffing by simulation where the formula is exact: one tier, exponential times, a load that stays the same."""

from callcenter.centre import Centre, Group, Queue
from callcenter.erlang import erlang_a
from callcenter.scenario import Horizon, Law, LawKind, Rule, Scenario, Stream
from callcenter.tiers import Scope, Target, Tier
from callcenter.units import SECOND, Millis
from sim.planning.staffing import search


def test_at_a_steady_load_the_search_asks_for_what_erlang_a_does():
    target = Target(0.8, Millis(20 * SECOND), Scope.INTERVAL)
    scenario = Scenario(
        "steady",
        Centre("c", (Queue("q"),), (Group("desk", auto_answer=True),), (Tier("all", 1, target),), default_tier="all"),
        Horizon(first_day=20_514),
        streams=(Stream("s", "q", (60.0,) * 10),),
        handling=(Rule(Law(LawKind.EXPONENTIAL, 300.0)),),
        patience=(Rule(Law(LawKind.EXPONENTIAL, 120.0)),),
    )
    plan = search(scenario, formula="sl_all", days=300, judged_on=20, processes=1)

    # The first half hours fill an empty desk; from the third on the load is the formula's ten Erlangs.
    for h in range(3, 10):
        agents = plan.agents["desk"][h]
        exact = erlang_a(load_erl=10.0, agents=agents, aht_s=300.0, patience_s=120.0, within_s=20.0)
        one_fewer = erlang_a(load_erl=10.0, agents=agents - 1, aht_s=300.0, patience_s=120.0, within_s=20.0)
        level = next(f.level for f in plan.searched if f.promise.interval == h)
        assert level is not None
        assert float(exact.p_served_within_t) >= 0.8 - 0.005
        assert float(one_fewer.p_served_within_t) < 0.8 + 0.03
        assert abs(level.mean - float(exact.p_served_within_t)) < 0.04
