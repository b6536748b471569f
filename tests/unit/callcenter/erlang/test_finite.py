"""Bounded waiting places: between Erlang B and the endless queues."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, erlang_a, erlang_b, erlang_c, finite_queue

cases = st.fixed_dictionaries(
    {
        "load_erl": st.floats(0.01, 200),
        "agents": st.integers(1, 150),
        "aht_s": st.floats(10, 1_000),
        "within_s": st.floats(0, 300),
    }
)


@given(case=cases, patience=st.one_of(st.just(np.inf), st.floats(1, 10_000)))
def test_no_places_is_erlang_b(case, patience):
    found = finite_queue(**case, waiting_places=0, patience_s=patience)

    blocked = float(erlang_b(load_erl=case["load_erl"], servers=case["agents"]))
    assert float(found.p_block) == pytest.approx(blocked, rel=1e-12)
    assert found.p_wait == found.p_abandon == found.mean_queue == 0


@given(case=cases, patience=st.floats(5, 2_000))
def test_places_enough_for_all_is_erlang_a(case, patience):
    found = finite_queue(**case, waiting_places=3_000, patience_s=patience)
    wanted = erlang_a(**case, patience_s=patience)

    for name in ("p_wait", "p_abandon", "p_served_within_t", "mean_wait_all", "mean_wait_served", "occupancy"):
        if found.p_block < 1e-14:
            value = float(getattr(wanted, name))
            assert float(getattr(found, name)) == pytest.approx(value, rel=1e-9, abs=1e-12), name


@given(n=st.integers(1, 100), occupancy=st.floats(0.05, 0.9), t=st.floats(0, 300))
def test_endless_patience_and_places_enough_is_erlang_c(n, occupancy, t):
    case = {"load_erl": n * occupancy, "agents": n, "aht_s": 180, "within_s": t}
    found, wanted = finite_queue(**case, waiting_places=2_000), erlang_c(**case)

    assert float(found.p_wait) == pytest.approx(float(wanted.p_wait), rel=1e-10)
    assert float(found.p_served_within_t) == pytest.approx(float(wanted.service_level), abs=1e-12)
    assert float(found.mean_wait_served) == pytest.approx(float(wanted.asa_s), rel=1e-10)


@given(case=cases, places=st.integers(0, 100), patience=st.one_of(st.just(np.inf), st.floats(1, 10_000)))
def test_every_call_ends_once(case, places, patience):
    found = finite_queue(**case, waiting_places=places, patience_s=patience)

    served = case["agents"] * float(found.occupancy) / case["load_erl"]
    assert float(found.p_no_wait + found.p_wait + found.p_block) == pytest.approx(1, abs=1e-12)
    assert served + float(found.p_block + found.p_abandon) == pytest.approx(1, abs=1e-10)
    mixed = served * float(found.mean_wait_served)
    mixed += float(found.p_abandon) * np.nan_to_num(float(found.mean_wait_abandoned))
    assert mixed == pytest.approx(float(found.mean_wait_all), rel=1e-9, abs=1e-290)
    assert found.mean_queue <= places


def test_a_full_house_far_above_saturation_does_not_overflow():
    found = finite_queue(load_erl=1e5, agents=10, waiting_places=1_000, aht_s=180, within_s=20)

    assert float(found.p_block) == pytest.approx(1 - 10 / 1e5, rel=1e-9)
    assert float(found.mean_queue) == pytest.approx(1_000, rel=1e-3)


def test_more_places_than_the_bound_are_refused():
    with pytest.raises(BadFigure, match=r"waiting_places is 1000000\.0: must be at most 200000"):
        finite_queue(load_erl=1, agents=1, waiting_places=1_000_000)


@pytest.mark.parametrize("patience", [60.0, 300.0, np.inf])
def test_with_places_enough_every_service_level_is_erlang_as(patience):
    case = {"load_erl": 9.0, "agents": 10, "aht_s": 180, "patience_s": patience, "within_s": 20}
    bounded, plain = finite_queue(**case, waiting_places=600).plain(), erlang_a(**case).plain()

    for name in (
        "p_served_within_t", "p_wait_le_t_given_served", "sl_excl_abandoned_within_t", "p_virtual_wait_le_t",
        "p_wait_le_t",
    ):  # fmt: skip
        assert bounded[name] == pytest.approx(plain[name], rel=1e-9), name


def test_the_service_levels_of_a_bounded_queue_are_in_the_order_of_their_meaning():
    found = finite_queue(load_erl=12, agents=10, waiting_places=4, aht_s=180, patience_s=60, within_s=20).plain()

    assert found["p_served_within_t"] < found["p_wait_le_t"] < 1 - found["p_block"]
    assert found["p_served_within_t"] < found["p_virtual_wait_le_t"]
    assert found["p_served_within_t"] < found["sl_excl_abandoned_within_t"]


def test_with_endless_patience_the_variance_of_the_wait_is_that_of_erlang_c():
    """Who waits, waits an exponential time of mean 1 / (n - load) handling times; the others not at all."""
    n, load, aht = 6, 5.0, 180.0
    found = finite_queue(load_erl=load, agents=n, waiting_places=4_000, aht_s=aht, within_s=20.0)
    waits = float(erlang_c(load_erl=load, agents=n, aht_s=aht, within_s=20.0).p_wait)
    mean = aht / (n - load)

    assert float(found.var_wait_served) == pytest.approx(waits * 2 * mean**2 - (waits * mean) ** 2, rel=1e-9)
