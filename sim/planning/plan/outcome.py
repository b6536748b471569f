"""A plan as plain data: what `staff --json` prints, what its tables and its report are made of."""

from math import isfinite
from typing import Any, Final

import numpy as np

from callcenter.config.words import WEEKDAYS, clock, date_text, duration
from callcenter.erlang import with_shrinkage
from callcenter.scenario import Scenario, Shift, Staffing
from callcenter.units import HOUR, MINUTE, SECOND
from sim.model.streams import Floats
from sim.planning.plan.plan import DayPlan, Plan, PoolPlan, elbow
from sim.results.money import rostered, wages

JSON = dict[str, Any]
HAIR: Final = 1e-9
STAFFING_COLUMNS: Final = (
    "weekdays", "start", "pool", "group", "calls", "load_erl", "agents", "rostered",
)  # fmt: skip


def plan_result(plan: Plan, method: str, simulated: JSON | None) -> JSON:
    """Return a plan as JSON: figures by interval, what it assumes, what breaks it, and what a simulation says.

    Args:
        plan: The plan.
        method: How it was found.
        simulated: The result of its simulation, or None.
    """
    scenario = plan.scenario
    return {
        "scenario": scenario.name,
        "method": method,
        "load_method": str(plan.wishes.load),
        "interval_s": scenario.interval / SECOND,
        "shrinkage": scenario.shrinkage,
        "max_occupancy": plan.wishes.max_occupancy,
        "agent_hours": plan.hours(),
        "rostered_hours": plan.hours(rostered=True),
        "assumptions": list(plan.assumed),
        "broken": [{"assumption": b.assumption, "here": b.here, "effect": b.effect} for b in plan.breaks],
        "service_level": _levels(plan),
        "days": [_day(plan, day) for day in plan.days],
        "staffing": staffing_form(plan.staffing()),
        **wages_of(plan.applied()),
        "simulated": simulated,
    }


def hours_of(staffed: Scenario) -> JSON:
    """Return the heads that a plan found by simulation puts on the roster of all measured days: hours, intervals."""
    hours = sum(length * heads for _, length, heads, _ in rostered(staffed)) / HOUR
    return {"agent_hours": hours, "agent_intervals": round(hours * HOUR / staffed.interval)}


def wages_of(staffed: Scenario) -> JSON:
    """Return what the measured days' heads cost in wages, where the scenario has them."""
    money = staffed.money
    if money is None or not money.wages:
        return {}
    groups = {group: cost for group, (cost, _) in wages(staffed).items()}
    return {"money": {"currency": money.currency, "wages": {"total": sum(groups.values()), "groups": groups}}}


def _day(plan: Plan, day: DayPlan) -> JSON:
    return {
        "weekdays": [WEEKDAYS[n] for n in day.kind.weekdays],
        "dates": [date_text(n) for n in day.kind.days],
        "pools": [_pool(plan, day, pool) for pool in day.pools],
        "intervals": [row for pool in day.pools for row in _rows(plan, pool)],
    }


def _pool(plan: Plan, day: DayPlan, pool: PoolPlan) -> JSON:
    curve = elbow(plan, pool)
    return {
        "name": pool.pool.name,
        "queues": list(pool.pool.queues),
        "groups": list(pool.pool.groups),
        "pooled": pool.pool.shared,
        "ring_s": pool.work.ring_s,
        "agent_hours_by_load": {str(m): plan.hours_on(day.kind, n) for m, n in pool.by_load.items()},
        "service_level": _day_levels(plan.scenario, pool),
        "elbow": {
            "start": clock_text(curve.interval * plan.scenario.interval),
            "asked": curve.asked,
            "agents": list(curve.agents),
            "service_level": {tier: list(levels) for tier, levels in curve.levels.items()},
        },
    }


def _levels(plan: Plan) -> dict[str, float | None]:
    """Return what the formula expects of each tier over all measured days and pools."""
    tiers = plan.scenario.centre.tiers
    answered, calls = np.zeros(len(tiers)), np.zeros(len(tiers))
    measured = [day for day in plan.days if day.kind.days] or plan.days[:1]
    for day in measured:
        times = max(1, len(day.kind.days))
        for pool in day.pools:
            by_tier = pool.work.calls.sum(axis=0)
            answered += times * np.nansum(pool.staffed.levels * by_tier, axis=1)
            calls += times * by_tier.sum(axis=1)
    return {tier.name: float(answered[k] / calls[k]) if calls[k] > 0 else None for k, tier in enumerate(tiers)}


def _day_levels(scenario: Scenario, pool: PoolPlan) -> dict[str, float | None]:
    """Return what the formula expects of each tier over the day."""
    calls = pool.work.calls.sum(axis=0)
    answered = np.nansum(pool.staffed.levels * calls, axis=1)
    return {
        tier.name: None if total <= 0 else float(answered[k] / total)
        for k, (tier, total) in enumerate(zip(scenario.centre.tiers, calls.sum(axis=1), strict=True))
    }


def _rows(plan: Plan, pool: PoolPlan) -> list[JSON]:
    """Return the pool's intervals from the first with calls to the last."""
    work, staffed = pool.work, pool.staffed
    some = np.flatnonzero((work.busy > 0) | (staffed.agents > 0))
    if not some.size:
        return []
    to_roster = {group: plan.rostered(heads) for group, heads in pool.groups.items()}
    load = work.loads[plan.wishes.load].sum(axis=0)
    return [
        {
            "start": clock_text(n * plan.scenario.interval),
            "pool": pool.pool.name,
            "calls": float(work.busy[n]),
            "load_erl": float(load[n]),
            "aht_s": float(work.aht_s[n]) if work.busy[n] > 0 else None,
            "agents": int(staffed.agents[n]),
            "rostered": int(sum(heads[n] for heads in to_roster.values())),
            "groups": {group: int(heads[n]) for group, heads in pool.groups.items()},
            "occupancy": float(staffed.occupancy[n]),
            "service_level": {
                tier.name: _number(staffed.levels[k, n]) for k, tier in enumerate(plan.scenario.centre.tiers)
            },
            "below": _below(plan.scenario, staffed.levels[:, n]),
            "by_load": {str(method): int(agents[n]) for method, agents in pool.by_load.items()},
        }
        for n in range(int(some[0]), int(some[-1]) + 1)
    ]


def _below(scenario: Scenario, levels: Floats) -> list[str]:
    """Return the tiers that the formula expects below their promised share in an interval."""
    return [
        tier.name
        for tier, level in zip(scenario.centre.tiers, levels, strict=True)
        if tier.target is not None and level < tier.target.share - HAIR
    ]


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def clock_text(at: int) -> str:
    """Return ms after midnight as people write it.

    >>> clock_text(27_000_000), clock_text(86_400_000)
    ('07:30', '24:00')
    """
    return f"{at // HOUR:02}:{at % HOUR // MINUTE:02}"


def duration_text(length: int) -> str:
    """Return a duration as files write it.

    >>> duration_text(1_800_000), duration_text(5_400_500)
    ('30m', '5400500ms')
    """
    for unit, size in (("h", HOUR), ("m", MINUTE), ("s", SECOND)):
        if length % size == 0:
            return f"{length // size}{unit}"
    return f"{length}ms"


def weekdays_text(days: tuple[int, ...]) -> str:
    """Return days of the week as files write them.

    >>> weekdays_text((0, 1, 2, 3, 4)), weekdays_text((5,)), weekdays_text((0, 2))
    ('mon-fri', 'sat', 'mon,wed')
    """
    if len(days) == len(WEEKDAYS):
        return "all"
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
    return ",".join(WEEKDAYS[day] for day in days)


def staffing_form(staffing: tuple[Staffing, ...]) -> list[JSON]:
    """Return staffing as a scenario file has it."""
    return [
        {
            "group": entry.group,
            "from": clock_text(entry.begin),
            "every": duration_text(entry.interval),
            "agents": list(entry.agents),
            **_when(entry),
        }
        for entry in staffing
    ]


def _when(part: Staffing | Shift) -> JSON:
    """Return on which days a part is about, as a scenario file has it."""
    if part.dates:
        return {"dates": [date_text(day) for day in part.dates]}
    found: JSON = {"weekdays": weekdays_text(part.weekdays)}
    return found | ({"but": [date_text(day) for day in part.but]} if part.but else {})


def shifts_form(shifts: tuple[Shift, ...]) -> list[JSON]:
    """Return shifts as a scenario file has them."""
    return [
        {
            "group": shift.group,
            "agents": shift.agents,
            "from": clock_text(shift.begin),
            "to": clock_text(shift.end % (24 * HOUR)),
            "breaks": [{"after": duration_text(b.begin), "for": duration_text(b.length)} for b in shift.breaks],
            **_when(shift),
        }
        for shift in shifts
    ]


def staffing_rows(result: JSON) -> list[tuple[str | int | float | bool | None, ...]]:
    """Return the lines of `staffing.csv`: one by kind of day, interval and group, as `schedule --staffing` reads it."""
    if "days" not in result:  # found by simulation: heads to roster
        return [
            (entry.get("weekdays") or ",".join(entry["dates"]), start, None, entry["group"], None, None, None, heads)
            for entry in result["staffing"]
            for start, heads in zip(_starts(entry), entry["agents"], strict=True)
        ]
    return [
        (
            ",".join(day["weekdays"] or day["dates"]), cell["start"], cell["pool"], group, cell["calls"],
            cell["load_erl"], agents,
            int(with_shrinkage(agents, result["shrinkage"])),
        )
        for day in result["days"]
        for cell in day["intervals"]
        for group, agents in cell["groups"].items()
    ]  # fmt: skip


def _starts(entry: JSON) -> list[str]:
    begin, every = clock(entry["from"]), duration(entry["every"])
    return [clock_text(begin + n * every) for n in range(len(entry["agents"]))]
