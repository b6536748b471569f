"""Erlang C: its ends, its balance, its percentiles."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, erlang_b, erlang_c, offered_erl, wait_percentile

agents = st.integers(1, 300)
shares = st.floats(0.01, 0.99)


@given(n=agents, occupancy=shares)
def test_the_mean_queue_is_arrivals_times_the_mean_wait(n, occupancy):
    found = erlang_c(load_erl=n * occupancy, agents=n, aht_s=180)

    assert float(found.mean_queue) == pytest.approx(n * occupancy / 180 * float(found.asa_s), rel=1e-12)


@given(n=agents, occupancy=shares)
def test_more_wait_than_would_be_blocked(n, occupancy):
    found = erlang_c(load_erl=n * occupancy, agents=n)
    blocked = float(erlang_b(load_erl=n * occupancy, servers=n))

    assert blocked <= float(found.p_wait) <= 1
    assert float(found.p_wait) == pytest.approx(blocked / (1 - occupancy * (1 - blocked)), rel=1e-9)


@given(n=agents, occupancy=shares, t=st.floats(0, 600))
def test_every_figure_improves_with_an_agent(n, occupancy, t):
    found = erlang_c(load_erl=n * occupancy, agents=[n, n + 1], aht_s=180, within_s=t)

    assert found.p_wait[1] <= found.p_wait[0]
    assert found.service_level[1] >= found.service_level[0]
    assert found.asa_s[1] <= found.asa_s[0]
    assert found.occupancy[1] < found.occupancy[0]


@pytest.mark.parametrize("n", [0, 1, 9, 10])
def test_at_and_above_saturation_nothing_is_answered_in_time_and_nothing_is_raised(n):
    found = erlang_c(load_erl=10, agents=n, aht_s=180, within_s=20)

    assert found.plain() == {
        "p_wait": 1.0,
        "service_level": 0.0,
        "asa_s": None,
        "mean_queue": None,
        "occupancy": 1.0,
        "stable": False,
    }
    assert math.isinf(found.asa_s)


@pytest.mark.parametrize("n", [0, 5])
def test_without_calls_nobody_waits_whatever_the_staff(n):
    found = erlang_c(load_erl=0, agents=n, aht_s=180, within_s=20)

    assert found.plain() == {
        "p_wait": 0.0,
        "service_level": 1.0,
        "asa_s": 0.0,
        "mean_queue": 0.0,
        "occupancy": 0.0,
        "stable": True,
    }


def test_shapes_broadcast_and_scalars_stay_scalars():
    grid = erlang_c(load_erl=np.arange(1.0, 4.0)[:, None], agents=[4, 5], aht_s=180, within_s=20)
    one = erlang_c(load_erl=3, agents=4, aht_s=180, within_s=20)

    assert grid.service_level.shape == (3, 2)
    assert one.service_level.shape == ()
    assert grid.service_level[2, 0] == one.service_level


def test_a_hundred_thousand_agents_are_answered_exactly():
    found = erlang_c(load_erl=99_700, agents=100_000, aht_s=300, within_s=20)
    b = 1.0
    for k in range(1, 100_001):
        b = 99_700 * b / (k + 99_700 * b)
    c = 100_000 * b / (100_000 - 99_700 * (1 - b))

    assert float(found.p_wait) == pytest.approx(c, rel=1e-9)


@given(n=agents, occupancy=shares, q=st.floats(0.0, 0.999))
def test_a_percentile_is_where_the_service_level_reaches_it(n, occupancy, q):
    case = {"load_erl": n * occupancy, "agents": n, "aht_s": 180}
    wait = float(wait_percentile(q, **case))
    reached = float(erlang_c(**case, within_s=wait).service_level)

    assert reached >= q - 1e-12 if wait == 0 else reached == pytest.approx(q, abs=1e-12)


def test_percentiles_end_where_the_queue_does():
    assert math.isinf(wait_percentile(0.5, load_erl=10, agents=10, aht_s=180))
    assert float(wait_percentile(0.5, load_erl=0, agents=0, aht_s=180)) == 0
    assert float(wait_percentile(1.0, load_erl=0, agents=3, aht_s=180)) == 0


def test_the_load_is_multiplied_before_it_is_divided():
    assert float(offered_erl(100, interval_s=1800, aht_s=180)) == 10


@pytest.mark.parametrize(
    ("name", "bad"), [("aht_s", 0), ("aht_s", -3), ("within_s", -1), ("agents", -1), ("agents", float("nan"))]
)
def test_a_figure_out_of_range_is_refused_by_name(name, bad):
    with pytest.raises(BadFigure, match=f"{name} is"):
        erlang_c(**{"load_erl": 3, "agents": 4, "aht_s": 180, "within_s": 20} | {name: bad})
