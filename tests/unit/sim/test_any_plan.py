"""On any centre: a formula asks for no more than twice what a simulation shows to be enough, or it says why."""

from dataclasses import replace

from hypothesis import assume, given, settings

from callcenter.scenario import Scenario
from sim.planning.plan import Method, Wishes, plan_of, simulated
from sim.planning.plan.workload import MixedContacts
from tests.strategies_centres import Kind, centres

REPLICATIONS = 6


def by_half(scenario: Scenario) -> Scenario:
    staffing = tuple(replace(curve, agents=tuple(n // 2 for n in curve.agents)) for curve in scenario.staffing)
    return replace(scenario, staffing=staffing)


@given(centres(Kind(nights=False, days=1, clocks_change=False)))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_half_of_what_a_formula_asks_for_is_not_enough_unless_it_says_that_it_asks_for_too_many(scenario: Scenario):
    try:
        plan = plan_of(scenario, Wishes(Method.ERLANG_A))
    except MixedContacts:
        return  # refused by name, as a test of its own holds
    assume(plan.hours() > 0)
    found = simulated(by_half(plan.applied()), replications=REPLICATIONS, processes=1)
    enough = all(
        block["target"] is None or block["target"]["met"] == "yes" or not block["offered"]["mean"]
        for block in found["tiers"].values()
    )

    assert not enough or any("too many" in broken.effect for broken in plan.breaks)
    assert all(0 <= cell["occupancy"]["mean"] <= 1 for cell in found["intervals"] if cell["occupancy"] is not None)
