"""Callers who ring again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import (
    BadFigure,
    erlang_a,
    erlang_b,
    redial_after_abandoning,
    redial_after_blocking,
    retrial_single_agent,
)


@given(load=st.floats(0, 200), n=st.integers(1, 150), again=st.floats(0, 0.99))
def test_first_calls_and_repeats_of_the_blocked_add_up(load, n, again):
    total = float(redial_after_blocking(load_erl=load, servers=n, redial_share=again))

    blocked = float(erlang_b(load_erl=total, servers=n))
    assert load + again * blocked * total == pytest.approx(total, rel=1e-9)


@given(load=st.floats(0.01, 200), n=st.integers(1, 150), again=st.floats(0, 0.99), patience=st.floats(10, 2_000))
def test_first_calls_and_repeats_of_those_who_hung_up_add_up(load, n, again, patience):
    case = {"agents": n, "aht_s": 180, "patience_s": patience}
    total = float(redial_after_abandoning(load_erl=load, redial_share=again, **case))

    lost = float(erlang_a(load_erl=total, **case).p_abandon)
    assert load + again * lost * total == pytest.approx(total, rel=1e-8)


def test_if_everybody_rings_again_the_agents_must_be_able_to_serve_them():
    total = redial_after_blocking(load_erl=[9.0, 10.0, 11.0], servers=10, redial_share=1.0)

    assert total.tolist()[1:] == [np.inf, np.inf]
    assert float(total[0] * (1 - erlang_b(load_erl=total[0], servers=10))) == pytest.approx(9)


def test_instant_repeats_leave_the_queue_of_one_agent():
    """Gap 0: those between attempts are the M/M/1 queue."""
    assert float(retrial_single_agent(load_erl=0.5, redial_aht=0)) == pytest.approx(0.5)


def test_a_share_above_one_and_a_full_load_are_refused():
    with pytest.raises(BadFigure, match=r"redial_share is 1\.5"):
        redial_after_blocking(load_erl=1, servers=1, redial_share=1.5)
    with pytest.raises(BadFigure, match=r"load_erl is 1\.0"):
        retrial_single_agent(load_erl=1.0, redial_aht=1)
