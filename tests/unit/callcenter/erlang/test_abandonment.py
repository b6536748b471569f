"""Erlang A: against 60-digit sums, at its limits, and in balance."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, erlang_a, erlang_b, erlang_c

cases = st.fixed_dictionaries(
    {
        "load_erl": st.floats(0.01, 300),
        "agents": st.integers(1, 250),
        "aht_s": st.floats(1, 3_600),
        "patience_s": st.floats(0.5, 36_000),
        "within_s": st.floats(0, 600),
    }
)


def _kummer(c, x):
    """Return the sum of x^k / (c (c+1) ... (c+k)), all terms positive."""
    total, term, k = Decimal(0), 1 / c, 0
    while k < x - c or term > total * Decimal(10) ** -55:
        total, k = total + term, k + 1
        term = term * x / (c + k)
    return total


def by_sums(load, n, aht, patience, t):
    """Return the figures by Palm's series in 60 digits: another road than the integrals."""
    with localcontext() as context:
        context.prec, context.Emin, context.Emax = 60, -(10**9), 10**9
        load, aht, patience, t = (Decimal(x) for x in (load, aht, patience, t))
        b = Decimal(1)
        for k in range(1, n + 1):
            b = load * b / (k + load * b)
        c, x, y = n * patience / aht, load * patience / aht, (-t / patience).exp()

        def area(shape, top):
            return top**shape * (x * (1 - top)).exp() * _kummer(shape, x * top)

        one = Decimal(1)
        whole, alive = area(c, one), area(c + 1, one)
        whole_late, alive_late = area(c, y), area(c + 1, y)
        wait = b * c * whole / (1 - b + b * c * whole)
        lost = wait * (whole - alive) / whole
        within = 1 - wait + wait * (alive - alive_late) / whole
        lost_within = wait * (whole - alive - (whole_late - alive_late) + (1 - y) * whole_late) / whole
        return {
            "p_wait": wait,
            "p_abandon": lost,
            "p_served_within_t": within,
            "p_wait_le_t_given_served": within / (1 - lost),
            "sl_excl_abandoned_within_t": within / (1 - lost_within),
            "p_virtual_wait_le_t": 1 - wait * whole_late / whole,
            "mean_wait_all": lost * patience,
            "occupancy": load * (1 - lost) / n,
        }


@pytest.mark.parametrize("load", [0.4, 9.0, 60.0])
@pytest.mark.parametrize("agents", [1, 10, 70])
@pytest.mark.parametrize("patience", [0.01, 20.0, 300.0, 50_000.0])
@pytest.mark.parametrize("t", [0.0, 20.0])
def test_it_agrees_with_60_digit_sums(load, agents, patience, t):
    exact = by_sums(load, agents, 180, patience, t)
    found = erlang_a(load_erl=load, agents=agents, aht_s=180, patience_s=patience, within_s=t)

    for name, value in exact.items():
        assert float(getattr(found, name)) == pytest.approx(float(value), rel=2e-12, abs=2e-14), name


@given(case=cases)
def test_what_comes_in_goes_out(case):
    found = erlang_a(**case)
    load, aht, patience = case["load_erl"], case["aht_s"], case["patience_s"]

    served, lost = 1 - float(found.p_abandon), float(found.p_abandon)
    assert float(found.mean_queue) == pytest.approx(load / aht * float(found.mean_wait_all), rel=1e-12)
    assert lost == pytest.approx(float(found.mean_wait_all) / patience, rel=1e-12)
    assert float(found.occupancy) * case["agents"] == pytest.approx(load * served, rel=1e-9, abs=1e-12)
    mixed = served * float(found.mean_wait_served) + lost * np.nan_to_num(float(found.mean_wait_abandoned))
    assert mixed == pytest.approx(float(found.mean_wait_all), rel=1e-10, abs=1e-290)


@given(case=cases)
def test_the_balance_of_the_chain_holds(case):
    """Flow over each cut: λ P(all busy) = n μ P(more than n) + θ E(queue), by way of Erlang B."""
    n, load = case["agents"], case["load_erl"]
    found = erlang_a(**case)
    wait = float(found.p_wait)
    blocked = float(erlang_b(load_erl=load, servers=n))
    just_busy = (1 - wait) * blocked / (1 - blocked)

    gone = load * float(found.p_abandon)
    assert gone + n * (wait - just_busy) == pytest.approx(load * wait, rel=1e-7, abs=1e-10)


@given(case=cases)
def test_the_four_service_levels_are_in_order(case):
    found = erlang_a(**case)

    lowest, net = found.p_served_within_t, found.sl_excl_abandoned_within_t
    assert 0 <= lowest <= net + 1e-14
    assert lowest <= found.p_wait_le_t_given_served <= 1
    assert lowest <= found.p_virtual_wait_le_t + 1e-14
    assert net <= 1


@given(case=cases)
def test_every_figure_improves_with_an_agent(case):
    n = case.pop("agents")
    found = erlang_a(**case, agents=[n, n + 1])

    for name in ("p_wait", "p_abandon", "mean_wait_all", "mean_wait_served", "mean_queue", "occupancy"):
        worse, better = getattr(found, name)
        assert better <= worse * (1 + 1e-11), name
    for name in ("p_served_within_t", "p_virtual_wait_le_t", "sl_excl_abandoned_within_t"):
        worse, better = getattr(found, name)
        assert better >= worse - 1e-13, name
    worse, better = found.p_wait_le_t_given_served
    assert better >= worse - 1e-12


@given(n=st.integers(1, 200), occupancy=st.floats(0.05, 0.95), t=st.floats(0, 300))
def test_endless_patience_is_erlang_c(n, occupancy, t):
    case = {"load_erl": n * occupancy, "agents": n, "aht_s": 180, "within_s": t}
    c = erlang_c(**case)

    for patience in (1e13, np.inf):
        a = erlang_a(**case, patience_s=patience)
        assert float(a.p_wait) == pytest.approx(float(c.p_wait), rel=1e-7)
        assert float(a.service_level) == pytest.approx(float(c.service_level), abs=1e-8)
        assert float(a.asa_s) == pytest.approx(float(c.asa_s), rel=1e-6)


@given(n=st.integers(1, 200), load=st.floats(0.1, 400))
def test_no_patience_is_erlang_b(n, load):
    a = erlang_a(load_erl=load, agents=n, aht_s=180, patience_s=1e-9)

    assert float(a.p_abandon) == pytest.approx(float(erlang_b(load_erl=load, servers=n)), rel=1e-6)


def test_far_above_saturation_it_is_the_fluid():
    found = erlang_a(load_erl=1e5, agents=[10_000, 50_000], aht_s=300, patience_s=300, within_s=20)

    np.testing.assert_allclose(found.p_abandon, [0.9, 0.5], rtol=1e-12)
    np.testing.assert_allclose(found.mean_wait_served, 300 * np.log([10, 2]), rtol=1e-3)
    np.testing.assert_allclose(found.occupancy, 1)


@given(n=st.integers(1_000, 100_000), beta=st.floats(-3, 3))
def test_big_centres_give_plain_figures(n, beta):
    found = erlang_a(load_erl=n - beta * n**0.5, agents=n, aht_s=300, patience_s=120, within_s=20)

    assert all(0 <= value < 1e4 or name == "mean_queue" for name, value in found.plain().items())


def test_the_ends_are_defined():
    nobody = erlang_a(load_erl=3, agents=0, aht_s=180, patience_s=60, within_s=20).plain()
    no_calls = erlang_a(load_erl=0, agents=[0, 5], aht_s=180, patience_s=60, within_s=20)
    endless = erlang_a(load_erl=10, agents=10, aht_s=180, patience_s=np.inf, within_s=20).plain()

    assert (nobody["p_abandon"], nobody["mean_wait_all"], nobody["asa_s"]) == (1, 60, None)
    assert no_calls.p_wait.tolist() == no_calls.p_abandon.tolist() == no_calls.occupancy.tolist() == [0, 0]
    assert no_calls.service_level.tolist() == [1, 1]
    assert (endless["stable"], endless["asa_s"], endless["service_level"]) == (False, None, 0)


@given(case=cases)
def test_a_case_alone_and_among_others_is_the_same(case):
    assume(case["load_erl"] > 0)
    others = {name: np.array([1.0, value, 7.0]) for name, value in case.items()}
    alone, among = erlang_a(**case), erlang_a(**others)

    for name in alone.plain():
        np.testing.assert_allclose(getattr(among, name)[1], getattr(alone, name), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("patience", [0, -1, float("nan")])
def test_patience_must_be_more_than_nothing(patience):
    with pytest.raises(BadFigure, match="patience_s is"):
        erlang_a(load_erl=3, agents=4, aht_s=180, patience_s=patience)
