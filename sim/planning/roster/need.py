"""What a roster has to cover: heads by group and interval on kinds of day, from a plan or from a file of staffing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import gcd
from typing import Final

import numpy as np

from callcenter.config.header_rows import is_total
from callcenter.config.nothing import NO_FIGURE
from callcenter.config.refusals import unknown
from callcenter.config.tables import Layout, csv_table
from callcenter.config.words import clock, dates, shown, weekdays
from callcenter.contact_plan import EVERY_DAY
from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.language.said import said, text_of
from callcenter.scenario import Scenario, Staffing, is_on
from callcenter.units import DAY, MINUTE, Millis
from sim.model.streams import Ints
from sim.planning.plan.plan import Plan
from sim.planning.roster.opening import days_like, open_blocks


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """Heads to roster on days of the week that are alike."""

    weekdays: tuple[int, ...]
    days: tuple[int, ...]
    """Local day numbers of the measured days among them."""
    interval: Millis
    heads: dict[str, Ints]
    """By group: heads in each interval of the day."""
    but: tuple[int, ...] = ()
    """Dates on these days of the week that have a need of their own (whose `weekdays` are none)."""


def need_of_plan(plan: Plan) -> list[Need]:
    """Return what the plan asks to roster (absence included), on every day of the week that has calls."""
    needs = [
        Need(
            day.kind.weekdays,
            day.kind.days,
            plan.scenario.interval,
            {group: plan.rostered(heads) for group, heads in day.groups().items()},
            day.kind.but,
        )
        for day in plan.days
        if day.pools
    ]
    return during_hours(plan.scenario, needs)


def during_hours(scenario: Scenario, needs: Sequence[Need]) -> list[Need]:
    """Return needs without the intervals in which a group has nobody to serve.

    A line that has closed asks for agents no more: those who are there stay until the last caller has been served.
    """
    found = []
    for need in needs:
        heads = {}
        for group, line in need.heads.items():
            blocks = [
                open_blocks(scenario, group, day) for day in days_like(scenario, need.weekdays, need.days, need.but)
            ]
            wanted = np.array(
                [
                    any(some is None or any(b < (n + 1) * need.interval and n * need.interval < e for b, e in some)
                        for some in blocks)
                    for n in range(len(line))
                ]
            )  # fmt: skip
            heads[group] = np.where(wanted, line, 0)
        if any(line.any() for line in heads.values()):
            found.append(replace(need, heads=heads))
    return found


def with_minimum(needs: Sequence[Need], minimum: Sequence[tuple[str, int]]) -> list[Need]:
    """Return needs with at least so many heads of a group wherever the group is needed at all."""
    least = dict(minimum)
    return [
        replace(
            need,
            heads={
                group: np.where(line > 0, np.maximum(line, least.get(group, 0)), line)
                for group, line in need.heads.items()
            },
        )
        for need in needs
    ]


def need_of_staffing(scenario: Scenario, staffing: Sequence[Staffing]) -> list[Need]:
    """Return what curves of staffing ask for: in each interval the most they have in it.

    Raises:
        BadInput: An interval that does not fit into the day.
    """
    groups = [group.name for group in scenario.centre.groups]
    for entry in staffing:
        if entry.group not in groups:
            raise BadInput(
                "the staffing names the group {group!r}: there is {groups}", group=entry.group, groups=", ".join(groups)
            )
    interval = scenario.interval
    for entry in staffing:
        interval = Millis(gcd(interval, entry.interval, entry.begin))
    if interval < MINUTE:
        raise BadInput("the staffing changes within a minute: use whole minutes")
    measured = scenario.horizon.measured
    named = {day for entry in staffing for day in (*entry.dates, *entry.but)}
    by_date = [day for day in measured if day in named]
    by_week = [entry for entry in staffing if not entry.dates]
    found = []
    for days, heads in _alike([(day, [e for e in by_week if day in e.weekdays]) for day in range(7)], groups, interval):
        mine = tuple(day for day in measured if weekday(day * DAY) in days and day not in named)
        but = tuple(day for day in by_date if weekday(day * DAY) in days)
        found.append(Need(tuple(days), mine, interval, heads, but))
    on_dates = [(day, [entry for entry in staffing if is_on(entry, day)]) for day in by_date]
    return found + [Need((), tuple(days), interval, heads) for days, heads in _alike(on_dates, groups, interval)]


def _alike(
    days: Sequence[tuple[int, Sequence[Staffing]]], groups: Sequence[str], interval: int
) -> list[tuple[list[int], dict[str, Ints]]]:
    """Return days whose staffing comes to the same heads, with those; days without anybody are left out."""
    kinds: dict[bytes, tuple[list[int], dict[str, Ints]]] = {}
    for day, entries in days:
        heads = {group: np.zeros(DAY // interval, dtype=np.int64) for group in groups}
        for entry in entries:
            for n, agents in enumerate(entry.agents):
                begin = (entry.begin + n * entry.interval) // interval
                end = min((entry.begin + (n + 1) * entry.interval) // interval, DAY // interval)
                part = heads[entry.group][begin:end]
                np.maximum(part, agents, out=part)
        if any(line.any() for line in heads.values()):
            key = b"".join(line.tobytes() for line in heads.values())
            kinds.setdefault(key, ([], heads))[0].append(day)
    return list(kinds.values())


COLUMNS: Final = ("weekdays", "start", "pool", "group", "calls", "load_erl", "agents", "rostered")
"""Those of `staff --out`."""
ALSO: Final = dict.fromkeys(COLUMNS, ()) | {"weekdays": ("weekday", "days", "day", "dates", "date")}
LONGEST: Final = 60 * MINUTE


def staffing_of_csv(text: str, name: str, interval: Millis) -> list[Staffing]:
    """Return staffing from a table: columns start, group, agents (or rostered); weekdays or dates where they differ.

    Args:
        text: The table.
        name: Of its file, for refusals.
        interval: Each line is of one so long, unless all begin further apart.

    Raises:
        BadInput: One line that names the file and the line.
    """
    lines = text.encode().splitlines(keepends=True)
    table = csv_table(lines, name, Layout(needed=("start", "group"), also=ALSO))
    heads = "rostered" if "rostered" in table.header else "agents"
    if heads not in table.header:
        raise BadInput(
            "{name}:1: has no column {column!r}: the header is weekdays,start,group,agents", name=name, column=heads
        )
    strange = [column for column in table.header if column and column not in COLUMNS]
    if strange:
        raise BadInput("{source}:1: {unknown}", source=name, unknown=unknown("column", strange[0], list(COLUMNS)))
    found: dict[int, Staffing] = {}
    for line, row in table.rows():
        given = [cell.strip() for cell in row]
        if any(given[len(table.header) :]):
            raise BadInput(
                "{source}:{line}: has more cells than there are columns: put a cell that holds the separator in quotes",
                source=name,
                line=line,
            )
        cells = {column: cell for column, cell in zip(table.header, given, strict=False) if cell not in NO_FIGURE}
        if not cells or given == table.written:  # the names again, of tables that were joined
            continue
        if any(map(is_total, cells.values())):
            raise BadInput("{name}:{line}: seems to be a line of totals: take it out", name=name, line=line)
        try:
            found[line] = _staffing_of(cells, heads, interval)
        except ValueError as error:
            raise BadInput("{name}:{line}: {error}", name=name, line=line, error=text_of(error)) from None
    if not found:
        raise BadInput("{name}:1: has no lines of staffing", name=name)
    _check_once(found, name)
    begins: dict[str, list[int]] = {}
    for entry in found.values():
        begins.setdefault(entry.group, []).append(entry.begin)
    lasts = {group: _lasting(of_group, interval, name) for group, of_group in begins.items()}
    return [replace(entry, interval=lasts[entry.group]) for entry in found.values()]


def _lasting(begins: Sequence[int], interval: Millis, name: str) -> Millis:
    """Return how long a group's lines last: an interval, or from one to the next where all begin further apart."""
    starts = sorted(set(begins))
    step = min((after - before for before, after in pairwise(starts)), default=int(interval))
    if step > LONGEST:
        raise BadInput(
            "{name}: its lines begin more than an hour apart, and each is of one interval: write a line for each "
            "half hour",
            name=name,
        )
    even = all((start - starts[0]) % step == 0 for start in starts)
    return Millis(step) if even and (step < interval or len(starts) > 2) else interval


def _check_once(found: Mapping[int, Staffing], name: str) -> None:
    """Refuse lines of one group and time on one day: which of them counts nobody can tell."""
    first: dict[tuple[str, int, str, int], int] = {}
    for line, entry in found.items():
        for key in [("weekday", day) for day in entry.weekdays if not entry.dates] + [("date", d) for d in entry.dates]:
            other = first.setdefault((entry.group, entry.begin, *key), line)
            if other != line:
                raise BadInput(
                    "{name}:{line}: is of a group, day and time of line {other} again: leave one of them out, or add "
                    "them up",
                    name=name,
                    line=line,
                    other=other,
                )


def _staffing_of(cells: Mapping[str, str], heads: str, interval: Millis) -> Staffing:
    """Return what one line asks for.

    Raises:
        ValueError: a cell cannot be.
    """
    start, agents = cells.get("start", ""), cells.get(heads, "")
    begin = clock(start.removesuffix(":00") if start.count(":") == 2 else start)  # a spreadsheet writes 08:00:00
    try:
        people = float(agents)
    except ValueError:
        people = -1.0
    if begin >= DAY or people < 0 or not people.is_integer():
        raise ValueError(
            said("needs a start before 24:00 and whole agents from 0 up ({column}: {cell})", column=heads,
                 cell=shown(agents))
        )  # fmt: skip
    when = cells.get("weekdays", "all")
    on = dates(when.split(",")) if when[:1].isdigit() else ()
    return Staffing(cells.get("group", ""), (int(people),), begin, interval, EVERY_DAY if on else weekdays(when), on)
