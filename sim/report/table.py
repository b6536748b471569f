"""The result as tables for a supervisor's terminal; without frames and colours where it is piped."""

from io import TextIOWrapper
from typing import IO, Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callcenter.language.spoken import _
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from sim.report import money
from sim.report.fairness import OF, SHARES
from sim.report.wording import (
    JSON,
    called_back,
    count,
    doubts,
    formula_text,
    heading,
    mean_of,
    met_of,
    notes,
    promised,
    seconds,
    share,
    share_interval,
    share_with_interval,
    tier_name,
    with_bounds,
    with_callbacks,
    worst,
)
from sim.results.result import OVERALL

STYLES: Final = {"yes": "green", "no": "bold red", "undecided": "yellow"}
PIPED_WIDTH: Final = 160
"""No line is folded where a program reads on."""
NARROW: Final = 90
"""Columns of a terminal below which counts of the lost give way to their shares."""


def console_for(stream: IO[str]) -> Console:
    """Return a console on a stream: colours and the terminal's width, or plain and wide."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")  # a stream that knows no dashes still gets its figures
    if stream.isatty():
        return Console(file=stream, highlight=False)
    return Console(file=stream, highlight=False, width=PIPED_WIDTH, color_system=None)


def bare_table(console: Console, **more: Any) -> Table:
    """Return an empty table: ruled on a terminal, columns alone where it is piped."""
    return Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, title_justify="left", **more)


def columns(table: Table, *heads: str) -> None:
    """Add columns that keep their width; a head that begins with > is of figures, which end at one place."""
    for head in heads:
        table.add_column(head.removeprefix(">"), justify="right" if head.startswith(">") else "left", no_wrap=True)


def show(console: Console, scenario: Scenario, result: JSON) -> None:
    """Print the result."""
    if scenario.title:
        say(console, scenario.title, "bold")
    say(console, heading(scenario, result))
    lowest = worst(result)
    if lowest is not None:
        say(console, lowest)
    for missed in notes(scenario, result):
        say(console, _("Note: {text}", text=missed), "yellow")
    console.print()
    console.print(_service(console, result))
    for what, several in (("queue", result["queues"]), ("group", result["agents"]["groups"])):
        if len(several) > 1:
            console.print()
            console.print(_by_queue(console, several) if what == "queue" else _by_group(console, several))
    console.print()
    console.print(_waits(console, result))
    console.print()
    console.print(_shares(console, result))
    console.print()
    if "money" in result:
        show_money(console, result["money"])
    for line in _lines(scenario, result):
        say(console, line)
    for note in doubts(result):
        say(console, _("Note: {text}", text=note), "yellow")


def show_money(console: Console, account: JSON) -> None:
    """Print what it costs."""
    table = bare_table(console)
    for n, name in enumerate(money.HEADER):
        table.add_column(_(name), justify="right" if n == len(money.HEADER) - 1 else "left", overflow="fold")
    for row in money.rows(account):
        table.add_row(*map(Text, row))
    console.print(table)
    console.print()


def say(console: Console, line: str, style: str = "") -> None:
    """Print one line; brackets in names are no markup."""
    console.print(Text(line, style=style), soft_wrap=not console.is_terminal)


def _blocks(result: JSON) -> list[tuple[str, JSON]]:
    return [*result["tiers"].items(), (OVERALL, result[OVERALL])]


def _service(console: Console, result: JSON) -> Table:
    table = bare_table(console)
    narrow = console.width < NARROW
    table.add_column(_("tier"), overflow="fold")
    converted = bool(mean_of(result[OVERALL]["converted"]))
    columns = [_("offered"), _("answered"), _("abandoned"), *([_("converted")] if converted else [])]
    for name in (*columns, level_title(), _("target")):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column(_("met"), overflow="fold")
    for name, block in _blocks(result):
        offered = mean_of(block["offered"])
        table.add_row(
            Text(tier_name(name)),
            count(offered),
            count(mean_of(block["answered"])),
            _of(mean_of(block["abandoned"]), offered, narrow=narrow),
            *([_of(mean_of(block["converted"]), offered, narrow=narrow)] if converted else []),
            share_with_interval(block["service_level"][DEFAULT_FORMULA]),
            promised(block["target"]),
            met_text(block["target"]),
        )
    return table


def level_title() -> str:
    """Return how the service level is headed."""
    return _("service level ({formula})", formula=DEFAULT_FORMULA)


def met_text(target: JSON | None) -> Text:
    """Return whether a target is met, in its colour."""
    return Text(met_of(target), style="" if target is None else STYLES.get(target["met"], ""))


def _of(part: float | None, whole: float | None, *, narrow: bool = False) -> str:
    """Return a count and its share of the offered calls; where there is little room, the share alone."""
    if narrow:
        return share(part / whole if part is not None and whole else None)
    return with_bounds(count(part), share(part / whole) if part is not None and whole else "")


def _by_queue(console: Console, queues: JSON) -> Table:
    """Return every segment in its own queue, transferred calls included."""
    table = bare_table(console)
    table.add_column(_("queue"), overflow="fold")
    for name in (_("offered"), _("answered"), _("abandoned"), level_title()):
        table.add_column(name, justify="right", overflow="fold")
    for name, queue in queues.items():
        offered = mean_of(queue["offered"])
        table.add_row(
            Text(name),
            count(offered),
            count(mean_of(queue["answered"])),
            _of(mean_of(queue["abandoned"]), offered, narrow=console.width < NARROW),
            share_with_interval(queue["service_level"][DEFAULT_FORMULA]),
        )
    return table


def _by_group(console: Console, groups: JSON) -> Table:
    table = bare_table(console)
    table.add_column(_("group"), overflow="fold")
    for name in (_("occupancy"), _("hours logged in"), _("talking"), _("after-call work")):
        table.add_column(name, justify="right", overflow="fold")
    for name, group in groups.items():
        hours = (count(mean_of(group[part])) for part in ("logged_in_h", "talk_h", "wrap_up_h"))
        table.add_row(Text(name), share_with_interval(group["occupancy"]), *hours)
    return table


def _waits(console: Console, result: JSON) -> Table:
    table = bare_table(console)
    table.add_column(_("tier"), overflow="fold")
    callbacks = with_callbacks(result)
    names = [_("ASA"), _("median wait"), _("P95 wait"), _("longest"), _("handling")]
    for name in (*names, *([_("called back in time")] if callbacks else [])):
        table.add_column(name, justify="right", overflow="fold")
    for name, block in _blocks(result):
        table.add_row(
            Text(tier_name(name)),
            *(seconds(mean_of(block[key])) for key in ("asa_s", "wait_p50_s", "wait_p95_s", "wait_max_s", "aht_s")),
            *([called_back(block["tasks"])] if callbacks else []),
        )
    return table


def _shares(console: Console, result: JSON) -> Table:
    """Return what each tier brings beside what it takes."""
    table = bare_table(console)
    table.add_column(_("tier"), overflow="fold")
    for title in OF.values():
        table.add_column(_(title), justify="right", overflow="fold")
    for name, block in result["tiers"].items():
        table.add_row(Text(name), *(share(mean_of(block[key])) for key in SHARES))
    return table


def _lines(scenario: Scenario, result: JSON) -> list[str]:
    agents = result["agents"]
    hours = mean_of(agents["logged_in_h"])
    bounds = share_interval(agents["occupancy"])
    found = [
        _(
            "Agents: occupancy {occupancy}, {hours} hours logged in",
            occupancy=with_bounds(share(mean_of(agents["occupancy"])), bounds),
            hours=count(hours),
        )
    ]
    lost = {name: mean_of(result[OVERALL][name]) or 0.0 for name in ("overflowed", "rejected", "failed", "open")}
    if any(lost.values()):
        told = ", ".join(f"{count(number)} {_(name)}" for name, number in lost.items() if number)
        found.append(_("Besides: {counts}", counts=told))
    if scenario.outreach:
        behind = result[OVERALL]["behind_outreach"]
        found.append(
            _(
                "Campaign and care calls: {calls} callers waited {wait} in all while an agent who could take them "
                "talked to a list",
                calls=count(mean_of(behind["calls"])),
                wait=seconds(mean_of(behind["wait_s"])),
            )
        )
    blacklisted = [tier.name for tier in scenario.centre.tiers if tier.target is None]
    for name in blacklisted:
        block = result["tiers"][name]
        if mean_of(block["offered"]):
            answered = (mean_of(block["answered"]) or 0.0) / block["offered"]["mean"]
            found.append(_("Without a target: {name}, {share} of its calls answered", name=name, share=share(answered)))
    found.append(
        _(
            "{formula}; counts are means of one replication, brackets hold 95 % intervals over replications",
            formula=formula_text(),
        )
    )
    found.append(
        _("ASA: mean wait of answered calls; P95: of answered and abandoned; longest: mean of each replication's")
    )
    return found
