"""The compiled path comes to what SimPy's comes to: every call's agent, instants and outcome, and every figure."""

import pytest
from hypothesis import assume, given, settings

from callcenter.config.load import load_scenario
from callcenter.config.unpacking import Source
from callcenter.scenario import Scenario
from sim.analysis.recorded_calls import replay_ours
from sim.compiled.coverage import refusal
from sim.compiled.day import CannotTell
from sim.compiled.proof import lived_twice, unequal
from sim.experiment.engines import Engine
from sim.experiment.replicate import one, run
from sim.report.calls import call_csv
from tests.strategies_centres import centres
from tests.strategies_wild import wild_scenarios

QUICK = ("first-steps", "computer-maker", "flash-callback", "follow-the-sun", "multi-skill", "utility-key-accounts")
LONG = (
    "bank-abc",
    "bank-abc-dedicated",
    "bank-abc-reserve",
    "bank-february",
    "outage-surge",
    "telecom-hotline",
    "understaffed-monday",
    "value-pyramid",
)


def check(scenario: Scenario, replication: int = 0) -> None:
    try:
        assert lived_twice(scenario, replication).difference is None
    except CannotTell:
        assume(False)


@given(wild_scenarios())
@settings(max_examples=10, deadline=None)
def test_anything_that_may_happen_happens_alike(scenario):
    check(scenario)


@pytest.mark.slow
@given(wild_scenarios())
@settings(max_examples=400, deadline=None)
def test_anything_at_all_that_may_happen_happens_alike(scenario):
    check(scenario)


@given(centres())
@settings(max_examples=12, deadline=None)
def test_nights_chats_and_days_of_23_hours_are_alike(scenario):
    assume(refusal(scenario) is None)
    check(scenario)


@pytest.mark.slow
@given(centres())
@settings(max_examples=300, deadline=None)
def test_any_nights_chats_and_days_of_23_hours_are_alike(scenario):
    assume(refusal(scenario) is None)
    check(scenario)


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)])
def test_the_shipped_scenarios_are_alike(name):
    scenario = load_scenario(name)

    assert refusal(scenario) is None
    for replication in range(1 if name in QUICK else 3):
        check(scenario, replication)


def test_one_shipped_scenario_is_left_to_simpy_and_says_why():
    assert refusal(load_scenario("campaign-in-the-lulls")) == "campaign and care calls"
    assert refusal(load_scenario("first-steps", ["queues.*.selection=random"])) == "the rule random"


@pytest.mark.ci
def test_any_number_of_processes_comes_to_the_same():
    scenario = load_scenario("multi-skill", ["replications=60"])
    alone, shared = (run(scenario, processes=n, engine=Engine.COMPILED) for n in (1, 2))

    assert all(unequal(a, b) == [] for a, b in zip(alone.figures, shared.figures, strict=True))


@pytest.mark.parametrize("name", ["first-steps", "multi-skill"])
def test_a_replayed_day_is_alike_customers_and_all(name: str):
    scenario = load_scenario(name)
    calls = one(scenario, 0, keep_records=True).calls
    assert calls is not None
    again = replay_ours(scenario, [Source.of("".join(call_csv(calls)).encode(), "calls.csv")])
    check(again)
