"""A customer file, row by row: what can be taken, and what cannot, by line, column, value and fix. Constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from api.customers.directory.record import COLUMNS as KEPT
from api.customers.imports.cells import MOST_NUMBERS, BadCell, readers
from callcenter.config.customer_ids import names_nobody
from callcenter.config.directory_columns import WORDS, DirectoryColumns
from callcenter.config.encodings import Decoding
from callcenter.config.formula_cells import as_given
from callcenter.config.tables import Layout, Table, lacking, read_table
from callcenter.config.thousands import Marks, check_marks
from callcenter.config.unpacking import Source
from callcenter.config.words import shown
from callcenter.customers.life import Tiers
from callcenter.errors import BadInput
from callcenter.language.said import said, text_of

BEFORE: Final = ("revenue_before", "revenue_before_at")
"""What the directory works out by itself."""
FIELDS: Final = tuple(name for name in KEPT if name not in ("key", "customer_id", *BEFORE))
"""What a row may say of a customer, besides who it is and their numbers."""
MOSTLY_DIFFERENT: Final = frozenset({"name", "why", "notes", "revenue_12m"})
"""Columns whose cells seldom repeat; those of the others are read once each."""
FIGURES: Final = ("revenue_12m", "contacts_12m", "tenure_months", "credit_score")
MOST_KNOWN: Final = 20_000
NOTED: Final = 500
"""Rows whose figures are looked at together."""


@dataclass(slots=True)
class Entry:
    """A row that can be taken: values in the order of the file's fields; None for numbers: the file has none."""

    line: int
    customer_id: str
    values: list[Any]
    numbers: list[tuple[str, str, int]] | None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be taken."""

    line: int
    column: str
    value: str
    why: str


@dataclass(slots=True)
class File:
    """What the header says, and what was noticed on the way."""

    header: list[str] = field(default_factory=list)
    fields: tuple[str, ...] = ()
    has_numbers: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    """Ours → the file's."""
    not_read: list[str] = field(default_factory=list)
    decoding: Decoding = field(default_factory=lambda: Decoding("utf-8"))
    """What the text is in."""
    size: int = 0
    """Bytes, or rows of Parquet; `done` of them were read."""
    done: int = 0


class Reader:
    """Reads one file."""

    def __init__(self, source: str, columns: DirectoryColumns, tiers: Tiers, region: str | None = None) -> None:
        self.source = source
        self.file = File()
        self._map = columns
        self._readers = readers(columns, tiers, region)
        self._at: list[tuple[int, str, Any, dict[str, Any]]] = []
        self._phones: list[tuple[int, str]] = []
        self._id = 0
        self._width = 0
        self._marks: dict[str, tuple[int, Marks]] = {}
        """Figure → where its column is, and what its cells tell of their marks."""

    def read(self, path: Path) -> Iterator[Entry | Reject]:
        """Yield what can be taken and what cannot, in the file's order.

        Raises:
            BadInput: it is no such file, or lacks a column: one line.
        """

        def tell(done: int, of: int) -> None:
            self.file.done, self.file.size = done, of

        from callcenter.config.customer_rows import layout_of  # loaded when it is needed: a start is quicker

        layout = replace(layout_of(self._map), lenient=True)
        table = read_table(Source(self.source, lambda: path.open("rb"), path.stat().st_size), layout, tell)
        with closing(table):
            yield from self._entries(table)

    def _entries(self, table: Table) -> Iterator[Entry | Reject]:
        self.file.decoding = table.decoding
        self._head(table.header)
        for line, row in self._noted(table.rows()):
            if not row or row == table.written:  # the names again, of files that were joined
                continue
            if len(row) != self._width:
                if any(row):
                    yield Reject(
                        line,
                        "",
                        "",
                        said("has {n} cells, the header {of}: add or remove a cell", n=len(row), of=self._width),
                    )
                continue
            if (
                self.file.decoding.unreadable
                and (bad := next((cell for cell in row if "\ufffd" in cell), None)) is not None
            ):
                column = self.file.header[row.index(bad)]
                told = self.file.decoding.encoding
                also = "" if told == "utf-8" else said(" nor {encoding}", encoding=told)
                why = said(
                    "is not UTF-8{also}: write encoding: NAME in the map, or save the file as CSV UTF-8", also=also
                )
                yield Reject(line, column, shown(bad)[:100], why)
                continue
            yield self._entry(line, row)

    def _noted(self, rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        """Yield rows, and take note of the marks in their figures.

        Raises:
            BadInput: once all are there: a figure may be a fraction or thousands.
        """
        taken: list[list[str]] = []

        def note() -> None:
            for at, marks in self._marks.values():
                marks.take("\n".join(row[at] for row in taken if at < len(row)))
            taken.clear()

        for line, row in rows:
            if self._marks:
                taken.append(row)
                if len(taken) == NOTED:
                    note()
            yield line, row
        note()
        for what, (_, marks) in self._marks.items():
            check_marks(marks, self.source, self.file.columns[what])

    def either(self) -> list[tuple[str, str]]:
        """Return columns and a cell of each that is read as a fraction and may be thousands."""
        return [
            (self.file.columns[what], cell)
            for what, (_, marks) in self._marks.items()
            if "." in (cell := marks.either or "")
        ]

    def _head(self, header: list[str]) -> None:
        """Find the columns."""
        if not any(header):
            raise BadInput(
                "{source}:1: is empty: the first line names the columns: customer_id,phone,name,tier",
                source=self.source,
            )
        self._width = len(header)
        self.file.header = header
        columns = {"customer_id": self._map.customer_id}
        columns |= {what: self._map.words(what).column if what in WORDS else self._map.named(what) for what in FIELDS}
        given = self._map.model_fields_set
        for what, name in columns.items():
            if name in header:
                if header.count(name) > 1:
                    raise BadInput(
                        "{source}:1: has the column {name!r} twice: remove one", source=self.source, name=name
                    )
                self.file.columns[what] = name
            elif what == "customer_id" or what in given:
                raise self._lacks(what, name, header)
        for name in self._map.phone:
            if name in header:
                self._phones.append((header.index(name), name))
                self.file.columns.setdefault("phone", name)
            elif "phone" in given:
                raise self._lacks("phone", name, header)
        self._id = header.index(self.file.columns["customer_id"])
        self.file.fields = tuple(what for what in FIELDS if what in self.file.columns)
        self._at = [(header.index(columns[what]), what, self._readers[what], {}) for what in self.file.fields]
        if "decimal" not in given:
            self._marks = {what: (at, Marks()) for at, what, *_ in self._at if what in FIGURES}
        self.file.has_numbers = bool(self._phones)
        read = {self._id, *(at for at, *_ in self._at), *(at for at, _ in self._phones)}
        self.file.not_read = [name for at, name in enumerate(header) if name and at not in read]

    def _lacks(self, what: str, name: str, header: list[str]) -> BadInput:
        fix = f"; say in a map which column holds it, --columns MAP.yaml with the line {what}: YOUR COLUMN"
        return lacking(name, header, self.source, Layout(fix=fix))

    def _entry(self, line: int, row: Sequence[str]) -> Entry | Reject:
        at, column = self._id, self.file.columns["customer_id"]
        if any(cell[:1] == "'" for cell in row):
            row = [as_given(cell) for cell in row]
        try:
            customer_id = self._readers["customer_id"](row[at])
            if customer_id is None:
                raise BadCell(said("is empty: give each customer a name of its own"))
            if why := names_nobody(customer_id):
                raise BadCell(why)
            values = []
            for at, column, read, known in self._at:  # the one that cannot be is named below
                cell = row[at]
                if cell in known:
                    values.append(known[cell])
                    continue
                value = read(cell)
                if column not in MOSTLY_DIFFERENT and len(known) < MOST_KNOWN:
                    known[cell] = value
                values.append(value)
            numbers: list[tuple[str, str, int]] = []
            for at, column in self._phones:  # noqa: B007  # the one that cannot be is named below
                if row[at]:
                    numbers += self._readers["phone"](row[at])
            if len(numbers) > 1:
                numbers = list({one[:2]: one for one in reversed(numbers)}.values())[::-1]
                if len(numbers) > MOST_NUMBERS:
                    raise BadCell(said("has {n} numbers: {most} or fewer are kept", n=len(numbers), most=MOST_NUMBERS))
        except BadCell as bad:
            return Reject(line, self.file.columns.get(column, column), shown(row[at])[:100], text_of(bad))
        return Entry(line, customer_id, values, numbers if self._phones else None)
