"""The M/M/n retrial queue: against the whole chain, the single agent's formula, Erlang B and Erlang C."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, SearchEnded, erlang_b, erlang_c, retrial_queue, retrial_single_agent
from tests.unit.callcenter.erlang.chains import shares


def whole_chain(load: float, n: int, retry: float, again: float, longest: int = 120) -> tuple[float, float, float]:
    """Return P(all busy), the mean orbit and the mean number of busy agents from the whole chain, solved densely."""
    states = [(k, j) for k in range(n + 1) for j in range(longest)]

    def moves(state: tuple[int, int]) -> list[tuple[tuple[int, int], float]]:
        k, j = state
        if k < n:
            return [((k - 1, j), float(k)), ((k + 1, j), load), ((k + 1, j - 1), j * retry)]
        return [((k - 1, j), float(k)), ((k, j + 1), load * again), ((k, j - 1), j * retry * (1 - again))]

    share = shares(states, moves)
    busy, orbit = np.array(states).T
    return float(share[busy == n].sum()), float(share @ orbit), float(share @ busy)


@settings(max_examples=12, deadline=None)
@given(n=st.integers(1, 4), rho=st.floats(0.1, 0.8), retry=st.floats(0.2, 5), again=st.floats(0, 1))
def test_it_agrees_with_the_whole_chain(n, rho, retry, again):
    full, orbit, busy = whole_chain(rho * n, n, retry, again)
    found = retrial_queue(load_erl=rho * n, agents=n, redial_s=1 / retry, redial_share=again)

    assert float(found.p_wait) == pytest.approx(full, rel=1e-7, abs=1e-12)
    assert float(found.mean_orbit) == pytest.approx(orbit, rel=1e-6, abs=1e-10)
    assert float(found.occupancy) == pytest.approx(busy / n, rel=1e-7)


@given(load=st.floats(0.01, 0.95), gap=st.floats(0.05, 20))
@settings(max_examples=25, deadline=None)
def test_one_agent_is_the_published_formula(load, gap):
    found = retrial_queue(load_erl=load, agents=1, redial_s=gap)

    assert float(found.mean_orbit) == pytest.approx(
        float(retrial_single_agent(load_erl=load, redial_aht=gap)), rel=1e-8
    )
    assert float(found.p_wait) == pytest.approx(load, rel=1e-9)


def test_who_never_tries_again_is_erlang_b_and_who_tries_at_once_is_erlang_c():
    lost = retrial_queue(load_erl=9, agents=10, redial_s=1, redial_share=0)
    at_once = retrial_queue(load_erl=9, agents=10, redial_s=1e-4)
    queue = erlang_c(load_erl=9, agents=10, aht_s=1)

    assert float(lost.p_lost) == pytest.approx(float(erlang_b(load_erl=9, servers=10)), rel=1e-12)
    assert float(at_once.p_wait) == pytest.approx(float(queue.p_wait), rel=1e-3)
    assert float(at_once.mean_orbit) == pytest.approx(float(queue.mean_queue), rel=1e-3)


def test_everybody_is_served_where_everybody_tries_again_even_near_saturation():
    found = retrial_queue(load_erl=49.5, agents=50, redial_s=600, aht_s=180)

    assert float(found.occupancy) == pytest.approx(0.99, rel=1e-10)
    assert float(found.p_lost) == 0.0


def test_without_room_there_is_no_steady_state_and_none_is_made_up():
    found = retrial_queue(load_erl=[10, 0], agents=10, redial_s=60, aht_s=180).plain()

    assert found["stable"] == [False, True]
    assert found["mean_orbit"] == [None, 0.0]
    with pytest.raises(BadFigure, match="redial_share"):
        retrial_queue(load_erl=1, agents=2, redial_s=1, redial_share=1.5)
    with pytest.raises(SearchEnded):
        retrial_queue(load_erl=999.9, agents=1_000, redial_s=1e6)
