"""Quantiles of all calls: intervals that hold what they promise, found in steps as by looking everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.results.estimates import Est
from sim.results.quantiles import _first_reached, quantiles
from tests.unit.sim.results.test_estimates import RNG_SEED, coverage


def quantile(samples, share: float, seed: int = 1) -> Est | None:
    return quantiles(samples, [share], seed=seed)[0]


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_the_interval_of_a_quantile_covers_it(share: float):
    rng = np.random.default_rng(RNG_SEED)

    def waits(days: int, calls: int):
        return [rng.exponential(1, calls) * busy for busy in rng.gamma(25, 1 / 25, days)]

    truth = float(np.quantile(rng.exponential(1, 4_000_000) * rng.gamma(25, 1 / 25, 4_000_000), share))

    assert 0.92 <= coverage(lambda: quantile(waits(30, 300), share), truth, 600) <= 0.97


def test_a_quantile_is_the_same_for_the_same_seed():
    samples = [np.arange(100) * (1 + r / 10) for r in range(10)]

    assert quantile(samples, 0.9, seed=3) == quantile(samples, 0.9, seed=3)
    assert quantile(samples, 0.9, seed=3).mean == np.sort(np.concatenate(samples))[899]


def test_the_interval_of_a_quantile_is_expanded_for_few_replications():
    """Eight replications of one call each: resampled, the median is the least of them in 1.1 % of all draws.

    The plain percentile interval cuts off 2.5 % and begins at the second; Student's share for eight is 0.6 %.
    """
    assert quantile([[float(value)] for value in range(1, 9)], 0.5).ci_low == 1


def test_nothing_to_count_is_none_and_one_replication_has_no_bounds():
    assert quantiles([[], []], [0.5, 0.9], seed=1) == [None, None]
    assert quantile([[1.0, 2.0]], 0.5) == Est(1.0)


def test_a_quantile_is_the_same_whatever_is_asked_for_beside_it():
    samples = [np.arange(100.0) * (1 + r / 10) for r in range(10)]

    assert quantiles(samples, [0.5, 0.9], seed=3, purpose="vip") == [
        quantiles(samples, [share], seed=3, purpose="vip")[0] for share in (0.5, 0.9)
    ]


@given(st.integers(1, 12), st.integers(1, 200), st.floats(0, 1.2), st.integers(0, 2**32 - 1))
def test_where_a_resample_reaches_what_is_wanted_is_found_as_by_looking_at_every_threshold(
    days: int, thresholds: int, share: float, seed: int
):
    rng = np.random.default_rng(seed)
    within = rng.poisson(0.3, (days, thresholds)).cumsum(axis=1).astype(np.float64)
    draws = rng.multinomial(days, np.full(days, 1 / days), size=20).astype(np.float64)
    wanted = share * (draws @ within[:, -1])

    reached = draws @ within >= wanted[:, None]
    by_all = [int(np.argmax(row)) if row.any() else thresholds - 1 for row in reached]

    assert _first_reached(draws, within, wanted).tolist() == by_all
