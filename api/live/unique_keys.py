"""Unique keys of rows written a moment ago: duplicates are refused here, as the database would refuse them too late."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from api.errors import UniqueConflict
from api.store.changes import Change, Delete, Row

REMEMBERED: Final = 25_000
"""Keys at least; twice as many at most."""
WATCHED: Final[Mapping[str, tuple[str, ...]]] = {
    "natural_keys": ("source", "external_call_id"),
    "idempotency_keys": ("principal", "key"),
    "customers": ("customer_id",),
}
"""What clients name; keys that are drawn by chance are nobody else's."""
Key = tuple[object, ...]


class RecentKeys:
    """The last keys, also those not yet durable; older ones a route finds in the database."""

    def __init__(self) -> None:
        self._young: dict[Key, Row] = {}
        self._old: dict[Key, Row] = {}

    def take(self, changes: Sequence[Change]) -> UniqueConflict | None:
        """Take all keys of the rows among `changes`, or none of them and say which is taken.

        Rows that go free their keys first: who was erased may come again.
        """
        for change in changes:
            if isinstance(change, Delete) and change.table in WATCHED:
                self._forget(change)
        taken = list(_keys(changes))
        for key, row in taken:
            other = self._young.get(key) or self._old.get(key)
            if other is not None:
                return UniqueConflict(row.table, other.values)
        self._young.update(taken)
        if len(self._young) > REMEMBERED:
            self._old, self._young = self._young, {}
        return None

    def _forget(self, gone: Delete) -> None:
        """Free the keys of rows that are deleted."""
        if gone.where.keys() == set(WATCHED[gone.table]):  # the very key
            key = (gone.table, *map(gone.where.get, WATCHED[gone.table]))
            self._young.pop(key, None)
            self._old.pop(key, None)
            return
        like = gone.where.items()
        for keys in (self._young, self._old):
            for key, row in list(keys.items()):
                if row.table == gone.table and all(row.values.get(column) == value for column, value in like):
                    del keys[key]

    def give_back(self, changes: Sequence[Change]) -> None:
        """The rows are not kept after all."""
        for key, _ in _keys(changes):
            self._young.pop(key, None)
            self._old.pop(key, None)

    def clear(self) -> None:
        """Forget: what was not durable is gone, the rest is in the database."""
        self._young.clear()
        self._old.clear()


def _keys(changes: Sequence[Change]) -> Iterator[tuple[Key, Row]]:
    for change in changes:
        columns = WATCHED.get(change.table)
        if columns is not None and isinstance(change, Row):
            key = (change.table, *map(change.values.get, columns))
            if None not in key:
                yield key, change
