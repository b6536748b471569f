"""A roster as plain data and as tables: what `schedule --json` prints, and the lines of `roster.csv`."""

from collections.abc import Callable, Iterable
from math import fsum
from typing import Any, Final

import numpy as np

from callcenter.config.words import WEEKDAYS, clock, date_text, day_number
from callcenter.hours import Zone
from callcenter.language.said import listed, said
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.money import Money
from callcenter.units import DAY, HOUR, SECOND, Millis
from sim.analysis.recorded_calls import iso
from sim.model.streams import Floats
from sim.planning.plan.outcome import clock_text, shifts_form
from sim.planning.roster.assign import Assigned
from sim.planning.roster.ical import local_clock
from sim.planning.roster.named import people_result
from sim.planning.roster.roster import Line, Roster
from sim.planning.roster.shifts import GroupRoster
from sim.report.wording import mean_of, promised, share
from sim.results.money import roster_account
from sim.results.result import local_time

JSON = dict[str, Any]
WORST: Final = 3
"""Intervals named where a target is missed."""
ROSTER: Final = ("date", "agent", "group", "shift", "begin", "end", "breaks", "hours", "on_phone_h", "cost")
COVERAGE: Final = ("date", "group", "start", "required", "scheduled", "under", "over")


def roster_result(
    roster: Roster, *, source: str, aim: str, simulated: JSON | None, assigned: Assigned | None = None
) -> JSON:
    """Return a roster as JSON.

    Args:
        roster: The roster.
        source: Where the need came from: a method, or a file.
        aim: What was made small.
        simulated: The result of its simulation, or None.
        assigned: Who has which shift, where people were asked for: the totals are of the shifts that somebody has.
    """
    measured = [solved for solved in roster.solved if any(kind.need.days for kind in solved.kinds)]
    value, bound = sum(solved.value for solved in measured), sum(solved.bound for solved in measured)
    lines = roster.lines() if assigned is None else assigned.lines()
    return {
        "scenario": roster.scenario.name,
        "need": source,
        "aim": aim,
        "interval_s": roster.parts[0].need.interval / SECOND if roster.parts else None,
        "cost": fsum(line.cost for line in lines),
        "bound": float(bound) if aim == "cost" and assigned is None else None,
        "gap": max(0.0, float(value - bound)) / max(abs(float(value)), 1e-9),
        "optimal": all(solved.optimal for solved in measured),
        "time_limit_s": measured[0].seconds_limit if measured else None,
        "hit_limit": any(solved.hit_limit for solved in measured),
        "covered": not roster.unmet,
        "unmet": list(roster.unmet),
        "shifts_rostered": len(lines),
        "paid_hours": fsum(line.hours for line in lines),
        "on_phone_hours": fsum(line.on_phone_hours for line in lines),
        "head_hours": {
            name: fsum(part.hours(figure(part), roster.scenario.centre.zone) for part in roster.parts)
            for name, figure in HEADS.items()
        },
        "groups": [_group(roster, part) for part in roster.parts if part.required.any() or part.given.any()],
        "shifts": shifts_form(roster.shifts()),
        "people": None if assigned is None else people_result(roster, assigned),
        **_money(roster, lines),
        "simulated": simulated,
        "lost": [] if simulated is None else lost(simulated),
    }


def _money(roster: Roster, lines: list[Line]) -> JSON:
    """Return what the lines' wages come to, where the scenario has wages."""
    money = roster.scenario.money
    if money is None or not money.wages:
        return {}
    return {"money": roster_account(money, [(line.duty.group, line.duty.end - line.duty.begin) for line in lines])}


def _required(part: GroupRoster) -> Floats:
    wanted = part.required[np.minimum(part.edges[:-1] // part.need.interval, len(part.required) - 1)]
    return np.asarray(wanted, dtype=np.float64)


HEADS: Final[dict[str, Callable[[GroupRoster], Floats]]] = {
    "required": _required,
    "scheduled": lambda part: part.given,
    "over": lambda part: part.over,
    "under": lambda part: part.under,
}
"""Heads by stretch of a day: `head_hours` are their hours on the measured days, the sums over `coverage.csv`."""


def _group(roster: Roster, part: GroupRoster) -> JSON:
    short = part.first_short()
    solved = next(solved for solved in roster.solved if part in solved.parts)
    zone, times = roster.scenario.centre.zone, max(1, len(part.need.days))
    given, over = part.by_interval(part.given), part.by_interval(part.over)
    under = part.by_interval(part.under)
    some = np.flatnonzero((given > 0) | (part.required > 0))
    span = range(int(some[0]), int(some[-1]) + 1) if some.size else range(0)
    return {
        "group": part.group,
        "weekdays": [WEEKDAYS[day] for day in part.need.weekdays],
        "dates": [date_text(day) for day in part.need.days],
        "cost": part.kind.cost,
        "optimal": solved.optimal,
        "over_hours": part.hours(part.over, zone) / times,
        "under_hours": part.hours(part.under, zone) / times,
        "first_uncovered": None if short is None else {"start": clock_text(short[0]), "why": short[1]},
        "shifts": [
            {"type": name, "agents": shift.agents, "from": clock_text(shift.begin), "to": _wrapped(shift.end),
             "breaks": [f"{_wrapped(shift.begin + b.begin)}-{_wrapped(shift.begin + b.begin + b.length)}"
                        for b in shift.breaks]}
            for name, shift in zip(part.kind.names(), part.kind.shifts(), strict=True)
        ],
        "intervals": [
            {"start": clock_text(n * part.need.interval), "required": int(part.required[n]),
             "scheduled": float(given[n]), "under": float(under[n]), "over": float(over[n])}
            for n in span
        ],
    }  # fmt: skip


def _wrapped(clock: int) -> str:
    return clock_text(clock % (24 * HOUR))


def roster_columns(money: Money | None) -> tuple[str, ...]:
    """Return the header of `roster.csv`: with wages where the scenario has them."""
    return ROSTER if money is None or not money.wages else (*ROSTER, "wages", "currency")


def roster_rows(
    lines: list[Line], zone: Zone, money: Money | None = None
) -> list[tuple[str | int | float | bool | None, ...]]:
    """Return the lines of `roster.csv`: one for each agent and date; instants local, with their offset."""
    priced = money if money is not None and money.wages else None
    return [
        (
            date_text(line.day), line.duty.agent_id, line.duty.group, line.shift,
            iso(zone, line.duty.begin), iso(zone, line.duty.end),
            " ".join(f"{local_clock(zone, begin)}-{local_clock(zone, end)}" for begin, end in line.duty.breaks),
            line.hours, line.on_phone_hours, line.cost,
            *(() if priced is None
              else (priced.shift(line.duty.group, line.duty.end - line.duty.begin)[0], priced.currency)),
        )
        for line in lines
    ]  # fmt: skip


def coverage_rows(result: JSON, zone: Zone) -> list[tuple[str | int | float | bool | None, ...]]:
    """Return the lines of `coverage.csv`: need and roster by measured date, group and interval.

    An interval that clocks jump over has no line; one that comes twice has two, with the offsets that tell them apart.
    """
    found = sorted(
        (date, group["group"], begin, n, cell)
        for group in result["groups"]
        for date in group["dates"]
        for n, cell in enumerate(group["intervals"])
        for begin in _begins(zone, day_number(date) * DAY + clock(cell["start"]), round(result["interval_s"] * SECOND))
    )
    return [
        (date, group, local_time(zone, begin)[len(date) + 1 :], *(cell[name] for name in COVERAGE[3:]))
        for date, group, begin, _, cell in found
    ]


def _begins(zone: Zone, local: int, interval: int) -> Iterable[Millis]:
    """Return when an interval begins on one day: never, once or twice."""
    return zone.instants(local) or (begin for begin, _ in zone.stretches(local, local + interval))


def lost(simulated: JSON) -> list[str]:
    """Return in sentences which targets the simulated roster does not meet for sure, and where it loses most.

    A target is judged on all calls together; a roster that covers every half hour can still miss one, since people
    are away, breaks fall where they fall, and a formula knows no rush.
    """
    found = []
    for name, block in simulated["tiers"].items():
        target = block["target"]
        if target is None or target["met"] == "yes":
            continue
        verdict = said("missed") if target["met"] == "no" else said("not decided by so few replications")
        level = share(mean_of(block["service_level"][DEFAULT_FORMULA]))
        worst = sorted(
            ((missing, cell["start"]) for cell in simulated["intervals"] if (missing := _missing(cell, name)) > 0),
            key=lambda pair: (-pair[0], pair[1]),
        )[:WORST]
        where = listed(
            said("{start} ({calls:.1f} calls late or lost)", start=start.replace("T", " "), calls=calls)
            for calls, start in worst
        )
        found.append(
            said(
                "{tier}: {target} is {verdict} ({level}); most is lost at {where}",
                tier=name,
                target=promised(target),
                verdict=verdict,
                level=level,
                where=where or said("no one time"),
            )
        )
    return found


def _missing(cell: JSON, tier: str) -> float:
    """Return how many calls of a tier, on average, were not answered in time in an interval."""
    block = cell["tiers"].get(tier)
    level = mean_of(block["service_level"][DEFAULT_FORMULA]) if block is not None else None
    return 0.0 if block is None or level is None else float((1 - level) * (mean_of(block["offered"]) or 0.0))
