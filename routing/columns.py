"""Many rows of the same kind as columns, and back one at a time.

A hundred thousand calls as so many dictionaries take more memory while they are read than what is made of them, and
leave it in pieces; what all have in common is said once here, and what few have is said of those.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import attrgetter
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
    return _columns(len(rows), ((name, [row.get(name, MISSING) for row in rows]) for name in names))


def columns_of_all(things: Sequence[object], names: Iterable[str], usual: Mapping[str, Any]) -> Columns:
    """Return attributes of objects as columns, without a row of each; `usual`: name → what is left out.

    >>> from types import SimpleNamespace as Call
    >>> columns_of_all([Call(id="a", held=False), Call(id="b", held=True)], ("id", "held"), {"held": False})
    {'rows': 2, 'same': {}, 'each': {'id': ['a', 'b']}, 'some': {'held': [[1], [True]]}}
    """

    def column(name: str) -> list[Any]:
        values = list(map(attrgetter(name), things))
        if name in usual:
            left_out = usual[name]
            values = [MISSING if value == left_out and type(value) is type(left_out) else value for value in values]
        return values

    return _columns(len(things), ((name, column(name)) for name in names))


def _columns(rows: int, columns: Iterable[tuple[str, list[Any]]]) -> Columns:
    same: Row = {}
    each: dict[str, list[Any]] = {}
    some: dict[str, list[list[Any]]] = {}
    for name, column in columns:
        having = [n for n, value in enumerate(column) if value is not MISSING]
        if not having:
            continue
        first = column[0]
        if len(having) < len(column):
            some[name] = [having, [column[n] for n in having]]
        elif len(column) > 1 and all(type(value) is type(first) and value == first for value in column):
            same[name] = first
        else:
            each[name] = column
    return {"rows": rows, "same": same, "each": each, "some": some}


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
        self._few: dict[str, list[list[Any]]] = columns["some"]
        self._gathered: dict[int, Row] | None = None

    @property
    def names(self) -> list[str]:
        """Return what any row has."""
        return [*self._same, *self._each, *self._few]

    def column(self, name: str, usual: Any = None) -> Iterable[Any]:
        """Return the values of all rows; `usual`: of those that have none.

        >>> rows = Rows(columns_of([{"id": "a"}, {"id": "b", "held": True}]))
        >>> list(rows.column("id")), list(rows.column("held", False)), list(rows.column("tier"))
        (['a', 'b'], [False, True], [None, None])
        """
        if name in self._each:
            return self._each[name]
        if name in self._few:
            values = [usual] * self._rows
            for n, value in self.having(name):
                values[n] = value
            return values
        return repeat(self._same.get(name, usual), self._rows)

    def having(self, name: str) -> Iterator[tuple[int, Any]]:
        """Yield the number and the value of each row that has one of this name.

        >>> list(Rows(columns_of([{"id": "a"}, {"id": "b", "held": True}])).having("held"))
        [(1, True)]
        """
        if name in self._few:
            yield from zip(*self._few[name], strict=True)
        elif name in self._each or name in self._same:
            yield from enumerate(self.column(name))

    def change(self, name: str, of: Callable[[Any], Any]) -> None:
        """Let the values of a column be what `of` makes of them."""
        if name in self._each:
            self._each[name] = list(map(of, self._each[name]))
        elif name in self._few:
            having, values = self._few[name]
            self._few[name] = [having, list(map(of, values))]
            self._gathered = None

    @property
    def _some(self) -> dict[int, Row]:
        """Row → what few have, of those that have any of it; made when rows are looked at one by one."""
        if self._gathered is None:
            self._gathered = {}
            for name, (having, values) in self._few.items():
                for n, value in zip(having, values, strict=True):
                    self._gathered.setdefault(n, {})[name] = value
        return self._gathered

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
