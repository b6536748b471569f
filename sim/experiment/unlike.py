"""What a variant has otherwise than the base that no change to the centre explains: its days, interval and calls.

Chance is drawn by day, interval and stream of calls. Where those are others, a replication of the variant does not meet
the customers that the base's met, and a part of each difference is theirs.
"""

from dataclasses import replace
from typing import Any

from callcenter.language.said import said
from callcenter.scenario import Scenario
from callcenter.units import DAY, MINUTE
from sim.model.days import extent
from sim.model.expected import expected
from sim.results.notes import counted
from sim.results.result import local_time

JSON = dict[str, Any]


def unlike(base: Scenario, variant: Scenario) -> list[JSON]:
    """Return a note for each: `other_days`, `other_interval`, `other_calls`, as notes of results are written.

    Calls are those expected in what is measured. Where days or intervals are others, as many calls are taken for alike.
    """
    found: list[JSON] = []
    ours, theirs = _measured(variant), _measured(base)
    if ours != theirs:
        text = said(
            "measures from {begin} to {end}, the base from {base_begin} to {base_end}: nothing is compared interval by "
            "interval",
            begin=ours[0],
            end=ours[1],
            base_begin=theirs[0],
            base_end=theirs[1],
        )
        found.append({"cause": "other_days", "says": text, "begin": ours[0], "end": ours[1]})
        found[-1] |= {"base_begin": theirs[0], "base_end": theirs[1]}
    if variant.interval != base.interval:
        minutes, base_minutes = variant.interval / MINUTE, base.interval / MINUTE
        text = said(
            "has intervals of {minutes:g} minutes, the base of {base_minutes:g}: nothing is compared interval by "
            "interval",
            minutes=minutes,
            base_minutes=base_minutes,
        )
        found.append({"cause": "other_interval", "says": text, "minutes": minutes, "base_minutes": base_minutes})
    calls, base_calls = _calls(variant), _calls(base)
    if round(calls, 6) != round(base_calls, 6) or (not found and _arrivals(variant) != _arrivals(base)):
        text = said(
            "its calls are others: {calls} are expected, in the base {base_calls}",
            calls=counted(calls),
            base_calls=counted(base_calls),
        )
        found.append({"cause": "other_calls", "says": text, "calls": calls, "base_calls": base_calls})
    return found


def _measured(scenario: Scenario) -> tuple[str, str]:
    """Return from when until when is measured, in local time with the name of the zone."""
    lived, zone = extent(scenario), scenario.centre.zone
    begin, end = (local_time(zone, at) for at in (lived.measured_from, lived.measured_until))
    return begin, f"{end} ({zone.name})"


def _arrivals(scenario: Scenario) -> tuple[object, ...]:
    """Return who calls when; which queue takes their calls is the centre's affair, and the same callers' still."""
    streams = tuple(replace(stream, queue="") for stream in scenario.streams)
    return streams, tuple(replace(call, queue="") for call in scenario.recorded), scenario.busyness


def _calls(scenario: Scenario) -> float:
    lived, zone, first = extent(scenario), scenario.centre.zone, scenario.horizon.first_day * DAY
    at = [zone.instant(first + call.at) for call in scenario.recorded]
    return expected(scenario).measured[0] + sum(lived.measured_from <= one < lived.measured_until for one in at)
