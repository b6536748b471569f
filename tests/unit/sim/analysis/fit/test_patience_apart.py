"""Patience by queue and tier: told apart where callers differ, one law where they do not."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.patience import fit_patience
from sim.model.laws import mean_s

QUEUES, TIERS = ("bills", "sales", "rare"), ("vip", "rest")


def waited(means, n, *, tiers_known=True, seed=3) -> CallLog:
    """Return callers who all have to wait; `means` is patience by queue and tier, `n` how many of each queue."""
    rng = np.random.default_rng(seed)
    queue = np.repeat(np.arange(3), n)
    tier = rng.integers(0, 2, len(queue))
    patience = rng.exponential(1.0, len(queue)) * np.array(means)[queue, tier]
    offered = rng.exponential(80, len(queue))
    shown = tier if tiers_known else np.full(len(queue), -1)
    return cast(
        CallLog,
        SimpleNamespace(
            wait=np.minimum(patience, offered), answered=offered < patience,
            abandoned=patience <= offered, unknown_waits=(0, 0),
            queue=queue, tier=shown,
            queues=QUEUES, tiers=TIERS,
        ),
    )  # fmt: skip


def test_each_queue_and_tier_gets_its_own_patience_back():
    means = [[400, 200], [150, 75], [200, 100]]
    fit = fit_patience(waited(means, (6_000, 6_000, 3_000)))

    for q, queue in enumerate(QUEUES):
        for t, tier in enumerate(TIERS):
            assert mean_s(fit.law(queue, tier)) == pytest.approx(means[q][t], rel=0.12)


def test_a_handful_of_callers_are_taken_to_be_like_the_others():
    fit = fit_patience(waited([[200, 200], [100, 100], [150, 150]], (6_000, 6_000, 6)))

    assert mean_s(fit.law("bills", "vip")) == pytest.approx(200, rel=0.12)
    assert 90 < mean_s(fit.law("rare", "rest")) < 230


def test_callers_who_are_alike_share_about_one_law():
    fit = fit_patience(waited([[150, 150]] * 3, (4_000, 4_000, 4_000)))

    assert all(mean_s(law.law) == pytest.approx(150, rel=0.1) for law in fit.laws.values())


def test_tiers_that_the_log_does_not_tell_are_not_told_apart():
    fit = fit_patience(waited([[200, 100]] * 3, (4_000, 4_000, 4_000), tiers_known=False))

    assert {tier for _, tier in fit.laws} == {None}


def test_where_nobody_hangs_up_everybody_is_patient():
    log = waited([[1e9, 1e9]] * 3, (100, 100, 100))

    assert list(fit_patience(log).laws) == [(None, None)]
