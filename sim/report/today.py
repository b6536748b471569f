"""The rest of a day on a supervisor's terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

from callcenter.language.spoken import _, n_
from sim.report.table import bare_table, columns, say
from sim.report.wording import count, mean_of, share, share_with_interval

JSON = dict[str, Any]


def show_today(console: Console, result: JSON) -> None:
    """Print how busy the day is, the half hours to come, what changes give, and who was there."""
    busy, so_far = result["busyness"], result["so_far"]
    times = n_("{n} replication", "{n} replications", result["replications"])
    say(console, f"{result['scenario']} · {result['date']} {result['now']} · {times}", "bold")
    say(
        console,
        _(
            "{calls:,} calls so far, {expected:,.1f} expected: the day is {mean:.2f} times as busy "
            "({low:.2f}–{high:.2f} with {chance:.0%} chance)",
            calls=so_far["calls"],
            expected=so_far["expected"],
            **{key: busy[key] for key in ("mean", "low", "high", "chance")},
        ),
    )
    if busy["prior_guessed"]:
        say(
            console,
            _("The scenario does not say how days differ: {cv:.0%} is a guess (busyness: …)", cv=busy["prior_cv"]),
            "yellow",
        )
    console.print()
    console.print(_intervals(console, result["rest"]))
    console.print()
    rest = result["rest"]
    level = share_with_interval(rest["service_level"])
    calls = count(mean_of(rest["calls"]))
    say(console, _("Rest of the day: {calls} calls, service level {level}", calls=calls, level=level))
    missed = [cell["start"][11:] for cell in rest["intervals"] if cell["misses"]]
    where = ", ".join(missed) or _("no interval")
    say(console, _("Below a target: {intervals}", intervals=where), "yellow" if missed else "")
    for one in result["tries"]:
        after = one["rest"]
        left = sum(bool(cell["misses"]) for cell in after["intervals"])
        gives = share_with_interval(after["service_level"])
        say(
            console,
            _(
                "With {change}: service level {level}, {left} intervals below a target instead of {before}",
                change=one["change"],
                level=gives,
                left=left,
                before=len(missed),
            ),
        )
    if result["adherence"]:
        console.print()
        console.print(_adherence(console, result["adherence"]))


def _intervals(console: Console, rest: JSON) -> Table:
    table = bare_table(console)
    columns(table, _("from"), ">" + _("calls"), ">" + _("service level"), _("below target"))
    for cell in rest["intervals"]:
        table.add_row(
            cell["start"][11:], count(mean_of(cell["calls"])), share_with_interval(cell["service_level"]),
            ", ".join(cell["misses"]),
        )  # fmt: skip
    return table


def _adherence(console: Console, rows: list[JSON]) -> Table:
    table = bare_table(console, title=_("At work: planned and there"))
    columns(table, _("from"), _("group"), ">" + _("planned, h"), ">" + _("there, h"), ">" + _("adherence"))
    for row in rows:
        table.add_row(
            row["start"][11:], row["group"], f"{row['planned_h']:.2f}", f"{row['there_h']:.2f}", share(row["adherence"])
        )
    return table
