"""The result as tables for a supervisor's terminal; without frames and colours where it is piped."""

from io import TextIOWrapper
from typing import IO, Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from sim.report import money
from sim.report.fairness import SHARES
from sim.report.wording import (
    FORMULA_TEXTS,
    JSON,
    UNDEFINED,
    called_back,
    count,
    doubts,
    heading,
    mean_of,
    notes,
    promised,
    seconds,
    share,
    share_interval,
    share_with_interval,
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


def show(console: Console, scenario: Scenario, result: JSON) -> None:
    """Print the result."""
    if scenario.title:
        say(console, scenario.title, "bold")
    say(console, heading(scenario, result))
    lowest = worst(result)
    if lowest is not None:
        say(console, lowest)
    for missed in notes(scenario, result):
        say(console, f"Note: {missed}", "yellow")
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
        say(console, f"Note: {note}", "yellow")


def show_money(console: Console, account: JSON) -> None:
    """Print what it costs."""
    table = bare_table(console)
    for n, name in enumerate(money.HEADER):
        table.add_column(name, justify="right" if n == len(money.HEADER) - 1 else "left", overflow="fold")
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
    table.add_column("tier", overflow="fold")
    converted = bool(mean_of(result[OVERALL]["converted"]))
    columns = ["offered", "answered", "abandoned", *(["converted"] if converted else [])]
    for name in (*columns, f"service level ({DEFAULT_FORMULA})", "target", "met"):
        table.add_column(name, justify="left" if name == "met" else "right", overflow="fold")
    for name, block in _blocks(result):
        met = block["target"]["met"] if block["target"] else UNDEFINED
        offered = mean_of(block["offered"])
        table.add_row(
            Text(name),
            count(offered),
            count(mean_of(block["answered"])),
            _of(mean_of(block["abandoned"]), offered, narrow=narrow),
            *([_of(mean_of(block["converted"]), offered, narrow=narrow)] if converted else []),
            share_with_interval(block["service_level"][DEFAULT_FORMULA]),
            promised(block["target"]),
            Text(met, style=STYLES.get(met, "")),
        )
    return table


def _of(part: float | None, whole: float | None, *, narrow: bool = False) -> str:
    """Return a count and its share of the offered calls; where there is little room, the share alone."""
    if narrow:
        return share(part / whole if part is not None and whole else None)
    return count(part) + (f" ({share(part / whole)})" if part is not None and whole else "")


def _by_queue(console: Console, queues: JSON) -> Table:
    """Return every segment in its own queue, transferred calls included."""
    table = bare_table(console)
    table.add_column("queue", overflow="fold")
    for name in ("offered", "answered", "abandoned", f"service level ({DEFAULT_FORMULA})"):
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
    table.add_column("group", overflow="fold")
    for name in ("occupancy", "hours logged in", "talking", "after-call work"):
        table.add_column(name, justify="right", overflow="fold")
    for name, group in groups.items():
        hours = (count(mean_of(group[part])) for part in ("logged_in_h", "talk_h", "wrap_up_h"))
        table.add_row(Text(name), share_with_interval(group["occupancy"]), *hours)
    return table


def _waits(console: Console, result: JSON) -> Table:
    table = bare_table(console)
    table.add_column("tier", overflow="fold")
    callbacks = with_callbacks(result)
    names = ["ASA", "median wait", "P95 wait", "longest", "handling", *(["called back in time"] if callbacks else [])]
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    for name, block in _blocks(result):
        table.add_row(
            Text(name),
            *(seconds(mean_of(block[key])) for key in ("asa_s", "wait_p50_s", "wait_p95_s", "wait_max_s", "aht_s")),
            *([called_back(block["tasks"])] if callbacks else []),
        )
    return table


def _shares(console: Console, result: JSON) -> Table:
    """Return what each tier brings beside what it takes."""
    table = bare_table(console)
    table.add_column("tier", overflow="fold")
    for title in SHARES.values():
        table.add_column(f"of {title}", justify="right", overflow="fold")
    for name, block in result["tiers"].items():
        table.add_row(Text(name), *(share(mean_of(block[key])) for key in SHARES))
    return table


def _lines(scenario: Scenario, result: JSON) -> list[str]:
    agents = result["agents"]
    hours = mean_of(agents["logged_in_h"])
    bounds = share_interval(agents["occupancy"])
    found = [
        f"Agents: occupancy {share(mean_of(agents['occupancy']))}{f' ({bounds})' if bounds else ''}, "
        f"{count(hours)} hours logged in"
    ]
    lost = {name: mean_of(result[OVERALL][name]) or 0.0 for name in ("overflowed", "rejected", "failed", "open")}
    if any(lost.values()):
        found.append("Besides: " + ", ".join(f"{count(number)} {name}" for name, number in lost.items() if number))
    if scenario.outreach:
        behind = result[OVERALL]["behind_outreach"]
        found.append(
            f"Campaign and care calls: {count(mean_of(behind['calls']))} callers waited "
            f"{seconds(mean_of(behind['wait_s']))} in all while an agent who could take them talked to a list"
        )
    blacklisted = [tier.name for tier in scenario.centre.tiers if tier.target is None]
    for name in blacklisted:
        block = result["tiers"][name]
        if mean_of(block["offered"]):
            answered = (mean_of(block["answered"]) or 0.0) / block["offered"]["mean"]
            found.append(f"Without a target: {name}, {share(answered)} of its calls answered")
    found.append(
        f"{DEFAULT_FORMULA} = {FORMULA_TEXTS[DEFAULT_FORMULA]}; counts are means of one replication, brackets hold "
        "95 % intervals over replications"
    )
    found.append(
        "ASA: mean wait of answered calls; P95: of answered and abandoned; longest: mean of each replication's"
    )
    return found
