"""Loads of a day that changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, offered_load, offered_load_at, sinusoidal_load

LAWS = [("exponential", 1.0), ("deterministic", 1.0), ("lognormal", 0.4), ("lognormal", 1.5)]
days = st.lists(st.floats(0, 500), min_size=1, max_size=20)


@pytest.mark.parametrize(("law", "cv"), LAWS)
def test_an_interval_holds_the_mean_of_its_instants(law, cv):
    calls, case = [3, 50, 20, 0, 7], {"interval_s": 1800, "aht_s": 700, "handling": law, "cv": cv}
    steps = 4_000
    instants = (np.arange(5 * steps) + 0.5) * 1800 / steps

    means = offered_load_at(instants, calls, **case).reshape(5, steps).mean(axis=1)
    np.testing.assert_allclose(offered_load(calls, **case), means, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("law", "cv"), LAWS)
@given(calls=days, aht=st.floats(10, 3_000))
def test_no_work_is_lost_or_made(law, cv, calls, aht):
    padded = np.concatenate([calls, np.zeros(400)])
    load = offered_load(padded, interval_s=900, aht_s=aht, handling=law, cv=cv)

    assert load.sum() * 900 == pytest.approx(sum(calls) * aht, rel=2e-3, abs=1e-9)
    assert np.all(load >= -1e-9)


@given(calls=days)
def test_short_calls_make_all_methods_the_same(calls):
    loads = [
        offered_load(calls, interval_s=1800, aht_s=1, method=m) for m in ("stationary", "lagged", "infinite_server")
    ]

    top = max(calls) / 1800
    np.testing.assert_allclose(loads[1], loads[0], atol=2e-3 * top + 1e-12)
    np.testing.assert_allclose(loads[2], loads[0], atol=2e-3 * top + 1e-12)


def test_lagged_load_is_the_load_of_one_mean_residual_time_ago():
    load = offered_load([0, 60, 60, 0], interval_s=1800, aht_s=900, method="lagged")

    np.testing.assert_allclose(load, [0, 15, 30, 15])


@pytest.mark.parametrize("law", ["exponential", "deterministic"])
def test_a_sine_in_small_steps_is_the_sine(law):
    # Cycles of 2,000 s in 10 s steps, long enough after the start.
    turn, edges = 2 * np.pi / 2_000, np.arange(0, 8_001, 10.0)
    calls = 0.5 * 10 + 0.3 * (np.cos(turn * edges[:-1]) - np.cos(turn * edges[1:])) / turn
    times = np.array([6_000.0, 6_500.0, 7_300.0])

    steps = offered_load_at(times, calls, interval_s=10, aht_s=300, handling=law)
    sine = sinusoidal_load(times, mean_rate=0.5, amplitude=0.3, frequency=turn, aht=300, handling=law)
    np.testing.assert_allclose(steps, sine, rtol=1e-4)


def test_the_days_of_a_week_go_abreast():
    week = np.arange(14.0).reshape(7, 2)

    assert offered_load(week, interval_s=1800, aht_s=180).shape == (7, 2)
    np.testing.assert_allclose(
        offered_load(week, interval_s=1800, aht_s=180)[3],
        offered_load(week[3], interval_s=1800, aht_s=180),
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("method", {"method": "guess"}),
        ("handling", {"handling": "gamma"}),
        ("cv", {"handling": "lognormal", "cv": 0.0}),
        ("aht_s", {"aht_s": 0}),
        ("calls", {"calls": [-1.0]}),
        ("calls", {"calls": 5.0}),
    ],
)
def test_what_it_does_not_know_is_refused_by_name(name, change):
    case = {"calls": [1.0], "interval_s": 1800, "aht_s": 180} | change
    with pytest.raises(BadFigure, match=f"^{name} is"):
        offered_load(case.pop("calls"), **case)
