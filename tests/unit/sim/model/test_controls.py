"""What a replication's callers happened to be: zero on average for any centre, and the same under both engines."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings

from callcenter.config.load import load_scenario
from callcenter.scenario import Busyness, Law, LawKind, Menu, RecordedCall, Rule, Scenario
from callcenter.units import HOUR, Millis
from sim.experiment.engines import Engine
from sim.experiment.replicate import one
from sim.model.controls import controls
from sim.model.demand import arrivals
from sim.model.expected import expected
from sim.model.people import FirstAttempts
from sim.model.streams import Chance, Floats
from tests.strategies_centres import centres
from tests.unit.sim.scenes import busy, exponential

FIRST_STEPS = load_scenario("first-steps")
PARTS = Law(LawKind.MIXTURE, parts=((0.2, Law(LawKind.DETERMINISTIC, 5.0)), (0.8, Law(LawKind.GAMMA, 60.0, cv=2.0))))
KINDS = {
    "busy days": replace(FIRST_STEPS, busyness=Busyness(0.2)),
    "busy tiers": replace(FIRST_STEPS, busyness=Busyness(0.3, common=False)),
    "a menu": replace(FIRST_STEPS, menu=Menu(exponential(40), 0.3, 0.1, ("vip",))),
    "laws by tier": replace(FIRST_STEPS, handling=(Rule(PARTS, tiers=("vip",)), Rule(exponential(200)))),
    "work afterwards": replace(FIRST_STEPS, wrap_up=(Rule(exponential(30), tiers=("vip",)), Rule(PARTS))),
    "a warm-up": replace(
        FIRST_STEPS, horizon=replace(FIRST_STEPS.horizon, warm_up=Millis(HOUR * 10), length=Millis(HOUR * 13))
    ),
}


def drawn(scenario: Scenario, replications: int) -> Floats:
    every = (FirstAttempts(arrivals(scenario, Chance(scenario.seed, n))) for n in range(replications))
    return np.array([controls(scenario, callers) for callers in every])


def in_errors(found: Floats) -> Floats:
    """Return how many standard errors each mean is from zero."""
    spread = found.std(axis=0, ddof=1)
    return np.abs(found.mean(axis=0)) / np.maximum(spread, 1e-9) * len(found) ** 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_the_expectation_of_each_control_is_zero(kind: str):
    found = drawn(KINDS[kind], 500)

    assert in_errors(found).max() < 4.5
    assert found[:, 0].std() == pytest.approx(1.0, abs=0.15)
    assert found[:, :3].std(axis=0).min() > 0.1


@given(centres())
@settings(max_examples=8)
def test_the_expectation_is_zero_for_any_centre(scenario):
    assume(expected(scenario).measured[0] > 10)

    assert in_errors(drawn(scenario, 150)).max() < 5.5


def test_what_is_no_matter_of_chance_is_no_control():
    calls = tuple(RecordedCall(Millis(HOUR * n), "hotline", "vip", handling_s=7.0) for n in (9, 10, 11))
    replayed = replace(FIRST_STEPS, streams=(), recorded=calls)
    beside = replace(FIRST_STEPS, recorded=calls)

    assert not drawn(replayed, 3).any()
    assert drawn(beside, 5)[:, :3].tolist() == drawn(FIRST_STEPS, 5)[:, :3].tolist()
    fixed = replace(FIRST_STEPS, handling=(Rule(Law(LawKind.DETERMINISTIC, 61.3)),))
    assert not drawn(fixed, 5)[:, 1].any()


def test_staffing_and_what_callers_do_later_change_none():
    scenario = busy(replications=1)
    more = replace(scenario, patience=(Rule(exponential(7)),), staffing=(), shifts=())

    assert drawn(scenario, 4)[:, :3].tolist() == drawn(more, 4)[:, :3].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_tell_the_same(kind: str):
    pytest.importorskip("llvmlite")
    told = [one(KINDS[kind], 1, controlled=True, engine=engine).controls for engine in (Engine.SIMPY, Engine.COMPILED)]

    assert told[0].tolist() == told[1].tolist() == drawn(KINDS[kind], 2)[1].tolist()
    assert not len(one(KINDS[kind], 1).controls)
