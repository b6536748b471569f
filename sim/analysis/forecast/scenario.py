"""A forecast as scenario files: a week at most in each, since a stream of calls knows weekdays and no dates."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from callcenter.config.tree import Tree
from callcenter.config.words import WEEKDAYS, date_text
from callcenter.errors import BadInput
from callcenter.units import SECOND
from sim.analysis.fit.call_streams import stream_mappings
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.fitted import People, fit_people
from sim.analysis.fit.law_rules import people_mapping
from sim.analysis.fit.scenario import frame
from sim.analysis.fit.spelling import duration_text
from sim.analysis.fit.staffing import one_each
from sim.analysis.forecast.forecast import Forecast
from sim.analysis.forecast.history import weekday_of
from sim.analysis.forecast.predict import DayForecast
from sim.model.streams import Floats

WEEK: Final = 7
RARE: Final = 0.05
"""Calls in an interval: fewer are left out of a file, or one stray call at night in a year would ask for an agent."""


def weeks_of(found: Forecast) -> list[list[DayForecast]]:
    """Return the days in lots that fit one file: none more than a week after the first of its lot."""
    lots: list[list[DayForecast]] = []
    for day in found.days:
        if lots and day.day - lots[-1][0].day < WEEK:
            lots[-1].append(day)
        else:
            lots.append([day])
    return lots


def mappings_of(found: Forecast, base: dict[str, Tree] | None = None) -> list[tuple[str, dict[str, Tree]]]:
    """Return scenarios as plain values that `callcenter.config.parse_scenario` reads, each with its first date.

    Args:
        found: The forecast.
        base: A scenario whose centre and people are kept: only its arrivals, busyness, handling times, interval and
            horizon come from the forecast. None: all comes from the log, and one agent all day.

    Raises:
        BadInput: no call is expected on any day, or `base` lacks a queue or tier of the log.
    """
    if not any(day.total > 0 for day in found.days):
        raise BadInput("--out: no call is expected on any of these days, so there is nothing to staff: ask for others")
    people = fit_people(found.past.log)
    if base is not None:
        _check_base(base, found)
    lots = [lot for lot in weeks_of(found) if any(day.total > 0 for day in lot)]
    return [(date_text(lot[0].day), _mapping(found, people, lot, base)) for lot in lots]


def _mapping(
    found: Forecast, people: People, lot: Sequence[DayForecast], base: dict[str, Tree] | None
) -> dict[str, Tree]:
    log = found.past.log
    first, last = lot[0].day, lot[-1].day
    known = frame(log, people)
    title = date_text(first) if first == last else f"{date_text(first)} to {date_text(last)}"
    made: dict[str, Tree] = {**known} if base is None else {**base}
    made["name"] = f"{log.columns.name} {date_text(first)}"
    made["title"] = f"{log.columns.name}: forecast for {title}"
    made["about"] = (
        f"Forecast from {len(log):,} offered calls, {date_text(found.past.first)} to {date_text(found.past.last)}."
    )
    streams = [
        stream
        for day in lot
        for name in [WEEKDAYS[weekday_of(day.day)]]
        for stream in stream_mappings(log, _without_rare(day.streams), date_text(day.day), name)
    ]
    made["arrivals"] = list(streams)
    made.pop("busyness", None)
    if found.cv > 0:
        made["busyness"] = {"cv": round(min(found.cv, 2.0), 4), "common": True}
    laws = people_mapping(_at_forecast_level(people, log, lot))
    if base is None:
        made.update(laws)
        made["staffing"] = list(one_each(people))
    elif log.columns.service is not None:
        made["handling"] = laws["handling"]
    made["horizon"] = {"start": date_text(first), "days": last - first + 1}
    made["interval"] = duration_text(log.columns.interval / SECOND)
    if base is None:
        made["replications"], made["seed"] = 20, 1
    return made


def _without_rare(streams: Floats) -> Floats:
    return np.where(streams.sum(axis=(0, 1)) < RARE, 0.0, streams)


def _at_forecast_level(people: People, log: CallLog, lot: Sequence[DayForecast]) -> People:
    """Return the people with handling times scaled so that their mean over the days' calls is the forecast's."""
    periods = people.handling.periods
    means = people.handling.means_s(log.queues, log.tiers)
    told = lasting = 0.0
    for day in lot:
        if day.aht_s is None:
            return people
        told += float(day.aht_s @ day.calls)
        step = periods[-1].end / day.streams.shape[2]
        factors = np.array([next(p.factor for p in periods if (i + 0.5) * step < p.end) for i in range(len(day.calls))])
        lasting += float(np.einsum("qt,qti->i", means, day.streams) @ factors)
    if not lasting:
        return people
    scaled = tuple(replace(period, factor=period.factor * told / lasting) for period in periods)
    return replace(people, handling=replace(people.handling, periods=scaled))


def _check_base(base: dict[str, Tree], found: Forecast) -> None:
    """Refuse a scenario that has no place for a call of the log."""
    centre = base.get("centre")
    if not isinstance(centre, dict):
        raise BadInput("--from: is no scenario with a centre")
    for key, names in (("queues", found.past.log.queues), ("tiers", found.past.log.tiers)):
        section = centre.get(key)
        there = list(section) if isinstance(section, dict) else []
        missing = [name for name in names if name not in there]
        if missing:
            raise BadInput(
                "--from: has no {key} {missing!r} (there is: {there}): name the cells of the log in the "
                "column map ({key}: {{column: …, values: …}})",
                key=key.removesuffix("s"),
                missing=missing[0],
                there=", ".join(map(str, there)) or "none",
            )


def comments_of(found: Forecast, *, own_people: bool, aimless: str | None) -> dict[str, str]:
    """Return comments to stand above the keys of a file; `aimless` is a tier, where none has a target."""
    no_target = f"No tier has a target yet, and staff asks for one: --set tiers.{aimless}.target=80/20, or below."
    test = found.test
    lines = {
        "": "\n".join(
            [
                "Made by `callcenter forecast`; edit it as you like.",
                f"Method: {found.method}.",
                f"Its error on the log: {test.method.wape_day:.1%} of a day's calls, "
                f"{test.method.wape_interval:.1%} of an interval's; "
                f"same weekday last week: {test.naive.wape_day:.1%} and {test.naive.wape_interval:.1%}.",
                *found.notes,
                *([] if aimless is None else [no_target]),
            ]
        ),
        "arrivals": f"Intervals with fewer than {RARE:g} expected calls are left out.",
        "busyness": "By how much days differ from this forecast, Poisson noise apart.",
    }
    if own_people:
        lines["staffing"] = (
            "To be filled: `callcenter staff FILE --write STAFFED.yaml` does it, or list agents by interval:\n"
            '- {group: agents, from: "07:00", agents: [4, 6, 9], weekdays: mon-fri}'
        )
    return lines
