"""Rows that are added, changed and deleted in one transaction with a command, and what came of the command."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.store.tables import OPEN_TO_CALLERS, TABLES
from callcenter.errors import Refusal
from callcenter.events import Event
from callcenter.units import Millis

Value = str | int | float | bytes | None
"""What a column holds."""


@dataclass(slots=True)
class Told:
    """What came of a command: its instant, what happened (deadlines due before it included), or the refusal."""

    now: Millis
    events: tuple[Event, ...]
    refusal: Refusal | None


@dataclass(slots=True)
class Row:
    """A row that goes into the same transaction as its command (natural key, idempotency key, caller, audit…)."""

    table: str
    values: Mapping[str, object]


@dataclass(slots=True)
class Update:
    """Columns that change in the rows that are like `where`."""

    table: str
    values: Mapping[str, object]
    where: Mapping[str, object]


@dataclass(slots=True)
class Delete:
    """The rows that are like `where` go."""

    table: str
    where: Mapping[str, object]


Change = Row | Update | Delete
Changes = Sequence[Change] | Callable[[Told], Sequence[Change]]
"""Changes to go with a command: kept unless it is refused; or a function of what came of it, which decides itself.

The function is called at once, before the commit, and must not await: a stored answer is made there.
"""

_FIT: Final[set[tuple[object, ...]]] = set()
"""Shapes of changes that were seen to fit; there are few."""


def check(changes: Sequence[Change]) -> None:
    """See, before anything is done, that `changes` can be carried out: a slip here is ours, not the caller's."""
    for change in changes:
        given = () if isinstance(change, Delete) else tuple(change.values)
        like = () if isinstance(change, Row) else tuple(change.where)
        shape = (type(change), change.table, given, like)
        if shape in _FIT:
            continue
        assert change.table in OPEN_TO_CALLERS, f"{change.table} is not a table for callers"
        columns = TABLES[change.table].columns
        unknown = {*given, *like} - columns.keys()
        assert not unknown, f"{change.table} has no column {min(unknown)}"
        if isinstance(change, Row):
            needed = {name for name, kind in columns.items() if not kind.endswith("?")} - {*given}
            needed -= set(TABLES[change.table].sealed.values())
            assert not needed, f"{change.table} needs {min(needed)}"
        _FIT.add(shape)
