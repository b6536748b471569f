"""The rest of a day on a supervisor's terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

from sim.report.table import bare_table, say
from sim.report.wording import count, mean_of, share, share_with_interval

JSON = dict[str, Any]


def show_today(console: Console, result: JSON) -> None:
    """Print how busy the day is, the half hours to come, what changes give, and who was there."""
    busy, so_far = result["busyness"], result["so_far"]
    say(console, f"{result['scenario']} · {result['now']} · {result['replications']} replications", "bold")
    say(
        console,
        f"{so_far['calls']:,} calls so far, {so_far['expected']:,.1f} expected: the day is {busy['mean']:.2f} times as "
        f"busy ({busy['low']:.2f}–{busy['high']:.2f} with {busy['chance']:.0%} chance)",
    )
    if busy["prior_guessed"]:
        say(
            console,
            f"The scenario does not say how days differ: {busy['prior_cv']:.0%} is a guess (busyness: …)",
            "yellow",
        )
    console.print()
    console.print(_intervals(console, result["rest"]))
    console.print()
    rest = result["rest"]
    level = share_with_interval(rest["service_level"])
    say(console, f"Rest of the day: {count(mean_of(rest['calls']))} calls, service level {level}")
    missed = [cell["start"][11:] for cell in rest["intervals"] if cell["misses"]]
    say(console, f"Below a target: {', '.join(missed) or 'no interval'}", "yellow" if missed else "")
    for one in result["tries"]:
        after = one["rest"]
        left = sum(bool(cell["misses"]) for cell in after["intervals"])
        gives = share_with_interval(after["service_level"])
        say(
            console,
            f"With {one['change']}: service level {gives}, {left} intervals below a target instead of {len(missed)}",
        )
    if result["adherence"]:
        console.print()
        console.print(_adherence(console, result["adherence"]))


def _intervals(console: Console, rest: JSON) -> Table:
    table = bare_table(console)
    for name in ("from", "calls", "service level", "below target"):
        table.add_column(name, justify="left" if name in {"from", "below target"} else "right", no_wrap=True)
    for cell in rest["intervals"]:
        table.add_row(
            cell["start"][11:], count(mean_of(cell["calls"])), share_with_interval(cell["service_level"]),
            ", ".join(cell["misses"]),
        )  # fmt: skip
    return table


def _adherence(console: Console, rows: list[JSON]) -> Table:
    table = bare_table(console, title="At work: planned and there")
    for name in ("from", "group", "planned, h", "there, h", "adherence"):
        table.add_column(name, justify="left" if name in {"from", "group"} else "right", no_wrap=True)
    for row in rows:
        table.add_row(
            row["start"][11:], row["group"], f"{row['planned_h']:.2f}", f"{row['there_h']:.2f}", share(row["adherence"])
        )
    return table
