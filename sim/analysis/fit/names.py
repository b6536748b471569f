"""Queues, tiers and persons by their cells: names that the map gives, or asks for."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from callcenter.config.refusals import near
from callcenter.config.tables import masked
from callcenter.config.words import shown
from callcenter.errors import BadInput
from callcenter.language.said import said
from sim.analysis.fit.batch import Cells
from sim.analysis.fit.calllog import UNKNOWN
from sim.analysis.fit.cell_formats import looks_merged
from sim.analysis.fit.cells import Bools, parts_of
from sim.analysis.fit.columns import ALL, PersonColumn, QueueColumn, TierColumn
from sim.analysis.fit.order import in_order
from sim.model.streams import Ints

MOST_NAMES: Final = 500
"""Queues; a column with more different cells names none."""
LISTED: Final = 20
SPACES: Final = re.compile(r"\s+")
"""Line breaks within a cell of a spreadsheet, two spaces that look like one: no two names differ by them."""


class Names:
    """Queues or tiers by their cells."""

    def __init__(self, form: QueueColumn | TierColumn, names: list[str], what: str) -> None:
        self._form, self._what = form, what
        self._part = parts_of(form.pattern)
        self._all = form.values == ALL
        self._default = "default" in form.model_fields_set or form.column is None
        self.names = names if form.column is not None else [form.default]
        values = {} if self._all else dict(form.values)  # type: ignore[arg-type]
        self._places = {cell: self.names.index(name) for cell, name in values.items() if form.column is not None}
        self._unknown: Counter[str] = Counter()
        self._empty = 0
        """Rows that name none, and count as the default."""
        self._merged: bool | None = None
        """Whether cells look merged; None: no row came yet."""

    def part(self, cell: str) -> str:
        """Return the part of a cell that counts."""
        return self._part(cell)

    def of(self, cells: Cells, offered: Bools) -> Ints:
        """Return the place of each row's name; -1 where there is none."""
        name = self._form.column
        if name is None or name not in cells:
            if name is not None and self._form.default not in self.names:
                self.names.append(self._form.default)
            place = self.names.index(self._form.default) if self._form.default in self.names else 0
            return np.full(len(cells), place)
        column = cells[name]
        if self._merged is None:
            self._merged = "" in column.different and looks_merged([column.text(cell) for cell in column.cells])
        known = {cell: self._places[cell] if cell in self._places else self._place(cell, n)
                 for cell, n in column.counts(offered)}  # fmt: skip
        return np.where(offered, column.each(lambda cell: known.get(cell, UNKNOWN), np.int64), UNKNOWN)

    def _place(self, cell: str, rows: int) -> int:
        """Return the place of a cell of some rows that was not met before."""
        name = SPACES.sub(" ", self._part(cell))
        if self._all and (name or not self._default):
            if not name:
                self._unknown[name] += rows
                return UNKNOWN
            if name not in self.names:
                self.names.append(name)
            if len(self.names) <= MOST_NAMES:
                self._places[cell] = self.names.index(name)
                return self._places[cell]
            raise BadInput(
                "the column map: {what}.column {column!r} has more than {most_names} different cells: is "
                "it the {what}? A pattern can take a part of a cell",
                what=self._what,
                column=self._form.column,
                most_names=MOST_NAMES,
            )
        if name in self._places:
            self._places[cell] = self._places[name]
            return self._places[cell]
        if self._default:
            self._empty += rows if not name else 0
            if self._form.default not in self.names:
                self.names.append(self._form.default)
            return self.names.index(self._form.default)
        self._unknown[name] += rows
        return UNKNOWN

    def notes(self) -> list[str]:
        """Return what is to be doubted: rows below merged cells, taken for the default."""
        if not self._empty or not self._merged:
            return []
        return [
            said(
                "column {column!r} names no {what} in {rows:,} rows, which count as {default}; it looks as merged "
                "cells do, filled in the first row of each block only: unmerge them, and fill every row",
                column=self._form.column,
                what=self._what,
                rows=self._empty,
                default=self._form.default,
            )
        ]

    def check(self, source: str) -> None:
        """Refuse cells that the map does not name; they are listed with their counts."""
        if not self._unknown:
            return
        if "" in self._unknown and self._merged:
            raise BadInput(
                "{source}: column {column!r} names no {what} in {rows:,} rows, and looks as merged cells do, filled in "
                "the first row of each block only: unmerge them, and fill every row",
                source=source,
                column=self._form.column,
                what=self._what,
                rows=self._unknown[""],
            )
        many = self._unknown.most_common(LISTED)
        listed = ", ".join(f"{shown(masked(name)) if name else 'empty'} {n:,}" for name, n in many)
        more = f" and {len(self._unknown) - LISTED:,} more" if len(self._unknown) > LISTED else ""
        known = [cell for cell in self._places if cell]
        hint = near(many[0][0], known) if len(self._unknown) == 1 else ""
        raise BadInput(
            "{source}: column {column!r} has {what}s that the map does not name{hint} "
            "({listed}{more}): name them ({what}: {{column: …, values: {{CELL: NAME}}}}), write "
            "values: all to take each as it is, or default: NAME for the rest",
            source=source,
            column=self._form.column,
            what=self._what,
            hint=hint,
            listed=listed,
            more=more,
        )

    def sorted(self, used: Ints) -> tuple[tuple[str, ...], Ints]:
        """Return the names and the places in them; names that came from cells in order of the alphabet."""
        if self._form.column is None or not self._all:
            return tuple(self.names), used.astype(np.int64)
        # A row that is left out, of a date far from all others for one, leaves its name behind.
        there = np.unique(used[used >= 0]).tolist()
        place = np.full(len(self.names) + 1, UNKNOWN)
        place[there] = np.arange(len(there))
        return names_in_order([self.names[i] for i in there], np.asarray(place[used.astype(np.int64)]))


def marks_of(cells: Cells, which: Bools, form: PersonColumn | None) -> Ints:
    """Return a number that tells each row's customer from others; 0 where there is none.

    There may be as many customers as calls: their codes are not kept.
    """
    if form is None or form.column not in cells:
        return np.zeros(len(cells), np.int64)
    column, none = cells[form.column], [hash(code) for code in form.none]
    if form.pattern is None:
        found = column.numbers()
    else:
        part = parts_of(form.pattern)
        found = column.each(lambda cell: hash(part(cell)), np.int64)
    return np.where(which & ~np.isin(found, none), found, 0)


def numbered(marks: Ints) -> Ints:
    """Return a number for each mark in the order in which they first come; -1 for 0.

    >>> numbered(np.array([70, 0, -3, 70])).tolist()
    [0, -1, 1, 0]
    """
    some = np.flatnonzero(marks)
    order = some[in_order(marks[some])]
    ordered = marks[order]
    begins = np.append(True, ordered[1:] != ordered[:-1])[: len(order)]
    first = order[begins]
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    found = np.full(len(marks), UNKNOWN)
    found[order] = rank[np.cumsum(begins) - 1]
    return found


class Persons:
    """Agents by their codes."""

    def __init__(self, form: PersonColumn | None) -> None:
        self._form = form
        self._part = parts_of(None if form is None else form.pattern)
        self._number = {} if form is None else dict.fromkeys(form.none, UNKNOWN)
        self.codes: list[str] = []
        """Of each number."""

    def of(self, cells: Cells, which: Bools) -> Ints:
        """Return the number of each row's person; -1 where there is none."""
        found = np.full(len(cells), UNKNOWN)
        if self._form is None or self._form.column not in cells:
            return found
        column = cells[self._form.column]
        place = column.place[which]
        number = np.full(len(column.written), UNKNOWN)
        for i in np.flatnonzero(np.bincount(place, minlength=len(number))).tolist():
            cell = column.written[i]
            if cell not in self._number:
                self._add(cell, self._part(column.different[i]))
            number[i] = self._number[cell]
        found[which] = number[place]
        return found

    def _add(self, cell: str, code: str) -> None:
        if code not in self._number:
            self._number[code] = len(self.codes)
            self.codes.append(code)
        self._number[cell] = self._number[code]

    def by_code(self, used: Ints) -> Ints:
        """Return numbers in order of the codes: the order of the rows is not to number anybody."""
        return names_in_order(self.codes, used)[1]


def names_in_order(names: Sequence[str], used: Ints) -> tuple[tuple[str, ...], Ints]:
    """Return names sorted, and the places in them: the order of the rows is not to name anything."""
    order = sorted(range(len(names)), key=lambda i: names[i])
    place = np.empty(len(names) + 1, np.int64)
    place[order] = np.arange(len(names))
    place[-1] = UNKNOWN
    return tuple(names[i] for i in order), np.asarray(place[used])
