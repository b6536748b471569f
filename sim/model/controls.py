"""What one replication's callers happened to be, less what is expected of them: its control variates.

A busy day is a bad day, and how busy it was is known before anybody is served. Of each figure here the expectation is
exactly zero, whatever the centre does with the calls: first attempts alone count, as they were drawn.
"""

from math import sqrt
from typing import Final

import numpy as np

from callcenter.scenario import Scenario
from sim.model.days import extent
from sim.model.demand import NONE
from sim.model.erlang_control import erlang_control
from sim.model.expected import expected
from sim.model.people import FirstAttempts
from sim.model.streams import Floats

CONTROLS: Final = ("calls", "work", "calls_squared", "erlang_a")
"""How many calls came, in standard deviations; how much more work than usual each brought, hours in all; the square of
the first less one, since waits grow faster than calls do; how many more of them than usual Erlang A answers in time."""


def controls(scenario: Scenario, callers: FirstAttempts) -> Floats:
    """Return `CONTROLS` of the replication whose callers these are, over the stretch that is measured."""
    known, lived, drawn = expected(scenario), extent(scenario), callers.arrivals
    mean, variance = known.measured
    if variance == 0:
        return np.zeros(len(CONTROLS))
    at = drawn.at + drawn.base
    among = (at >= lived.measured_from) & (at < lived.measured_until)
    if scenario.recorded:
        among &= drawn.stream != NONE
    calls = (int(among.sum()) - mean) / sqrt(variance)
    work = float(callers.beyond_s()[callers.kept(among)].sum()) / 3600
    return np.array([calls, work, calls * calls - 1, erlang_control(scenario).of(at[among])])
