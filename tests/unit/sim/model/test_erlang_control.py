"""The control by Erlang A: zero on average where calls come by Poisson's law, absent where it would say nothing."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from callcenter.centre import Group
from callcenter.config.load import load_scenario
from callcenter.erlang import erlang_a
from callcenter.scenario import Busyness, Law, LawKind, Menu, RecordedCall, Rule, Scenario
from callcenter.units import HOUR, Millis
from sim.experiment.replicate import ReplicationFigures, judged, one, shares_of
from sim.model import erlang_control
from sim.model.controls import CONTROLS, controls
from sim.model.days import extent
from sim.model.demand import arrivals
from sim.model.erlang_control import ErlangControl, holds
from sim.model.people import FirstAttempts
from sim.model.streams import Chance
from sim.results import controlled
from tests.unit.sim.scenes import exponential

FIRST_STEPS = load_scenario("first-steps")
NEVER_WAITS = Law(LawKind.DETERMINISTIC, 0.0)
NOT = {
    "busy days": replace(FIRST_STEPS, busyness=Busyness(0.2)),
    "a menu": replace(FIRST_STEPS, menu=Menu(exponential(40), 0.3, 0.1, ("vip",))),
    "laws by tier": replace(FIRST_STEPS, handling=(Rule(exponential(60), tiers=("vip",)), Rule(exponential(200)))),
    "recorded calls": replace(FIRST_STEPS, recorded=(RecordedCall(Millis(HOUR), "hotline", "vip", handling_s=7.0),)),
    "nobody waits": replace(FIRST_STEPS, patience=(Rule(NEVER_WAITS),)),
    "calls take no time": replace(FIRST_STEPS, handling=(Rule(NEVER_WAITS),), wrap_up=()),
    "two groups": replace(
        FIRST_STEPS, centre=replace(FIRST_STEPS.centre, groups=(*FIRST_STEPS.centre.groups, Group("others")))
    ),
}
HOLDS = {
    "first steps": FIRST_STEPS,
    "agents missing": replace(FIRST_STEPS, shrinkage=0.3),
    "no end of patience": replace(FIRST_STEPS, patience=()),
    "an evening": replace(
        FIRST_STEPS, horizon=replace(FIRST_STEPS.horizon, warm_up=Millis(HOUR * 10), length=Millis(HOUR * 13))
    ),
    "seven minutes": replace(FIRST_STEPS, interval=Millis(HOUR * 7 // 60)),
}


def told(scenario: Scenario, replications: int) -> list[float]:
    every = (FirstAttempts(arrivals(scenario, Chance(scenario.seed, n))) for n in range(replications))
    return [float(controls(scenario, callers)[CONTROLS.index("erlang_a")]) for callers in every]


@pytest.mark.parametrize("kind", NOT)
def test_where_the_formula_is_not_near_there_is_no_such_control(kind: str):
    assert not holds(NOT[kind])
    assert told(NOT[kind], 3) == [0.0] * 3


@pytest.mark.parametrize("kind", HOLDS)
def test_its_expectation_is_zero(kind: str):
    found = np.array(told(HOLDS[kind], 400))

    assert found.std() > 0.1
    assert abs(found.mean()) < 4 * found.std() / 400**0.5


def test_it_is_what_the_formula_says_of_the_calls_that_came():
    """Of one half hour with all its calls, against sums over the Poisson law."""
    scenario = replace(FIRST_STEPS, interval=Millis(24 * HOUR))
    control, began = ErlangControl(scenario), extent(scenario).measured_from
    calls = np.arange(900)
    mean = sum(sum(stream.calls) for stream in scenario.streams)
    agents = round(float(control._agents()[0]))
    aht_s, patience_s = erlang_control.aht_of(scenario), scenario.patience[0].law.mean_s
    level = erlang_a(
        load_erl=calls * aht_s / 86_400, agents=agents, patience_s=patience_s, aht_s=aht_s, within_s=20
    ).p_served_within_t
    expected = float((stats.poisson(mean).pmf(calls) * calls * level).sum())

    for came in (400, 480, 560):
        answered = came * level[came] - expected
        assert control.of(np.full(came, began)) == pytest.approx(answered, abs=0.1)


def test_calls_beyond_the_tables_are_as_those_at_their_end():
    control = ErlangControl(FIRST_STEPS)
    at = np.full(10**6, extent(FIRST_STEPS).measured_from)

    assert np.isfinite(control.of(at))


def test_tables_that_would_take_too_much_memory_are_not_made(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(erlang_control, "MOST_IN_TABLES", 100)

    assert ErlangControl(FIRST_STEPS).of(np.empty(0, np.int64)) == 0.0


def test_it_makes_the_promised_service_levels_known_better():
    days = ReplicationFigures([one(FIRST_STEPS, n, controlled=True) for n in range(120)])
    tier = judged(FIRST_STEPS)[-1]
    with_it, without = (
        controlled.ratio(*shares_of(days, tier), days.controls[:, :used]) for used in (len(CONTROLS), len(CONTROLS) - 1)
    )

    assert with_it is not None
    assert without is not None
    assert with_it.half_width < 0.97 * without.half_width
