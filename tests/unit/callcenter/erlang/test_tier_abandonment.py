"""Tiers that hang up: against Erlang A, against whole chains, and in balance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.erlang import SearchEnded, erlang_a, tier_losses, tier_waits
from tests.unit.callcenter.erlang.chains import shares

tiers = st.lists(st.floats(0.05, 10), min_size=1, max_size=4)


@settings(max_examples=40)
@given(load=st.floats(0.1, 60), n=st.integers(1, 50), patience=st.floats(10, 2_000), t=st.floats(0.01, 300))
def test_one_tier_is_plain_erlang_a(load, n, patience, t):
    case = {"agents": n, "aht_s": 180, "patience_s": patience, "within_s": t}
    found, plain = tier_losses(load_erl=[load], **case), erlang_a(load_erl=load, **case)

    for name in ("p_abandon", "p_served_within_t", "mean_wait_all", "mean_wait_served", "mean_queue"):
        value = float(getattr(plain, name))
        # A small share is a difference of larger ones.
        assert float(getattr(found, name)[0]) == pytest.approx(value, rel=1e-9, abs=1e-11), name


@settings(max_examples=40)
@given(loads=tiers, n=st.integers(1, 40), patience=st.floats(20, 1_000))
def test_together_the_tiers_are_erlang_a_and_a_higher_one_never_fares_worse(loads, n, patience):
    case = {"agents": n, "aht_s": 180, "patience_s": patience, "within_s": 20}
    found, plain = tier_losses(load_erl=loads, **case), erlang_a(load_erl=sum(loads), **case)

    assert float(found.p_wait) == pytest.approx(float(plain.p_wait), rel=1e-10)
    assert float(found.mean_queue.sum()) == pytest.approx(float(plain.mean_queue), rel=1e-9)
    assert float(found.occupancy) == pytest.approx(float(plain.occupancy), rel=1e-10)
    assert np.all(np.diff(found.p_abandon) > -1e-12)
    assert np.all(np.diff(found.p_served_within_t) < 1e-10)


def whole_chain(loads, n, thetas, size=70):
    """Return each tier's mean queue and P(wait) from the whole chain of two queues, μ = 1."""
    states = [(k, 0, 0) for k in range(n)] + [(n, i, j) for i in range(size) for j in range(size)]

    def moves(state):
        k, i, j = state
        if k < n:
            return [((k + 1, 0, 0), sum(loads)), ((k - 1, 0, 0), k)]
        after = (n, i - 1, j) if i else (n, i, j - 1) if j else (n - 1, 0, 0)
        arrivals = [((n, i + 1, j), loads[0]), ((n, i, j + 1), loads[1])]
        return [*arrivals, ((n, i - 1, j), i * thetas[0]), ((n, i, j - 1), j * thetas[1]), (after, n)]

    share = shares(states, moves)
    queues = np.array([[i, j] for _, i, j in states])
    return share @ queues, share[[k == n for k, _, _ in states]].sum()


@pytest.mark.parametrize("thetas", [(0.7, 0.7), (2.0, 0.5), (0.5, 2.0)])
def test_two_tiers_agree_with_the_whole_chain(thetas):
    loads, n = [1.4, 2.1], 3
    queue, wait = whole_chain(loads, n, thetas, size=38)
    found = tier_losses(load_erl=loads, agents=n, aht_s=1, patience_s=1 / np.array(thetas))

    np.testing.assert_allclose(found.mean_queue, queue, rtol=1e-9)
    assert float(found.p_wait) == pytest.approx(wait, rel=1e-10)


@settings(max_examples=15)
@given(loads=st.tuples(st.floats(0.2, 8), st.floats(0.2, 8)), n=st.integers(1, 12))
def test_two_almost_equal_patiences_are_one(loads, n):
    case = {"load_erl": loads, "agents": n, "aht_s": 180, "within_s": 20}
    one = tier_losses(**case, patience_s=200)
    two = tier_losses(**case, patience_s=[200, 200 * (1 + 1e-12)])

    np.testing.assert_allclose(two.mean_wait_all, one.mean_wait_all, rtol=1e-8)
    assert float(two.p_wait) == pytest.approx(float(one.p_wait), rel=1e-9)
    assert two.p_served_within_t[0] == pytest.approx(one.p_served_within_t[0], rel=1e-9)
    np.testing.assert_allclose(two.p_served_within_t, one.p_served_within_t, rtol=1e-8)
    np.testing.assert_allclose(two.mean_wait_served, one.mean_wait_served, rtol=1e-7)


def test_three_almost_equal_patiences_are_one():
    case = {"load_erl": [2.0, 3.0, 4.0], "agents": 8, "aht_s": 180, "within_s": [10, 20, 60]}
    one = tier_losses(**case, patience_s=120).plain()
    three = tier_losses(**case, patience_s=[120, 120 * (1 + 1e-12), 120]).plain()

    for name, figure in one.items():
        np.testing.assert_allclose(three[name], figure, rtol=1e-7, err_msg=name)


@settings(max_examples=10, deadline=None)
@given(
    loads=st.lists(st.floats(0.2, 3), min_size=2, max_size=3),
    n=st.integers(1, 8),
    patience=st.lists(st.floats(60, 600), min_size=3, max_size=3),
    t=st.floats(0, 300),
)
def test_with_a_patience_each_the_balances_hold(loads, n, patience, t):
    """Who hangs up did so at the rate of his patience; served and lost are all; nobody above sees those below."""
    mine = patience[: len(loads)]
    found = tier_losses(load_erl=loads, agents=n, aht_s=180, patience_s=mine, within_s=t)

    np.testing.assert_allclose(found.p_abandon * mine, found.mean_wait_all, rtol=1e-9)
    served = 1 - found.p_abandon
    whole = served * found.mean_wait_served + found.p_abandon * found.mean_wait_abandoned
    np.testing.assert_allclose(whole, found.mean_wait_all, rtol=1e-9)
    assert float(found.occupancy) == pytest.approx(float(np.dot(loads, served)) / n, rel=1e-9)
    assert np.all(found.p_served_within_t <= served + 1e-12)
    assert np.all(found.p_served_within_t >= 1 - float(found.p_wait) - 1e-12)


def test_every_share_within_the_limit_grows_to_the_share_served():
    case = {"load_erl": [1.0, 1.0, 1.0], "agents": 3, "aht_s": 180, "patience_s": [60, 240, 120]}
    shares = [tier_losses(**case, within_s=t).p_served_within_t for t in (0, 20, 80, 3_000)]

    assert np.all(np.diff(shares, axis=0) > 0)
    np.testing.assert_allclose(shares[-1], 1 - tier_losses(**case).p_abandon, rtol=1e-6)


def test_the_share_within_the_limit_agrees_with_the_chain_ahead_stepped_through_time():
    """The caller's own chain, by uniformization: calls ahead come, are answered, hang up; so may he."""
    n, above, own, theta, t = 4.0, 1.5, 1.7, 0.6, 0.45
    size = 80
    weights = np.cumprod([1.0] + [(above + own) / (n + j * theta) for j in range(1, size)])
    state = np.zeros(size + 2)  # 0 answered, 1 hung up, k + 2: k ahead
    state[2:] = weights / weights.sum()
    rate = above + n + size * theta
    step = np.eye(size + 2)
    for k in range(size):
        moves = [(max(k + 1, 0) if k else 0, n + k * theta), (min(k + 3, size + 1), above), (1, theta)]
        for to, speed in moves:
            step[k + 2, to] += speed / rate
            step[k + 2, k + 2] -= speed / rate
    answered, weight = 0.0, np.exp(-rate * t)
    for k in range(400):
        answered += weight * state[0]
        state, weight = state @ step, weight * rate * t / (k + 1)

    found = tier_losses(load_erl=[above, own], agents=4, aht_s=1, patience_s=1 / theta, within_s=t)
    given_wait = (found.p_served_within_t[1] - (1 - found.p_wait)) / found.p_wait
    assert float(given_wait) == pytest.approx(answered, abs=1e-10)


def test_long_patience_is_the_tiers_that_never_hang_up():
    case = {"load_erl": [2, 5, 1], "agents": 11, "aht_s": 180, "within_s": 20}
    calm, patient = tier_waits(**case), tier_losses(**case, patience_s=1e10)

    np.testing.assert_allclose(patient.p_served_within_t, calm.service_level, atol=1e-7)
    np.testing.assert_allclose(patient.mean_wait_served, calm.mean_wait, rtol=1e-5)


def test_a_tier_without_calls_gets_what_one_rare_call_would_meet():
    case = {"agents": 9, "aht_s": 180, "patience_s": 120, "within_s": 20}
    empty = tier_losses(load_erl=[3, 0, 6], **case)
    rare = tier_losses(load_erl=[3, 1e-7, 6], **case)

    np.testing.assert_allclose(empty.p_abandon, rare.p_abandon, rtol=1e-5)
    assert np.all(np.isfinite(empty.p_abandon))


def test_queues_too_long_for_a_patience_each_are_given_up_by_name():
    with pytest.raises(SearchEnded, match="waiting calls in every tier"):
        tier_losses(load_erl=[40, 40, 40], agents=100, aht_s=10, patience_s=[100, 200, 300])
