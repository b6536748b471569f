"""Tiers with endless patience: means, the whole distribution, and who pays for whom."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, erlang_c, tier_waits

tiers = st.lists(st.floats(0.05, 10), min_size=1, max_size=5)


@given(load=st.floats(0.1, 50), spare=st.integers(1, 20), t=st.floats(0, 300))
def test_one_tier_is_plain_erlang_c(load, spare, t):
    n = int(load) + spare
    case = {"agents": n, "aht_s": 180, "within_s": t}
    found, plain = tier_waits(load_erl=[load], **case), erlang_c(load_erl=load, **case)

    assert float(found.mean_wait[0]) == pytest.approx(float(plain.asa_s), rel=1e-12)
    assert float(found.service_level[0]) == pytest.approx(float(plain.service_level), abs=1e-14)


@given(loads=tiers, spare=st.integers(1, 20), data=st.data())
def test_whoever_goes_first_the_mean_wait_of_all_is_the_same(loads, spare, data):
    n = int(sum(loads)) + spare
    other = data.draw(st.permutations(loads))
    one, two = (tier_waits(load_erl=x, agents=n, aht_s=180) for x in (loads, other))

    overall = float((one.mean_wait * loads).sum() / sum(loads))
    assert float((two.mean_wait * other).sum() / sum(loads)) == pytest.approx(overall, rel=1e-10)
    assert overall == pytest.approx(float(erlang_c(load_erl=sum(loads), agents=n, aht_s=180).asa_s), rel=1e-9)


@given(loads=tiers, spare=st.integers(1, 20), t=st.floats(0, 600))
def test_a_higher_tier_never_fares_worse(loads, spare, t):
    found = tier_waits(load_erl=loads, agents=int(sum(loads)) + spare, aht_s=180, within_s=t)

    assert np.all(np.diff(found.mean_wait) > 0)
    assert np.all(np.diff(found.service_level) <= 1e-12)


@given(loads=tiers, spare=st.integers(1, 5))
def test_the_distribution_has_the_mean_and_spread_that_cobham_and_kella_yechiali_give(loads, spare):
    found = tier_waits(load_erl=loads, agents=int(sum(loads)) + spare, aht_s=1)
    # Integrate the tail over a wide grid in log time, tier by tier.
    x = np.linspace(-30, 7, 2_001)[:, None]
    t = np.exp(x) * found.mean_wait / found.p_wait
    grid = tier_waits(load_erl=loads, agents=int(sum(loads)) + spare, aht_s=1, within_s=t)
    late = 1 - grid.service_level

    mean = np.trapezoid(late * t, x, axis=0)
    square = np.trapezoid(2 * late * t * t, x, axis=0)
    np.testing.assert_allclose(mean, found.mean_wait, rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(square - mean**2), found.sd_wait, rtol=1e-4)


def test_the_second_tier_waits_a_busy_period_for_each_call_ahead():
    """An independent road: the count ahead as a chain, stepped by uniformization."""
    m, above, own, t = 10.0, 4.0, 3.0, 0.7
    size, rate = 400, m + above
    reach = np.zeros(size + 1)  # 0: answered, k: k - 1 ahead
    ratio = (above + own) / m
    reach[1:] = (1 - ratio) * ratio ** np.arange(size)
    step = np.zeros((size + 1, size + 1))
    step[0, 0] = 1
    for k in range(1, size + 1):
        step[k, k - 1] = m / rate
        step[k, min(k + 1, size)] += above / rate
    answered, weight = 0.0, np.exp(-rate * t)
    for k in range(200):
        answered += weight * reach[0]
        reach, weight = reach @ step, weight * rate * t / (k + 1)

    found = tier_waits(load_erl=[above, own], agents=m, aht_s=1.0, within_s=[0.0, t / 1.0])
    given_wait = 1 - (1 - found.service_level[1]) / found.p_wait
    # Agents come free 10 a time unit while all are busy: 10 agents, one unit each.
    assert float(given_wait) == pytest.approx(answered, abs=1e-12)


def test_a_tier_beyond_saturation_starves_and_those_above_do_not():
    found = tier_waits(load_erl=[4, 5, 3], agents=10, aht_s=180, within_s=20)

    assert found.stable.tolist() == [True, True, False]
    assert float(found.p_wait) == 1
    assert found.mean_wait[1] == pytest.approx(18 / (0.6 * 0.1))
    assert (found.mean_wait[2], found.service_level[2]) == (np.inf, 0)


def test_no_calls_at_all_and_cases_side_by_side():
    found = tier_waits(load_erl=[[0, 0], [2, 3]], agents=[0, 8], aht_s=180, within_s=[20, 60])

    assert found.mean_wait[0].tolist() == [0, 0]
    assert found.service_level.shape == (2, 2)
    assert found.service_level[0].tolist() == [1, 1]


def test_tiers_need_an_axis():
    with pytest.raises(BadFigure, match="one load per tier"):
        tier_waits(load_erl=5, agents=8)
