"""The square-root rule and its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import (
    BadFigure,
    erlang_a,
    erlang_c,
    garnett_p_wait,
    halfin_whitt_beta,
    halfin_whitt_p_wait,
    square_root_agents,
    staff_erlang_a,
    staff_erlang_c,
)
from callcenter.erlang.square_root import agents_for_level


@given(p=st.floats(1e-12, 0.999))
def test_beta_and_the_waiting_share_undo_each_other(p):
    assert float(halfin_whitt_p_wait(halfin_whitt_beta(p))) == pytest.approx(p, rel=1e-9)


@given(load=st.floats(3, 5_000), p=st.floats(0.05, 0.9))
def test_the_rule_is_within_an_agent_of_the_exact_answer(load, p):
    rule = float(square_root_agents(load_erl=load, max_p_wait=p))

    assert abs(int(staff_erlang_c(load_erl=load, max_p_wait=p)) - np.ceil(rule)) <= 1


def test_a_big_centre_waits_as_the_limits_say():
    n, beta = 100_000, np.array([0.2, 1.0, 2.0])
    load = n - beta * np.sqrt(n)
    c = erlang_c(load_erl=load, agents=n).p_wait
    a = erlang_a(load_erl=load, agents=n, patience_s=0.5).p_wait

    np.testing.assert_allclose(c, halfin_whitt_p_wait(beta), rtol=1e-2)
    np.testing.assert_allclose(a, garnett_p_wait(beta, 0.5), rtol=1e-2)


def test_garnett_goes_on_below_the_load():
    assert float(garnett_p_wait(-5, 1)) == pytest.approx(1, abs=1e-6)
    assert 0 <= float(garnett_p_wait(40, 1)) < 1e-100


def test_where_callers_hang_up_a_search_begins_at_its_answer_to_an_agent_in_most_cases():
    chance = np.random.Generator(np.random.PCG64(1))
    load, ratio = np.exp(chance.uniform(np.log(2), np.log(5_000), 2_000)), chance.uniform(0.1, 3, 2_000)
    limit, level = chance.uniform(0.01, 0.2, 2_000), chance.uniform(0.5, 0.97, 2_000)
    begins = np.ceil(agents_for_level(load, ratio, limit, level))
    answers = staff_erlang_a(load_erl=load, patience_s=ratio, within_s=limit * ratio, service_level=level)

    assert np.mean(np.abs(answers - begins) <= 1) > 0.6


def test_no_spare_agents_have_no_limit_in_erlang_c():
    with pytest.raises(BadFigure, match="beta is 0"):
        halfin_whitt_p_wait(0)
    with pytest.raises(BadFigure, match="beta is nan"):
        garnett_p_wait(float("nan"), 1)
