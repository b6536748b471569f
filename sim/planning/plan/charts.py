"""Charts of plans: required against scheduled against simulated, service by interval, service by number of agents."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from callcenter.language.spoken import _
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from sim.model.streams import Floats
from sim.report.drawing import FAINT, INK, Chart, clock_axis, colour, drawn, per_cent
from sim.report.wording import UNDEFINED, mean_of, promised, share, share_with_interval

JSON = dict[str, Any]
WIDE: Final = 9.6
"""Inches: the width of the page."""
BARS: Final = "#b9c6d6"
MISSING: Final = "#c23b4b"
MOST_CHARTS: Final = 8
"""Pools or groups drawn at most; the rest is in the tables."""


def need_charts(plan: JSON) -> list[Chart]:
    """Return, for each pool of the measured days, required agents against those that the simulation saw."""
    found = []
    for name, day, pool in _pools(plan):
        cells = [cell for cell in day["intervals"] if cell["pool"] == pool["name"]]
        if cells:
            # Heads that were seen belong to their own day and pool, and to no other.
            alone = len(day["pools"]) == 1 and day["dates"]
            found.append(_need_chart(name, cells, _seen(plan["simulated"], day["dates"][0]) if alone else {}))
    return found[:MOST_CHARTS]


def _pools(plan: JSON) -> list[tuple[str, JSON, JSON]]:
    """Return what each pool of the measured days is called, its day, and the pool; one of several days says which."""
    days = [day for day in plan["days"] if day["dates"]] or plan["days"][:1]

    def called(day: JSON, pool: JSON) -> str:
        which = [_(one) for one in day["weekdays"] or day["dates"]] if len(days) > 1 else []
        return ", ".join([pool["name"], *which])

    return [(called(day, pool), day, pool) for day in days for pool in day["pools"]]


def _need_chart(name: str, cells: list[JSON], seen: dict[str, float | None]) -> Chart:
    starts = [cell["start"] for cell in cells]
    load = np.array([cell["load_erl"] for cell in cells])
    agents = np.array([cell["agents"] for cell in cells], np.float64)
    rostered = np.array([cell["rostered"] for cell in cells], np.float64)
    there = _column([seen.get(start) for start in starts])
    x = np.arange(len(starts))

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.bar(x, rostered, color=BARS, width=0.82, label=_("to roster"))
        axes.step(x, agents, where="mid", color=INK, linewidth=1.8, label=_("required on duty"))
        axes.plot(x, load, color=FAINT, linewidth=1.4, linestyle=(0, (4, 3)), label=_("offered load, erlangs"))
        if np.isfinite(there).any():
            axes.plot(
                x, there, color=colour(1), linewidth=1.4, marker="o", markersize=2.6, label=_("on duty, simulated")
            )
        clock_axis(axes, [f"0000-00-00T{start}" for start in starts])
        axes.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2, handlelength=1.4)

    peak = int(agents.argmax())
    rows = tuple(
        (cell["start"], f"{cell['calls']:.1f}", f"{cell['load_erl']:.2f}", str(cell["agents"]), str(cell["rostered"]),
         _one_decimal(seen.get(cell["start"])))
        for cell in cells
    )  # fmt: skip
    return Chart(
        _("{name}: agents required by interval", name=name),
        _(
            "Most are required from {start}: {agents:.0f} on duty for {load:.1f} erlangs.",
            start=starts[peak],
            agents=agents[peak],
            load=load[peak],
        ),
        drawn(WIDE, 3.2, draw),
        (_("from"), _("calls"), _("load, erl"), _("required"), _("to roster"), _("on duty, simulated")),
        rows,
    )


def coverage_charts(roster: JSON) -> list[Chart]:
    """Return, for each group of the measured days, required against scheduled against simulated heads."""
    groups = [group for group in roster["groups"] if group["dates"] and group["intervals"]]
    alone = len({group["group"] for group in groups}) == 1
    return [
        # Heads that were seen belong to their own day and group, and to no other.
        _coverage_chart(group, _seen(roster["simulated"], group["dates"][0]) if alone else {})
        for group in groups
    ][:MOST_CHARTS]


def _coverage_chart(group: JSON, seen: dict[str, float | None]) -> Chart:
    cells = group["intervals"]
    starts = [cell["start"] for cell in cells]
    required = np.array([cell["required"] for cell in cells], np.float64)
    scheduled = np.array([cell["scheduled"] for cell in cells])
    under = np.array([cell["under"] for cell in cells])
    there = _column([seen.get(start) for start in starts])
    x = np.arange(len(starts))

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.bar(x, scheduled, color=BARS, width=0.82, label=_("scheduled"))
        if under.any():
            axes.bar(x, under, bottom=required - under, color=MISSING, width=0.82, label=_("missing"))
        axes.step(x, required, where="mid", color=INK, linewidth=1.8, label=_("required"))
        if np.isfinite(there).any():
            axes.plot(
                x, there, color=colour(1), linewidth=1.4, marker="o", markersize=2.6, label=_("on duty, simulated")
            )
        clock_axis(axes, [f"0000-00-00T{start}" for start in starts])
        axes.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2, handlelength=1.4)

    rows = tuple(
        (c["start"], str(c["required"]), _one_decimal(c["scheduled"]), _one_decimal(c["under"]),
         _one_decimal(c["over"]), _one_decimal(seen.get(c["start"])))
        for c in cells
    )  # fmt: skip
    return Chart(
        _(
            "{group}, {days}: required and scheduled by interval",
            group=group["group"],
            days=", ".join(_(day) for day in group["weekdays"] or group["dates"]),
        ),
        _(
            "On each such day {over:,.1f} head hours too many are scheduled, {under:,.1f} are missing.",
            over=group["over_hours"],
            under=group["under_hours"],
        ),
        drawn(WIDE, 3.2, draw),
        (_("from"), _("required"), _("scheduled"), _("under"), _("over"), _("on duty, simulated")),
        rows,
    )


def level_chart(scenario: Scenario, simulated: JSON) -> Chart:
    """Return the simulated service level of each interval, by tier."""
    cells = simulated["intervals"]
    starts = [cell["start"] for cell in cells]
    tiers = [tier for tier in scenario.centre.tiers if tier.target is not None]
    x = np.arange(len(starts))

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for place, tier in enumerate(scenario.centre.tiers):
            if tier.target is not None:
                levels = [mean_of(cell["tiers"][tier.name]["service_level"][DEFAULT_FORMULA]) for cell in cells]
                axes.plot(x, _column(levels), color=colour(place), linewidth=1.8, label=tier.name)
                axes.axhline(tier.target.share, color=colour(place), linewidth=0.9, linestyle=(0, (4, 3)))
        per_cent(axes)
        clock_axis(axes, starts)
        axes.legend(ncols=6, loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2, handlelength=1.4)

    rows = tuple(
        (
            start.replace("T", " "),
            *(share_with_interval(cell["tiers"][t.name]["service_level"][DEFAULT_FORMULA]) for t in tiers),
            share_with_interval(cell["overall"]["service_level"][DEFAULT_FORMULA]),
        )
        for start, cell in zip(starts, cells, strict=True)
    )
    levels = {t.name: mean_of(simulated["tiers"][t.name]["service_level"][DEFAULT_FORMULA]) for t in tiers}
    told = ", ".join(
        _("{tier} {level} of {target}", tier=t.name, level=share(levels[t.name]), target=promised(t.target))
        for t in tiers
    )
    return Chart(
        _("Simulated service level by interval ({formula})", formula=DEFAULT_FORMULA),
        _("Over all measured days: {levels}. Dashes mark the targets.", levels=told or _("no tier has a target")),
        drawn(WIDE, 3.0, draw),
        (_("from"), *(t.name for t in tiers), _("overall")),
        rows,
    )


def elbow_charts(scenario: Scenario, plan: JSON) -> list[Chart]:
    """Return service level by number of agents in the busiest interval of each pool, by the formula."""
    return [_elbow_chart(scenario, name, pool) for name, _day, pool in _pools(plan)][:MOST_CHARTS]


def _elbow_chart(scenario: Scenario, name: str, pool: JSON) -> Chart:
    elbow = pool["elbow"]
    agents = elbow["agents"]
    names = [tier.name for tier in scenario.centre.tiers]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for tier, levels in elbow["service_level"].items():
            tint = colour(names.index(tier))
            axes.plot(agents, levels, color=tint, linewidth=1.8, marker="o", markersize=3, label=tier)
        axes.axvline(elbow["asked"], color=INK, linewidth=1.0, linestyle=(0, (4, 3)))
        per_cent(axes)
        axes.set_xlabel(_("agents on duty"))
        axes.set_xticks(agents)
        axes.legend(ncols=6, loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2, handlelength=1.4)

    rows = tuple(
        (str(n), *(share(levels[place]) for levels in elbow["service_level"].values()))
        for place, n in enumerate(agents)
    )
    at = agents.index(elbow["asked"]) if elbow["asked"] in agents else 0
    fewer = ", ".join(
        _("{tier} {level} instead of {before}", tier=tier, level=share(levels[at - 1]), before=share(levels[at]))
        for tier, levels in elbow["service_level"].items()
        if at > 0
    )
    return Chart(
        _(
            "{name}: service level by number of agents, busiest interval ({start}), by the formula",
            name=name,
            start=elbow["start"],
        ),
        _(
            "The plan has {agents} (dashes). One agent fewer: {levels}.",
            agents=elbow["asked"],
            levels=fewer or UNDEFINED,
        ),
        drawn(WIDE, 2.9, draw),
        (_("agents"), *elbow["service_level"]),
        rows,
    )


def _seen(simulated: JSON | None, date: str) -> dict[str, float | None]:
    """Return time of day → agents on duty in the simulation, on `date`."""
    found: dict[str, float | None] = {}
    for cell in simulated["intervals"] if simulated is not None else ():
        if cell["start"][:10] == date:
            found.setdefault(cell["start"][11:16], mean_of(cell["agents"]))
    return found


def _column(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _one_decimal(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:.1f}"
