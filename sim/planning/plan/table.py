"""A plan on a supervisor's terminal: intervals, tiers, what was assumed and what breaks it."""

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from callcenter.language.said import N_
from callcenter.language.spoken import _
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from sim.report.table import bare_table, columns, met_text, say, show_money
from sim.report.wording import mean_of, promised, share, share_with_interval, tier_name

JSON = dict[str, Any]
LOADS: Final = {
    "stationary": N_("stationary (own calls)"),
    "lagged": N_("lagged by a handling time"),
    "infinite_server": N_("offered load (used by default)"),
}


BELOW: Final = " *"
"""Marks the level of a tier that is below its promise in an interval."""


def show_plan(console: Console, result: JSON) -> None:
    """Print the plan of the measured days."""
    for day in _shown(result):
        say(console, f"{result['scenario']} · {days_text(day)} · {result['method']}", "bold")
        several = len(day["pools"]) > 1
        for pool in day["pools"]:
            console.print()
            console.print(_intervals(console, result, day, pool, named=several))
    console.print()
    if any(cell["below"] for day in _shown(result) for cell in day["intervals"]):
        text = _(
            "below the tier's promise in this interval: it is kept over the day. To ask for it in every interval, "
            "write "
            "scope: interval in the tier's target."
        )
        say(console, f"{BELOW} {text}")
    say(console, _hours(result))
    if "money" in result:
        console.print()
        show_money(console, result["money"])
    if result["days"] and any(day["pools"] for day in _shown(result)):
        say(console, _("By how the load is reckoned: {hours}", hours=_by_load(result)))
    if result["simulated"] is not None:
        console.print()
        console.print(tier_table(console, result))
    _assumptions(console, result)


def _shown(result: JSON) -> list[JSON]:
    return [day for day in result["days"] if day["dates"]] or result["days"][:1]


def _hours(result: JSON) -> str:
    text = _("Agents: {hours:,.1f} hours on duty", hours=result["agent_hours"])
    if not result["shrinkage"]:
        return text
    return _(
        "{text}, {hours:,.1f} rostered ({share} away)",
        text=text,
        hours=result["rostered_hours"],
        share=share(result["shrinkage"]),
    )


def days_text(part: JSON) -> str:
    """Return the days that a part of a plan is about: weekdays, or dates."""
    return _(", ").join(_(day) for day in part["weekdays"] or part["dates"])


def _by_load(result: JSON) -> str:
    totals: dict[str, float] = {}
    for day in _shown(result):
        for pool in day["pools"]:
            for name, hours in pool["agent_hours_by_load"].items():
                totals[name] = totals.get(name, 0.0) + hours
    return ", ".join(_("{name} {hours:,.1f} h", name=_(LOADS[name]), hours=hours) for name, hours in totals.items())


def _intervals(console: Console, result: JSON, day: JSON, pool: JSON, *, named: bool) -> Table:
    rows = [cell for cell in day["intervals"] if cell["pool"] == pool["name"]]
    tiers = [name for name in (rows[0]["service_level"] if rows else {}) if _has_calls(rows, name)]
    table = bare_table(console, title=f"{pool['name']}: {', '.join(pool['queues'])}" if named else None)
    groups = pool["groups"] if pool["pooled"] else []
    rostered = [_("to roster")] if result["shrinkage"] else []
    by_tier = [_("{tier}, formula", tier=tier) for tier in tiers]
    heads = (_("calls"), _("load, erl"), _("agents"), *groups, *rostered, _("busy"), *by_tier)
    simulated = {} if named else levels_by_clock(result["simulated"], day["dates"])
    found_on = ", ".join([_("all calls, simulated"), *(day["dates"][:1] if len(day["dates"]) > 1 else [])])
    table.add_column(_("from"), no_wrap=True)
    for name in (*heads, *([found_on] if simulated else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for cell in rows:
        levels = [share(cell["service_level"][tier]) + (BELOW if tier in cell["below"] else "") for tier in tiers]
        found = simulated.get(cell["start"])
        table.add_row(
            cell["start"],
            f"{cell['calls']:,.1f}",
            f"{cell['load_erl']:,.2f}",
            str(cell["agents"]),
            *(str(cell["groups"][group]) for group in groups),
            *([str(cell["rostered"])] if rostered else []),
            share(cell["occupancy"]),
            *levels,
            *([share_with_interval(found)] if simulated else []),
        )
    return table


def _has_calls(rows: list[JSON], tier: str) -> bool:
    return any(cell["service_level"][tier] is not None for cell in rows)


def levels_by_clock(simulated: JSON | None, dates: Sequence[str]) -> dict[str, JSON | None]:
    """Return time of day → simulated service level of all calls, on the first of `dates`.

    Of an hour that the clocks bring twice, the worse.
    """
    found: dict[str, JSON | None] = {}
    for cell in simulated["intervals"] if simulated is not None else ():
        if cell["start"][:10] in dates[:1]:
            level = cell["overall"]["service_level"][DEFAULT_FORMULA]
            before = found.setdefault(cell["start"][11:16], level)
            if before is not None and level is not None and level["mean"] < before["mean"]:
                found[cell["start"][11:16]] = level
    return found


def tier_table(console: Console, result: JSON) -> Table:
    """Return what each tier is promised, what the formula expects and what the simulation gives."""
    simulated = result["simulated"]
    expected: dict[str, float | None] = result.get("service_level", {})
    table = bare_table(console)
    simulated_head = _("simulated ({formula})", formula=DEFAULT_FORMULA)
    names = [_("target"), *([_("formula")] if expected else []), simulated_head, _("abandoned")]
    columns(table, _("tier"), *(f">{name}" for name in names), _("met"))
    for name, block in [*simulated["tiers"].items(), ("overall", simulated["overall"])]:
        table.add_row(
            Text(tier_name(name)),
            promised(block["target"]),
            *([share(expected.get(name))] if expected else []),
            share_with_interval(block["service_level"][DEFAULT_FORMULA]),
            share(mean_of(block["abandonment"])),
            met_text(block["target"]),
        )
    return table


def _assumptions(console: Console, result: JSON) -> None:
    console.print()
    granted = _("; ").join(_(line) for line in result["assumptions"])
    say(console, _("The formula takes for granted: {assumptions}.", assumptions=granted))
    for part in result["broken"]:
        parts = {name: _(part[name]) for name in ("assumption", "here", "effect")}
        say(console, _("Not so here: {assumption}: {here}; {effect}.", **parts), "yellow")
    if result["simulated"] is not None:
        times = result["simulated"]["replications"]
        text = _("Simulated with everything as it is in the scenario: {n} replications, 95 % intervals.", n=times)
        say(console, text)
