"""Erlang B: the recursion, its inverses, its ends."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, erlang_b, load_for_blocking, servers_for_blocking

loads = st.floats(1e-6, 400.0)


def recursion(load: float, servers: int) -> Fraction:
    """Return Erlang B without any rounding."""
    a, b = Fraction(load), Fraction(1)
    for k in range(1, servers + 1):
        b = a * b / (k + a * b)
    return b


@pytest.mark.parametrize("load", [1e-6, 0.3, 7.0, 31.4, 60.0, 250.0, 9_000.0])
@pytest.mark.parametrize("servers", [0, 1, 5, 17, 40, 64])
def test_it_is_the_exact_recursion_to_the_last_digits(load, servers):
    exact = recursion(load, servers)
    found = Fraction(float(erlang_b(load_erl=load, servers=servers)))

    assert abs(found - exact) < exact / 10**12 + Fraction(1, 10**300)


@pytest.mark.parametrize("servers", [15, 16, 17, 90])
@pytest.mark.parametrize("share", [0.2499, 0.2501, 0.6, 0.999, 1.0, 1.001])
def test_where_one_way_to_it_takes_over_from_another_they_agree(servers, share):
    exact = recursion(servers * share, servers)
    found = Fraction(float(erlang_b(load_erl=servers * share, servers=servers)))

    assert abs(found - exact) < exact / 10**12


def test_the_float_recursion_agrees_at_a_hundred_thousand():
    load = np.array([99_000.0, 100_000.0, 101_000.0, 150_000.0])
    b = np.ones(4)
    for k in range(1, 100_001):
        b = load * b / (k + load * b)

    np.testing.assert_allclose(erlang_b(load_erl=load, servers=100_000), b, rtol=1e-11)


@given(load=loads, servers=st.integers(0, 500))
def test_one_more_server_blocks_by_the_recursion(load, servers):
    fewer, more = erlang_b(load_erl=load, servers=[servers, servers + 1])

    assert more == pytest.approx(load * fewer / (servers + 1 + load * fewer), rel=1e-10, abs=1e-300)
    assert more < fewer or fewer == 0


@given(load=loads, limit=st.floats(1e-9, 0.99))
def test_the_fewest_servers_meet_the_limit_and_one_fewer_does_not(load, limit):
    n = int(servers_for_blocking(load_erl=load, max_blocking=limit))

    assert erlang_b(load_erl=load, servers=n) <= limit
    assert n == 0 or erlang_b(load_erl=load, servers=n - 1) > limit


@given(servers=st.integers(1, 2_000), blocking=st.floats(1e-6, 0.99))
def test_the_load_for_a_blocking_blocks_that_much(servers, blocking):
    load = load_for_blocking(servers=servers, blocking_share=blocking)

    assert float(erlang_b(load_erl=load, servers=servers)) == pytest.approx(blocking, rel=1e-9)


def test_deep_overload_neither_overflows_nor_loses_digits():
    blocked = erlang_b(load_erl=[1e5, 1e5, 1e8], servers=[1, 10, 1_000])
    exact = [recursion(1e5, 1), recursion(1e5, 10), recursion(1e8, 1_000)]

    np.testing.assert_allclose(blocked, [float(b) for b in exact], rtol=1e-15)


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), "many"])
def test_a_load_that_is_none_is_refused_by_name(bad):
    with pytest.raises(BadFigure, match="load_erl is"):
        erlang_b(load_erl=bad, servers=3)


def test_half_a_server_is_refused():
    with pytest.raises(BadFigure, match=r"servers is 2\.5: must be a whole number"):
        erlang_b(load_erl=3, servers=2.5)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(BadFigure, match=r"load_erl \(2,\), servers \(3,\)"):
        erlang_b(load_erl=[1, 2], servers=[1, 2, 3])
