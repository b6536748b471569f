"""The calls of one replication as a table, a row for each segment: the same one under either engine.

Columns are whole numbers, each as narrow as its values allow: ten million calls take some 400 MB.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

import numpy as np

from callcenter.centre import Centre
from callcenter.config.words import offset_text
from callcenter.hours import Zone
from callcenter.lifecycle.measures import OUTCOMES, CallRecord
from callcenter.units import SECOND
from sim.model.streams import Ints
from sim.run.columns import by_name
from sim.run.driver import Day

COLUMNS: Final = (
    "call_id", "contact", "queue", "tier", "customer", "arrived", "wait_s", "outcome", "short", "reason", "group",
    "agent", "ring_s", "talk_s", "hold_s", "wrap_up_s",
)  # fmt: skip
"""As `calls.csv` has them (`sim.report.calls`)."""
NOTHING: Final = -1
"""In place of a name or a length that there is not."""

Cell = str | int | float | bool | None


class Names(NamedTuple):
    """What the numbers of a table stand for, where the centre does not tell."""

    agents: Sequence[str]
    reasons: Sequence[str]
    """Where overflowed calls went, why others were rejected or failed."""
    customers: Sequence[str] | None
    """None: they are p0, p1 and so on."""


@dataclass(frozen=True, slots=True)
class CallTable:
    """Segments in order of arrival, then of caller, then of segment; lengths in ms."""

    centre: Centre
    names: Names
    queued: Ints
    """When each came to its queue, UTC ms."""
    number: Ints
    """Of the caller's attempt, from 0; the call id says it."""
    contact: Ints
    """Number of the call that the contact began with: who rings again soon may go on where they left."""
    segment: Ints
    """1: the first, in the queue that was called."""
    queue: Ints
    tier: Ints
    customer: Ints
    wait: Ints
    """NOTHING: it waits yet."""
    outcome: Ints
    """Place in `measures.OUTCOMES`."""
    short: Ints
    """1: an abandon too short to count."""
    reason: Ints
    group: Ints
    agent: Ints
    ring: Ints
    talk: Ints
    wrap_up: Ints

    def __len__(self) -> int:
        return len(self.queued)

    def part(self, first: int, last: int) -> "CallTable":
        """Return the rows from `first` to before `last`."""
        return replace(self, **{name: getattr(self, name)[first:last] for name in _COLUMNS})

    def between(self, begin: int, end: int) -> "CallTable":
        """Return the rows of calls that came in [begin, end), UTC ms."""
        return self.part(*np.searchsorted(self.queued, (begin, end)).tolist())


_COLUMNS: Final = [field.name for field in fields(CallTable) if field.name not in {"centre", "names"}]


def in_order(centre: Centre, names: Names, columns: dict[str, Ints]) -> CallTable:
    """Return the table of columns whose rows stand in any order; they are taken out of `columns` one by one."""
    order = np.lexsort((columns["segment"], columns["number"], columns["queued"]))
    return CallTable(centre, names, **{name: narrow(columns.pop(name)[order]) for name in list(columns)})


def cells(table: CallTable, named: Callable[[str], str] = str) -> list[list[Cell]]:
    """Return what `COLUMNS` hold, one list for each; None where it is not known or does not apply.

    Args:
        table: The calls.
        named: Applied to every name there is, once.
    """
    centre, names = table.centre, table.names

    def spelled(numbers: Ints, of: Iterable[str]) -> list[Cell]:
        known: list[Cell] = [*map(named, of), None]  # NOTHING counts from the end
        return [known[n] for n in numbers.tolist()]

    def seconds(lengths: Ints) -> list[Cell]:
        return [None if ms < 0 else ms / SECOND for ms in lengths.tolist()]

    number, segments = map(str, table.number.tolist()), table.segment.tolist()
    if names.customers is None:
        customer: list[Cell] = [None if n < 0 else f"p{n}" for n in table.customer.tolist()]
    else:
        customer = spelled(table.customer, names.customers)
    return [
        [one if n == 1 else f"{one}/s{n}" for one, n in zip(number, segments, strict=True)],
        [*map(str, table.contact.tolist())],
        spelled(table.queue, (queue.name for queue in centre.queues)),
        spelled(table.tier, (tier.name for tier in centre.tiers)),
        customer,
        [*iso(centre.zone, table.queued)],
        seconds(table.wait),
        spelled(table.outcome, OUTCOMES),
        [short == 1 for short in table.short.tolist()],
        spelled(table.reason, names.reasons),
        spelled(table.group, (group.name for group in centre.groups)),
        spelled(table.agent, names.agents),
        seconds(table.ring),
        seconds(table.talk),
        [None if ms < 0 else 0.0 for ms in table.talk.tolist()],  # nobody is put on hold
        seconds(table.wrap_up),
    ]


def iso(zone: Zone, instants: Ints) -> list[str]:
    """Return instants as local time with its offset, to the millisecond, as `recorded_calls.iso` does of one.

    >>> from callcenter.hours import UTC
    >>> iso(UTC, np.array([1_772_409_600_250]))
    ['2026-03-02T00:00:00.250+00:00']
    """
    which = np.maximum(np.searchsorted(zone.starts, instants, "right") - 1, 0)
    local = instants + np.array(zone.offsets)[which]
    walls = np.datetime_as_string(local.astype("datetime64[ms]")).tolist()
    offsets = [offset_text(offset) for offset in zone.offsets]
    return [wall + offsets[n] for wall, n in zip(walls, which.tolist(), strict=True)]


def narrow(values: Ints) -> Ints:
    """Return whole numbers in the narrowest form that holds them.

    >>> narrow(np.array([3, -1])).dtype, narrow(np.array([1_772_409_600_250])).dtype
    (dtype('int8'), dtype('int64'))
    """
    ends = (values.min(initial=0), values.max(initial=0))
    for kind in (np.int8, np.int16, np.int32):
        room = np.iinfo(kind)
        if room.min <= ends[0] and ends[1] <= room.max:
            return values.astype(kind)
    return values.astype(np.int64)


def under_simpy(day: Day) -> CallTable:
    """Return the table of a day that kept its records."""
    centre, records = day.scenario.centre, day.ledger.calls
    queues, tiers, groups = by_name(centre.queues), by_name(centre.tiers), by_name(centre.groups)
    agents, reasons, customers = _Numbers(), _Numbers(), _Numbers()
    rows = [
        (
            r.queued_at,
            day.customers.number(r.call_id),
            int(r.contact),
            int(r.call_id.partition("/s")[2] or 1),
            queues[r.queue],
            tiers[r.tier],
            customers.of(r.customer),
            NOTHING if r.left_at is None else r.left_at - r.queued_at,
            OUTCOMES.index(r.outcome),
            r.short,
            reasons.of(r.target),
            NOTHING if r.group is None else groups[r.group],
            agents.of(r.agent),
            _ring(r),
            NOTHING if r.talk_ms is None else r.talk_ms,
            NOTHING if r.talk_ms is None else r.wrap_ms,
        )
        for r in records
    ]
    columns = np.array(rows, np.int64).reshape(-1, len(_COLUMNS)).T
    names = Names(tuple(agents), tuple(reasons), tuple(customers))
    return in_order(centre, names, dict(zip(_COLUMNS, columns, strict=True)))


def _ring(record: CallRecord) -> int:
    if record.offered_at is None or record.left_at is None:
        return NOTHING
    return record.left_at - record.offered_at


class _Numbers(dict[str, int]):
    """Names, numbered as they come."""

    def of(self, name: str | None) -> int:
        """Return the number of a name."""
        return NOTHING if name is None else self.setdefault(name, len(self))
