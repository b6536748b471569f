"""A first look at a log: its columns, the layout it seems to be, a map as a proposal, what is odd about its calls.

Nothing here decides: it proposes, and a person confirms.
"""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

import numpy as np

from callcenter.config.tables import Layout, looks_like_data, masked, read_table
from callcenter.config.tree import Tree, read_tree
from callcenter.config.unpacking import Source
from callcenter.config.words import WEEKDAYS, date_text
from callcenter.errors import BadInput
from callcenter.hours import UTC, weekday
from callcenter.units import DAY
from scenarios import columns_text
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.cells import Clock, Number
from sim.analysis.fit.columns import layout_of, needed
from sim.analysis.fit.formats import CALLS, FORMATS, INTERVALS, JOINED, format_columns
from sim.analysis.fit.intervals import ALSO, PATTERNS
from sim.analysis.fit.queuelog import EVENTS, LEFT, OF_AGENTS, OVER

LOOKED_AT: Final = 2_000
"""Rows from which columns are told."""
SOME: Final = 50
"""Rows from which a layout is told."""
MOST_LACKING: Final = -6
"""Cells that a row without names may lack at its end: systems leave columns out that were not asked for."""
FEW: Final = 12
"""Different cells that are shown: more could be persons."""
PROPOSED: Final = {
    "arrival": ("start", "arriv", "enqueue", "queued", "date/time", "datetime", "timestamp", "came", "time"),
    "wait": ("wait", "queue time", "queueduration", "hold time", "speed of answer", "time in queue", "asa"),
    "service": ("talk", "billsec", "handle", "service", "conversation", "duration"),
    "outcome": ("outcome", "disposition", "result", "status", "answered", "abandon", "cause"),
    "queue": ("queue", "skill", "topic", "line", "department", "split"),
    "agent": ("agent", "user", "operator", "rep"),
    "customer": ("customer", "caller", "ani", "from", "src", "phone"),
    "call": ("call id", "callid", "call_id", "uuid", "uniqueid", "contactid", "id"),
    "date": ("date", "day"),
}
"""Words in the names of columns that hold such things, the likeliest first."""
PERSONS: Final = ("agent", "user", "operator", "customer", "caller", "clid", "src", "phone", "number", "mail", "rep")
"""Words in the names of columns whose cells are not shown, few as they may be."""
ANSWERED: Final = ("answer", "agent", "y", "yes", "ok", "handled", "complete", "true", "1", "normal_clearing")
ABANDONED: Final = ("no answer", "aban", "hang", "n", "no", "lost", "cancel", "miss", "false", "0", "unanswered")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: no cells of it are shown unless they are few, and repeat."""

    name: str
    holds: str
    """times, epochs, numbers, clock, words, empty."""
    empty: int
    different: int
    cells: tuple[tuple[str, int], ...] = ()


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
    table = read_table(source, Layout(header=header, quoted=name != "asterisk-queue-log"))
    with closing(table):
        if not header and looks_like_data(table.header):
            number = len(table.header)
            raise BadInput(
                f"{source.name}: has no line of column names, and is no known layout: write a map with header: [names "
                f"of its {number} columns] (docs/fit.md)"
            )
        rows = [row for _, row in islice(table.rows(), LOOKED_AT)]
    columns = [_column(name_, [row[i].strip() for row in rows if i < len(row)]) for i, name_ in enumerate(table.header)]
    found = Look(len(rows), columns, name)
    if name is None:
        found.proposal, found.questions = _proposed(columns)
    return found


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


def _column(name: str, cells: list[str]) -> Column:
    full = [cell for cell in cells if cell]
    counts = Counter(full)
    shown = not any(word in name.casefold() for word in PERSONS) and len(counts) <= FEW and len(full) >= 2 * len(counts)
    few = tuple((masked(cell), n) for cell, n in counts.most_common()) if shown else ()
    return Column(name, _kind(full), len(cells) - len(full), len(counts), few)


def _kind(cells: list[str]) -> str:
    if not cells:
        return "empty"
    some = cells[:200]
    numbers, bad = _tried(Number(".", None).of, some, "seconds")
    if not bad:
        return "epochs" if np.nanmedian(numbers) > 1e9 else "numbers"
    if all(":" in cell and cell.replace(":", "").replace(".", "").isdigit() for cell in some):
        return "clock"
    if not Clock(UTC, "iso", None).of(some, None).bad.any():
        return "times"
    for pattern in (*PATTERNS, "%d/%m/%Y", "%m/%d/%Y", "%I:%M:%S %p", "%H:%M"):
        if not Clock(UTC, None, pattern).of(some, ["1970-01-01"] * len(some)).bad.any():
            return f"times written {pattern}"
    return "words"


def _tried(read: Any, cells: list[str], unit: str) -> tuple[Any, bool]:
    try:
        values, bad = read(cells, unit, "", "")
    except BadInput:
        return np.empty(0), True
    return values, bool(bad.any())


def _proposed(columns: list[Column]) -> tuple[dict[str, Tree], list[str]]:
    """Return a map as far as names and cells of columns hint at one, and what it does not know."""
    used: dict[str, Column] = {}
    for what, words in PROPOSED.items():
        free = [c for c in columns if c not in used.values() and c.holds != "empty"]
        held = [c for c in free if _could_hold(what, c)]
        for word in words:
            match = next((c for c in held if word in c.name.casefold()), None)
            if match is not None:
                used[what] = match
                break
    made: dict[str, Tree] = {"version": 1, "zone": "UTC"}
    asks = ["zone: where the centre is (Europe/Berlin)"]
    came = used.get("arrival")
    if came is None:
        asks.append("arrival: which column says when the call reached the queue")
        made["arrival"] = {"column": "COLUMN", "as": "iso"}
    elif came.holds.startswith("times written "):
        made["arrival"] = {"column": came.name, "format": came.holds.removeprefix("times written ")}
    else:
        made["arrival"] = {"column": came.name, "as": "clock" if came.holds == "clock" else "iso_or_epoch"}
    if came is not None and (came.holds == "clock" or ("%p" in came.holds and "%d" not in came.holds)):
        day = used.get("date")
        made["date"] = day.name if day is not None else "COLUMN"
        if day is not None and day.holds.startswith("times written "):
            made["date"] = {"column": day.name, "format": day.holds.removeprefix("times written ")}
    if any("%d/%m" in str(part) or "%m/%d" in str(part) for part in (made["arrival"], made.get("date"))):
        asks.append("arrival, date: whether days come before months")
    for what in ("wait", "service"):
        column = used.get(what)
        if column is not None:
            made[what] = {"column": column.name, "unit": "clock" if column.holds == "clock" else "seconds"}
        elif what == "wait":
            asks.append("wait: a column, or {from: COLUMN, to: [ANSWER, END]}")
            made["wait"] = {"column": "COLUMN"}
    outcome = used.get("outcome")
    if outcome is None:
        asks.append("outcome: which column and which of its cells mean answered, abandoned")
        made["outcome"] = {"column": "COLUMN", "answered": ["CELL"], "abandoned": ["CELL"]}
    else:
        told: dict[str, list[Tree]] = {"abandoned": [], "answered": [], "ignored": []}
        for cell, _ in outcome.cells:
            low = cell.casefold()
            kind = (
                "abandoned" if any(low == w or (len(w) > 2 and w in low) for w in ABANDONED)
                else "answered" if any(low == w or (len(w) > 2 and w in low) for w in ANSWERED) else "ignored"
            )  # fmt: skip
            told[kind].append(cell)
        made["outcome"] = {"column": outcome.name, **{k: list(v) for k, v in told.items() if v}}
        asks.append(f"outcome: whether these cells of {outcome.name} mean that")
    queue = used.get("queue")
    if queue is not None:
        made["queue"] = {"column": queue.name, "values": {cell: cell for cell, _ in queue.cells} or "all"}
    for what in ("agent", "customer", "call"):
        if what in used:
            made[what] = used[what].name
    return made, asks


def _could_hold(what: str, column: Column) -> bool:
    match what:
        case "arrival":
            return column.holds in {"epochs", "clock"} or column.holds.startswith("times")
        case "wait" | "service":
            return column.holds in {"numbers", "clock"}
        case "outcome" | "queue":
            return bool(column.cells)
        case "date":
            return column.holds.startswith("times")
        case _:
            return column.different > 1


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
        found.append(f"{len(gaps)} days without calls, the first {date_text(gaps[0])}")
    for day, count, d in zip(days.tolist(), counts.tolist(), weekdays.tolist(), strict=True):
        usual = float(np.median(counts[weekdays == d]))
        if (weekdays == d).sum() > 2 and not usual / 3 <= count <= 3 * usual:
            found.append(f"{date_text(day)}: {count:,} calls where a {WEEKDAYS[d]} has {usual:,.0f}")
    for reason, rows in log.tally.dropped.items():
        found.append(f"{rows:,} rows cannot be: {reason}, first in {log.tally.example[reason]}")
    return found
