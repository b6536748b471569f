"""Queues, tiers and persons by their cells: names that the map gives, or asks for."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from callcenter.config.refusals import near
from callcenter.config.tables import masked
from callcenter.config.words import shown
from callcenter.errors import BadInput
from sim.analysis.fit.batch import Cells
from sim.analysis.fit.calllog import UNKNOWN
from sim.analysis.fit.cells import Bools, parts_of
from sim.analysis.fit.columns import ALL, PersonColumn, QueueColumn, TierColumn
from sim.model.streams import Ints

MOST_NAMES: Final = 500
"""Queues; a column with more different cells names none."""
LISTED: Final = 20


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

    def part(self, cells: Sequence[str]) -> list[str]:
        """Return the parts of cells that count."""
        return list(cells) if self._form.pattern is None else [self._part(cell) for cell in cells]

    def of(self, cells: Cells, offered: Bools) -> Ints:
        """Return the place of each row's name; -1 where there is none."""
        column = self._form.column
        if column is None or column not in cells:
            if column is not None and self._form.default not in self.names:
                self.names.append(self._form.default)
            place = self.names.index(self._form.default) if self._form.default in self.names else 0
            return np.full(len(cells), place)
        found = np.full(len(cells), UNKNOWN)
        here, parts = cells[column], self._places
        which = np.nonzero(offered)[0].tolist()
        found[which] = [parts[here[i]] if here[i] in parts else self._place(here[i]) for i in which]
        return found

    def _place(self, cell: str) -> int:
        """Return the place of a cell that was not met before."""
        name = self._part(cell)
        if self._all and (name or not self._default):
            if not name:
                self._unknown[name] += 1
                return UNKNOWN
            if name not in self.names:
                self.names.append(name)
            if len(self.names) <= MOST_NAMES:
                self._places[cell] = self.names.index(name)
                return self._places[cell]
            raise BadInput(
                f"the column map: {self._what}.column {self._form.column!r} has more than {MOST_NAMES} different "
                f"cells: is it the {self._what}? A pattern can take a part of a cell"
            )
        if name in self._places:
            self._places[cell] = self._places[name]
            return self._places[cell]
        if self._default:
            if self._form.default not in self.names:
                self.names.append(self._form.default)
            return self.names.index(self._form.default)
        self._unknown[name] += 1
        return UNKNOWN

    def check(self, source: str) -> None:
        """Refuse cells that the map does not name; they are listed with their counts."""
        if not self._unknown:
            return
        many = self._unknown.most_common(LISTED)
        listed = ", ".join(f"{shown(masked(name)) if name else 'empty'} {n:,}" for name, n in many)
        more = f" and {len(self._unknown) - LISTED:,} more" if len(self._unknown) > LISTED else ""
        known = [cell for cell in self._places if cell]
        hint = near(many[0][0], known) if len(self._unknown) == 1 else ""
        raise BadInput(
            f"{source}: column {self._form.column!r} has {self._what}s that the map does not name{hint} "
            f"({listed}{more}): name them ({self._what}: {{column: …, values: {{CELL: NAME}}}}), write values: all to "
            f"take each as it is, or default: NAME for the rest"
        )

    def sorted(self, used: Ints) -> tuple[tuple[str, ...], Ints]:
        """Return the names and the places in them; names that came from cells in order of the alphabet."""
        if self._form.column is None or not self._all:
            return tuple(self.names), used.astype(np.int64)
        return names_in_order(self.names, used.astype(np.int64))


def persons(cells: Cells, which: Bools, known: dict[str, int], form: PersonColumn | None) -> Ints:
    """Return the number of each row's person, who is added to `known`; -1 where there is none."""
    found = np.full(len(cells), UNKNOWN)
    if form is None or form.column not in cells:
        return found
    here, none = cells[form.column], set(form.none)
    places = np.nonzero(which)[0].tolist()
    codes = [here[i] for i in places]
    if form.pattern is not None:
        codes = list(map(parts_of(form.pattern), codes))
    found[places] = [UNKNOWN if code in none else known.setdefault(code, len(known)) for code in codes]
    return found


def by_code(known: dict[str, int], used: Ints) -> Ints:
    """Return numbers of persons in order of their codes: the order of the rows is not to number them."""
    place = np.empty(len(known) + 1, np.int64)
    place[[known[code] for code in sorted(known)]] = np.arange(len(known))
    place[-1] = UNKNOWN
    return np.asarray(place[used])


def names_in_order(names: Sequence[str], used: Ints) -> tuple[tuple[str, ...], Ints]:
    """Return names sorted, and the places in them: the order of the rows is not to name anything."""
    order = sorted(range(len(names)), key=lambda i: names[i])
    place = np.empty(len(names) + 1, np.int64)
    place[order] = np.arange(len(names))
    place[-1] = UNKNOWN
    return tuple(names[i] for i in order), np.asarray(place[used])
