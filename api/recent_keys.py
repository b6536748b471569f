"""Unique keys of rows told a moment ago: seen before the engine is told, where the database would say no too late."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final

from api.live import Change, Delete, Row, Taken
from api.store.tables import TABLES

REMEMBERED: Final = 50_000
WATCHED: Final = ("natural_keys", "idempotency_keys", "customers", "call_details")
Key = tuple[object, ...]


class RecentKeys:
    """The last keys, also those not yet durable; older ones a route finds in the database."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Key, Row] = OrderedDict()

    def take(self, changes: Sequence[Change]) -> Taken | None:
        """Take all keys of the rows among `changes`, or none of them and say which is taken.

        Rows that go free their keys first: who was erased may come again.
        """
        for change in changes:
            if isinstance(change, Delete) and change.table in WATCHED:
                self._forget(change)
        keys = [(key, row) for row in _rows(changes) for key in _keys(row)]
        for key, row in keys:
            other = self._rows.get(key)
            if other is not None:
                return Taken(row.table, other.values)
        self._rows.update(keys)
        while len(self._rows) > REMEMBERED:
            self._rows.popitem(last=False)
        return None

    def _forget(self, gone: Delete) -> None:
        """Free the keys of rows that are deleted."""
        like = gone.where.items()
        for key, row in list(self._rows.items()):
            if row.table == gone.table and all(row.values.get(column) == value for column, value in like):
                del self._rows[key]

    def give_back(self, changes: Sequence[Change]) -> None:
        """The rows are not kept after all."""
        for row in _rows(changes):
            for key in _keys(row):
                self._rows.pop(key, None)

    def clear(self) -> None:
        """Forget: what was not durable is gone, the rest is in the database."""
        self._rows.clear()


def _rows(changes: Sequence[Change]) -> Iterator[Row]:
    return (change for change in changes if isinstance(change, Row) and change.table in WATCHED)


def _keys(row: Row) -> Iterator[Key]:
    for columns in TABLES[row.table].keys:
        values = tuple(row.values.get(column) for column in columns)
        if None not in values:
            yield (row.table, columns, *values)
