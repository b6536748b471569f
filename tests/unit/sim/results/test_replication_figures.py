"""Replications beside each other: every table says what the replications say one by one."""

from dataclasses import replace

import numpy as np
import pytest

from callcenter.lifecycle.measures import COUNTS
from sim.experiment.replicate import Run, run
from sim.results.replication_figures import ReplicationFigures, stacked
from sim.results.result import counts_of
from tests.unit.sim.scenes import busy


@pytest.fixture(scope="module")
def lived() -> Run:
    return run(replace(busy(), replications=3), processes=1)


def test_counts_are_those_of_each_replication_by_tier_and_interval_and_of_all(lived: Run):
    days = lived.figures
    tiers, intervals = days[0].counts.shape[:2]
    for tier in (None, *range(tiers)):
        for interval in (None, *range(intervals)):
            tallies = [day.tally(tier, interval) for day in days]
            found = counts_of(days, tier, interval)
            assert {name: found[name].tolist() for name in COUNTS} == {
                name: [getattr(tally, name) for tally in tallies] for name in COUNTS
            }


def test_sums_of_an_interval_are_those_of_each_replication(lived: Run):
    for n, sums in enumerate(ReplicationFigures(lived.figures).interval_sums):
        assert np.array_equal(sums.T, [day.interval_sums[n] for day in lived.figures])


def test_what_is_together_already_is_not_put_together_again_and_a_part_of_it_is_of_its_replications(lived: Run):
    whole = stacked(lived.figures)

    assert stacked(whole) is whole
    assert list(whole[1:]) == list(lived.figures[1:])
    assert whole[1:].counts(None, None)[0].tolist() == whole.counts(None, None)[0, 1:].tolist()
