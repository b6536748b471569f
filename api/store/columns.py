"""Many rows of the same kind as columns, and back one at a time.

A hundred thousand calls as so many dictionaries take more memory while they are read than what is made of them, and
leave it in pieces; what all have in common is said once here, and what few have is said of those.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

Row = dict[str, Any]
Columns = dict[str, Any]
MISSING: Final = object()


def columns_of(rows: Sequence[Row]) -> Columns:
    """Return rows as columns: how many, what is the `same` in all, what `each` has, and what `some` have.

    >>> columns_of([{"id": "a", "queue": "q"}, {"id": "b", "queue": "q", "held": True}])
    {'rows': 2, 'same': {'queue': 'q'}, 'each': {'id': ['a', 'b']}, 'some': {'held': [[1], [True]]}}
    """
    names = dict.fromkeys(name for row in rows for name in row)
    same: Row = {}
    each: dict[str, list[Any]] = {}
    some: dict[str, list[list[Any]]] = {}
    for name in names:
        column = [row.get(name, MISSING) for row in rows]
        first = column[0]
        if any(value is MISSING for value in column):
            having = [n for n, value in enumerate(column) if value is not MISSING]
            some[name] = [having, [column[n] for n in having]]
        elif len(column) > 1 and all(type(value) is type(first) and value == first for value in column):
            same[name] = first
        else:
            each[name] = column
    return {"rows": len(rows), "same": same, "each": each, "some": some}


class Rows(Sequence[Row]):
    """The rows of columns, each made when it is looked at.

    >>> rows = Rows(columns_of([{"id": "a"}, {"id": "b", "held": True}]))
    >>> list(rows), rows[1], len(rows)
    ([{'id': 'a'}, {'id': 'b', 'held': True}], {'id': 'b', 'held': True}, 2)
    """

    def __init__(self, columns: Columns) -> None:
        self._rows: int = columns["rows"]
        self._same: Row = columns["same"]
        self._each: dict[str, list[Any]] = columns["each"]
        self._some: dict[int, Row] = {}
        for name, (having, values) in columns["some"].items():
            for n, value in zip(having, values, strict=True):
                self._some.setdefault(n, {})[name] = value

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, n: Any) -> Any:
        if isinstance(n, slice):
            return [self[one] for one in range(*n.indices(self._rows))]
        n = range(self._rows)[n]
        return self._same | {name: column[n] for name, column in self._each.items()} | self._some.get(n, {})

    def __iter__(self) -> Iterator[Row]:
        names, same, some = tuple(self._each), self._same, self._some
        columns = zip(*self._each.values(), strict=True) if names else iter([()] * self._rows)
        for n, values in enumerate(columns):
            row = {**same, **dict(zip(names, values, strict=True))}
            if n in some:
                row |= some[n]
            yield row
