"""The charts of a report: each from the result alone (and the waits behind it), each with its words and table."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Final

import numpy as np

from callcenter.language.said import N_
from callcenter.language.spoken import _
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from sim.model.streams import Floats
from sim.report.days import chart as days_chart
from sim.report.drawing import FAINT, INK, Chart, clock_axis, colour, drawn, per_cent, whole_share
from sim.report.fairness import OF, SHARES
from sim.report.profile import intervals_shown
from sim.report.wording import (
    JSON,
    UNDEFINED,
    called_back,
    count,
    mean_of,
    met_of,
    promised,
    seconds,
    share,
    share_with_interval,
    tier_name,
)
from sim.results.figures import Figures
from sim.results.result import OVERALL

WIDE: Final = 9.6
"""Inches: the width of the page."""
SECONDS_SHOWN: Final = (5, 10, 20, 30, 60, 120, 300)
DASHES: Final = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), "-.")
"""Lines that lie on each other stay told apart."""
WORTH_TELLING: Final = 0.01
"""Of the busiest interval's calls: an interval with fewer has no occupancy worth a line."""
TASK_PARTS: Final = (
    ("reached_in_time", N_("reached in time")),
    ("late_or_lost", N_("reached late, or not")),
    ("superseded", N_("rang again first")),
    ("open", N_("open at the end")),
)

TASKS: Final = {
    "scheduled": N_("scheduled"),
    "attempted_in_time": N_("attempted in time"),
    "reached_in_time": N_("reached in time"),
    "completed": N_("completed"),
    "unreachable": N_("unreachable"),
    "superseded": N_("superseded"),
    "late": N_("late"),
    "open": N_("open"),
}


def charts(scenario: Scenario, result: JSON, days: Sequence[Figures], starts: Sequence[int]) -> dict[str, Chart]:
    """Return every chart that there is something to show in, by name."""
    found = {}
    if result["intervals"]:
        intervals, of_days = intervals_shown(scenario, result, days, starts)
        found["levels"] = service_by_interval(scenario, result, intervals, of_days)
        found["load"] = load_by_interval(scenario, result, intervals, of_days)
        each = days_chart(scenario, days, starts)
        if each is not None:
            found["days"] = each
    if any(len(waits) for day in days for waits in day.waits):
        found["waits"] = waiting(scenario, result, days)
    found["shares"] = shares(scenario, result)
    if mean_of(result[OVERALL]["tasks"]["scheduled"]):
        found["callbacks"] = callbacks(result)
    return found


def _series(cells: Sequence[JSON | None], key: str) -> Floats:
    return np.array([np.nan if cell is None or cell[key] is None else cell[key] for cell in cells], np.float64)


def service_by_interval(scenario: Scenario, result: JSON, intervals: Sequence[JSON], of_days: int) -> Chart:
    """Return the service level of each interval and tier against its target, with its interval as a band."""
    starts = [interval["start"] for interval in intervals]
    tiers = [tier for tier in scenario.centre.tiers if mean_of(result["tiers"][tier.name]["offered"])]
    tiers = tiers or list(scenario.centre.tiers)
    columns = 1 if len(tiers) == 1 else 2
    rows = ceil(len(tiers) / columns)

    def draw(figure: Any) -> None:
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for n, axes in enumerate(grid.flat):
            if n >= len(tiers):
                axes.set_axis_off()
                continue
            tier = tiers[n]
            place = scenario.centre.tiers.index(tier)
            levels = [i["tiers"][tier.name]["service_level"][DEFAULT_FORMULA] for i in intervals]
            x = np.arange(len(starts))
            axes.fill_between(x, _series(levels, "ci_low"), _series(levels, "ci_high"), color=colour(place), alpha=0.18,
                              linewidth=0)  # fmt: skip
            axes.plot(x, _series(levels, "mean"), color=colour(place), linewidth=1.8, marker="o", markersize=2.6)
            if tier.target is not None:
                axes.axhline(tier.target.share, color=INK, linewidth=1.0, linestyle=(0, (4, 3)))
            axes.set_title(
                _("{tier}  (target {target})", tier=tier.name, target=promised(tier.target))
                if tier.target
                else _("{tier}  (no target)", tier=tier.name)
            )
            per_cent(axes)
            clock_axis(axes, starts)
            axes.tick_params(axis="x", labelsize=8, labelbottom=n + columns >= len(tiers))

    rows_text = tuple(
        (start, *(_level_and_verdict(i["tiers"][t.name]) for t in tiers),
         share_with_interval(i[OVERALL]["service_level"][DEFAULT_FORMULA]))
        for start, i in zip(_readable(starts), intervals, strict=True)
    )  # fmt: skip
    return Chart(
        _("Service level by interval of arrival ({formula})", formula=DEFAULT_FORMULA) + _of(of_days),
        _levels_say(tiers, intervals),
        drawn(WIDE, 0.7 + 1.95 * rows, draw),
        (_("from"), *(t.name for t in tiers), _("overall")),
        rows_text,
    )


def _level_and_verdict(cell: JSON) -> str:
    """Return a tier's level in an interval, and whether its target is met there, where that is promised."""
    level = share_with_interval(cell["service_level"][DEFAULT_FORMULA])
    target = cell.get("target")
    return (
        level
        if target is None
        else _("{level} {target}: {met}", level=level, target=promised(target), met=met_of(target))
    )


def _levels_say(tiers: Sequence[Any], intervals: Sequence[JSON]) -> str:
    found = []
    for tier in tiers:
        if tier.target is None:
            continue
        levels = [mean_of(i["tiers"][tier.name]["service_level"][DEFAULT_FORMULA]) for i in intervals]
        known = [level for level in levels if level is not None]
        below = sum(level < tier.target.share for level in known)
        found.append(
            _(
                "{tier} lies below {target} in {part} of {whole} intervals",
                tier=tier.name,
                target=promised(tier.target),
                part=below,
                whole=len(known),
            )
        )
    told = _("; ").join(found) or _("No tier has a target")
    return _("{text}. Bands hold 95 % intervals, dashes mark targets.", text=told)


def _of(days: int) -> str:
    return "" if days == 1 else _(", {days} days laid on each other", days=days)


def _readable(starts: Sequence[str]) -> list[str]:
    several = len({start[:10] for start in starts}) > 1
    return [start.replace("T", " ") if several else start[11:] for start in starts]


def load_by_interval(scenario: Scenario, result: JSON, intervals: Sequence[JSON], of_days: int) -> Chart:
    """Return, by interval, the calls by tier, the agents ready and their occupancy."""
    starts = [interval["start"] for interval in intervals]
    x = np.arange(len(starts))
    agents = _series([i["agents"] for i in intervals], "mean")
    # The last call of the night alone keeps its agent fully busy: that says nothing about the desk.
    most = max((mean_of(i[OVERALL]["offered"]) or 0.0) for i in intervals)
    told = [(mean_of(i[OVERALL]["offered"]) or 0.0) > WORTH_TELLING * most for i in intervals]
    occupancy = [i["occupancy"] if t else None for i, t in zip(intervals, told, strict=True)]

    def draw(figure: Any) -> None:
        calls, seats, busy = figure.subplots(3, 1, sharex=True, height_ratios=(1.25, 1, 1))
        bottom = np.zeros(len(starts))
        for place, tier in enumerate(scenario.centre.tiers):
            offered = np.nan_to_num(_series([i["tiers"][tier.name]["offered"] for i in intervals], "mean"))
            if offered.any():
                calls.bar(x, offered, bottom=bottom, color=colour(place), width=0.82, label=tier.name)
            bottom += offered
        calls.set_title(_("Calls offered"))
        calls.legend(ncols=4, loc="upper right", bbox_to_anchor=(1.0, 1.22), columnspacing=1.2, handlelength=1.2)
        seats.bar(x, np.nan_to_num(agents), color="#b9c6d6", width=0.82)
        seats.set_title(_("Agents on duty (logged in, not on a break)"))
        busy.fill_between(x, _series(occupancy, "ci_low"), _series(occupancy, "ci_high"), color=INK, alpha=0.15,
                          linewidth=0)  # fmt: skip
        busy.plot(x, _series(occupancy, "mean"), color=INK, linewidth=1.8)
        busy.set_title(_("Occupancy"))
        per_cent(busy)
        clock_axis(busy, starts)

    busiest = max(zip(intervals, occupancy, strict=True), key=lambda pair: mean_of(pair[1]) or 0.0)[0]
    return Chart(
        _("Calls, agents and occupancy by interval") + _of(of_days),
        _(
            "Occupancy is {share} over all; it is highest in the interval from {start}, {highest}.",
            share=share(mean_of(result["agents"]["occupancy"])),
            start=_readable([busiest["start"]])[0],
            highest=share(mean_of(busiest["occupancy"])),
        ),
        drawn(WIDE, 5.2, draw),
        (_("from"), _("calls offered"), _("agents"), _("occupancy")),
        tuple(
            (start, count(mean_of(i[OVERALL]["offered"])), _one_decimal(mean_of(i["agents"])),
             share_with_interval(i["occupancy"]))
            for start, i in zip(_readable(starts), intervals, strict=True)
        ),
    )  # fmt: skip


def _one_decimal(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:.1f}"


def waiting(scenario: Scenario, result: JSON, days: Sequence[Figures]) -> Chart:
    """Return the share of callers who wait longer than so many seconds, by tier, and the percentiles."""
    tiers = [(n, tier) for n, tier in enumerate(scenario.centre.tiers) if any(len(day.waits[n]) for day in days)]
    waits = {n: np.sort(np.concatenate([day.waits[n] for day in days])) / 1000 for n, _tier in tiers}
    longest = max(float(np.quantile(found, 0.999)) for found in waits.values())
    end = max(60.0, min(900.0, longest))

    def draw(figure: Any) -> None:
        axes, bars = figure.subplots(1, 2, width_ratios=(1.25, 1))
        grid = np.linspace(0, end, 400)
        for n, tier in tiers:
            over = 1 - np.searchsorted(waits[n], grid, side="right") / len(waits[n])
            axes.plot(grid, over, color=colour(n), linewidth=1.8, linestyle=DASHES[n % len(DASHES)],
                      label=tier.name)  # fmt: skip
        for limit in sorted({t.target.within / 1000 for _n, t in tiers if t.target is not None}):
            axes.axvline(limit, color=INK, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.set_title(_("Share of callers who wait longer than …"))
        axes.set_xlabel(_("seconds"))
        axes.set_xlim(0, end)
        top = max(float((found > 0).mean()) for found in waits.values())
        axes.set_ylim(0, max(0.05, top * 1.08))
        axes.yaxis.set_major_formatter(whole_share)
        axes.legend()
        _percentile_bars(bars, tiers, result)

    over = (_("over {limit} s", limit=limit) for limit in SECONDS_SHOWN)
    header = (_("tier"), "P50", "P95", "P99", _("longest"), *over)
    rows = tuple(
        (
            tier.name,
            *(seconds(mean_of(result["tiers"][tier.name][k])) for k in _PERCENTILES),
            *(share(float((waits[n] > limit).mean())) for limit in SECONDS_SHOWN),
        )
        for n, tier in tiers
    )
    worst = max(tiers, key=lambda pair: mean_of(result["tiers"][pair[1].name]["wait_p95_s"]) or 0.0)[1]
    return Chart(
        _("Waits (answered and abandoned calls)"),
        _(
            "{tier} waits longest: 95 % of its callers wait at most {wait}. Dashes mark the thresholds of the targets.",
            tier=worst.name,
            wait=seconds(mean_of(result["tiers"][worst.name]["wait_p95_s"])),
        ),
        drawn(WIDE, 3.1, draw),
        header,
        rows,
    )


_PERCENTILES: Final = ("wait_p50_s", "wait_p95_s", "wait_p99_s", "wait_max_s")


def _percentile_bars(axes: Any, tiers: Sequence[tuple[int, Any]], result: JSON) -> None:
    """Draw P50, P95 and the longest wait of each tier, side by side."""
    y = np.arange(len(tiers))[::-1]
    for (n, tier), row in zip(tiers, y, strict=True):
        block = result["tiers"][tier.name]
        p50, p95, most = (mean_of(block[k]) or 0.0 for k in ("wait_p50_s", "wait_p95_s", "wait_max_s"))
        axes.barh(row, most, color=colour(n), alpha=0.18, height=0.62)
        axes.barh(row, p95, color=colour(n), alpha=0.55, height=0.62)
        axes.barh(row, p50, color=colour(n), height=0.62)
        axes.annotate(f"{seconds(p95)} / {seconds(most)}", (most, row), (4, 0), textcoords="offset points",
                      va="center", fontsize=8.5)  # fmt: skip
    axes.set_yticks(y, [tier.name for _n, tier in tiers])
    axes.set_title(_("Median, P95 and longest wait (P95 / longest)"))
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.margins(x=0.28)


def shares(scenario: Scenario, result: JSON) -> Chart:
    """Return each tier's share of customers, revenue, calls and agents' time, side by side."""
    names = [tier.name for tier in scenario.centre.tiers]
    found = [(key, [mean_of(result["tiers"][name][key]) for name in names]) for key in SHARES]
    worth = any(value is not None for value in found[0][1])
    found = [(key, values) for key, values in found if worth or key not in {"share_customers", "share_revenue"}]
    titles = [_(SHARES[key]) for key, _values in found]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        y = np.arange(len(found))[::-1]
        left = np.zeros(len(found))
        for place, name in enumerate(names):
            part = np.array([values[place] or 0.0 for _key, values in found])
            axes.barh(y, part, left=left, color=colour(place), height=0.66, label=name, edgecolor="white")
            for row, width, start in zip(y, part, left, strict=True):
                if width >= 0.035:
                    axes.text(start + width / 2, row, whole_share(width), ha="center", va="center", color="white",
                              fontsize=8.5)  # fmt: skip
            left += part
        axes.set_yticks(y, titles)
        axes.set_xlim(0, max(1.0, float(left.max())))
        axes.xaxis.set_major_formatter(whole_share)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.legend(ncols=len(names), loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2, handlelength=1.2)

    heaviest = max(range(len(names)), key=lambda n: found[-1][1][n] or 0.0)
    told = ", ".join(_("{share} {of}", share=share(values[heaviest]), of=_(OF[key])) for key, values in found)
    rows = tuple((name, *(share(values[n]) for _key, values in found)) for n, name in enumerate(names))
    return Chart(
        _("Who takes the agents' time, and who brings the revenue") if worth else _("Who takes the agents' time"),
        _("{tier} has {shares}.", tier=names[heaviest], shares=told)
        + ("" if worth else _(" For shares of customers and revenue, say in the scenario what each tier is worth.")),
        drawn(WIDE, 0.9 + 0.45 * len(found), draw),
        (_("tier"), *titles),
        rows,
    )


def _by_tier(blocks: Sequence[tuple[str, JSON]]) -> str:
    """Return how many callbacks reached the customer in time, tier by tier."""
    return ", ".join(f"{name} {called_back(tasks)}" for name, tasks in blocks if name != OVERALL)


def callbacks(result: JSON) -> Chart:
    """Return what became of the callbacks that were promised, by tier."""
    blocks = [(name, block["tasks"]) for name, block in result["tiers"].items()]
    blocks = [(name, tasks) for name, tasks in blocks if mean_of(tasks["scheduled"])]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        y = np.arange(len(blocks))[::-1]
        left = np.zeros(len(blocks))
        for (key, label), tint in zip(TASK_PARTS, ("#2a8f6d", "#c23b4b", "#3a9bc4", FAINT), strict=True):
            part = np.array([_part(tasks, key) for _name, tasks in blocks])
            if part.any():
                axes.barh(y, part, left=left, color=tint, height=0.6, label=_(label), edgecolor="white")
            left += part
        axes.set_yticks(y, [tier_name(name) for name, _tasks in blocks])
        axes.set_xlabel(_("callbacks promised in one replication"))
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2, handlelength=1.2)

    overall = result[OVERALL]["tasks"]
    return Chart(
        _("Callbacks promised and kept"),
        _(
            "{kept} promised callbacks reached the customer in time ({tiers}); {late} became late, {open} were open at "
            "the end.",
            kept=called_back(overall),
            tiers=_by_tier(blocks),
            late=count(mean_of(overall["late"])),
            open=count(mean_of(overall["open"])),
        ),
        drawn(WIDE, 1.3 + 0.4 * len(blocks), draw),
        (_("tier"), *map(_, TASKS.values())),
        tuple((tier_name(name), *(count(mean_of(tasks[key])) for key in TASKS)) for name, tasks in blocks),
    )


def _part(tasks: JSON, key: str) -> float:
    def number(name: str) -> float:
        return mean_of(tasks[name]) or 0.0

    if key != "late_or_lost":
        return number(key)
    known = number("reached_in_time") + number("superseded") + number("open")
    return max(0.0, number("scheduled") - known)
