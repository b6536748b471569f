"""Verification of a plan: fresh replications of the scenario as it was given, by the real engine."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from callcenter.lifecycle.overnight import lasts_overnight
from callcenter.scenario import Scenario, is_on
from sim.experiment.progress import Progress
from sim.experiment.workers import Replications
from sim.model.streams import Floats, Ints
from sim.planning.staffing.promises import Finding, Promise, decide, expected_calls, judge
from sim.planning.staffing.rig import edges_of
from sim.planning.staffing.whole import lived

Lived = dict[int, tuple[Ints, Ints]]
"""Replication → its counts by interval, and its first attempts."""


def on_fresh_days(
    scenario: Scenario,
    first: int,
    days: int,
    edges: Sequence[int],
    processes: int,
    progress: Progress,
    known: Lived | None = None,
) -> tuple[Ints, Ints]:
    """Return days x intervals x rows x counts, and days x intervals first attempts, from replication `first` on.

    Those in `known` have been lived already; what is lived is added to it.
    """
    found: Lived = {} if known is None else known
    numbers = range(first, first + days)
    with Replications(partial(lived, scenario, edges), processes) as fresh:
        fresh.do(found, numbers, progress)
    counts, came = zip(*(found[n] for n in numbers), strict=True)
    return np.stack(counts), np.stack(came)


def scene(scenario: Scenario) -> Scenario:
    """Return what is lived for the judge: connected days up to the measured one; what follows changes nothing."""
    horizon = scenario.horizon
    return replace(scenario, horizon=replace(horizon, days=1, run_off=0))


def first_measured(scenario: Scenario) -> Scenario:
    """Return the scenario's first measured day; with the day before, where that one may leave it calls."""
    horizon = scenario.horizon
    day = horizon.measured.start
    centre = scenario.centre
    streams = [stream for stream in scenario.streams if is_on(stream, day - 1)]
    left = horizon.discard > 0 and lasts_overnight(centre, streams, scenario.handling, scenario.patience)
    alone = replace(horizon, first_day=day - left, days=1, discard=int(left), run_off=0)
    return replace(scenario, horizon=alone)


def verdicts(scenario: Scenario, wanted: Sequence[Promise], formula: str, counts: Ints, came: Ints) -> list[Finding]:
    """Return how every promise was kept on the days judged."""
    expected = expected_calls(scenario, edges_of(scenario))
    found, whole = [], counts.sum(axis=1)
    for promise in wanted:
        h = promise.interval
        part = whole if h is None else counts[:, h]
        finding = judge(promise, part, formula, controls(came, expected, h))
        if finding is not None:
            found.append(finding)
    return decide(found)


def controls(came: Ints, expected: Floats | None, interval: int | None) -> Floats:
    """Return what is known of the sampled arrivals, less its expectation: days x k."""
    if expected is None:
        return np.empty((len(came), 0))
    off = came - expected
    columns = [off.sum(axis=1)]
    if interval is not None:
        columns += [off[:, interval], *([off[:, interval - 1]] if interval else [])]
    return np.stack(columns, axis=1)
