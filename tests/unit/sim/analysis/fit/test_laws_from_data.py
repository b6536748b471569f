"""Fits on drawn data: the law that made the data is found again."""

import numpy as np
import pytest

from callcenter.scenario import NEVER, Law, LawKind
from sim.analysis.fit.handling import fit_times, ks_distance
from sim.analysis.fit.survival import distance, fit_censored, kaplan_meier, piecewise_hazard
from sim.model.laws import mean_s, quantile_s

N = 12_000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260302)


def censored(patience, waits):
    return np.minimum(patience, waits), patience <= waits


def test_exponential_patience_is_found_through_heavy_censoring(rng):
    times, left = censored(rng.exponential(300, N), rng.exponential(60, N))
    fit = fit_censored(times, left)

    assert mean_s(fit.law) == pytest.approx(300, rel=0.12)
    assert fit.distance < 0.02
    assert fit.at_once == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("written", [np.floor, np.round])
def test_waits_cut_to_whole_seconds_do_not_stretch_an_exponential(seed: int, written):
    """Zeros of those who left within their first second had made it a Weibull with a mean a fifth too long."""
    rng = np.random.default_rng(seed)
    offered = np.where(rng.random(N) < 0.5, 0.0, rng.exponential(60, N))
    times, left = censored(rng.exponential(150, N), offered)
    waited = (written(times) > 0) | left
    fit = fit_censored(written(times)[waited], left[waited])

    assert mean_s(fit.law) == pytest.approx(150, rel=0.07)


def test_weibull_patience_is_told_from_an_exponential(rng):
    times, left = censored(300 * rng.weibull(0.7, N), rng.exponential(200, N))
    fit = fit_censored(times, left)

    assert fit.criteria["weibull"] < fit.criteria["exponential"]
    assert fit.distance < 0.02
    if fit.family == "weibull":
        assert fit.law.shape == pytest.approx(0.7, abs=0.05)


def test_a_hazard_with_peaks_is_neither_exponential_nor_weibull(rng):
    """Callers who hear their place every minute: many leave between 50 and 60 s."""
    early = rng.random(N) < 0.3
    patience = np.where(early, rng.uniform(50, 60, N), rng.exponential(600, N))
    times, left = censored(patience, rng.exponential(100, N))
    fit = fit_censored(times, left)

    assert fit.family == "hazard"
    assert fit.distance < 0.02


def test_a_mass_at_zero_is_seen_and_kept_apart(rng):
    at_once = rng.random(N) < 0.08
    times, left = censored(np.where(at_once, 0.5, rng.exponential(240, N)), rng.exponential(60, N) + 1)
    fit = fit_censored(times, left)

    assert fit.at_once == pytest.approx(0.08, abs=0.01)
    assert (quantile_s(fit.law, np.array([0.05])) == 0).all()
    assert fit.distance < 0.02


def test_nobody_who_left_means_nobody_leaves():
    fit = fit_censored(np.array([10.0, 30.0]), np.array([False, False]))

    assert fit.law == NEVER
    assert fit.median_s is None


def test_kaplan_meier_without_censoring_is_the_share_still_there():
    times = np.array([1.0, 2.0, 2.0, 5.0])
    km = kaplan_meier(times, np.ones(4, bool))

    assert km.at(np.array([0.5, 1.0, 2.0, 4.9, 5.0])).tolist() == pytest.approx([1, 0.75, 0.25, 0.25, 0])
    assert km.quantile_s(0.5) == 2.0


def test_a_law_far_from_the_data_is_far_from_kaplan_meier(rng):
    km = kaplan_meier(rng.exponential(100, N), np.ones(N, bool))

    assert distance(Law(LawKind.EXPONENTIAL, 100.0), km) < 0.02
    assert distance(Law(LawKind.EXPONENTIAL, 300.0), km) > 0.3


def test_a_constant_hazard_is_one_piece(rng):
    times, left = censored(rng.exponential(200, N), np.full(N, 900.0))
    _, hazard = piecewise_hazard(times, left)

    assert len(hazard.rates) <= 3
    assert hazard.rates.mean() == pytest.approx(1 / 200, rel=0.1)


def test_lognormal_handling_times_are_found_and_no_mass_is_invented(rng):
    times = rng.lognormal(4.9, 0.8, N)
    fit = fit_times(times, 10.0)

    assert fit.law.kind is LawKind.LOGNORMAL
    assert mean_s(fit.law) == pytest.approx(times.mean(), rel=0.02)
    assert fit.distance < 0.015


def test_agents_who_hang_up_on_callers_do_not_bend_the_law_of_the_others(rng):
    short = rng.random(N) < 0.06
    times = np.where(short, rng.uniform(1, 9, N), rng.lognormal(4.9, 0.8, N))
    fit = fit_times(times, 10.0)

    assert fit.short == pytest.approx(0.06, abs=0.01)
    assert mean_s(fit.law.parts[1][1]) == pytest.approx(np.exp(4.9 + 0.32), rel=0.03)
    assert fit.distance < 0.015 < fit.plain_distance


def test_whole_seconds_are_no_misfit(rng):
    law = Law(LawKind.LOGNORMAL, 40.0, 0.8)
    times = np.round(quantile_s(law, rng.random(50_000)))

    assert ks_distance(law, times[times > 0]) < 0.012
