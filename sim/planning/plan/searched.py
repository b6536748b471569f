"""A plan found by simulation, as tables and charts: what is kept, how surely, and what one agent fewer would cost."""

from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callcenter.language.said import N_
from callcenter.language.spoken import _
from sim.planning.plan.charts import BARS, WIDE
from sim.planning.plan.table import days_text
from sim.report.drawing import INK, Chart, clock_axis, colour, drawn, per_cent
from sim.report.table import STYLES, bare_table, columns, say, show_money
from sim.report.wording import UNDEFINED, share, share_with_interval

JSON = dict[str, Any]
TOGETHER = N_("all calls")
SAID = {"yes": N_("promises kept"), "undecided": N_("too close to tell"), "no": N_("not kept")}
VERDICTS = {"no": N_("not met"), "undecided": N_("undecided"), "yes": N_("met")}


def show_search(console: Console, result: JSON) -> None:
    """Print a plan found by simulation."""
    parts = [result, *result["others"]]
    for part in parts:
        days = f" · {days_text(part)}" if len(parts) > 1 else ""
        method = _("simulation")
        say(console, f"{part['scenario']} · {', '.join(part['agents'])}{days} · {method}", "bold")
        console.print()
        console.print(_intervals(console, part))
        console.print()
        _show_judged(console, part)
        console.print()
    hours = _("{hours:,.1f} hours to roster", hours=result["agent_hours"])
    text = _("Agents: {hours} ({intervals} agent intervals)", hours=hours, intervals=result["agent_intervals"])
    say(console, text)
    if "money" in result:
        console.print()
        show_money(console, result["money"])


def _show_judged(console: Console, result: JSON) -> None:
    judged = result["judged"]["promises"]
    if not judged:
        say(console, _("No call that anything is promised comes on the days planned: nobody is asked for."), "yellow")
        return
    console.print(_promises(console, [p for p in judged if p["start"] is None] or judged))
    console.print()
    for note in result["notes"]:
        say(console, _("Note: {text}", text=_(note)), "yellow")
    for promise in result["unmeetable"]:
        say(console, _("Agents alone cannot keep: {promise}", promise=_(promise)), "bold red")
    verdicts = [promise["met"] for promise in judged]
    times = result["judged"]["replications"]
    counts = ", ".join(f"{verdicts.count(word)} {_(text)}" for word, text in SAID.items() if word in verdicts)
    say(console, _("On {n} fresh replications: {counts} (95 %, all promises together).", n=times, counts=counts))


def _intervals(console: Console, result: JSON) -> Table:
    groups = list(result["agents"])
    levels = {p["start"]: p for p in result["judged"]["promises"] if p["who"] == TOGETHER}
    fewer = _fewer(result)
    table = bare_table(console)
    figures = [*groups, _("all calls, fresh days"), _("days that meet it")]
    columns(table, _("from"), *(f">{name}" for name in figures), _("one agent fewer"))
    for n in rows_of(result):
        start = result["starts"][n]
        found = levels.get(start)
        table.add_row(
            start,
            *(str(result["agents"][group][n]) for group in groups),
            share_with_interval(found["level"]) if found else UNDEFINED,
            share(found["probability_met"]) if found else UNDEFINED,
            fewer.get(start, ""),
        )
    return table


def rows_of(result: JSON) -> range:
    """Return the intervals from the first with anybody to the last."""
    heads = np.array(list(result["agents"].values())).sum(axis=0)
    some = np.flatnonzero(heads)
    return range(int(some[0]), int(some[-1]) + 1) if some.size else range(0)


def _fewer(result: JSON) -> dict[str, str]:
    """Return, by interval, what one agent fewer would give, in words."""
    found: dict[str, str] = {}
    for part in result["binding"]:
        words = _(
            "{promise} {level}: {verdict}",
            promise=_(part["promise"]),
            level=share_with_interval(part["one_fewer"]),
            verdict=_(VERDICTS[part["met_with_one_fewer"]]),
        )
        words = _("{name}: {text}", name=part["group"], text=words) if len(result["agents"]) > 1 else words
        found[part["start"]] = f"{found[part['start']]}; {words}" if part["start"] in found else words
    return found


def _promises(console: Console, promises: list[JSON]) -> Table:
    table = bare_table(console)
    columns(table, _("promise"), _("scope"), ">" + _("target"), ">" + _("fresh days"), _("met"))
    for p in promises:
        met = Text(_(p["met"]), style=STYLES.get(p["met"], ""))
        table.add_row(Text(_(p["who"])), _(p["scope"]), share(p["goal"]), share_with_interval(p["level"]), met)
    return table


def search_charts(result: JSON) -> list[Chart]:
    """Return agents by interval, and the service level with the plan and with one agent fewer."""
    charts = []
    for part in (result, *result["others"]):
        rows = rows_of(part)
        starts = [part["starts"][n] for n in rows]
        days = days_text(part) if result["others"] else ""
        if starts:
            charts += [_heads(part, rows, starts, days), _levels(part, starts, days)]
    return charts


def _of_days(title: str, days: str) -> str:
    return _("{name}: {text}", name=title, text=days) if days else title


def _heads(result: JSON, rows: range, starts: list[str], days: str) -> Chart:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        bottom = np.zeros(len(starts))
        for place, (group, agents) in enumerate(result["agents"].items()):
            heads = np.array([agents[n] for n in rows], np.float64)
            axes.bar(np.arange(len(starts)), heads, bottom=bottom, width=0.82, label=group,
                     color=BARS if len(result["agents"]) == 1 else colour(place))  # fmt: skip
            bottom += heads
        clock_axis(axes, [f"0000-00-00T{start}" for start in starts])
        axes.legend(ncols=6, loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2, handlelength=1.4)

    heads = [n for agents in result["agents"].values() for n in agents]
    return Chart(
        _of_days(_("Agents to roster by interval"), days),
        _(
            "{intervals} agent intervals, {hours:,.1f} hours.",
            intervals=sum(heads),
            hours=sum(heads) * result["interval_s"] / 3600,
        ),
        drawn(WIDE, 3.0, draw),
        (_("from"), *result["agents"]),
        tuple((starts[k], *(str(a[n]) for a in result["agents"].values())) for k, n in enumerate(rows)),
    )


def _levels(result: JSON, starts: list[str], days: str) -> Chart:
    judged = {p["start"]: p for p in result["judged"]["promises"] if p["start"] is not None}
    fewer = {part["start"]: part for part in result["binding"]}
    x = np.arange(len(starts))

    def column(cells: dict[str, JSON], key: str, bound: str) -> Any:
        values = [(cells.get(start) or {}).get(key) for start in starts]
        return np.array([np.nan if v is None or v[bound] is None else v[bound] for v in values], np.float64)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        low, high = column(judged, "level", "ci_low"), column(judged, "level", "ci_high")
        axes.fill_between(x, low, high, color=colour(0), alpha=0.18, linewidth=0)
        axes.plot(x, column(judged, "level", "mean"), color=colour(0), linewidth=1.8, label=_("the plan, fresh days"))
        axes.plot(x, column(fewer, "one_fewer", "mean"), color=colour(1), linewidth=0, marker="v", markersize=4,
                  label=_("one agent fewer (the promise that suffers most)"))  # fmt: skip
        goals = sorted({p["goal"] for p in result["judged"]["promises"]})
        for goal in goals:
            axes.axhline(goal, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        per_cent(axes)
        clock_axis(axes, [f"0000-00-00T{start}" for start in starts])
        axes.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2, handlelength=1.4)

    words = _fewer(result)
    rows = tuple(
        (
            start,
            share_with_interval(judged[start]["level"]) if start in judged else UNDEFINED,
            share(judged[start]["probability_met"]) if start in judged else UNDEFINED,
            words.get(start, UNDEFINED),
        )
        for start in starts
    )
    return Chart(
        _of_days(_("Service level by interval, and with one agent fewer"), days),
        _(
            "{n} intervals bind: one agent fewer breaks a promise there, or leaves it undecided. Dashes: targets.",
            n=len(words),
        ),
        drawn(WIDE, 3.0, draw),
        (_("from"), _("all calls, fresh days"), _("days that meet it"), _("one agent fewer")),
        rows,
    )
