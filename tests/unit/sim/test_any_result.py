"""Every figure of every result, for centres drawn at random: inside its range, and a total is the sum of its rows.

What is printed of a centre is made of the same plain data: `simulate`, `compare`, `sweep`, `staff`, `schedule`.
"""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from callcenter.money import Money
from callcenter.scenario import Scenario, Staffing
from callcenter.units import DAY, HOUR
from sim.experiment.compare import compare
from sim.experiment.replicate import run
from sim.experiment.sweep import sweep
from sim.planning.plan import Method, Wishes, plan_of
from sim.planning.plan.outcome import plan_result
from sim.planning.plan.verify import simulated
from sim.planning.roster import Aim, need_of_plan, roster_of
from sim.planning.roster.outcome import roster_result
from sim.results.result import as_json, result
from tests.consistent import improbable, unequal
from tests.strategies_centres import HALF, Kind, centres, examples
from tests.unit.sim.test_any_plan import VOLUME, more_calls

JUDGED_AGAIN = 12


def long(test):
    """Mark what takes seconds: in CI with few centres, among the long searches with many."""
    return pytest.mark.ci(pytest.mark.slow(test))


def priced(scenario: Scenario) -> Scenario:
    wages = tuple((group.name, 10.0 + n) for n, group in enumerate(scenario.centre.groups))
    lost = tuple((tier.name, 3.0) for tier in scenario.centre.tiers)
    return replace(scenario, money=Money("EUR", wages=wages, lost_call=lost, revenue=lost))


@given(centres(), st.integers(1, 12))
@settings(max_examples=4)
def test_figures_of_a_simulation_are_inside_their_ranges_and_totals_are_sums(scenario, replications):
    lived = run(replace(priced(scenario), replications=replications), processes=1)
    found = as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))

    assert improbable(found) == []
    assert unequal(found) == []


@long
@given(centres(Kind(days=2)), centres(Kind(days=2)))
@settings(max_examples=examples(4))
def test_figures_of_a_comparison_are_inside_their_ranges(base, other):
    variant = replace(base, busyness=other.busyness, patience=other.patience, handling=other.handling)
    found = compare(priced(base), [("other", priced(variant))], processes=1).as_json()

    assert improbable(found) == []
    assert all(unequal(one) == [] for one in (found["base"], *(each["result"] for each in found["variants"])))


@long
@given(centres(Kind(days=1)))
@settings(max_examples=examples(3))
def test_figures_of_a_sweep_are_inside_their_ranges(scenario):
    cells = [((("volume*", str(n)),), more_calls(scenario, n)) for n in (0, 1, 3)]
    found = sweep("any", [("volume*", ("0", "1", "3"))], cells).as_json()

    assert improbable(found) == []
    assert all(unequal(cell["result"]) == [] for cell in found["cells"])


@long
@pytest.mark.parametrize("method", list(Method))
@given(scenario=centres(Kind(channels=False, clocks_change=False)), times=VOLUME)
@settings(max_examples=examples(4))
def test_figures_of_a_plan_by_formula_are_inside_their_ranges_and_hours_are_sums(method, scenario, times):
    plan = plan_of(priced(more_calls(scenario, times)), Wishes(method))
    found = plan_result(plan, str(method), simulated(plan.applied(), replications=2, processes=1))

    assert improbable(found) == []
    assert unequal(found["simulated"]) == []
    for total, column in (("agent_hours", "agents"), ("rostered_hours", "rostered")):
        hours = sum(
            cell[column] * len(day["dates"]) * found["interval_s"] / 3600
            for day in found["days"]
            for cell in day["intervals"]
        )
        assert abs(hours - found[total]) < 1e-6
    assert abs(sum(found["money"]["wages"]["groups"].values()) - found["money"]["wages"]["total"]) < 1e-6


@long
@given(centres(Kind(channels=False)), VOLUME)
@settings(max_examples=examples(5))
def test_a_roster_that_is_called_good_is_good_again_on_days_it_has_not_seen(scenario, times):
    asked = priced(more_calls(scenario, times))
    assume(any(any(stream.calls) for stream in asked.streams))
    needs = need_of_plan(plan_of(asked, Wishes()))
    assume(needs)
    roster = roster_of(asked, needs, aim=Aim.COST, time_limit_s=10)
    lived = simulated(roster.applied(), replications=10, processes=1)
    found = roster_result(roster, source="erlang-c", aim="cost", simulated=lived)
    again = simulated(replace(roster.applied(), seed=asked.seed + 1), replications=JUDGED_AGAIN, processes=1)

    assert improbable(found) == []
    assert unequal(lived) == []
    lost = {line.partition(":")[0] for line in found["lost"]}
    assert {
        name for name, block in again["tiers"].items() if block["target"] and block["target"]["met"] == "no"
    } <= lost


def figures_of(scenario: Scenario) -> object:
    lived = run(replace(scenario, replications=2), processes=1)
    found = as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))
    return {key: found[key] for key in ("calls", "tiers", "overall", "queues", "agents", "money", "intervals")}


@long
@given(centres(Kind(days=2, clocks_change=False)).filter(lambda s: s.staffing), st.sampled_from([HALF // 2, HOUR, DAY]))
@settings(max_examples=examples(4))
def test_a_level_curve_is_the_same_plan_in_steps_of_any_length_and_as_a_shift_of_a_whole_day(scenario, step):
    scenario = priced(replace(scenario, shrinkage=0.0))
    curves = tuple(_in_steps(curve, step) for curve in scenario.staffing)

    assert figures_of(replace(scenario, staffing=curves)) == figures_of(scenario)


@long
@given(centres(Kind(days=2)).filter(lambda s: len(s.shifts) + len(s.staffing) > 1))
@settings(max_examples=examples(4))
def test_people_may_be_written_in_any_order(scenario):
    scenario = priced(replace(scenario, shrinkage=0.0))
    turned = replace(scenario, shifts=scenario.shifts[::-1], staffing=scenario.staffing[::-1])

    assert figures_of(turned) == figures_of(scenario)


def _in_steps(curve: Staffing, step: int) -> Staffing:
    return replace(curve, interval=step, agents=(curve.agents[0],) * (DAY // step))
