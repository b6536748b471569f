"""When each of the days lived begins, and the stretch of them that is measured."""

from typing import NamedTuple

from callcenter.scenario import Scenario
from callcenter.units import DAY, Millis


def midnights(scenario: Scenario) -> list[Millis]:
    """Return the UTC instants of local midnight of each day lived, and of the day after the last."""
    days = scenario.horizon.lived
    return [scenario.centre.zone.instant(day * DAY) for day in (*days, days.stop)]


class Extent(NamedTuple):
    """From when until when a replication is lived, and what of it is measured; UTC instants."""

    begin: Millis
    measured_from: Millis
    measured_until: Millis
    end: Millis
    drains: bool
    """Calls that have begun are served out after the end: there is no run-off for it."""
    runs_off: bool
    """After what is measured comes a run-off, which may end early."""


def extent(scenario: Scenario) -> Extent:
    """Return the stretch that one replication lives through."""
    horizon, starts = scenario.horizon, midnights(scenario)
    last = horizon.discard + horizon.days
    measured_from = Millis(starts[horizon.discard] + horizon.warm_up)
    if horizon.length != DAY:  # a part of a day, over and over: it ends where measuring ends
        until = Millis(starts[last - 1] + horizon.length)
        return Extent(starts[0], measured_from, until, until, drains=False, runs_off=False)
    run_off = horizon.run_off > 0
    return Extent(starts[0], measured_from, starts[last], starts[-1], drains=not run_off, runs_off=run_off)
