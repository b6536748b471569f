"""A roster on a supervisor's terminal: shifts, coverage by interval, how good it is, what it gives."""

from typing import Any, Final

from rich.console import Console
from rich.table import Table

from callcenter.language.said import N_
from callcenter.language.spoken import _
from sim.planning.plan.table import days_text, levels_by_clock, tier_table
from sim.report.table import bare_table, columns, say, show_money
from sim.report.wording import share_with_interval

JSON = dict[str, Any]
AIMS: Final = {"cost": N_("cost"), "match": N_("match")}


def show_roster(console: Console, result: JSON) -> None:
    """Print the roster of the measured days."""
    shown = [group for group in result["groups"] if group["dates"]]
    for group in shown:
        need = _("need: {source}", source=result["need"])
        say(console, f"{result['scenario']} · {group['group']} · {days_text(group)} · {need}", "bold")
        console.print()
        console.print(_shifts(console, group))
        console.print()
        console.print(_coverage(console, group, result["simulated"]))
        console.print()
    if not shown:
        say(console, _("{name}: nobody is needed on the measured days", name=result["scenario"]))
    for line in said(result):
        say(console, line)
    if "money" in result:
        console.print()
        show_money(console, result["money"])
    for line in result["unmet"]:
        say(console, _("Not covered: {text}", text=_(line)), "bold red")
    if result["people"] is not None:
        console.print()
        console.print(_people(console, result["people"]))
        console.print()
        for line in result["people"]["unmet"]:
            say(console, _("Not met: {text}", text=_(line)), "bold red" if "missing" in line else "yellow")
    if result["simulated"] is not None:
        console.print()
        console.print(tier_table(console, result))
        for line in result["lost"]:
            say(console, _("Simulated: {text}", text=_(line)), "yellow")
        times = result["simulated"]["replications"]
        say(console, _("Simulated with this roster: {n} replications, 95 % intervals.", n=times))


def said(result: JSON) -> list[str]:
    """Return how good the roster is, in sentences."""
    hours = result["head_hours"]
    lines = [
        _(
            "Rostered on the measured days: {shifts:,} shifts, {paid:,.1f} hours paid, {phone:,.1f} of them on the "
            "phone",
            shifts=result["shifts_rostered"],
            paid=result["paid_hours"],
            phone=result["on_phone_hours"],
        ),
        _(
            "Head hours by half hour: {required:,.1f} needed, {scheduled:,.1f} scheduled ({over:,.1f} over, "
            "{under:,.1f} "
            "under)",
            **hours,
        ),
    ]
    if result["people"] is not None:
        people = result["people"]
        how = _("proved to be the best") if people["optimal"] else _("gap {gap:.2%}", gap=people["gap"])
        lines.append(
            _(
                "Cost {cost:,.2f} for the shifts that somebody has ({how}); {open:,.1f} hours stay open",
                cost=result["cost"],
                how=how,
                open=people["open_hours"],
            )
        )
        if people["open_hours"]:
            lines.append(_("Open shifts count as scheduled by half hour; the simulation lives without them"))
    elif result["optimal"]:
        lines.append(
            _("Cost {cost:,.2f}: proved to be the optimum ({aim})", cost=result["cost"], aim=_(AIMS[result["aim"]]))
        )
    else:
        bound = result["bound"]
        below = "" if bound is None else _(", nothing below {cost:,.2f} is possible", cost=bound)
        lines.append(
            _(
                "Cost {cost:,.2f}: the best found within {seconds:g} s{below} (gap {gap:.2%}); --time-limit gives more "
                "time",
                cost=result["cost"],
                seconds=result["time_limit_s"],
                below=below,
                gap=result["gap"],
            )
        )
    return lines


def _people(console: Console, people: JSON) -> Table:
    table = bare_table(console)
    columns(
        table, _("name"), _("groups"), ">" + _("shifts"), ">" + _("hours"), ">" + _("contract"),
        ">" + _("nights and weekends, h"), ">" + _("wishes met"),
    )  # fmt: skip
    for one in people["persons"]:
        wishes = one["wishes"]
        met = _("{part} of {whole}", part=sum(wish["met"] for wish in wishes), whole=len(wishes)) if wishes else ""
        table.add_row(
            one["name"], ", ".join(one["groups"]), str(one["shifts"]), f"{one['hours']:g}",
            f"{one['contract_hours']:g}", f"{one['unpopular_hours']:g}", met,
        )  # fmt: skip
    return table


def _shifts(console: Console, group: JSON) -> Table:
    table = bare_table(console)
    columns(table, _("shift"), _("from"), _("to"), _("breaks"), ">" + _("agents"))
    for shift in group["shifts"]:
        breaks = ", ".join(shift["breaks"])
        table.add_row(shift["type"], shift["from"], shift["to"], breaks, str(shift["agents"]))
    return table


def _coverage(console: Console, group: JSON, simulated: JSON | None) -> Table:
    levels: dict[str, JSON | None] = {}
    if simulated is not None and len(group["dates"]) == 1 and len(simulated["agents"]["groups"]) == 1:
        # Of one group on one day: what all calls get is nobody else's doing, nor another day's.
        levels = levels_by_clock(simulated, group["dates"])
    table = bare_table(console)
    heads = (_("needed"), _("scheduled"), _("under"), _("over"), *([_("all calls, simulated")] if levels else []))
    columns(table, _("from"), *(f">{name}" for name in heads))
    for cell in group["intervals"]:
        level = [share_with_interval(levels.get(cell["start"]))] if levels else []
        gaps = [f"{cell[name]:,.1f}" if cell[name] else "" for name in ("under", "over")]
        table.add_row(cell["start"], str(cell["required"]), f"{cell['scheduled']:,.1f}", *gaps, *level)
    return table
