"""Customers from CSV text, a line at a time: every row that cannot be is named, or all of them are taken."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Final

import numpy as np

from callcenter.config.customer_columns import COLUMNS, PLAIN, CustomerColumns
from callcenter.config.customer_ids import names_nobody
from callcenter.config.encodings import Decoding
from callcenter.config.formula_cells import as_given
from callcenter.config.nothing import NO_FIGURE
from callcenter.config.refusals import BadRows
from callcenter.config.tables import Layout, Table, csv_table, lacking
from callcenter.config.thousands import Marks, check_marks, figure_of
from callcenter.config.words import shown
from callcenter.customers.columns import FIGURES, Customers, Floats
from callcenter.errors import BadInput
from callcenter.language.said import said

BATCH_SIZE: Final = 500
"""Rows turned into numbers together: more would grow old, and Python would look through them again and again."""
MOST_TOLD: Final = 1_000
"""Bad rows that are named; beyond these, counted."""
MOST_ROWS: Final = 25_000_000
"""Of one file; each takes some 300 bytes of memory."""
LONGEST: Final = 1_000
"""Letters of a customer's name in the CRM."""
DAYS_KNOWN: Final = 100_000
"""Dates kept as they were written: they repeat, unless a time of day follows."""
LARGEST: Final = 1e15
"""No figure of a customer is beyond this; a million of them can be added up to the cent."""
DIALLED: Final = re.compile(r"\+?\d{3,15}")
MARKS: Final = re.compile(r"\s*(?:\bext\.?\s*\d+)?\s*(?:\(shared\))?\s*$")
"""What the directory adds to a number."""
NUMBER: Final = re.compile(r"\+?[\d\s()./-]{3,32}|\+?\d+|(?:sips?|tel):\S+|\S+@\S+")
DIGITS: Final = (3, 15)
"""A telephone number has so many: the shortest extension, the longest of E.164."""
EPOCH: Final = date(1970, 1, 1).toordinal()
NOT_BELOW_0: Final = frozenset({"contacts_12m", "tenure_months", "agent_minutes_12m", "retention"})


def by_kind(faults: Iterable[tuple[str, str]]) -> list[str]:
    """Return how many rows have which fault, the most frequent first.

    Args:
        faults: Column (empty: the row itself) and what is wrong, as it is told.

    >>> by_kind([("phone", "is no number: write +44"), ("", "has 3 cells, the header 4"), ("phone", "is no number: 7")])
    ["2 rows: column 'phone' is no number", '1 row: has … cells, the header …']
    >>> by_kind([("tier", "is no tier of the centre (there is: mid, vip)")])
    ["1 row: column 'tier' is no tier of the centre"]
    """
    counts = Counter(
        (column, re.sub(r"(?<![+\d])\d+", "…", re.split(r"[:：]| \(|（", why)[0])) for column, why in faults
    )
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [_of_kind(column, what, n) for (column, what), n in ranked]


def _of_kind(column: str, what: str, n: int) -> str:
    rows = said("{n:,} row", n=n) if n == 1 else said("{n:,} rows", n=n)
    if not column:
        return said("{rows}: {what}", rows=rows, what=what)
    return said("{rows}: column {column!r} {what}", rows=rows, column=column, what=what)


@dataclass(slots=True)
class Reading:
    """What was read, and what is worth knowing about it."""

    customers: Customers
    missing: dict[str, int] = field(default_factory=dict)
    """Figure → customers of whom it is not known; figures whose column is not there are not in it."""
    absent: tuple[str, ...] = ()
    """Figures whose column is not there."""
    decoding: Decoding = field(default_factory=lambda: Decoding("utf-8"))
    """What the text was in."""
    above: tuple[str, ...] = ()
    """What is said of lines above the names of the columns, and of the sheet."""
    shared_phones: int = 0
    """Numbers that several customers have."""
    either: dict[str, str] = field(default_factory=dict)
    """Column → a cell that may be a fraction or thousands, where no other cell of the column tells which."""


def read_customers(
    rows: Iterable[bytes] | Table,
    source: str,
    columns: CustomerColumns = PLAIN,
    needs: Sequence[str] = (),
    header_line: int = 1,
) -> Reading:
    """Return the customers in a table.

    Args:
        rows: A table, or the lines of a CSV file.
        source: What to call the file in refusals.
        columns: Which column holds what.
        needs: Figures whose columns have to be there.
        header_line: What the first line is called in refusals; 0 where rows come without one and count from 1.

    Raises:
        BadRows: rows cannot be: each is named by line, column, value and fix.
        BadInput: it is no such file: no header, no column of customers, no column that is needed.
    """
    table = rows if isinstance(rows, Table) else csv_table(rows, source, layout_of(columns))
    reader = _Reader(source, table.header, columns, needs, header_line)
    reader.read(table)
    return reader.done(table)


def layout_of(columns: CustomerColumns) -> Layout:
    """Return how the cells of a customer file stand."""
    return Layout(
        delimiter=columns.delimiter,
        encoding=columns.encoding,
        header=tuple(columns.header),
        skip=columns.skip,
        needed=(columns.customer_id,),
        fix=_fix("customer_id"),
        one_sheet=True,
    )


def _fix(what: str) -> str:
    return f"; say in a map which column holds it, --columns MAP.yaml with the line {what}: YOUR COLUMN"


class _Reader:
    """Turns rows into columns, many at a time; a cell that is no number is looked at alone."""

    def __init__(
        self, source: str, header: list[str], columns: CustomerColumns, needs: Sequence[str], header_line: int
    ) -> None:
        self._source = source
        self._header = header
        self._before = header_line
        self._map = columns
        self._missing = columns.no_figures
        for what in ("customer_id", *needs):
            self._there(what, needs)
        known = [what for what in COLUMNS if columns.named(what) in header]
        for what in known:
            if header.count(columns.named(what)) > 1:
                raise BadInput(
                    "{source}:1: has the column {named!r} twice: remove one", source=source, named=columns.named(what)
                )
        self._at = {what: header.index(columns.named(what)) for what in known}
        self._ids: list[str] = []
        self._seen: set[str] = set()
        self._phones: list[str] = []
        self._lines = array("q")
        self._figures = {what: array("d") for what in FIGURES if what in self._at}
        self._marks = {what: Marks() for what in self._figures}
        self._days: dict[str, float] = {}
        self._rows = 0
        self._bad: dict[int, str] = {}
        """Line → what is wrong in it first."""
        self._twice: list[tuple[int, str]] = []

    def _there(self, what: str, needs: Sequence[str]) -> None:
        name = self._map.named(what)
        if name not in self._header:
            why = "" if what == "customer_id" else f" (asked for: {', '.join(needs)})"
            raise lacking(name, self._header, self._source, Layout(needs=why, fix=_fix(what)))

    def read(self, table: Table) -> None:
        """Take every row."""
        width = len(self._header)
        chunk: list[list[str]] = []
        lines: list[int] = []
        for line, row in table.rows():
            # A line without a word, with or without its commas; the names again, of files that were joined.
            if not any(row) or row == table.written:
                continue
            if len(row) == width:
                chunk.append(row)
                lines.append(line + self._before - 1)
                if len(chunk) == BATCH_SIZE:
                    self._take(chunk, lines)
                    chunk, lines = [], []
                    if self._rows > MOST_ROWS:
                        raise BadInput(
                            "{source}: has more than {most_rows:,} rows: places among so many are not held in "
                            "memory; grade a sample, or by country",
                            source=self._source,
                            most_rows=MOST_ROWS,
                        )
            else:
                self._rows += 1
                self._wrong(line + self._before - 1, f"has {len(row)} cells, the header {width}: add or remove a cell")
        self._take(chunk, lines)

    def _take(self, chunk: list[list[str]], lines: list[int]) -> None:
        if not chunk:
            return
        self._rows += len(chunk)
        cells = list(zip(*chunk, strict=True))
        figures = {what: self._numbers(what, cells[self._at[what]], lines) for what in self._figures}
        self._take_ids([as_given(cell.strip()) for cell in cells[self._at["customer_id"]]], lines)
        if "phone" in self._at:
            given = (as_given(cell.strip()) for cell in cells[self._at["phone"]])
            phones = ["" if phone in NO_FIGURE else phone for phone in given]
            for phone, line in zip(phones, lines, strict=True):
                if phone and not DIALLED.fullmatch(phone) and not _may_be_dialled(phone):
                    self._wrong(
                        line,
                        f"column {self._map.phone!r}: {shown(phone)!r} is no telephone number: write +442079460958 "
                        "or leave it empty",
                    )
            self._phones += phones
        self._lines.extend(lines)
        if not self._bad:
            for what, values in figures.items():
                self._figures[what].frombytes(values.tobytes())

    def _take_ids(self, names: list[str], lines: Sequence[int]) -> None:
        fresh = set(names)
        odd = len(fresh) < len(names) or "" in fresh or max(map(len, names)) > LONGEST or any(map(names_nobody, fresh))
        if odd or not self._seen.isdisjoint(fresh):
            for name, line in zip(names, lines, strict=True):
                if not name or len(name) > LONGEST:
                    told = "is empty" if not name else f"has {len(name)} letters"
                    self._wrong(line, f"column {self._map.customer_id!r} {told}: give each customer a name of its own")
                elif why := names_nobody(name):
                    self._wrong(line, self._cell("customer_id", name, why))
                elif name in self._seen:
                    self._twice.append((line, name))
                    self._wrong(line, "")
                self._seen.add(name)
        self._seen |= fresh
        self._ids += names

    def _numbers(self, what: str, cells: Sequence[str], lines: Sequence[int]) -> Floats:
        """Return a column's numbers: all at once where each is one, else cell by cell."""
        pairs = zip(cells, lines, strict=True)
        if what == "last_contact":
            try:
                return np.fromiter(map(self._days.__getitem__, cells), np.float64, len(cells))
            except KeyError:
                return np.array([self._days.get(cell) or self._day(cell, line) for cell, line in pairs], np.float64)
        if self._map.decimal == ".":
            self._marks[what].take("\n".join(cells))
        times = self._map.times(what)
        with suppress(ValueError):  # a cell that is not plain, or with a decimal comma
            values = np.fromiter(map(float, cells), np.float64, len(cells)) * times
            low = 0.0 if what in NOT_BELOW_0 else -LARGEST
            high = 1.0 if what == "retention" else LARGEST
            if self._map.decimal == "." and ((values >= low) & (values <= high)).all():
                return values
        return np.array([self._number(what, cell, line) * times for cell, line in pairs], np.float64)

    def _number(self, what: str, cell: str, line: int) -> float:
        text = cell.strip()
        if text in self._missing:
            return np.nan
        try:
            value = figure_of(text, self._map.decimal)
        except ValueError:
            value = np.nan
        if not isfinite(value):
            how = "1234,50" if self._map.decimal == "," else "1234.50"
            if "," in text and self._map.decimal == ".":
                how += ", or decimal: ',' in the column map"
            self._wrong(line, self._cell(what, cell, f"is not a number: write {how}, or leave it empty"))
        elif what in NOT_BELOW_0 and value < 0:
            self._wrong(line, self._cell(what, cell, "is below 0: write 0 or more, or leave it empty"))
        elif abs(value) > LARGEST:
            self._wrong(line, self._cell(what, cell, f"is beyond {LARGEST:g}: write what it is in a larger unit"))
        elif what == "retention" and value > 1:
            self._wrong(line, self._cell(what, cell, "is above 1: write a chance from 0 to 1"))
        return value

    def _day(self, cell: str, line: int) -> float:
        """Return a date's day number; dates repeat, so each is read once."""
        text = cell.strip()
        if text in self._missing:
            return np.nan
        try:
            found = self._map.day(text)
        except ValueError:
            how = self._map.how_days_are_written()
            self._wrong(line, self._cell("last_contact", cell, f"is not a date: write it {how}"))
            return np.nan
        day = np.nan if found is None else float(found.toordinal() - EPOCH)
        if len(self._days) < DAYS_KNOWN:
            self._days[cell] = day
        return day

    def _cell(self, what: str, cell: str, wrong: str) -> str:
        return f"column {self._map.named(what)!r}: {shown(cell)!r} {wrong}"

    def _wrong(self, line: int, what: str) -> None:
        """Take note of a bad row; one fault each is told, the first one found."""
        self._bad.setdefault(line, what)

    def done(self, table: Table) -> Reading:
        """Return what was read, or refuse it all."""
        if self._bad:
            self._tell_twice()
            told = [f"{self._source}:{line}: {what}" for line, what in sorted(self._bad.items())[:MOST_TOLD]]
            kinds = by_kind(_told_apart(what) for what in self._bad.values())
            raise BadRows(self._source, told, len(self._bad), self._rows, kinds)
        if "decimal" not in self._map.model_fields_set:
            for what, marks in self._marks.items():
                check_marks(marks, self._source, self._map.named(what))
        figures = {what: np.frombuffer(values, np.float64) for what, values in self._figures.items()}
        counts = {what: int(np.isnan(values).sum()) for what, values in figures.items()} if self._ids else {}
        numbers = [phone for phone in self._phones if phone]
        return Reading(
            Customers(self._ids, {w: v for w, v in figures.items() if len(v)}, self._phones),
            {what: n for what, n in counts.items() if n},
            tuple(what for what in FIGURES if what not in self._at),
            table.decoding,
            tuple(table.above),
            len(numbers) - len(set(numbers)),
            {self._map.named(what): cell for what, marks in self._marks.items() if (cell := marks.either) is not None},
        )

    def _tell_twice(self) -> None:
        """Say where a customer was before: looked for once, and only when there is a need."""
        names = {name for _, name in self._twice}
        first: dict[str, int] = {}
        for name, line in zip(self._ids, self._lines, strict=False):
            if name in names:
                first.setdefault(name, line)
        for line, name in self._twice:
            if not self._bad.get(line):
                self._bad[line] = (
                    f"column {self._map.customer_id!r}: {shown(name)!r} is on line {first[name]} already: keep one"
                )


def _told_apart(what: str) -> tuple[str, str]:
    """Return column and fault of a row that is told of.

    >>> _told_apart("column 'phone': 'abc' is no telephone number: write +44"), _told_apart("has 3 cells")
    (('phone', 'is no telephone number: write +44'), ('', 'has 3 cells'))
    """
    found = re.fullmatch(r"column '(.+?)'(?:: ['\"].*['\"])? ((?:is|has) .*)", what, re.DOTALL)
    return (found[1], found[2]) if found else ("", what)


def _may_be_dialled(phone: str) -> bool:
    """Tell whether something may be dialled: one number, or several as the directory writes them.

    >>> [_may_be_dialled(p) for p in ("+44 20 7946 0958", "100", "sip:ana@example.org", "12ab", "1")]
    [True, True, True, False, False]
    >>> _may_be_dialled("+442079460958 | 020 7946 0959 ext. 12 (shared)"), _may_be_dialled("+442079460958 | home")
    (True, False)
    """
    parts = (MARKS.sub("", part).strip() for part in phone.replace(";", "|").split("|"))
    return all(not part or _one_number(part) for part in parts)


def _one_number(phone: str) -> bool:
    if NUMBER.fullmatch(phone) is None:
        return False
    if "@" in phone or phone[0] in "st":
        return True
    return DIGITS[0] <= sum(map(str.isdigit, phone)) <= DIGITS[1]
