"""A roster as plain data and as tables: what `schedule --json` prints, and the lines of `roster.csv`."""

from typing import Any, Final

import numpy as np

from callcenter.files.words import WEEKDAYS, date_text
from callcenter.hours import Zone
from callcenter.units import HOUR, SECOND
from sim.plan.outcome import clock_text, shifts_form
from sim.recorded import iso
from sim.roster.ical import local_clock
from sim.roster.roster import Line, Roster
from sim.roster.shifts import GroupRoster

JSON = dict[str, Any]
ROSTER: Final = ("date", "agent", "group", "shift", "begin", "end", "breaks", "hours", "on_phone_h")
COVERAGE: Final = ("weekdays", "group", "start", "required", "scheduled", "under", "over")


def roster_result(roster: Roster, *, source: str, aim: str, simulated: JSON | None) -> JSON:
    """Return a roster as JSON.

    Args:
        roster: The roster.
        source: Where the need came from: a method, or a file.
        aim: What was made small.
        simulated: The result of its simulation, or None.
    """
    shown = roster.shown
    cost = float(sum(part.cover.cost for part in shown))
    value, bound = sum(part.cover.value for part in shown), sum(part.cover.bound for part in shown)
    return {
        "scenario": roster.scenario.name,
        "need": source,
        "aim": aim,
        "interval_s": roster.parts[0].need.interval / SECOND if roster.parts else None,
        "cost": cost,
        "bound": float(bound) if aim == "cost" else None,
        "gap": max(0.0, float(value - bound)) / max(abs(float(value)), 1e-9),
        "optimal": all(part.cover.optimal for part in shown),
        "time_limit_s": shown[0].cover.seconds_limit if shown else None,
        "hit_limit": any(part.cover.hit_limit for part in shown),
        "covered": not roster.unmet,
        "unmet": list(roster.unmet),
        "head_hours": {
            "required": float(sum(part.required.sum() * part.need.interval / HOUR for part in shown)),
            "scheduled": float(sum(part.hours(part.cover.given) for part in shown)),
            "over": float(sum(part.hours(part.cover.over) for part in shown)),
            "under": float(sum(part.hours(part.cover.under) for part in shown)),
        },
        "groups": [_group(part) for part in roster.parts],
        "shifts": shifts_form(roster.shifts()),
        "simulated": simulated,
    }


def _group(part: GroupRoster) -> JSON:
    short = part.first_short()
    given, over = part.by_interval(part.cover.given), part.by_interval(part.cover.over)
    under = part.worst(part.cover.under)
    some = np.flatnonzero((given > 0) | (part.required > 0))
    span = range(int(some[0]), int(some[-1]) + 1) if some.size else range(0)
    return {
        "group": part.group,
        "weekdays": [WEEKDAYS[day] for day in part.need.weekdays],
        "dates": [date_text(day) for day in part.need.days],
        "cost": part.cover.cost,
        "bound": part.cover.bound,
        "gap": part.cover.gap,
        "optimal": part.cover.optimal,
        "over_hours": part.hours(part.cover.over),
        "under_hours": part.hours(part.cover.under),
        "first_uncovered": None if short is None else {"start": clock_text(short[0]), "why": short[1]},
        "shifts": [
            {"type": name, "agents": shift.agents, "from": clock_text(shift.begin), "to": _wrapped(shift.end),
             "breaks": [f"{_wrapped(shift.begin + b.begin)}-{_wrapped(shift.begin + b.begin + b.length)}"
                        for b in shift.breaks]}
            for name, shift in zip(part.names(), part.shifts(), strict=True)
        ],
        "intervals": [
            {"start": clock_text(n * part.need.interval), "required": int(part.required[n]),
             "scheduled": float(given[n]), "under": float(under[n]), "over": float(over[n])}
            for n in span
        ],
    }  # fmt: skip


def _wrapped(clock: int) -> str:
    return clock_text(clock % (24 * HOUR))


def roster_rows(lines: list[Line], zone: Zone) -> list[tuple[str | int | float | bool | None, ...]]:
    """Return the lines of `roster.csv`: one for each agent and date; instants local, with their offset."""
    rows: list[tuple[str | int | float | bool | None, ...]] = []
    for line in lines:
        duty = line.duty
        away = sum(end - begin for begin, end in duty.breaks)
        breaks = " ".join(f"{local_clock(zone, begin)}-{local_clock(zone, end)}" for begin, end in duty.breaks)
        length = duty.end - duty.begin
        rows.append(
            (
                date_text(line.day), duty.agent_id, duty.group, line.shift, iso(zone, duty.begin), iso(zone, duty.end),
                breaks, length / HOUR, (length - away) / HOUR,
            )
        )  # fmt: skip
    return rows


def coverage_rows(result: JSON) -> list[tuple[str | int | float | bool | None, ...]]:
    """Return the lines of `coverage.csv`: need and roster by interval."""
    return [
        (",".join(group["weekdays"]), group["group"], *(cell[name] for name in COVERAGE[2:]))
        for group in result["groups"]
        for cell in group["intervals"]
    ]
