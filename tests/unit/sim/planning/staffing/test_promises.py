"""What a plan has to keep, decided for all promises together."""

import numpy as np
from scipy import special

from callcenter.lifecycle.measures import COUNTS
from callcenter.tiers import Scope, Sense, Target
from callcenter.units import SECOND, Millis
from sim.model.streams import Ints
from sim.planning.staffing.promises import Finding, Promise, decide, judge

TARGET = Target(0.8, Millis(20 * SECOND), Scope.INTERVAL)
NOTHING_KNOWN = np.empty((400, 0))


def days(came: Ints, in_time: Ints) -> Ints:
    counts = np.zeros((len(came), 1, len(COUNTS)), np.int64)
    counts[:, 0, COUNTS.index("offered")] = counts[:, 0, COUNTS.index("answered")] = came
    counts[:, 0, COUNTS.index("answered_in")] = in_time
    return counts


def finding(p: float) -> Finding:
    return Finding(Promise("all", (0,), 0, TARGET), None, 1.0, p)


def test_promises_are_decided_together_by_holms_steps():
    verdicts = [f.verdict for f in decide([finding(p) for p in (0.001, 0.02, 0.04, 0.99, 0.5)])]

    assert verdicts == ["yes", "undecided", "undecided", "undecided", "undecided"]
    assert [f.verdict for f in decide([finding(0.04)])] == ["yes"]
    assert [f.verdict for f in decide([finding(0.999), finding(0.001)])] == ["no", "yes"]


def test_busy_days_in_the_sample_do_not_count_against_a_plan():
    came = np.arange(400) % 41 + 80
    in_time = came - (came - 80) // 2  # the busier, the worse; nothing else matters
    off = (came - 95.0)[:, None]  # the sampled days were busier than they should be: the mean is 95
    plain = judge(Promise("all", (0,), 0, TARGET), days(came, in_time), "sl_net", NOTHING_KNOWN)
    known = judge(Promise("all", (0,), 0, TARGET), days(came, in_time), "sl_net", off)

    assert plain is not None
    assert known is not None
    assert known.level is not None
    assert plain.level is not None
    assert known.level.mean > plain.level.mean
    assert (known.level.half_width or 1) < (plain.level.half_width or 0) / 3


def test_a_probability_target_is_judged_by_the_share_of_days_that_meet_it():
    target = Target(0.8, Millis(20 * SECOND), Scope.INTERVAL, Sense.PROBABILITY, 0.9)
    came = np.full(400, 10)
    in_time = np.where(np.arange(400) % 20 == 0, 0, 10)  # nineteen days of twenty
    found = judge(Promise("all", (0,), 0, target), days(came, in_time), "sl_net", NOTHING_KNOWN)

    assert found is not None
    assert found.goal == 0.9
    assert found.level is not None
    assert found.level.mean == found.met_in == 0.95
    assert found.p < 0.001


def test_an_interval_without_calls_promises_nothing():
    nobody = np.zeros(400, np.int64)

    assert judge(Promise("all", (0,), 0, TARGET), days(nobody, nobody), "sl_net", NOTHING_KNOWN) is None


def test_with_arrivals_known_intervals_are_narrower_and_hold_the_truth_as_often_as_they_say():
    """Days of 100 calls on average; the busier, the later."""
    chance, trials, sampled = np.random.Generator(np.random.PCG64(20260730)), 1_200, 40
    calls = np.arange(400)
    often = np.exp(calls * np.log(100.0) - 100.0 - special.gammaln(calls + 1.0))

    def in_time(came: np.ndarray) -> np.ndarray:
        return np.clip(0.85 - 0.004 * (came - 100.0), 0.0, 1.0)

    truth = float((often * calls * in_time(calls)).sum() / (often * calls).sum())
    held, narrower = {"plain": 0, "known": 0}, 0
    for _ in range(trials):
        came = chance.poisson(100.0, sampled)
        counts = days(came, chance.binomial(came, in_time(came)))
        half = {}
        for name, controls in (("plain", np.empty((sampled, 0))), ("known", (came - 100.0)[:, None])):
            found = judge(Promise("all", (0,), 0, TARGET), counts, "sl_all", controls)
            assert found is not None
            assert found.level is not None
            assert found.level.ci_low is not None
            assert found.level.ci_high is not None
            held[name] += found.level.ci_low <= truth <= found.level.ci_high
            half[name] = found.level.half_width or 0.0
        narrower += half["known"] < 0.85 * half["plain"]

    room = 3.4 * (0.05 * 0.95 * trials) ** 0.5
    assert abs(held["plain"] - 0.95 * trials) < room, held
    assert abs(held["known"] - 0.95 * trials) < room, held
    assert narrower > 0.9 * trials
