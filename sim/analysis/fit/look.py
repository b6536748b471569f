"""A first look at a log: its columns, the layout it seems to be, a map as a proposal, what is odd about its calls.

Nothing here decides: it proposes, and a person confirms.
"""

import re
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

import numpy as np

from callcenter.config.header_rows import is_total
from callcenter.config.tables import Layout, Table, likely_layout, looks_like_data, read_table
from callcenter.config.tree import Tree, read_tree
from callcenter.config.unpacking import Source
from callcenter.config.words import WEEKDAYS, date_text
from callcenter.errors import BadInput
from callcenter.hours import UTC, weekday
from callcenter.language.said import said
from callcenter.units import DAY
from scenarios import columns_text
from sim.analysis.fit.batch import check_head
from sim.analysis.fit.call_rows import NAMING
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.cell_formats import Column, column_of
from sim.analysis.fit.cells import Clock
from sim.analysis.fit.columns import layout_of, needed
from sim.analysis.fit.formats import CALLS, FORMATS, INTERVALS, JOINED, format_columns
from sim.analysis.fit.interval_rows import ALSO
from sim.analysis.fit.proposal import Proposal
from sim.analysis.fit.queuelog import EVENTS, LEFT, OF_AGENTS, OVER

LOOKED_AT: Final = 20_000
"""Rows from which columns are told."""
SOME: Final = 50
"""Rows from which a layout is told."""
BELOW: Final = 10
"""Rows that may stand below a table."""
TOTAL: Final = re.compile(r"\s*(grand )?(total|sum|summe|gesamt|summary|totaux|合计)", re.IGNORECASE)
MOST_LACKING: Final = -6
"""Cells that a row without names may lack at its end: systems leave columns out that were not asked for."""


@dataclass(slots=True)
class Look:
    """What a first look shows."""

    rows: int
    columns: list[Column]
    format_name: str | None
    proposal: dict[str, Tree] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    """What the proposal does not know."""


def look(source: Source) -> Look:
    """Return what a file seems to be, from its first rows."""
    name, own = _format_of(source)
    header: tuple[str, ...] = ()
    if name is not None and not own:
        header = EVENTS if FORMATS[name].holds == JOINED else tuple(format_columns(name).header)
    skip, mark = (0, None) if header else likely_layout(source)
    table = read_table(source, Layout(mark, header=header, quoted=name != "asterisk-queue-log", skip=skip))
    with closing(table):
        if not header and looks_like_data(table.header):
            number = len(table.header)
            raise BadInput(
                "{source}: has no line of column names, and is no known layout: write a map with header: "
                "[names of its {number} columns] (docs/fit.md)",
                source=source.name,
                number=number,
            )
        rows = _rows(table)
    columns = [
        column_of(name_, [row[i] if i < len(row) else "" for row in rows]) for i, name_ in enumerate(table.header)
    ]
    found = Look(len(rows), columns, name)
    if name is None:
        proposed = Proposal(columns)
        found.proposal, found.questions = proposed.map, proposed.asks
        found.proposal |= {"skip": skip} if skip else {}
        found.proposal |= {"delimiter": mark} if mark is not None else {}
    return found


def _rows(table: Table) -> list[list[str]]:
    """Return the first rows of a table as cells."""
    header, found = [cell.strip() for cell in table.written or table.header], []
    for line, row in islice(table.rows(), LOOKED_AT):
        cells = [cell.strip() for cell in row]
        if cells == header or not any(cells) or any(map(is_total, islice(filter(None, cells), NAMING))):
            continue
        if cells[0] in header or cells[-1] in header:
            check_head(cells, header, line, table.name)
        found.append(cells)
    return _without_totals(found)


def _without_totals(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows without what stands below a table: totals, remarks, a row that was cut off."""
    if len(rows) > 1 and len(rows[-1]) < len(rows[-2]):
        rows = rows[:-1]
    full = [sum(map(bool, row)) for row in rows]
    usual = float(np.median(full)) if full else 0.0
    end = len(rows)
    while end > max(1, len(rows) - BELOW) and (
        full[end - 1] < usual / 2 or TOTAL.match(next(filter(None, rows[end - 1])))
    ):
        end -= 1
    return rows[:end]


def _format_of(source: Source) -> tuple[str | None, bool]:
    """Return the known layout that a file has, and whether the file has a line of column names.

    Of layouts whose columns are all there it is the one that knows most of them. A file without names is known by what
    stands in its cells.
    """
    with closing(read_table(source, Layout())) as table:
        first = [table.header, *(row for _, row in islice(table.rows(), SOME))]
        mark = table.delimiter
    events = {*LEFT, *OVER, *OF_AGENTS, "CONNECT", "ENTERQUEUE", "QUEUESTART", "CONFIGRELOAD", "RINGNOANSWER"}
    if mark == "|" and sum(len(row) > 4 and row[4] in events for row in first) > len(first) / 2:
        return "asterisk-queue-log", False
    if looks_like_data(first[0]):
        return next(
            (name for name, known in FORMATS.items() if known.holds == CALLS and _rows_fit(name, first)), None
        ), False
    known = [(n, name) for name in FORMATS if (n := _named(name, source))]
    return (max(known, key=lambda one: one[0])[1] if known else None), True


def _named(name: str, source: Source) -> int:
    """Return how many columns of a layout a file names; 0 where it lacks one that is needed."""
    form = format_columns(name)
    intervals = FORMATS[name].holds == INTERVALS
    layout = replace(layout_of(form), header=())
    if intervals:
        layout = Layout(also=ALSO, needed=("start", "offered", "abandoned"))
    elif FORMATS[name].holds == JOINED:
        layout = Layout(needed=EVENTS[:5])
    try:
        with closing(read_table(source, layout)) as table:
            header = table.header
    except BadInput:
        return 0
    if intervals:
        # CMS writes sums of seconds, and the day apart.
        sums = "date" in header or any(column.endswith("_all") for column in header)
        return sum(column in header for column in ALSO) if sums == (name == "avaya-cms-interval") else 1
    return sum(column in header for column in needed(form)) + sum(column in header for column in form.optional)


def _rows_fit(name: str, rows: list[list[str]]) -> bool:
    """Tell whether rows without names are of a layout: as many cells, times where they ought to be, rows that count."""
    form = format_columns(name)
    if not form.header or not all(MOST_LACKING <= len(row) - len(form.header) <= 0 for row in rows):
        return False
    named = {other: column for column, others in form.also.items() for other in others}
    at = {named.get(column, column): i for i, column in enumerate(form.header)}
    came = Clock(UTC, form.arrival.kind, None).of([row[at[form.arrival.column]].strip() for row in rows], None)
    if not came.known.all():
        return False
    return all(any(row[at[column]] in cells for row in rows) for column, cells in form.where.items() if column in at)


def format_map(name: str) -> dict[str, Tree]:
    """Return the map of a known layout as plain values."""
    tree, _ = read_tree(columns_text(name), f"{name}.yaml")
    assert isinstance(tree, dict)
    return tree


# --- what the calls of a log look like


def picture(log: CallLog) -> dict[str, Any]:
    """Return counts by outcome, queue, weekday, hour, and what is odd."""
    hours = np.bincount((log.clock // 3600).astype(np.int64) % 24, minlength=24)
    days = np.array([weekday(int(day) * DAY) for day in np.unique(log.day)])
    calls = np.bincount(np.searchsorted(np.unique(log.day), log.day))
    return {
        "outcomes": {
            "answered": int(log.answered.sum()),
            "abandoned": int(log.abandoned.sum()),
            "overflowed": int(log.overflowed.sum()),
        },
        "queues": {name: int((log.queue == i).sum()) for i, name in enumerate(log.queues)},
        "weekdays": {WEEKDAYS[d]: int(calls[days == d].sum()) for d in range(7)},
        "hours": hours.tolist(),
        "odd": odd(log),
    }


def odd(log: CallLog) -> list[str]:
    """Return what is odd about a log: days without calls, days unlike their weekday, hours of a night."""
    found = list(log.tally.notes)
    days, counts = np.unique(log.day, return_counts=True)
    weekdays = np.array([weekday(int(day) * DAY) for day in days])
    missing = [d for d in range(int(days[0]), int(days[-1])) if d not in set(days.tolist())]
    gaps = [d for d in missing if weekday(d * DAY) in set(weekdays.tolist())]
    if gaps:
        found.append(said("{n} days without calls, the first {day}", n=len(gaps), day=date_text(gaps[0])))
    for day, count, d in zip(days.tolist(), counts.tolist(), weekdays.tolist(), strict=True):
        usual = float(np.median(counts[weekdays == d]))
        if (weekdays == d).sum() > 2 and not usual / 3 <= count <= 3 * usual:
            found.append(
                said(
                    "{day}: {count:,} calls where a {weekday} has {usual:,.0f}",
                    day=date_text(day),
                    count=count,
                    weekday=said(WEEKDAYS[d]),
                    usual=usual,
                )
            )
    for reason, rows in log.tally.dropped.items():
        found.append(
            said(
                "{rows:,} rows cannot be: {reason}, first in {where}",
                rows=rows,
                reason=reason,
                where=log.tally.example[reason],
            )
        )
    return found
