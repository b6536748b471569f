"""From replications to figures with intervals: the one object behind table, JSON and report."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final

import numpy as np

from callcenter.config.words import offset_text
from callcenter.hours import Zone
from callcenter.language.said import said
from callcenter.lifecycle.measures import COUNTS, DEFAULT_FORMULA, FORMULAS, OCCUPIED, Tally
from callcenter.scenario import Scenario
from callcenter.tiers import Scope, Sense, Target
from callcenter.units import SECOND
from sim.model.controls import CONTROLS
from sim.model.streams import Floats, Ints
from sim.results import controlled
from sim.results.estimates import AMOUNT, SHARE, Est, Verdict, largest, mean, ratio, verdict
from sim.results.figures import SUMS, TASK_COUNTS, Figures
from sim.results.money import account
from sim.results.notes import notes
from sim.results.prediction_intervals import range_of
from sim.results.quantiles import quantiles
from sim.results.replication_figures import ReplicationFigures, stacked
from sim.results.trust import doubts

JSON = dict[str, Any]
OVERALL: Final = "overall"
_SHOWN_COUNTS: Final = (
    "offered",
    "answered",
    "abandoned",
    "short_abandoned",
    "overflowed",
    "converted",
    "rejected",
    "failed",
    "open",
)


def counts_of(days: Sequence[Figures], tier: int | None, interval: int | None = None) -> dict[str, Floats]:
    """Return each count as an array over replications, for a tier (None: all) and interval (None: all)."""
    return dict(zip(COUNTS, stacked(days).counts(tier, interval).astype(np.float64), strict=True))


def shares_of(
    days: Sequence[Figures], tier: int | None, interval: int | None = None, formula: str = DEFAULT_FORMULA
) -> tuple[Floats, Floats]:
    """Return numerator and denominator of a service level, over replications."""
    tally: Any = Tally(**counts_of(days, tier, interval))  # type: ignore[arg-type]  # arrays for numbers
    above, below = FORMULAS[formula](tally)
    return above, below  # type: ignore[return-value]


def judged(scenario: Scenario) -> list[int]:
    """Return the tiers whose service level a precision is about: those promised one, or all where none is.

    A rare tier without a promise must not drive the number of days.
    """
    tiers = scenario.centre.tiers
    return [n for n, tier in enumerate(tiers) if tier.target is not None] or list(range(len(tiers)))


def service_levels(days: Sequence[Figures], tier: int | None, interval: int | None = None) -> dict[str, Est | None]:
    """Return the service level by every named formula."""
    return _levels(counts_of(days, tier, interval), _controls(days, interval))


def _levels(counts: dict[str, Floats], controls: Floats) -> dict[str, Est | None]:
    tally: Any = Tally(**counts)  # type: ignore[arg-type]  # arrays for numbers
    return {name: controlled.ratio(*formula(tally), controls) for name, formula in FORMULAS.items()}


def _controls(days: Sequence[Figures], interval: int | None = None) -> Floats:
    """Return what corrects a figure of the whole; of one interval (None: all) none does."""
    found = stacked(days).controls
    return found if interval is None else found[:, :0]


def met_in(days: Sequence[Figures], tier: int, target: Target, interval: int | None) -> Verdict | None:
    """Return whether a tier's target holds in one interval (None: the day); None where nobody was promised anything."""
    above, below = shares_of(days, tier, interval)
    if not below.any():
        return None
    if target.sense is Sense.PROBABILITY:
        reached = np.where(below > 0, above >= target.share * below, True)
        return verdict(mean(reached.astype(np.float64), SHARE), target.probability or 0.5)
    return verdict(controlled.ratio(above, below, _controls(days, interval)), target.share)


def target_met(days: Sequence[Figures], tier: int, target: Target) -> Verdict:
    """Return whether a tier's target holds, in its own scope and sense, as far as the intervals tell."""
    intervals = range(days[0].counts.shape[1]) if target.scope is Scope.INTERVAL else (None,)
    found = [met_in(days, tier, target, interval) for interval in intervals]
    verdicts = [said for said in found if said is not None]
    if Verdict.NO in verdicts:
        return Verdict.NO
    return Verdict.UNDECIDED if Verdict.UNDECIDED in verdicts or not verdicts else Verdict.YES


def result(scenario: Scenario, days: Sequence[Figures], starts: Sequence[int], engine: str = "simpy") -> JSON:
    """Return the result as the JSON output has it; `Est` objects stand where the output has three numbers."""
    tiers, days = scenario.centre.tiers, stacked(days)
    found: JSON = {
        "scenario": scenario.name,
        "seed": scenario.seed,
        "replications": len(days),
        "engine": engine,
        "calls": mean(counts_of(days, None)["offered"]),
        "tiers": {tier.name: _block(scenario, days, n) for n, tier in enumerate(tiers)},
        "overall": _block(scenario, days, None),
        "queues": _queues(scenario, days),
        "agents": _agents(scenario, days),
    }
    money = account(scenario, days)
    if money is not None:
        found["money"] = money
    waits = np.array([day.sums[:, SUMS.index("wait_all_ms")].sum() for day in days], np.float64) / SECOND
    ranges = range_of(scenario, counts_of(days, None), waits)
    if ranges is not None:
        found["foretold"] = ranges
    found["notes"] = [*notes(scenario), *_corrections(scenario, days)]
    found["doubts"] = doubts(scenario, days, found)
    found["intervals"] = _intervals(scenario, days, starts)
    return found


def too_wide(scenario: Scenario, found: JSON, precision: float) -> bool:
    """Tell whether a promised service level in a result's JSON is not known to ± `precision`, or is in doubt."""
    names = [scenario.centre.tiers[n].name for n in judged(scenario)]
    levels = [found["tiers"][name]["service_level"]["sl_net"] for name in names]
    paths = {f"tiers.{name}.service_level.sl_net" for name in names}
    return any(
        level is not None and (level["ci_low"] is None or level["ci_high"] - level["ci_low"] > 2 * precision)
        for level in levels
    ) or any(paths & {*doubt["figures"]} for doubt in found["doubts"])


def _corrections(scenario: Scenario, days: ReplicationFigures) -> list[JSON]:
    """Return a note on the control variates that correct the figures, and on what they saved; nothing without them."""
    n = len(days)
    if not controlled.affordable(days.controls).shape[1]:
        return []
    wide, narrow = (_widest(scenario, days, known) for known in (days.controls[:, :0], days.controls))
    without = ceil(n * (wide / narrow) ** 2) if narrow > 0 else n
    says = said("corrected for how busy the {n} replications happened to be (control variates)", n=f"{n:,}")
    if without > n:
        says = said("{says}: without, about {without} would have been needed", says=says, without=f"{without:,}")
    used = [name for name, varies in zip(CONTROLS, controlled.varying(days.controls), strict=True) if varies]
    note = {"cause": "control_variates", "says": says, "controls": used}
    return [note | {"replications_without": without}]


def _widest(scenario: Scenario, days: ReplicationFigures, controls: Floats) -> float:
    """Return half the width of the widest interval among the service levels that are judged."""
    levels = [controlled.ratio(*shares_of(days, tier), controls) for tier in judged(scenario)]
    return max((level.half_width or 0.0 for level in levels if level is not None), default=0.0)


def _block(scenario: Scenario, days: Sequence[Figures], tier: int | None) -> JSON:
    """Return the figures of a tier, or of all together."""
    counts, known = counts_of(days, tier), _controls(days)
    rows = [day.sums if tier is None else day.sums[tier : tier + 1] for day in days]
    sums = dict(zip(SUMS, np.array([row.sum(axis=0) for row in rows]).T / SECOND, strict=True))
    all_time = np.array([day.sums[:, SUMS.index("agent_ms")].sum() for day in days]) / SECOND
    waits = [
        (np.concatenate(day.waits) if tier is None else day.waits[tier]).astype(np.float64) / SECOND for day in days
    ]
    name = OVERALL if tier is None else scenario.centre.tiers[tier].name
    target = scenario.centre.tiers[tier].target if tier is not None else None
    repeats = np.array([day.repeats.sum() if tier is None else day.repeats[tier] for day in days], np.float64)
    block: JSON = {count: mean(counts[count]) for count in _SHOWN_COUNTS}
    p50, p95, p99 = quantiles(waits, (0.5, 0.95, 0.99), seed=scenario.seed, purpose=name)
    return block | {
        "service_level": service_levels(days, tier),
        "target": None
        if target is None or tier is None
        else {
            "share": target.share,
            "within_s": target.within / SECOND,
            "scope": str(target.scope),
            "sense": str(target.sense),
            "probability": target.probability,
            "met": str(target_met(days, tier, target)),
        },
        "asa_s": controlled.ratio(sums["wait_answered_ms"], counts["answered"], known, AMOUNT),
        "wait_mean_s": controlled.ratio(sums["wait_all_ms"], counts["answered"] + counts["abandoned"], known, AMOUNT),
        "wait_p50_s": p50,
        "wait_p95_s": p95,
        "wait_p99_s": p99,
        "wait_max_s": largest(waits),
        "aht_s": ratio(sums["handling_ms"], counts["answered"], AMOUNT),
        "ring_s": ratio(sums["ring_ms"], counts["answered"], AMOUNT),
        "abandonment": controlled.ratio(counts["abandoned"], counts["offered"], known),
        "converted_share": ratio(counts["converted"], counts["offered"]),
        "repeat_rate": ratio(repeats, counts["offered"]),
        "share_customers": _worth(scenario, tier, "customers"),
        "share_revenue": _worth(scenario, tier, "revenue"),
        "share_contacts": ratio(counts["offered"], counts_of(days, None)["offered"]),
        "agent_time_share": ratio(sums["agent_ms"], all_time),
        "paid_time_share": ratio(*_paid_time(scenario, days, tier)),
        "expected_wait": _forecasts(days, tier),
        "tasks": _tasks([day.tasks for day in days], tier),
        **({"outreach": _outreach(days, tier), "behind_outreach": _behind(days, tier)} if scenario.outreach else {}),
    }


def _worth(scenario: Scenario, tier: int | None, what: str) -> Est | None:
    """Return a tier's share of customers or revenue, as the scenario has it; None where it says nothing."""
    name = None if tier is None else scenario.centre.tiers[tier].name
    parts: list[float] = [getattr(worth, what) for worth in scenario.worth if name in {None, worth.tier}]
    return Est(round(sum(parts), 12)) if parts else None


def _paid_time(scenario: Scenario, days: Sequence[Figures], tier: int | None) -> tuple[Floats, Floats]:
    """Return how much of agents' paid time a tier has, and all of it, over replications.

    A group's time logged in, idle or not, belongs to the tiers in the shares in which it worked for them: so people
    whom one tier has to itself are wholly that tier's. Groups that took nothing are left out.
    """
    ours, everything = [], []
    for day in days:
        paid = np.array([float(day.spans[group.name]["logged_in"]) for group in scenario.centre.groups])
        worked = day.group_ms.sum(axis=1)
        took = worked > 0
        part = day.group_ms[took].sum(axis=1) if tier is None else day.group_ms[took, tier]
        ours.append(float((paid[took] * part / worked[took]).sum()))
        everything.append(float(paid[took].sum()))
    return np.array(ours), np.array(everything)


def _forecasts(days: Sequence[Figures], tier: int | None) -> JSON:
    """Return how many of the callers told an expected wait waited no longer than its P50 (aim 50 %), its P90 (90 %)."""
    table = np.array([d.expected_waits.sum(axis=0) if tier is None else d.expected_waits[tier] for d in days], float)
    told, p50, p90 = table.T
    return {"told": mean(told), "within_p50": ratio(p50, told), "within_p90": ratio(p90, told)}


def _outreach(days: Sequence[Figures], tier: int | None) -> JSON:
    """Return what came of campaign and care calls, by kind."""
    return {kind: _tasks([day.outreach[kind] for day in days], tier) for kind in days[0].outreach}


def _behind(days: Sequence[Figures], tier: int | None) -> JSON:
    """Return what callers waited while agents who could take them talked to a list."""
    table = np.array([d.behind.sum(axis=0) if tier is None else d.behind[tier] for d in days], np.float64)
    calls, waited = table.T
    return {"calls": mean(calls), "wait_s": mean(waited / SECOND)}


def _tasks(counts: Sequence[Ints], tier: int | None) -> JSON:
    table = np.array([day.sum(axis=0) if tier is None else day[tier] for day in counts], np.float64)
    found: JSON = {name: mean(table[:, n]) for n, name in enumerate(TASK_COUNTS)}
    solved, unsolved = (table[:, TASK_COUNTS.index(name)] for name in ("solved", "unsolved"))
    return found | {"solved_share": ratio(solved, solved + unsolved)}


def _queues(scenario: Scenario, days: Sequence[Figures]) -> JSON:
    """Return, for each queue, all of its segments: counts and service level by every formula."""
    found: JSON = {}
    for n, queue in enumerate(scenario.centre.queues):
        table = np.array([day.queue_counts[n].sum(axis=0) for day in days], np.float64)
        counts = {name: table[:, c] for c, name in enumerate(COUNTS)}
        found[queue.name] = {name: mean(counts[name]) for name in _SHOWN_COUNTS} | {
            "service_level": _levels(counts, _controls(days))
        }
    return found


def _agents(scenario: Scenario, days: Sequence[Figures]) -> JSON:
    """Return occupancy, and paid time by what it was spent on, of all agents and of each group."""
    groups = [g.name for g in scenario.centre.groups]
    return _time(days, groups) | {"groups": {name: _time(days, [name]) for name in groups}}


def _time(days: Sequence[Figures], groups: Sequence[str]) -> JSON:
    def total(what: str) -> Floats:
        return np.array([sum(day.spans[g][what] for g in groups) for day in days], np.float64)

    occupied = sum((total(what) for what in OCCUPIED), np.zeros(len(days)))
    hours = {f"{what}_h": mean(total(what) / 3_600_000) for what in ("logged_in", "not_ready", *OCCUPIED)}
    return {"occupancy": ratio(occupied, total("logged_in") - total("not_ready"))} | hours


def _intervals(scenario: Scenario, days: ReplicationFigures, starts: Sequence[int]) -> list[JSON]:
    """Return the intervals from the first to the last in which any call came or any agent was there."""
    offered, ready = (days.counts(None, n)[0] for n in range(len(starts))), days.interval_sums[:, 2]
    busy = np.flatnonzero([came.any() or there.any() for came, there in zip(offered, ready, strict=True)])
    if not len(busy):
        return []
    zone = scenario.centre.zone
    found = []
    for n in range(int(busy[0]), int(busy[-1]) + 1):
        _, occupied, ready = days.interval_sums[n]
        found.append(
            {
                "start": local_time(zone, starts[n]),
                "agents": mean(ready / scenario.interval),
                "occupancy": ratio(occupied, ready),
                "tiers": {
                    t.name: _cell(days, k, n) | _promised(days, k, n, t.target)
                    for k, t in enumerate(scenario.centre.tiers)
                },
                OVERALL: _cell(days, None, n),
            }
        )
    return found


def _cell(days: Sequence[Figures], tier: int | None, interval: int) -> JSON:
    counts = counts_of(days, tier, interval)
    return {
        "offered": mean(counts["offered"]),
        "answered": mean(counts["answered"]),
        "abandoned": mean(counts["abandoned"]),
        "service_level": service_levels(days, tier, interval),
    }


def _promised(days: Sequence[Figures], tier: int, interval: int, target: Target | None) -> JSON:
    """Return what a tier is promised in this interval, and whether it is kept, where its target is by the interval."""
    if target is None or target.scope is not Scope.INTERVAL:
        return {}
    met = met_in(days, tier, target, interval)
    promise = {"share": target.share, "within_s": target.within / SECOND, "met": None if met is None else str(met)}
    return {"target": promise}


def local_time(zone: Zone, instant: int) -> str:
    """Return the local wall-clock reading of an instant, to the minute; with its offset where it comes twice that day.

    >>> from callcenter.hours import UTC as utc_zone
    >>> local_time(utc_zone, 1_772_409_600_000)
    '2026-03-02T00:00'
    """
    local = zone.local(instant)
    text = datetime.fromtimestamp(local / 1000, UTC).strftime("%Y-%m-%dT%H:%M")
    return text if len(zone.instants(local)) < 2 else text + offset_text(local - instant)


def as_json(thing: object) -> Any:
    """Return a result as plain data, estimates as their three numbers."""
    if isinstance(thing, Est):
        return thing.as_dict()
    if isinstance(thing, dict):
        return {key: as_json(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [as_json(part) for part in thing]
    return thing
