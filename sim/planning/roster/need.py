"""What a roster has to cover: heads by group and interval on kinds of day, from a plan or from a file of staffing."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from callcenter.config.words import clock, weekdays
from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.scenario import Scenario, Staffing
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


def need_of_plan(plan: Plan) -> list[Need]:
    """Return what the plan asks to roster (absence included), on every day of the week that has calls."""
    needs = [
        Need(
            day.kind.weekdays,
            day.kind.days,
            plan.scenario.interval,
            {group: plan.rostered(heads) for group, heads in day.groups().items()},
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
            blocks = [open_blocks(scenario, group, day) for day in days_like(scenario, need.weekdays, need.days)]
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
            raise BadInput(f"the staffing names the group {entry.group!r}: there is {', '.join(groups)}")
    interval = scenario.interval
    for entry in staffing:
        interval = Millis(gcd(interval, entry.interval, entry.begin))
    if interval < MINUTE:
        raise BadInput("the staffing changes within a minute: use whole minutes")
    kinds: dict[bytes, tuple[list[int], dict[str, Ints]]] = {}
    for day in range(7):
        heads = {group: np.zeros(DAY // interval, dtype=np.int64) for group in groups}
        for entry in staffing:
            if day in entry.weekdays:
                for n, agents in enumerate(entry.agents):
                    begin = (entry.begin + n * entry.interval) // interval
                    end = min((entry.begin + (n + 1) * entry.interval) // interval, DAY // interval)
                    part = heads[entry.group][begin:end]
                    np.maximum(part, agents, out=part)
        if any(line.any() for line in heads.values()):
            key = b"".join(line.tobytes() for line in heads.values())
            kinds.setdefault(key, ([], heads))[0].append(day)
    first = scenario.horizon.first_day + scenario.horizon.discard
    measured = range(first, first + scenario.horizon.days)
    return [
        Need(tuple(days), tuple(day for day in measured if weekday(day * DAY) in days), interval, heads)
        for days, heads in kinds.values()
    ]


COLUMNS = ("start", "group", "agents")


def staffing_of_csv(text: str, name: str, interval: Millis) -> list[Staffing]:
    """Return staffing from a table: columns start, group, agents (or rostered), and weekdays where they differ.

    Raises:
        BadInput: One line that names the file and the line.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [column.strip() for column in reader.fieldnames or ()]
    heads = "rostered" if "rostered" in header else "agents"
    for column in ("start", "group", heads):
        if column not in header:
            raise BadInput(f"{name}:1: has no column {column!r}: the header is weekdays,start,group,agents")
    found = []
    for row in reader:
        line = reader.line_num
        try:
            begin = clock(row["start"])
            agents = int(row[heads])
            days = weekdays(row.get("weekdays") or "all")
        except (ValueError, TypeError) as error:
            raise BadInput(f"{name}:{line}: {error}") from None
        if agents < 0 or begin >= DAY:
            raise BadInput(f"{name}:{line}: needs a start before 24:00 and agents from 0 up")
        found.append(Staffing(row["group"], (agents,), begin, interval, days))
    if not found:
        raise BadInput(f"{name}:1: has no lines of staffing")
    return found
