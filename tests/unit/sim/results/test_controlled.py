"""Estimates corrected by control variates: narrower where controls tell something, and as honest as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from callcenter.erlang import erlang_a
from sim.experiment.engines import Engine, choose
from sim.experiment.replicate import one
from sim.results import controlled, estimates
from sim.results.estimates import AMOUNT
from sim.results.figures import SUMS
from sim.results.replication_figures import ReplicationFigures
from sim.results.result import counts_of, shares_of
from tests.theory.queues import Model, exponential, stationary

HELD = 0.95
STUDY = 51
"""Replications of one study: enough for all four controls."""


def chance(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@given(st.integers(0, 10**6), st.integers(2, 80), st.integers(0, 4))
def test_a_corrected_interval_is_never_wider_and_stays_in_its_range(seed, n, k):
    drawn = chance(seed)
    below = drawn.poisson(30, n) + 1.0
    above = drawn.binomial(below.astype(int), 0.97).astype(float)
    controls = drawn.standard_normal((n, k)) + (above - above.mean())[:, None]
    plain, found = estimates.ratio(above, below), controlled.ratio(above, below, controls)

    assert plain is not None
    assert found is not None
    assert found == plain or n > controlled.FOR_EACH
    assert 0 <= found.ci_low <= found.mean <= found.ci_high <= 1
    if plain.ci_low > 0 and plain.ci_high < 1:  # neither was cut
        assert found.half_width <= plain.half_width


def test_controls_that_tell_nothing_change_nothing():
    above, below = np.arange(40.0), np.full(40, 50.0)
    plain = estimates.ratio(above, below)
    told_in_order = np.tile([1.0, -1.0, -1.0, 1.0], 10)[:, None]

    assert controlled.ratio(above, below, np.empty((40, 0))) == plain
    assert controlled.ratio(above, below, np.full((40, 3), 0.7)) == plain
    assert controlled.ratio(above, below, told_in_order) == plain
    assert controlled.ratio(above, np.zeros(40), told_in_order) is None


def test_what_a_control_tells_wholly_is_known_wholly():
    off = chance(1).standard_normal(40)
    found = controlled.ratio(0.5 + 0.01 * off, np.ones(40), off[:, None])

    assert found is not None
    assert found.mean == pytest.approx(0.5, abs=1e-12)
    assert found.half_width == pytest.approx(0.0, abs=1e-12)


def test_each_control_wants_more_than_ten_replications_and_ten_more():
    used = [controlled.affordable(chance(n).standard_normal((n, 3))).shape[1] for n in (1, 2, 20, 40, 41, 400)]
    all_the_same = np.c_[chance(1).standard_normal((41, 3)), np.full(41, 0.7)]

    assert used == [0, 0, 0, 0, 3, 3]
    assert controlled.affordable(all_the_same).shape[1] == 3


@pytest.mark.parametrize("n", [41, 60, 200])
def test_intervals_hold_the_truth_as_often_as_they_say(n: int):
    """Days whose service level falls with their calls, faster and faster; the truth is a sum over the Poisson law."""
    drawn, trials, mean = chance(20261130 + n), 1_500, 100.0
    calls = np.arange(400)
    often = np.exp(calls * np.log(mean) - mean - special.gammaln(calls + 1.0))

    def share(came):
        over = np.maximum(came - 85.0, 0.0)
        return np.clip(0.92 - 0.0003 * over * over, 0.0, 1.0)

    truth = float((often * calls * share(calls)).sum() / (often * calls).sum())
    held, narrower = {"plain": 0, "corrected": 0}, []
    for _ in range(trials):
        came = drawn.poisson(mean, n)
        in_time = drawn.binomial(came, share(came))
        off = (came - mean) / mean**0.5
        known = np.stack([off, drawn.standard_normal(n), off * off - 1], axis=1)
        found, plain = controlled.ratio(in_time, came, known), estimates.ratio(in_time, came)
        assert found is not None
        assert plain is not None
        held["plain"] += plain.ci_low <= truth <= plain.ci_high
        held["corrected"] += found.ci_low <= truth <= found.ci_high
        narrower.append(found.half_width / plain.half_width)

    assert held["corrected"] > held["plain"] - 0.005 * trials, held
    assert abs(held["corrected"] / trials - HELD) < 0.02, held
    assert np.mean(narrower) < 0.7


def studies(count: int) -> dict[str, float]:
    """Return how often intervals of `count` studies of a stationary queue hold what Erlang A says, and how wide."""
    model = Model((10 / 180,), 10, exponential(180), (exponential(120),))
    scenario = stationary(model, warm_up_s=1800, measured_s=3600, seed=7)
    engine = choose(scenario).engine
    exact = erlang_a(load_erl=10.0, agents=10, patience_s=120.0, aht_s=180.0, within_s=20.0)
    truth = {
        "level": float(exact.p_served_within_t),
        "abandoned": float(exact.p_abandon),
        "asa": float(exact.mean_wait_served),
    }
    held, width = dict.fromkeys(truth, 0), []
    for study in range(count):
        numbers = range(study * STUDY, (study + 1) * STUDY)
        days = ReplicationFigures([one(scenario, n, controlled=True, engine=Engine(engine)) for n in numbers])
        counts = counts_of(days, None)
        waited = np.array([day.sums[:, SUMS.index("wait_answered_ms")].sum() for day in days]) / 1000
        ratios = {
            "level": (*shares_of(days, None, formula="sl_all"), (0.0, 1.0)),
            "abandoned": (counts["abandoned"], counts["offered"], (0.0, 1.0)),
            "asa": (waited, counts["answered"], AMOUNT),
        }
        for name, (above, below, natural) in ratios.items():
            found = controlled.ratio(above, below, days.controls, natural)
            plain = estimates.ratio(above, below, natural)
            assert found is not None
            assert plain is not None
            held[name] += found.ci_low <= truth[name] <= found.ci_high
            width.append(found.half_width / plain.half_width)
    return {name: hits / count for name, hits in held.items()} | {"width": float(np.mean(width))}


def test_the_simulators_corrected_intervals_hold_erlang_a():
    """60 studies: a coverage of 95 % is seen to 2.8 points (one standard error)."""
    found = studies(60)

    assert min(found["level"], found["abandoned"], found["asa"]) > HELD - 3 * 0.028, found
    assert found["width"] < 0.85, found


@pytest.mark.slow
def test_eight_hundred_studies_hold_erlang_a_as_often_as_they_say():
    found = studies(800)

    for name in ("level", "abandoned", "asa"):
        assert abs(found[name] - HELD) < 3 * 0.0077 + 0.005, found
