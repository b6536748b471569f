"""Laws: their quantiles have the mean that is promised, and every time becomes a whole millisecond."""

import math

import numpy as np
import pytest
from scipy import stats

from callcenter.errors import BadInput
from callcenter.scenario import NEVER, Law, LawKind, Rule
from sim.model.laws import (
    NEVER_MS,
    check,
    law_for,
    lognormal_law,
    lognormal_parameters,
    mean_s,
    quantile_s,
    time_s,
    to_ms,
)

U = (np.arange(200_000) + 0.5) / 200_000
K = LawKind
MIXTURE = Law(K.MIXTURE, parts=((0.05, Law(K.DETERMINISTIC, 4.0)), (0.95, Law(K.LOGNORMAL, 200.0, 1.2))))
THREE = Law(
    K.MIXTURE, parts=((0.2, Law(K.GAMMA, 4.0, 0.5)), (0.3, Law(K.WEIBULL, 30.0, shape=2.0)), (0.5, MIXTURE.parts[1][1]))
)
FAMILIES = [
    Law(K.EXPONENTIAL, 60.0),
    Law(K.LOGNORMAL, 180.0, 1.1),
    Law(K.GAMMA, 180.0, 0.5),
    Law(K.WEIBULL, 300.0, shape=0.8),
    Law(K.ERLANG, 90.0, shape=3),
    Law(K.DETERMINISTIC, 20.0),
    Law(K.EMPIRICAL, values_s=(5.0, 1.0, 9.0)),
    Law(K.EMPIRICAL, values_s=(5.0, 1.0, 30.0), smooth=True),
    MIXTURE,
]


@pytest.mark.parametrize("law", FAMILIES, ids=lambda law: law.kind.value + "-smooth" * law.smooth)
def test_the_mean_of_the_quantiles_is_the_mean_of_the_law(law: Law):
    assert quantile_s(law, U).mean() == pytest.approx(mean_s(law), rel=5e-3)


@pytest.mark.parametrize("law", FAMILIES[:-1], ids=lambda law: law.kind.value + "-smooth" * law.smooth)
def test_a_larger_uniform_is_never_a_shorter_time(law: Law):
    assert (np.diff(quantile_s(law, U)) >= 0).all()


@pytest.mark.parametrize(
    "law, theirs",
    [
        (Law(K.EXPONENTIAL, 60.0), stats.expon(scale=60)),
        (Law(K.GAMMA, 180.0, 0.5), stats.gamma(4, scale=45)),
        (Law(K.WEIBULL, 300.0, shape=0.8), stats.weibull_min(0.8, scale=300 / math.gamma(2.25))),
        (Law(K.ERLANG, 90.0, shape=3), stats.gamma(3, scale=30)),
        (Law(K.LOGNORMAL, 180.0, 1.0), stats.lognorm(math.sqrt(math.log(2)), scale=180 / math.sqrt(2))),
    ],
)
def test_quantiles_agree_with_scipy(law: Law, theirs):
    shares = np.array([0.001, 0.1, 0.5, 0.9, 0.999])

    assert quantile_s(law, shares) == pytest.approx(theirs.ppf(shares), rel=1e-9)


def test_a_mixture_takes_each_part_as_often_as_its_share():
    assert (quantile_s(MIXTURE, U) == 4.0).mean() == pytest.approx(0.05, abs=1e-5)


def test_spread_of_a_lognormal_is_its_cv():
    times = quantile_s(Law(K.LOGNORMAL, 100.0, 0.7), U)

    assert times.std() / times.mean() == pytest.approx(0.7, rel=2e-3)


def test_a_cv_of_zero_is_no_spread():
    for kind in (K.LOGNORMAL, K.GAMMA):
        assert set(quantile_s(Law(kind, 30.0, 0.0), np.array([0.0, 0.4, 0.99]))) == {30.0}


def test_never_is_longer_than_any_run_and_can_be_added_to_an_instant():
    times = to_ms(quantile_s(NEVER, np.array([0.2])))

    assert times[0] == NEVER_MS
    assert math.isinf(mean_s(NEVER))
    assert times[0] + np.int64(4_102_444_800_000) > 0


def test_times_are_rounded_half_up_and_talk_takes_a_millisecond_at_least():
    assert to_ms(np.array([0.0004, 0.0005, 1.2345, 1.2344])).tolist() == [0, 1, 1235, 1234]
    assert to_ms(np.array([0.0, 0.0004]), least=1).tolist() == [1, 1]


def test_the_last_uniform_below_one_is_a_finite_time():
    assert np.isfinite(quantile_s(Law(K.EXPONENTIAL, 60.0), np.array([1 - 2.0**-53])))[0]


def test_lognormal_parameters_and_law_are_inverse():
    law = lognormal_law(*lognormal_parameters(180.0, 1.3))

    assert (law.mean_s, law.cv) == pytest.approx((180.0, 1.3))


@pytest.mark.parametrize(
    "law, word",
    [
        (Law(K.ERLANG, 10.0, shape=1.5), "whole number"),
        (Law(K.WEIBULL, 10.0, shape=0), "above 0"),
        (Law(K.LOGNORMAL, 10.0, cv=-1), "cv"),
        (Law(K.EXPONENTIAL, -1.0), "mean"),
        (Law(K.EMPIRICAL), "values"),
        (Law(K.MIXTURE, parts=((0.5, NEVER),)), "add up"),
    ],
)
def test_a_law_that_cannot_be_drawn_is_refused_with_what_would_do(law: Law, word: str):
    with pytest.raises(BadInput, match=word):
        check(law, "patience")


def test_the_first_rule_that_fits_counts():
    night, vip, rest = Law(K.DETERMINISTIC, 1.0), Law(K.DETERMINISTIC, 2.0), Law(K.DETERMINISTIC, 3.0)
    rules = (Rule(night, between=(79_200_000, 21_600_000)), Rule(vip, tiers=("vip",)), Rule(rest, queues=("q",)))

    assert law_for(rules, tier="vip", queue="q", clock=80_000_000) is night
    assert law_for(rules, tier="vip", queue="q", clock=40_000_000) is vip
    assert law_for(rules, tier="mid", queue="q", clock=40_000_000) is rest
    assert law_for(rules, tier="mid", queue="other", clock=40_000_000) is None


@pytest.mark.parametrize("law", [*FAMILIES, THREE], ids=lambda law: law.kind.value + "-smooth" * law.smooth)
def test_one_time_is_that_of_the_array_function(law: Law):
    """A planted fault: the second part of a mixture began where the last ends."""
    u = (np.arange(40) + 0.5) / 40

    assert [time_s(law, float(each)) for each in u] == pytest.approx(quantile_s(law, u).tolist(), rel=1e-12)
