"""The rest of a day: busyness learnt as Bayes has it, nothing of what is over comes again, plans against presence."""

from dataclasses import replace

import numpy as np
import pytest

from callcenter.errors import BadInput
from callcenter.scenario import Busyness, RecordedCall, Scenario, Staffing
from callcenter.units import HOUR, MINUTE, Millis
from sim.analysis.today import Busy, adherence, learn, lived, today_result
from sim.model.demand import arrivals
from sim.model.streams import Chance
from tests.unit.sim.scenes import busy, shift


def so_far(calls: int, until: int = 10 * HOUR, **more: object) -> Scenario:
    """A day of 60 calls an hour from 08:00 to 11:00, and so many of them come evenly until ten."""
    at = np.linspace(8 * HOUR, until - MINUTE, calls).astype(int).tolist()
    recorded = tuple(RecordedCall(Millis(n), "q", "standard", None, 120.0) for n in at)
    return busy(busyness=Busyness(0.2), recorded=recorded, replications=4, **more)


@pytest.mark.parametrize("calls", [60, 120, 240])
def test_busyness_after_the_calls_so_far_is_gamma_and_poisson_together(calls):
    found = learn(so_far(calls), now=10 * HOUR).busy
    # Bayes by numbers: prior times likelihood on a grid.
    factor = np.linspace(1e-3, 5, 200_001)
    prior = 24 * np.log(factor) - 25 * factor  # k = 1 / 0.2², gamma of mean 1
    weight = np.exp(
        prior
        + calls * np.log(factor * 120)
        - factor * 120
        - (prior + calls * np.log(factor * 120) - factor * 120).max()
    )
    mean = float((factor * weight).sum() / weight.sum())
    below = np.cumsum(weight) / weight.sum()

    assert found.expected == 120
    assert found.mean == pytest.approx(mean, abs=1e-3)
    assert found.likely == pytest.approx([factor[np.searchsorted(below, q)] for q in (0.05, 0.95)], abs=1e-3)


def test_a_day_nobody_has_called_yet_is_as_the_scenario_says():
    assert Busy(0, 0.0, 0.1, False).mean == 1.0


@pytest.mark.parametrize("now", [10 * HOUR, 10 * HOUR + 20 * MINUTE, 10 * HOUR + 7 * MINUTE + 1234])
def test_what_is_over_does_not_come_again_and_the_rest_comes_as_busy_as_the_day_is(now):
    known = learn(so_far(200, until=10 * HOUR), now=now)
    found = arrivals(replace(known.scenario, busyness=None), Chance(1, 0))
    came = found.at[found.stream >= 0]
    streams = known.scenario.streams

    assert came.min() >= now - MINUTE
    assert sum(sum(s.calls) for s in streams) == pytest.approx(known.rest_expected, abs=known.busy.mean)
    assert known.busy.mean > 1.2


def test_the_rest_of_the_day_is_told_from_the_interval_that_runs():
    known = learn(so_far(150), now=10 * HOUR + 10 * MINUTE)
    result = today_result(known, lived(known, processes=1), [])
    cells = result["rest"]["intervals"]

    assert cells[0]["start"].endswith("10:00")
    assert result["now"] == "10:10"
    assert result["rest"]["calls"]["mean"] == pytest.approx(sum(cell["calls"]["mean"] for cell in cells))


def test_more_people_this_afternoon_are_seen_in_what_is_tried():
    known = learn(so_far(150, agents=2), now=10 * HOUR)
    more = learn(so_far(150, agents=6), now=10 * HOUR)
    result = today_result(known, lived(known, processes=1), [("more", lived(more, processes=1))])

    before, after = result["rest"], result["tries"][0]["rest"]
    assert after["calls"]["mean"] == before["calls"]["mean"]  # the same customers
    assert after["service_level"]["mean"] > before["service_level"]["mean"]
    assert any(cell["misses"] for cell in before["intervals"])


def test_a_log_without_calls_teaches_nothing():
    with pytest.raises(BadInput, match="nothing to learn"):
        learn(busy())


def test_a_scenario_that_says_nothing_of_busy_days_is_told_to_be_a_guess():
    known = learn(replace(so_far(100), busyness=None), now=10 * HOUR)

    assert known.busy.guessed
    assert known.scenario.busyness is not None


def test_adherence_is_of_planned_hours_and_more_than_planned_makes_good_for_nothing():
    plan = replace(so_far(10), staffing=(), shifts=(shift(8, 10, 2), shift(9, 10)))
    there = [Staffing("g", (2, 2, 1, 4), 8 * HOUR, Millis(30 * MINUTE), weekdays=(0,))]
    rows = adherence(plan, there, 10 * HOUR)

    assert [(row["planned_h"], row["there_h"]) for row in rows] == [(1, 1), (1, 1), (1.5, 0.5), (1.5, 2)]
    assert [row["adherence"] for row in rows] == [1, 1, pytest.approx(1 / 3), 1]


def test_adherence_ends_now():
    plan = replace(so_far(10), staffing=(), shifts=(shift(8, 17),))

    assert len(adherence(plan, [], 9 * HOUR)) == 2
