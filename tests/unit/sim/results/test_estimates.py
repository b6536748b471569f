"""Estimates: intervals that hold what they promise, and verdicts that follow from them."""

import numpy as np
import pytest

from sim.results.estimates import (
    AMOUNT,
    Est,
    Verdict,
    largest,
    mean,
    paired,
    paired_ratio,
    precise_enough,
    ratio,
    replications_wanted,
    student,
    verdict,
)

REPETITIONS = 1_000
RNG_SEED = 20260302


def coverage(make, truth: float, repetitions: int = REPETITIONS) -> float:
    """Return how often the interval holds the truth."""
    found = [make() for _ in range(repetitions)]
    return sum(est.ci_low <= truth <= est.ci_high for est in found) / repetitions


def test_the_interval_of_a_mean_covers_it_95_times_in_100():
    rng = np.random.default_rng(RNG_SEED)

    assert 0.93 <= coverage(lambda: mean(rng.normal(3, 2, 12)), 3) <= 0.97


def test_the_interval_of_a_ratio_covers_it_when_busy_days_are_bad_days():
    rng = np.random.default_rng(RNG_SEED)

    def share_met(busy):
        return 0.8 / np.maximum(busy, 0.81)

    def make():
        busy = rng.gamma(25, 1 / 25, 20)
        calls = rng.poisson(200 * busy)
        return ratio(rng.binomial(calls, share_met(busy)), calls)

    many = rng.gamma(25, 1 / 25, 2_000_000)

    assert 0.93 <= coverage(make, (many * share_met(many)).sum() / many.sum()) <= 0.97


def test_the_mean_of_daily_ratios_would_be_wrong_there():
    """Why the ratio of means: quiet days would count like busy ones."""
    assert ratio([90, 10], [100, 50]).mean == pytest.approx(100 / 150)


def test_the_interval_of_a_paired_difference_covers_it():
    rng = np.random.default_rng(RNG_SEED)

    def make():
        day = rng.normal(0, 5, 15)
        return paired(day + 1 + rng.normal(0, 1, 15), day + rng.normal(0, 1, 15))

    assert 0.93 <= coverage(make, 1.0) <= 0.97


def test_common_random_numbers_make_a_difference_narrower():
    rng = np.random.default_rng(RNG_SEED)
    calls = rng.poisson(1_000, 20)
    good = rng.binomial(calls, 0.8)
    better = good + rng.binomial(calls - good, 0.1)
    difference = paired_ratio(better, calls, good, calls)

    assert difference.ci_low > 0
    assert difference.half_width < ratio(good, calls).half_width + ratio(better, calls).half_width


def test_nothing_to_count_is_none_and_one_replication_has_no_bounds():
    assert mean([]) is None
    assert mean([None, float("nan")]) is None
    assert ratio([0, 0], [0, 0]) is None
    assert largest([[], []]) is None
    assert mean([4.0]) == Est(4.0)
    assert ratio([1], [2]) == Est(0.5)
    assert largest([[1.0, 2.0], [4.0], []]) == Est(3.0)


def test_bounds_of_a_share_stay_between_0_and_1():
    est = ratio([10, 10, 9], [10, 10, 10])

    assert est.ci_high == 1.0
    assert ratio([10, 10, 9], [10, 10, 10], AMOUNT).ci_high > 1


def test_a_verdict_needs_the_whole_interval_on_one_side():
    assert verdict(Est(0.92, 0.90, 0.94), 0.90) is Verdict.YES
    assert verdict(Est(0.88, 0.86, 0.89), 0.90) is Verdict.NO
    assert verdict(Est(0.90, 0.88, 0.92), 0.90) is Verdict.UNDECIDED
    assert verdict(Est(0.99), 0.90) is Verdict.UNDECIDED
    assert verdict(None, 0.90) is Verdict.UNDECIDED


def test_a_sequential_run_ends_with_the_precision_asked_for():
    rng = np.random.default_rng(RNG_SEED)
    values = rng.normal(0.8, 0.03, 5_000)
    n = 10
    for _ in range(20):
        wanted = replications_wanted([mean(values[:n])], 0.005, n, most=5_000)
        if wanted == n:
            break
        assert n < wanted <= 3 * n
        n = wanted

    assert precise_enough([mean(values[:n])], 0.005, n)
    assert 100 <= n <= 400


def test_a_sequential_run_stops_at_the_most():
    assert replications_wanted([Est(0.5, 0.0, 1.0)], 0.001, 40, most=50) == 50
    assert replications_wanted([Est(0.5, 0.0, 1.0)], 0.001, 50, most=50) == 50


def test_a_few_lucky_replications_do_not_stop_it():
    assert not precise_enough([Est(1.0, 1.0, 1.0)], 0.01, 3)
    assert replications_wanted([Est(1.0, 1.0, 1.0)], 0.01, 3, most=100) == 10


@pytest.mark.parametrize(("replications", "tabled"), [(2, 12.706), (3, 4.303), (5, 2.776), (10, 2.262), (31, 2.042)])
def test_students_quantile_is_the_tables_with_one_degree_of_freedom_fewer_than_replications(replications, tabled):
    """Any table of Student's distribution, two-sided 95 %."""
    assert student(replications) == pytest.approx(tabled, abs=5e-4)


def test_an_interval_is_students_quantile_times_the_standard_error():
    """By hand: mean 3, sum of squares 10, so the variance is 2.5, the standard error √(2.5/5), and t(4) is 2.776."""
    found = mean([1, 2, 3, 4, 5])

    assert found.mean == 3
    assert found.ci_high - 3 == pytest.approx(2.7764 * (2.5 / 5) ** 0.5, rel=1e-4)


@pytest.mark.parametrize("bounds", [(None, None), (None, 2.0), (0.0, None)])
def test_an_interval_that_is_open_at_one_end_has_no_width(bounds: tuple[float | None, float | None]):
    assert Est(1.0, *bounds).half_width is None
