"""A day by the clock on the wall: people are planned by it, and one day a year it reads two o'clock twice."""

from dataclasses import replace

from callcenter.hours import Zone
from callcenter.scenario import Scenario
from callcenter.units import DAY, HOUR

AFTER_THE_CHANGE = 12 * HOUR
"""Clocks change in the night: what they read at noon holds for the rest of the day."""


def changes_clocks(scenario: Scenario) -> bool:
    """Tell whether the first measured day is shorter or longer than others."""
    zone, day = scenario.centre.zone, scenario.horizon.measured.start
    return zone.instant((day + 1) * DAY) - zone.instant(day * DAY) != DAY


def as_if_unchanged(scenario: Scenario) -> Scenario:
    """Return the scenario with every clock left as it reads at noon of the first measured day.

    A plan says how many are there from 02:00 to 02:30, and holds whenever the wall says so: an hour that comes twice
    is staffed alike both times, one that is left out by nobody.
    """
    noon = scenario.centre.zone.instant(scenario.horizon.measured.start * DAY + AFTER_THE_CHANGE)

    def still(zone: Zone) -> Zone:
        return Zone(zone.name, zone.starts[:1], (zone.local(noon) - noon,))

    queues = tuple(
        queue if queue.hours is None else replace(queue, hours=replace(queue.hours, zone=still(queue.hours.zone)))
        for queue in scenario.centre.queues
    )
    centre = scenario.centre
    zones = tuple(still(zone) for zone in centre.zones)
    return replace(scenario, centre=replace(centre, queues=queues, zone=still(centre.zone), zones=zones))
