"""On any centre: neither a formula nor a search asks for over twice what is enough when lived, or it says why."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from callcenter.scenario import Scenario
from sim.planning.plan import Method, Wishes, plan_of, simulated
from sim.planning.plan.assumptions import ASKS_TOO_MANY
from sim.planning.staffing import search
from tests.consistent import improbable
from tests.strategies_centres import Kind, centres, examples

REPLICATIONS = 4
VOLUME = st.sampled_from([4, 15, 40])
"""Times the calls of a drawn centre: where one agent is enough, half of them proves nothing."""


def more_calls(scenario: Scenario, times: int) -> Scenario:
    streams = tuple(replace(s, calls=tuple(calls * times for calls in s.calls)) for s in scenario.streams)
    return replace(scenario, streams=streams)


def fewer_than_half(scenario: Scenario) -> Scenario:
    """Half of every curve, less what rounding up to whole agents, present and rostered, may have added."""
    rounding = 2 if scenario.shrinkage else 1
    staffing = tuple(
        replace(curve, agents=tuple(max(0, n - rounding) // 2 for n in curve.agents)) for curve in scenario.staffing
    )
    return replace(scenario, staffing=staffing)


def is_enough(scenario: Scenario) -> bool:
    """Tell whether every tier that calls gets what it is promised, on average: an interval would let near misses by."""
    found = simulated(scenario, replications=REPLICATIONS, processes=1)
    levels = [
        (block["service_level"]["sl_net"]["mean"], block["target"]["share"])
        for block in found["tiers"].values()
        if block["target"] is not None and block["service_level"]["sl_net"] is not None
    ]
    assume(levels)
    return all(level >= share for level, share in levels)


@pytest.mark.parametrize("method", list(Method))
@given(scenario=centres(Kind(channels=False, nights=False, days=1, clocks_change=False)), times=VOLUME)
@settings(max_examples=examples(7))
def test_less_than_half_of_what_a_formula_asks_for_is_not_enough_unless_it_says_that_it_asks_for_too_many(
    method: Method, scenario: Scenario, times: int
):
    plan = plan_of(more_calls(scenario, times), Wishes(method))
    assume(plan.hours() > 0)

    assert not is_enough(fewer_than_half(plan.applied())) or any(b.effect == ASKS_TOO_MANY for b in plan.breaks)


@pytest.mark.ci
@pytest.mark.slow
@given(scenario=centres(Kind(days=1, clocks_change=False)), times=VOLUME)
@settings(max_examples=examples(4))
def test_less_than_half_of_what_a_search_asks_for_is_not_enough_unless_it_says_that_it_was_not_done(
    scenario: Scenario, times: int
):
    asked = more_calls(scenario, times)
    assume(any(any(stream.calls) for stream in asked.streams))
    plan = search(asked, days=12, judged_on=20, processes=1)
    assume(plan.cost > 0)

    assert improbable(plan.plain()) == []
    assert plan.hit_bound or plan.unmeetable or not is_enough(fewer_than_half(plan.applied()))
