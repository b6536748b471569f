"""A roster on a supervisor's terminal: shifts, coverage by interval, how good it is, what it gives."""

from typing import Any

from rich.console import Console
from rich.table import Table

from callcenter.lifecycle.measures import DEFAULT_FORMULA
from sim.planning.plan.table import tier_table
from sim.report.table import bare_table, say, show_money
from sim.report.wording import share_with_interval

JSON = dict[str, Any]


def show_roster(console: Console, result: JSON) -> None:
    """Print the roster of the measured days."""
    shown = [group for group in result["groups"] if group["dates"]]
    for group in shown:
        days = ", ".join(group["weekdays"] or group["dates"])
        say(console, f"{result['scenario']} · {group['group']} · {days} · need: {result['need']}", "bold")
        console.print()
        console.print(_shifts(console, group))
        console.print()
        console.print(_coverage(console, group, result["simulated"]))
        console.print()
    if not shown:
        say(console, f"{result['scenario']}: nobody is needed on the measured days")
    for line in said(result):
        say(console, line)
    if "money" in result:
        console.print()
        show_money(console, result["money"])
    for line in result["unmet"]:
        say(console, f"Not covered: {line}", "bold red")
    if result["people"] is not None:
        console.print()
        console.print(_people(console, result["people"]))
        console.print()
        for line in result["people"]["unmet"]:
            say(console, f"Not met: {line}", "bold red" if "missing" in line else "yellow")
    if result["simulated"] is not None:
        console.print()
        console.print(tier_table(console, result))
        for line in result["lost"]:
            say(console, f"Simulated: {line}", "yellow")
        times = result["simulated"]["replications"]
        say(console, f"Simulated with this roster: {times} replications, 95 % intervals.")


def said(result: JSON) -> list[str]:
    """Return how good the roster is, in sentences."""
    hours = result["head_hours"]
    lines = [
        f"Rostered on the measured days: {result['shifts_rostered']:,} shifts, {result['paid_hours']:,.1f} hours paid, "
        f"{result['on_phone_hours']:,.1f} of them on the phone",
        f"Head hours by half hour: {hours['required']:,.1f} needed, {hours['scheduled']:,.1f} scheduled "
        f"({hours['over']:,.1f} over, {hours['under']:,.1f} under)",
    ]
    if result["people"] is not None:
        how = "proved to be the best" if result["people"]["optimal"] else f"gap {result['people']['gap']:.2%}"
        lines.append(
            f"Cost {result['cost']:,.2f} for the shifts that somebody has ({how}); "
            f"{result['people']['open_hours']:,.1f} hours stay open"
        )
    elif result["optimal"]:
        lines.append(f"Cost {result['cost']:,.2f}: proved to be the optimum ({result['aim']})")
    else:
        below = "" if result["bound"] is None else f", nothing below {result['bound']:,.2f} is possible"
        lines.append(
            f"Cost {result['cost']:,.2f}: the best found within {result['time_limit_s']:g} s{below} "
            f"(gap {result['gap']:.2%}); --time-limit gives more time"
        )
    return lines


def _people(console: Console, people: JSON) -> Table:
    table = bare_table(console)
    for name in ("name", "groups", "shifts", "hours", "contract", "nights and weekends, h", "wishes met"):
        table.add_column(name, justify="left" if name in {"name", "groups"} else "right", no_wrap=True)
    for one in people["persons"]:
        wishes = one["wishes"]
        met = f"{sum(wish['met'] for wish in wishes)} of {len(wishes)}" if wishes else ""
        table.add_row(
            one["name"], ", ".join(one["groups"]), str(one["shifts"]), f"{one['hours']:g}",
            f"{one['contract_hours']:g}", f"{one['unpopular_hours']:g}", met,
        )  # fmt: skip
    return table


def _shifts(console: Console, group: JSON) -> Table:
    table = bare_table(console)
    for name in ("shift", "from", "to", "breaks", "agents"):
        table.add_column(name, justify="right" if name == "agents" else "left", no_wrap=True)
    for shift in group["shifts"]:
        breaks = ", ".join(shift["breaks"])
        table.add_row(shift["type"], shift["from"], shift["to"], breaks, str(shift["agents"]))
    return table


def _coverage(console: Console, group: JSON, simulated: JSON | None) -> Table:
    levels: dict[str, JSON | None] = {}
    if simulated is not None and len(group["dates"]) == 1 and len(simulated["agents"]["groups"]) == 1:
        # Of one group on one day: what all calls get is nobody else's doing, nor another day's.
        levels = {
            cell["start"][11:]: cell["overall"]["service_level"][DEFAULT_FORMULA]
            for cell in simulated["intervals"]
            if cell["start"][:10] == group["dates"][0]
        }
    table = bare_table(console)
    names = ("from", "needed", "scheduled", "under", "over", *(["all calls, simulated"] if levels else []))
    for name in names:
        table.add_column(name, justify="left" if name == "from" else "right", no_wrap=True)
    for cell in group["intervals"]:
        level = [share_with_interval(levels.get(cell["start"]))] if levels else []
        heads = [f"{cell[name]:,.1f}" if cell[name] else "" for name in ("under", "over")]
        table.add_row(cell["start"], str(cell["required"]), f"{cell['scheduled']:,.1f}", *heads, *level)
    return table
