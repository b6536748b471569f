"""Rates drawn to the common one as far as each kind's own evidence is thin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.fit.pooling import multipliers

COUNTS = st.lists(st.tuples(st.integers(0, 500), st.floats(0.5, 500)), min_size=2, max_size=12)


@given(COUNTS)
def test_a_multiplier_lies_between_the_common_rate_and_the_kinds_own(counts):
    events, expected = np.array(counts, np.float64).T
    found = multipliers(events, expected)
    own = events / expected
    common = events.sum() / expected.sum() if events.sum() else 1.0

    assert (found >= np.minimum(own, common) - 1e-9).all()
    assert (found <= np.maximum(own, common) + 1e-9).all()


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_the_kinds_is_nothing(counts, chance):
    order = list(range(len(counts)))
    chance.shuffle(order)
    events, expected = np.array(counts, np.float64).T

    assert multipliers(events[order], expected[order]) == pytest.approx(multipliers(events, expected)[order])


def test_of_kinds_with_spread_rates_the_pooled_ones_lie_nearer_the_truth():
    rng = np.random.default_rng(5)
    truth = rng.gamma(6, 1 / 6, 200)
    expected = rng.gamma(1, 8, 200) + 0.5
    events = rng.poisson(truth * expected).astype(np.float64)
    pooled, own = multipliers(events, expected), events / expected

    assert ((pooled - truth) ** 2).mean() < 0.5 * ((own - truth) ** 2).mean()
    assert ((pooled - truth) ** 2).mean() < ((1.0 - truth) ** 2).mean()


def test_kinds_that_are_alike_share_one_rate():
    rng = np.random.default_rng(6)
    alike = [float(np.ptp(multipliers(rng.poisson(20, 8).astype(np.float64), np.full(8, 20.0)))) for _ in range(50)]

    assert np.median(alike) < 0.15
