"""A grading as a table for the terminal and as a page: what each grade has of customers, revenue, contacts, time."""

from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.text import Text

from callcenter.customers.methods import METHODS
from callcenter.language.said import N_
from callcenter.language.spoken import _
from sim.report.drawing import Chart, colour, drawn, whole_share
from sim.report.page import rendered
from sim.report.table import bare_table, say
from sim.report.wording import JSON, UNDEFINED, share

SHARES: Final = {
    "share_customers": N_("customers"),
    "share_revenue": N_("revenue"),
    "share_contacts": N_("contacts"),
    "share_agent_time": N_("agents' time"),
}
OF: Final = (N_("of customers"), N_("of revenue"), N_("of contacts"), N_("of agents' time"))
"""The same as the heads of columns."""
MOVED: Final = (N_("promoted"), N_("demoted"), N_("unchanged"), N_("new"), N_("gone"))
LEAST_LABELLED: Final = 0.035
"""A part of a bar with less than this has no room for its number."""


def show(console: Console, source: str, result: JSON) -> None:
    """Print a grading."""
    when = "" if result["as_of"] is None else " · " + _("as of {date}", date=result["as_of"])
    customers = _("{n:,} customers", n=result["customers"])
    say(console, f"{source} · {result['method']} · {customers}{when}")
    console.print()
    table = bare_table(console)
    table.add_column(_("grade"), overflow="fold")
    table.add_column(_("tier"), overflow="fold")
    for title in (N_("customers"), *OF):
        table.add_column(_(title), justify="right", overflow="fold")
    for grade in result["grades"]:
        shares = [share(grade[key]) for key in SHARES]
        table.add_row(Text(grade["name"]), Text(grade["tier"]), f"{grade['customers']:,}", *shares)
    console.print(table)
    if result["changes"] is not None:
        console.print()
        for line in change_lines(result["changes"]):
            say(console, line)


def change_lines(changes: JSON) -> list[str]:
    """Return what changed since last time, in words.

    >>> change_lines({"promoted": 1, "demoted": 2, "unchanged": 90, "new": 5, "gone": 0,
    ...               "moves": [{"from": "lead", "to": "iron", "customers": 1}]})
    ['Since last time: 1 promoted, 2 demoted, 90 unchanged, 5 new, 0 gone', '  lead → iron: 1']
    """
    told = ", ".join(f"{changes[name]:,} {_(name)}" for name in MOVED)
    moves = [f"  {move['from']} → {move['to']}: {move['customers']:,}" for move in changes["moves"]]
    return [_("Since last time: {counts}", counts=told), *moves]


def page(result: JSON, version: str) -> str:
    """Return the page about a grading."""
    return rendered(
        "grading.html.jinja",
        result=result,
        about=_(METHODS[result["method"]].about),
        version=version,
        chart=chart(result),
        rows=[
            (g["name"], g["tier"], f"{g['customers']:,}", *(share(g[key]) for key in SHARES), _each(g))
            for g in result["grades"]
        ],
        header=(_("grade"), _("tier"), _("customers"), *map(_, OF), _("revenue each")),
        changes=None if result["changes"] is None else change_lines(result["changes"]),
    )


def _each(grade: JSON) -> str:
    return f"{grade['revenue'] / grade['customers']:,.2f}" if grade["customers"] else UNDEFINED


def chart(result: JSON) -> Chart:
    """Return each grade's shares as bars, one under the other."""
    grades = result["grades"]
    known = {key: _(title) for key, title in SHARES.items() if any(g[key] is not None for g in grades)}

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        y = np.arange(len(known))[::-1]
        left = np.zeros(len(known))
        for n, grade in enumerate(grades):
            part = np.array([max(0.0, grade[key] or 0.0) for key in known])
            axes.barh(y, part, left=left, color=colour(n), height=0.66, label=grade["name"], edgecolor="white")
            for row, width, start in zip(y, part, left, strict=True):
                if width >= LEAST_LABELLED:
                    axes.text(start + width / 2, row, whole_share(width), ha="center", va="center", color="white",
                              fontsize=8.5)  # fmt: skip
            left += part
        axes.set_yticks(y, list(known.values()))
        axes.set_xlim(0, 1.0)
        axes.xaxis.set_major_formatter(whole_share)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        if grades:
            axes.legend(ncols=len(grades), loc="lower left", bbox_to_anchor=(0, 1.0), columnspacing=1.2,
                        handlelength=1.2)  # fmt: skip

    best = grades[0]
    told = ", ".join(
        _("{share} {of}", share=share(best[key]), of=_(of)) for key, of in zip(SHARES, OF, strict=True) if key in known
    )
    return Chart(
        _("What each grade has"),
        _("{tier} has {shares}.", tier=best["name"], shares=told)
        if told
        else _("{grade} has no customers: the file is empty.", grade=best["name"]),
        drawn(9.6, 1.0 + 0.45 * max(1, len(known)), draw),
        (_("grade"), *known.values()),
        tuple((g["name"], *(share(g[key]) for key in known)) for g in grades),
    )
